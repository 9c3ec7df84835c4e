package blevesearch

import (
	"strconv"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"crateful.dev/indexer/internal/search"
)

func queryFor(p search.Plan, filters []search.Filter) query.Query {
	conditions := []query.Query{term(fieldScope, p.Kind)}
	var unwanted []query.Query
	for _, f := range filters {
		if f.Not {
			unwanted = append(unwanted, condition(f)...)
		} else {
			conditions = append(conditions, condition(f)...)
		}
	}
	var asked []query.Query
	for i, words := range p.Words {
		in := wordsIn(p.In, words, p.Prefix && i == len(p.Words)-1)
		if p.More != "" {
			in = append(in, wordsIn(p.More, words, p.Prefix && i == len(p.Words)-1)...)
		}
		asked = append(asked, bleve.NewDisjunctionQuery(in...))
	}
	if p.Missing > 0 && len(asked) > p.Missing {
		most := bleve.NewDisjunctionQuery(asked...)
		most.SetMin(float64(len(asked) - p.Missing))
		asked = []query.Query{most}
	}
	conditions = append(conditions, asked...)
	for _, words := range p.Not {
		for _, field := range p.Excluding() {
			unwanted = append(unwanted, wordsIn(field, words, false)...)
		}
	}
	if len(unwanted) == 0 {
		return bleve.NewConjunctionQuery(conditions...)
	}
	q := bleve.NewBooleanQuery()
	q.AddMust(conditions...)
	q.AddMustNot(unwanted...)
	return q
}

func wordsIn(field string, words search.AnyOf, prefix bool) []query.Query {
	var out []query.Query
	for _, ph := range words {
		if prefix {
			out = append(out, prefixQuery(field, ph))
		} else {
			out = append(out, phraseQuery(field, ph))
		}
	}
	return out
}

func phraseQuery(field string, ph search.Phrase) query.Query {
	switch {
	case len(ph.Words) == 1:
		return term(field, ph.Words[0])
	case ph.Apart:
		return bleve.NewConjunctionQuery(terms(field, ph.Words)...)
	}
	return bleve.NewPhraseQuery(ph.Words, field)
}

// prefixQuery finds the complete words anywhere in the field: bleve has no phrase that ends in a prefix.
func prefixQuery(field string, ph search.Phrase) query.Query {
	last := len(ph.Words) - 1
	begins := bleve.NewPrefixQuery(ph.Words[last])
	begins.SetField(field)
	return bleve.NewConjunctionQuery(append(terms(field, ph.Words[:last]), begins)...)
}

func terms(field string, words []string) []query.Query {
	var out []query.Query
	for _, w := range words {
		out = append(out, term(field, w))
	}
	return out
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
	if f.Begin != "" {
		begins := bleve.NewPrefixQuery(f.Begin)
		begins.SetField(f.Field)
		out = append(out, begins)
	}
	inside := true
	for _, s := range f.Ranges {
		r := bleve.NewNumericRangeInclusiveQuery(s.Min, s.Max, &inside, &inside)
		r.SetField(f.Field)
		out = append(out, r)
	}
	if f.All || f.Not || len(out) == 1 {
		return out
	}
	return []query.Query{bleve.NewDisjunctionQuery(out...)}
}

func orderFor(p search.Plan) bsearch.SortOrder {
	var out bsearch.SortOrder
	for _, o := range p.Order {
		switch {
		case o.Field == search.ByScore:
			out = append(out, byScore(p, o.Desc))
		case o.Near != 0:
			out = append(out, byNearness(o))
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
