package history_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/history"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type step func(*history.History)

func did(person string, kind events.Kind, pack string, day int) step {
	return func(h *history.History) {
		h.Record(events.InteractionRecordedV1{PersonID: person, Kind: kind, PackID: pack}, start.AddDate(0, 0, day))
	}
}

func TestOrderAndRepetitionChangeNothing(t *testing.T) {
	steps := []step{
		did("a", events.KindLike, "p1", 1), did("a", events.KindUnlike, "p1", 2), did("a", events.KindLike, "p1", 3),
		did("visitor", events.KindPreview, "p2", 1), did("a", events.KindPurchase, "p3", 9),
		did("b", events.KindView, "p1", 4), did("b", events.KindView, "p1", 8),
		func(h *history.History) { h.Merge("visitor", "a") },
		func(h *history.History) { h.Wipe("b", start.AddDate(0, 0, 6)) },
		func(h *history.History) {
			h.Record(events.InteractionRecordedV1{PersonID: "a", Kind: events.KindFollow, ProducerID: "x"}, start)
		},
	}
	run := func(order []int) []history.Taste {
		h := history.New()
		for _, i := range order {
			steps[i](h)
		}
		return slices.Collect(h.All())
	}
	order := make([]int, 0, 2*len(steps))
	for i := range steps {
		order = append(order, i)
	}
	want := run(order)
	if len(want) != 2 {
		t.Fatalf("tastes: %d, want 2 (a with its visitor, and b)", len(want))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		twice := append(append([]int{}, order...), order[:random.IntN(len(order))]...)
		random.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		if got := run(twice); !reflect.DeepEqual(got, want) {
			t.Fatalf("round %d, order %v:\n got %v\nwant %v", round, twice, got, want)
		}
	}
}

func TestWipeForgetsUpToItsTimeUnderEveryPseudonym(t *testing.T) {
	h := history.New()
	did("visitor", events.KindPreview, "old", 1)(h)
	did("a", events.KindPurchase, "new", 5)(h)
	h.Merge("visitor", "a")
	h.Wipe("a", start.AddDate(0, 0, 3))
	taste, ok := h.Of("visitor")
	if !ok || len(taste.Packs) != 1 || taste.Packs[0].ID != "new" {
		t.Fatalf("after the wipe: %v", taste)
	}
}

func TestLikedIsTheNewerOfLikeAndUnlike(t *testing.T) {
	for i, c := range []struct {
		like, unlike int
		want         bool
	}{{1, 0, true}, {2, 1, true}, {1, 2, false}} {
		h := history.New()
		did("a", events.KindLike, "p", c.like)(h)
		if c.unlike > 0 {
			did("a", events.KindUnlike, "p", c.unlike)(h)
		}
		taste, _ := h.Of("a")
		if got := taste.Packs[0].Acts.Liked(); got != c.want {
			t.Errorf("case %d: liked %v, want %v", i, got, c.want)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	h := history.New()
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		did(fmt.Sprint("person", random.IntN(5000)), events.KindPreview, fmt.Sprint("pack", random.IntN(800)), random.IntN(300))(h)
	}
	for b.Loop() {
		for range h.All() {
		}
	}
}

func muted(person string, revision int64, day int, packs ...string) step {
	return func(h *history.History) {
		h.Mute(events.PersonMutedV1{PersonID: person, Packs: packs}, revision, start.AddDate(0, 0, day))
	}
}

func TestMutesAreThoseToldLast(t *testing.T) {
	t.Parallel()
	steps := []step{
		did("a", events.KindView, "p9", 1), muted("a", 1, 1, "p1"), muted("a", 3, 3, "p2", "p3"), muted("a", 2, 2, "p1", "p2"),
		func(h *history.History) { h.Merge("visitor", "a") },
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		h := history.New()
		for _, s := range append(steps, steps[0]) {
			s(h)
		}
		taste, _ := h.Of("visitor")
		if got := slices.Sorted(maps.Keys(taste.Muted.Things)); !slices.Equal(got, []string{"p2", "p3"}) {
			t.Fatalf("muted: %v", got)
		}
	}
}

// Pseudonyms of one person lie in different partitions, which are read at their own pace: whatever of the past comes in after
// the wipe is not kept, under any of them.
func TestAReplayCannotBringWhatWasWipedBack(t *testing.T) {
	t.Parallel()
	const wipe = 6
	partitions := [][]step{
		{did("visitor", events.KindPreview, "p1", 1), did("visitor", events.KindView, "p2", 2), func(h *history.History) { h.Merge("visitor", "a") }},
		{
			did("a", events.KindLike, "p3", 3), muted("a", 1, 4, "p4"), did("a", events.KindPurchase, "p5", 5),
			func(h *history.History) { h.Wipe("a", start.AddDate(0, 0, wipe)) },
		},
		{muted("fresh", 2, wipe, "p4"), did("fresh", events.KindView, "p6", 7)},
	}
	compacted := make([][]step, len(partitions)) // one key a partition: the last message stays
	for i, p := range partitions {
		compacted[i] = p[len(p)-1:]
	}
	for name, log := range map[string][][]step{"whole": partitions, "compacted": compacted, "compacted but for the visitor": {partitions[0], compacted[1], partitions[2]}} {
		for _, order := range [][]int{{0, 1, 2}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}} {
			h := history.New()
			for _, n := range order {
				for _, s := range log[n] {
					s(h)
				}
			}
			var saved history.Saved
			if err := h.Save(func(some history.Saved) error { saved = some; return nil }); err != nil {
				t.Fatal(err)
			}
			for _, thing := range saved.Things {
				if thing != "p6" {
					t.Errorf("%s in order %v: %s is kept", name, order, thing)
				}
			}
			for _, id := range []string{"visitor", "a"} {
				if taste, _ := h.Of(id); len(taste.Packs) > 0 || len(taste.Muted.Things) > 0 {
					t.Errorf("%s in order %v: of %s is known %+v", name, order, id, taste)
				}
			}
			if taste, _ := h.Of("fresh"); len(taste.Packs) != 1 || name == "whole" && !taste.Muted.Things["p4"] {
				t.Errorf("%s in order %v: what came after the wipe: %+v", name, order, taste)
			}
			again := history.New()
			if err := again.Restore(saved); err != nil {
				t.Fatal(err)
			}
			for _, s := range slices.Concat(log...) {
				s(again)
			}
			if taste, _ := again.Of("a"); len(taste.Packs) > 0 {
				t.Errorf("%s: a snapshot and a replay on top brought %+v back", name, taste)
			}
		}
	}
}

func TestSinceTakesTheSessionAlone(t *testing.T) {
	t.Parallel()
	h := history.New()
	did("v", events.KindPreview, "old", 1)(h)
	did("v", events.KindView, "both", 1)(h)
	did("v", events.KindPreview, "both", 5)(h)
	taste, _ := h.Of("v")
	session := taste.Since(start.AddDate(0, 0, 4))
	if len(session.Packs) != 1 || session.Packs[0].ID != "both" || len(session.Packs[0].Acts) != 1 || len(taste.Packs) != 2 {
		t.Errorf("session %+v of %+v", session, taste)
	}
}

// Whatever happens between, before and after, and whoever reads meanwhile: a history that is compacted is the one that is not.
func TestCompactChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	kinds := []events.Kind{events.KindView, events.KindLike, events.KindUnlike, events.KindPurchase}
	plain, compacted := history.New(), history.New()
	reading := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-reading:
				return
			default:
				compacted.Of(fmt.Sprint("person", 7))
			}
		}
	})
	for range 30 {
		for range 1 + random.IntN(2000) {
			act := did(fmt.Sprint("person", random.IntN(1500)), kinds[random.IntN(len(kinds))], fmt.Sprint("pack", random.IntN(40)), random.IntN(300))
			act(plain)
			act(compacted)
		}
		if random.IntN(3) == 0 {
			who, at := fmt.Sprint("person", random.IntN(1500)), start.AddDate(0, 0, random.IntN(300))
			plain.Wipe(who, at)
			compacted.Wipe(who, at)
		}
		compacted.Compact()
	}
	close(reading)
	reader.Wait()
	if want, got := slices.Collect(plain.All()), slices.Collect(compacted.All()); !reflect.DeepEqual(got, want) {
		t.Fatalf("%d tastes, and not the same as %d", len(got), len(want))
	}
}
