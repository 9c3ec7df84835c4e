package search

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/indexer/api"
)

// maxProducers bounds the producers one query can list.
const maxProducers = 1000

// mergeProducers turns counted cards into producers. Between a producer's new name and the last of its packs that
// carries it there are two cards of one producer. Packs holds the count.
func mergeProducers(buckets []Bucket) []api.ProducerRow {
	var out []api.ProducerRow
	at := map[string]int{}
	for _, b := range buckets {
		id, handle, name, ok := ParseProducerCard(b.Value)
		if !ok {
			continue
		}
		if i, seen := at[id]; seen {
			out[i].Packs += b.Count
			continue
		}
		at[id] = len(out)
		out = append(out, api.ProducerRow{Producer: api.Producer{ID: id, Handle: handle, Name: name}, Packs: b.Count})
	}
	return out
}

// listProducers are those that producerPlan finds.
func listProducers(page Page) []api.ProducerRow {
	return mergeProducers(page.Facets[api.FacetProducer])
}

// producerPlan finds whom the words name and whose packs pass the filters.
func producerPlan(q api.Query, size int) Plan {
	q.NoFacets = true
	plan := PlanFor(q, KindPack).named(TextProducer)
	plan.Size, plan.Order = 0, nil
	// The condition on producers counts here: the facet's name is not that of the condition.
	for i := range plan.Filters {
		if plan.Filters[i].Facet == api.FacetProducer {
			plan.Filters[i].Facet = ""
		}
	}
	plan.Facets = []FacetPlan{{Facet: api.FacetProducer, Field: TermProducerCard, Size: size}}
	return plan
}

func (s *Searcher) findProducers(ctx context.Context, q api.Query, answer *Answer) error {
	skip, err := skipped(q, maxProducers)
	if err != nil {
		return err
	}
	plans := []Plan{producerPlan(q, maxProducers)}
	if !q.NoFacets {
		facets := PlanFor(q, KindPack).named(TextProducer)
		facets.Size, facets.Order = 0, nil
		plans = append(plans, facets, PlanFor(q, KindSound).counting(), PlanFor(q, KindPack).counting())
	}
	pages, err := s.backend.Search(ctx, plans...)
	if err != nil {
		return err
	}
	found := listProducers(pages[0])
	slices.SortStableFunc(found, func(a, b api.ProducerRow) int {
		if q.Sort == api.SortName {
			return cmp.Or(cmp.Compare(NameKey(a.Name), NameKey(b.Name)), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(cmp.Compare(b.Packs, a.Packs), cmp.Compare(NameKey(a.Name), NameKey(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	answer.Total = int64(len(found))
	rows := found[min(skip, len(found)):]
	if len(rows) > q.Size {
		rows = rows[:q.Size]
		if answer.Next, err = (cursor{q.Kind, q.Sort, []string{strconv.Itoa(skip + q.Size)}}).encode(); err != nil {
			return err
		}
	}
	if err := s.dressProducers(ctx, rows); err != nil {
		return err
	}
	answer.Producers = rows
	if !q.NoFacets {
		answer.Totals = &api.Totals{Sounds: pages[2].Total, Packs: pages[3].Total, Producers: answer.Total}
		answer.Facets, answer.Tempo = facets(pages[1].Facets)
	}
	return nil
}

// dressProducers adds what a row shows beyond the card, for one page.
func (s *Searcher) dressProducers(ctx context.Context, rows []api.ProducerRow) error {
	if len(rows) == 0 {
		return nil
	}
	at := map[string]int{}
	var handles []string
	for i, r := range rows {
		at[r.ID] = i
		handles = append(handles, strings.ToLower(r.Handle))
	}
	ofThese := []Filter{{Field: TermProducer, Terms: handles}}
	pages, err := s.backend.Search(ctx,
		Plan{Kind: KindPack, In: TextAll, Filters: ofThese, Order: orders[api.SortPopular], Size: 200},
		Plan{
			Kind: KindSound, In: TextAll, Filters: ofThese,
			Facets: []FacetPlan{{Facet: api.FacetProducer, Field: TermProducerCard, Size: 2 * len(rows)}},
		})
	if err != nil {
		return err
	}
	packs, sounds := pages[0], pages[1]
	for _, p := range listProducers(sounds) {
		if i, ok := at[p.ID]; ok {
			rows[i].Sounds = p.Packs
		}
	}
	for _, h := range packs.Hits {
		var pack api.PackRow
		if err := json.Unmarshal(h.Row, &pack); err != nil {
			return fmt.Errorf("read row of %s: %w", h.ID, err)
		}
		i, ok := at[pack.Producer.ID]
		if !ok {
			continue
		}
		if pack.CoverKey != "" && len(rows[i].CoverKeys) < 3 {
			rows[i].CoverKeys = append(rows[i].CoverKeys, pack.CoverKey)
		}
		if len(rows[i].Genres) < 3 && pack.Genre != "" && !slices.Contains(rows[i].Genres, pack.Genre) {
			rows[i].Genres = append(rows[i].Genres, pack.Genre)
		}
	}
	return nil
}
