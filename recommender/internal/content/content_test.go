package content_test

import (
	"fmt"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/content"
)

func listing(id, producer string, tempo float64, tags ...string) events.Listing {
	return events.Listing{
		ID: id, Genre: "lofi", Tags: tags, Producer: events.Producer{ID: producer}, PublishedAt: time.Now(),
		Sounds: []events.Sound{{ID: id + "-1", TempoBPM: tempo, Key: "Am"}},
	}
}

func TestNearestFollowsTheShelf(t *testing.T) {
	t.Parallel()
	s := content.NewShelf()
	s.Put(listing("keys", "p1", 84, "rhodes", "dusty"), 1)
	s.Put(listing("far", "p2", 120), 1)
	s.Put(listing("close", "p2", 84, "rhodes"), 1)
	near := s.Nearest("keys")
	if len(near) != 2 || near[0].PackID != "close" || near[1].PackID != "far" || near[0].Likeness <= near[1].Likeness {
		t.Fatalf("near keys: %+v", near)
	}
	s.Put(listing("twin", "p3", 84, "rhodes", "dusty"), 1)
	deadline := time.Now().Add(10 * time.Second) // the list is kept a while
	for s.Nearest("keys")[0].PackID != "twin" {
		if time.Now().After(deadline) {
			t.Fatalf("a new pack never shows: %+v", s.Nearest("keys"))
		}
	}
	if s.Nearest("nowhere") != nil {
		t.Error("something is near a pack that is not there")
	}
}

func TestPacksOfAProducer(t *testing.T) {
	t.Parallel()
	s := content.NewShelf()
	s.Put(listing("a", "p1", 84), 1)
	s.Put(listing("b", "p1", 84), 1)
	s.Put(listing("c", "p2", 84), 1)
	s.Put(listing("b", "p2", 84), 2) // given to another
	s.Remove("a", 2)
	for producer, want := range map[string]int{"p1": 0, "p2": 2, "p3": 0} {
		if got := s.Of(producer); len(got) != want {
			t.Errorf("%s has %d packs, want %d", producer, len(got), want)
		}
	}
	if s.Len() != 2 {
		t.Errorf("%d packs on the shelf", s.Len())
	}
}

func BenchmarkNearest(b *testing.B) {
	s := content.NewShelf()
	for n := range 20_000 {
		s.Put(listing(fmt.Sprint(n), fmt.Sprint(n%400), 60+float64(n%120), fmt.Sprint("tag", n%50), fmt.Sprint("tag", n%31)), 1)
	}
	for n := 0; b.Loop(); n++ {
		s.Nearest(fmt.Sprint(n % 20_000))
	}
}
