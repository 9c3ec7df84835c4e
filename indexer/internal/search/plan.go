package search

import (
	"slices"
	"strconv"
	"strings"

	"crateful.dev/indexer/api"
)

// Plan is a query as engines answer it: conditions on fields, an order, and what to count.
type Plan struct {
	Kind      string   // KindSound or KindPack
	Words     []AnyOf  // all must be there
	Not       []AnyOf  // none may, see Excluding
	In        string   // text field that must hold the words
	More      string   // text field in which words may stand instead
	Missing   int      // how many of Words may be missing
	Nothing   bool     // the words hold nothing that can be found
	Prefix    bool     // the last of Words may be the beginning of a word
	Typed     []string // all words as they were typed, for the order
	Filters   []Filter // all must hold
	Order     []Order
	After     []string // values of Order and the id of the last hit before; empty: from the start
	Size      int      // hits or groups; 0: count only
	Grouped   bool     // by pack
	From      int      // groups to leave out before the first
	Facets    []FacetPlan
	Uncounted bool // nobody asks for Total
}

// Filter is a condition; a document passes when any of its values does, or, with All, when every Terms is there, or,
// with Not, when none is.
type Filter struct {
	Facet  string // whose condition it is; empty for those that every facet counts under
	Field  string
	Terms  []string
	All    bool
	Not    bool
	Begin  string // instead of Terms: how one begins
	Ranges []Span // instead of Terms
}

// Span is a range of numbers with both ends inside; a nil end is open.
type Span struct {
	Min, Max *float64
}

// Holds reports whether n lies inside.
func (s Span) Holds(n float64) bool {
	return (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max)
}

// Order is one sort key. The id, ascending, follows the last one.
type Order struct {
	Field string // ByScore, a number field or TermName
	Desc  bool
	Near  float64 // not 0: by how far the field's nearest value is from it; Unknown without a value
}

// ByScore orders by how well the words fit, see Plan.Score.
const ByScore = "_score"

// Unknown is above every value that is sorted by, below what engines keep exactly.
const Unknown = 1e9

// Numeric reports whether the order's values are numbers.
func (o Order) Numeric() bool { return o.Field != TermName }

// FacetPlan counts the values of a term field as if there were no Filters of the same Facet, except those with All.
type FacetPlan struct {
	Facet  string
	Field  string
	Size   int
	Prefix string // only values that begin so
}

// counting is the plan with nothing but its Total.
func (p Plan) counting() Plan {
	p.Size, p.Order, p.Facets, p.Grouped = 0, nil, nil, false
	return p
}

// FiltersFor returns the filters that count for a facet and whether that leaves any out.
func (p Plan) FiltersFor(facet string) (kept []Filter, fewer bool) {
	for _, f := range p.Filters {
		if f.Facet == facet && !f.All {
			fewer = true
			continue
		}
		kept = append(kept, f)
	}
	return kept, fewer
}

// Fields of each facet that is counted.
var facetFields = []FacetPlan{
	{Facet: api.FacetGenre, Field: TermGenre, Size: 50},
	{Facet: api.FacetType, Field: TermType, Size: 10},
	{Facet: api.FacetInstrument, Field: TermInstrument, Size: 50},
	{Facet: api.FacetKey, Field: TermKey, Size: 24},
	{Facet: api.FacetTag, Field: TermTag, Size: 50},
	{Facet: api.FacetProducer, Field: TermProducerCard, Size: 50},
	{Facet: api.FacetFormat, Field: TermFormat, Size: 10},
	{Facet: api.FacetLicence, Field: TermLicence, Size: 10},
	{Facet: api.FacetPrice, Field: TermPrice, Size: 10},
	{Facet: api.FacetLength, Field: TermLength, Size: 10},
	{Facet: facetTempo, Field: TermTempo, Size: 200},
}

// Names of conditions that are no facet of the answer.
const (
	facetTempo = "tempo"
	facetPack  = "pack"
	facetAI    = "ai"
)

// PlanFor turns a canonical query without its cursor into a plan for documents of one kind.
func PlanFor(q api.Query, kind string) Plan {
	p := Plan{Kind: kind, In: TextAll, Words: Groups(q.Words), Typed: typedWords(q.Words), Prefix: q.Typing, Grouped: q.ByPack && kind == KindSound, Size: q.Size}
	p.Nothing = q.Words != "" && len(p.Words) == 0
	terms := func(facet, field string, values []string, all bool) {
		if len(values) > 0 {
			p.Filters = append(p.Filters, Filter{Facet: facet, Field: field, Terms: values, All: all})
		}
	}
	if kind == KindPack { // it says kicks, and the pack's hats are none
		p.More = TextMore
	}
	terms(api.FacetGenre, TermGenre, q.Genres, false)
	terms(api.FacetType, TermType, q.Types, false)
	terms(api.FacetInstrument, TermInstrument, q.Instruments, false)
	terms(api.FacetKey, TermKey, keys(q), false)
	terms(api.FacetTag, TermTag, q.Tags, true)
	terms(api.FacetProducer, TermProducer, q.Producers, false)
	terms(api.FacetFormat, TermFormat, q.Formats, false)
	terms(api.FacetLicence, TermLicence, q.Licences, false)
	if q.Pack != "" {
		terms(facetPack, TermPack, []string{q.Pack}, false)
	}
	if q.NoAI {
		terms(facetAI, TermAI, []string{"no"}, false)
	}
	if q.Not != nil {
		p.exclude(*q.Not)
	}
	spans := func(facet, field string, spans ...Span) {
		p.Filters = append(p.Filters, Filter{Facet: facet, Field: field, Ranges: spans})
	}
	if q.Tempo != nil {
		all := []Span{{q.Tempo.Min, q.Tempo.Max}}
		if q.HalfDouble {
			all = append(all, Span{times(q.Tempo.Min, 0.5), times(q.Tempo.Max, 0.5)}, Span{times(q.Tempo.Min, 2), times(q.Tempo.Max, 2)})
		}
		spans(facetTempo, NumberTempo, all...)
	}
	if q.Price != nil {
		spans(api.FacetPrice, NumberPrice, Span{float(q.Price.Min), float(q.Price.Max)})
	}
	if q.Length != nil {
		spans(api.FacetLength, NumberLength, Span{q.Length.Min, q.Length.Max})
	}
	p.Order = orders[q.Sort]
	if q.Sort == api.SortNearTempo {
		p.Order = []Order{{Field: NumberTempo, Near: q.Near}, {Field: NumberPopularity, Desc: true}}
	}
	if !q.NoFacets {
		p.Facets = facetFields
	}
	return p
}

func (p *Plan) exclude(not api.Exclusions) {
	for _, w := range not.Words {
		if unwanted := Unwanted(w); len(unwanted) > 0 {
			p.Not = append(p.Not, unwanted)
		}
	}
	for _, f := range []Filter{
		{Field: TermGenre, Terms: not.Genres},
		{Field: TermType, Terms: not.Types},
		{Field: TermInstrument, Terms: not.Instruments},
		{Field: TermKey, Terms: not.Keys},
		{Field: TermTag, Terms: not.Tags},
		{Field: TermProducer, Terms: not.Producers},
		{Field: TermFormat, Terms: not.Formats},
		{Field: TermLicence, Terms: not.Licences},
	} {
		if len(f.Terms) > 0 {
			f.Not = true
			p.Filters = append(p.Filters, f)
		}
	}
}

// Nearly is the plan of what comes close when nothing is found: a sound's words may stand in the description of its
// pack, and one of every three may be missing, at least one of several.
func (p Plan) Nearly() Plan {
	p.More = TextMore
	if n := len(p.Words); n > 1 {
		p.Missing = max(1, n/3)
	}
	return p
}

// named turns a plan into one that looks for the words in one field alone.
func (p Plan) named(field string) Plan {
	p.In, p.More = field, ""
	return p
}

// keys are those of the query, with KeyFits also what fits any of them.
func keys(q api.Query) []string {
	if !q.KeyFits {
		return q.Keys
	}
	var out []string
	for _, k := range q.Keys {
		for _, fits := range api.Compatible(k) {
			if !slices.Contains(out, fits) {
				out = append(out, fits)
			}
		}
	}
	return out
}

// orders end with popularity where ties are likely, so that equal rows show the better known first.
var orders = map[api.Sort][]Order{
	api.SortRelevance: {{Field: ByScore, Desc: true}, {Field: NumberPopularity, Desc: true}},
	api.SortPopular:   {{Field: NumberPopularity, Desc: true}, {Field: NumberPublished, Desc: true}},
	api.SortNewest:    {{Field: NumberPublished, Desc: true}},
	api.SortCheapest:  {{Field: NumberPrice}, {Field: NumberPopularity, Desc: true}},
	api.SortDearest:   {{Field: NumberPrice, Desc: true}, {Field: NumberPopularity, Desc: true}},
	api.SortSlowest:   {{Field: NumberTempoUp}, {Field: NumberPopularity, Desc: true}},
	api.SortFastest:   {{Field: NumberTempoDown}, {Field: NumberPopularity, Desc: true}},
	api.SortShortest:  {{Field: NumberLengthSort}, {Field: NumberPopularity, Desc: true}},
	api.SortLongest:   {{Field: NumberLengthSort, Desc: true}, {Field: NumberPopularity, Desc: true}},
	api.SortName:      {{Field: TermName}},
	api.SortBought:    {{Field: NumberBought, Desc: true}, {Field: NumberPopularity, Desc: true}},
}

func times(f *float64, by float64) *float64 {
	if f == nil {
		return nil
	}
	n := *f * by
	return &n
}

func float(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

var priceBuckets, lengthBuckets = api.PriceBuckets(), api.LengthBuckets()

// PriceBucket is the value of api.FacetPrice for an amount in minor units.
func PriceBucket(amount int64) string {
	for _, b := range priceBuckets {
		if b.Price.Max == nil || amount <= *b.Price.Max {
			return b.Value
		}
	}
	return ""
}

// LengthBucket is the value of api.FacetLength for a length in seconds.
func LengthBucket(seconds float64) string {
	for _, b := range lengthBuckets {
		if b.Length.Max == nil || seconds <= *b.Length.Max {
			return b.Value
		}
	}
	return ""
}

// TempoBar is the term of the histogram's bar that bpm falls into.
func TempoBar(bpm float64) string {
	from := int(bpm) / api.TempoBarWidth * api.TempoBarWidth
	s := strconv.Itoa(from)
	return strings.Repeat("0", max(0, 3-len(s))) + s
}
