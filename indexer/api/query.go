package api

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// QueryVersion is the version of Query that this package reads and writes.
const QueryVersion = 1

// Kind is what a search looks for: the tabs of the search page.
type Kind string

// Kinds of result.
const (
	KindSounds    Kind = "sounds"
	KindPacks     Kind = "packs"
	KindProducers Kind = "producers"
)

// Sort is the order of results. Equal results are ordered by id, unknown values come last in both directions.
type Sort string

// Orders. SortRelevance is the default with words or Like and means SortPopular without.
const (
	SortRelevance Sort = "relevance"
	SortPopular   Sort = "popular"
	SortNewest    Sort = "newest"
	SortCheapest  Sort = "price"
	SortDearest   Sort = "-price"
	SortSlowest   Sort = "tempo"
	SortFastest   Sort = "-tempo"
	SortShortest  Sort = "length"
	SortLongest   Sort = "-length"
	SortName      Sort = "name"
	SortBought    Sort = "bought"     // most bought packs, and their sounds, first
	SortNearTempo Sort = "near_tempo" // nearest to Query.Near first
)

// Sorts lists all orders.
var Sorts = []Sort{
	SortRelevance, SortPopular, SortNewest, SortCheapest, SortDearest,
	SortSlowest, SortFastest, SortShortest, SortLongest, SortName, SortBought, SortNearTempo,
}

// Limits of a query.
const (
	DefaultSize = 50
	MaxSize     = 100
	MaxWords    = 200 // characters
	MaxValues   = 24  // values of one facet
	MaxValue    = 64  // characters of one value
	MaxTempo    = 999 // beats per minute
	MaxLength   = 86_400.0
	MaxPrice    = 100_000_000 // minor units
	MaxLanguage = 40_000      // characters of what ParseLanguage reads
	MaxLike     = 100         // sounds that Query.Like finds
	maxCursor   = 2_048
)

// Query is one search as a value: a page's facets, the language of the search box, an address, JSON and a saved search
// are forms of it. Values of one facet are alternatives, but Tags must all be there; different facets must all hold, and
// nothing of Not may. A pack holds a facet's value when any of its sounds does.
type Query struct {
	Version     int         `json:"v"`
	Kind        Kind        `json:"kind"`
	Words       string      `json:"words,omitempty"`  // all must be there; those in "quotation marks" next to each other
	Genres      []string    `json:"genres,omitempty"` // slugs
	Types       []string    `json:"types,omitempty"`  // loop, one-shot
	Instruments []string    `json:"instruments,omitempty"`
	Keys        []string    `json:"keys,omitempty"`     // as NormalKey writes them
	KeyFits     bool        `json:"key_fits,omitempty"` // keys that fit one of Keys count too, see Compatible
	Tags        []string    `json:"tags,omitempty"`
	Producers   []string    `json:"producers,omitempty"` // handles
	Formats     []string    `json:"formats,omitempty"`
	Licences    []string    `json:"licences,omitempty"`
	Pack        string      `json:"pack,omitempty"`        // sounds of this pack id only
	Tempo       *Range      `json:"tempo,omitempty"`       // beats per minute
	HalfDouble  bool        `json:"half_double,omitempty"` // half and double of Tempo count too
	Price       *Price      `json:"price,omitempty"`       // of the sound, or of its pack when sold only whole
	Length      *Range      `json:"length,omitempty"`      // seconds
	NoAI        bool        `json:"no_ai,omitempty"`       // only what was made without AI
	Not         *Exclusions `json:"not,omitempty"`
	Like        string      `json:"like,omitempty"` // id of a sound: the MaxLike sounds nearest to it in timbre, without it
	Sort        Sort        `json:"sort"`
	Near        float64     `json:"near,omitempty"`    // beats per minute of SortNearTempo; the middle of Tempo unless given
	ByPack      bool        `json:"by_pack,omitempty"` // sounds grouped by their pack, see Response.Groups
	Size        int         `json:"size"`
	Cursor      string      `json:"cursor,omitempty"`
	NoFacets    bool        `json:"no_facets,omitempty"` // rows only: no facets, histogram or totals of the other tabs
	Typing      bool        `json:"typing,omitempty"`    // the last word may be the beginning of one
}

// Exclusions are what must not be there: a thing that holds any of them is not found.
type Exclusions struct {
	Words       []string `json:"words,omitempty"` // each a word, or words that stand next to each other
	Genres      []string `json:"genres,omitempty"`
	Types       []string `json:"types,omitempty"`
	Instruments []string `json:"instruments,omitempty"`
	Keys        []string `json:"keys,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Producers   []string `json:"producers,omitempty"`
	Formats     []string `json:"formats,omitempty"`
	Licences    []string `json:"licences,omitempty"`
}

// Range is a range of numbers with both ends inside. A nil end is open.
type Range struct {
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Price is a range of amounts in minor units of the platform's currency with both ends inside. A nil end is open.
type Price struct {
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
}

// FieldError says what is wrong with one field of a query.
type FieldError struct {
	Name   string // as in the address: q, tempo_min, key …
	Reason string // stable, see the constants
	Detail string // plain words for people
	// From and To mark the place in the text that ParseLanguage read, in runes, To without. Both are 0 for what came
	// from elsewhere.
	From, To int
}

// Reasons of a FieldError.
const (
	ReasonTooLong     = "too_long"
	ReasonTooMany     = "too_many"
	ReasonNotANumber  = "not_a_number"
	ReasonOutOfRange  = "out_of_range"
	ReasonUnknown     = "unknown" // this value
	ReasonMinAboveMax = "min_above_max"
	ReasonNoValue     = "no_value"       // a field of the language without one
	ReasonNoQuote     = "unclosed_quote" // all up to the end counts as quoted
	ReasonTwice       = "twice"          // the last one counts
	ReasonNotExcluded = "not_excludable" // a field that "-" cannot stand before
	ReasonNoField     = "unknown_field"  // a hint: it counts as words
)

// Hint reports whether nothing was left out: the text was read in another way than its writer may have meant.
func (f FieldError) Hint() bool { return f.Reason == ReasonNoField || f.Reason == ReasonNoQuote }

// QueryError lists everything that is wrong with a query.
type QueryError struct {
	Fields []FieldError
}

func (e *QueryError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Name + ": " + f.Detail
	}
	return "search query: " + strings.Join(parts, "; ")
}

func (e *QueryError) add(name, reason, detail string) {
	e.Fields = append(e.Fields, FieldError{Name: name, Reason: reason, Detail: detail})
}

func (e *QueryError) orNil() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// Canonical returns the query in its one canonical form: equal searches are equal values. What is wrong is left out
// of the result and listed in the *QueryError, so that a page can show both.
func (q Query) Canonical() (Query, error) {
	bad := &QueryError{}
	if q.Version == 0 {
		q.Version = QueryVersion
	}
	if q.Version != QueryVersion {
		bad.add("v", ReasonUnknown, fmt.Sprintf("query version %d is not known", q.Version))
		q.Version = QueryVersion
	}
	switch q.Kind {
	case KindSounds, KindPacks, KindProducers:
	case "":
		q.Kind = KindSounds
	default:
		bad.add("in", ReasonUnknown, "search in sounds, packs or producers")
		q.Kind = KindSounds
	}
	var unwanted []string
	q.Words, unwanted = canonicalWords(bad, q.Words)
	q.Genres = canonicalValues(bad, "genre", q.Genres, slug)
	q.Types = canonicalValues(bad, paramType, q.Types, typeForm)
	q.Instruments = canonicalValues(bad, "instrument", q.Instruments, slug)
	q.Tags = canonicalValues(bad, "tag", q.Tags, slug)
	q.Producers = canonicalValues(bad, paramProducer, q.Producers, handle)
	q.Formats = canonicalValues(bad, "format", q.Formats, slug)
	q.Licences = canonicalValues(bad, "licence", q.Licences, slug)
	q.Keys = canonicalValues(bad, "key", q.Keys, NormalKey)
	q.Pack = first(canonicalValues(bad, "pack", nonEmpty(q.Pack), slug))
	q.Tempo = canonicalRange(bad, "tempo", q.Tempo, MaxTempo)
	q.Length = canonicalRange(bad, "length", q.Length, MaxLength)
	q.Price = canonicalPrice(bad, q.Price)
	q.HalfDouble = q.HalfDouble && q.Tempo != nil
	q.KeyFits = q.KeyFits && len(q.Keys) > 0
	q.Not = canonicalExclusions(bad, q.Not, unwanted)
	q.Like = first(canonicalValues(bad, paramLike, nonEmpty(q.Like), slug))
	if q.Kind != KindSounds {
		q.Like = ""
	}
	q.ByPack = q.ByPack && q.Kind == KindSounds && q.Like == ""
	q.Typing = q.Typing && q.Words != ""
	q.Sort, q.Near = canonicalSort(bad, q)
	switch {
	case q.Size == 0:
		q.Size = DefaultSize
	case q.Size < 0 || q.Size > MaxSize:
		bad.add("size", ReasonOutOfRange, fmt.Sprintf("1 to %d", MaxSize))
		q.Size = DefaultSize
	}
	if len(q.Cursor) > maxCursor || strings.ContainsFunc(q.Cursor, func(r rune) bool { return r < '-' || r > 'z' }) {
		bad.add("cursor", ReasonUnknown, "this is not a cursor")
		q.Cursor = ""
	}
	return q, bad.orNil()
}

// canonicalSort also says the tempo to be near to: it belongs to one order alone.
func canonicalSort(bad *QueryError, q Query) (Sort, float64) {
	standard := q.standardSort()
	switch {
	case q.Sort == "", q.Sort == SortRelevance, q.Like != "" && slices.Contains(Sorts, q.Sort):
		return standard, 0 // what is like a sound is ordered by how like it is
	case !slices.Contains(Sorts, q.Sort):
		bad.add(paramSort, ReasonUnknown, "this order is not known")
		return standard, 0
	case q.Sort != SortNearTempo:
		return q.Sort, 0
	}
	if near := within(bad, paramNear, &q.Near, 0, MaxTempo); near != nil && *near > 0 {
		return q.Sort, *near
	}
	if q.Tempo != nil {
		low, high := q.Tempo.Min, q.Tempo.Max
		switch {
		case low == nil:
			low = high
		case high == nil:
			high = low
		}
		if middle := (*low + *high) / 2; middle > 0 {
			return q.Sort, middle
		}
	}
	bad.add(paramNear, ReasonNoValue, "say which tempo, like near:92")
	return standard, 0
}

// standardSort is the order of a query that asks for none.
func (q Query) standardSort() Sort {
	if q.Words == "" && q.Like == "" {
		return SortPopular
	}
	return SortRelevance
}

// Filter is the query without what only says which part of the results to show: the identity of a saved search.
func (q Query) Filter() Query {
	q.Cursor, q.Size, q.NoFacets, q.Typing = "", DefaultSize, false, false
	return q
}

// Standing reports whether one document alone tells if the query finds it, so that it can be saved and matched with what
// comes. Being among the nearest to a sound depends on all others.
func (q Query) Standing() bool { return q.Like == "" }

func first(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

func nonEmpty(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return []string{s}
}

// visible turns control and formatting characters into spaces and drops broken UTF-8.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return ' '
		}
		return r
	}, s)
}

// slug is the form in which facet values are kept: lower case, single spaces.
func slug(s string) (string, bool) {
	s = strings.ToLower(strings.Join(strings.Fields(visible(s)), " "))
	return s, s != ""
}

// Slug returns a facet value in the form in which it is indexed and asked for.
func Slug(s string) string {
	v, _ := slug(s)
	return v
}

// typeForm is a type of sound in its one form.
func typeForm(s string) (string, bool) {
	switch s, _ := slug(s); s {
	case "loop", "loops":
		return "loop", true
	case "one-shot", "one-shots", "oneshot", "oneshots", "one shot", "one shots":
		return "one-shot", true
	}
	return "", false
}

// handle is a producer's handle without the sign that is written before it.
func handle(s string) (string, bool) {
	s, _ = slug(s)
	s = strings.TrimLeft(s, "@ ")
	return s, s != ""
}

// canonicalExclusions adds the words that stood with "-" between those that are wanted.
func canonicalExclusions(bad *QueryError, not *Exclusions, words []string) *Exclusions {
	var n Exclusions
	if not != nil {
		n = *not
	}
	out := Exclusions{
		Words:       canonicalValues(bad, paramNot, slices.Concat(n.Words, words), unwantedForm),
		Genres:      canonicalValues(bad, paramNot+"_"+paramGenre, n.Genres, slug),
		Types:       canonicalValues(bad, paramNot+"_"+paramType, n.Types, typeForm),
		Instruments: canonicalValues(bad, paramNot+"_"+paramInstrument, n.Instruments, slug),
		Keys:        canonicalValues(bad, paramNot+"_"+paramKey, n.Keys, NormalKey),
		Tags:        canonicalValues(bad, paramNot+"_"+paramTag, n.Tags, slug),
		Producers:   canonicalValues(bad, paramNot+"_"+paramProducer, n.Producers, handle),
		Formats:     canonicalValues(bad, paramNot+"_"+paramFormat, n.Formats, slug),
		Licences:    canonicalValues(bad, paramNot+"_"+paramLicence, n.Licences, slug),
	}
	for _, facet := range out.facets() {
		if len(*facet.values) > 0 {
			return &out
		}
	}
	if len(out.Words) == 0 {
		return nil
	}
	return &out
}

// facet is the values of one facet by its name in an address.
type facet struct {
	name   string
	values *[]string
}

func (q *Query) facets() []facet {
	return []facet{
		{paramType, &q.Types},
		{paramGenre, &q.Genres},
		{paramInstrument, &q.Instruments},
		{paramKey, &q.Keys},
		{paramTag, &q.Tags},
		{paramProducer, &q.Producers},
		{paramFormat, &q.Formats},
		{paramLicence, &q.Licences},
	}
}

func (x *Exclusions) facets() []facet {
	return []facet{
		{paramType, &x.Types},
		{paramGenre, &x.Genres},
		{paramInstrument, &x.Instruments},
		{paramKey, &x.Keys},
		{paramTag, &x.Tags},
		{paramProducer, &x.Producers},
		{paramFormat, &x.Formats},
		{paramLicence, &x.Licences},
	}
}

func canonicalValues(bad *QueryError, name string, values []string, form func(string) (string, bool)) []string {
	var out []string
	for _, raw := range values {
		if strings.TrimSpace(visible(raw)) == "" {
			continue // an empty form field
		}
		if utf8.RuneCountInString(raw) > MaxValue {
			bad.add(name, ReasonTooLong, fmt.Sprintf("at most %d characters", MaxValue))
			continue
		}
		v, ok := form(raw)
		if !ok || utf8.RuneCountInString(v) > MaxValue { // lower case can be longer
			bad.add(name, ReasonUnknown, "this value is not known")
			continue
		}
		out = append(out, v)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > MaxValues {
		bad.add(name, ReasonTooMany, fmt.Sprintf("at most %d values", MaxValues))
		out = out[:MaxValues]
	}
	return slices.Clip(out)
}

func canonicalRange(bad *QueryError, name string, r *Range, limit float64) *Range {
	if r == nil {
		return nil
	}
	out := Range{Min: within(bad, name+"_min", r.Min, 0, limit), Max: within(bad, name+"_max", r.Max, 0, limit)}
	if out.Min != nil && out.Max != nil && *out.Min > *out.Max {
		bad.add(name+"_min", ReasonMinAboveMax, "the lower end is above the upper end")
		return nil
	}
	if out.Min == nil && out.Max == nil {
		return nil
	}
	return &out
}

func canonicalPrice(bad *QueryError, p *Price) *Price {
	if p == nil {
		return nil
	}
	out := Price{Min: within(bad, "price_min", p.Min, 0, MaxPrice), Max: within(bad, "price_max", p.Max, 0, MaxPrice)}
	if out.Min != nil && out.Max != nil && *out.Min > *out.Max {
		bad.add("price_min", ReasonMinAboveMax, "the lower end is above the upper end")
		return nil
	}
	if out.Min == nil && out.Max == nil {
		return nil
	}
	return &out
}

func within[T int64 | float64](bad *QueryError, name string, v *T, low, high T) *T {
	if v == nil {
		return nil
	}
	f := float64(*v)
	if math.IsNaN(f) || cmp.Less(*v, low) || *v > high {
		bad.add(name, ReasonOutOfRange, fmt.Sprintf("%v to %v", low, high))
		return nil
	}
	n := *v
	if n == 0 {
		n = 0 // no negative zero
	}
	return &n
}
