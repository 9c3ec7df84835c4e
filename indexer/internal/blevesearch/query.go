package blevesearch

import (
	"strconv"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"crateful.dev/indexer/internal/search"
)

// boosts say how much more a word weighs in a field than somewhere in the document.
var boosts = []struct {
	field string
	boost float64
}{
	{search.TextName, 4}, {search.TextAbout, 2}, {search.TextPack, 1.5}, {search.TextProducer, 1.5},
}

func queryFor(p search.Plan, filters []search.Filter) query.Query {
	conditions := []query.Query{term(fieldScope, p.Kind)}
	for _, f := range filters {
		conditions = append(conditions, condition(f)...)
	}
	if len(p.Words) == 0 {
		return bleve.NewConjunctionQuery(conditions...)
	}
	q := bleve.NewBooleanQuery()
	for i, g := range p.Words {
		q.AddMust(wordsQuery(p, g, p.Prefix && i == len(p.Words)-1))
	}
	q.AddFilter(bleve.NewConjunctionQuery(conditions...))
	return q
}

func wordsQuery(p search.Plan, g search.Group, prefix bool) query.Query {
	var any []query.Query
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
	return bleve.NewDisjunctionQuery(any...)
}

func phraseQuery(field string, ph search.Phrase, boost float64) query.Query {
	if len(ph) == 1 {
		t := term(field, ph[0])
		t.SetBoost(boost)
		return t
	}
	q := bleve.NewPhraseQuery(ph, field)
	q.SetBoost(boost)
	return q
}

// prefixQuery finds the complete words anywhere in the field: bleve has no phrase that ends in a prefix.
func prefixQuery(field string, ph search.Phrase) query.Query {
	last := len(ph) - 1
	begins := bleve.NewPrefixQuery(ph[last])
	begins.SetField(field)
	all := []query.Query{begins}
	for _, w := range ph[:last] {
		all = append(all, term(field, w))
	}
	return bleve.NewConjunctionQuery(all...)
}

func term(field, value string) *query.TermQuery {
	t := bleve.NewTermQuery(value)
	t.SetField(field)
	return t
}

func condition(f search.Filter) []query.Query {
	var out []query.Query
	for _, t := range f.Terms {
		out = append(out, term(f.Field, t))
	}
	inside := true
	for _, s := range f.Ranges {
		r := bleve.NewNumericRangeInclusiveQuery(s.Min, s.Max, &inside, &inside)
		r.SetField(f.Field)
		out = append(out, r)
	}
	if f.All || len(out) == 1 {
		return out
	}
	return []query.Query{bleve.NewDisjunctionQuery(out...)}
}

func orderFor(order []search.Order) bsearch.SortOrder {
	var out bsearch.SortOrder
	for _, o := range order {
		switch {
		case o.Field == search.ByScore:
			out = append(out, &bsearch.SortScore{Desc: o.Desc})
		case o.Numeric():
			out = append(out, &bsearch.SortField{Field: o.Field, Desc: o.Desc, Type: bsearch.SortFieldAsNumber, Missing: bsearch.SortFieldMissingLast})
		default:
			out = append(out, &bsearch.SortField{Field: o.Field, Desc: o.Desc, Type: bsearch.SortFieldAsString, Missing: bsearch.SortFieldMissingLast})
		}
	}
	return append(out, byID())
}

func byID() bsearch.SearchSort {
	return &bsearch.SortField{Field: fieldID, Type: bsearch.SortFieldAsString, Missing: bsearch.SortFieldMissingLast}
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
