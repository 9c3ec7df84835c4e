package search

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"crateful.dev/indexer/api"
)

// findRows finds sounds or packs, with the totals of the other tabs beside them.
func (s *Searcher) findRows(ctx context.Context, q api.Query, answer *Answer) error {
	kind, other := KindSound, KindPack
	if q.Kind == api.KindPacks {
		kind, other = KindPack, KindSound
	}
	plan := PlanFor(q, kind)
	if err := place(q, &plan); err != nil {
		return err
	}
	plans := []Plan{plan}
	if !q.NoFacets {
		plans = append(plans, PlanFor(q, other).counting(), producerPlan(q, maxProducers))
	}
	pages, err := s.backend.Search(ctx, plans...)
	if err != nil {
		return err
	}
	page := pages[0]
	if err := show(q, plan, page, answer); err != nil {
		return err
	}
	answer.Total = page.Total
	if q.NoFacets {
		return nil
	}
	totals := api.Totals{Sounds: page.Total, Packs: pages[1].Total, Producers: int64(len(listProducers(pages[2])))}
	if kind == KindPack {
		totals.Sounds, totals.Packs = pages[1].Total, page.Total
	}
	answer.Totals = &totals
	answer.Facets, answer.Tempo = facets(page.Facets)
	return nil
}

// maxNearest is how many near rows stand on a page that found nothing.
const maxNearest = 20

// findNearest adds rows that come near to an answer that found none.
func (s *Searcher) findNearest(ctx context.Context, q api.Query, answer *Answer) error {
	if q.Kind == api.KindProducers {
		return nil
	}
	q.NoFacets, q.ByPack, q.Size = true, false, min(q.Size, maxNearest)
	kind := KindSound
	if q.Kind == api.KindPacks {
		kind = KindPack
	}
	plan := PlanFor(q, kind).Nearly()
	plan.Size = q.Size
	page, err := One(s.backend.Search(ctx, plan))
	if err != nil {
		return err
	}
	return show(q, plan, page, answer)
}

// place takes a plan to where the query's cursor says. One row more than is shown says whether there is a next page.
func place(q api.Query, plan *Plan) (err error) {
	plan.Size = q.Size + 1
	if !plan.Grouped {
		plan.After, err = decodeCursor(q, plan.Order)
		return err
	}
	plan.From, err = skipped(q, api.MaxGroups)
	plan.Size = min(plan.Size, api.MaxGroups-plan.From)
	return err
}

// skipped reads a cursor of a list that is counted through: how many rows lie before.
func skipped(q api.Query, most int) (int, error) {
	after, err := decodeCursor(q, nil)
	if err != nil || after == nil {
		return 0, err
	}
	n, err := strconv.Atoi(after[0])
	if err != nil || n < 0 || n >= most {
		return 0, ErrBadCursor
	}
	return n, nil
}

// show puts the rows or groups of a page into the answer, and the cursor of the next page.
func show(q api.Query, plan Plan, page Page, answer *Answer) (err error) {
	if plan.Grouped {
		return showGroups(q, plan, page, answer)
	}
	if len(page.Hits) > q.Size {
		page.Hits = page.Hits[:q.Size]
		last := page.Hits[q.Size-1]
		if answer.Next, err = (cursor{q.Kind, q.Sort, append(slices.Clone(last.Sort), last.ID)}).encode(); err != nil {
			return err
		}
	}
	rows := rowsOf(page.Hits)
	if q.Kind == api.KindPacks {
		answer.Packs = rows
	} else {
		answer.Sounds = rows
	}
	return nil
}

func rowsOf(hits []Hit) []json.RawMessage {
	rows := make([]json.RawMessage, len(hits))
	for i, h := range hits {
		rows[i] = h.Row
	}
	return rows
}

func showGroups(q api.Query, plan Plan, page Page, answer *Answer) (err error) {
	answer.GroupsTotal = page.GroupsTotal
	if len(page.Groups) > q.Size {
		page.Groups = page.Groups[:q.Size]
		if answer.Next, err = (cursor{q.Kind, q.Sort, []string{strconv.Itoa(plan.From + q.Size)}}).encode(); err != nil {
			return err
		}
	}
	for _, g := range page.Groups {
		out := AnswerGroup{Count: g.Count, Sounds: rowsOf(g.Hits)}
		var of struct{ Pack, Producer json.RawMessage }
		if err := json.Unmarshal(g.Hits[0].Row, &of); err != nil {
			return fmt.Errorf("read row of %s: %w", g.Hits[0].ID, err)
		}
		out.Pack, out.Producer = of.Pack, of.Producer
		answer.Groups = append(answer.Groups, out)
	}
	return nil
}
