package client

import (
	"context"
	"net/http"

	"crateful.dev/experience/api"
)

// SignUp makes an account and a first session.
func (a *Asking) SignUp(ctx context.Context, in api.SignUp) (api.Session, error) {
	return call[api.Session](ctx, a, http.MethodPost, "/account", in)
}

// SignIn starts a session.
func (a *Asking) SignIn(ctx context.Context, in api.SignIn) (api.Session, error) {
	return call[api.Session](ctx, a, http.MethodPost, "/session", in)
}

// SignOut ends the caller's session.
func (a *Asking) SignOut(ctx context.Context) error {
	return do(ctx, a, http.MethodDelete, "/session", nil)
}

// VerifyEmail confirms an address by the token of a mail.
func (a *Asking) VerifyEmail(ctx context.Context, in api.VerifyEmail) error {
	return do(ctx, a, http.MethodPost, "/account/verify", in)
}

// ResendVerification sends that mail again.
func (a *Asking) ResendVerification(ctx context.Context) error {
	return do(ctx, a, http.MethodPost, "/account/verify/resend", nil)
}

// Forgot sends a mail to reset the password, if there is such an account.
func (a *Asking) Forgot(ctx context.Context, in api.Forgot) error {
	return do(ctx, a, http.MethodPost, "/account/forgot", in)
}

// Reset sets a new password by the token of that mail.
func (a *Asking) Reset(ctx context.Context, in api.Reset) error {
	return do(ctx, a, http.MethodPost, "/account/reset", in)
}

// Account is all that the settings pages show.
func (a *Asking) Account(ctx context.Context) (api.Account, error) {
	return get[api.Account](ctx, a, "/account", nil)
}

// ChangeProfile changes what others see.
func (a *Asking) ChangeProfile(ctx context.Context, etag string, in api.ProfileChange) (api.Profile, error) {
	return call[api.Profile](ctx, a, http.MethodPatch, "/account/profile", in, ifMatch(etag))
}

// ChangeSettings changes how the site looks and behaves for the caller.
func (a *Asking) ChangeSettings(ctx context.Context, in api.SettingsChange) (api.Settings, error) {
	return call[api.Settings](ctx, a, http.MethodPatch, "/account/settings", in)
}

// ChangeEmail asks for a mail to the new address.
func (a *Asking) ChangeEmail(ctx context.Context, in api.EmailChange) error {
	return do(ctx, a, http.MethodPost, "/account/email", in)
}

// ChangePassword ends all other sessions.
func (a *Asking) ChangePassword(ctx context.Context, in api.PasswordChange) error {
	return do(ctx, a, http.MethodPost, "/account/password", in)
}

// EndSession ends one session of the caller.
func (a *Asking) EndSession(ctx context.Context, id string) error {
	return do(ctx, a, http.MethodDelete, "/account/sessions/"+seg(id), nil)
}

// EndOtherSessions ends all sessions of the caller but this one.
func (a *Asking) EndOtherSessions(ctx context.Context) error {
	return do(ctx, a, http.MethodDelete, "/account/sessions", nil)
}

// WipeHistory forgets what the caller viewed and played.
func (a *Asking) WipeHistory(ctx context.Context) error {
	return do(ctx, a, http.MethodDelete, "/account/history", nil)
}

// CreateToken makes a personal API token.
func (a *Asking) CreateToken(ctx context.Context, in api.TokenRequest) (api.NewToken, error) {
	return call[api.NewToken](ctx, a, http.MethodPost, "/account/tokens", in)
}

// RevokeToken ends one.
func (a *Asking) RevokeToken(ctx context.Context, id string) error {
	return do(ctx, a, http.MethodDelete, "/account/tokens/"+seg(id), nil)
}

// UploadPicture announces an avatar or banner.
func (a *Asking) UploadPicture(ctx context.Context, in api.UploadRequest) (api.Uploads, error) {
	return call[api.Uploads](ctx, a, http.MethodPost, "/account/pictures", in)
}

// Mutes lists what one does not want to be recommended.
func (a *Asking) Mutes(ctx context.Context) (api.Mutes, error) {
	return get[api.Mutes](ctx, a, "/account/mutes", nil)
}

// Mute keeps something from being recommended.
func (a *Asking) Mute(ctx context.Context, kind, thing string) error {
	return do(ctx, a, http.MethodPut, "/account/mutes/"+seg(kind)+"/"+seg(thing), nil)
}

// Unmute undoes it.
func (a *Asking) Unmute(ctx context.Context, kind, thing string) error {
	return do(ctx, a, http.MethodDelete, "/account/mutes/"+seg(kind)+"/"+seg(thing), nil)
}
