package pages

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

const (
	facetLines = 5  // shown before "more"
	histHeight = 44 // units
	histPitch  = 8  // units from bar to bar
)

// searchParams are the parameters of a search address; others are not passed on.
var searchParams = []string{
	"in", "q", "type", "genre", "instrument", "tag", "key", "tonic", "mode", "fits", "tempo_min", "tempo_max",
	"half_double", "price", "price_min", "price_max", "producer", "length_min", "length_max", "format", "licence", "ai", "sort", "cursor",
}

var (
	soundSorts = []string{"relevance", "popular", "newest", "price", "-price", "tempo", "-tempo", "length", "name"}
	packSorts  = []string{"relevance", "popular", "newest", "price", "-price", "name"}
	tonics     = []string{"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"}
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
	l := p.locale(c)
	v := searchView(l, query, got)
	title := v.Heading
	v.Layout = p.layout(c, title, "search", got.Frame)
	v.Layout.Words = got.Words
	v.Body = "has-find"
	v.NoIndex = len(query) > 0
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

func searchView(l *messages.Locale, query url.Values, got api.Search) *view.Search {
	kind := got.Kind
	if kind != "packs" && kind != "producers" {
		kind = "sounds"
	}
	v := &view.Search{
		Words: got.Words, Kind: kind, Heading: l.T("search.title"), Degraded: got.Degraded, Problems: got.Problems, ClearURL: address(keep(query, "in", "q")),
	}
	if got.Words != "" {
		v.Heading = l.T("search.heading", "Words", got.Words)
	}
	totals := map[string]int64{"sounds": got.Totals.Sounds, "packs": got.Totals.Packs, "producers": got.Totals.Producers}
	v.Total = totals[kind]
	v.ShowText = l.N("search.show_"+kind, v.Total)
	for _, k := range []string{"sounds", "packs", "producers"} {
		to := with(without(query, "cursor", "sort", "in"), "in", k)
		if k == "sounds" {
			to.Del("in")
		}
		v.Tabs = append(v.Tabs, view.Tab{Text: l.T("search." + k), Count: l.Number(totals[k]), URL: address(to), Current: k == kind})
	}
	for _, chip := range got.Chips {
		v.Chips = append(v.Chips, view.Chip{Text: chipText(l, chip), URL: "/search?" + chip.Without})
	}
	sorts := soundSorts
	if kind != "sounds" {
		sorts = packSorts
	}
	for _, s := range sorts {
		o := view.Option{Value: s, Text: l.T("search.sort_" + s), Selected: s == got.Sort}
		switch {
		case s == "relevance" && got.Words == "":
			continue // nothing to match
		case s == "relevance", s == "popular" && got.Words == "":
			o.Value = "" // the default needs no words in the address
		}
		v.Sorts = append(v.Sorts, o)
	}
	for _, name := range []string{"q", "in", "producer", "key", "format", "licence", "length_min", "length_max", "price_min", "price_max", "ai"} {
		for _, value := range query[name] {
			v.Hidden = append(v.Hidden, view.Field{Name: name, Value: value})
		}
	}
	v.Filters = filters(l, query, got)
	v.Save = saveLink(l, query, kind, got)
	if got.Page.Next != "" {
		v.More = address(with(query, "cursor", got.Page.Next))
	}
	switch kind {
	case "sounds":
		v.Sounds = view.SoundList{Label: l.T("search.sounds"), Rows: view.NewSoundRows(l, got.Sounds), Ask: l.T("search.more"), More: v.More}
		v.Sounds.Shown = l.T("search.shown", "Shown", l.Number(int64(len(got.Sounds))), "Total", l.Number(v.Total))
		v.More = ""
	case "packs":
		v.Packs = view.NewPackCards(l, got.Packs)
	case "producers":
		for _, card := range got.Producers {
			v.Producers = append(v.Producers, view.NewProducerCard(l, card))
		}
	}
	if len(got.Sounds)+len(got.Packs)+len(got.Producers) == 0 || v.Total == 0 && query.Get("cursor") == "" {
		v.Empty = noResults(l, kind, got)
	}
	return v
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
		e.Ways = append(e.Ways, view.Way{Count: l.Number(way.Count), Text: l.T(id, "Word", way.Value), URL: "/search?" + way.Params})
	}
	return e
}

// chipText names an active filter in the reader's language; what the catalogue does not know keeps its label.
func chipText(l *messages.Locale, chip api.Chip) string {
	switch chip.Facet {
	case "tonic", "key":
		return l.Key(chip.Value, false)
	case "mode":
		return l.T("search." + orDefault(chip.Value, "minor"))
	case "fits":
		return l.T("search.key_fits")
	case "tempo":
		return rangeText(l, chip.Value, "search.tempo", l.T("search.bpm"))
	case "price_range":
		return l.T("search.price")
	case "producer":
		return "@" + chip.Value
	}
	return facetText(l, chip.Facet, api.FacetValue{Value: chip.Value, Label: chip.Label})
}

// rangeText says "80-96" as people do; an end may be missing.
func rangeText(l *messages.Locale, value, name, unit string) string {
	low, high, _ := strings.Cut(value, "-")
	switch {
	case low != "" && high != "":
		return l.T("search.range", "From", low, "To", high, "Unit", unit)
	case low != "":
		return l.T("search.range_from", "From", low, "Unit", unit)
	case high != "":
		return l.T("search.range_to", "To", high, "Unit", unit)
	}
	return l.T(name)
}

// facetText names a value of a facet in the reader's language. Values that producers made up, and names, stay as
// they are.
func facetText(l *messages.Locale, facet string, v api.FacetValue) string {
	switch facet {
	case "type":
		return typeWord(l, v.Value, v.Value)
	case "price":
		if id := "search.price_" + v.Value; l.Has(id) {
			return l.T(id)
		}
	case "genre", "instrument":
		if v.Label == "" || v.Label == v.Value {
			return l.Named(facet, v.Value)
		}
	}
	if v.Label != "" {
		return v.Label
	}
	return v.Value
}

func typeWord(l *messages.Locale, value, label string) string {
	switch value {
	case "loop":
		return l.T("search.loops")
	case "one-shot":
		return l.T("search.one_shots")
	case "midi":
		return l.T("search.midi")
	}
	return label
}

func filters(l *messages.Locale, query url.Values, got api.Search) view.Filters {
	f := view.Filters{Active: len(got.Chips)}
	by := map[string]api.Facet{}
	for _, facet := range got.Facets {
		by[facet.Name] = facet
	}
	f.Type = group(l, "type", by["type"])
	if got.Kind != "producers" {
		f.Tempo = tempo(l, got)
		f.Keys, f.Modes, f.KeyFits = keys(l, by, got.Filters)
		f.Price = prices(l, by["price"], got.Filters.Price)
	}
	for _, name := range []string{"instrument", "genre", "tag"} {
		f.Groups = append(f.Groups, group(l, name, by[name]))
	}
	return f
}

// group shows the chosen lines and the most frequent ones, the rest behind "more".
func group(l *messages.Locale, name string, facet api.Facet) view.Group {
	g := view.Group{Name: name, Legend: l.T("search." + name)}
	for i, v := range facet.Values {
		o := view.Option{Name: name, Value: v.Value, Text: facetText(l, name, v), Count: l.Number(v.Count), Selected: v.Selected}
		if i < facetLines || v.Selected {
			g.First = append(g.First, o)
		} else {
			g.Rest = append(g.Rest, o)
		}
	}
	g.More = l.N("search.others", int64(len(g.Rest)))
	return g
}

func tempo(l *messages.Locale, got api.Search) *view.Tempo {
	t := &view.Tempo{HalfDouble: view.Option{Name: "half_double", Value: "1", Text: l.T("search.half_double"), Selected: got.Filters.HalfDouble}}
	number := func(x float64) string {
		if x <= 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	t.Min, t.Max = number(got.Filters.TempoMin), number(got.Filters.TempoMax)
	top := int64(1)
	for _, b := range got.TempoBars {
		top = max(top, b.Count)
	}
	low, high := got.Filters.TempoMin, got.Filters.TempoMax
	if high <= 0 {
		high = math.Inf(1)
	}
	for i, b := range got.TempoBars {
		height := int(math.Ceil(float64(b.Count) / float64(top) * (histHeight - 2)))
		height = max(height, 1)
		t.Bars = append(t.Bars, view.Bar{
			X: i * histPitch, Y: histHeight - height, Height: height, From: int(b.From), To: int(b.To),
			In:    (low > 0 || !math.IsInf(high, 1)) && b.To > low && b.From <= high,
			Title: l.T("search.bar", "From", l.Number(int64(b.From)), "To", l.Number(int64(b.To)), "Count", l.N("count.sounds", b.Count)),
		})
	}
	t.Width = max(len(got.TempoBars)*histPitch-2, 1)
	return t
}

func keys(l *messages.Locale, by map[string]api.Facet, chosen api.SearchFilters) (keys, modes []view.Option, fits *view.Option) {
	counts := map[string]int64{}
	for _, v := range by["tonic"].Values {
		counts[v.Value] = v.Count
	}
	for _, k := range tonics {
		keys = append(keys, view.Option{
			Name: "tonic", Value: k, Selected: slices.Contains(chosen.KeyTonic, k),
			Text: l.T("search.key_count", "Key", l.Key(k, false), "Count", l.N("count.sounds", counts[k])),
		})
	}
	for _, m := range []string{"minor", "major"} {
		o := view.Option{Name: "mode", Value: m, Text: l.T("search." + m), Selected: slices.Contains(chosen.KeyMode, m)}
		for _, v := range by["mode"].Values {
			if v.Value == m {
				o.Count = l.Number(v.Count)
			}
		}
		modes = append(modes, o)
	}
	return keys, modes, &view.Option{Name: "fits", Value: "1", Text: l.T("search.key_fits"), Selected: chosen.KeyFits}
}

// prices are one choice of many, cheapest first.
func prices(l *messages.Locale, facet api.Facet, chosen string) view.Group {
	g := view.Group{Name: "price", Legend: l.T("search.price")}
	if len(facet.Values) == 0 {
		return g
	}
	g.First = append(g.First, view.Option{Name: "price", Text: l.T("search.any_price"), Selected: chosen == ""})
	for _, bucket := range []string{"free", "to-1", "to-5", "to-10", "to-20", "to-50", "over-50"} {
		for _, v := range facet.Values {
			if v.Value == bucket && (v.Count > 0 || chosen == bucket) {
				g.First = append(g.First, view.Option{
					Name: "price", Value: bucket, Text: facetText(l, "price", v), Count: l.Number(v.Count), Selected: chosen == bucket,
				})
			}
		}
	}
	return g
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
