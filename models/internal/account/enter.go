package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// Lives of sessions and links.
const (
	sessionIdle = 30 * 24 * time.Hour  // a session ends when it was not used for so long
	sessionMost = 365 * 24 * time.Hour // or is so old
	verifyLife  = 48 * time.Hour
	resetLife   = time.Hour
)

// SignUp makes an account and signs in.
func (s *Service) SignUp(ctx context.Context, who auth.Caller, in api.SignUp) (api.NewSession, error) {
	if in.Demo && !s.cfg.Demo {
		return api.NewSession{}, errs.Invalid(errs.Field{Name: "demo", Reason: "not_allowed", Detail: "There are no demo accounts here."})
	}
	email, badEmail := checkEmail(in.Email)
	in.Demo = in.Demo || (s.cfg.Demo && strings.HasSuffix(email, "@"+api.DemoDomain))
	if !in.Demo {
		if err := s.limits.Take(ctx, "sign-up:ip:"+who.ClientIP, 20, time.Minute); err != nil {
			return api.NewSession{}, err
		}
	}
	handle := strings.TrimSpace(in.Handle)
	if in.Name == "" {
		in.Name = handle
	}
	name, badName := checkText("name", in.Name, 1, maxName, false)
	if in.Locale == "" {
		in.Locale = "en"
	}
	if err := refuse(badEmail, checkPassword("password", in.Password, email, handle), checkHandle(handle), badName, checkLocale(in.Locale)); err != nil {
		return api.NewSession{}, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return api.NewSession{}, err
	}
	now := s.now()
	a := Account{
		ID: tx.NewID(), Email: email, PasswordHash: hash, Handle: handle, Name: name, PersonID: newPersonID(), Demo: in.Demo,
		Settings: api.Settings{
			Theme: "system", Density: "comfortable", SingleKeys: true, LevelMatching: true, FollowerMails: true, Personalise: true,
			Locale: in.Locale,
		},
		Revision: 1, CreatedAt: now, UpdatedAt: now,
	}
	if in.Demo {
		a.EmailVerifiedAt = &now
	}
	var answer api.NewSession
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.store.Create(ctx, a); err != nil {
			return taken(err)
		}
		if !in.Demo {
			if err := s.sendVerify(ctx, a, a.Email); err != nil {
				return err
			}
		}
		var err error
		answer, err = s.begin(ctx, who, a)
		return err
	})
	return answer, err
}

// taken turns the constraint that refused an account into the field that has to change.
func taken(err error) error {
	e, ok := errs.As(err)
	if !ok || e.Code != errs.CodeConflict {
		return err
	}
	var field errs.Field
	switch e.Reason {
	case "accounts_email_key":
		field = errs.Field{Name: "email", Reason: "email_taken", Detail: "There is an account with this address. Sign in instead."}
	case "handles_pkey", "accounts_handle_fkey":
		field = errs.Field{Name: "handle", Reason: "handle_taken", Detail: "This handle is taken. Choose another one."}
	default:
		return err
	}
	return &errs.Error{Code: errs.CodeConflict, Reason: field.Reason, Detail: field.Detail, Fields: []errs.Field{field}, Err: err}
}

// errBadSignIn is one and the same for unknown addresses, wrong passwords and disabled accounts.
func errBadSignIn() error {
	return errs.New(errs.CodeUnauthenticated, "wrong_credentials", "The e-mail address or the password is not right.")
}

// SignIn begins a session. It is limited by address and by account, known or not.
func (s *Service) SignIn(ctx context.Context, who auth.Caller, in api.SignIn) (api.NewSession, error) {
	if err := s.limits.Take(ctx, "sign-in:ip:"+who.ClientIP, 30, 10*time.Second); err != nil {
		return api.NewSession{}, err
	}
	email, bad := checkEmail(in.Email)
	if bad != nil || in.Password == "" || len(in.Password) > 4*maxPassword {
		return api.NewSession{}, errBadSignIn()
	}
	if err := s.limits.Take(ctx, "sign-in:account:"+fmt.Sprintf("%x", hashSecret(strings.ToLower(email))), 10, 30*time.Second); err != nil {
		return api.NewSession{}, err
	}
	a, err := s.store.ByEmail(ctx, email)
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return api.NewSession{}, err
	}
	ok, err := s.hashing.matches(ctx, in.Password, a.PasswordHash)
	if err != nil {
		return api.NewSession{}, err
	}
	if !ok || s.locked(a) {
		return api.NewSession{}, errBadSignIn()
	}
	var answer api.NewSession
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		// Locked and compared again, so that a reset or disabling meanwhile does not leave a session behind.
		now, err := s.store.Lock(ctx, a.ID)
		if err != nil {
			return err
		}
		if now.PasswordHash != a.PasswordHash || s.locked(now) {
			return errBadSignIn()
		}
		answer, err = s.begin(ctx, who, now)
		return err
	})
	return answer, err
}

// begin makes a new session and lets the visitor become the account. Inside a transaction.
func (s *Service) begin(ctx context.Context, who auth.Caller, a Account) (api.NewSession, error) {
	secret, now := newSecret(), s.now()
	session := Session{
		ID: tx.NewID(), AccountID: a.ID, TokenHash: hashSecret(secret), Device: who.Device, IP: who.ClientIP,
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionIdle),
	}
	if err := s.store.AddSession(ctx, session); err != nil {
		return api.NewSession{}, err
	}
	if who.Visitor != "" {
		if err := s.merge(ctx, who.Visitor, a); err != nil {
			return api.NewSession{}, err
		}
	}
	return api.NewSession{Token: secret, ExpiresAt: session.ExpiresAt, Account: own(a)}, nil
}

// merge makes what a visitor did the account's: its pseudonym flows into the account's, its cart moves.
func (s *Service) merge(ctx context.Context, visitor string, a Account) error {
	from, err := s.store.TakeVisitor(ctx, visitor)
	if err != nil {
		return err
	}
	if from != "" && a.Settings.Personalise {
		if err := s.unit.Append(ctx, from, 0, events.PersonMergedV1{From: from, Into: a.PersonID}); err != nil {
			return err
		}
	}
	for _, do := range s.merged {
		if err := do(ctx, visitor, a.ID); err != nil {
			return fmt.Errorf("merge visitor: %w", err)
		}
	}
	return nil
}

// SignOut ends the caller's session.
func (s *Service) SignOut(ctx context.Context, who auth.Caller) error {
	err := s.store.EndSession(ctx, who.AccountID, who.SessionID)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return nil // it has ended already
	}
	return err
}

// VerifyEmail confirms the address a link was sent to; after a change of address the new one counts from here on.
func (s *Service) VerifyEmail(ctx context.Context, who auth.Caller, in api.VerifyEmail) error {
	if err := s.limits.Take(ctx, "link:ip:"+who.ClientIP, 30, 10*time.Second); err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		now := s.now()
		link, err := s.useLink(ctx, in.Token, PurposeVerify, now)
		if err != nil {
			return err
		}
		a, err := s.store.Lock(ctx, link.AccountID)
		if err != nil {
			return err
		}
		changed := !strings.EqualFold(a.Email, link.Email)
		old := a.Email
		a.Email, a.EmailVerifiedAt, a.UpdatedAt = link.Email, &now, now
		if s.cfg.FirstAdmin != "" && strings.EqualFold(s.cfg.FirstAdmin, a.Email) {
			a.Admin = true
		}
		if err := s.store.Save(ctx, a); err != nil {
			return taken(err)
		}
		if err := s.store.DropLinks(ctx, a.ID, PurposeVerify); err != nil {
			return err
		}
		if !changed {
			return nil
		}
		return s.mail(ctx, mail.Message{
			Template: "email_changed", To: old, Locale: a.Settings.Locale, Data: map[string]string{"name": a.Name, "email": a.Email},
		})
	})
}

// ResendVerify sends the link again.
func (s *Service) ResendVerify(ctx context.Context, who auth.Caller) error {
	if err := s.limits.Take(ctx, "verify:account:"+who.AccountID, 3, 10*time.Minute); err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.Lock(ctx, who.AccountID)
		if err != nil {
			return err
		}
		if a.EmailVerifiedAt != nil {
			return errs.New(errs.CodeConflict, "email_verified", "This address is confirmed already.")
		}
		return s.sendVerify(ctx, a, a.Email)
	})
}

// Forgot sends a link to set a new password. Nothing tells a caller whether the address has an account: the work, sending
// included, happens in a job.
func (s *Service) Forgot(ctx context.Context, who auth.Caller, in api.Forgot) error {
	if err := s.limits.Take(ctx, "forgot:ip:"+who.ClientIP, 10, time.Minute); err != nil {
		return err
	}
	email, bad := checkEmail(in.Email)
	if bad != nil {
		return refuse(bad)
	}
	if err := s.limits.Take(ctx, "forgot:account:"+fmt.Sprintf("%x", hashSecret(strings.ToLower(email))), 3, 10*time.Minute); err != nil {
		return err
	}
	return s.unit.Enqueue(ctx, ResetJob{Email: email, RequestID: tx.NewID()})
}

// Reset sets a new password by a link and ends all sessions. The link confirms the address too.
func (s *Service) Reset(ctx context.Context, who auth.Caller, in api.Reset) error {
	if err := s.limits.Take(ctx, "link:ip:"+who.ClientIP, 30, 10*time.Second); err != nil {
		return err
	}
	if err := refuse(checkPassword("password", in.Password, "", "")); err != nil {
		return err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		now := s.now()
		link, err := s.useLink(ctx, in.Token, PurposeReset, now)
		if err != nil {
			return err
		}
		a, err := s.store.Lock(ctx, link.AccountID)
		if err != nil {
			return err
		}
		if s.locked(a) || !strings.EqualFold(a.Email, link.Email) {
			return errBadLink()
		}
		if err := refuse(checkPassword("password", in.Password, a.Email, a.Handle)); err != nil {
			return err
		}
		a.PasswordHash, a.UpdatedAt = hash, now
		if a.EmailVerifiedAt == nil {
			// Whoever made the account had not shown that the address is theirs: nothing of them stays.
			a.EmailVerifiedAt = &now
			if err := s.store.EndTokens(ctx, a.ID); err != nil {
				return err
			}
		}
		if err := s.store.Save(ctx, a); err != nil {
			return err
		}
		if err := errors.Join(s.store.DropLinks(ctx, a.ID, PurposeReset), s.store.EndSessions(ctx, a.ID, "")); err != nil {
			return err
		}
		return s.passwordChanged(ctx, a)
	})
}

func errBadLink() error {
	return errs.New(errs.CodeGone, "link_used_or_expired", "This link was used or is too old. Ask for a new one.")
}

func (s *Service) useLink(ctx context.Context, token string, purpose Purpose, now time.Time) (Link, error) {
	if token == "" || len(token) > 200 {
		return Link{}, errBadLink()
	}
	link, err := s.store.UseLink(ctx, hashSecret(token), purpose, now)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return Link{}, errBadLink()
	}
	return link, err
}

// sendVerify asks for a mail with a link that confirms email. Inside a transaction.
func (s *Service) sendVerify(ctx context.Context, a Account, email string) error {
	return s.unit.Enqueue(ctx, VerifyJob{AccountID: a.ID, Email: email, RequestID: tx.NewID()})
}

func (s *Service) passwordChanged(ctx context.Context, a Account) error {
	return s.mail(ctx, mail.Message{
		Template: "password_changed", To: a.Email, Locale: a.Settings.Locale, Data: map[string]string{"name": a.Name, "path": "/forgot"},
	})
}

// mail enqueues a message under a key of its own when it has none.
func (s *Service) mail(ctx context.Context, m mail.Message) error {
	if m.Key == "" {
		m.Key = tx.NewID()
	}
	return s.unit.Enqueue(ctx, m, tx.Unique())
}
