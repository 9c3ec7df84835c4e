package search

import (
	"slices"
	"strings"

	"crateful.dev/indexer/api"
)

// Standing is a set of queries that documents are matched with as they come: saved searches. Each query waits under terms of
// which a document must have one to be found by it, so that a document meets few of very many queries. What is found is what
// Matches finds. It is not safe for concurrent use.
type Standing struct {
	plans map[string]*Plan
	under map[term][]string // ids of queries
	rest  []string          // ids of queries that no term stands for: ranges alone
}

// term is a value of a field.
type term struct{ field, value string }

// NewStanding returns an empty set.
func NewStanding() *Standing { return &Standing{plans: map[string]*Plan{}, under: map[term][]string{}} }

// Len is how many queries there are.
func (s *Standing) Len() int { return len(s.plans) }

// Add takes a canonical query of sounds or packs under an id that is not there yet. One that is not Standing finds nothing.
func (s *Standing) Add(id string, q api.Query) {
	if !q.Standing() {
		return
	}
	kind := KindSound
	if q.Kind != api.KindSounds {
		kind = KindPack
	}
	q = q.Filter()
	q.NoFacets = true
	p := PlanFor(q, kind)
	s.plans[id] = &p
	terms := p.needed()
	if len(terms) == 0 {
		s.rest = append(s.rest, id)
	}
	for _, t := range terms {
		s.under[t] = append(s.under[t], id)
	}
}

// Remove takes a query out.
func (s *Standing) Remove(id string) {
	p, ok := s.plans[id]
	if !ok {
		return
	}
	delete(s.plans, id)
	is := func(other string) bool { return other == id }
	s.rest = slices.DeleteFunc(s.rest, is)
	for _, t := range p.needed() {
		if s.under[t] = slices.DeleteFunc(s.under[t], is); len(s.under[t]) == 0 {
			delete(s.under, t)
		}
	}
}

// Match returns the ids of the queries that find the document, sorted.
func (s *Standing) Match(d Document) []string {
	if d.Gone || len(s.plans) == 0 {
		return nil
	}
	maybe := slices.Clone(s.rest)
	for field, values := range d.Terms {
		for _, v := range values {
			maybe = append(maybe, s.under[term{field, v}]...)
		}
	}
	words := make(map[string][]string, len(d.Text))
	for field, text := range d.Text {
		words[field] = strings.Fields(text)
		for _, word := range words[field] {
			maybe = append(maybe, s.under[term{field, word}]...)
		}
	}
	slices.Sort(maybe)
	maybe = slices.Compact(maybe)
	in := func(field string) []string { return words[field] }
	return slices.DeleteFunc(maybe, func(id string) bool { return !s.plans[id].matches(d, in) })
}

// needed are terms of which every document that the plan finds has one: of the typed words, which say most, or else of the
// condition with the fewest values.
func (p Plan) needed() []term {
	var out []term
	for _, group := range p.Words {
		var terms []term
		for _, phrase := range group {
			if len(phrase.Words) == 0 {
				return nil
			}
			terms = append(terms, term{p.In, longest(phrase)})
			if p.More != "" {
				terms = append(terms, term{p.More, longest(phrase)})
			}
		}
		if out == nil || len(terms) < len(out) {
			out = terms
		}
	}
	if out != nil {
		return distinct(out)
	}
	for _, f := range p.Filters {
		if f.Not {
			continue
		}
		terms := make([]term, len(f.Terms))
		for i, value := range f.Terms {
			terms[i] = term{f.Field, value}
		}
		if f.All && len(terms) > 1 {
			terms = terms[:1]
		}
		if len(f.Ranges) == 0 && len(terms) > 0 && (out == nil || len(terms) < len(out)) {
			out = terms
		}
	}
	return distinct(out)
}

func longest(phrase Phrase) string {
	return slices.MaxFunc(phrase.Words, func(a, b string) int { return len(a) - len(b) })
}

func distinct(terms []term) []term {
	slices.SortFunc(terms, func(a, b term) int { return strings.Compare(a.field+"\n"+a.value, b.field+"\n"+b.value) })
	return slices.Compact(terms)
}
