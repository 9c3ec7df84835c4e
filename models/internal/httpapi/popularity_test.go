package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// What people hear reaches search as a new revision, and at most one in ten minutes.
func TestPlaysBecomePopularity(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.live("Heard", "a.wav")
	play := func() {
		t.Helper()
		res := s.do("POST", "/v1/interactions", api.Interactions{Items: []api.Interaction{{Kind: "preview", PackID: id, SoundID: s.bench(id).Sounds[0].ID, At: time.Now()}}}, "")
		if res.Status != http.StatusAccepted {
			t.Fatalf("preview: %d %s", res.Status, res.Body)
		}
	}
	plays := func() int {
		return postgrestest.One[int](t, s.DB, "SELECT coalesce(sum(plays), 0)::int FROM pack_plays WHERE pack_id = $1", id)
	}
	play()
	modelstest.Eventually(t, "the play is counted", func() bool { return plays() == 1 })
	revision := func() int64 {
		return postgrestest.One[int64](t, s.DB, "SELECT revision FROM listings WHERE pack_id = $1", id)
	}
	modelstest.Eventually(t, "a revision for popularity", func() bool {
		// A job of the same kind that ran before the play was counted would stand for this one.
		postgrestest.Exec(t, s.DB, "DELETE FROM river_job WHERE kind = 'catalog_popularity' AND state = 'completed'")
		if err := s.Service.Enqueue(t.Context(), catalog.PopularityJob{}); err != nil {
			t.Fatal(err)
		}
		return revision() == 2
	})
	evs := s.events(id)
	listing, err := events.Decode[events.PackPublishedV1](evs[len(evs)-1])
	if err != nil || listing.Pack.Popularity <= 0 {
		t.Errorf("popularity %f, %v", listing.Pack.Popularity, err)
	}
	if b := s.bench(id); b.Pack.Unpublished || b.Pack.ETag == "" || b.Pack.Revision != 2 {
		t.Errorf("popularity touched the working copy: %+v", b.Pack.StudioPack)
	}
	for range 4 {
		play()
	}
	modelstest.Eventually(t, "more plays are counted", func() bool { return plays() == 5 })
	due, err := postgres.NewPackStore(s.DB).DueScores(t.Context(), time.Now().Add(-10*time.Minute), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("due again within ten minutes: %v, %v", due, err)
	}
	if due, err = postgres.NewPackStore(s.DB).DueScores(t.Context(), time.Now().Add(10*time.Minute), 10); err != nil || len(due) != 1 {
		t.Errorf("not due ten minutes later: %v, %v", due, err)
	}
}

// A producer's new name reaches what is on sale.
func TestRenamedProducerInListings(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.live("Renamed", "a.wav")
	res := s.do("PATCH", "/v1/account/profile", map[string]string{"name": "Somebody New"}, "*")
	if res.Status != http.StatusOK {
		t.Fatalf("rename: %d %s", res.Status, res.Body)
	}
	modelstest.Eventually(t, "the new name on the page", func() bool {
		page := modelstest.Into[api.PackPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}), http.StatusOK)
		return page.Card.Producer.Name == "Somebody New" && page.Sounds[0].Pack.Producer.Name == "Somebody New" && page.Card.Revision == 2
	})
}

func TestPublishingNeedsAConfirmedAddress(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s := &studio{stack, t, stack.SignUp(t, "")}
	id := s.create("Unconfirmed").Pack.ID
	s.sound(id, "a.wav")
	etag := s.fill(id).Pack.ETag
	res := s.do("POST", "/v1/packs/"+id+"/publish", nil, etag)
	if res.Status != http.StatusForbidden {
		t.Errorf("published without a confirmed address: %d %s", res.Status, res.Body)
	}
}
