package cf_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/cf"
	"crateful.dev/recommender/internal/history"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func buy(h *history.History, person, pack string, age time.Duration) {
	h.Record(events.InteractionRecordedV1{PersonID: person, Kind: events.KindPurchase, PackID: pack}, now.Add(-age))
}

func TestPacksBoughtByTheSamePeopleAreNear(t *testing.T) {
	h := history.New()
	for i := range 6 {
		buy(h, fmt.Sprint("soul", i), "rhodes", time.Hour)
		buy(h, fmt.Sprint("soul", i), "wurli", time.Hour)
		buy(h, fmt.Sprint("dnb", i), "amen", time.Hour)
		buy(h, fmt.Sprint("dnb", i), "reese", time.Hour)
	}
	buy(h, "soul0", "amen", time.Hour) // one person crosses over
	m := cf.Build(h.All(), now, cf.Options{})
	near := m.Near("rhodes")
	if len(near) != 2 || near[0].PackID != "wurli" || near[0].People != 6 || near[1].PackID != "amen" {
		t.Fatalf("near rhodes: %+v", near)
	}
	if near[1].Similarity > near[0].Similarity/3 {
		t.Errorf("one shared person of many weighs too much: %+v", near)
	}
}

func TestEachPersonCountsOncePerPair(t *testing.T) {
	h := history.New()
	for range 50 { // the same person again and again
		buy(h, "loud", "a", time.Hour)
		buy(h, "loud", "b", time.Hour)
	}
	m := cf.Build(h.All(), now, cf.Options{})
	if near := m.Near("a"); len(near) != 1 || near[0].People != 1 {
		t.Fatalf("near a: %+v", near)
	}
}

func TestOldActsFade(t *testing.T) {
	o := cf.Options{HalfLife: 10 * 24 * time.Hour}
	fresh := o.Weight(history.Contact{events.KindPurchase: now}, now)
	old := o.Weight(history.Contact{events.KindPurchase: now.AddDate(0, 0, -20)}, now)
	if math.Abs(old-fresh/4) > 1e-9 {
		t.Errorf("two half-lives: %v of %v", old, fresh)
	}
	if w := o.Weight(history.Contact{events.KindLike: now.Add(-time.Hour), events.KindUnlike: now}, now); w != 0 {
		t.Errorf("a like taken back weighs %v", w)
	}
}

func TestSameTastesGiveTheSameModel(t *testing.T) {
	h := history.New()
	random := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		buy(h, fmt.Sprint("p", random.IntN(200)), fmt.Sprint("k", random.IntN(60)), time.Duration(random.IntN(9000))*time.Hour)
	}
	a, b := cf.Build(h.All(), now, cf.Options{}), cf.Build(h.All(), now, cf.Options{})
	if !reflect.DeepEqual(a, b) {
		t.Fatal("two builds of the same history differ")
	}
}

func BenchmarkBuild(b *testing.B) {
	h := history.New()
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		buy(h, fmt.Sprint("person", random.IntN(5000)), fmt.Sprint("pack", random.IntN(800)), time.Duration(random.IntN(9000))*time.Hour)
	}
	tastes := h.All()
	for b.Loop() {
		cf.Build(tastes, now, cf.Options{})
	}
}
