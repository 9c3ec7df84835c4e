// Package report replays the last weeks: it makes the lists of each week from what was known before it, and holds them against
// what people turned to then.
package report

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/ranking"
)

const (
	week       = 7 * 24 * time.Hour
	recallAt   = 20
	ndcgAt     = 10
	mostPeople = 2_000 // of a week whose lists are made; which, their pseudonyms decide
	credit     = week  // how long a recommendation that was opened counts for a sale
)

// Make replays so many weeks up to now, the oldest first. The same history, shelf and time give the same report.
func Make(ctx context.Context, h *history.History, shelf *content.Shelf, now time.Time, weeks int) ([]api.ReportWeek, error) {
	out := make([]api.ReportWeek, 0, weeks)
	for n := weeks; n > 0; n-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = append(out, replay(h, shelf, now.Add(-time.Duration(n)*week)))
	}
	return out, nil
}

// one is somebody of a week.
type one struct {
	before history.Taste
	turned map[string]bool // packs that they first met in the week, by more than a view
}

func replay(h *history.History, shelf *content.Shelf, from time.Time) api.ReportWeek {
	out := api.ReportWeek{From: from}
	var people []one
	known := map[string]int{} // people by pack
	tastes := func(yield func(history.Taste) bool) {
		for t := range h.All() {
			before := t.Before(from)
			for _, p := range before.Packs {
				known[p.ID]++
			}
			credited(&out, t, from)
			if turned := turnedTo(t, before, from); len(turned) > 0 && len(before.Packs) > 0 {
				people = append(people, one{before, turned})
			}
			if !yield(before) {
				return
			}
		}
	}
	ranker := ranking.Ranker{Model: model.Build(tastes, from), Shelf: shelf}
	if len(people) > mostPeople {
		slices.SortFunc(people, func(a, b one) int { return cmp.Compare(hash(a.before.ID), hash(b.before.ID)) })
		people = people[:mostPeople]
	}
	later := map[string]bool{} // not on sale yet
	for _, p := range shelf.Newest(math.MaxInt) {
		if p.PublishedAt.After(from) {
			later[p.ID] = true
		}
	}
	popular := mostKnown(known, shelf, later)
	listed := map[string]bool{}
	for _, p := range people {
		var list []string
		for _, item := range ranker.ForYou(ranking.Person{Taste: p.before, Exclude: later, Now: from}, recallAt) {
			list = append(list, item.PackID)
			listed[item.PackID] = true
		}
		recall, ndcg := judge(list, p.turned)
		out.Recall, out.NDCG = out.Recall+recall, out.NDCG+ndcg
		recall, ndcg = judge(withoutKnown(popular, p.before), p.turned)
		out.PopularRecall, out.PopularNDCG = out.PopularRecall+recall, out.PopularNDCG+ndcg
	}
	if out.People = len(people); out.People > 0 {
		for _, sum := range []*float64{&out.Recall, &out.NDCG, &out.PopularRecall, &out.PopularNDCG} {
			*sum /= float64(out.People)
		}
	}
	if onSale := shelf.Len() - len(later); onSale > 0 {
		out.Coverage = float64(len(listed)) / float64(onSale)
	}
	return out
}

// turnedTo are the packs that somebody first met in the week from a time on, by more than a view.
func turnedTo(t, before history.Taste, from time.Time) map[string]bool {
	old := map[string]bool{}
	for _, p := range before.Packs {
		old[p.ID] = true
	}
	out := map[string]bool{}
	for _, p := range t.Packs {
		for _, act := range p.Acts {
			if !old[p.ID] && act.Kind != events.KindView && act.Kind != history.KindRecommended && act.Kind != events.KindUnlike && within(act.At, from) {
				out[p.ID] = true
			}
		}
	}
	return out
}

// credited counts what was opened and bought in the week from a time on, and what of it recommendations brought about.
func credited(out *api.ReportWeek, t history.Taste, from time.Time) {
	for _, p := range t.Packs {
		viewed, opened, bought := p.Acts.When(events.KindView), p.Acts.When(history.KindRecommended), p.Acts.When(events.KindPurchase)
		if within(viewed, from) {
			out.Opened++
			if within(opened, from) {
				out.OpenedFrom++
			}
		}
		if within(bought, from) {
			out.Bought++
			if !opened.IsZero() && !opened.After(bought) && bought.Sub(opened) < credit {
				out.BoughtFrom++
			}
		}
	}
}

func within(at, from time.Time) bool { return !at.Before(from) && at.Before(from.Add(week)) }

// mostKnown lists packs on sale by how many people had met them.
func mostKnown(known map[string]int, shelf *content.Shelf, later map[string]bool) []string {
	var out []string
	for id := range known {
		if _, ok := shelf.Get(id); ok && !later[id] {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(known[b], known[a]), cmp.Compare(a, b)) })
	return out
}

// withoutKnown is the beginning of a list without what somebody met.
func withoutKnown(list []string, before history.Taste) []string {
	met := map[string]bool{}
	for _, p := range before.Packs {
		met[p.ID] = true
	}
	out := make([]string, 0, recallAt)
	for _, id := range list {
		if !met[id] {
			out = append(out, id)
		}
		if len(out) == recallAt {
			break
		}
	}
	return out
}

// judge gives recall of the first 20 and nDCG of the first 10; see package cf.
func judge(list []string, wanted map[string]bool) (recall, ndcg float64) {
	hits, gain, best := 0, 0.0, 0.0
	for at, id := range list[:min(len(list), recallAt)] {
		if !wanted[id] {
			continue
		}
		hits++
		if at < ndcgAt {
			gain += 1 / math.Log2(float64(at)+2)
		}
	}
	for at := range min(ndcgAt, len(wanted)) {
		best += 1 / math.Log2(float64(at)+2)
	}
	return float64(hits) / float64(len(wanted)), gain / best
}

func hash(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
