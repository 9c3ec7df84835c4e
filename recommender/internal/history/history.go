// Package history keeps what people did, by their pseudonyms, as state that does not depend on the order in which
// events arrive: each fact keeps the newest time it was seen, merges and wipes count by their own times. Reading
// the same events twice or shuffled gives the same history.
package history

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"crateful.dev/models/events"
)

// kinds are those that are kept, in an order that never changes; what newer versions of models send beside is passed by.
var kinds = []events.Kind{
	events.KindView, events.KindPreview, events.KindLike, events.KindUnlike, events.KindCart, events.KindPurchase, events.KindDownload,
	events.KindFollow, events.KindUnfollow, KindRecommended,
}

// KindRecommended is a view that came from a list of recommendations. It is kept beside the view.
const KindRecommended events.Kind = "recommended"

var kindNumbers = func() map[events.Kind]uint8 {
	out := map[events.Kind]uint8{}
	for n, k := range kinds {
		out[k] = uint8(n) //nolint:gosec // nine
	}
	return out
}()

// fact is the newest time a person did one kind of thing to a pack, a sound or a producer. A history holds millions.
type fact struct {
	at    int64 // Unix microseconds
	thing int32
	kind  uint8
}

func (f fact) compare(g fact) int {
	return cmp.Or(cmp.Compare(f.thing, g.thing), cmp.Compare(f.kind, g.kind))
}

type person struct {
	facts []fact // by thing and kind
	wiped int64  // Unix microseconds
	muted *told  // nil: nothing ever was
}

// forget drops what is not newer than a wipe, and gives its memory back.
func (p *person) forget(wiped int64) {
	if i := slices.IndexFunc(p.facts, func(f fact) bool { return f.at <= wiped }); i >= 0 {
		p.facts = slices.Clone(slices.DeleteFunc(p.facts, func(f fact) bool { return f.at <= wiped }))
	}
	if p.muted != nil && p.muted.at <= wiped {
		p.muted = nil
	}
}

// keep takes a fact; an older one of the same kind gives way.
func (p *person) keep(f fact) {
	i, found := slices.BinarySearchFunc(p.facts, f, fact.compare)
	if found {
		p.facts[i].at = max(p.facts[i].at, f.at)
		return
	}
	if n := len(p.facts); n == cap(p.facts) { // by less than append would: most people hardly grow any more
		p.facts = append(make([]fact, 0, n+n/8+4), p.facts...)
	}
	p.facts = slices.Insert(p.facts, i, f)
}

// History is safe for concurrent use.
type History struct {
	mu      sync.RWMutex
	people  map[string]*person
	merges  map[string]map[string]struct{} // both ways: the same human under several pseudonyms
	things  []string                       // packs, sounds and producers, by their numbers
	numbers map[string]int32
	sounds  map[int32]struct{} // which of them are sounds
}

// New makes an empty history.
func New() *History {
	return &History{people: map[string]*person{}, merges: map[string]map[string]struct{}{}, numbers: map[string]int32{}, sounds: map[int32]struct{}{}}
}

func (h *History) person(id string) *person {
	p := h.people[id]
	if p == nil {
		p = &person{}
		h.people[id] = p
	}
	return p
}

func (h *History) sound(id string) int32 {
	n := h.number(id)
	h.sounds[n] = struct{}{}
	return n
}

func (h *History) number(thing string) int32 {
	n, known := h.numbers[thing]
	if !known {
		n = int32(len(h.things)) //nolint:gosec // fewer than 2^31 packs and producers
		h.things = append(h.things, thing)
		h.numbers[thing] = n
	}
	return n
}

// Record takes one act at its event time.
func (h *History) Record(e events.InteractionRecordedV1, at time.Time) {
	kind, known := kindNumbers[e.Kind]
	thing := e.PackID
	if e.Kind == events.KindFollow || e.Kind == events.KindUnfollow {
		thing = e.ProducerID
	}
	if !known || thing == "" || e.Kind == KindRecommended {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wiped(e.PersonID) >= at.UnixMicro() {
		return
	}
	p := h.person(e.PersonID)
	p.keep(fact{at.UnixMicro(), h.number(thing), kind})
	if e.From != "" {
		p.keep(fact{at.UnixMicro(), h.number(thing), kindNumbers[KindRecommended]})
	}
	if e.SoundID != "" {
		p.keep(fact{at.UnixMicro(), h.sound(e.SoundID), kind})
	}
}

// wiped is until when a person, under any pseudonym, is to be forgotten; Unix microseconds.
func (h *History) wiped(id string) int64 {
	wiped := int64(0)
	if p := h.people[id]; p != nil {
		wiped = p.wiped
	}
	if len(h.merges[id]) > 0 {
		for _, same := range h.group(id) {
			wiped = max(wiped, h.people[same].wiped)
		}
	}
	return wiped
}

// forget drops what all pseudonyms of a person did before the last wipe of any.
func (h *History) forget(id string) {
	wiped := h.wiped(id)
	for _, same := range h.group(id) {
		h.person(same).forget(wiped)
	}
}

// Mute takes all that a person does not want to be recommended, at its revision; an older one gives way.
func (h *History) Mute(e events.PersonMutedV1, revision int64, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wiped(e.PersonID) >= at.UnixMicro() {
		return
	}
	p := h.person(e.PersonID)
	if p.muted == nil || p.muted.revision < revision {
		p.muted = &told{revision, at.UnixMicro(), mutesOf(e)}
	}
}

// Merge says that two pseudonyms are one person.
func (h *History) Merge(a, b string) {
	if a == b {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.person(a)
	h.person(b)
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		if h.merges[pair[0]] == nil {
			h.merges[pair[0]] = map[string]struct{}{}
		}
		h.merges[pair[0]][pair[1]] = struct{}{}
	}
	h.forget(a)
}

// Wipe forgets all that a person, under any merged pseudonym, did up to a time; what is read of it later is not kept either.
func (h *History) Wipe(id string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.person(id)
	p.wiped = max(p.wiped, at.UnixMicro())
	h.forget(id)
}

// Count is the number of pseudonyms known.
func (h *History) Count() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.people)
}

// Of is the taste of one pseudonym's person; false when nothing is known.
func (h *History) Of(id string) (Taste, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.people[id] == nil {
		return Taste{}, false
	}
	return h.taste(h.group(id)), true
}

// readAtOnce is how many people are read before others may write.
const readAtOnce = 200

// All gives the taste of everybody who has one, by id. What is recorded meanwhile may be in it.
func (h *History) All() iter.Seq[Taste] {
	return func(yield func(Taste) bool) {
		h.mu.RLock()
		ids := slices.Sorted(maps.Keys(h.people))
		h.mu.RUnlock()
		for some := range slices.Chunk(ids, readAtOnce) {
			for _, t := range h.tastes(some) {
				if !yield(t) {
					return
				}
			}
		}
	}
}

func (h *History) tastes(ids []string) []Taste {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []Taste
	for _, id := range ids {
		group := h.group(id)
		if group[0] != id {
			continue // told under the smallest pseudonym
		}
		if t := h.taste(group); len(t.Packs) > 0 || len(t.Follows) > 0 {
			out = append(out, t)
		}
	}
	return out
}

func (h *History) group(id string) []string {
	if len(h.merges[id]) == 0 {
		return []string{id}
	}
	group, seen := []string{id}, map[string]bool{id: true}
	for i := 0; i < len(group); i++ {
		for other := range h.merges[group[i]] {
			if !seen[other] {
				seen[other] = true
				group = append(group, other)
			}
		}
	}
	slices.Sort(group)
	return group
}

// taste puts together what a person did under all pseudonyms.
func (h *History) taste(group []string) Taste {
	together := *h.people[group[0]]
	t := Taste{ID: group[0]}
	if len(group) > 1 {
		together.facts = slices.Clone(together.facts)
		for _, id := range group[1:] {
			for _, f := range h.people[id].facts {
				together.keep(f)
			}
		}
	}
	for _, id := range group {
		if told := h.people[id].muted; told != nil {
			t.Muted = t.Muted.and(told.mutes)
		}
	}
	for from := 0; from < len(together.facts); {
		to := from + 1
		for to < len(together.facts) && together.facts[to].thing == together.facts[from].thing {
			to++
		}
		h.add(&t, together.facts[from:to])
		from = to
	}
	for _, met := range [][]Pack{t.Packs, t.Sounds} {
		slices.SortFunc(met, func(a, b Pack) int { return cmp.Compare(a.ID, b.ID) })
	}
	slices.Sort(t.Follows)
	return t
}

// add takes the facts about one thing.
func (h *History) add(t *Taste, facts []fact) {
	acts := make(Contact, len(facts))
	for i, f := range facts {
		acts[i] = Act{kinds[f.kind], time.UnixMicro(f.at).UTC()}
	}
	thing := h.things[facts[0].thing]
	if last := acts[len(acts)-1].Kind; last != events.KindFollow && last != events.KindUnfollow {
		if _, sound := h.sounds[facts[0].thing]; sound {
			t.Sounds = append(t.Sounds, Pack{thing, acts})
		} else {
			t.Packs = append(t.Packs, Pack{thing, acts})
		}
	} else if acts.stands(events.KindFollow, events.KindUnfollow) {
		t.Follows = append(t.Follows, thing)
	}
}
