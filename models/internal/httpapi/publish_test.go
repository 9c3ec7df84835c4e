package httpapi_test

import (
	"net/http"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/upload"
)

// An account that was locked while its zip was built does not go on sale by it.
func TestLockedAccountDoesNotGoLive(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Locked").Pack.ID
	s.sound(id, "a.wav")
	s.fill(id)
	edition := s.publish(id).EditionID
	postgrestest.Exec(t, s.DB, "UPDATE accounts SET disabled_at = now(), disabled_reason = 'spam' WHERE id = $1", s.who.Account.ID)
	if got := s.built(edition); got.State == api.PackLive {
		t.Fatalf("live: %+v", got)
	}
	if res := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}); res.Status != http.StatusNotFound {
		t.Errorf("its page: %d", res.Status)
	}
	for _, e := range s.events(id) {
		if e.Type == (events.PackPublishedV1{}).EventType() {
			t.Error("search was told")
		}
	}
	postgrestest.Exec(t, s.DB, "UPDATE accounts SET disabled_at = NULL, disabled_reason = '' WHERE id = $1", s.who.Account.ID)
	if got := s.publish(id); got.Pack.State != api.PackLive { // the zip is there already
		if got := s.built(got.EditionID); got.State != api.PackLive {
			t.Errorf("let in again: %+v", got)
		}
	}
}

func TestRenamedWhileBuilding(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Slow").Pack.ID
	s.sound(id, "a.wav")
	s.fill(id)
	edition := s.publish(id).EditionID
	if res := s.do("PATCH", "/v1/account/profile", map[string]string{"name": "Later Name"}, "*"); res.Status != http.StatusOK {
		t.Fatalf("rename: %d %s", res.Status, res.Body)
	}
	s.built(edition)
	page := modelstest.Into[api.PackPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}), http.StatusOK)
	if page.Card.Producer.Name != "Later Name" {
		t.Errorf("producer is %q", page.Card.Producer.Name)
	}
}

// Every event names all sounds a pack ever had, so their number has an end.
func TestTooManySoundsEver(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.live("Churn", "a.wav")
	postgrestest.Exec(t, s.DB, `INSERT INTO listing_sounds (sound_id, pack_id, position, removed, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts)
		SELECT gen_random_uuid(), pack_id, position, true, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts
		FROM listing_sounds, generate_series(1, 19999) WHERE pack_id = $1`, id)
	if got := s.publish(id); got.Pack.State != api.PackLive {
		t.Fatalf("at the limit: %+v", got.Pack)
	}
	s.sound(id, "b.wav")
	res := s.do("POST", "/v1/packs/"+id+"/publish", nil, s.bench(id).Pack.ETag)
	if p := modelstest.Problem(t, res, http.StatusConflict); p.Reason != "too_many_sounds_ever" {
		t.Errorf("beyond the limit: %+v", p)
	}
}

// Search hears of every revision, of giving a pack back too.
func TestGivenBackReachesSearch(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	admin := s.SignUp(t, "")
	s.MakeAdmin(t, admin)
	id := s.live("Back", "a.wav")
	modelstest.Into[api.StudioPack](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/packs/" + id + "/take-down", As: admin, Body: api.TakeDown{Reason: "A claim."}}), http.StatusOK)
	modelstest.Into[api.StudioPack](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/packs/" + id + "/reinstate", As: admin}), http.StatusOK)
	evs := s.events(id)
	last := evs[len(evs)-1]
	if revision := postgrestest.One[int64](t, s.DB, "SELECT revision FROM listings WHERE pack_id = $1", id); last.Revision != revision {
		t.Errorf("search knows revision %d of %d", last.Revision, revision)
	}
	if e, err := events.Decode[events.PackWithdrawnV1](last); err != nil || e.TakenDown {
		t.Errorf("the last event is %+v, %v", e, err)
	}
}

// Requests to the analyzer do not stay in Kafka for ever: what was not answered by then is asked again.
func TestForgottenRequestsAreAskedAgain(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Forgotten").Pack.ID
	s.sound(id, "a.wav")
	s.fill(id)
	edition := s.publish(id).EditionID
	other := s.create("Checking").Pack.ID
	stuck := s.offer(other, file("b.wav"))[0].Upload.ID
	s.complete(stuck)
	removed := s.offer(other, file("c.wav"))[0].Upload.ID
	s.complete(removed)
	if res := s.do("DELETE", "/v1/uploads/"+removed, nil, ""); res.Status >= 300 {
		t.Fatalf("remove: %d", res.Status)
	}
	modelstest.Eventually(t, "all requests sent", func() bool {
		return postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
	})
	prune := func() {
		t.Helper()
		modelstest.Eventually(t, "the job", func() bool {
			postgrestest.Exec(t, s.DB, "DELETE FROM river_job WHERE kind = 'upload_prune' AND state = 'completed'")
			if err := s.Service.Enqueue(t.Context(), upload.PruneJob{}); err != nil {
				t.Fatal(err)
			}
			return postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM river_job WHERE kind = 'upload_prune' AND state = 'completed'") == 1
		})
	}
	requests := func(key string) int { return len(s.events(key)) }
	prune()
	if requests(stuck) != 1 || requests(id) != 1 {
		t.Fatalf("asked again too early: %d and %d requests", requests(stuck), requests(id))
	}
	postgrestest.Exec(t, s.DB, "UPDATE outbox SET sent_at = now() - interval '6 days 1 hour' WHERE topic = 'uploads'")
	modelstest.Eventually(t, "asked again", func() bool { prune(); return requests(stuck) == 2 && requests(id) == 2 })
	prune()
	if requests(stuck) != 2 || requests(id) != 2 || requests(removed) != 1 {
		t.Errorf("%d, %d and %d requests", requests(stuck), requests(id), requests(removed))
	}
	evs := s.events(id)
	first, err1 := events.Decode[events.EditionRequestedV1](evs[0])
	again, err2 := events.Decode[events.EditionRequestedV1](evs[1])
	if err1 != nil || err2 != nil || again.EditionID != edition || len(again.Files) != 1 || again.Files[0] != first.Files[0] ||
		again.Title != first.Title || again.LicenceText != first.LicenceText || again.DrawCover != first.DrawCover || again.ProducerName != first.ProducerName {
		t.Errorf("asked again for %+v, first for %+v", again, first)
	}
	if got := s.report(stuck, api.UploadReport{Attempt: 2, Sound: facts(stuck)}); !got.Applied {
		t.Errorf("the answer: %+v", got)
	}
	if got := s.built(edition); got.State != api.PackLive {
		t.Errorf("the edition: %+v", got)
	}
}

// The bytes of a file that was removed while it was being checked do not stay for ever.
func TestRemovedWhileCheckedIsSwept(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Removed").Pack.ID
	u := s.offer(id, file("a.wav"))[0].Upload.ID
	s.complete(u)
	s.do("DELETE", "/v1/uploads/"+u, nil, "")
	postgrestest.Exec(t, s.DB, "UPDATE uploads SET updated_at = now() - interval '2 days'")
	expired := modelstest.Into[api.ExpiredUploads](t, s.analyzer("GET", "/v1/uploads/expired", nil), http.StatusOK).Uploads
	if len(expired) != 1 || expired[0].ID != u {
		t.Fatalf("expired: %+v", expired)
	}
	if res := s.analyzer("POST", "/v1/uploads/"+u+"/swept", nil); res.Status != http.StatusNoContent {
		t.Fatalf("swept: %d %s", res.Status, res.Body)
	}
	if res := s.do("POST", "/v1/uploads/"+u+"/restore", nil, ""); res.Status != http.StatusConflict {
		t.Errorf("restored without bytes: %d %s", res.Status, res.Body)
	}
}

// Before a price is set, the workbench says that only what is free can be published, until its producer is connected for payouts.
func TestWorkbenchSaysThatOnlyFreeThingsCanBePublished(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	postgrestest.Exec(t, s.DB, "DELETE FROM connected_accounts WHERE producer_id = $1", s.who.Account.ID)
	id := s.create("Not connected").Pack.ID
	if !s.bench(id).FreeOnly {
		t.Error("nothing is said to who is not connected")
	}
	s.Connect(t, s.who)
	if s.bench(id).FreeOnly {
		t.Error("who is connected is told the same")
	}
}
