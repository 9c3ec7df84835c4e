package indexer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"crateful.dev/indexer/api"
	"crateful.dev/kit/kafka"
	models "crateful.dev/models/api"
	"crateful.dev/models/events"
)

// save keeps a search in the stand-in and returns its id.
func (s *systemOfRecord) save(q api.Query) string {
	s.t.Helper()
	q, err := q.Canonical()
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := json.Marshal(q.Filter())
	if err != nil {
		s.t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7()).String()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = append(s.saved, models.SavedQuery{ID: id, Number: int64(len(s.saved) + 1), Query: raw, CreatedAt: time.Now()})
	return id
}

func (s *systemOfRecord) savedQueries(in models.SavedQueriesAsk) models.SavedQueries {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := models.SavedQueries{Searches: []models.SavedQuery{}, Last: int64(len(s.saved))}
	for _, q := range s.saved {
		if q.Number > in.After && len(out.Searches) < 2 && !slices.Contains(s.unknown, q.ID) { // several pages
			out.Searches = append(out.Searches, q)
		}
	}
	return out
}

func (s *systemOfRecord) savedMatches(w http.ResponseWriter, r *http.Request) {
	lost := false
	answer(s, w, r, func(in models.SavedMatches) models.SavedMatched {
		out := models.SavedMatched{Unknown: []string{}}
		s.mu.Lock()
		for _, m := range in.Matches {
			if slices.Contains(s.unknown, m.SearchID) {
				out.Unknown = append(out.Unknown, m.SearchID)
			}
		}
		tell := s.tell
		s.mu.Unlock()
		if tell != nil {
			lost = !tell(in)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, in)
		if lost {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return out
	})
}

// tolds are the reports about a pack in short words: ids of searches are names, ids of sounds the last letter.
func (s *stack) tolds(names map[string]string, pack string) []string {
	s.t.Helper()
	s.models.mu.Lock()
	defer s.models.mu.Unlock()
	var out []string
	for _, in := range s.models.told {
		if in.PackID != pack {
			continue
		}
		var words []string
		for _, m := range in.Matches {
			text := names[m.SearchID] + ":"
			for _, id := range slices.Sorted(slices.Values(m.SoundIDs)) {
				text += id[len(id)-1:]
			}
			if m.Pack {
				text += "P"
			}
			words = append(words, text)
		}
		slices.Sort(words)
		out = append(out, fmt.Sprint(words))
	}
	return out
}

// fresh is a listing that came on sale now.
func fresh(id, title string, sounds int) events.PackPublishedV1 {
	l := listing(id, title, sounds)
	l.Pack.PublishedAt = time.Now().UTC()
	return l
}

func TestSavedSearchesAreTold(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	names := map[string]string{}
	save := func(name string, q api.Query) string {
		id := s.models.save(q)
		names[id] = name
		return id
	}
	save("dusty", api.Query{Words: "dusty rhodes", Keys: []string{"Am"}})
	save("velvet", api.Query{Kind: api.KindPacks, Words: "velvet"})
	cheap := int64(100)
	cheapID := save("cheap", api.Query{Price: &api.Price{Max: &cheap}})
	save("drums", api.Query{Words: "drums"})
	// What is told can be found.
	s.models.set(func(m *systemOfRecord) {
		m.tell = func(in models.SavedMatches) bool {
			if trace, err := s.client.Trace(t.Context(), in.PackID); err != nil || trace.Revision < 1 {
				t.Errorf("told of %s before it can be found: %+v, %v", in.PackID, trace, err)
			}
			return true
		}
	})
	told := func(pack string, want ...string) {
		t.Helper()
		s.eventually("told of "+pack, func() bool { return len(s.tolds(names, pack)) >= len(want) })
		if got := s.tolds(names, pack); !slices.Equal(got, want) {
			t.Fatalf("%s: told %v, want %v", pack, got, want)
		}
	}
	s.send("p1", 1, fresh("p1", "Velvet Keys", 3))
	told("p1", "[cheap:0 dusty:012 velvet:P]")

	// Not of the same again, of older packs, of what was withdrawn, or of what nobody looks for.
	s.send("p1", 2, fresh("p1", "Velvet Keys", 3))
	s.send("old", 1, listing("old", "Velvet Old", 3))
	s.send("p1", 3, events.PackWithdrawnV1{PackID: "p1", SoundIDs: []string{"p1-s0", "p1-s1", "p1-s2"}})
	s.sendRaw("p1", []byte("not json"))
	nobody := fresh("p2", "Brass", 1)
	nobody.Pack.Sounds[0].Name, nobody.Pack.Sounds[0].Key, nobody.Pack.Sounds[0].Price = "Horn.wav", "", nil
	s.send("p2", 1, nobody)

	s.eventually("all matched", func() bool {
		lag, err := kafka.Lag(t.Context(), s.kafka, "indexer-saved", events.TopicPacks)
		return err == nil && lag == 0
	})

	// A search that was saved before a listing is published is known, also while the service runs. One that is gone is forgotten.
	save("late", api.Query{Words: "rhodes"})
	s.models.set(func(m *systemOfRecord) { m.unknown = append(m.unknown, cheapID) })
	s.send("p3", 1, fresh("p3", "Other Keys", 2))
	told("p3", "[cheap:0 dusty:01 late:01]")
	s.send("p4", 1, fresh("p4", "More Keys", 1))
	told("p4", "[dusty:0 late:0]")

	// A sound that comes with a new edition is told, with what the pack had: models knows what is new.
	bigger := fresh("p4", "More Keys", 2)
	bigger.Pack.Edition = 2
	s.send("p4", 2, bigger)
	told("p4", "[dusty:0 late:0]", "[dusty:01 late:01]")
	for pack, want := range map[string]int{"p1": 1, "old": 0, "p2": 0} {
		if got := s.tolds(names, pack); len(got) != want {
			t.Errorf("%s: told %v", pack, got)
		}
	}

	// A rebuild reads all of it again and tells nothing.
	if _, err := s.client.StartReindex(t.Context(), api.StartReindex{By: "admin", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	s.eventually("rebuilt", func() bool {
		state, err := s.client.Reindex(t.Context())
		return err == nil && state.Rebuild.State == api.RebuildDone
	})
	s.send("p5", 1, fresh("p5", "Last Keys", 1))
	told("p5", "[dusty:0 late:0]")
	for pack, want := range map[string]int{"p1": 1, "p3": 1, "p4": 2, "old": 0} {
		if got := s.tolds(names, pack); len(got) != want {
			t.Errorf("%s after the rebuild: told %v", pack, got)
		}
	}
}

// A report whose answer is lost is told again, also by a process that starts anew: models knows what it has. Nothing waits for
// models meanwhile, neither the index nor searches.
func TestSavedSearchesAreToldAgainAfterACrash(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	names := map[string]string{s.models.save(api.Query{Words: "dusty"}): "dusty"}
	s.send("p0", 1, fresh("p0", "First", 1))
	s.eventually("told", func() bool { return len(s.tolds(names, "p0")) == 1 })
	s.models.set(func(m *systemOfRecord) { m.tell = func(models.SavedMatches) bool { return false } })
	s.send("p1", 1, fresh("p1", "Second", 2))
	s.eventually("told, and the answer lost", func() bool { return len(s.tolds(names, "p1")) >= 1 })
	s.stop()
	before := len(s.tolds(names, "p1"))
	s.models.set(func(m *systemOfRecord) { m.tell, m.away = nil, true })
	s.start()
	s.send("p2", 1, fresh("p2", "Third", 1))
	s.awaits("p2", 1)
	if got := len(s.tolds(names, "p1")); got != before {
		t.Fatalf("told %d times while models is away", got-before)
	}
	s.models.set(func(m *systemOfRecord) { m.away = false })
	s.eventually("told again", func() bool { return len(s.tolds(names, "p1")) > before && len(s.tolds(names, "p2")) == 1 })
	if got := s.tolds(names, "p1"); got[len(got)-1] != "[dusty:01]" {
		t.Errorf("told %v", got)
	}
	if got := s.tolds(names, "p0"); len(got) != 1 {
		t.Errorf("what was told before is told again: %v", got)
	}
}
