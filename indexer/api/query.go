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

// Orders. SortRelevance is the default with words and means SortPopular without.
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
)

// Sorts lists all orders.
var Sorts = []Sort{
	SortRelevance, SortPopular, SortNewest, SortCheapest, SortDearest,
	SortSlowest, SortFastest, SortShortest, SortLongest, SortName,
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
	maxCursor   = 2_048
)

// Query is one search as a value: a page's facets, typed words and a saved search are forms of it.
// Values of one facet are alternatives, but Tags must all be there; different facets must all hold.
// A pack holds a facet's value when any of its sounds does.
type Query struct {
	Version     int      `json:"v"`
	Kind        Kind     `json:"kind"`
	Words       string   `json:"words,omitempty"`
	Genres      []string `json:"genres,omitempty"` // slugs
	Types       []string `json:"types,omitempty"`  // loop, one-shot
	Instruments []string `json:"instruments,omitempty"`
	Keys        []string `json:"keys,omitempty"` // as NormalKey writes them
	Tags        []string `json:"tags,omitempty"`
	Producers   []string `json:"producers,omitempty"` // handles
	Formats     []string `json:"formats,omitempty"`
	Licences    []string `json:"licences,omitempty"`
	Pack        string   `json:"pack,omitempty"`        // sounds of this pack id only
	Tempo       *Range   `json:"tempo,omitempty"`       // beats per minute
	HalfDouble  bool     `json:"half_double,omitempty"` // half and double of Tempo count too
	Price       *Price   `json:"price,omitempty"`       // of the sound, or of its pack when sold only whole
	Length      *Range   `json:"length,omitempty"`      // seconds
	NoAI        bool     `json:"no_ai,omitempty"`       // only what was made without AI
	Sort        Sort     `json:"sort"`
	Size        int      `json:"size"`
	Cursor      string   `json:"cursor,omitempty"`
	NoFacets    bool     `json:"no_facets,omitempty"` // rows only: no facets, histogram or totals of the other tabs
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
	Name   string // as in the address: tempo_min, key …
	Reason string // stable: too_long, too_many, not_a_number, out_of_range, unknown, min_above_max
	Detail string
}

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
		bad.add("v", "unknown", fmt.Sprintf("query version %d is not known", q.Version))
		q.Version = QueryVersion
	}
	switch q.Kind {
	case KindSounds, KindPacks, KindProducers:
	case "":
		q.Kind = KindSounds
	default:
		bad.add("in", "unknown", "search in sounds, packs or producers")
		q.Kind = KindSounds
	}
	q.Words = strings.Join(strings.Fields(visible(q.Words)), " ")
	if utf8.RuneCountInString(q.Words) > MaxWords {
		bad.add("q", "too_long", fmt.Sprintf("at most %d characters", MaxWords))
		q.Words = strings.TrimSpace(string([]rune(q.Words)[:MaxWords]))
	}
	q.Genres = canonicalValues(bad, "genre", q.Genres, slug)
	q.Types = canonicalValues(bad, "type", q.Types, slug)
	q.Instruments = canonicalValues(bad, "instrument", q.Instruments, slug)
	q.Tags = canonicalValues(bad, "tag", q.Tags, slug)
	q.Producers = canonicalValues(bad, "producer", q.Producers, func(s string) (string, bool) {
		return slug(strings.TrimPrefix(strings.TrimSpace(s), "@"))
	})
	q.Formats = canonicalValues(bad, "format", q.Formats, slug)
	q.Licences = canonicalValues(bad, "licence", q.Licences, slug)
	q.Keys = canonicalValues(bad, "key", q.Keys, NormalKey)
	q.Pack = first(canonicalValues(bad, "pack", nonEmpty(q.Pack), slug))
	q.Tempo = canonicalRange(bad, "tempo", q.Tempo, MaxTempo)
	q.Length = canonicalRange(bad, "length", q.Length, MaxLength)
	q.Price = canonicalPrice(bad, q.Price)
	if q.Tempo == nil {
		q.HalfDouble = false
	}
	if q.Sort == "" {
		q.Sort = SortRelevance
	}
	if !slices.Contains(Sorts, q.Sort) {
		bad.add("sort", "unknown", "this order is not known")
		q.Sort = SortRelevance
	}
	if q.Sort == SortRelevance && q.Words == "" {
		q.Sort = SortPopular
	}
	switch {
	case q.Size == 0:
		q.Size = DefaultSize
	case q.Size < 0 || q.Size > MaxSize:
		bad.add("size", "out_of_range", fmt.Sprintf("1 to %d", MaxSize))
		q.Size = DefaultSize
	}
	if len(q.Cursor) > maxCursor || strings.ContainsFunc(q.Cursor, func(r rune) bool { return r < '-' || r > 'z' }) {
		bad.add("cursor", "unknown", "this is not a cursor")
		q.Cursor = ""
	}
	return q, bad.orNil()
}

// Filter is the query without what only says which part of the results to show: the identity of a saved search.
func (q Query) Filter() Query {
	q.Cursor, q.Size, q.NoFacets = "", DefaultSize, false
	return q
}

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

func canonicalValues(bad *QueryError, name string, values []string, form func(string) (string, bool)) []string {
	var out []string
	for _, raw := range values {
		if strings.TrimSpace(visible(raw)) == "" {
			continue // an empty form field
		}
		if utf8.RuneCountInString(raw) > MaxValue {
			bad.add(name, "too_long", fmt.Sprintf("at most %d characters", MaxValue))
			continue
		}
		v, ok := form(raw)
		if !ok || utf8.RuneCountInString(v) > MaxValue { // lower case can be longer
			bad.add(name, "unknown", "this value is not known")
			continue
		}
		out = append(out, v)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > MaxValues {
		bad.add(name, "too_many", fmt.Sprintf("at most %d values", MaxValues))
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
		bad.add(name+"_min", "min_above_max", "the lower end is above the upper end")
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
		bad.add("price_min", "min_above_max", "the lower end is above the upper end")
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
		bad.add(name, "out_of_range", fmt.Sprintf("%v to %v", low, high))
		return nil
	}
	n := *v
	if n == 0 {
		n = 0 // no negative zero
	}
	return &n
}
