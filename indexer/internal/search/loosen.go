package search

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"crateful.dev/indexer/api"
)

// maxLoosenWords is up to how many words are tried without each.
const maxLoosenWords = 4

// loosen counts what the query would find without each of its conditions, best first.
func (s *Searcher) loosen(ctx context.Context, q api.Query) ([]api.Loosen, error) {
	tries := loosened(q)
	if len(tries) == 0 {
		return nil, nil
	}
	kind, in := KindSound, TextAll
	switch q.Kind {
	case api.KindPacks:
		kind = KindPack
	case api.KindProducers:
		kind, in = KindPack, TextProducer
	}
	plans := make([]Plan, len(tries))
	for i, t := range tries {
		plans[i] = PlanFor(t.Query, kind)
		plans[i].In = in
	}
	counts, err := s.backend.Count(ctx, plans)
	if err != nil {
		return nil, err
	}
	var out []api.Loosen
	for i, t := range tries {
		if counts[i] > 0 {
			t.Count = counts[i]
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b api.Loosen) int { return cmp.Compare(b.Count, a.Count) })
	return out, nil
}

// loosened lists the query without each of its conditions.
func loosened(q api.Query) []api.Loosen {
	var out []api.Loosen
	try := func(active bool, drop string, change func(q *api.Query)) {
		if !active {
			return
		}
		without := q
		change(&without)
		if without, err := without.Canonical(); err == nil {
			out = append(out, api.Loosen{Drop: drop, Query: without})
		}
	}
	try(q.Words != "", "words", func(q *api.Query) { q.Words = "" })
	try(len(q.Genres) > 0, api.FacetGenre, func(q *api.Query) { q.Genres = nil })
	try(len(q.Types) > 0, api.FacetType, func(q *api.Query) { q.Types = nil })
	try(len(q.Instruments) > 0, api.FacetInstrument, func(q *api.Query) { q.Instruments = nil })
	try(len(q.Keys) > 0, api.FacetKey, func(q *api.Query) { q.Keys = nil })
	try(len(q.Tags) > 0, api.FacetTag, func(q *api.Query) { q.Tags = nil })
	try(len(q.Producers) > 0, api.FacetProducer, func(q *api.Query) { q.Producers = nil })
	try(len(q.Formats) > 0, api.FacetFormat, func(q *api.Query) { q.Formats = nil })
	try(len(q.Licences) > 0, api.FacetLicence, func(q *api.Query) { q.Licences = nil })
	try(q.Tempo != nil, facetTempo, func(q *api.Query) { q.Tempo = nil })
	try(q.Price != nil, api.FacetPrice, func(q *api.Query) { q.Price = nil })
	try(q.Length != nil, api.FacetLength, func(q *api.Query) { q.Length = nil })
	try(q.Pack != "", facetPack, func(q *api.Query) { q.Pack = "" })
	try(q.NoAI, facetAI, func(q *api.Query) { q.NoAI = false })
	words := strings.Fields(q.Words)
	if len(words) < 2 || len(words) > maxLoosenWords {
		return out
	}
	for i, w := range words {
		without := q
		without.Words = strings.Join(slices.Delete(slices.Clone(words), i, i+1), " ")
		out = append(out, api.Loosen{Drop: "words", Value: w, Query: without})
	}
	return out
}
