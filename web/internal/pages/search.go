package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// facetParams may repeat, and with not_ before them leave something out.
var facetParams = []string{"type", "key", "instrument", "genre", "tag", "producer", "format", "licence"}

// searchParams are the parameters of a search address; others are not passed on.
var searchParams = slices.Concat([]string{
	"in", "q", "key_fits", "tempo_min", "tempo_max", "half_double", "price", "price_min", "price_max", "length_min", "length_max",
	"pack", "like", "ai", "group", "sort", "near", "not", "cursor",
}, facetParams, exclusions())

func exclusions() []string {
	out := make([]string, len(facetParams))
	for i, name := range facetParams {
		out[i] = "not_" + name
	}
	return out
}

const sortNear = "near_tempo"

var (
	soundSorts = []string{"relevance", "popular", "bought", "newest", "price", "-price", "tempo", "-tempo", sortNear, "length", "-length", "name"}
	packSorts  = []string{"relevance", "popular", "bought", "newest", "price", "-price", "name"}
)

func (p *Pages) searchPages() {
	p.page("search", (*view.Search)(nil))
	p.get("/search", p.showSearch)
}

func (p *Pages) showSearch(c *gin.Context) error {
	query := searchQuery(c.Request.URL.Query())
	got, err := p.ask(c).Search(p.context(c), query)
	if err != nil {
		return err
	}
	v := searchView(p.locale(c), got, query)
	v.Layout = p.layout(c, v.Heading, "search", got.Frame)
	v.Words = got.Box
	v.Body = "has-find"
	v.NoIndex = len(query) > 0
	if v.Down {
		c.Header("Retry-After", "30")
		v.Again = c.Request.URL.RequestURI()
		return p.show(c, http.StatusServiceUnavailable, "search", v)
	}
	if v.Empty != nil && len(v.Empty.Rows)+len(v.Empty.Shelf.Cards) == 0 {
		v.Empty.Shelf = p.startHere(c)
	}
	return p.show(c, http.StatusOK, "search", v)
}

// searchQuery keeps what a search knows and drops empty values, which forms send.
func searchQuery(in url.Values) url.Values {
	out := url.Values{}
	for _, name := range searchParams {
		for _, v := range in[name] {
			if v = strings.TrimSpace(v); v != "" && !slices.Contains(out[name], v) {
				out.Add(name, v)
			}
		}
	}
	return out
}

// searchView shows what was found. All its links and forms are made from the query as it was understood.
func searchView(l *messages.Locale, got api.Search, asked url.Values) *view.Search {
	query, err := url.ParseQuery(got.Canonical)
	if err != nil {
		query = url.Values{}
	}
	kind := got.Kind
	if kind != "packs" && kind != "producers" {
		kind = "sounds"
	}
	v := &view.Search{
		Text: got.Words, Language: got.Language, Kind: kind, Heading: l.T("search.title"), Stale: got.Stale, Behind: got.Behind, Down: got.Degraded, Typos: got.Typos,
		ClearURL: address(keep(query, "in", "q")), Grouped: got.Filters.ByPack,
	}
	if got.Words != "" {
		v.Heading = l.T("search.heading", "Words", got.Words)
	}
	mistakes(l, v, got, query)
	totals := map[string]int64{"sounds": got.Totals.Sounds, "packs": got.Totals.Packs, "producers": got.Totals.Producers}
	v.Total = totals[kind]
	v.ShowText = l.N("search.show_"+kind, v.Total)
	for _, k := range []string{"sounds", "packs", "producers"} {
		if got.Filters.Like != "" && k != "sounds" {
			continue
		}
		to := with(without(query, "sort", "near", "group", "in"), "in", k)
		if k == "sounds" {
			to.Del("in")
		}
		v.Tabs = append(v.Tabs, view.Tab{Text: l.T("search." + k), Count: l.Number(totals[k]), URL: address(to), Current: k == kind})
	}
	for _, chip := range got.Chips {
		text := chipText(l, chip)
		if chip.Not {
			text = l.T("search.not", "Name", text)
		}
		v.Chips = append(v.Chips, view.Chip{Text: text, URL: "/search?" + chip.Without, Not: chip.Not})
	}
	v.Sorts, v.Near = sorts(l, kind, got, asked)
	v.Filters = filters(l, query, got)
	v.Save = saveLink(l, query, kind, got)
	v.Keep, v.Hidden = carried(query, v.Filters)
	if kind == "sounds" && got.Filters.Like == "" {
		v.ByPack = view.Link{Text: l.T("search.by_pack"), URL: address(with(query, "group", "pack"))}
		if v.Grouped {
			v.ByPack = view.Link{Text: l.T("search.by_sound"), URL: address(without(query, "group"))}
		}
	}
	if c := got.DidYouMean; c != nil {
		v.Meant = &view.Way{Count: l.N("count."+kind, c.Count), Text: c.Words, URL: "/search?" + c.Params}
	}
	found(l, v, got, query)
	if len(got.Sounds)+len(got.Groups)+len(got.Packs)+len(got.Producers) == 0 || v.Total == 0 && !asked.Has("cursor") {
		v.Empty = noResults(l, kind, got)
	}
	return v
}

// found shows the results themselves.
func found(l *messages.Locale, v *view.Search, got api.Search, query url.Values) {
	if got.Page.Next != "" {
		v.More = address(with(query, "cursor", got.Page.Next))
	}
	switch {
	case v.Kind == "packs":
		v.Packs = view.NewPackCards(l, got.Packs)
	case v.Kind == "producers":
		for _, card := range got.Producers {
			v.Producers = append(v.Producers, view.NewProducerCard(l, card))
		}
	case v.Grouped:
		for _, g := range got.Groups {
			group := view.SoundGroup{
				Pack: view.Link{Text: g.Pack.Title, URL: "/packs/" + g.Pack.Slug}, Maker: view.Link{Text: g.Pack.Producer.Name, URL: "/@" + g.Pack.Producer.Handle},
				CoverKey: g.Pack.CoverKey, Count: l.N("search.of_pack", g.Count), Rows: view.NewSoundRows(l, g.Sounds),
			}
			for i := range group.Rows {
				group.Rows[i].Bare = true
			}
			if g.Count > int64(len(g.Sounds)) {
				group.All = &view.Link{Text: l.N("search.all_of_pack", g.Count), URL: address(with(without(query, "group"), "pack", g.Pack.ID))}
			}
			v.Groups = append(v.Groups, group)
		}
		v.Shown = l.N("search.in_packs", got.GroupsTotal, "Sounds", l.N("count.sounds", v.Total))
	default:
		v.Sounds = view.SoundList{Label: l.T("search.sounds"), Rows: view.NewSoundRows(l, got.Sounds), Ask: l.T("search.more"), More: v.More}
		v.Sounds.Shown = l.T("search.shown", "Shown", l.Number(int64(len(got.Sounds))), "Total", l.Number(v.Total))
		v.More = ""
	}
}

// mistakes marks what could not be read in what was typed, and says what to write instead.
func mistakes(l *messages.Locale, v *view.Search, got api.Search, query url.Values) {
	text := []rune(got.Typed)
	at := 0
	for _, p := range got.Problems {
		m := view.Mistake{Text: problemText(l, p), Hint: p.Hint}
		if p.From >= at && p.To > p.From && p.To <= len(text) {
			m.Number = len(v.Mistakes) + 1
			v.Echo = append(v.Echo, view.Echo{Text: string(text[at:p.From])}, view.Echo{Text: string(text[p.From:p.To]), Number: m.Number, Hint: p.Hint})
			at = p.To
		}
		if p.Field == "near" && m.Number == 0 {
			continue // said at its field
		}
		v.Mistakes = append(v.Mistakes, m)
	}
	if len(v.Echo) > 0 {
		v.Echo = append(v.Echo, view.Echo{Text: string(text[at:])})
	}
	if got.Box != got.Words {
		rest := without(query, "q")
		if got.Words != "" {
			rest.Set("q", got.Words)
		}
		v.Forget = address(rest)
	}
}

// problemText says what to write instead in the reader's language, else as the service does.
func problemText(l *messages.Locale, p api.QueryProblem) string {
	detail := strings.TrimSuffix(p.Detail, ".")
	if first := []rune(detail); len(first) > 0 && !strings.Contains(strings.SplitN(detail, " ", 2)[0], ":") {
		detail = strings.ToUpper(string(first[0])) + string(first[1:])
	}
	return l.Or("search.wrong_"+p.Reason, detail)
}

// sorts are the orders, and the field that one of them needs.
func sorts(l *messages.Locale, kind string, got api.Search, asked url.Values) (list []view.Option, near *view.Near) {
	names := soundSorts
	if kind != "sounds" {
		names = packSorts
	}
	matched := got.Words != "" || got.Filters.Like != ""
	wanted := got.Sort
	if asked.Get("sort") == sortNear && kind == "sounds" || got.Sort == sortNear {
		wanted, near = sortNear, &view.Near{}
		if got.Filters.NearTempo > 0 {
			near.Value = l.Tempo(got.Filters.NearTempo, false)
		} else {
			near.Error = l.T("search.near_missing")
		}
	}
	for _, s := range names {
		o := view.Option{Value: s, Text: l.T("search.sort_" + s), Selected: s == wanted}
		switch {
		case s == "relevance" && !matched:
			continue // nothing to match
		case s == "relevance", s == "popular" && !matched:
			o.Value = "" // the default needs no words in the address
		}
		list = append(list, o)
	}
	return list, near
}

// noResults says what would be found; the rows that came along are near ones.
func noResults(l *messages.Locale, kind string, got api.Search) *view.NoResults {
	e := &view.NoResults{
		Heading: l.T("none." + kind + "_bare"), Nearest: l.T("search.nearest"), Rows: view.NewSoundRows(l, got.Sounds),
		Shelf: view.Shelf{Title: l.T("search.listen_instead"), Cards: view.NewPackCards(l, got.Packs), Wide: true},
	}
	if got.Words != "" {
		e.Heading = l.T("none."+kind, "Words", got.Words)
	}
	ways := slices.Clone(got.Loosen)
	slices.SortStableFunc(ways, func(a, b api.Loosening) int { return cmp.Compare(a.Count, b.Count) }) // the nearest first
	for _, way := range ways {
		id := "none.without_" + way.Drop
		if way.Drop == "words" && way.Value != "" {
			id = "none.without_word"
		}
		if !l.Has(id) {
			id = "none.without_filters"
		}
		e.Ways = append(e.Ways, view.Way{Count: l.Number(way.Count), Text: l.T(id, "Word", strings.Replace(way.Value, "-", "–", 1)), URL: "/search?" + way.Params})
	}
	return e
}

func keep(v url.Values, names ...string) url.Values {
	out := url.Values{}
	for _, n := range names {
		if len(v[n]) > 0 {
			out[n] = v[n]
		}
	}
	return out
}

func without(v url.Values, names ...string) url.Values {
	out := url.Values{}
	for n, values := range v {
		if !slices.Contains(names, n) {
			out[n] = values
		}
	}
	return out
}

func with(v url.Values, name, value string) url.Values {
	out := without(v, name)
	out.Set(name, value)
	return out
}

func address(v url.Values) string {
	if len(v) == 0 {
		return "/search"
	}
	return "/search?" + v.Encode()
}
