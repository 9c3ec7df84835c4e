package elastic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/wire"
)

// queryFor is the query of all conditions, which also says how well the words fit if the plan orders by it.
func queryFor(p search.Plan, filters []search.Filter) object {
	conditions := conditionsOf(p, filters)
	if len(p.Words) == 0 || !slices.ContainsFunc(p.Order, func(o search.Order) bool { return o.Field == search.ByScore }) {
		return object{"bool": conditions}
	}
	conditions["should"] = scores(p)
	return object{"function_score": object{
		"query": object{"bool": conditions}, "boost_mode": "sum",
		"field_value_factor": object{"field": search.NumberFame, "factor": search.WeightFame, "missing": 0},
	}}
}

func conditionsOf(p search.Plan, filters []search.Filter) object {
	must := []object{term(fieldScope, p.Kind)}
	var not []object
	for _, f := range filters {
		if f.Not {
			not = append(not, condition(f))
		} else {
			must = append(must, condition(f))
		}
	}
	var asked []object
	for i, words := range p.Words {
		in := wordsIn(p.In, words, p.Prefix && i == len(p.Words)-1)
		if p.More != "" {
			in = append(in, wordsIn(p.More, words, p.Prefix && i == len(p.Words)-1)...)
		}
		asked = append(asked, anyOf(in))
	}
	if p.Missing > 0 && len(asked) > p.Missing {
		must = append(must, object{"bool": object{"should": asked, "minimum_should_match": len(asked) - p.Missing}})
	} else {
		must = append(must, asked...)
	}
	for _, words := range p.Not {
		for _, field := range p.Excluding() {
			not = append(not, wordsIn(field, words, false)...)
		}
	}
	q := object{"filter": must}
	if len(not) > 0 {
		q["must_not"] = not
	}
	return q
}

// scores are search.Plan.Score in Elasticsearch's words.
func scores(p search.Plan) []object {
	var out []object
	for i, words := range p.Words {
		prefix := p.Prefix && i == len(p.Words)-1
		var fields []object
		for _, f := range search.RankFields {
			typed := worth(anyOf(wordsIn(f.Field, words[:1], prefix)), f.Weight)
			if len(words) > 1 {
				other := worth(anyOf(wordsIn(f.Field, words[1:], prefix)), f.Weight*search.WeightSynonym)
				typed = object{"dis_max": object{"queries": []object{typed, other}}}
			}
			fields = append(fields, typed)
		}
		out = append(out, object{"dis_max": object{"queries": fields, "tie_breaker": search.WeightOthers}})
	}
	if len(p.Typed) > 0 {
		out = append(out, worth(term(search.TermWhole, strings.Join(p.Typed, " ")), search.WeightWhole))
	}
	if len(p.Typed) > 1 {
		out = append(out, worth(phraseQuery(search.TextName, search.Phrase{Words: p.Typed}), search.WeightInOrder))
	}
	return out
}

func worth(q object, score float64) object {
	return object{"constant_score": object{"filter": q, "boost": score}}
}

func anyOf(queries []object) object {
	if len(queries) == 1 {
		return queries[0]
	}
	return object{"bool": object{"should": queries, "minimum_should_match": 1}}
}

// wordsIn asks for any of the phrases in a field; single words make one condition.
func wordsIn(field string, words search.AnyOf, prefix bool) []object {
	var out []object
	var single []string
	for _, ph := range words {
		switch {
		case prefix:
			out = append(out, prefixQuery(field, ph))
		case len(ph.Words) == 1:
			single = append(single, ph.Words[0])
		default:
			out = append(out, phraseQuery(field, ph))
		}
	}
	switch len(single) {
	case 0:
	case 1:
		out = append(out, term(field, single[0]))
	default:
		out = append(out, object{"terms": object{field: single}})
	}
	return out
}

func phraseQuery(field string, ph search.Phrase) object {
	switch {
	case len(ph.Words) == 1:
		return term(field, ph.Words[0])
	case ph.Apart:
		return object{"bool": object{"filter": terms(field, ph.Words)}}
	}
	return object{"match_phrase": object{field: strings.Join(ph.Words, " ")}}
}

func prefixQuery(field string, ph search.Phrase) object {
	last := len(ph.Words) - 1
	all := append(terms(field, ph.Words[:last]), object{"prefix": object{field: object{"value": ph.Words[last]}}})
	return object{"bool": object{"filter": all}}
}

func terms(field string, words []string) []object {
	var out []object
	for _, w := range words {
		out = append(out, term(field, w))
	}
	return out
}

func term(field, value string) object { return object{"term": object{field: value}} }

func condition(f search.Filter) object {
	if len(f.Ranges) > 0 {
		var any []object
		for _, s := range f.Ranges {
			r := object{}
			if s.Min != nil {
				r["gte"] = *s.Min
			}
			if s.Max != nil {
				r["lte"] = *s.Max
			}
			any = append(any, object{"range": object{f.Field: r}})
		}
		return anyOf(any)
	}
	if f.Begin != "" {
		return object{"prefix": object{f.Field: f.Begin}}
	}
	if !f.All {
		return object{"terms": object{f.Field: f.Terms}}
	}
	var all []object
	for _, t := range f.Terms {
		all = append(all, term(f.Field, t))
	}
	return object{"bool": object{"filter": all}}
}

// bodies are the requests of one search: the hits; the facets that the query does not filter by, together; and each of
// the others on its own, under the conditions of the others. Counting apart from the hits lets Elasticsearch keep counts
// until the next write, and a facet that ignores its own condition makes nothing else look at more documents.
func bodies(p search.Plan) ([]object, error) {
	hits, err := hitsBody(p)
	if err != nil {
		return nil, err
	}
	out := []object{hits}
	together := object{}
	for _, f := range p.Facets {
		filters, fewer := p.FiltersFor(f.Facet)
		if fewer {
			out = append(out, countsBody(p, filters, object{f.Facet: counts(f)}))
		} else {
			together[f.Facet] = counts(f)
		}
	}
	if len(together) > 0 {
		out = append(out, countsBody(p, p.Filters, together))
	}
	return out, nil
}

func countsBody(p search.Plan, filters []search.Filter, aggs object) object {
	p.Order = nil // counts need no scores
	return object{"size": 0, "track_total_hits": false, "timeout": "5s", "query": queryFor(p, filters), "aggs": aggs}
}

func counts(f search.FacetPlan) object {
	terms := object{"field": f.Field, "size": f.Size, "order": []object{{"_count": "desc"}, {"_key": "asc"}}}
	if f.Prefix != "" {
		terms["include"] = literal(f.Prefix) + ".*"
	}
	return object{"terms": terms}
}

func hitsBody(p search.Plan) (object, error) {
	out := object{
		"size": p.Size, "track_total_hits": !p.Uncounted, "timeout": "5s",
		"query": queryFor(p, p.Filters), "sort": sortFor(p), "_source": []string{fieldRow},
	}
	if p.Grouped && p.Size > 0 {
		group(out, p)
	}
	if len(p.After) == 0 {
		return out, nil
	}
	if len(p.After) != len(p.Order)+1 {
		return nil, search.ErrBadCursor
	}
	after := make([]any, len(p.After))
	for i, v := range p.After {
		after[i] = v
		if i < len(p.Order) && p.Order[i].Numeric() {
			after[i] = json.Number(v)
		}
	}
	out["search_after"] = after
	return out, nil
}

func sortFor(p search.Plan) []object {
	sort := []object{}
	for _, o := range p.Order {
		direction := "asc"
		if o.Desc {
			direction = "desc"
		}
		by := object{"order": direction}
		switch {
		case o.Near != 0:
			sort = append(sort, object{"_script": object{"type": "number", "order": direction, "script": nearest(o)}})
			continue
		case o.Field != search.ByScore:
			by["missing"] = "_last"
		}
		sort = append(sort, object{o.Field: by})
	}
	return append(sort, object{fieldID: object{"order": "asc"}})
}

// nearest computes how far the nearest of a field's values is from a number.
func nearest(o search.Order) object {
	return object{
		"lang": "painless", "params": object{"near": o.Near, "field": o.Field, "unknown": search.Unknown},
		"source": "double least = params.unknown; for (double v : doc[params.field]) { least = Math.min(least, Math.abs(v - params.near)) } return least",
	}
}

// Names of what a grouped answer carries.
const (
	aggGroups  = "groups"
	hitsOfPack = "of_pack"
)

// group asks for one hit per pack, with those that follow it inside.
func group(out object, p search.Plan) {
	out["from"] = p.From
	out["collapse"] = object{
		"field": search.TermPack,
		"inner_hits": object{
			"name": hitsOfPack, "size": api.GroupSounds, "sort": out["sort"], "_source": []string{fieldRow},
		},
	}
	out["aggs"] = object{aggGroups: object{"cardinality": object{"field": search.TermPack, "precision_threshold": 4 * api.MaxGroups}}}
}

// literal quotes what Lucene's regular expressions read as operators.
func literal(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`.?+*|{}[]()"\#@&<>~^$-`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sortValue writes one sort value as a cursor holds it.
func sortValue(raw json.RawMessage, o search.Order) (string, error) {
	if o.Numeric() {
		return string(raw), nil
	}
	var s string
	if err := wire.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("read sort value: %w", err)
	}
	return s, nil
}
