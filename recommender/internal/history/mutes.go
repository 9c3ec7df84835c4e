package history

import (
	"maps"

	"crateful.dev/models/events"
)

// Mutes is what a person does not want to be recommended.
type Mutes struct {
	Things  map[string]bool // ids of packs, sounds and producers
	Because map[string]bool // packs that are not to speak for others
	Reasons map[events.Reason]bool
}

// told is what a person muted, as it was told last.
type told struct {
	revision int64
	at       int64 // Unix microseconds
	mutes    Mutes
}

func mutesOf(e events.PersonMutedV1) Mutes {
	m := Mutes{Things: map[string]bool{}, Because: map[string]bool{}, Reasons: map[events.Reason]bool{}}
	for _, ids := range [][]string{e.Packs, e.Sounds, e.Producers} {
		for _, id := range ids {
			m.Things[id] = true
		}
	}
	for _, id := range e.Because {
		m.Because[id] = true
	}
	for _, r := range e.Reasons {
		m.Reasons[r] = true
	}
	return m
}

// and is what either mutes. Neither is changed: mutes are shared.
func (m Mutes) and(n Mutes) Mutes {
	if m.Things == nil {
		return n
	}
	out := Mutes{maps.Clone(m.Things), maps.Clone(m.Because), maps.Clone(m.Reasons)}
	maps.Copy(out.Things, n.Things)
	maps.Copy(out.Because, n.Because)
	maps.Copy(out.Reasons, n.Reasons)
	return out
}
