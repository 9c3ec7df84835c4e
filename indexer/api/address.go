package api

import (
	"errors"
	"math"
	"net/url"
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
)

// ParseQuery reads a query from an address's parameters and returns it in canonical form. Parameters it does not
// know are ignored, empty ones too (a form sends them). With a *QueryError the query still holds all that was right.
func ParseQuery(v url.Values) (Query, error) {
	bad := &QueryError{}
	q := Query{
		Kind: Kind(v.Get(paramKind)), Words: v.Get(paramWords),
		Genres: v[paramGenre], Types: v[paramType], Instruments: v[paramInstrument], Keys: v[paramKey],
		Tags: v[paramTag], Producers: v[paramProducer], Formats: v[paramFormat], Licences: v[paramLicence],
		Pack:       v.Get(paramPack),
		Tempo:      &Range{Min: number(bad, v, paramTempoMin), Max: number(bad, v, paramTempoMax)},
		HalfDouble: v.Get(paramHalfDouble) == "1",
		Price:      &Price{Min: amount(bad, v, paramPriceMin), Max: amount(bad, v, paramPriceMax)},
		Length:     &Range{Min: number(bad, v, paramLengthMin), Max: number(bad, v, paramLengthMax)},
		NoAI:       v.Get(paramAI) == "no",
		Sort:       Sort(v.Get(paramSort)),
		Cursor:     v.Get(paramCursor),
		NoFacets:   v.Get(paramFacets) == "no",
		Version:    whole(bad, v, paramVersion),
		Size:       whole(bad, v, paramSize),
	}
	out, err := q.Canonical()
	var more *QueryError
	if errors.As(err, &more) {
		bad.Fields = append(bad.Fields, more.Fields...)
	}
	return out, bad.orNil()
}

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
	for name, values := range map[string][]string{
		paramGenre: q.Genres, paramType: q.Types, paramInstrument: q.Instruments, paramKey: q.Keys, paramTag: q.Tags,
		paramProducer: q.Producers, paramFormat: q.Formats, paramLicence: q.Licences,
	} {
		if len(values) > 0 {
			v[name] = append([]string(nil), values...)
		}
	}
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
	defaultSort := SortRelevance
	if q.Words == "" {
		defaultSort = SortPopular
	}
	set(paramSort, string(q.Sort), q.Sort != "" && q.Sort != defaultSort)
	set(paramSize, strconv.Itoa(q.Size), q.Size != DefaultSize && q.Size != 0)
	set(paramCursor, q.Cursor, q.Cursor != "")
	set(paramFacets, "no", q.NoFacets)
	return v
}

func number(bad *QueryError, v url.Values, name string) *float64 {
	s := strings.TrimSpace(v.Get(name))
	if s == "" {
		return nil
	}
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		bad.add(name, "not_a_number", "this is not a number")
		return nil
	}
	return &f
}

func whole(bad *QueryError, v url.Values, name string) int {
	s := strings.TrimSpace(v.Get(name))
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		bad.add(name, "not_a_number", "this is not a whole number")
		return 0
	}
	return n
}

// amount reads a price as people write it, 5 or 5.50, into minor units.
func amount(bad *QueryError, v url.Values, name string) *int64 {
	s := strings.TrimSpace(v.Get(name))
	if s == "" {
		return nil
	}
	major, minor, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if len(minor) > 2 || len(major) > 9 || major+minor == "" {
		bad.add(name, "not_a_number", "write a price like 5 or 5.50")
		return nil
	}
	digits := major + minor + "00"[len(minor):]
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		bad.add(name, "not_a_number", "write a price like 5 or 5.50")
		return nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		bad.add(name, "not_a_number", "write a price like 5 or 5.50")
		return nil
	}
	return &n
}

func setNumber(v url.Values, name string, f *float64) {
	if f != nil {
		v.Set(name, strconv.FormatFloat(*f, 'f', -1, 64))
	}
}

func setAmount(v url.Values, name string, n *int64) {
	if n == nil {
		return
	}
	s := strconv.FormatInt(*n/100, 10)
	if cents := *n % 100; cents != 0 {
		s += "." + strconv.FormatInt(cents/10, 10) + strconv.FormatInt(cents%10, 10)
	}
	v.Set(name, s)
}
