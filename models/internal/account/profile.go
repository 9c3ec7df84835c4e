package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// ChangeProfile changes what others see. match refuses a change of an older revision.
func (s *Service) ChangeProfile(ctx context.Context, who auth.Caller, match func(revision int64) error, in api.ProfileChange) (api.Account, error) {
	var wrong []*errs.Field
	var name, bio, handle string
	var links []string
	var bad *errs.Field
	if in.Name != nil {
		name, bad = checkText("name", *in.Name, 1, maxName, false)
		wrong = append(wrong, bad)
	}
	if in.Bio != nil {
		bio, bad = checkText("bio", *in.Bio, 0, maxBio, true)
		wrong = append(wrong, bad)
	}
	if in.Links != nil {
		links, bad = checkLinks(*in.Links)
		wrong = append(wrong, bad)
	}
	if in.Handle != nil {
		handle = strings.TrimSpace(*in.Handle)
		wrong = append(wrong, checkHandle(handle))
	}
	if err := refuse(wrong...); err != nil {
		return api.Account{}, err
	}
	var saved Account
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.Lock(ctx, who.AccountID)
		if err != nil {
			return err
		}
		if err := match(a.Revision); err != nil {
			return err
		}
		if in.Name != nil {
			a.Name = name
		}
		if in.Bio != nil {
			a.Bio = bio
		}
		if in.Links != nil {
			a.Links = links
		}
		a.UpdatedAt = s.now()
		if in.Handle != nil && handle != a.Handle {
			if err := s.limits.Take(ctx, "handle:account:"+a.ID, 3, 24*time.Hour); err != nil {
				return err
			}
			if err := s.store.Rename(ctx, a.ID, handle, a.UpdatedAt); err != nil {
				return taken(err)
			}
		}
		if err := s.store.Save(ctx, a); err != nil {
			return err
		}
		if in.Name != nil || in.Handle != nil {
			for _, do := range s.renamed {
				if err := do(ctx, a.ID); err != nil {
					return err
				}
			}
		}
		saved, err = s.store.ByID(ctx, a.ID)
		return err
	})
	return own(saved), err
}

// ChangeSettings changes how the site looks and behaves for the caller.
func (s *Service) ChangeSettings(ctx context.Context, who auth.Caller, in api.SettingsChange) (api.Account, error) {
	var wrong []*errs.Field
	if in.Theme != nil {
		wrong = append(wrong, oneOf("theme", *in.Theme, "system", "light", "dark"))
	}
	if in.Density != nil {
		wrong = append(wrong, oneOf("density", *in.Density, "comfortable", "compact"))
	}
	if in.Locale != nil {
		wrong = append(wrong, checkLocale(*in.Locale))
	}
	if in.DefaultProject != nil && *in.DefaultProject != "" && !tx.ValidID(*in.DefaultProject) {
		wrong = append(wrong, invalid("default_project", "malformed", "This is not the id of a crate."))
	}
	if err := refuse(wrong...); err != nil {
		return api.Account{}, err
	}
	var saved Account
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		var again bool // personal recommendations are switched on
		if err := s.change(ctx, who.AccountID, func(a *Account) error {
			again = in.Personalise != nil && *in.Personalise && !a.Settings.Personalise
			set(&a.Settings.Theme, in.Theme)
			set(&a.Settings.Density, in.Density)
			set(&a.Settings.SingleKeys, in.SingleKeys)
			set(&a.Settings.LevelMatching, in.LevelMatching)
			set(&a.Settings.FollowerMails, in.FollowerMails)
			set(&a.Settings.Personalise, in.Personalise)
			set(&a.Settings.Locale, in.Locale)
			set(&a.Settings.DefaultProject, in.DefaultProject)
			return nil
		}); err != nil {
			return err
		}
		var err error
		if saved, err = s.store.ByID(ctx, who.AccountID); err != nil || !again {
			return err
		}
		return s.tellMutes(ctx, saved) // also when there are none: some may have been lifted meanwhile
	})
	return own(saved), err
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func errWrongPassword(field string) error {
	return errs.Invalid(errs.Field{Name: field, Reason: "wrong_password", Detail: "This is not your password."})
}

// confirm checks the caller's password before something that matters, limited as sign-in is.
func (s *Service) confirm(ctx context.Context, who auth.Caller, field, password string) (Account, error) {
	if err := s.limits.Take(ctx, "confirm:account:"+who.AccountID, 10, 30*time.Second); err != nil {
		return Account{}, err
	}
	a, err := s.store.ByID(ctx, who.AccountID)
	if err != nil {
		return Account{}, err
	}
	if password == "" || len(password) > 4*maxPassword {
		return Account{}, errWrongPassword(field)
	}
	ok, err := s.hashing.matches(ctx, password, a.PasswordHash)
	if err != nil {
		return Account{}, err
	}
	if !ok {
		return Account{}, errWrongPassword(field)
	}
	return a, nil
}

// ChangeEmail mails a link to the new address, which counts once the link was opened. Whether the address has an account
// already is not told here.
func (s *Service) ChangeEmail(ctx context.Context, who auth.Caller, in api.EmailChange) error {
	email, bad := checkEmail(in.Email)
	if err := refuse(bad); err != nil {
		return err
	}
	a, err := s.confirm(ctx, who, "password", in.Password)
	if err != nil {
		return err
	}
	if strings.EqualFold(email, a.Email) {
		return errs.Invalid(errs.Field{Name: "email", Reason: "same", Detail: "This is your address already."})
	}
	if err := s.limits.Take(ctx, "verify:account:"+who.AccountID, 3, 10*time.Minute); err != nil {
		return err
	}
	return s.sendVerify(ctx, a, email)
}

// ChangePassword sets a new password and ends all other sessions.
func (s *Service) ChangePassword(ctx context.Context, who auth.Caller, in api.PasswordChange) error {
	a, err := s.confirm(ctx, who, "current", in.Current)
	if err != nil {
		return err
	}
	if err := refuse(checkPassword("new", in.New, a.Email, a.Handle)); err != nil {
		return err
	}
	hash, err := s.hashing.hash(ctx, in.New)
	if err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.change(ctx, a.ID, func(now *Account) error {
			if now.PasswordHash != a.PasswordHash {
				return errWrongPassword("current")
			}
			now.PasswordHash = hash
			return nil
		}); err != nil {
			return err
		}
		if err := errors.Join(s.store.EndSessions(ctx, a.ID, who.SessionID), s.store.DropLinks(ctx, a.ID, PurposeReset)); err != nil {
			return err
		}
		return s.passwordChanged(ctx, a)
	})
}

// Producer is the public profile behind a present or an old handle.
func (s *Service) Producer(ctx context.Context, who auth.Caller, handle string) (api.Producer, error) {
	a, err := s.byHandle(ctx, handle)
	if err != nil {
		return api.Producer{}, err
	}
	following, err := s.following(ctx, who, []string{a.ID})
	if err != nil {
		return api.Producer{}, err
	}
	p := public(a, who, following)
	p.Moved = !strings.EqualFold(a.Handle, handle)
	return p, nil
}

// Producers are public profiles by id, in the order asked for.
func (s *Service) Producers(ctx context.Context, who auth.Caller, ids []string) (api.Producers, error) {
	if len(ids) > 100 {
		return api.Producers{}, errs.Invalid(errs.Field{Name: "ids", Reason: "too_many", Detail: "Ask for at most 100 at a time."})
	}
	for _, id := range ids {
		if !tx.ValidID(id) {
			return api.Producers{}, errs.Invalid(errs.Field{Name: "ids", Reason: "malformed", Detail: "One of these is not an id."})
		}
	}
	found, err := s.store.ByIDs(ctx, ids)
	if err != nil {
		return api.Producers{}, err
	}
	following, err := s.following(ctx, who, ids)
	if err != nil {
		return api.Producers{}, err
	}
	byID := map[string]Account{}
	for _, a := range found {
		byID[a.ID] = a
	}
	out := api.Producers{Producers: []api.Producer{}}
	for _, id := range ids {
		if a, ok := byID[id]; ok && a.DisabledAt == nil {
			out.Producers = append(out.Producers, public(a, who, following))
			delete(byID, id)
		}
	}
	return out, nil
}

func (s *Service) byHandle(ctx context.Context, handle string) (Account, error) {
	if !handleShape.MatchString(handle) {
		return Account{}, errs.NotFound("producer")
	}
	a, err := s.store.ByHandle(ctx, handle)
	if errs.CodeOf(err) == errs.CodeNotFound || (err == nil && a.DisabledAt != nil) {
		return Account{}, errs.NotFound("producer")
	}
	return a, err
}

func public(a Account, who auth.Caller, following map[string]bool) api.Producer {
	return api.Producer{
		ID: a.ID, Handle: a.Handle, Name: a.Name, Bio: a.Bio, Links: list(a.Links), AvatarKey: a.AvatarKey, BannerKey: a.BannerKey,
		Followers: a.Followers, Following: following[a.ID], Yours: a.ID == who.AccountID, Demo: a.Demo, JoinedAt: a.CreatedAt,
	}
}

// notice is a mail that has no link with a secret in it.
func (s *Service) notice(ctx context.Context, template string, a Account, data map[string]string) error {
	data["name"] = a.Name
	return s.unit.Enqueue(ctx, mail.Message{Template: template, To: a.Email, Locale: a.Settings.Locale, Key: tx.NewID(), Data: data}, tx.Unique())
}
