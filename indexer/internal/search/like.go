package search

import (
	"context"
	"slices"
	"strconv"

	"crateful.dev/indexer/api"
)

// findLike finds the sounds nearest to one among those that pass the query's conditions. There are at most api.MaxLike,
// so that a page is a part of one list.
func (s *Searcher) findLike(ctx context.Context, q api.Query, answer *Answer) error {
	from, err := skipped(q, api.MaxLike)
	if err != nil {
		return err
	}
	vector, version, err := s.backend.Vector(ctx, SoundID(q.Like))
	if err != nil || vector == nil { // not live, or never measured: nothing is known to be like it
		return err
	}
	q.NoFacets = true
	plan := PlanFor(q, KindSound)
	plan.Filters = append(plan.Filters, Filter{Field: TermFeatures, Terms: []string{version}})
	plan.Size, plan.Order = api.MaxLike+1, nil // the sound itself is nearest
	hits, err := s.backend.Like(ctx, plan, vector)
	if err != nil {
		return err
	}
	hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.ID == SoundID(q.Like) })
	hits = hits[:min(len(hits), api.MaxLike)]
	answer.Total = int64(len(hits))
	hits = hits[min(from, len(hits)):]
	if len(hits) > q.Size {
		hits = hits[:q.Size]
		if answer.Next, err = (cursor{q.Kind, q.Sort, []string{strconv.Itoa(from + q.Size)}}).encode(); err != nil {
			return err
		}
	}
	answer.Sounds = rowsOf(hits)
	return nil
}
