// Package history keeps what people did, by their pseudonyms, as state that does not depend on the order in which
// events arrive: each fact keeps the newest time it was seen, merges and wipes count by their own times. Reading
// the same events twice or shuffled gives the same history.
package history

import (
	"sort"
	"sync"
	"time"

	"crateful.dev/models/events"
)

// Act is the newest time a person did one kind of thing to a pack.
type act struct {
	pack string
	kind events.Kind
}

type person struct {
	acts    map[act]time.Time
	follows map[string]time.Time // producer → newest follow
	left    map[string]time.Time // producer → newest unfollow
	wiped   time.Time
}

func newPerson() *person {
	return &person{acts: map[act]time.Time{}, follows: map[string]time.Time{}, left: map[string]time.Time{}}
}

// History is safe for concurrent use.
type History struct {
	mu     sync.RWMutex
	people map[string]*person
	merges map[string]map[string]struct{} // both ways: the same human under several pseudonyms
}

// New makes an empty history.
func New() *History {
	return &History{people: map[string]*person{}, merges: map[string]map[string]struct{}{}}
}

func (h *History) person(id string) *person {
	p := h.people[id]
	if p == nil {
		p = newPerson()
		h.people[id] = p
	}
	return p
}

// Record takes one act at its event time.
func (h *History) Record(e events.InteractionRecordedV1, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.person(e.PersonID)
	switch e.Kind {
	case events.KindFollow:
		newest(p.follows, e.ProducerID, at)
	case events.KindUnfollow:
		newest(p.left, e.ProducerID, at)
	default:
		if e.PackID != "" {
			newest(p.acts, act{e.PackID, e.Kind}, at)
		}
	}
}

func newest[K comparable](m map[K]time.Time, key K, at time.Time) {
	if at.After(m[key]) {
		m[key] = at
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
}

// Wipe forgets all that a person, under any merged pseudonym, did up to a time.
func (h *History) Wipe(id string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.person(id)
	if at.After(p.wiped) {
		p.wiped = at
	}
}

// Taste is what one person did, all pseudonyms together.
type Taste struct {
	ID      string             // the smallest of the person's pseudonyms
	Packs   map[string]Contact // by pack
	Follows []string           // producers, sorted
}

// Contact is the newest time of each kind of act between a person and a pack.
type Contact map[events.Kind]time.Time

// Liked says whether the newest like is newer than the newest unlike.
func (c Contact) Liked() bool {
	liked, ok := c[events.KindLike]
	return ok && liked.After(c[events.KindUnlike])
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

// All is everybody's taste, sorted by id.
func (h *History) All() []Taste {
	h.mu.RLock()
	defer h.mu.RUnlock()
	seen := make(map[string]bool, len(h.people))
	tastes := make([]Taste, 0, len(h.people))
	for id := range h.people {
		if seen[id] {
			continue
		}
		group := h.group(id)
		for _, member := range group {
			seen[member] = true
		}
		if t := h.taste(group); len(t.Packs) > 0 || len(t.Follows) > 0 {
			tastes = append(tastes, t)
		}
	}
	sort.Slice(tastes, func(i, j int) bool { return tastes[i].ID < tastes[j].ID })
	return tastes
}

func (h *History) group(id string) []string {
	group, seen := []string{id}, map[string]bool{id: true}
	for i := 0; i < len(group); i++ {
		for other := range h.merges[group[i]] {
			if !seen[other] {
				seen[other] = true
				group = append(group, other)
			}
		}
	}
	sort.Strings(group)
	return group
}

func (h *History) taste(group []string) Taste {
	t := Taste{ID: group[0], Packs: map[string]Contact{}}
	var wiped time.Time
	for _, id := range group {
		if w := h.people[id].wiped; w.After(wiped) {
			wiped = w
		}
	}
	follows, left := map[string]time.Time{}, map[string]time.Time{}
	for _, id := range group {
		p := h.people[id]
		for a, at := range p.acts {
			if !at.After(wiped) {
				continue
			}
			contact := t.Packs[a.pack]
			if contact == nil {
				contact = Contact{}
				t.Packs[a.pack] = contact
			}
			newest(contact, a.kind, at)
		}
		for producer, at := range p.follows {
			newest(follows, producer, at)
		}
		for producer, at := range p.left {
			newest(left, producer, at)
		}
	}
	for producer, at := range follows {
		if at.After(wiped) && at.After(left[producer]) {
			t.Follows = append(t.Follows, producer)
		}
	}
	sort.Strings(t.Follows)
	return t
}
