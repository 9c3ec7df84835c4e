package history

import (
	"slices"
	"time"

	"crateful.dev/models/events"
)

// Taste is what one person did, all pseudonyms together.
type Taste struct {
	ID      string   // the smallest of the person's pseudonyms
	Packs   []Pack   // by id
	Sounds  []Pack   // by id; what was done with them was done with their packs too
	Follows []string // producers, sorted
	Muted   Mutes
}

// Since is the taste by what was done from a time on.
func (t Taste) Since(from time.Time) Taste {
	out := t
	out.Packs, out.Sounds = since(t.Packs, from), since(t.Sounds, from)
	return out
}

// Before is the taste by what was done before a time. Of each kind of act only the newest is known: what was repeated since is
// missing.
func (t Taste) Before(until time.Time) Taste {
	out := t
	out.Packs, out.Sounds = before(t.Packs, until), before(t.Sounds, until)
	return out
}

func before(met []Pack, until time.Time) []Pack {
	return kept(met, func(a Act) bool { return a.At.Before(until) })
}

func since(met []Pack, from time.Time) []Pack {
	return kept(met, func(a Act) bool { return !a.At.Before(from) })
}

// kept are those of which acts are left.
func kept(met []Pack, keep func(Act) bool) (out []Pack) {
	for _, p := range met {
		acts := slices.DeleteFunc(slices.Clone(p.Acts), func(a Act) bool { return !keep(a) })
		if len(acts) > 0 {
			out = append(out, Pack{p.ID, acts})
		}
	}
	return out
}

// Pack is a pack, or a sound, that a person met.
type Pack struct {
	ID   string
	Acts Contact
}

// Act is the newest time of one kind of act, UTC to the microsecond.
type Act struct {
	Kind events.Kind
	At   time.Time
}

// Contact is what was between a person and a pack, each kind of act once.
type Contact []Act

// When is the newest time of a kind of act; the zero time when there was none.
func (c Contact) When(kind events.Kind) time.Time {
	for _, a := range c {
		if a.Kind == kind {
			return a.At
		}
	}
	return time.Time{}
}

// Liked says whether the newest like is newer than the newest unlike.
func (c Contact) Liked() bool { return c.stands(events.KindLike, events.KindUnlike) }

// Bought says whether the person owns it.
func (c Contact) Bought() bool { return !c.When(events.KindPurchase).IsZero() }

// stands says whether an act was not taken back since.
func (c Contact) stands(done, undone events.Kind) bool {
	at := c.When(done)
	return !at.IsZero() && at.After(c.When(undone))
}
