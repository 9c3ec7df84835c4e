package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/auth"
)

// Accounts is sign-up, sign-in and everything a person sets about themselves.
type Accounts struct{ Service *account.Service }

// Routes implements Resource.
func (h Accounts) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/accounts", Who: Anyone, Handle: h.signUp},
		{Method: http.MethodPost, Path: "/v1/sessions", Who: Anyone, Handle: h.signIn},
		{Method: http.MethodPost, Path: "/v1/sessions/exchange", Who: Anyone, Handle: h.exchange},
		{Method: http.MethodDelete, Path: "/v1/session", Who: SignedIn, Handle: h.signOut},
		{Method: http.MethodPost, Path: "/v1/email/verify", Who: Anyone, Handle: h.verifyEmail},
		{Method: http.MethodPost, Path: "/v1/password/forgot", Who: Anyone, Handle: h.forgot},
		{Method: http.MethodPost, Path: "/v1/password/reset", Who: Anyone, Handle: h.reset},
		{Method: http.MethodGet, Path: "/v1/account", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.get},
		{Method: http.MethodPatch, Path: "/v1/account/profile", Who: SignedIn, Live: true, Handle: h.changeProfile},
		{Method: http.MethodPatch, Path: "/v1/account/settings", Who: SignedIn, Handle: h.changeSettings},
		{Method: http.MethodPost, Path: "/v1/account/email", Who: SignedIn, Live: true, Handle: h.changeEmail},
		{Method: http.MethodPost, Path: "/v1/account/email/resend", Who: SignedIn, Live: true, Handle: h.resendVerify},
		{Method: http.MethodPost, Path: "/v1/account/password", Who: SignedIn, Live: true, Handle: h.changePassword},
		{Method: http.MethodGet, Path: "/v1/account/sessions", Who: SignedIn, Live: true, Handle: h.sessions},
		{Method: http.MethodDelete, Path: "/v1/account/sessions", Who: SignedIn, Live: true, Handle: h.endOtherSessions},
		{Method: http.MethodDelete, Path: "/v1/account/sessions/:id", Who: SignedIn, Live: true, Handle: h.endSession},
		{Method: http.MethodGet, Path: "/v1/account/tokens", Who: SignedIn, Live: true, Handle: h.tokens},
		{Method: http.MethodPost, Path: "/v1/account/tokens", Who: SignedIn, Live: true, Handle: h.addToken},
		{Method: http.MethodDelete, Path: "/v1/account/tokens/:id", Who: SignedIn, Live: true, Handle: h.endToken},
		{Method: http.MethodDelete, Path: "/v1/account/history", Who: SignedIn, Live: true, Handle: h.wipeHistory},
		{Method: http.MethodGet, Path: "/v1/account/following", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.following},
		{Method: http.MethodGet, Path: "/v1/account/mutes", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.mutes},
		{Method: http.MethodPut, Path: "/v1/account/mutes/:kind/:thing", Who: SignedIn, Handle: h.mute},
		{Method: http.MethodDelete, Path: "/v1/account/mutes/:kind/:thing", Who: SignedIn, Handle: h.unmute},
		{Method: http.MethodGet, Path: "/v1/producers/:handle", Who: Anyone, Handle: h.producer},
		{Method: http.MethodPost, Path: "/v1/producers/batch", Who: Anyone, Handle: h.producers},
		{Method: http.MethodPut, Path: "/v1/producers/:handle/follow", Who: SignedIn, Handle: h.follow},
		{Method: http.MethodDelete, Path: "/v1/producers/:handle/follow", Who: SignedIn, Handle: h.unfollow},
		{Method: http.MethodGet, Path: "/v1/admin/accounts", Who: Admin, Handle: h.list},
	}
}

// caller is who asks, in the context that the domain is called with.
func caller(c *gin.Context) auth.Caller { return auth.From(c.Request.Context()) }

// answer sends v, or the error.
func answer[T any](c *gin.Context, status int, v T, err error) error {
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	return httpx.Answer(c, status, v)
}

// done answers 204, or the error.
func done(c *gin.Context, err error) error {
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

func (h Accounts) signUp(c *gin.Context) error {
	in, err := httpx.Decode[api.SignUp](c)
	if err != nil {
		return err
	}
	out, err := h.Service.SignUp(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusCreated, out, err)
}

func (h Accounts) signIn(c *gin.Context) error {
	in, err := httpx.Decode[api.SignIn](c)
	if err != nil {
		return err
	}
	out, err := h.Service.SignIn(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusCreated, out, err)
}

func (h Accounts) exchange(c *gin.Context) error {
	in, err := httpx.Decode[api.Exchange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Exchange(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) signOut(c *gin.Context) error {
	return done(c, h.Service.SignOut(c.Request.Context(), caller(c)))
}

func (h Accounts) verifyEmail(c *gin.Context) error {
	in, err := httpx.Decode[api.VerifyEmail](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.VerifyEmail(c.Request.Context(), caller(c), in))
}

func (h Accounts) forgot(c *gin.Context) error {
	in, err := httpx.Decode[api.Forgot](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.Forgot(c.Request.Context(), caller(c), in))
}

func (h Accounts) reset(c *gin.Context) error {
	in, err := httpx.Decode[api.Reset](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.Reset(c.Request.Context(), caller(c), in))
}

func (h Accounts) get(c *gin.Context) error {
	out, err := h.Service.Get(c.Request.Context(), caller(c))
	if err != nil {
		return err
	}
	if httpx.NotModified(c, httpx.ETagRevision(out.Revision)) {
		return nil
	}
	return answer(c, http.StatusOK, out, nil)
}

func (h Accounts) changeProfile(c *gin.Context) error {
	in, err := httpx.Decode[api.ProfileChange](c)
	if err != nil {
		return err
	}
	match := func(revision int64) error { return httpx.CheckIfMatch(c, httpx.ETagRevision(revision)) }
	out, err := h.Service.ChangeProfile(c.Request.Context(), caller(c), match, in)
	if err == nil {
		c.Header("ETag", httpx.ETagRevision(out.Revision))
	}
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) changeSettings(c *gin.Context) error {
	in, err := httpx.Decode[api.SettingsChange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.ChangeSettings(c.Request.Context(), caller(c), in)
	if err == nil {
		c.Header("ETag", httpx.ETagRevision(out.Revision))
	}
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) changeEmail(c *gin.Context) error {
	in, err := httpx.Decode[api.EmailChange](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.ChangeEmail(c.Request.Context(), caller(c), in))
}

func (h Accounts) resendVerify(c *gin.Context) error {
	return done(c, h.Service.ResendVerify(c.Request.Context(), caller(c)))
}

func (h Accounts) changePassword(c *gin.Context) error {
	in, err := httpx.Decode[api.PasswordChange](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.ChangePassword(c.Request.Context(), caller(c), in))
}

func (h Accounts) sessions(c *gin.Context) error {
	out, err := h.Service.Sessions(c.Request.Context(), caller(c))
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) endOtherSessions(c *gin.Context) error {
	return done(c, h.Service.EndOtherSessions(c.Request.Context(), caller(c)))
}

func (h Accounts) endSession(c *gin.Context) error {
	return done(c, h.Service.EndSession(c.Request.Context(), caller(c), c.Param("id")))
}

func (h Accounts) tokens(c *gin.Context) error {
	out, err := h.Service.Tokens(c.Request.Context(), caller(c))
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) addToken(c *gin.Context) error {
	in, err := httpx.Decode[api.TokenRequest](c)
	if err != nil {
		return err
	}
	out, err := h.Service.AddToken(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusCreated, out, err)
}

func (h Accounts) endToken(c *gin.Context) error {
	return done(c, h.Service.EndToken(c.Request.Context(), caller(c), c.Param("id")))
}

func (h Accounts) wipeHistory(c *gin.Context) error {
	return done(c, h.Service.WipeHistory(c.Request.Context(), caller(c)))
}

func (h Accounts) following(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.Following(c.Request.Context(), caller(c), page.Cursor, page.Limit)
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) mutes(c *gin.Context) error {
	out, err := h.Service.Mutes(c.Request.Context(), caller(c))
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) mute(c *gin.Context) error {
	return done(c, h.Service.Mute(c.Request.Context(), caller(c), c.Param("kind"), c.Param("thing")))
}

func (h Accounts) unmute(c *gin.Context) error {
	return done(c, h.Service.Unmute(c.Request.Context(), caller(c), c.Param("kind"), c.Param("thing")))
}

func (h Accounts) producer(c *gin.Context) error {
	out, err := h.Service.Producer(c.Request.Context(), caller(c), c.Param("handle"))
	if err != nil {
		return err
	}
	return httpx.JSON(c, out)
}

func (h Accounts) producers(c *gin.Context) error {
	in, err := httpx.Decode[api.ProducersQuery](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Producers(c.Request.Context(), caller(c), in.IDs)
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) follow(c *gin.Context) error {
	out, err := h.Service.Follow(c.Request.Context(), caller(c), c.Param("handle"))
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) unfollow(c *gin.Context) error {
	out, err := h.Service.Unfollow(c.Request.Context(), caller(c), c.Param("handle"))
	return answer(c, http.StatusOK, out, err)
}

func (h Accounts) list(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.List(c.Request.Context(), api.AccountQuery{Text: c.Query("q"), Cursor: page.Cursor, Limit: page.Limit})
	return answer(c, http.StatusOK, out, err)
}
