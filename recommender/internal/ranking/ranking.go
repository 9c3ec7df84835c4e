// Package ranking turns the model and the shelf into short lists with evidence: what is already owned, hidden or muted and
// what is not on sale never appears, and one producer takes at most a fifth of a list.
package ranking

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"crateful.dev/models/events"
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

// Person is for whom a list is made.
type Person struct {
	Taste   history.Taste
	Exclude map[string]bool // ids of packs that are not to appear
	Now     time.Time
}

// hears says whether a voice may speak, which is so until the person muted its kind of evidence.
func (p *Person) hears(kind events.Reason) bool { return !p.Taste.Muted.Reasons[kind] }

// interests are the person's, without packs that are not to speak for others.
func (p *Person) interests() []model.Interest {
	return slices.DeleteFunc(model.Interests(p.Taste, p.Now), func(in model.Interest) bool { return p.Taste.Muted.Because[in.PackID] })
}

// candidates are the packs, or the sounds, that voices speak for.
type candidates map[string]*candidate

type candidate struct {
	id    string
	sound bool          // else a pack
	pack  *content.Pack // the sound's, or itself
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
func (c *candidate) reason() (api.Reason, bool) {
	sort.SliceStable(c.parts, func(i, j int) bool { return c.parts[i].score > c.parts[j].score })
	for _, p := range c.parts {
		if r, ok := p.reason(); ok {
			return r, true
		}
	}
	return api.Reason{}, false
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
	return r.near(&Person{}, packID).pick(&Person{}, limit)
}

func (r Ranker) near(who *Person, packID string) candidates {
	list := candidates{}
	if who.hears(events.ReasonTogether) {
		for _, n := range r.Model.Near(packID) {
			if p, ok := r.Shelf.Get(n.PackID); ok {
				list.at(p).add(togetherWeight*n.Likeness, told(api.Reason{Kind: string(events.ReasonTogether), People: n.People, PackID: packID}))
			}
		}
	}
	r.alike(list, who, packID, 1)
	delete(list, packID)
	return list
}

// ForYou ranks packs for a person.
func (r Ranker) ForYou(who Person, limit int) []api.Item {
	list := candidates{}
	interests := who.interests()
	liked := r.Model.For(interests)
	for _, l := range liked {
		p, ok := r.Shelf.Get(l.PackID)
		if !ok {
			continue
		}
		because := func() (api.Reason, bool) {
			if pack, people, ok := r.Model.Because(interests, l.PackID); ok {
				return api.Reason{Kind: string(events.ReasonTogether), People: people, PackID: pack}, who.hears(events.ReasonTogether)
			}
			return api.Reason{Kind: string(events.ReasonTaste)}, who.hears(events.ReasonTaste)
		}
		if !who.hears(events.ReasonTogether) || !who.hears(events.ReasonTaste) { // a voice that may not be told may not rank
			if _, ok := because(); !ok {
				continue
			}
		}
		list.at(p).add(togetherWeight*l.Score, because)
	}
	compared := 0
	for _, in := range interests {
		if len(liked) >= enough && r.Model.Knows(in.PackID) {
			continue
		}
		if compared++; compared > mostCompared {
			break
		}
		r.alike(list, &who, in.PackID, in.Weight)
	}
	if who.hears(events.ReasonFollowed) {
		for _, producer := range who.Taste.Follows {
			for _, p := range r.Shelf.Of(producer) {
				list.at(p).add(followedWeight*fresh(p, who.Now, month), told(api.Reason{Kind: string(events.ReasonFollowed), ProducerID: producer}))
			}
		}
	}
	r.rising(list, &who, risingWeight)
	return list.pick(&who, limit)
}

const month = 30 * 24 * time.Hour

// fresh is 1 for what was published now and half after a while.
func fresh(p *content.Pack, now time.Time, half time.Duration) float64 {
	return 1 / (1 + max(float64(now.Sub(p.PublishedAt)), 0)/float64(half))
}

func (r Ranker) rising(list candidates, who *Person, weight float64) {
	if !who.hears(events.ReasonRising) {
		return
	}
	for _, rising := range r.Model.Rising() {
		if p, ok := r.Shelf.Get(rising.PackID); ok {
			list.at(p).add(weight*rising.Support/(rising.Support+5), told(api.Reason{Kind: string(events.ReasonRising), People: rising.People}))
		}
	}
}

// NewAndRising ranks what many care about lately and what is on sale since a short while.
func (r Ranker) NewAndRising(who Person, limit int) []api.Item {
	list := candidates{}
	r.rising(list, &who, 1)
	if who.hears(events.ReasonNew) {
		for _, p := range r.Shelf.Newest(mostNew) {
			if who.Now.Sub(p.PublishedAt) < month {
				list.at(p).add(newWeight*fresh(p, who.Now, month/4), told(api.Reason{Kind: string(events.ReasonNew)}))
			}
		}
	}
	return list.pick(&who, limit)
}

const (
	mostNew   = 200
	newWeight = 0.5 // of a pack published now, against one that everybody cares about lately
)

// Because ranks packs like the one that the person bought or liked last, of which at least a few can be said.
func (r Ranker) Because(who Person, limit int) (packID string, items []api.Item) {
	for _, pack := range latest(who.Taste, mostTried) {
		if who.Taste.Muted.Because[pack] || who.Taste.Muted.Things[pack] {
			continue
		}
		if items := r.near(&who, pack).pick(&who, limit); len(items) >= min(fewest, limit) {
			return pack, items
		}
	}
	return "", []api.Item{}
}

const (
	mostTried = 5
	fewest    = 3
)

// latest are the packs that somebody bought, or else liked, or else played, newest first.
func latest(t history.Taste, most int) []string {
	type met struct {
		pack string
		rank int
		at   time.Time
	}
	var all []met
	for _, p := range t.Packs {
		liked := p.Acts.When(events.KindLike)
		if !p.Acts.Liked() {
			liked = time.Time{}
		}
		for rank, at := range []time.Time{p.Acts.When(events.KindPurchase), liked, p.Acts.When(events.KindPreview)} {
			if !at.IsZero() {
				all = append(all, met{p.ID, rank, at})
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b met) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), b.at.Compare(a.at), cmp.Compare(a.pack, b.pack))
	})
	out := make([]string, 0, most)
	for _, m := range all[:min(len(all), most)] {
		out = append(out, m.pack)
	}
	return out
}

// What packs are counts where people say little: for the packs that nobody has met yet, and for everything as long as people
// know fewer than enough packs to list.
const (
	mostCompared = 20 // of a person's packs
	enough       = 50
)

// alike adds what resembles one pack, with a weight for how much that pack counts.
func (r Ranker) alike(list candidates, who *Person, packID string, weight float64) {
	self, ok := r.Shelf.Get(packID)
	if !ok {
		return
	}
	for _, n := range r.Shelf.Nearest(packID) {
		p, ok := r.Shelf.Get(n.PackID)
		if !ok {
			continue
		}
		kind := events.ReasonTags
		switch {
		case n.Sounding:
			kind = events.ReasonFeel
		case self.Genre != "" && self.Genre == p.Genre:
			kind = events.ReasonGenre
		}
		if who.hears(kind) {
			list.at(p).add(weight*contentWeight*n.Likeness, told(api.Reason{Kind: string(kind), PackID: packID}))
		}
	}
}

func (list candidates) at(p *content.Pack) *candidate {
	return list.put(candidate{id: p.ID, pack: p})
}

// put takes a candidate, or gives the one that is there already.
func (list candidates) put(c candidate) *candidate {
	if list[c.id] == nil {
		list[c.id] = &c
	}
	return list[c.id]
}

// pick takes the best that the person may see; of any ten at most two are one producer's, and rather fewer are listed than more of one.
func (list candidates) pick(who *Person, limit int) []api.Item {
	for _, p := range who.Taste.Packs {
		if p.Acts.Bought() {
			delete(list, p.ID)
		}
	}
	muted := who.Taste.Muted.Things
	all := make([]*candidate, 0, len(list))
	for id, c := range list {
		if !who.Exclude[id] && !muted[id] && !muted[c.pack.ProducerID] {
			all = append(all, c)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].score != all[j].score {
			return all[i].score > all[j].score
		}
		return all[i].id < all[j].id
	})
	items := []api.Item{}
	var makers []string // of items
	share := min(max(limit/5, 1), mostOfOne)
	for len(items) < limit {
		last := makers[max(0, len(makers)-window+1):]
		next := slices.IndexFunc(all, func(c *candidate) bool { return count(last, c.pack.ProducerID) < share })
		if next < 0 {
			break
		}
		items, makers = append(items, item(all[next])), append(makers, all[next].pack.ProducerID)
		all = slices.Delete(all, next, next+1)
	}
	return items
}

// Of any ten in a row at most two are one producer's.
const (
	window    = 10
	mostOfOne = 2
)

func count(makers []string, maker string) (n int) {
	for _, m := range makers {
		if m == maker {
			n++
		}
	}
	return n
}

func item(c *candidate) api.Item {
	reason, _ := c.reason()
	out := api.Item{PackID: c.pack.ID, Score: c.score, Reason: reason}
	if c.sound {
		out.SoundID = c.id
	}
	return out
}
