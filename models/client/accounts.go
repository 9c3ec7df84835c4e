package client

import (
	"context"
	"net/http"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// SignUp makes an account and its first session.
func (c *Client) SignUp(ctx context.Context, in api.SignUp) (api.NewSession, error) {
	return call[api.NewSession](ctx, c, http.MethodPost, "/v1/accounts", in)
}

// SignIn begins a session.
func (c *Client) SignIn(ctx context.Context, in api.SignIn) (api.NewSession, error) {
	return call[api.NewSession](ctx, c, http.MethodPost, "/v1/sessions", in)
}

// Exchange turns a session or a personal token into a person token; with neither it answers the pseudonym of the caller's
// visitor. What has ended is an error of code unauthenticated.
func (c *Client) Exchange(ctx context.Context, in api.Exchange) (api.Exchanged, error) {
	return call[api.Exchanged](ctx, c, http.MethodPost, "/v1/sessions/exchange", in)
}

// SignOut ends the session behind the person token.
func (c *Client) SignOut(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/v1/session", nil, nil)
}

// VerifyEmail confirms an address by the token of a mail.
func (c *Client) VerifyEmail(ctx context.Context, in api.VerifyEmail) error {
	return c.do(ctx, http.MethodPost, "/v1/email/verify", in, nil)
}

// ResendVerification sends that mail again.
func (c *Client) ResendVerification(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/account/email/resend", nil, nil)
}

// ForgotPassword sends a mail with a link, if there is such an account.
func (c *Client) ForgotPassword(ctx context.Context, in api.Forgot) error {
	return c.do(ctx, http.MethodPost, "/v1/password/forgot", in, nil)
}

// ResetPassword sets a new password by the token of that mail.
func (c *Client) ResetPassword(ctx context.Context, in api.Reset) error {
	return c.do(ctx, http.MethodPost, "/v1/password/reset", in, nil)
}

// Account is the caller's own.
func (c *Client) Account(ctx context.Context, opts ...httpx.RequestOption) (api.Account, error) {
	return call[api.Account](ctx, c, http.MethodGet, "/v1/account", nil, opts...)
}

// ChangeProfile changes what others see.
func (c *Client) ChangeProfile(ctx context.Context, etag string, in api.ProfileChange) (api.Account, error) {
	return call[api.Account](ctx, c, http.MethodPatch, "/v1/account/profile", in, IfMatch(etag))
}

// ChangeSettings changes how the site behaves for the caller.
func (c *Client) ChangeSettings(ctx context.Context, in api.SettingsChange) (api.Account, error) {
	return call[api.Account](ctx, c, http.MethodPatch, "/v1/account/settings", in)
}

// ChangeEmail sends a link to the new address.
func (c *Client) ChangeEmail(ctx context.Context, in api.EmailChange) error {
	return c.do(ctx, http.MethodPost, "/v1/account/email", in, nil)
}

// ChangePassword ends all other sessions.
func (c *Client) ChangePassword(ctx context.Context, in api.PasswordChange) error {
	return c.do(ctx, http.MethodPost, "/v1/account/password", in, nil)
}

// Sessions lists where the caller is signed in.
func (c *Client) Sessions(ctx context.Context) (api.Sessions, error) {
	return call[api.Sessions](ctx, c, http.MethodGet, "/v1/account/sessions", nil)
}

// EndSession ends one of them.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/v1/account/sessions/"+segment(id), nil, nil)
}

// EndOtherSessions ends all but the one that asks.
func (c *Client) EndOtherSessions(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/v1/account/sessions", nil, nil)
}

// WipeHistory forgets what the caller viewed and played.
func (c *Client) WipeHistory(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/v1/account/history", nil, nil)
}

// Tokens lists the caller's personal API tokens.
func (c *Client) Tokens(ctx context.Context) (api.Tokens, error) {
	return call[api.Tokens](ctx, c, http.MethodGet, "/v1/account/tokens", nil)
}

// CreateToken makes one.
func (c *Client) CreateToken(ctx context.Context, in api.TokenRequest) (api.NewToken, error) {
	return call[api.NewToken](ctx, c, http.MethodPost, "/v1/account/tokens", in)
}

// RevokeToken ends one.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/v1/account/tokens/"+segment(id), nil, nil)
}

// Producer is a public profile.
func (c *Client) Producer(ctx context.Context, handle string) (api.Producer, error) {
	return call[api.Producer](ctx, c, http.MethodGet, "/v1/producers/"+segment(handle), nil)
}

// Producers reads many profiles.
func (c *Client) Producers(ctx context.Context, ids []string) (api.Producers, error) {
	return call[api.Producers](ctx, c, http.MethodPost, "/v1/producers/batch", api.ProducersQuery{IDs: ids})
}

// Following lists whom the caller follows.
func (c *Client) Following(ctx context.Context, cursor string) (api.Producers, error) {
	return call[api.Producers](ctx, c, http.MethodGet, "/v1/account/following", nil, httpx.WithQuery(pageQuery(cursor, 0)))
}

// Follow a producer.
func (c *Client) Follow(ctx context.Context, handle string) (api.Follow, error) {
	return call[api.Follow](ctx, c, http.MethodPut, "/v1/producers/"+segment(handle)+"/follow", nil)
}

// Unfollow a producer.
func (c *Client) Unfollow(ctx context.Context, handle string) (api.Follow, error) {
	return call[api.Follow](ctx, c, http.MethodDelete, "/v1/producers/"+segment(handle)+"/follow", nil)
}

// Mutes lists what the caller does not want to be recommended.
func (c *Client) Mutes(ctx context.Context) (api.Mutes, error) {
	return call[api.Mutes](ctx, c, http.MethodGet, "/v1/account/mutes", nil)
}

// Mute keeps something from being recommended to the caller.
func (c *Client) Mute(ctx context.Context, kind, thing string) error {
	return c.do(ctx, http.MethodPut, "/v1/account/mutes/"+segment(kind)+"/"+segment(thing), nil, nil)
}

// Unmute undoes it.
func (c *Client) Unmute(ctx context.Context, kind, thing string) error {
	return c.do(ctx, http.MethodDelete, "/v1/account/mutes/"+segment(kind)+"/"+segment(thing), nil, nil)
}

// Interact records views and previews; a crash may lose the last second of them.
func (c *Client) Interact(ctx context.Context, in api.Interactions) (api.InteractionsTaken, error) {
	return call[api.InteractionsTaken](ctx, c, http.MethodPost, "/v1/interactions", in)
}

// Accounts finds accounts, for admins.
func (c *Client) Accounts(ctx context.Context, q api.AccountQuery) (api.AdminAccounts, error) {
	values := pageQuery(q.Cursor, q.Limit)
	if q.Text != "" {
		values.Set("q", q.Text)
	}
	return call[api.AdminAccounts](ctx, c, http.MethodGet, "/v1/admin/accounts", nil, httpx.WithQuery(values))
}

// DisableAccount locks an account out and takes all its packs off sale, for admins.
func (c *Client) DisableAccount(ctx context.Context, id string, in api.Disable) error {
	return c.do(ctx, http.MethodPost, "/v1/admin/accounts/"+segment(id)+"/disable", in, nil)
}

// EnableAccount lets an account in again, for admins.
func (c *Client) EnableAccount(ctx context.Context, id string, in api.Enable) error {
	return c.do(ctx, http.MethodPost, "/v1/admin/accounts/"+segment(id)+"/enable", in, nil)
}
