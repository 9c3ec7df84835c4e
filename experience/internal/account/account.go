// Package account answers sign-up, sign-in and everything on the settings pages.
package account

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// Account is the part of the API about one's own account.
type Account struct{ *screen.Services }

// New makes the part.
func New(s *screen.Services) *Account { return &Account{s} }

// Mount adds the routes to /api/v1.
func (s *Account) Mount(r gin.IRouter) {
	r.POST("/account", httpx.Handle(s.signUp))
	r.GET("/account", httpx.Handle(s.account))
	r.POST("/session", httpx.Handle(s.signIn))
	r.DELETE("/session", httpx.Handle(s.signOut))
	r.POST("/account/verify", httpx.Handle(s.verify))
	r.POST("/account/verify/resend", httpx.Handle(s.resend))
	r.POST("/account/forgot", httpx.Handle(s.forgot))
	r.POST("/account/reset", httpx.Handle(s.reset))
	r.PATCH("/account/profile", httpx.Handle(s.changeProfile))
	r.PATCH("/account/settings", httpx.Handle(s.changeSettings))
	r.POST("/account/email", httpx.Handle(s.changeEmail))
	r.POST("/account/password", httpx.Handle(s.changePassword))
	r.DELETE("/account/sessions/:id", httpx.Handle(s.endSession))
	r.DELETE("/account/sessions", httpx.Handle(s.endOtherSessions))
	r.DELETE("/account/history", httpx.Handle(s.wipeHistory))
	r.GET("/account/mutes", httpx.Handle(s.mutes))
	r.PUT("/account/mutes/:kind/:thing", httpx.Handle(s.mute))
	r.DELETE("/account/mutes/:kind/:thing", httpx.Handle(s.unmute))
	r.POST("/account/tokens", httpx.Handle(s.createToken))
	r.DELETE("/account/tokens/:id", httpx.Handle(s.revokeToken))
}

func newSession(s models.NewSession) api.Session {
	return api.Session{Token: s.Token, ExpiresAt: s.ExpiresAt, Viewer: *screen.Viewer(s.Account)}
}

func (s *Account) signUp(c *gin.Context) error {
	in, err := httpx.Decode[api.SignUp](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	made, err := s.Models.SignUp(ctx, models.SignUp{
		Email: in.Email, Password: in.Password, Handle: in.Handle, Name: in.Name, Locale: in.Locale, Demo: in.Demo,
	})
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusCreated, newSession(made))
}

func (s *Account) signIn(c *gin.Context) error {
	in, err := httpx.Decode[api.SignIn](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	made, err := s.Models.SignIn(ctx, models.SignIn(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusCreated, newSession(made))
}

func (s *Account) signOut(c *gin.Context) error {
	who, ctx := s.As(c)
	if err := s.Models.SignOut(ctx); err != nil {
		return err
	}
	s.Identifier.Forget(who.Session)
	return screen.Nothing(c, nil)
}

func (s *Account) account(c *gin.Context) error {
	var out api.Account
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			me, err := s.Models.Account(ctx)
			out.Profile, out.ETag = screen.Profile(me), httpx.ETagRevision(me.Revision)
			return err
		})
		g.Go(func() error {
			list, err := s.Models.Sessions(ctx)
			out.Sessions = make([]api.SessionInfo, len(list.Sessions))
			for i, one := range list.Sessions {
				out.Sessions[i] = api.SessionInfo{
					ID: one.ID, Device: one.Device, IP: one.IP, CreatedAt: one.CreatedAt, SeenAt: one.SeenAt, Current: one.Current,
				}
			}
			return err
		})
		g.Go(func() error {
			list, err := s.Models.Tokens(ctx)
			out.Tokens = make([]api.TokenInfo, len(list.Tokens))
			for i, one := range list.Tokens {
				out.Tokens[i] = tokenInfo(one)
			}
			return err
		})
		return g.Wait()
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

// forget makes the next request of the account look at its sessions and tokens anew.
func (s *Account) forget(who *caller.Caller) {
	s.Identifier.Forget(who.Session)
	if id := who.AccountID(); id != "" {
		s.Identifier.ForgetAccount(id)
	}
}

// act decodes, calls models and answers without a body.
func act[T any](s *Account, c *gin.Context, call func(ctx context.Context, in T) error) error {
	in, err := httpx.Decode[T](c)
	if err != nil {
		return err
	}
	who, ctx := s.As(c)
	if err := call(ctx, in); err != nil {
		return err
	}
	s.forget(who)
	return screen.Nothing(c, nil)
}

func (s *Account) verify(c *gin.Context) error {
	return act(s, c, func(ctx context.Context, in api.VerifyEmail) error {
		return s.Models.VerifyEmail(ctx, models.VerifyEmail(in))
	})
}

func (s *Account) resend(c *gin.Context) error {
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.ResendVerification(ctx))
}

func (s *Account) forgot(c *gin.Context) error {
	return act(s, c, func(ctx context.Context, in api.Forgot) error {
		return s.Models.ForgotPassword(ctx, models.Forgot(in))
	})
}

func (s *Account) reset(c *gin.Context) error {
	return act(s, c, func(ctx context.Context, in api.Reset) error {
		return s.Models.ResetPassword(ctx, models.Reset(in))
	})
}

func (s *Account) changeEmail(c *gin.Context) error {
	return act(s, c, func(ctx context.Context, in api.EmailChange) error {
		return s.Models.ChangeEmail(ctx, models.EmailChange(in))
	})
}

func (s *Account) changePassword(c *gin.Context) error {
	return act(s, c, func(ctx context.Context, in api.PasswordChange) error {
		return s.Models.ChangePassword(ctx, models.PasswordChange(in))
	})
}

func (s *Account) changeProfile(c *gin.Context) error {
	in, err := httpx.Decode[api.ProfileChange](c)
	if err != nil {
		return err
	}
	who, ctx := s.As(c)
	changed, err := s.Models.ChangeProfile(ctx, c.GetHeader("If-Match"), models.ProfileChange(in))
	if err != nil {
		return err
	}
	s.forget(who)
	return screen.Done(c, http.StatusOK, screen.Profile(changed))
}

func (s *Account) changeSettings(c *gin.Context) error {
	in, err := httpx.Decode[api.SettingsChange](c)
	if err != nil {
		return err
	}
	who, ctx := s.As(c)
	changed, err := s.Models.ChangeSettings(ctx, models.SettingsChange(in))
	if err != nil {
		return err
	}
	s.forget(who) // the person_id goes with history
	return screen.Done(c, http.StatusOK, api.Settings(changed.Settings))
}

func (s *Account) endSession(c *gin.Context) error {
	who, ctx := s.As(c)
	if err := s.Models.EndSession(ctx, c.Param("id")); err != nil {
		return err
	}
	s.forget(who)
	return screen.Nothing(c, nil)
}

func (s *Account) endOtherSessions(c *gin.Context) error {
	who, ctx := s.As(c)
	if err := s.Models.EndOtherSessions(ctx); err != nil {
		return err
	}
	s.forget(who)
	return screen.Nothing(c, nil)
}

func (s *Account) wipeHistory(c *gin.Context) error {
	who, ctx := s.As(c)
	if err := s.Models.WipeHistory(ctx); err != nil {
		return err
	}
	s.forget(who)
	return screen.Nothing(c, nil)
}

func (s *Account) mutes(c *gin.Context) error {
	_, ctx := s.As(c)
	found, err := s.Models.Mutes(ctx)
	if err != nil {
		return err
	}
	out := api.Mutes{Mutes: make([]api.Mute, len(found.Mutes))}
	for i, m := range found.Mutes {
		out.Mutes[i] = api.Mute(m)
	}
	return screen.JSON(c, out)
}

func (s *Account) mute(c *gin.Context) error {
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.Mute(ctx, c.Param("kind"), c.Param("thing")))
}

func (s *Account) unmute(c *gin.Context) error {
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.Unmute(ctx, c.Param("kind"), c.Param("thing")))
}

func (s *Account) createToken(c *gin.Context) error {
	in, err := httpx.Decode[api.TokenRequest](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	made, err := s.Models.CreateToken(ctx, models.TokenRequest(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusCreated, api.NewToken{TokenInfo: tokenInfo(made.TokenInfo), Secret: made.Secret})
}

func (s *Account) revokeToken(c *gin.Context) error {
	who, ctx := s.As(c)
	if err := s.Models.RevokeToken(ctx, c.Param("id")); err != nil {
		return err
	}
	s.forget(who)
	return screen.Nothing(c, nil)
}

func tokenInfo(t models.TokenInfo) api.TokenInfo {
	out := api.TokenInfo(t)
	out.Scopes = rows.List(out.Scopes)
	return out
}
