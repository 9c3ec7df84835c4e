package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"crateful.dev/indexer/internal/search"
)

// States are what an index should hold of some packs.
type States struct {
	Documents  map[string]search.Document // by id, heads alone
	Revisions  map[string]int64           // by pack
	Pending    map[string]bool            // packs whose newest revision is not sent yet
	Unreadable []string                   // packs of which nothing can be made
	Next       string                     // the pack behind which others follow; "" at the end
	Total      int64                      // packs there are, told at the beginning
}

// Truth is the system of record behind the packs topic.
type Truth interface {
	States(ctx context.Context, after string, limit int) (States, error)
	StatesOf(ctx context.Context, packs []string) (States, error)
	// Repair has the packs sent again, above what the index holds of them.
	Repair(ctx context.Context, wrong map[string]*difference) error
}

// difference is what is wrong with the documents of a pack.
type difference struct {
	pack                      string
	missing, extra, different int64
	above                     int64    // the highest version that the index holds of its documents
	strays                    []string // sounds that the index shows and that are not the pack's
}

func (d *difference) count() int64 { return d.missing + d.extra + d.different }

func (d *difference) String() string {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{d.missing, "missing"}, {d.extra, "too many"}, {d.different, "different"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprint(p.n, " ", p.what))
		}
	}
	return "pack " + d.pack + ": " + strings.Join(parts, ", ")
}

func sortedPacks(wrong map[string]*difference) []string { return slices.Sorted(maps.Keys(wrong)) }

type comparison struct {
	documents int64 // compared
	wrong     map[string]*difference
}

// compare holds the documents of a generation against states, which are all there is of the packs.
func (i *Ingest) compare(ctx context.Context, generation string, states States, packs search.Packs) (comparison, error) {
	c := comparison{wrong: map[string]*difference{}, documents: int64(len(states.Documents))}
	of := func(pack string) *difference {
		if c.wrong[pack] == nil {
			c.wrong[pack] = &difference{pack: pack}
		}
		return c.wrong[pack]
	}
	highest := map[string]int64{}
	seen := make(map[string]bool, len(states.Documents))
	err := i.backend.Live(ctx, generation, packs, func(held search.Document) error {
		want, known := states.Documents[held.ID]
		pack := held.PackID
		if known {
			pack = want.PackID
		}
		highest[pack] = max(highest[pack], held.Version)
		switch {
		case slices.Contains(states.Unreadable, pack):
		case !known:
			d := of(pack)
			d.extra++
			if id, ok := strings.CutPrefix(held.ID, search.SoundID("")); ok {
				d.strays = append(d.strays, id)
			}
		case want.Gone:
			seen[held.ID] = true
			of(pack).extra++
		default:
			seen[held.ID] = true
			if want.Version != held.Version || want.Digest != held.Digest {
				of(pack).different++
			}
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	// What was not among the live documents: tombstones, and what is missing.
	var others []string
	for id := range states.Documents {
		if !seen[id] {
			others = append(others, id)
		}
	}
	held, err := i.backend.Held(ctx, generation, others)
	if err != nil {
		return c, err
	}
	for _, h := range held {
		want := states.Documents[h.ID]
		seen[h.ID] = true
		highest[want.PackID] = max(highest[want.PackID], h.Version)
		if want.Version != h.Version || want.Digest != h.Digest {
			of(want.PackID).different++
		}
	}
	for _, id := range others {
		if !seen[id] {
			of(states.Documents[id].PackID).missing++
		}
	}
	for pack, d := range c.wrong {
		d.above = highest[pack]
	}
	return c, nil
}
