package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/view"
)

// settingsPages are the pages of one's own account.
func (p *Pages) settingsPages() {
	p.page("settings", (*view.Settings)(nil))
	p.get("/settings", p.settings("profile"))
	p.get("/settings/account", p.settings("account"))
	p.get("/settings/sessions", p.settings("sessions"))
	p.get("/settings/privacy", p.settings("privacy"))
	p.get("/settings/tokens", p.settings("tokens"))
	p.post("/settings", p.changeProfile)
	p.post("/settings/switches", p.changeSwitches)
	p.post("/settings/email", p.changeEmail)
	p.post("/settings/password", p.changePassword)
	p.post("/settings/sessions/end", p.endSession)
	p.post("/settings/history/wipe", p.wipeHistory)
	p.post("/settings/tokens", p.createToken)
	p.post("/settings/tokens/revoke", p.revokeToken)
}

var settingsParts = []string{"profile", "account", "sessions", "privacy", "tokens"}

func (p *Pages) settings(part string) func(*gin.Context) error {
	return func(c *gin.Context) error {
		return p.showSettings(c, http.StatusOK, part, view.Form{}, nil)
	}
}

// showSettings renders one part; typed values win over kept ones, so that nothing a person typed is lost.
func (p *Pages) showSettings(c *gin.Context, status int, part string, form view.Form, typed map[string]string) error {
	a, err := p.ask(c).Account(p.context(c))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Settings{
		Layout: p.layout(c, l.T("settings."+part), "settings", a.Frame), Form: form, Part: part, ETag: a.ETag,
		Avatar: a.Profile.AvatarKey, Banner: a.Profile.BannerKey, Initials: view.Initials(a.Profile.Name),
	}
	v.NoIndex = true
	if a.Viewer != nil {
		v.Email, v.Verified = a.Viewer.Email, a.Viewer.EmailVerified
	}
	for _, name := range settingsParts {
		path := "/settings"
		if name != "profile" {
			path += "/" + name
		}
		v.Parts = append(v.Parts, view.Tab{Text: l.T("settings." + name), URL: path, Current: name == part})
	}
	value := func(name, kept string) string {
		if v, ok := typed[name]; ok {
			return v
		}
		return kept
	}
	switch part {
	case "profile":
		v.Fields = []view.Input{
			{Name: "name", Label: l.T("enter.name"), Value: value("name", a.Profile.Name), Required: true, MaxLength: 60, Autocomplete: "name", Error: form.Of("name")},
			{Name: "handle", Label: l.T("enter.handle"), Value: value("handle", a.Profile.Handle), Hint: l.T("settings.handle_hint"), Required: true, MaxLength: 30, Error: form.Of("handle")},
			{Name: "bio", Label: l.T("settings.bio"), Value: value("bio", a.Profile.Bio), Rows: 5, MaxLength: 1000, Error: form.Of("bio")},
			{Name: "links", Label: l.T("settings.links"), Value: value("links", strings.Join(a.Profile.Links, "\n")), Hint: l.T("settings.links_hint"), Rows: 3, Error: form.Of("links")},
		}
	case "account":
		v.Fields = []view.Input{
			{Name: "email", Label: l.T("settings.new_email"), Type: "email", Value: value("email", ""), Required: true, MaxLength: 254, Autocomplete: "email", Error: form.Of("email")},
			{Name: "password", Label: l.T("settings.password_now"), Type: "password", Required: true, MaxLength: 200, Autocomplete: "current-password", Error: form.Of("password")},
			{Name: "current", Label: l.T("settings.password_now"), Type: "password", Required: true, MaxLength: 200, Autocomplete: "current-password", Error: form.Of("current")},
			{Name: "new", Label: l.T("enter.new_password"), Type: "password", Hint: l.T("enter.password_hint"), Required: true, MaxLength: 200, Autocomplete: "new-password", Error: form.Of("new")},
		}
	case "privacy":
		if a.Viewer != nil {
			s := a.Viewer.Settings
			v.Switches = []view.Switch{
				{Name: "personalise", Text: l.T("settings.personalise"), Hint: l.T("settings.personalise_hint"), On: s.Personalise},
				{Name: "follower_mails", Text: l.T("settings.follower_mails"), Hint: l.T("settings.follower_mails_hint"), On: s.FollowerMails},
				{Name: "single_keys", Text: l.T("settings.single_keys"), Hint: l.T("settings.single_keys_hint"), On: s.SingleKeys},
				{Name: "level_matching", Text: l.T("settings.level_matching"), Hint: l.T("settings.level_matching_hint"), On: s.LevelMatching},
			}
		}
	}
	if part == "privacy" {
		mutes, err := p.ask(c).Mutes(p.context(c))
		if err != nil {
			return err
		}
		for _, m := range mutes.Mutes {
			v.Mutes = append(v.Mutes, view.NewMute(l, m))
		}
	}
	for _, one := range a.Sessions {
		v.Sessions = append(v.Sessions, view.NewSessionLine(l, one))
		if !one.Current {
			v.Others++
		}
	}
	p.fillTokens(v, a.Tokens, typed)
	v.Form = form.For(v.Fields)
	return p.show(c, status, "settings", v)
}

func (p *Pages) fillTokens(v *view.Settings, tokens []api.TokenInfo, typed map[string]string) {
	l := v.L
	for _, t := range tokens {
		line := view.TokenLine{ID: t.ID, Name: t.Name, Prefix: t.Prefix, Scopes: strings.Join(t.Scopes, ", "), Used: l.T("settings.never"), Expires: l.T("settings.never")}
		if t.UsedAt != nil {
			line.Used = l.Date(*t.UsedAt)
		}
		if t.ExpiresAt != nil {
			line.Expires = l.Date(*t.ExpiresAt)
		}
		v.Tokens = append(v.Tokens, line)
	}
	v.NewSecret = typed["secret"]
	scopes := []string{"read", "library", "studio"}
	if v.Viewer != nil && v.Viewer.Admin {
		scopes = append(scopes, "admin")
	}
	for _, scope := range scopes {
		v.Scopes = append(v.Scopes, view.Option{Name: "scope", Value: scope, Text: l.T("settings.scope_" + scope), Selected: scope == "read"})
	}
	for _, days := range []string{"30", "90", "365", "0"} {
		v.Days = append(v.Days, view.Option{Name: "days", Value: days, Text: l.T("settings.days_" + days), Selected: days == "90"})
	}
}

// settled answers a form of the settings: said and back, or shown again with what is wrong.
func (p *Pages) settled(c *gin.Context, part, said string, err error, typed map[string]string) error {
	if err != nil {
		if form, ok := p.formError(c, err); ok && errs.CodeOf(err) != errs.CodeUnauthenticated {
			return p.showSettings(c, http.StatusUnprocessableEntity, part, form, typed)
		}
		return err
	}
	p.say(c, "ok", p.locale(c).T(said), nil)
	path := "/settings"
	if part != "profile" {
		path += "/" + part
	}
	return p.redirect(c, path)
}

func (p *Pages) changeProfile(c *gin.Context) error {
	name, handle, bio := c.PostForm("name"), c.PostForm("handle"), c.PostForm("bio")
	links := slices.DeleteFunc(strings.Fields(c.PostForm("links")), func(s string) bool { return s == "" })
	_, err := p.ask(c).ChangeProfile(p.context(c), c.PostForm("etag"), api.ProfileChange{Name: &name, Handle: &handle, Bio: &bio, Links: &links})
	return p.settled(c, "profile", "settings.saved", err, map[string]string{
		"name": name, "handle": handle, "bio": bio, "links": c.PostForm("links"),
	})
}

func (p *Pages) changeSwitches(c *gin.Context) error {
	on := func(name string) *bool {
		value := c.PostForm(name) == "on"
		return &value
	}
	_, err := p.ask(c).ChangeSettings(p.context(c), api.SettingsChange{
		Personalise: on("personalise"), FollowerMails: on("follower_mails"), SingleKeys: on("single_keys"), LevelMatching: on("level_matching"),
	})
	return p.settled(c, "privacy", "settings.saved", err, nil)
}

func (p *Pages) changeEmail(c *gin.Context) error {
	in := api.EmailChange{Email: c.PostForm("email"), Password: c.PostForm("password")}
	return p.settled(c, "account", "settings.email_sent", p.ask(c).ChangeEmail(p.context(c), in), map[string]string{"email": in.Email})
}

func (p *Pages) changePassword(c *gin.Context) error {
	in := api.PasswordChange{Current: c.PostForm("current"), New: c.PostForm("new")}
	return p.settled(c, "account", "settings.password_changed", p.ask(c).ChangePassword(p.context(c), in), nil)
}

func (p *Pages) endSession(c *gin.Context) error {
	var err error
	if id := c.PostForm("id"); id != "" {
		err = p.ask(c).EndSession(p.context(c), id)
	} else {
		err = p.ask(c).EndOtherSessions(p.context(c))
	}
	return p.settled(c, "sessions", "settings.session_ended", err, nil)
}

func (p *Pages) wipeHistory(c *gin.Context) error {
	return p.settled(c, "privacy", "settings.history_wiped", p.ask(c).WipeHistory(p.context(c)), nil)
}

// createToken shows the secret in the answer itself: it is never kept, not even in a cookie.
func (p *Pages) createToken(c *gin.Context) error {
	days, err := strconv.Atoi(c.DefaultPostForm("days", "90"))
	if err != nil {
		days = 90
	}
	made, err := p.ask(c).CreateToken(p.context(c), api.TokenRequest{Name: c.PostForm("name"), Scopes: c.PostFormArray("scope"), Days: days})
	if err != nil {
		return p.settled(c, "tokens", "", err, nil)
	}
	c.Header("Cache-Control", "no-store")
	return p.showSettings(c, http.StatusOK, "tokens", view.Form{}, map[string]string{"secret": made.Secret})
}

func (p *Pages) revokeToken(c *gin.Context) error {
	return p.settled(c, "tokens", "settings.token_revoked", p.ask(c).RevokeToken(p.context(c), c.PostForm("id")), nil)
}
