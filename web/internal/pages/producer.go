package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

func (p *Pages) producerPages() {
	p.page("producer", (*view.Producer)(nil))
	p.get("/:at", p.showProducer) // /@handle; a static route always wins over it
}

func (p *Pages) showProducer(c *gin.Context) error {
	handle, ok := strings.CutPrefix(c.Param("at"), "@")
	if !ok || handle == "" {
		return errs.NotFound("page")
	}
	got, err := p.ask(c).Producer(p.context(c), handle, c.Query("cursor"))
	if err != nil {
		return err
	}
	if got.Moved != "" {
		c.Redirect(http.StatusMovedPermanently, "/@"+url.PathEscape(got.Moved))
		return nil
	}
	l := p.locale(c)
	v := producerView(l, got)
	v.Layout = p.layout(c, l.T("title.producer", "Name", got.Card.Name, "Handle", got.Card.Handle), "search", got.Frame)
	v.Description = excerpt(got.Bio)
	v.Picture = p.picture(got.Card.AvatarKey)
	return p.show(c, http.StatusOK, "producer", v)
}

func producerView(l *messages.Locale, got api.Producer) *view.Producer {
	v := &view.Producer{
		Card: view.NewProducerCard(l, got.Card), BannerKey: got.BannerKey, Bio: view.Paragraphs(got.Bio),
		Packs:  view.Shelf{Cards: view.NewPackCards(l, got.Packs)},
		Played: view.SoundList{Label: l.T("producer.played"), Rows: view.NewSoundRows(l, got.MostPlayed)},
	}
	for _, link := range got.Links {
		if u, err := url.Parse(link); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			v.Links = append(v.Links, view.Link{Text: strings.TrimPrefix(u.Host, "www.") + strings.TrimSuffix(u.Path, "/"), URL: u.String()})
		}
	}
	if got.Page.Next != "" {
		v.Next = "/@" + url.PathEscape(got.Card.Handle) + "?cursor=" + url.QueryEscape(got.Page.Next)
	}
	return v
}
