package ranking_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/ranking"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func listing(id, producer, genre string, tempo float64, tags ...string) events.Listing {
	return events.Listing{
		ID: id, Genre: genre, Tags: tags, Producer: events.Producer{ID: producer}, PublishedAt: now,
		Sounds: []events.Sound{{ID: id + "-1", TempoBPM: tempo, Key: "Am"}},
	}
}

func ranker(h *history.History, s *content.Shelf) ranking.Ranker {
	return ranking.Ranker{Model: model.Build(h.All(), now), Shelf: s}
}

func TestContentAnswersWhereNobodyHasBeen(t *testing.T) {
	s := content.NewShelf()
	s.Put(listing("keys", "p1", "lofi", 84, "rhodes", "dusty"), 1)
	s.Put(listing("keys2", "p2", "lofi", 85, "rhodes"), 1)
	s.Put(listing("gabber", "p3", "hardcore", 190, "kick"), 1)
	items := ranker(history.New(), s).Similar("keys", 5)
	if len(items) == 0 || items[0].PackID != "keys2" {
		t.Fatalf("similar to keys: %+v", items)
	}
	for _, it := range items {
		if it.PackID == "keys" {
			t.Error("a pack is similar to itself")
		}
	}
}

func TestTheReasonIsWhatSaysMost(t *testing.T) {
	s := content.NewShelf()
	inC := func(l events.Listing) events.Listing {
		l.Sounds[0].Key = "C"
		return l
	}
	s.Put(listing("keys", "p0", "lofi", 84, "rhodes", "dusty"), 1)
	s.Put(listing("twin", "p1", "lofi", 84), 1)
	s.Put(inC(listing("genre", "p2", "lofi", 120)), 1)
	s.Put(listing("feel", "p3", "soul", 84), 1)
	s.Put(inC(listing("tags", "p4", "soul", 120, "rhodes", "dusty")), 1)
	want := map[string]string{"twin": "same_feel", "genre": "same_genre", "feel": "same_feel", "tags": "same_tags"}
	items := ranker(history.New(), s).Similar("keys", 10)
	if len(items) != len(want) {
		t.Fatalf("similar to keys: %+v", items)
	}
	for _, it := range items {
		if it.Reason.Kind != want[it.PackID] || it.Reason.PackID != "keys" {
			t.Errorf("%s: %+v, want %s", it.PackID, it.Reason, want[it.PackID])
		}
	}
}

func TestOwnedHiddenAndWithdrawnNeverAppear(t *testing.T) {
	h, s := history.New(), content.NewShelf()
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		s.Put(listing(id, fmt.Sprint("p", i), "house", 124), 1)
		for person := range 4 {
			h.Record(events.InteractionRecordedV1{PersonID: fmt.Sprint(person), Kind: events.KindLike, PackID: id}, now.Add(-time.Hour))
		}
	}
	h.Record(events.InteractionRecordedV1{PersonID: "0", Kind: events.KindPurchase, PackID: "a"}, now.Add(-time.Hour))
	s.Remove("d", 2)
	taste, _ := h.Of("0")
	for _, it := range ranker(h, s).ForYou(ranking.Person{Taste: taste, Now: now, Exclude: map[string]bool{"b": true}}, 10) {
		if it.PackID == "a" || it.PackID == "b" || it.PackID == "d" {
			t.Errorf("%s came back", it.PackID)
		}
	}
}

func TestOneProducerTakesAFifth(t *testing.T) {
	s := content.NewShelf()
	s.Put(listing("seed", "me", "house", 124), 1)
	for i := range 12 {
		s.Put(listing(fmt.Sprintf("big%02d", i), "big", "house", 124), 1)
	}
	for i := range 9 {
		s.Put(listing(fmt.Sprintf("small%02d", i), fmt.Sprint("small", i), "house", 90), 1)
	}
	count := 0
	items := ranker(history.New(), s).Similar("seed", 10)
	for _, it := range items {
		if p, _ := s.Get(it.PackID); p.ProducerID == "big" {
			count++
		}
	}
	if len(items) != 10 || count != 2 {
		t.Errorf("%d items, %d of one producer, want 10 and 2", len(items), count)
	}
}

// Whatever the list, any ten in a row hold at most two of one producer, also when there is hardly anything else.
func TestOfAnyTenTwoAreOneProducers(t *testing.T) {
	s := content.NewShelf()
	for i := range 30 {
		s.Put(listing(fmt.Sprintf("big%02d", i), "big", "house", 124), 1)
		if i < 12 {
			s.Put(listing(fmt.Sprintf("small%02d", i), fmt.Sprint("small", i), "house", 90), 1)
		}
	}
	r := ranker(history.New(), s)
	for name, items := range map[string][]api.Item{"similar": r.Similar("big00", 24), "rising": r.NewAndRising(ranking.Person{Now: now}, 50)} {
		if len(items) < 12 {
			t.Errorf("%s: %d items", name, len(items))
		}
		for i := range items {
			count := map[string]int{}
			for _, it := range items[i:min(len(items), i+10)] {
				p, _ := s.Get(it.PackID)
				if count[p.ProducerID]++; count[p.ProducerID] > 2 {
					t.Errorf("%s: from place %d on three of %s", name, i, p.ProducerID)
				}
			}
		}
	}
}

// lists are all lists of a person.
func lists(r ranking.Ranker, who ranking.Person) map[string][]api.Item {
	_, because := r.Because(who, 10)
	return map[string][]api.Item{"for you": r.ForYou(who, 10), "because": because, "rising": r.NewAndRising(who, 10)}
}

func TestMutedNeverAppearsInAnyList(t *testing.T) {
	h, s := history.New(), content.NewShelf()
	ids := []string{"a", "b", "c", "d", "e", "f", "g"}
	for i, id := range ids {
		s.Put(listing(id, fmt.Sprint("p", i), "house", 124), 1)
		for person := range 4 {
			h.Record(events.InteractionRecordedV1{PersonID: fmt.Sprint(person), Kind: events.KindLike, PackID: id}, now.Add(-time.Hour))
		}
	}
	h.Record(events.InteractionRecordedV1{PersonID: "me", Kind: events.KindLike, PackID: "a"}, now.Add(-time.Hour))
	h.Record(events.InteractionRecordedV1{PersonID: "me", Kind: events.KindLike, PackID: "b"}, now.Add(-2*time.Hour))
	h.Record(events.InteractionRecordedV1{PersonID: "me", Kind: events.KindFollow, ProducerID: "p6"}, now.Add(-time.Hour))
	show := func(mute events.PersonMutedV1) map[string][]api.Item {
		mute.PersonID = "me"
		h.Mute(mute, now.UnixNano()+int64(len(mute.Packs)+2*len(mute.Producers)+3*len(mute.Because)+4*len(mute.Reasons)), now)
		taste, _ := h.Of("me")
		return lists(ranker(h, s), ranking.Person{Taste: taste, Now: now, Exclude: map[string]bool{}})
	}
	for name, items := range show(events.PersonMutedV1{}) {
		if len(items) < 3 {
			t.Fatalf("%s without mutes: %+v", name, items)
		}
	}
	for name, items := range show(events.PersonMutedV1{Packs: []string{"c"}}) {
		if slices.ContainsFunc(items, func(it api.Item) bool { return it.PackID == "c" }) || len(items) < 3 {
			t.Errorf("%s with a muted pack: %+v", name, items)
		}
	}
	for name, items := range show(events.PersonMutedV1{Producers: []string{"p3"}}) {
		if slices.ContainsFunc(items, func(it api.Item) bool { return it.PackID == "d" }) || len(items) < 3 {
			t.Errorf("%s with a muted producer: %+v", name, items)
		}
	}
	for name, items := range show(events.PersonMutedV1{Because: []string{"a"}}) {
		if slices.ContainsFunc(items, func(it api.Item) bool { return it.Reason.PackID == "a" }) || len(items) < 3 {
			t.Errorf("%s without what a stands for: %+v", name, items)
		}
	}
	every := events.Reasons()
	for n, reason := range every {
		for name, items := range show(events.PersonMutedV1{Reasons: slices.Concat([]events.Reason{reason}, slices.Repeat([]events.Reason{reason}, n))}) {
			for _, it := range items {
				if it.Reason.Kind == string(reason) || !slices.Contains(every, events.Reason(it.Reason.Kind)) {
					t.Errorf("%s without %s: %+v", name, reason, it)
				}
			}
		}
	}
}

func TestSoundsByWhoTriedThemAndByTempoAndKey(t *testing.T) {
	h, s := history.New(), content.NewShelf()
	for _, pack := range []string{"a", "b", "c"} {
		l := listing(pack, "by-"+pack, "house", 124)
		for n, key := range []string{"Am", "C", "F#m", "Am"} {
			l.Sounds = append(l.Sounds, events.Sound{ID: fmt.Sprint(pack, n), Type: "loop", Key: key, TempoBPM: 124 * float64(1+n/3)})
		}
		s.Put(l, 1)
	}
	for person := range 3 {
		for _, sound := range []string{"a0", "b2"} {
			h.Record(events.InteractionRecordedV1{PersonID: fmt.Sprint(person), Kind: events.KindLike, PackID: sound[:1], SoundID: sound}, now.Add(-time.Hour))
		}
	}
	want := map[string]api.Reason{
		"b2": {Kind: "bought_together", People: 3, SoundID: "a0"},                          // another key, but liked together
		"a1": {Kind: "same_feel", SoundID: "a0"}, "a3": {Kind: "same_feel", SoundID: "a0"}, // the relative major, and twice the tempo
		"b0": {Kind: "same_feel", SoundID: "a0"}, "c0": {Kind: "same_feel", SoundID: "a0"}, "c1": {Kind: "same_feel", SoundID: "a0"},
	}
	items := ranker(h, s).SimilarSounds("a0", 10)
	if len(items) != len(want) || items[0].SoundID != "b2" { // of any ten two are one producer's: neither b1 nor a third of c
		t.Fatalf("like a0: %+v", items)
	}
	for _, it := range items {
		if it.Reason != want[it.SoundID] || it.PackID != it.SoundID[:1] {
			t.Errorf("like a0: %+v, want %+v", it, want[it.SoundID])
		}
	}
	s.Remove("b", 2)
	for _, it := range ranker(h, s).SimilarSounds("a0", 10) {
		if it.PackID == "b" {
			t.Errorf("a withdrawn sound is recommended: %+v", it)
		}
	}
	if items := ranker(h, s).SimilarSounds("nowhere", 10); len(items) != 0 {
		t.Errorf("like nothing: %+v", items)
	}
}

// What comes in badly gives a sensible answer.
func TestOneItemInTheWorldAndNobody(t *testing.T) {
	s := content.NewShelf()
	who := ranking.Person{Now: now}
	for name, items := range lists(ranker(history.New(), s), who) {
		if len(items) != 0 {
			t.Errorf("%s of an empty shop: %+v", name, items)
		}
	}
	s.Put(listing("only", "p", "house", 124), 1)
	h := history.New()
	h.Record(events.InteractionRecordedV1{PersonID: "me", Kind: events.KindLike, PackID: "only"}, now.Add(-time.Hour))
	h.Record(events.InteractionRecordedV1{PersonID: "me", Kind: events.KindLike, PackID: "never on sale"}, now.Add(-time.Hour))
	who.Taste, _ = h.Of("me")
	for name, items := range lists(ranker(h, s), who) {
		if slices.ContainsFunc(items, func(it api.Item) bool { return it.PackID != "only" }) {
			t.Errorf("%s with one pack: %+v", name, items)
		}
	}
	if items := ranker(h, s).Similar("only", 10); len(items) != 0 {
		t.Errorf("like the only one: %+v", items)
	}
}

// A clock that is years ahead makes an act count as one of now, and one that stands at zero makes none.
func TestClocksThatAreWrong(t *testing.T) {
	h, s := history.New(), content.NewShelf()
	for i, id := range []string{"a", "b", "c"} {
		s.Put(listing(id, fmt.Sprint("p", i), "house", 124), 1)
	}
	for person := range 2 {
		for _, pack := range []string{"a", "b"} {
			h.Record(events.InteractionRecordedV1{PersonID: fmt.Sprint(person), Kind: events.KindLike, PackID: pack}, now.AddDate(50*person, 0, 0))
		}
	}
	h.Record(events.InteractionRecordedV1{PersonID: "zero", Kind: events.KindLike, PackID: "c"}, time.Unix(0, 0))
	r := ranker(h, s)
	if items := r.Similar("a", 1); len(items) != 1 || items[0].PackID != "b" || items[0].Reason.People != 2 || items[0].Score > 2 {
		t.Errorf("with a clock ahead: %+v", items)
	}
	taste, _ := h.Of("zero")
	if items := r.ForYou(ranking.Person{Taste: taste, Now: now}, 10); len(taste.Packs) > 0 || len(items) > 0 && items[0].Reason.Kind != "rising" {
		t.Errorf("with a clock at zero: %+v for %+v", items, taste)
	}
}

func TestAPersonWith50000Interactions(t *testing.T) {
	h, s := history.New(), content.NewShelf()
	for n := range 500 {
		s.Put(listing(fmt.Sprintf("pack%03d", n), fmt.Sprint("p", n%50), "house", 124), 1)
	}
	kinds := []events.Kind{events.KindView, events.KindPreview, events.KindLike, events.KindCart, events.KindDownload}
	for n := range 50_000 {
		h.Record(events.InteractionRecordedV1{PersonID: "keen", Kind: kinds[n%5], PackID: fmt.Sprintf("pack%03d", n%400), SoundID: fmt.Sprint("sound", n)}, now.Add(-time.Duration(n)*time.Minute))
	}
	h.Record(events.InteractionRecordedV1{PersonID: "other", Kind: events.KindLike, PackID: "pack001"}, now.Add(-time.Hour))
	r := ranker(h, s)
	taste, _ := h.Of("keen")
	for name, items := range lists(r, ranking.Person{Taste: taste, Now: now, Exclude: map[string]bool{}}) {
		if len(items) == 0 {
			t.Errorf("%s of somebody keen is empty", name)
		}
	}
	// However often they did it, they are one person.
	for _, it := range r.Similar("pack001", 10) {
		if it.Reason.People > 2 {
			t.Errorf("%d people stand behind %+v", it.Reason.People, it)
		}
	}
}

func TestBecauseNamesWhatWasBoughtLast(t *testing.T) {
	h, s := history.New(), content.NewShelf()
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		s.Put(listing(id, fmt.Sprint("p", i), "house", 124), 1)
	}
	for day, act := range []struct {
		pack string
		kind events.Kind
	}{{"a", events.KindPurchase}, {"b", events.KindPurchase}, {"c", events.KindLike}, {"d", events.KindPreview}} {
		h.Record(events.InteractionRecordedV1{PersonID: "me", Kind: act.kind, PackID: act.pack}, now.AddDate(0, 0, day-10))
	}
	taste, _ := h.Of("me")
	pack, items := ranker(h, s).Because(ranking.Person{Taste: taste, Now: now}, 10)
	if pack != "b" || len(items) != 3 {
		t.Fatalf("because of %s: %+v", pack, items)
	}
	for _, it := range items {
		if it.PackID == "a" || it.PackID == "b" || it.Reason.PackID != "b" {
			t.Errorf("because of b: %+v", it)
		}
	}
}

func TestLateEventsDoNotBringAPackBack(t *testing.T) {
	s := content.NewShelf()
	s.Put(listing("a", "p", "house", 124), 3)
	s.Remove("a", 4)
	s.Put(listing("a", "p", "house", 124), 3)
	if _, ok := s.Get("a"); ok {
		t.Error("an old revision brought a withdrawn pack back")
	}
	s.Put(listing("a", "p", "house", 124), 5)
	s.Remove("a", 4)
	if _, ok := s.Get("a"); !ok {
		t.Error("an old withdrawal removed a newer listing")
	}
}
