// Package ranking turns the model and the shelf into short lists with evidence: what is already owned or hidden and
// what is not on sale never appears, and one producer takes at most a fifth of a list.
package ranking

import (
	"sort"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/cf"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
)

// Ranker answers from one model and the shelf as it is.
type Ranker struct {
	Model   *cf.Model
	Shelf   *content.Shelf
	Options cf.Options
}

type candidate struct {
	pack   *content.Pack
	score  float64
	best   float64 // the strongest single part, whose reason is shown
	reason api.Reason
}

func (c *candidate) add(score float64, reason api.Reason) {
	c.score += score
	if score > c.best {
		c.best, c.reason = score, reason
	}
}

// A pack that people share is worth more than one that merely resembles it.
const (
	togetherWeight = 1.0
	contentWeight  = 0.35
	followedWeight = 0.5
	risingWeight   = 0.15
)

// Similar ranks packs like one pack.
func (r Ranker) Similar(packID string, limit int) []api.Item {
	list := map[string]*candidate{}
	r.near(list, packID, 1)
	delete(list, packID)
	return pick(list, limit)
}

// ForYou ranks packs for a taste; owned and hidden ones are left out.
func (r Ranker) ForYou(taste history.Taste, now time.Time, exclude map[string]bool, limit int) []api.Item {
	list := map[string]*candidate{}
	type interest struct {
		pack   string
		weight float64
	}
	var interests []interest
	for pack, contact := range taste.Packs {
		if w := r.Options.Weight(contact, now); w > 0.02 {
			interests = append(interests, interest{pack, w})
		}
		if _, bought := contact[events.KindPurchase]; bought {
			exclude[pack] = true
		}
	}
	sort.Slice(interests, func(i, j int) bool {
		if interests[i].weight != interests[j].weight {
			return interests[i].weight > interests[j].weight
		}
		return interests[i].pack < interests[j].pack
	})
	for _, in := range interests[:min(len(interests), 40)] {
		r.near(list, in.pack, in.weight)
	}
	followed := map[string]bool{}
	for _, id := range taste.Follows {
		followed[id] = true
	}
	for _, p := range r.Shelf.All() {
		if followed[p.ProducerID] {
			fresh := 1 / (1 + now.Sub(p.PublishedAt).Hours()/24/30)
			at(list, p).add(followedWeight*fresh, api.Reason{Kind: "followed", ProducerID: p.ProducerID})
		}
		if support := r.Model.Support(p.ID); support > 0 {
			at(list, p).add(risingWeight*support/(support+5), api.Reason{Kind: "rising"})
		}
	}
	for id := range exclude {
		delete(list, id)
	}
	return pick(list, limit)
}

// near adds what lies near one pack, with a weight for how much that pack counts.
func (r Ranker) near(list map[string]*candidate, packID string, weight float64) {
	for _, n := range r.Model.Near(packID) {
		if p, ok := r.Shelf.Get(n.PackID); ok {
			at(list, p).add(weight*togetherWeight*n.Similarity, api.Reason{Kind: "bought_together", People: n.People, PackID: packID})
		}
	}
	self, ok := r.Shelf.Get(packID)
	if !ok {
		return
	}
	for _, p := range r.Shelf.All() {
		if p.ID == packID {
			continue
		}
		score, sounding := content.Likeness(self, p)
		if score < 0.15 {
			continue
		}
		kind := "same_tags"
		switch {
		case sounding:
			kind = "same_feel"
		case self.Genre != "" && self.Genre == p.Genre:
			kind = "same_genre"
		}
		at(list, p).add(weight*contentWeight*score, api.Reason{Kind: kind, PackID: packID})
	}
}

func at(list map[string]*candidate, p *content.Pack) *candidate {
	c := list[p.ID]
	if c == nil {
		c = &candidate{pack: p}
		list[p.ID] = c
	}
	return c
}

// pick takes the best; of any ten at most two are one producer's, unless nothing else is left.
func pick(list map[string]*candidate, limit int) []api.Item {
	all := make([]*candidate, 0, len(list))
	for _, c := range list {
		all = append(all, c)
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].score != all[j].score {
			return all[i].score > all[j].score
		}
		return all[i].pack.ID < all[j].pack.ID
	})
	share := max(limit/5, 1)
	taken := map[string]int{}
	items, later := []api.Item{}, []*candidate{}
	for _, c := range all {
		if len(items) == limit {
			return items
		}
		if taken[c.pack.ProducerID] == share {
			later = append(later, c)
			continue
		}
		taken[c.pack.ProducerID]++
		items = append(items, item(c))
	}
	for _, c := range later[:min(len(later), limit-len(items))] {
		items = append(items, item(c))
	}
	return items
}

func item(c *candidate) api.Item {
	return api.Item{PackID: c.pack.ID, Score: c.score, Reason: c.reason}
}
