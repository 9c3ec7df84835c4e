package pages

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

const (
	facetLines = 5  // shown before "more"
	histHeight = 44 // units
	histPitch  = 8  // units from bar to bar
	histLeast  = 16 // bars it has room for
)

// chipText names an active filter in the reader's language; what the catalogue does not know keeps its label.
func chipText(l *messages.Locale, chip api.Chip) string {
	switch chip.Facet {
	case "words":
		return "“" + chip.Value + "”"
	case "key":
		return l.Key(chip.Value, false)
	case "key_fits", "half_double":
		return l.T("search." + chip.Facet)
	case "tempo":
		return rangeText(l, roundOnes(chip.Value), l.T("search.bpm"))
	case "length":
		return rangeText(l, chip.Value, l.T("search.seconds"))
	case "price":
		return priceText(l, chip.Value)
	case "ai":
		return l.T("search.no_ai")
	case "pack":
		return l.T("search.in_pack", "Name", named(l, chip, "search.one_pack"))
	case "like":
		return l.T("search.like", "Name", named(l, chip, "search.one_sound"))
	case "producer":
		if chip.Label == chip.Value {
			return "@" + chip.Value
		}
	}
	return facetText(l, chip.Facet, api.FacetValue{Value: chip.Value, Label: chip.Label})
}

// named is what a chip's id stands for, if that is known.
func named(l *messages.Locale, chip api.Chip, otherwise string) string {
	if chip.Label == chip.Value || chip.Label == "" {
		return l.T(otherwise)
	}
	return chip.Label
}

// roundOnes writes what rounds to one number as that number: 89.5-90.5 is 90.
func roundOnes(value string) string {
	low, high, _ := strings.Cut(value, "-")
	a, errA := strconv.ParseFloat(low, 64)
	b, errB := strconv.ParseFloat(high, 64)
	if errA == nil && errB == nil && b-a == 1 && a != math.Trunc(a) {
		return strconv.FormatFloat(a+0.5, 'f', -1, 64)
	}
	return value
}

// rangeText says "80-96" as people do; an end may be missing.
func rangeText(l *messages.Locale, value, unit string) string {
	low, high, is := strings.Cut(value, "-")
	switch {
	case !is || low == high:
		return l.T("search.range_one", "From", low, "Unit", unit)
	case low != "" && high != "":
		return l.T("search.range", "From", low, "To", high, "Unit", unit)
	case low != "":
		return l.T("search.range_from", "From", low, "Unit", unit)
	}
	return l.T("search.range_to", "To", high, "Unit", unit)
}

// priceText says a range of minor units.
func priceText(l *messages.Locale, value string) string {
	low, high, _ := strings.Cut(value, "-")
	money := func(minor string) string {
		n, err := strconv.ParseInt(minor, 10, 64)
		if err != nil {
			return ""
		}
		return l.MoneyShort(n, "EUR")
	}
	switch {
	case high == "0":
		return l.T("search.price_free")
	case low == high:
		return money(low)
	case low == "" || low == "0":
		return l.T("search.price_to", "To", money(high))
	case high == "":
		return l.T("search.price_from", "From", money(low))
	}
	return l.T("search.price_range", "From", money(low), "To", money(high))
}

// facetText names a value of a facet in the reader's language. Values that producers made up, and names, stay as
// they are.
func facetText(l *messages.Locale, facet string, v api.FacetValue) string {
	switch facet {
	case "type":
		return typeWord(l, v.Value, v.Value)
	case "price", "length":
		if id := "search." + facet + "_" + v.Value; l.Has(id) {
			return l.T(id)
		}
	case "genre", "instrument":
		if v.Label == "" || v.Label == v.Value {
			return l.Named(facet, v.Value)
		}
	case "format":
		return strings.ToUpper(v.Value)
	case "licence":
		return l.Or("search.licence_"+v.Value, orDefault(v.Label, v.Value))
	}
	return orDefault(v.Label, v.Value)
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
	if len(by) == 0 {
		return f
	}
	f.Type = group(l, query, "type", by["type"])
	if got.Kind != "producers" {
		f.Tempo = tempo(l, got)
		f.Keys = keys(l, by["key"], got.Filters.KeyFits)
		f.Length = span(l, query, by["length"], "length", l.T("search.seconds"))
		f.Price = span(l, query, by["price"], "price", "€")
		f.NoAI = view.Option{Name: "ai", Value: "no", Text: l.T("search.no_ai"), Selected: got.Filters.NoAI}
	}
	for _, name := range []string{"instrument", "genre", "tag", "producer", "format", "licence"} {
		f.Groups = append(f.Groups, group(l, query, name, by[name]))
	}
	return f
}

// group shows the chosen lines and the most frequent ones, the rest behind "more".
func group(l *messages.Locale, query url.Values, name string, facet api.Facet) view.Group {
	g := view.Group{Name: name, Legend: l.T("search." + name)}
	for i, v := range facet.Values {
		o := view.Option{Name: name, Value: v.Value, Text: facetText(l, name, v), Count: l.Number(v.Count), Selected: v.Selected}
		if !v.Selected {
			to := without(query, "not_"+name)
			to["not_"+name] = append(slices.Clone(query["not_"+name]), v.Value)
			o.Not = &view.Link{Text: l.T("search.leave_out", "Name", o.Text), URL: address(to)}
		}
		if i < facetLines || v.Selected {
			g.First = append(g.First, o)
		} else {
			g.Rest = append(g.Rest, o)
		}
	}
	g.More = l.N("search.others", int64(len(g.Rest)))
	return g
}

// number writes an end of a range as one types it.
func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func tempo(l *messages.Locale, got api.Search) *view.Tempo {
	t := &view.Tempo{
		Min: number(got.Filters.TempoMin), Max: number(got.Filters.TempoMax),
		HalfDouble: view.Option{Name: "half_double", Value: "1", Text: l.T("search.half_double"), Selected: got.Filters.HalfDouble},
	}
	top := int64(1)
	for _, b := range got.TempoBars {
		top = max(top, b.Count)
	}
	low, high := 0.0, math.Inf(1)
	if got.Filters.TempoMin != nil {
		low = *got.Filters.TempoMin
	}
	if got.Filters.TempoMax != nil {
		high = *got.Filters.TempoMax
	}
	for i, b := range got.TempoBars {
		height := max(int(math.Ceil(float64(b.Count)/float64(top)*(histHeight-2))), 1)
		t.Bars = append(t.Bars, view.Bar{
			X: i * histPitch, Y: histHeight - height, Height: height, From: int(b.From), To: int(b.To),
			In:    (low > 0 || !math.IsInf(high, 1)) && b.To > low && b.From <= high,
			Title: l.T("search.bar", "From", l.Number(int64(b.From)), "To", l.Number(int64(b.To)), "Count", l.N("count.sounds", b.Count)),
		})
	}
	t.Width = max(len(got.TempoBars), histLeast)*histPitch - 2
	return t
}

func keys(l *messages.Locale, facet api.Facet, fits bool) *view.Keys {
	if !slices.ContainsFunc(facet.Values, func(v api.FacetValue) bool { return v.Count > 0 || v.Selected }) {
		return nil // what has no key has none to choose
	}
	out := &view.Keys{Fits: view.Option{Name: "key_fits", Value: "1", Text: l.T("search.key_fits"), Selected: fits}}
	for _, v := range facet.Values {
		k := view.Key{
			Value: v.Value, Text: l.Key(v.Value, false), Camelot: v.Camelot, Count: l.Number(v.Count), Selected: v.Selected, Fits: v.Fits, None: v.Count == 0,
			Label: l.T("search.key_count", "Key", l.Key(v.Value, false), "Camelot", v.Camelot, "Count", l.N("count.sounds", v.Count)),
		}
		if strings.HasSuffix(v.Value, "m") {
			out.Minor = append(out.Minor, k)
		} else {
			out.Major = append(out.Major, k)
		}
	}
	return out
}

// span is a range: its lines lead to ranges by name, its fields take any.
func span(l *messages.Locale, query url.Values, facet api.Facet, name, unit string) *view.Span {
	if len(facet.Values) == 0 {
		return nil
	}
	s := &view.Span{
		Name: name, Legend: l.T("search." + name), From: l.T("search." + name + "_at_least"), To: l.T("search." + name + "_at_most"), Unit: unit,
		Min: strings.TrimSuffix(query.Get(name+"_min"), ".00"), Max: strings.TrimSuffix(query.Get(name+"_max"), ".00"),
	}
	bare := without(query, name+"_min", name+"_max")
	for _, v := range facet.Values {
		if v.Count == 0 && !v.Selected {
			continue
		}
		to := without(bare)
		if !v.Selected {
			if v.Min != "" {
				to.Set(name+"_min", v.Min)
			}
			if v.Max != "" {
				to.Set(name+"_max", v.Max)
			}
		}
		s.Lines = append(s.Lines, view.SpanLine{Text: facetText(l, name, v), Count: l.Number(v.Count), URL: address(to), Current: v.Selected})
	}
	return s
}

// carried are the parts of a query that a form has no fields for: the search box has none but its words, the filter form
// those it shows.
func carried(query url.Values, f view.Filters) (box, form []view.Field) {
	shown := map[string]bool{"sort": true, "near": true}
	show := func(g view.Group) {
		for _, o := range slices.Concat(g.First, g.Rest) {
			shown[o.Name+"="+o.Value] = true
		}
	}
	show(f.Type)
	for _, g := range f.Groups {
		show(g)
	}
	if f.Tempo != nil {
		shown["tempo_min"], shown["tempo_max"], shown["half_double"] = true, true, true
	}
	if f.Keys != nil {
		shown["key"], shown["key_fits"] = true, true
	}
	for _, s := range []*view.Span{f.Length, f.Price} {
		if s != nil {
			shown[s.Name+"_min"], shown[s.Name+"_max"] = true, true
		}
	}
	if f.NoAI.Name != "" {
		shown[f.NoAI.Name] = true
	}
	for _, name := range searchParams {
		if name == "cursor" {
			continue
		}
		for _, value := range query[name] {
			field := view.Field{Name: name, Value: value}
			if name != "q" && name != "like" { // other words are another search than for what sounds alike
				box = append(box, field)
			}
			if !shown[name] && !shown[name+"="+value] {
				form = append(form, field)
			}
		}
	}
	return box, form
}
