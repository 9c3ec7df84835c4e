package searchtest

import (
	"fmt"
	"slices"
	"testing"

	"crateful.dev/indexer/internal/search"
)

// liveAndHeld reads what verification compares, of a generation that need not be current.
func liveAndHeld(t *testing.T, b search.Backend, _ Features) {
	ctx := ctxFor(t)
	must(t, b.EnsureGeneration(ctx, first))
	var docs []search.Document
	for i := range 1203 { // several pages of any engine
		docs = append(docs, Sound(fmt.Sprintf("%04d", i), int64(i+1)).Doc())
	}
	docs = append(docs, Gone("s-gone", 9))
	_, err := b.Bulk(ctx, first, docs)
	must(t, err)
	must(t, b.Refresh(ctx, first))
	live := func(packs search.Packs) []string {
		t.Helper()
		var ids []string
		must(t, b.Live(ctx, first, packs, func(d search.Document) error {
			ids = append(ids, d.ID)
			i := slices.IndexFunc(docs, func(w search.Document) bool { return w.ID == d.ID })
			equal(t, "head", fmt.Sprint(d.Version, d.Gone, d.PackID, d.Digest), fmt.Sprint(docs[i].Version, false, docs[i].PackID, docs[i].Digest))
			return nil
		}))
		slices.Sort(ids)
		return ids
	}
	equal(t, "all packs", len(live(search.Packs{})), 1203)
	equal(t, "packs named", live(search.Packs{IDs: []string{"pack-of-0007", "pack-of-0003", "pack-of-none"}}), []string{"s-0003", "s-0007"})
	equal(t, "no pack", len(live(search.Packs{IDs: []string{}})), 0)
	equal(t, "a range", live(search.Packs{After: "pack-of-0003", Through: "pack-of-0005"}), []string{"s-0004", "s-0005"})
	equal(t, "the beginning", live(search.Packs{Through: "pack-of-0001"}), []string{"s-0000", "s-0001"})
	equal(t, "the end", live(search.Packs{After: "pack-of-1200"}), []string{"s-1201", "s-1202"})
	held, err := b.Held(ctx, first, []string{"s-gone", "s-0001", "s-none"})
	must(t, err)
	slices.SortFunc(held, func(x, y search.Document) int { return int(x.Version - y.Version) })
	equal(t, "held", len(held), 2)
	equal(t, "live one", held[0].ID+held[0].Digest, docs[1].ID+docs[1].Digest)
	equal(t, "tombstone", fmt.Sprintf("%s %v %d", held[1].ID, held[1].Gone, held[1].Version), "s-gone true 9")
	wantErr(t, b.Live(ctx, "20990101t000000-a", search.Packs{}, func(search.Document) error { return nil }), search.ErrNoGeneration)
	_, err = b.Held(ctx, "20990101t000000-a", []string{"s-a"})
	wantErr(t, err, search.ErrNoGeneration)
}
