package content_test

import (
	"testing"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/content"
)

func TestWhatFits(t *testing.T) {
	t.Parallel()
	s := content.NewShelf()
	sound := func(kind, key string, tempo float64) events.Sound {
		return events.Sound{ID: kind + key, Type: kind, Key: key, TempoBPM: tempo}
	}
	one := sound("loop", "Am", 92)
	for _, c := range []struct {
		other events.Sound
		want  bool
	}{
		{sound("loop", "Am", 92.5), true},
		{sound("loop", "C", 92), true},
		{sound("loop", "C", 184), true},
		{sound("loop", "C", 46), true},
		{sound("loop", "Am", 96), false},
		{sound("loop", "A", 92), false},
		{sound("one-shot", "Am", 92), false},
		{sound("loop", "", 92), false},
		{sound("loop", "H", 92), false},
		{sound("loop", "C", 0), false},
		{sound("loop", "Cdim", 92), false},
	} {
		other := c.other
		other.ID = "other"
		s.Put(events.Listing{ID: "pack", Sounds: []events.Sound{one, other}}, int64(s.Len())+1)
		_, a, _ := s.Sound(one.ID)
		_, b, ok := s.Sound("other")
		if got := a.Fits(b); !ok || got != c.want || b.Fits(a) != got {
			t.Errorf("%+v fits: %v, want %v", c.other, got, c.want)
		}
		s = content.NewShelf()
	}
	s.Put(events.Listing{ID: "pack", Sounds: []events.Sound{one}}, 1)
	s.Put(events.Listing{ID: "pack", Sounds: []events.Sound{sound("loop", "F#m", 92)}}, 2)
	if _, _, ok := s.Sound(one.ID); ok {
		t.Error("a sound that left its pack is still there")
	}
}
