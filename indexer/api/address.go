package api

import (
	"cmp"
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Names of a query's parts in an address.
const (
	paramVersion    = "v"
	paramKind       = "in"
	paramWords      = "q"
	paramGenre      = "genre"
	paramType       = "type"
	paramInstrument = "instrument"
	paramKey        = "key"
	paramTag        = "tag"
	paramProducer   = "producer"
	paramFormat     = "format"
	paramLicence    = "licence"
	paramPack       = "pack"
	paramTempoMin   = "tempo_min"
	paramTempoMax   = "tempo_max"
	paramHalfDouble = "half_double"
	paramPriceMin   = "price_min"
	paramPriceMax   = "price_max"
	paramLengthMin  = "length_min"
	paramLengthMax  = "length_max"
	paramAI         = "ai"
	paramSort       = "sort"
	paramSize       = "size"
	paramCursor     = "cursor"
	paramFacets     = "facets"
	paramKeyFits    = "key_fits"
	paramNot        = "not" // and not_genre, not_type …
	paramLike       = "like"
	paramNear       = "near"
	paramGroup      = "group"
	paramTyping     = "typing"
)

// ParseQuery reads a query from an address's parameters and returns it in canonical form. What stands in q is read as
// ParseLanguage does, and wins where another parameter says otherwise; values of a facet add up. Parameters it does not
// know are ignored, empty ones too (a form sends them). With a *QueryError the query still holds all that was right.
func ParseQuery(v url.Values) (Query, error) {
	box := readLanguage(v.Get(paramWords))
	bad, q := box.bad, box.query
	for _, f := range q.facets() {
		*f.values = append(*f.values, v[f.name]...)
	}
	for _, f := range q.Not.facets() {
		*f.values = append(*f.values, v[paramNot+"_"+f.name]...)
	}
	q.Not.Words = append(q.Not.Words, v[paramNot]...)
	q.Pack = cmp.Or(q.Pack, v.Get(paramPack))
	q.Like = cmp.Or(q.Like, v.Get(paramLike))
	if q.Tempo == nil {
		q.Tempo = &Range{Min: number(&bad, v, paramTempoMin), Max: number(&bad, v, paramTempoMax)}
		q.HalfDouble = v.Get(paramHalfDouble) == "1"
	}
	if q.Price == nil {
		q.Price = &Price{Min: amount(&bad, v, paramPriceMin), Max: amount(&bad, v, paramPriceMax)}
	}
	if q.Length == nil {
		q.Length = &Range{Min: number(&bad, v, paramLengthMin), Max: number(&bad, v, paramLengthMax)}
	}
	q.KeyFits = q.KeyFits || v.Get(paramKeyFits) == "1"
	q.NoAI = q.NoAI || v.Get(paramAI) == "no"
	q.ByPack = q.ByPack || v.Get(paramGroup) == groupPack
	q.Kind = cmp.Or(q.Kind, Kind(v.Get(paramKind)))
	if q.Sort == "" {
		q.Sort = Sort(v.Get(paramSort))
	}
	if near := number(&bad, v, paramNear); near != nil && q.Near == 0 {
		q.Near = *near
	}
	q.Cursor = v.Get(paramCursor)
	q.NoFacets = v.Get(paramFacets) == "no"
	q.Typing = v.Get(paramTyping) == "1"
	q.Version = whole(&bad, v, paramVersion)
	q.Size = whole(&bad, v, paramSize)
	out, err := q.Canonical()
	var more *QueryError
	if errors.As(err, &more) {
		bad.Fields = append(bad.Fields, box.placed(more.Fields)...)
	}
	return out, bad.orNil()
}

// groupPack is the one way in which results are grouped.
const groupPack = "pack"

// Values writes the query as an address's parameters; what is the default is left out.
func (q Query) Values() url.Values {
	v := url.Values{}
	set := func(name, value string, write bool) {
		if write {
			v.Set(name, value)
		}
	}
	set(paramVersion, strconv.Itoa(q.Version), q.Version != QueryVersion && q.Version != 0)
	set(paramKind, string(q.Kind), q.Kind != KindSounds && q.Kind != "")
	set(paramWords, q.Words, q.Words != "")
	list := func(name string, values []string) {
		if len(values) > 0 {
			v[name] = slices.Clone(values)
		}
	}
	for _, f := range q.facets() {
		list(f.name, *f.values)
	}
	if q.Not != nil {
		list(paramNot, q.Not.Words)
		for _, f := range q.Not.facets() {
			list(paramNot+"_"+f.name, *f.values)
		}
	}
	set(paramKeyFits, "1", q.KeyFits)
	set(paramLike, q.Like, q.Like != "")
	set(paramPack, q.Pack, q.Pack != "")
	if q.Tempo != nil {
		setNumber(v, paramTempoMin, q.Tempo.Min)
		setNumber(v, paramTempoMax, q.Tempo.Max)
	}
	set(paramHalfDouble, "1", q.HalfDouble)
	if q.Price != nil {
		setAmount(v, paramPriceMin, q.Price.Min)
		setAmount(v, paramPriceMax, q.Price.Max)
	}
	if q.Length != nil {
		setNumber(v, paramLengthMin, q.Length.Min)
		setNumber(v, paramLengthMax, q.Length.Max)
	}
	set(paramAI, "no", q.NoAI)
	set(paramSort, string(q.Sort), q.Sort != "" && q.Sort != q.standardSort())
	if q.Near != 0 {
		setNumber(v, paramNear, &q.Near)
	}
	set(paramGroup, groupPack, q.ByPack)
	set(paramSize, strconv.Itoa(q.Size), q.Size != DefaultSize && q.Size != 0)
	set(paramCursor, q.Cursor, q.Cursor != "")
	set(paramFacets, "no", q.NoFacets)
	set(paramTyping, "1", q.Typing)
	return v
}

func number(bad *QueryError, v url.Values, name string) *float64 {
	s := strings.TrimSpace(v.Get(name))
	if s == "" {
		return nil
	}
	f, ok := parseNumber(s)
	if !ok {
		bad.add(name, ReasonNotANumber, "this is not a number")
		return nil
	}
	return &f
}

func parseNumber(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func whole(bad *QueryError, v url.Values, name string) int {
	s := strings.TrimSpace(v.Get(name))
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		bad.add(name, ReasonNotANumber, "this is not a whole number")
		return 0
	}
	return n
}

func amount(bad *QueryError, v url.Values, name string) *int64 {
	s := strings.TrimSpace(v.Get(name))
	if s == "" {
		return nil
	}
	n, ok := parseAmount(s)
	if !ok {
		bad.add(name, ReasonNotANumber, notAPrice)
		return nil
	}
	return &n
}

const notAPrice = "write a price like 5 or 5.50"

// parseAmount reads a price as people write it, 5 or 5.50, into minor units.
func parseAmount(s string) (int64, bool) {
	major, minor, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if len(minor) > 2 || len(major) > 9 || major+minor == "" {
		return 0, false
	}
	digits := major + minor + "00"[len(minor):]
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

func setNumber(v url.Values, name string, f *float64) {
	if f != nil {
		v.Set(name, strconv.FormatFloat(*f, 'f', -1, 64))
	}
}

func setAmount(v url.Values, name string, n *int64) {
	if n != nil {
		v.Set(name, amountText(*n))
	}
}

func amountText(n int64) string {
	s := strconv.FormatInt(n/100, 10)
	if cents := n % 100; cents != 0 {
		s += "." + strconv.FormatInt(cents/10, 10) + strconv.FormatInt(cents%10, 10)
	}
	return s
}
