package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
)

// touchEvery is how exact "last seen" is; it spares a write per exchange.
const touchEvery = 5 * time.Minute

func errSessionEnded() error {
	return errs.New(errs.CodeUnauthenticated, "session_ended", "This sign-in has ended. Sign in again.")
}

// Exchange turns an opaque session or a personal token into a person token, and a visitor into a pseudonym.
func (s *Service) Exchange(ctx context.Context, who auth.Caller, in api.Exchange) (api.Exchanged, error) {
	switch {
	case in.Token == "" && in.Known:
		person, err := s.knownVisitor(ctx, who)
		return api.Exchanged{PersonID: person}, err
	case in.Token == "":
		person, err := s.personOfVisitor(ctx, who)
		return api.Exchanged{PersonID: person}, err
	case len(in.Token) > 200:
		return api.Exchanged{}, errSessionEnded()
	case strings.HasPrefix(in.Token, tokenPrefix):
		return s.exchangeToken(ctx, in.Token)
	default:
		return s.exchangeSession(ctx, who, in.Token)
	}
}

func (s *Service) exchangeSession(ctx context.Context, who auth.Caller, secret string) (api.Exchanged, error) {
	session, a, err := s.store.SessionByHash(ctx, hashSecret(secret))
	if err != nil {
		return api.Exchanged{}, ended(err)
	}
	now := s.now()
	if !now.Before(session.ExpiresAt) || s.locked(a) {
		return api.Exchanged{}, errSessionEnded()
	}
	if now.Sub(session.SeenAt) > touchEvery {
		expires := now.Add(sessionIdle)
		if most := session.CreatedAt.Add(sessionMost); expires.After(most) {
			expires = most
		}
		if err := s.store.TouchSession(ctx, session.ID, now, expires, who.ClientIP); err != nil {
			return api.Exchanged{}, err
		}
	}
	return s.person(a, api.PersonClaims{AccountID: a.ID, SessionID: session.ID}, now)
}

func (s *Service) exchangeToken(ctx context.Context, secret string) (api.Exchanged, error) {
	token, a, err := s.store.TokenByHash(ctx, hashSecret(secret))
	if err != nil {
		return api.Exchanged{}, ended(err)
	}
	now := s.now()
	if expired(token.ExpiresAt, now) || s.locked(a) {
		return api.Exchanged{}, errSessionEnded()
	}
	if token.UsedAt == nil || now.Sub(*token.UsedAt) > touchEvery {
		if err := s.store.TouchToken(ctx, token.ID, now); err != nil {
			return api.Exchanged{}, err
		}
	}
	return s.person(a, api.PersonClaims{AccountID: a.ID, TokenID: token.ID, Scopes: token.Scopes}, now)
}

// adminBy tells whether the account acts as an admin: by a session, or by a personal token with that scope.
func (a Account) adminBy(tokenID string, scopes []string) bool {
	return a.Admin && (tokenID == "" || slices.Contains(scopes, api.ScopeAdmin))
}

// person signs the claims of an account.
func (s *Service) person(a Account, claims api.PersonClaims, now time.Time) (api.Exchanged, error) {
	admin := a.adminBy(claims.TokenID, claims.Scopes)
	if admin {
		claims.Roles = []string{api.RoleAdmin}
	}
	if a.Settings.Personalise {
		claims.PersonID = a.PersonID
	}
	signed, expires, err := s.signer.Sign(claims, now)
	if err != nil {
		return api.Exchanged{}, err
	}
	account := own(a)
	account.Admin = admin
	return api.Exchanged{
		PersonToken: signed, ExpiresAt: expires, PersonID: claims.PersonID, Account: &account, SessionID: claims.SessionID, Scopes: claims.Scopes,
	}, nil
}

// Live looks the caller's session or token up and answers the caller with present rights.
func (s *Service) Live(ctx context.Context, who auth.Caller) (auth.Caller, error) {
	now := s.now()
	var a Account
	switch {
	case who.SessionID != "":
		session, of, err := s.store.SessionByID(ctx, who.SessionID)
		if err != nil {
			return who, ended(err)
		}
		if !now.Before(session.ExpiresAt) || session.AccountID != who.AccountID {
			return who, errSessionEnded()
		}
		a, who.Admin = of, of.Admin
	case who.TokenID != "":
		token, of, err := s.store.TokenByID(ctx, who.TokenID)
		if err != nil {
			return who, ended(err)
		}
		if expired(token.ExpiresAt, now) || token.AccountID != who.AccountID {
			return who, errSessionEnded()
		}
		a, who.Admin, who.Scopes = of, of.adminBy(token.ID, token.Scopes), token.Scopes
	default:
		return who, errSessionEnded()
	}
	if s.locked(a) {
		return who, errSessionEnded()
	}
	return who, nil
}

// locked tells whether nobody may act as the account. Demo accounts, whose passwords everybody knows, count as locked where
// demo accounts are not allowed: a database of a demonstration may end up in production.
func (s *Service) locked(a Account) bool { return a.DisabledAt != nil || a.Demo && !s.cfg.Demo }

func ended(err error) error {
	if errs.CodeOf(err) == errs.CodeNotFound {
		return errSessionEnded()
	}
	return err
}

func expired(at *time.Time, now time.Time) bool { return at != nil && !now.Before(*at) }

// Sessions lists where the caller is signed in, last seen first.
func (s *Service) Sessions(ctx context.Context, who auth.Caller) (api.Sessions, error) {
	sessions, err := s.store.Sessions(ctx, who.AccountID)
	if err != nil {
		return api.Sessions{}, err
	}
	out := api.Sessions{Sessions: []api.SessionInfo{}}
	for _, x := range sessions {
		if !s.now().Before(x.ExpiresAt) {
			continue
		}
		out.Sessions = append(out.Sessions, api.SessionInfo{
			ID: x.ID, Device: x.Device, IP: x.IP, CreatedAt: x.CreatedAt, SeenAt: x.SeenAt, ExpiresAt: x.ExpiresAt, Current: x.ID == who.SessionID,
		})
	}
	return out, nil
}

// EndSession ends one of the caller's sessions.
func (s *Service) EndSession(ctx context.Context, who auth.Caller, id string) error {
	return s.store.EndSession(ctx, who.AccountID, id)
}

// EndOtherSessions ends all of the caller's sessions but this one.
func (s *Service) EndOtherSessions(ctx context.Context, who auth.Caller) error {
	return s.store.EndSessions(ctx, who.AccountID, who.SessionID)
}

// Disable locks an account out and ends its sessions and tokens; Enable lets it in again. Both answer the account as it was
// and as it is.
func (s *Service) Disable(ctx context.Context, who auth.Caller, id, reason string) (before, after Account, err error) {
	if id == who.AccountID {
		return before, after, errs.New(errs.CodeConflict, "own_account", "You cannot disable your own account.")
	}
	err = s.change(ctx, id, func(a *Account) error {
		before = *a
		if a.DisabledAt == nil {
			at := s.now()
			a.DisabledAt = &at
		}
		a.DisabledReason = reason
		after = *a
		return nil
	})
	if err != nil {
		return before, after, err
	}
	return before, after, errors.Join(s.store.EndSessions(ctx, id, ""), s.store.EndTokens(ctx, id))
}

// Enable undoes Disable.
func (s *Service) Enable(ctx context.Context, id string) (before, after Account, err error) {
	err = s.change(ctx, id, func(a *Account) error {
		before = *a
		a.DisabledAt, a.DisabledReason = nil, ""
		after = *a
		return nil
	})
	return before, after, err
}

// CheckReason refuses an admin's reason that is missing or too long.
func CheckReason(reason string) (string, error) {
	reason, bad := checkText("reason", reason, 1, 500, true)
	return reason, refuse(bad)
}

// List finds accounts for admins, newest first. It answers the id to go on after, empty at the end.
func (s *Service) List(ctx context.Context, q api.AccountQuery) (api.AdminAccounts, error) {
	found, err := s.store.List(ctx, strings.TrimSpace(q.Text), q.Cursor, q.Limit+1)
	if err != nil {
		return api.AdminAccounts{}, err
	}
	out := api.AdminAccounts{Accounts: []api.AdminAccount{}}
	for i, a := range found {
		if i == q.Limit {
			out.Next = found[i-1].ID
			break
		}
		out.Accounts = append(out.Accounts, a.ForAdmins())
	}
	return out, nil
}

// ForAdmins is the account as admins see it.
func (a Account) ForAdmins() api.AdminAccount {
	return api.AdminAccount{
		ID: a.ID, Email: a.Email, EmailVerified: a.EmailVerifiedAt != nil, Handle: a.Handle, Name: a.Name, Admin: a.Admin, Sells: a.Sells,
		Demo: a.Demo, DisabledAt: a.DisabledAt, DisabledReason: a.DisabledReason, CreatedAt: a.CreatedAt,
	}
}

// ByID reads any account, for admins.
func (s *Service) ByID(ctx context.Context, id string) (Account, error) { return s.store.ByID(ctx, id) }
