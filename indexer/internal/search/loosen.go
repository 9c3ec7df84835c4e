package search

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/indexer/api"
)

// maxLoosenWords is up to how many words are tried without each.
const maxLoosenWords = 4

// dropNot is the condition of exclusions.
const dropNot = "not"

// loosen counts what the query would find without each of its conditions, best first.
func (s *Searcher) loosen(ctx context.Context, q api.Query) ([]api.Loosen, error) {
	tries := loosened(q)
	if len(tries) == 0 {
		return nil, nil
	}
	plans := make([]Plan, len(tries))
	for i, t := range tries {
		plans[i] = countPlan(t.Query)
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

// countPlan finds what a query's total counts, with producers by their packs.
func countPlan(q api.Query) Plan {
	switch q.Kind {
	case api.KindPacks:
		return PlanFor(q, KindPack)
	case api.KindProducers:
		return PlanFor(q, KindPack).named(TextProducer)
	}
	return PlanFor(q, KindSound)
}

// loosened lists the query without each of its conditions, and with those that can be wider made so.
func loosened(q api.Query) []api.Loosen {
	var out []api.Loosen
	try := func(active bool, drop, value string, change func(q *api.Query)) {
		if !active {
			return
		}
		without := q
		change(&without)
		if without, err := without.Canonical(); err == nil {
			out = append(out, api.Loosen{Drop: drop, Value: value, Query: without})
		}
	}
	try(q.Words != "", "words", "", func(q *api.Query) { q.Words = "" })
	try(len(q.Genres) > 0, api.FacetGenre, "", func(q *api.Query) { q.Genres = nil })
	try(len(q.Types) > 0, api.FacetType, "", func(q *api.Query) { q.Types = nil })
	try(len(q.Instruments) > 0, api.FacetInstrument, "", func(q *api.Query) { q.Instruments = nil })
	try(len(q.Keys) > 0, api.FacetKey, "", func(q *api.Query) { q.Keys = nil })
	try(len(q.Tags) > 0, api.FacetTag, "", func(q *api.Query) { q.Tags = nil })
	try(len(q.Producers) > 0, api.FacetProducer, "", func(q *api.Query) { q.Producers = nil })
	try(len(q.Formats) > 0, api.FacetFormat, "", func(q *api.Query) { q.Formats = nil })
	try(len(q.Licences) > 0, api.FacetLicence, "", func(q *api.Query) { q.Licences = nil })
	try(q.Tempo != nil, facetTempo, "", func(q *api.Query) { q.Tempo = nil })
	try(q.Price != nil, api.FacetPrice, "", func(q *api.Query) { q.Price = nil })
	try(q.Length != nil, api.FacetLength, "", func(q *api.Query) { q.Length = nil })
	try(q.Pack != "", facetPack, "", func(q *api.Query) { q.Pack = "" })
	try(q.NoAI, facetAI, "", func(q *api.Query) { q.NoAI = false })
	try(q.Not != nil, dropNot, "", func(q *api.Query) { q.Not = nil })
	try(len(q.Keys) > 0 && !q.KeyFits, api.LoosenKey, "", func(q *api.Query) { q.KeyFits = true })
	try(q.Tempo != nil && !q.HalfDouble, api.LoosenHalfDouble, "", func(q *api.Query) { q.HalfDouble = true })
	if q.Tempo != nil {
		wider := neighbours(*q.Tempo)
		try(true, api.LoosenTempo, rangeText(wider), func(q *api.Query) { q.Tempo = wider })
	}
	words := parts(q.Words)
	if len(words) < 2 || len(words) > maxLoosenWords {
		return out
	}
	for i, w := range words {
		try(true, "words", w.text, func(q *api.Query) { q.Words = wordsOf(slices.Delete(slices.Clone(words), i, i+1)) })
	}
	return out
}

// pitchRange is how far a sound can be played faster or slower without being another one.
const pitchRange = 0.06

// neighbours are tempos from which a sound can be brought into the range.
func neighbours(r api.Range) *api.Range {
	out := api.Range{}
	if r.Min != nil {
		low := math.Floor(*r.Min * (1 - pitchRange))
		out.Min = &low
	}
	if r.Max != nil {
		high := min(api.MaxTempo, math.Ceil(*r.Max*(1+pitchRange)))
		out.Max = &high
	}
	return &out
}

func rangeText(r *api.Range) string {
	end := func(f *float64) string {
		if f == nil {
			return ""
		}
		return strconv.FormatFloat(*f, 'f', -1, 64)
	}
	return end(r.Min) + "-" + end(r.Max)
}

// wordsOf writes parts as a query holds them.
func wordsOf(parts []part) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.text
		if p.quoted {
			out[i] = `"` + p.text + `"`
		}
	}
	return strings.Join(out, " ")
}
