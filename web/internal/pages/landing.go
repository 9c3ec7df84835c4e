package pages

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

func (p *Pages) landingPages() {
	p.page("landing", (*view.Landing)(nil))
	p.get("/genres/:slug", func(c *gin.Context) error { return p.showLanding(c, "genre", c.Param("slug")) })
	p.get("/tags/:slug", func(c *gin.Context) error { return p.showLanding(c, "tag", c.Param("slug")) })
	p.get("/free", func(c *gin.Context) error { return p.showLanding(c, "free", "") })
}

func (p *Pages) showLanding(c *gin.Context, kind, slug string) error {
	got, err := p.ask(c).Landing(p.context(c), kind, slug, c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := landingView(l, kind, c.Request.URL.Path, got)
	v.Layout = p.layout(c, v.Heading, "search", got.Frame)
	v.Description = v.Lead
	if len(v.Packs.Cards)+len(v.List.Rows) == 0 {
		v.Start = p.startHere(c)
	}
	return p.show(c, http.StatusOK, "landing", v)
}

func landingView(l *messages.Locale, kind, path string, got api.Landing) *view.Landing {
	count := l.N("count.packs", got.Total)
	v := &view.Landing{
		Kind: kind, Heading: got.Name, Total: got.Total,
		Packs: view.Shelf{Title: l.T("landing.packs"), Cards: view.NewPackCards(l, got.Packs)},
		List:  view.SoundList{Label: l.T("landing.sounds"), Rows: view.NewSoundRows(l, got.Sounds)},
	}
	switch kind {
	case "genre":
		v.Lead, v.SearchURL = l.T("landing.genre_lead", "Count", count, "Name", got.Name), "/search?genre="+url.QueryEscape(got.Slug)
	case "tag":
		v.Lead, v.SearchURL = l.T("landing.tag_lead", "Count", count, "Name", got.Name), "/search?tag="+url.QueryEscape(got.Slug)
	default:
		v.Heading, v.Lead, v.SearchURL = l.T("landing.free_heading"), l.T("landing.free_lead", "Count", count), "/search?price=free"
	}
	if got.Page.Next != "" {
		v.More = path + "?cursor=" + url.QueryEscape(got.Page.Next)
	}
	return v
}
