package history

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Saved is some people of a history, as a snapshot holds them.
type Saved struct {
	People []SavedPerson
	Things []string // what the facts of these people name, by number
	Sounds []uint32 // numbers of those that are sounds
	Merges [][2]string
}

// SavedPerson is one pseudonym.
type SavedPerson struct {
	ID    string
	Wiped int64  // Unix microseconds
	Facts []byte // savedFact bytes each
	Muted *SavedMutes
}

// SavedMutes is what a pseudonym muted.
type SavedMutes struct {
	Revision int64
	At       int64 // Unix microseconds
	Mutes    Mutes
}

// savedFact is the size of a fact: its time, the number of its thing in Things, its kind.
const savedFact = 8 + 4 + 1

// savedAtOnce is how many people one Saved holds.
const savedAtOnce = 1000

// Save hands over all people, some at a time. What is recorded meanwhile may be in it.
func (h *History) Save(each func(Saved) error) error {
	h.mu.RLock()
	ids := slices.Sorted(maps.Keys(h.people))
	h.mu.RUnlock()
	for some := range slices.Chunk(ids, savedAtOnce) {
		if err := each(h.saved(some)); err != nil {
			return err
		}
	}
	return nil
}

func (h *History) saved(ids []string) Saved {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out Saved
	number := map[int32]uint32{}
	for _, id := range ids {
		p := h.people[id]
		facts := make([]byte, 0, len(p.facts)*savedFact)
		for _, f := range p.facts {
			n, known := number[f.thing]
			if !known {
				n = uint32(len(out.Things)) //nolint:gosec // fewer than there are facts
				number[f.thing] = n
				out.Things = append(out.Things, h.things[f.thing])
				if _, sound := h.sounds[f.thing]; sound {
					out.Sounds = append(out.Sounds, n)
				}
			}
			facts = binary.LittleEndian.AppendUint64(facts, uint64(f.at)) //nolint:gosec // back again in Restore
			facts = binary.LittleEndian.AppendUint32(facts, n)
			facts = append(facts, f.kind)
		}
		saved := SavedPerson{ID: id, Wiped: p.wiped, Facts: facts}
		if p.muted != nil {
			saved.Muted = &SavedMutes{p.muted.revision, p.muted.at, p.muted.mutes}
		}
		out.People = append(out.People, saved)
		for other := range h.merges[id] {
			if id < other {
				out.Merges = append(out.Merges, [2]string{id, other})
			}
		}
	}
	return out
}

// Restore adds saved people.
func (h *History) Restore(s Saved) error {
	for _, m := range s.Merges {
		h.Merge(m[0], m[1])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	numbers := make([]int32, len(s.Things))
	for n, thing := range s.Things {
		numbers[n] = h.number(thing)
	}
	for _, n := range s.Sounds {
		if int(n) >= len(numbers) {
			return fmt.Errorf("restore a history: sound %d is not known", n)
		}
		h.sounds[numbers[n]] = struct{}{}
	}
	for _, saved := range s.People {
		p := h.person(saved.ID)
		p.wiped = max(p.wiped, saved.Wiped)
		if m := saved.Muted; m != nil && (p.muted == nil || p.muted.revision < m.Revision) {
			p.muted = &told{m.Revision, m.At, m.Mutes}
		}
		if len(saved.Facts)%savedFact != 0 {
			return fmt.Errorf("restore a history: %d bytes are no facts", len(saved.Facts))
		}
		p.facts = slices.Grow(p.facts, len(saved.Facts)/savedFact)
		fresh := len(p.facts) == 0
		for raw := saved.Facts; len(raw) > 0; raw = raw[savedFact:] {
			thing, kind := binary.LittleEndian.Uint32(raw[8:]), raw[12]
			if int(thing) >= len(numbers) || int(kind) >= len(kinds) {
				return fmt.Errorf("restore a history: thing %d or kind %d is not known", thing, kind)
			}
			f := fact{int64(binary.LittleEndian.Uint64(raw)), numbers[thing], kind} //nolint:gosec // a time
			if fresh {
				p.facts = append(p.facts, f)
			} else {
				p.keep(f)
			}
		}
		if fresh {
			slices.SortFunc(p.facts, fact.compare)
		}
	}
	for _, saved := range s.People {
		if h.wiped(saved.ID) > 0 {
			h.forget(saved.ID)
		}
	}
	return nil
}
