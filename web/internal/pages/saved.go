package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

// savedPages are the searches that people keep, and the page behind the links of their mails.
func (p *Pages) savedPages() {
	p.page("saved", (*view.SavedSearches)(nil))
	p.page("saved_found", (*view.SavedFound)(nil))
	p.page("saved_add", (*view.SaveSearch)(nil))
	p.page("saved_stop", (*view.SavedMail)(nil))
	p.get("/saved", func(c *gin.Context) error { return p.showSaved(c, http.StatusOK, view.Form{}, "", api.SavedChange{}) })
	p.get("/saved/add", func(c *gin.Context) error {
		return p.showSaveSearch(c, http.StatusOK, view.Form{}, c.Query("query"), c.Query("name"), "")
	})
	p.post("/saved/add", p.saveSearch)
	p.get("/saved/stop", p.showStopMails)
	p.post("/saved/stop", p.stopMails)
	p.get("/saved/:id", p.showSavedFound)
	p.post("/saved/:id", p.changeSaved)
	p.post("/saved/:id/delete", p.deleteSaved)
	p.post("/saved/:id/restore", p.restoreSaved)
}

const maxSavedName = 80 // characters

// saveLink leads from a search to the form that keeps it, nil when there is nothing to keep.
func saveLink(l *messages.Locale, query url.Values, kind string, got api.Search) *view.Link {
	var name []string
	if got.Words != "" {
		name = append(name, got.Words)
	}
	for _, chip := range got.Chips {
		if chip.Facet == "like" {
			return nil // what is near to a sound depends on all others
		}
		text := chipText(l, chip)
		if chip.Not {
			text = l.T("search.not", "Name", text)
		}
		name = append(name, text)
	}
	if len(name) == 0 || kind == "producers" {
		return nil
	}
	text := strings.Join(name, ", ")
	if runes := []rune(text); len(runes) > maxSavedName {
		text = string(runes[:maxSavedName])
	}
	return &view.Link{Text: l.T("saved.save"), URL: "/saved/add?" + url.Values{"query": {without(query, "cursor").Encode()}, "name": {text}}.Encode()}
}

func (p *Pages) savedForm(c *gin.Context, err error) (view.Form, bool) {
	if errs.CodeOf(err) == errs.CodeUnauthenticated {
		return view.Form{}, false
	}
	return p.formError(c, err)
}

// showSaveSearch is a page of its own, and the content of the dialog that scripts open.
func (p *Pages) showSaveSearch(c *gin.Context, status int, form view.Form, query, name, mail string) error {
	frame, err := p.ask(c).Frame(p.context(c))
	if err != nil {
		return err
	}
	if frame.Viewer == nil {
		return errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first.")
	}
	l := p.locale(c)
	v := &view.SaveSearch{
		Layout: p.layout(c, l.T("saved.save"), "search", frame), Form: form, ID: "new", Query: query, Next: "/search?" + query, Mails: view.MailOptions(l, mail), Once: p.once(),
		Name: view.Input{Name: "name", Label: l.T("saved.name"), Value: name, Required: true, MaxLength: maxSavedName, Autocomplete: "off", Error: form.Of("name")},
	}
	v.NoIndex = true
	return p.show(c, status, "saved_add", v)
}

func (p *Pages) saveSearch(c *gin.Context) error {
	query, name, mail := c.PostForm("query"), c.PostForm("name"), c.PostForm("mail")
	l := p.locale(c)
	_, err := p.ask(c).Once(onceFor(c, name+"\n"+mail)).SaveSearch(p.context(c), api.SaveSearch{Name: name, Query: query, Mail: mail})
	if err != nil {
		if form, ok := p.savedForm(c, err); ok && !wantsJSON(c) {
			return p.showSaveSearch(c, http.StatusUnprocessableEntity, form, query, name, mail)
		}
		return err
	}
	return p.finish(c, done{Text: l.T("saved.saved", "Name", strings.TrimSpace(name))}, nil)
}

// showSaved lists all; form is about the search with an id, which keeps what was typed.
func (p *Pages) showSaved(c *gin.Context, status int, form view.Form, id string, typed api.SavedChange) error {
	found, err := p.ask(c).SavedSearches(p.context(c))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.SavedSearches{Layout: p.layout(c, l.T("saved.title"), "saved", found.Frame), Form: form}
	v.NoIndex = true
	for _, s := range found.Searches {
		one := view.NewSavedSearch(l, s, p.Now())
		if s.ID == id {
			one.Open, one.Named.Error = true, form.Of("name")
			if typed.Name != nil {
				one.Named.Value = *typed.Name
			}
			if typed.Mail != nil {
				one.Mails = view.MailOptions(l, *typed.Mail)
			}
		}
		v.Searches = append(v.Searches, one)
	}
	return p.show(c, status, "saved", v)
}

// showSavedFound shows what a search finds. Who sees what is new has seen it: but not a browser that only fetches ahead.
func (p *Pages) showSavedFound(c *gin.Context) error {
	id, cursor := c.Param("id"), c.Query("cursor")
	ask := p.ask(c)
	found, err := ask.SavedSearch(p.context(c), id, cursor)
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.SavedFound{
		Layout: p.layout(c, found.Saved.Name, "saved", found.Frame), Search: view.NewSavedSearch(l, found.Saved, p.Now()), Degraded: found.Degraded,
		Empty: len(found.Sounds)+len(found.Packs) == 0 && !found.Degraded,
	}
	v.NoIndex = true
	if found.Saved.Query != "" {
		v.SearchIn = "/search?" + found.Saved.Query + "&sort=newest"
	}
	more := ""
	if found.Page.Next != "" {
		more = v.Search.URL + "?cursor=" + url.QueryEscape(found.Page.Next)
	}
	isNew := func(id string) bool { return slices.Contains(found.NewIDs, id) }
	if found.Saved.Kind == "packs" {
		v.Packs, v.More = view.NewPackCards(l, found.Packs), more
		for i := range v.Packs {
			v.Packs[i].New = isNew(v.Packs[i].ID)
		}
	} else {
		v.Sounds = view.SoundList{Label: found.Saved.Name, Rows: view.NewSoundRows(l, found.Sounds), Ask: l.T("search.more"), More: more}
		v.Sounds.Shown = l.T("search.shown", "Shown", l.Number(int64(len(found.Sounds))), "Total", l.Number(found.Total))
		for i := range v.Sounds.Rows {
			v.Sounds.Rows[i].New = isNew(v.Sounds.Rows[i].ID)
		}
	}
	if err := p.show(c, http.StatusOK, "saved_found", v); err != nil {
		return err
	}
	if cursor == "" && found.Saved.New > 0 && c.Request.Method == http.MethodGet && !prefetch(c.Request) {
		if err := ask.SeenSavedSearch(p.context(c), id, api.SavedSeen{Until: found.ReadAt}); err != nil {
			p.Log.WarnContext(c, "saved search not marked as seen", "error", err) // it is new once more, which is no harm
		}
	}
	return nil
}

func (p *Pages) changeSaved(c *gin.Context) error {
	name, mail := c.PostForm("name"), c.PostForm("mail")
	change := api.SavedChange{Name: &name, Mail: &mail}
	if _, err := p.ask(c).ChangeSavedSearch(p.context(c), c.Param("id"), c.PostForm("etag"), change); err != nil {
		if form, ok := p.savedForm(c, err); ok {
			return p.showSaved(c, http.StatusUnprocessableEntity, form, c.Param("id"), change)
		}
		return err
	}
	p.say(c, "ok", p.locale(c).T("settings.saved"), nil)
	return p.redirect(c, "/saved")
}

func (p *Pages) deleteSaved(c *gin.Context) error {
	if err := p.ask(c).DeleteSavedSearch(p.context(c), c.Param("id")); err != nil {
		return err
	}
	l := p.locale(c)
	p.say(c, "ok", l.T("saved.deleted"), &session.Undo{Action: "/saved/" + c.Param("id") + "/restore", Label: l.T("undo")})
	return p.redirect(c, "/saved")
}

func (p *Pages) restoreSaved(c *gin.Context) error {
	restored, err := p.ask(c).RestoreSavedSearch(p.context(c), c.Param("id"))
	if err != nil {
		if form, ok := p.savedForm(c, err); ok && !wantsJSON(c) {
			return p.showSaved(c, http.StatusUnprocessableEntity, form, "", api.SavedChange{})
		}
		return err
	}
	l := p.locale(c)
	c.Header("Cache-Control", "no-store")
	if wantsJSON(c) {
		c.JSON(http.StatusOK, done{Text: l.T("saved.restored", "Name", restored.Name)})
		return nil
	}
	p.say(c, "ok", l.T("saved.restored", "Name", restored.Name), nil)
	return p.redirect(c, "/saved")
}

func (p *Pages) showStopMails(c *gin.Context) error {
	token := c.Query("token")
	link, err := p.ask(c).SavedMail(p.context(c), token)
	if err != nil {
		return err
	}
	if !link.On {
		token = ""
	}
	return p.stopPage(c, link, token)
}

// stopMails takes a press on the page, and the one POST of a mailbox (RFC 8058), which brings no cookies and follows no redirect.
func (p *Pages) stopMails(c *gin.Context) error {
	link, err := p.ask(c).StopSavedMail(p.context(c), c.Query("token"))
	if err != nil {
		return err
	}
	return p.stopPage(c, link, "")
}

func (p *Pages) stopPage(c *gin.Context, link api.SavedMail, token string) error {
	frame, err := p.ask(c).Frame(p.context(c))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.SavedMail{Layout: p.layout(c, l.T("saved.stop"), "", frame), Token: token, Heading: l.T("saved.stop")}
	v.NoIndex, v.Canonical = true, ""
	c.Header("Cache-Control", "private, no-store")
	c.Header("Referrer-Policy", "no-referrer") // the address is a key
	switch {
	case token == "":
		v.Heading, v.Text = l.T("saved.stopped"), l.T("saved.stopped_text")
	case link.Daily:
		v.Text = l.T("saved.stop_daily")
	default:
		v.Text = l.T("saved.stop_search", "Name", link.Name)
	}
	return p.show(c, http.StatusOK, "saved_stop", v)
}
