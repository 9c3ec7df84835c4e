package pages

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// studioPages are the producer's packs.
func (p *Pages) studioPages() {
	p.page("studio", (*view.Studio)(nil))
	p.get("/studio", func(c *gin.Context) error { return p.showStudio(c, http.StatusOK, view.Form{}, "") })
	p.post("/studio/packs", p.createPack)
}

func (p *Pages) showStudio(c *gin.Context, status int, form view.Form, typed string) error {
	found, err := p.ask(c).Studio(p.context(c), c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Studio{
		Layout: p.layout(c, l.T("layout.studio"), "studio", found.Frame), Form: form, First: len(found.Packs) == 0 && c.Query("cursor") == "", Once: p.once(),
		Today: l.Amount(found.Today.Earned.Amount, orDefault(found.Today.Earned.Currency, "EUR")),
		Month: l.Amount(found.Month.Earned.Amount, orDefault(found.Month.Earned.Currency, "EUR")),
		Name:  view.Input{Name: "title", Label: l.T("studio.new_title"), Value: typed, Required: true, MaxLength: 120, Autocomplete: "off", Error: form.Of("title")},
	}
	v.Full, v.NoIndex = true, true
	if found.Viewer != nil {
		v.Handle = found.Viewer.Handle
	}
	if found.Listeners > 0 {
		v.Heard = l.N("studio.heard", found.Listeners)
	}
	for _, pack := range found.Packs {
		v.Packs = append(v.Packs, studioPack(l, pack))
	}
	for _, n := range found.Needs {
		way := view.Way{Count: l.Number(int64(n.Count)), Text: l.N("studio.need_"+n.Kind, int64(n.Count), "Title", n.Title), URL: "/studio/packs/" + n.PackID}
		if n.Kind == "email_unverified" {
			way.URL = "/settings/account"
		}
		v.Needs = append(v.Needs, way)
	}
	if found.Page.Next != "" {
		v.More = "/studio?cursor=" + url.QueryEscape(found.Page.Next)
	}
	return p.show(c, status, "studio", v)
}

func studioPack(l *messages.Locale, pack api.StudioPack) view.StudioPack {
	out := view.StudioPack{
		Title: pack.Title, URL: "/studio/packs/" + pack.ID, Cover: pack.CoverKey, Sounds: l.N("count.sounds", int64(pack.Sounds)),
		Sold: l.T("studio.sold", "Today", l.Number(pack.SoldToday), "Month", l.Number(pack.SoldMonth)), Updated: l.Date(pack.UpdatedAt),
	}
	if !pack.Listed && pack.SoldMonth == 0 {
		out.Sold = "–"
	}
	out.State, out.Kind = packState(l, pack)
	return out
}

// packState is the state in words, and how it is marked.
func packState(l *messages.Locale, pack api.StudioPack) (text, kind string) {
	switch {
	case pack.State == "live" && pack.Unpublished:
		return l.T("studio.live_unpublished"), "warn"
	case pack.State == "publishing":
		return l.T("studio.state_publishing"), ""
	}
	kinds := map[string]string{"live": "ok", "ready": "ok", "taken_down": "danger"}
	return l.T("state." + pack.State), kinds[pack.State]
}

func (p *Pages) createPack(c *gin.Context) error {
	title := c.PostForm("title")
	made, err := p.ask(c).Once(onceFor(c, title)).CreatePack(p.context(c), api.NewPack{Title: title})
	if err != nil {
		if form, ok := p.formError(c, err); ok && errs.CodeOf(err) != errs.CodeUnauthenticated {
			return p.showStudio(c, http.StatusUnprocessableEntity, form, title)
		}
		return err
	}
	return p.redirect(c, "/studio/packs/"+made.Pack.ID)
}
