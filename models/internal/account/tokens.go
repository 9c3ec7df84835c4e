package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

const (
	maxTokens = 50
	maxDays   = 3650
)

// AddToken makes a personal API token and answers its secret, once.
func (s *Service) AddToken(ctx context.Context, who auth.Caller, in api.TokenRequest) (api.NewToken, error) {
	name, badName := checkText("name", in.Name, 1, 80, false)
	var scopes []string
	var badScope, badDays *errs.Field
	for _, scope := range in.Scopes {
		if !slices.Contains(api.Scopes(), scope) {
			badScope = invalid("scopes", "unknown_value", "There is no such scope.")
		} else if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	if len(in.Scopes) == 0 {
		badScope = invalid("scopes", "required", "Choose at least one scope.")
	}
	if in.Days < 0 || in.Days > maxDays {
		badDays = invalid("days", "out_of_range", fmt.Sprintf("A token lasts 1 to %d days, or for ever with 0.", maxDays))
	}
	if err := refuse(badName, badScope, badDays); err != nil {
		return api.NewToken{}, err
	}
	t, secret := NewToken(who.AccountID, name, scopes, in.Days, s.now())
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.Lock(ctx, who.AccountID)
		if err != nil {
			return err
		}
		if slices.Contains(scopes, api.ScopeAdmin) && !a.Admin {
			return errs.New(errs.CodeForbidden, "admin_only", "Only admins may make a token for admin acts.")
		}
		have, err := s.store.Tokens(ctx, a.ID)
		if err != nil {
			return err
		}
		if len(have) >= maxTokens {
			return errs.New(errs.CodeConflict, "too_many_tokens", "Revoke a token before making another one.")
		}
		if err := s.store.AddToken(ctx, t); err != nil {
			return err
		}
		return s.notice(ctx, "token_added", a, map[string]string{"token": t.Name, "path": "/settings/tokens"})
	})
	if err != nil {
		return api.NewToken{}, err
	}
	return api.NewToken{TokenInfo: tokenInfo(t), Secret: secret}, nil
}

// NewToken makes a token that nobody knows yet, for so many days or for ever with 0, and its secret.
func NewToken(accountID, name string, scopes []string, days int, now time.Time) (t Token, secret string) {
	secret = tokenPrefix + newSecret()
	t = Token{
		ID: tx.NewID(), AccountID: accountID, Name: name, Prefix: secret[:len(tokenPrefix)+6], TokenHash: hashSecret(secret),
		Scopes: scopes, CreatedAt: now,
	}
	if days > 0 {
		expires := now.Add(time.Duration(days) * 24 * time.Hour)
		t.ExpiresAt = &expires
	}
	return t, secret
}

// Tokens lists the caller's personal tokens.
func (s *Service) Tokens(ctx context.Context, who auth.Caller) (api.Tokens, error) {
	tokens, err := s.store.Tokens(ctx, who.AccountID)
	if err != nil {
		return api.Tokens{}, err
	}
	out := api.Tokens{Tokens: []api.TokenInfo{}}
	for _, t := range tokens {
		out.Tokens = append(out.Tokens, tokenInfo(t))
	}
	return out, nil
}

// EndToken revokes one of them.
func (s *Service) EndToken(ctx context.Context, who auth.Caller, id string) error {
	return s.store.EndToken(ctx, who.AccountID, id)
}

func tokenInfo(t Token) api.TokenInfo {
	return api.TokenInfo{
		ID: t.ID, Name: t.Name, Prefix: t.Prefix, Scopes: list(t.Scopes), CreatedAt: t.CreatedAt, UsedAt: t.UsedAt, ExpiresAt: t.ExpiresAt,
	}
}
