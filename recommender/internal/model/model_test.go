package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func buy(h *history.History, person, pack string, age time.Duration) {
	h.Record(events.InteractionRecordedV1{PersonID: person, Kind: events.KindPurchase, PackID: pack}, now.Add(-age))
}

// twoScenes are six people who buy soul and six who buy drum and bass; one of them crosses over.
func twoScenes() *history.History {
	h := history.New()
	for i := range 6 {
		for _, pack := range []string{"rhodes", "wurli", "strings"} {
			buy(h, fmt.Sprint("soul", i), pack, time.Hour)
		}
		for _, pack := range []string{"amen", "reese", "pads"} {
			buy(h, fmt.Sprint("dnb", i), pack, time.Hour)
		}
	}
	buy(h, "soul0", "amen", time.Hour)
	return h
}

func TestPacksBoughtByTheSamePeopleAreNear(t *testing.T) {
	t.Parallel()
	m := model.Build(twoScenes().All(), now)
	near := m.Near("rhodes")
	if len(near) < 3 || near[0].PackID != "strings" && near[0].PackID != "wurli" || near[0].People != 6 || near[2].PackID != "amen" || near[2].People != 1 {
		t.Fatalf("near rhodes: %+v", near)
	}
	if near[2].Likeness > near[0].Likeness/3 {
		t.Errorf("one shared person of many weighs too much: %+v", near)
	}
	if m.Near("unknown") != nil {
		t.Error("something is near to a pack that nobody met")
	}
	if rising := m.Rising(); len(rising) != 6 || rising[0].PackID != "amen" || rising[0].People != 7 {
		t.Errorf("rising: %+v", rising)
	}
}

// Who comes after the model was made is folded in.
func TestNewcomersAreFoldedIn(t *testing.T) {
	t.Parallel()
	m := model.Build(twoScenes().All(), now)
	mine := []model.Interest{{PackID: "rhodes", Weight: 1}, {PackID: "brand new", Weight: 1}}
	list := m.For(mine)
	if len(list) < 2 || list[0].PackID != "wurli" && list[0].PackID != "strings" || list[1].PackID != "wurli" && list[1].PackID != "strings" {
		t.Fatalf("for somebody with rhodes: %+v", list)
	}
	for _, l := range list {
		if l.PackID == "rhodes" {
			t.Error("what they have comes back")
		}
	}
	because, people, ok := m.Because(mine, "wurli")
	if !ok || because != "rhodes" || people != 6 {
		t.Errorf("because %q by %d, %v", because, people, ok)
	}
	if _, _, ok := m.Because(mine, "pads"); ok {
		t.Error("nobody cares about rhodes and pads, and that is told as a reason")
	}
	if m.For(nil) != nil || m.For([]model.Interest{{PackID: "brand new", Weight: 1}}) != nil {
		t.Error("an empty history gives a list")
	}
}

func TestEachPersonCountsOncePerPair(t *testing.T) {
	t.Parallel()
	h := history.New()
	for range 50 { // the same person again and again
		buy(h, "loud", "a", time.Hour)
		buy(h, "loud", "b", time.Hour)
	}
	m := model.Build(h.All(), now)
	if near := m.Near("a"); len(near) != 1 || near[0].People != 1 {
		t.Fatalf("near a: %+v", near)
	}
}

func TestOldActsFade(t *testing.T) {
	t.Parallel()
	fresh := model.Weight(history.Contact{{Kind: events.KindPurchase, At: now}}, now)
	old := model.Weight(history.Contact{{Kind: events.KindPurchase, At: now.AddDate(0, 0, -360)}}, now)
	if math.Abs(old-fresh/4) > 1e-9 {
		t.Errorf("two half-lives: %v of %v", old, fresh)
	}
	if w := model.Weight(history.Contact{{Kind: events.KindLike, At: now.Add(-time.Hour)}, {Kind: events.KindUnlike, At: now}}, now); w != 0 {
		t.Errorf("a like taken back weighs %v", w)
	}
	if w := model.Weight(history.Contact{{Kind: events.KindPurchase, At: now.Add(time.Hour)}}, now); w != 1 {
		t.Errorf("an act of a clock that goes ahead weighs %v", w)
	}
}

func TestOneItemAndNobody(t *testing.T) {
	t.Parallel()
	h := history.New()
	if m := model.Build(h.All(), now); m.For([]model.Interest{{PackID: "a", Weight: 1}}) != nil {
		t.Error("a model of nobody lists something")
	}
	buy(h, "only", "a", time.Hour)
	if m := model.Build(h.All(), now); len(m.For([]model.Interest{{PackID: "a", Weight: 1}})) != 0 {
		t.Error("the only pack of the world comes back to who has it")
	}
}

func TestSameTastesGiveTheSameModel(t *testing.T) {
	t.Parallel()
	h := history.New()
	random := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		buy(h, fmt.Sprint("p", random.IntN(200)), fmt.Sprint("k", random.IntN(60)), time.Duration(random.IntN(9000))*time.Hour)
	}
	a, b := model.Build(h.All(), now), model.Build(h.All(), now)
	mine := []model.Interest{{PackID: "k1", Weight: 1}, {PackID: "k7", Weight: 0.5}}
	if a.Digest() != b.Digest() || !reflect.DeepEqual(a.For(mine), b.For(mine)) {
		t.Fatal("two builds of the same history differ")
	}
	if list := a.For(mine); len(list) != 58 {
		t.Errorf("%d of the 58 other packs are listed", len(list))
	}
}

func BenchmarkBuild(b *testing.B) {
	tastes := crowd().All()
	for b.Loop() {
		model.Build(tastes, now)
	}
}

func BenchmarkFor(b *testing.B) {
	h := crowd()
	m := model.Build(h.All(), now)
	taste, _ := h.Of("person1")
	for b.Loop() {
		m.For(model.Interests(taste, now))
	}
}

// crowd are 5,000 people with 800 packs.
func crowd() *history.History {
	h := history.New()
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		buy(h, fmt.Sprint("person", random.IntN(5000)), fmt.Sprint("pack", random.IntN(800)), time.Duration(random.IntN(9000))*time.Hour)
	}
	return h
}

func TestAPersonWithFiftyThousandActs(t *testing.T) {
	t.Parallel()
	h := twoScenes()
	for n := range 50_000 {
		buy(h, "shop", fmt.Sprint("pack", n*7919%50_000), time.Duration(n)*time.Minute)
	}
	taste, _ := h.Of("shop")
	if mine := model.Interests(taste, now); len(taste.Packs) != 50_000 || len(mine) != 300 || mine[0].PackID != "pack0" {
		t.Fatalf("%d packs, %d count, first %+v", len(taste.Packs), len(mine), mine[:1])
	}
	m := model.Build(h.All(), now)
	if list := m.For([]model.Interest{{PackID: "rhodes", Weight: 1}}); len(list) == 0 || list[0].PackID != "wurli" && list[0].PackID != "strings" {
		t.Errorf("one loud person drowns the others: %+v", list)
	}
}
