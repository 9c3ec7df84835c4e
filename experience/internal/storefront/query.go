package storefront

import (
	"errors"
	"net/url"
	"slices"
	"strconv"

	"crateful.dev/experience/api"
	indexer "crateful.dev/indexer/api"
)

// Parameters of a search address that are ours; the rest are the indexer's.
const (
	paramTonic  = "tonic"
	paramMode   = "mode"
	paramFits   = "fits"
	paramCursor = "cursor"
)

// known are the parameters that mean something. Others are not passed on into links.
var known = []string{
	"in", "q", "type", "genre", "instrument", "tag", "key", paramTonic, paramMode, paramFits, "tempo_min", "tempo_max", "half_double",
	"price", "price_min", "price_max", "producer", "length_min", "length_max", "format", "licence", "pack", "ai", "sort", "size", "facets", paramCursor,
}

// addressOf keeps what a search knows, and of that what is not empty: forms send empty fields.
func addressOf(query url.Values) url.Values {
	out := url.Values{}
	for _, name := range known {
		for _, value := range query[name] {
			if value != "" && !slices.Contains(out[name], value) {
				out.Add(name, value)
			}
		}
	}
	return out
}

// readQuery reads the page's address: the indexer's own parameters, and tonic, mode, fits and price as the filter form
// sends them. Problems are what was wrong and is left out.
func readQuery(address url.Values) (q indexer.Query, problems []string) {
	own := url.Values{}
	for name, values := range address {
		own[name] = values
	}
	problems = []string{}
	for _, tonic := range address[paramTonic] {
		if !slices.Contains(tonics, tonic) {
			problems = append(problems, "tonic: "+"this is not a key")
		}
	}
	if keys := keysOf(address[paramTonic], address[paramMode], address.Get(paramFits) == "1"); len(keys) > 0 {
		own["key"] = append(slices.Clone(own["key"]), keys...)
	}
	if bucket := address.Get("price"); bucket != "" {
		at := slices.IndexFunc(indexer.PriceBuckets(), func(b indexer.PriceBucket) bool { return b.Value == bucket })
		if at < 0 {
			problems = append(problems, "price: this range is not known")
		} else {
			setPrice(own, "price_min", indexer.PriceBuckets()[at].Price.Min)
			setPrice(own, "price_max", indexer.PriceBuckets()[at].Price.Max)
		}
	}
	q, err := indexer.ParseQuery(own)
	var bad *indexer.QueryError
	if errors.As(err, &bad) {
		for _, f := range bad.Fields {
			problems = append(problems, f.Name+": "+f.Detail)
		}
	}
	return q, problems
}

func setPrice(v url.Values, name string, minor *int64) {
	v.Del(name)
	if minor != nil {
		v.Set(name, strconv.FormatInt(*minor/100, 10)+"."+strconv.FormatInt(100+*minor%100, 10)[1:])
	}
}

// tonics in the order of a piano's keys.
var tonics = []string{"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"}

const (
	modeMajor = "major"
	modeMinor = "minor"
)

// keysOf spells out which keys are meant: no mode stands for both, no tonic for all of a mode. fits adds the relative
// key and the neighbours on the circle of fifths. All 24 keys are no filter at all.
func keysOf(wanted, modes []string, fits bool) []string {
	major, minor := slices.Contains(modes, modeMajor), slices.Contains(modes, modeMinor)
	if !major && !minor {
		major, minor = true, true
	}
	var steps []int
	for _, name := range wanted {
		if at := slices.Index(tonics, name); at >= 0 {
			steps = append(steps, at)
		}
	}
	if len(steps) == 0 {
		if major && minor {
			return nil
		}
		fits = false // all of a mode fits all of a mode
		for at := range tonics {
			steps = append(steps, at)
		}
	}
	var out []string
	add := func(step int, minor bool) {
		if key := keyOf(step, minor); !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	for _, step := range steps {
		for _, m := range []bool{false, true} {
			if (m && !minor) || (!m && !major) {
				continue
			}
			add(step, m)
			if fits {
				relative := step - 3
				if m {
					relative = step + 3
				}
				add(relative, !m)
				add(step+7, m)
				add(step-7, m)
			}
		}
	}
	if len(out) == 2*len(tonics) {
		return nil
	}
	return out
}

// keyOf is the key on a step above C as the index writes it.
func keyOf(step int, minor bool) string {
	name := tonics[(step+24)%12]
	if minor {
		name += "m"
	}
	normal, _ := indexer.NormalKey(name)
	return normal
}

// without is the address less one value of a parameter (all values when value is empty) and at its first page.
func without(address url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, values := range address {
		for _, v := range values {
			if k == paramCursor || (k == name && (value == "" || v == value)) {
				continue
			}
			out.Add(k, v)
		}
	}
	return out
}

// chips are the active filters, each with the address without it.
func chips(address url.Values, q indexer.Query) []api.Chip {
	out := []api.Chip{}
	for _, group := range []string{"type", "genre", "instrument", "tag", paramTonic, paramMode, "key", "producer", "format", "licence", "price", "pack"} {
		for _, value := range address[group] {
			out = append(out, api.Chip{Facet: group, Value: value, Label: value, Without: without(address, group, value).Encode()})
		}
	}
	ranged := func(facet, value string, params ...string) {
		rest := without(address, "", "")
		for _, name := range params {
			rest.Del(name)
		}
		out = append(out, api.Chip{Facet: facet, Value: value, Label: value, Without: rest.Encode()})
	}
	if q.Tempo != nil {
		ranged("tempo", ends(q.Tempo.Min, q.Tempo.Max), "tempo_min", "tempo_max", "half_double")
	}
	if q.Length != nil {
		ranged("length", ends(q.Length.Min, q.Length.Max), "length_min", "length_max")
	}
	if q.Price != nil && !address.Has("price") {
		ranged("price_range", minorEnds(q.Price), "price_min", "price_max")
	}
	if address.Get(paramFits) == "1" {
		ranged("fits", "1", paramFits)
	}
	if q.NoAI {
		ranged("ai", "no", "ai")
	}
	return out
}

// ends writes a range as "80-96", with nothing for an open end.
func ends(low, high *float64) string {
	text := func(f *float64) string {
		if f == nil {
			return ""
		}
		return strconv.FormatFloat(*f, 'f', -1, 64)
	}
	return text(low) + "-" + text(high)
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

// loosened is the address of a query that gives something up.
func loosened(address url.Values, l indexer.Loosen) string {
	switch l.Drop {
	case indexer.LoosenTempo, indexer.LoosenHalfDouble, indexer.LoosenKey, "not":
		return l.Query.Filter().Values().Encode()
	}
	out := without(address, l.Drop, "")
	drop := map[string][]string{
		"words":             {"q"},
		"tempo":             {"tempo_min", "tempo_max", "half_double"},
		indexer.FacetKey:    {paramTonic, paramMode, paramFits},
		indexer.FacetPrice:  {"price_min", "price_max"},
		indexer.FacetLength: {"length_min", "length_max"},
	}
	for _, name := range drop[l.Drop] {
		out.Del(name)
	}
	if l.Drop == "words" && l.Query.Words != "" {
		out.Set("q", l.Query.Words)
	}
	return out.Encode()
}
