package storefront

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"crateful.dev/experience/api"
	indexer "crateful.dev/indexer/api"
)

// asked is a search as somebody asked for it.
type asked struct {
	query    indexer.Query
	typed    string // into the box, as it was read
	box      string // the words that count, and what could not be read: nothing typed is lost
	problems []api.QueryProblem
}

// readQuery reads a page's address: the indexer's own parameters, and price as one of its ranges by name.
func readQuery(address url.Values) asked {
	own := url.Values{}
	for name, values := range address {
		own[name] = values
	}
	own.Set("q", strings.ToValidUTF8(address.Get("q"), ""))
	a := asked{typed: own.Get("q"), problems: []api.QueryProblem{}}
	if bucket := address.Get("price"); bucket != "" {
		at := slices.IndexFunc(indexer.PriceBuckets(), func(b indexer.PriceBucket) bool { return b.Value == bucket })
		if at < 0 {
			a.problems = append(a.problems, api.QueryProblem{Field: "price", Reason: indexer.ReasonUnknown, Detail: "this range is not known"})
		} else {
			price := indexer.PriceBuckets()[at].Price
			setAmount(own, "price_min", price.Min)
			setAmount(own, "price_max", price.Max)
		}
	}
	q, err := indexer.ParseQuery(own)
	a.query, a.box = q, q.Words
	var bad *indexer.QueryError
	if !errors.As(err, &bad) {
		return a
	}
	text := []rune(a.typed)
	kept := 0 // so far, of the text
	for _, f := range bad.Fields {
		p := api.QueryProblem{Field: f.Name, Reason: f.Reason, Detail: f.Detail, Hint: f.Hint()}
		if f.To > f.From && f.To <= len(text) {
			p.From, p.To = f.From, f.To
			if !p.Hint && p.Reason != indexer.ReasonTwice && p.From >= kept {
				var part string
				part, kept = wholePart(text, p.From, p.To)
				a.box = strings.TrimSpace(a.box + " " + part)
			}
		}
		a.problems = append(a.problems, p)
	}
	return a
}

// wholePart widens a place in a text to what stands between spaces.
func wholePart(text []rune, from, to int) (part string, end int) {
	for from > 0 && !unicode.IsSpace(text[from-1]) {
		from--
	}
	for to < len(text) && !unicode.IsSpace(text[to]) {
		to++
	}
	return string(text[from:to]), to
}

func setAmount(v url.Values, name string, minor *int64) {
	v.Del(name)
	if minor != nil {
		v.Set(name, amount(minor))
	}
}

// amount writes minor units as an address has them; "" for none.
func amount(minor *int64) string {
	if minor == nil {
		return ""
	}
	return strconv.FormatInt(*minor/100, 10) + "." + strconv.FormatInt(100+*minor%100, 10)[1:]
}

// address is where a query like the one asked for is found; what could not be read stays in its box.
func (a asked) address(q indexer.Query) string {
	q, _ = q.Filter().Canonical()
	v := q.Values()
	if rest := strings.TrimPrefix(a.box, a.query.Words); rest != "" {
		v.Set("q", strings.TrimSpace(q.Words+" "+strings.TrimSpace(rest)))
	}
	return v.Encode()
}

// facetOf is the values of a facet in a query, by its parameter.
type facetOf struct {
	name   string
	values *[]string
}

func facetsOf(q *indexer.Query) []facetOf {
	return []facetOf{
		{indexer.FacetType, &q.Types},
		{indexer.FacetKey, &q.Keys},
		{indexer.FacetInstrument, &q.Instruments},
		{indexer.FacetGenre, &q.Genres},
		{indexer.FacetTag, &q.Tags},
		{indexer.FacetProducer, &q.Producers},
		{indexer.FacetFormat, &q.Formats},
		{indexer.FacetLicence, &q.Licences},
	}
}

func exclusionsOf(x *indexer.Exclusions) []facetOf {
	return []facetOf{
		{"words", &x.Words},
		{indexer.FacetType, &x.Types},
		{indexer.FacetKey, &x.Keys},
		{indexer.FacetInstrument, &x.Instruments},
		{indexer.FacetGenre, &x.Genres},
		{indexer.FacetTag, &x.Tags},
		{indexer.FacetProducer, &x.Producers},
		{indexer.FacetFormat, &x.Formats},
		{indexer.FacetLicence, &x.Licences},
	}
}

// chosen are the values of a facet that a query filters by.
func chosen(q indexer.Query, facet string) []string {
	for _, f := range facetsOf(&q) {
		if f.name == facet {
			return *f.values
		}
	}
	return nil
}

// chips are the active filters, each with the address without it.
func (a asked) chips() []api.Chip {
	out := []api.Chip{}
	add := func(chip api.Chip, without func(q *indexer.Query)) {
		q := a.query
		if q.Not != nil {
			not := *q.Not
			q.Not = &not
		}
		without(&q)
		if chip.Label == "" {
			chip.Label = chip.Value
		}
		chip.Without = a.address(q)
		out = append(out, chip)
	}
	for i, f := range facetsOf(&a.query) {
		for _, value := range *f.values {
			add(api.Chip{Facet: f.name, Value: value}, func(q *indexer.Query) {
				values := facetsOf(q)[i].values
				*values = less(*values, value)
			})
		}
		if f.name == indexer.FacetKey && a.query.KeyFits {
			add(api.Chip{Facet: "key_fits", Value: "1"}, func(q *indexer.Query) { q.KeyFits = false })
		}
	}
	if t := a.query.Tempo; t != nil {
		add(api.Chip{Facet: "tempo", Value: ends(t)}, func(q *indexer.Query) { q.Tempo = nil })
		if a.query.HalfDouble {
			add(api.Chip{Facet: "half_double", Value: "1"}, func(q *indexer.Query) { q.HalfDouble = false })
		}
	}
	if r := a.query.Length; r != nil {
		add(api.Chip{Facet: indexer.FacetLength, Value: ends(r)}, func(q *indexer.Query) { q.Length = nil })
	}
	if p := a.query.Price; p != nil {
		add(api.Chip{Facet: indexer.FacetPrice, Value: minorEnds(p)}, func(q *indexer.Query) { q.Price = nil })
	}
	if a.query.NoAI {
		add(api.Chip{Facet: "ai", Value: "no"}, func(q *indexer.Query) { q.NoAI = false })
	}
	if a.query.Pack != "" {
		add(api.Chip{Facet: "pack", Value: a.query.Pack}, func(q *indexer.Query) { q.Pack = "" })
	}
	if a.query.Like != "" {
		add(api.Chip{Facet: "like", Value: a.query.Like}, func(q *indexer.Query) { q.Like = "" })
	}
	if a.query.Not != nil {
		for i, f := range exclusionsOf(a.query.Not) {
			for _, value := range *f.values {
				add(api.Chip{Facet: f.name, Value: value, Not: true}, func(q *indexer.Query) {
					values := exclusionsOf(q.Not)[i].values
					*values = less(*values, value)
				})
			}
		}
	}
	return out
}

// less is values without one of them.
func less(values []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == one })
}

// ends writes a range as "80-96", with nothing for an open end.
func ends(r *indexer.Range) string { return number(r.Min) + "-" + number(r.Max) }

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func minorEnds(p *indexer.Price) string {
	text := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	return text(p.Min) + "-" + text(p.Max)
}

// filters is what the form shows beside the facets.
func filters(q indexer.Query) api.SearchFilters {
	f := api.SearchFilters{HalfDouble: q.HalfDouble, KeyFits: q.KeyFits, ByPack: q.ByPack, NoAI: q.NoAI, NearTempo: q.Near, Pack: q.Pack, Like: q.Like}
	if q.Tempo != nil {
		f.TempoMin, f.TempoMax = q.Tempo.Min, q.Tempo.Max
	}
	if q.Length != nil {
		f.LengthMin, f.LengthMax = q.Length.Min, q.Length.Max
	}
	if q.Price != nil {
		f.PriceMin, f.PriceMax = q.Price.Min, q.Price.Max
	}
	return f
}

// facet turns counts of the indexer into lines of the form. What is chosen stays there without a count too.
func facet(q indexer.Query, f indexer.Facet) api.Facet {
	out := api.Facet{Name: f.Name, Values: []api.FacetValue{}}
	counts := make(map[string]int64, len(f.Values))
	for _, v := range f.Values {
		counts[v.Value] = v.Count
	}
	wanted := chosen(q, f.Name)
	switch f.Name {
	case indexer.FacetKey:
		for _, key := range indexer.Keys() {
			out.Values = append(out.Values, api.FacetValue{
				Value: key, Label: key, Count: counts[key], Selected: slices.Contains(wanted, key), Camelot: indexer.Camelot(key),
				Fits: q.KeyFits && !slices.Contains(wanted, key) && slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(indexer.Compatible(w), key) }),
			})
		}
	case indexer.FacetPrice:
		for _, b := range indexer.PriceBuckets() {
			out.Values = append(out.Values, api.FacetValue{
				Value: b.Value, Label: b.Value, Count: counts[b.Value], Min: amount(b.Price.Min), Max: amount(b.Price.Max),
				Selected: q.Price != nil && minorEnds(q.Price) == minorEnds(&b.Price),
			})
		}
	case indexer.FacetLength:
		for _, b := range indexer.LengthBuckets() {
			out.Values = append(out.Values, api.FacetValue{
				Value: b.Value, Label: b.Value, Count: counts[b.Value], Min: number(b.Length.Min), Max: number(b.Length.Max),
				Selected: q.Length != nil && ends(q.Length) == ends(&b.Length),
			})
		}
	default:
		for _, v := range f.Values {
			out.Values = append(out.Values, api.FacetValue{Value: v.Value, Label: v.Label, Count: v.Count, Selected: slices.Contains(wanted, v.Value)})
		}
		for _, value := range wanted {
			if _, there := counts[value]; !there {
				out.Values = append(out.Values, api.FacetValue{Value: value, Selected: true})
			}
		}
	}
	return out
}
