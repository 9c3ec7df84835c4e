package pages

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

// enterPages are the ways in: sign-up, sign-in, sign-out, forgotten passwords and confirmed addresses.
func (p *Pages) enterPages() {
	p.page("enter", (*view.Enter)(nil))
	p.get("/sign-up", func(c *gin.Context) error { return p.showSignUp(c, http.StatusOK, view.Form{}, api.SignUp{}) })
	p.post("/sign-up", p.signUp)
	p.get("/sign-in", func(c *gin.Context) error { return p.showSignIn(c, http.StatusOK, view.Form{}, "") })
	p.post("/sign-in", p.enter)
	p.post("/sign-out", p.signOut)
	p.get("/forgot", func(c *gin.Context) error { return p.showForgot(c, http.StatusOK, view.Form{}, "") })
	p.post("/forgot", p.forgot)
	p.get("/reset", func(c *gin.Context) error { return p.showReset(c, http.StatusOK, view.Form{}) })
	p.post("/reset", p.reset)
	p.get("/verify-email", p.showVerify)
	p.post("/verify-email", p.verify)
	p.post("/verify-email/resend", p.resendVerification)
}

// next is where a person wants to go after this page.
func next(c *gin.Context) string {
	for _, path := range []string{c.PostForm("next"), c.Query("next")} {
		if path != "" && session.Local(path) {
			return path
		}
	}
	return ""
}

func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

func (p *Pages) enterView(c *gin.Context, page, heading string, form view.Form) *view.Enter {
	v := &view.Enter{Layout: p.layout(c, heading, "", api.Frame{}), Form: form, Heading: heading, Action: page}
	v.NoIndex = true
	if to := next(c); to != "" {
		v.Hidden = append(v.Hidden, view.Field{Name: "next", Value: to})
	}
	return v
}

func (p *Pages) showSignUp(c *gin.Context, status int, form view.Form, typed api.SignUp) error {
	l := p.locale(c)
	v := p.enterView(c, "/sign-up", l.T("enter.sign_up"), form)
	v.Lead, v.Button, v.Busy = l.T("enter.sign_up_lead"), l.T("enter.sign_up_button"), l.T("enter.sign_up_busy")
	v.Fields = []view.Input{
		{Name: "email", Label: l.T("enter.email"), Type: "email", Value: typed.Email, Autocomplete: "email", Required: true, Autofocus: true, MaxLength: 254, Error: form.Of("email")},
		{Name: "handle", Label: l.T("enter.handle"), Value: typed.Handle, Hint: l.T("enter.handle_hint"), Autocomplete: "username", Required: true, MaxLength: 30, Error: form.Of("handle")},
		{Name: "name", Label: l.T("enter.name"), Value: typed.Name, Hint: l.T("enter.name_hint"), Autocomplete: "name", MaxLength: 60, Error: form.Of("name")},
		{Name: "password", Label: l.T("enter.password"), Type: "password", Hint: l.T("enter.password_hint"), Autocomplete: "new-password", Required: true, MaxLength: 200, Error: form.Of("password")},
	}
	v.Form = form.For(v.Fields)
	v.Other = []view.Link{{Text: l.T("enter.have_account"), URL: withNext("/sign-in", next(c))}}
	return p.show(c, status, "enter", v)
}

func (p *Pages) signUp(c *gin.Context) error {
	in := api.SignUp{
		Email: c.PostForm("email"), Handle: c.PostForm("handle"), Name: c.PostForm("name"), Password: c.PostForm("password"),
		Locale: p.locale(c).Tag.String(),
	}
	made, err := p.ask(c).SignUp(p.context(c), in)
	if err != nil {
		if form, ok := p.formError(c, err); ok {
			if in.Name == "" { // the handle stands in for it, and says itself what is wrong with it
				form = form.Without(p.locale(c), "name")
			}
			return p.showSignUp(c, http.StatusUnprocessableEntity, form, in)
		}
		return err
	}
	p.begin(c, made)
	p.say(c, "ok", p.locale(c).T("enter.welcome", "Email", made.Viewer.Email), nil)
	return p.redirect(c, next(c))
}

// formError says whether an error belongs on the form it came from.
func (p *Pages) formError(c *gin.Context, err error) (view.Form, bool) {
	switch errs.CodeOf(err) {
	case errs.CodeInvalid, errs.CodeConflict, errs.CodeUnauthenticated, errs.CodeRateLimited, errs.CodeForbidden, errs.CodeGone, errs.CodePreconditionFailed:
		return view.FieldErrors(p.locale(c), err), true
	}
	return view.Form{}, false
}

// begin signs the browser in. What the visitor had is the account's now, so the visitor is forgotten.
func (p *Pages) begin(c *gin.Context, s api.Session) {
	p.Cookies.SetSession(c.Writer, s.Token, s.ExpiresAt)
	p.Cookies.ClearVisitor(c.Writer)
	p.Cookies.SetPreferences(c.Writer, session.Preferences{
		Theme: noneIf(s.Viewer.Settings.Theme, "system"), Density: noneIf(s.Viewer.Settings.Density, "comfortable"),
	})
}

func noneIf(value, byDefault string) string {
	if value == byDefault {
		return ""
	}
	return value
}

func (p *Pages) showSignIn(c *gin.Context, status int, form view.Form, email string) error {
	l := p.locale(c)
	v := p.enterView(c, "/sign-in", l.T("enter.sign_in"), form)
	v.Button, v.Busy = l.T("enter.sign_in"), l.T("enter.sign_in_busy")
	if next(c) != "" {
		v.Lead = l.T("enter.sign_in_next")
	}
	v.Fields = []view.Input{
		{Name: "email", Label: l.T("enter.email"), Type: "email", Value: email, Autocomplete: "username", Required: true, Autofocus: email == "", MaxLength: 254, Error: form.Of("email")},
		{Name: "password", Label: l.T("enter.password"), Type: "password", Autocomplete: "current-password", Required: true, Autofocus: email != "", MaxLength: 200, Error: form.Of("password")},
	}
	v.Form = form.For(v.Fields)
	v.Other = []view.Link{
		{Text: l.T("enter.no_account"), URL: withNext("/sign-up", next(c))},
		{Text: l.T("enter.forgot_link"), URL: withNext("/forgot", next(c))},
	}
	return p.show(c, status, "enter", v)
}

func (p *Pages) enter(c *gin.Context) error {
	in := api.SignIn{Email: c.PostForm("email"), Password: c.PostForm("password")}
	made, err := p.ask(c).SignIn(p.context(c), in)
	if err != nil {
		if form, ok := p.formError(c, err); ok {
			return p.showSignIn(c, http.StatusUnprocessableEntity, form, in.Email)
		}
		return err
	}
	p.begin(c, made)
	return p.redirect(c, next(c))
}

func (p *Pages) signOut(c *gin.Context) error {
	err := p.ask(c).SignOut(p.context(c))
	if err != nil && errs.CodeOf(err) != errs.CodeUnauthenticated {
		return err
	}
	p.Cookies.ClearSession(c.Writer)
	c.Header("Clear-Site-Data", `"cache"`)
	p.say(c, "ok", p.locale(c).T("enter.signed_out"), nil)
	return p.redirect(c, "/")
}

func (p *Pages) showForgot(c *gin.Context, status int, form view.Form, email string) error {
	l := p.locale(c)
	v := p.enterView(c, "/forgot", l.T("enter.forgot"), form)
	v.Lead, v.Button, v.Busy = l.T("enter.forgot_lead"), l.T("enter.forgot_button"), l.T("enter.forgot_busy")
	v.Fields = []view.Input{
		{Name: "email", Label: l.T("enter.email"), Type: "email", Value: email, Autocomplete: "username", Required: true, Autofocus: true, MaxLength: 254, Error: form.Of("email")},
	}
	v.Form = form.For(v.Fields)
	v.Other = []view.Link{{Text: l.T("enter.back_to_sign_in"), URL: withNext("/sign-in", next(c))}}
	return p.show(c, status, "enter", v)
}

func (p *Pages) forgot(c *gin.Context) error {
	in := api.Forgot{Email: c.PostForm("email")}
	if err := p.ask(c).Forgot(p.context(c), in); err != nil {
		if form, ok := p.formError(c, err); ok {
			return p.showForgot(c, http.StatusUnprocessableEntity, form, in.Email)
		}
		return err
	}
	l := p.locale(c)
	v := p.enterView(c, "", l.T("enter.forgot_done"), view.Form{})
	v.Done = l.T("enter.forgot_done_text", "Email", in.Email)
	v.DoneURL = view.Link{Text: l.T("enter.back_to_sign_in"), URL: "/sign-in"}
	return p.show(c, http.StatusOK, "enter", v)
}

func (p *Pages) showReset(c *gin.Context, status int, form view.Form) error {
	l := p.locale(c)
	v := p.enterView(c, "/reset", l.T("enter.reset"), form)
	v.Lead, v.Button, v.Busy = l.T("enter.reset_lead"), l.T("enter.reset_button"), l.T("enter.reset_busy")
	token := c.PostForm("token")
	if token == "" {
		token = c.Query("token")
	}
	c.Header("Referrer-Policy", "no-referrer")
	v.Hidden = append(v.Hidden, view.Field{Name: "token", Value: token})
	v.Fields = []view.Input{
		{Name: "password", Label: l.T("enter.new_password"), Type: "password", Hint: l.T("enter.password_hint"), Autocomplete: "new-password", Required: true, Autofocus: true, MaxLength: 200, Error: form.Of("password")},
	}
	v.Form = form.For(v.Fields)
	v.Other = []view.Link{{Text: l.T("enter.forgot_again"), URL: "/forgot"}}
	return p.show(c, status, "enter", v)
}

func (p *Pages) reset(c *gin.Context) error {
	if err := p.ask(c).Reset(p.context(c), api.Reset{Token: c.PostForm("token"), Password: c.PostForm("password")}); err != nil {
		if form, ok := p.formError(c, err); ok {
			return p.showReset(c, http.StatusUnprocessableEntity, form)
		}
		return err
	}
	p.Cookies.ClearSession(c.Writer)
	p.say(c, "ok", p.locale(c).T("enter.reset_done"), nil)
	return p.redirect(c, "/sign-in")
}

// showVerify asks for one press: programs that read mails follow links, and must not confirm an address.
func (p *Pages) showVerify(c *gin.Context) error {
	l := p.locale(c)
	v := p.enterView(c, "/verify-email", l.T("enter.verify"), view.Form{})
	v.Lead, v.Button, v.Busy = l.T("enter.verify_lead"), l.T("enter.verify_button"), l.T("enter.verify_busy")
	v.Hidden = append(v.Hidden, view.Field{Name: "token", Value: c.Query("token")})
	c.Header("Referrer-Policy", "no-referrer")
	return p.show(c, http.StatusOK, "enter", v)
}

func (p *Pages) verify(c *gin.Context) error {
	l := p.locale(c)
	if err := p.ask(c).VerifyEmail(p.context(c), api.VerifyEmail{Token: c.PostForm("token")}); err != nil {
		form, ok := p.formError(c, err)
		if !ok {
			return err
		}
		v := p.enterView(c, "", l.T("enter.verify_failed"), form)
		v.Done = l.T("enter.verify_failed_text")
		v.DoneURL = view.Link{Text: l.T("enter.to_settings"), URL: "/settings/account"}
		return p.show(c, http.StatusUnprocessableEntity, "enter", v)
	}
	p.say(c, "ok", l.T("enter.verified"), nil)
	return p.redirect(c, next(c))
}

func (p *Pages) resendVerification(c *gin.Context) error {
	if err := p.ask(c).ResendVerification(p.context(c)); err != nil {
		form, ok := p.formError(c, err)
		if !ok || errs.CodeOf(err) == errs.CodeUnauthenticated {
			return err
		}
		p.say(c, "warn", form.Summary, nil)
		return p.back(c, "/settings/account")
	}
	p.say(c, "ok", p.locale(c).T("enter.resent"), nil)
	return p.back(c, "/settings/account")
}
