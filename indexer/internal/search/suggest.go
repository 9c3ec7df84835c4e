package search

import (
	"context"
	"encoding/json"
	"fmt"

	"crateful.dev/indexer/api"
)

// Suggest completes what somebody is typing.
func (s *Searcher) Suggest(ctx context.Context, typed string, size int) (api.Suggestions, error) {
	out := api.Suggestions{Sounds: []api.SoundSuggestion{}, Packs: []api.PackSuggestion{}, Producers: []api.Producer{}, Tags: []api.FacetValue{}}
	q, err := api.Query{Kind: api.KindPacks, Words: typed, Size: size, NoFacets: true, Typing: true}.Canonical()
	if err != nil {
		return out, err
	}
	if len(Groups(q.Words)) == 0 {
		return out, nil
	}
	plan := func(kind, in string) Plan {
		p := PlanFor(q, kind).named(in)
		p.Size, p.Order = 0, nil
		return p
	}
	rows := func(kind string) Plan {
		p := plan(kind, TextName)
		p.Order, p.Size, p.Uncounted = orders[api.SortPopular], size, true
		return p
	}
	makers := plan(KindPack, TextProducer)
	makers.Facets = []FacetPlan{{Facet: api.FacetProducer, Field: TermProducerCard, Size: size}}
	tagged := Plan{Kind: KindSound, In: TextAll, Filters: []Filter{{Field: TermTag, Begin: api.Slug(q.Words)}}}
	tagged.Facets = []FacetPlan{{Facet: api.FacetTag, Field: TermTag, Size: size, Prefix: api.Slug(q.Words)}}
	pages, err := s.backend.Search(ctx, rows(KindSound), rows(KindPack), makers, tagged)
	if err != nil {
		return out, fmt.Errorf("suggest: %w", err)
	}
	sounds, packs, producers, tags := pages[0], pages[1], pages[2], pages[3]
	for _, h := range sounds.Hits {
		var sound api.SoundRow
		if err := json.Unmarshal(h.Row, &sound); err != nil {
			return out, fmt.Errorf("read row of %s: %w", h.ID, err)
		}
		out.Sounds = append(out.Sounds, api.SoundSuggestion{
			Preview: api.Preview{
				ID: sound.ID, Name: sound.Name, Type: sound.Type, TempoBPM: sound.TempoBPM, DurationSeconds: sound.DurationSeconds,
				LoudnessLUFS: sound.LoudnessLUFS, TruePeakDBTP: sound.TruePeakDBTP, Waveform: sound.Waveform,
			},
			Key: sound.Key, Pack: sound.Pack.Title, Producer: sound.Producer.Name, CoverKey: sound.Pack.CoverKey,
		})
	}
	for _, h := range packs.Hits {
		var pack api.PackRow
		if err := json.Unmarshal(h.Row, &pack); err != nil {
			return out, fmt.Errorf("read row of %s: %w", h.ID, err)
		}
		out.Packs = append(out.Packs, api.PackSuggestion{ID: pack.ID, Slug: pack.Slug, Title: pack.Title, CoverKey: pack.CoverKey, Producer: pack.Producer.Name})
	}
	for _, p := range listProducers(producers) {
		out.Producers = append(out.Producers, p.Producer)
	}
	for _, b := range tags.Facets[api.FacetTag] {
		out.Tags = append(out.Tags, api.FacetValue{Value: b.Value, Count: b.Count})
	}
	return out, nil
}
