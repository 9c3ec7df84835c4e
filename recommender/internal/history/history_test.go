package history_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
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
