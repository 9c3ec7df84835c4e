package elastic

import (
	"encoding/json"
	"fmt"
	"strings"

	"crateful.dev/indexer/internal/search"
)

// boosts say how much more a word weighs in a field than somewhere in the document.
var boosts = []struct {
	field string
	boost float64
}{
	{search.TextName, 4}, {search.TextAbout, 2}, {search.TextPack, 1.5}, {search.TextProducer, 1.5},
}

// queryFor is the query of all conditions.
func queryFor(p search.Plan, filters []search.Filter) object {
	conditions := []object{term(fieldScope, p.Kind)}
	for _, f := range filters {
		conditions = append(conditions, condition(f))
	}
	q := object{"filter": conditions}
	var must []object
	for i, g := range p.Words {
		must = append(must, wordsQuery(p, g, p.Prefix && i == len(p.Words)-1))
	}
	if len(must) > 0 {
		q["must"] = must
	}
	return object{"bool": q}
}

func anyOf(queries []object) object {
	if len(queries) == 1 {
		return queries[0]
	}
	return object{"bool": object{"should": queries, "minimum_should_match": 1}}
}

func wordsQuery(p search.Plan, g search.Group, prefix bool) object {
	var any []object
	for _, ph := range g {
		if prefix {
			any = append(any, prefixQuery(p.In, ph))
			continue
		}
		any = append(any, phraseQuery(p.In, ph, 1))
		if p.In != search.TextAll || len(ph) > 1 {
			continue
		}
		for _, b := range boosts {
			any = append(any, phraseQuery(b.field, ph, b.boost))
		}
	}
	return anyOf(any)
}

func phraseQuery(field string, ph search.Phrase, boost float64) object {
	if len(ph) == 1 {
		return object{"term": object{field: object{"value": ph[0], "boost": boost}}}
	}
	return object{"match_phrase": object{field: object{"query": strings.Join(ph, " "), "boost": boost}}}
}

func prefixQuery(field string, ph search.Phrase) object {
	last := len(ph) - 1
	all := []object{{"prefix": object{field: object{"value": ph[last]}}}}
	for _, w := range ph[:last] {
		all = append(all, term(field, w))
	}
	return object{"bool": object{"must": all}}
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
	if !f.All {
		return object{"terms": object{f.Field: f.Terms}}
	}
	var all []object
	for _, t := range f.Terms {
		all = append(all, term(f.Field, t))
	}
	return object{"bool": object{"filter": all}}
}

// body is the whole search request. Conditions that a facet must ignore become a post_filter, and each facet counts
// under those of the others.
func body(p search.Plan) (object, error) {
	var always, later []search.Filter
	counted := map[string]bool{}
	for _, f := range p.Facets {
		counted[f.Facet] = true
	}
	for _, f := range p.Filters {
		if counted[f.Facet] && !f.All {
			later = append(later, f)
		} else {
			always = append(always, f)
		}
	}
	out := object{
		"size": p.Size, "track_total_hits": true, "timeout": "5s",
		"query": queryFor(p, always), "_source": []string{fieldRow},
	}
	if len(later) > 0 {
		out["post_filter"] = allOf(later)
	}
	sort := []object{}
	for _, o := range p.Order {
		direction := "asc"
		if o.Desc {
			direction = "desc"
		}
		by := object{"order": direction}
		if o.Field != search.ByScore {
			by["missing"] = "_last"
		}
		sort = append(sort, object{o.Field: by})
	}
	out["sort"] = append(sort, object{fieldID: object{"order": "asc"}})
	if len(p.After) > 0 {
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
	}
	aggs := object{}
	for _, f := range p.Facets {
		terms := object{"field": f.Field, "size": f.Size, "order": []object{{"_count": "desc"}, {"_key": "asc"}}}
		if f.Prefix != "" {
			terms["include"] = literal(f.Prefix) + ".*"
		}
		var others []search.Filter
		for _, l := range later {
			if l.Facet != f.Facet {
				others = append(others, l)
			}
		}
		agg := object{"terms": terms}
		if len(others) > 0 {
			agg = object{"filter": allOf(others), "aggs": object{"v": agg}}
		}
		aggs[f.Facet] = agg
	}
	if len(aggs) > 0 {
		out["aggs"] = aggs
	}
	return out, nil
}

func allOf(filters []search.Filter) object {
	var all []object
	for _, f := range filters {
		all = append(all, condition(f))
	}
	return object{"bool": object{"filter": all}}
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
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("read sort value: %w", err)
	}
	return s, nil
}
