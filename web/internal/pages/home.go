package pages

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

const (
	shelfCards   = 10 // two rows of five
	popularCards = 8  // two rows of four
	freeLines    = 6
)

func (p *Pages) homePages() {
	p.page("home", (*view.Home)(nil))
	p.get("/", p.showHome)
}

func (p *Pages) showHome(c *gin.Context) error {
	home, err := p.ask(c).Home(p.context(c))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := homeView(l, home)
	v.Layout = p.layout(c, "", "home", home.Frame)
	v.Body = "no-find" // the page has a larger one
	return p.show(c, http.StatusOK, "home", v)
}

func homeView(l *messages.Locale, home api.Home) *view.Home {
	more := func(text, url string) *view.Link { return &view.Link{Text: l.T(text), URL: url} }
	v := &view.Home{
		ForYou:   recommended(l, home, l.T("home.for_you"), "for_you", home.ForYou),
		Rising:   recommended(l, home, l.T("home.rising"), "rising", home.Rising),
		Followed: view.Shelf{Title: l.T("home.followed"), Cards: wholeRows(l, home.Followed, shelfCards), Wide: true},
		New:      view.Shelf{Title: l.T("home.new"), Cards: wholeRows(l, home.New, shelfCards), Wide: true, More: more("home.all_new", "/search?in=packs&sort=newest")},
		Popular:  view.Shelf{Title: l.T("home.popular"), Cards: wholeRows(l, home.Popular, popularCards), More: more("home.all_popular", "/search?in=packs&sort=popular")},
		Free:     view.Shelf{Title: l.T("home.free"), Cards: view.NewPackCards(l, home.Free[:min(len(home.Free), freeLines)]), More: more("home.all_free", "/free")},
	}
	if b := home.Because; b != nil {
		v.Because = recommended(l, home, l.T("home.because", "Title", b.Pack.Title), "because", b.Packs)
	}
	for i, s := range home.Featured[:min(len(home.Featured), 6)] {
		v.Pads = append(v.Pads, view.Pad{Key: i + 1, SoundRow: view.NewSoundRow(l, s)})
	}
	for _, id := range []string{"home.idea_1", "home.idea_2", "home.idea_3", "home.idea_4"} {
		v.Ideas = append(v.Ideas, view.Link{Text: l.T(id), URL: "/search?q=" + url.QueryEscape(l.T(id))})
	}
	for _, g := range home.Genres {
		if g.Packs == 0 {
			continue // nothing to hear there yet
		}
		v.Genres = append(v.Genres, view.GenreLine{Name: g.Name, URL: "/genres/" + url.PathEscape(g.Slug), Packs: int64(g.Packs)})
	}
	if home.Continue != nil && (home.Continue.Crate != nil || len(home.Continue.Drafts) > 0) {
		v.Continue = &view.Continue{}
		if k := home.Continue.Crate; k != nil {
			v.Continue.Crate = &view.CrateLine{Name: k.Name, URL: "/crates/" + k.ID, Count: l.N("count.items", int64(k.Count)), Covers: k.Covers}
		}
		for _, d := range home.Continue.Drafts {
			v.Continue.Drafts = append(v.Continue.Drafts, view.DraftLine{
				Title: d.Title, URL: "/studio/packs/" + d.ID, State: l.T("state." + d.State), CoverKey: d.CoverKey,
			})
		}
	}
	return v
}

// startHere is something to hear where a page has nothing; without it the page still says what it has to.
func (p *Pages) startHere(c *gin.Context) view.Shelf {
	l := p.locale(c)
	home, err := p.ask(c).Home(p.context(c))
	if err != nil {
		p.Log.WarnContext(c, "no shelf for an empty page", "error", err)
	}
	return view.Shelf{Title: l.T("search.listen_instead"), Cards: wholeRows(l, home.Popular, shelfCards), Wide: true}
}

// wholeRows shows at most two rows of packs, and no second one with holes in it.
func wholeRows(l *messages.Locale, packs []api.PackCard, most int) []view.PackCard {
	return view.NewPackCards(l, inRows(packs, most))
}

func inRows(packs []api.PackCard, most int) []api.PackCard {
	row := most / 2
	switch {
	case len(packs) >= most:
		return packs[:most]
	case len(packs) > row:
		return packs[:row]
	}
	return packs
}

// recommended is a shelf of the front page whose cards say why they are there.
func recommended(l *messages.Locale, home api.Home, title, from string, packs []api.PackCard) view.Shelf {
	return view.Recommended(l, title, from, inRows(packs, shelfCards), home.Viewer != nil)
}
