// Package ranking turns the model and the shelf into short lists with evidence: what is already owned or hidden and
// what is not on sale never appears, and one producer takes at most a fifth of a list.
package ranking

import (
	"sort"
	"time"

	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
)

// Ranker answers from one model and the shelf as it is.
type Ranker struct {
	Model *model.Model
	Shelf *content.Shelf
}

type candidate struct {
	pack  *content.Pack
	score float64
	parts []part
}

// part is one voice for a candidate. Its reason is found when it is shown; ok is false when it has none to show.
type part struct {
	score  float64
	reason func() (r api.Reason, ok bool)
}

func (c *candidate) add(score float64, reason func() (api.Reason, bool)) {
	c.score += score
	c.parts = append(c.parts, part{score, reason})
}

// reason is that of the strongest part that has one.
func (c *candidate) reason() api.Reason {
	sort.SliceStable(c.parts, func(i, j int) bool { return c.parts[i].score > c.parts[j].score })
	for _, p := range c.parts {
		if r, ok := p.reason(); ok {
			return r
		}
	}
	return api.Reason{Kind: "rising"}
}

func told(r api.Reason) func() (api.Reason, bool) {
	return func() (api.Reason, bool) { return r, true }
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
	for _, n := range r.Model.Near(packID) {
		if p, ok := r.Shelf.Get(n.PackID); ok {
			at(list, p).add(togetherWeight*n.Likeness, told(api.Reason{Kind: "bought_together", People: n.People, PackID: packID}))
		}
	}
	r.alike(list, packID, 1)
	delete(list, packID)
	return pick(list, limit)
}

// ForYou ranks packs for a taste; owned and hidden ones are left out.
func (r Ranker) ForYou(taste history.Taste, now time.Time, exclude map[string]bool, limit int) []api.Item {
	list := map[string]*candidate{}
	for _, p := range taste.Packs {
		if p.Acts.Bought() {
			exclude[p.ID] = true
		}
	}
	interests := model.Interests(taste, now)
	liked := r.Model.For(interests)
	for _, l := range liked {
		p, ok := r.Shelf.Get(l.PackID)
		if !ok {
			continue
		}
		at(list, p).add(togetherWeight*l.Score, func() (api.Reason, bool) {
			because, people, ok := r.Model.Because(interests, l.PackID)
			return api.Reason{Kind: "bought_together", People: people, PackID: because}, ok
		})
	}
	compared := 0
	for _, in := range interests {
		if len(liked) >= enough && r.Model.Knows(in.PackID) {
			continue
		}
		if compared++; compared > mostCompared {
			break
		}
		r.alike(list, in.PackID, in.Weight)
	}
	for _, producer := range taste.Follows {
		for _, p := range r.Shelf.Of(producer) {
			fresh := 1 / (1 + now.Sub(p.PublishedAt).Hours()/24/30)
			at(list, p).add(followedWeight*fresh, told(api.Reason{Kind: "followed", ProducerID: producer}))
		}
	}
	for _, rising := range r.Model.Rising() {
		if p, ok := r.Shelf.Get(rising.PackID); ok {
			at(list, p).add(risingWeight*rising.Support/(rising.Support+5), told(api.Reason{Kind: "rising", People: rising.People}))
		}
	}
	for id := range exclude {
		delete(list, id)
	}
	return pick(list, limit)
}

// What packs are counts where people say little: for the packs that nobody has met yet, and for everything as long as people
// know fewer than enough packs to list.
const (
	mostCompared = 20 // of a person's packs
	enough       = 50
)

// alike adds what resembles one pack, with a weight for how much that pack counts.
func (r Ranker) alike(list map[string]*candidate, packID string, weight float64) {
	self, ok := r.Shelf.Get(packID)
	if !ok {
		return
	}
	for _, n := range r.Shelf.Nearest(packID) {
		p, ok := r.Shelf.Get(n.PackID)
		if !ok {
			continue
		}
		kind := "same_tags"
		switch {
		case n.Sounding:
			kind = "same_feel"
		case self.Genre != "" && self.Genre == p.Genre:
			kind = "same_genre"
		}
		at(list, p).add(weight*contentWeight*n.Likeness, told(api.Reason{Kind: kind, PackID: packID}))
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
	return api.Item{PackID: c.pack.ID, Score: c.score, Reason: c.reason()}
}
