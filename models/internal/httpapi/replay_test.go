package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// states asks for all states, a page of so many packs at a time.
func (s *studio) states(limit int) (found map[string]events.Envelope, pending, order []string) {
	s.t.Helper()
	found = map[string]events.Envelope{}
	for in := (api.IndexStatesQuery{Limit: limit}); ; {
		page := modelstest.Into[api.IndexStates](s.t, s.Do(s.t, modelstest.Request{Method: "POST", Path: "/v1/index/states", Service: "indexer", Body: in}), http.StatusOK)
		if total := int64(0); in.After == "" {
			if total = page.Total; total == 0 {
				s.t.Error("the first page has no total")
			}
		}
		for _, raw := range page.Messages {
			e, err := events.Parse(raw)
			if err != nil {
				s.t.Fatal(err)
			}
			found[e.Subject] = e
			order = append(order, e.Subject)
		}
		pending = append(pending, page.Pending...)
		if in.After = page.Next; in.After == "" {
			return found, pending, order
		}
	}
}

func (s *studio) repair(packs ...api.RepairPack) api.IndexRepaired {
	s.t.Helper()
	return modelstest.Into[api.IndexRepaired](s.t, s.Do(s.t, modelstest.Request{
		Method: "POST", Path: "/v1/index/repair", Service: "indexer", Body: api.IndexRepair{Packs: packs},
	}), http.StatusOK)
}

func (s *studio) withdraw(id string) {
	s.t.Helper()
	modelstest.Into[api.StudioPack](s.t, s.do("POST", "/v1/packs/"+id+"/withdraw", nil, s.bench(id).Pack.ETag), http.StatusOK)
}

func (s *studio) lastEvent(id string) events.Envelope {
	s.t.Helper()
	all := s.events(id)
	if len(all) == 0 {
		s.t.Fatalf("no event of %s", id)
	}
	return all[len(all)-1]
}

// checkStates holds states against the last events: what is made of the tables is what was sent.
func (s *studio) checkStates(what string, want map[string]string) {
	s.t.Helper()
	for _, limit := range []int{1, 2, 100} {
		states, _, order := s.states(limit)
		if len(order) != len(want) || !slices.IsSorted(order) {
			s.t.Errorf("%s, pages of %d: %d states in the order %v", what, limit, len(order), order)
		}
		for id, kind := range want {
			last, st := s.lastEvent(id), states[id]
			if st.Type != kind || st.Type != last.Type || st.Revision != last.Revision || !sameJSON(s.t, st.Data, last.Data) {
				s.t.Errorf("%s: state %s r%d, event %s r%d\n%s\n%s", what, st.Type, st.Revision, last.Type, last.Revision, st.Data, last.Data)
			}
		}
	}
}

func TestStatesAreWhatWasSent(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	kept, gone, deleted := s.live("Kept", "a.wav", "b.wav"), s.live("Gone", "a.wav"), s.live("Deleted", "a.wav")
	s.withdraw(gone)
	s.withdraw(deleted)
	s.do("DELETE", "/v1/packs/"+deleted, nil, s.bench(deleted).Pack.ETag)
	s.create("A draft is no state")
	want := map[string]string{kept: "pack.published.v1", gone: "pack.withdrawn.v1", deleted: "pack.deleted.v1"}
	s.checkStates("as published", want)

	// The outbox forgets; the tables do not.
	before, _, _ := s.states(100)
	modelstest.Eventually(t, "all is sent", func() bool {
		return postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
	})
	postgrestest.Exec(t, s.DB, "DELETE FROM outbox")
	after, pending, _ := s.states(100)
	if len(after) != 3 || len(pending) != 0 {
		t.Fatalf("%d states, pending %v", len(after), pending)
	}
	for id := range want {
		if before[id].ID != after[id].ID || !before[id].Time.Equal(after[id].Time) || !sameJSON(t, before[id].Data, after[id].Data) {
			t.Errorf("state of %s changed without its outbox", id)
		}
	}

	// What waits in the outbox is told. The transaction is given up, so that the relay never sees it.
	giveUp := errors.New("give up")
	err := s.DB.WithinTx(t.Context(), func(ctx context.Context) error {
		if err := s.DB.Append(ctx, gone, 99, events.PackWithdrawnV1{PackID: gone}); err != nil {
			return err
		}
		list, more, err := postgres.NewPackStore(s.DB).PackStates(ctx, catalog.StatesQuery{Limit: 10, Bytes: 1 << 20})
		for _, st := range list {
			if st.Unsent != (st.PackID == gone) {
				t.Errorf("state of %s: unsent is %v", st.PackID, st.Unsent)
			}
		}
		if len(list) != 3 || more || err != nil {
			t.Errorf("%d states, more %v, %v", len(list), more, err)
		}
		return giveUp
	})
	if !errors.Is(err, giveUp) {
		t.Fatal(err)
	}
}

func TestRepair(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	kept, gone, deleted := s.live("Kept", "a.wav", "b.wav"), s.live("Gone", "a.wav"), s.live("Deleted", "a.wav")
	other := s.live("Other", "a.wav")
	s.withdraw(gone)
	s.withdraw(deleted)
	s.do("DELETE", "/v1/packs/"+deleted, nil, s.bench(deleted).Pack.ETag)
	draft := s.create("Draft").Pack.ID
	const unknown, stray, never = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002", "01890000-0000-7000-8000-000000000003"
	was := map[string]int64{}
	for _, id := range []string{kept, gone, deleted, other} {
		was[id] = s.lastEvent(id).Revision
	}
	sound := func(packID string) string {
		return postgrestest.One[string](t, s.DB, "SELECT sound_id::text FROM listing_sounds WHERE pack_id = $1 LIMIT 1", packID)
	}

	// Known packs rise by one; what nobody knows is left out.
	if out := s.repair(api.RepairPack{ID: kept}, api.RepairPack{ID: gone}, api.RepairPack{ID: deleted}, api.RepairPack{ID: never}); out.Count != 3 {
		t.Errorf("sent again: %+v", out)
	}
	want := map[string]string{kept: "pack.published.v1", gone: "pack.withdrawn.v1", deleted: "pack.deleted.v1", other: "pack.published.v1"}
	s.checkStates("sent again", want)
	for _, id := range []string{kept, gone, deleted} {
		if got := s.lastEvent(id).Revision; got != was[id]+1 {
			t.Errorf("revision %d of %s, was %d", got, id, was[id])
		}
	}

	// An index that is ahead, and that shows what the database never had: the events are above it and name the strays.
	ahead := []api.RepairPack{
		{ID: kept, Above: 70, SoundIDs: []string{stray, sound(other), sound(kept)}},
		{ID: deleted, Above: 80, SoundIDs: []string{stray}},
		{ID: unknown, Above: 90, SoundIDs: []string{never}},
		{ID: draft, Above: 60, SoundIDs: []string{never}},
	}
	if out := s.repair(ahead...); out.Count != 4 {
		t.Errorf("sent above the index: %+v", out)
	}
	want[unknown] = "pack.deleted.v1"
	s.checkStates("above the index", want)
	published, err := events.Decode[events.PackPublishedV1](s.lastEvent(kept))
	if err != nil || s.lastEvent(kept).Revision != 71 || !slices.Equal(published.RemovedSoundIDs, []string{stray}) {
		t.Errorf("kept: r%d, removed %v, %v", s.lastEvent(kept).Revision, published.RemovedSoundIDs, err)
	}
	buried, err := events.Decode[events.PackDeletedV1](s.lastEvent(unknown))
	if err != nil || s.lastEvent(unknown).Revision != 91 || !slices.Equal(buried.SoundIDs, []string{never}) {
		t.Errorf("unknown: %+v, %v", buried, err)
	}
	if last := s.lastEvent(draft); last.Type != "pack.withdrawn.v1" || last.Revision != 61 {
		t.Errorf("draft: %s r%d", last.Type, last.Revision)
	}
	if last := s.lastEvent(deleted); last.Revision != 81 {
		t.Errorf("deleted: r%d", last.Revision)
	}
	for _, bad := range []api.RepairPack{{ID: "x"}, {ID: kept, Above: -1}, {ID: kept, Above: api.MaxRevision}} {
		modelstest.Problem(t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/index/repair", Service: "indexer", Body: api.IndexRepair{Packs: []api.RepairPack{bad}}}), http.StatusBadRequest)
	}
}

func TestRepublish(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	kept, gone := s.live("Kept", "a.wav"), s.live("Gone", "a.wav")
	s.withdraw(gone)
	admin := s.SignUp(t, "")
	s.MakeAdmin(t, admin)
	ask := func(in api.Republish) modelstest.Response {
		return s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/admin/republish", As: admin, Body: in, Unchecked: in.Reason == ""})
	}
	was := map[string]int64{kept: s.lastEvent(kept).Revision, gone: s.lastEvent(gone).Revision}
	if out := modelstest.Into[api.Republishing](t, ask(api.Republish{PackIDs: []string{kept}, Reason: "It looks odd."}), http.StatusAccepted); out.Packs != 1 {
		t.Errorf("taken on: %+v", out)
	}
	modelstest.Eventually(t, "one pack is sent again", func() bool { return s.lastEvent(kept).Revision == was[kept]+1 })
	twice := modelstest.Request{
		Method: "POST", Path: "/v1/admin/republish", As: admin, Body: api.Republish{PackIDs: []string{gone}, Reason: "Pressed twice."},
		Header: map[string]string{"Idempotency-Key": "one press"},
	}
	for range 2 {
		modelstest.Into[api.Republishing](t, s.Do(t, twice), http.StatusAccepted)
	}
	modelstest.Eventually(t, "the other pack is sent again", func() bool { return s.lastEvent(gone).Revision == was[gone]+1 })
	if n := postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM river_job WHERE kind = 'catalog_republish'"); n != 2 {
		t.Errorf("%d jobs for a press, and one pressed twice", n)
	}
	was[gone]++
	if out := modelstest.Into[api.Republishing](t, ask(api.Republish{All: true, Reason: "After a restore."}), http.StatusAccepted); out.Packs != 2 {
		t.Errorf("taken on: %+v", out)
	}
	modelstest.Eventually(t, "all packs are sent again", func() bool {
		return s.lastEvent(kept).Revision == was[kept]+2 && s.lastEvent(gone).Revision == was[gone]+1
	})
	s.checkStates("republished", map[string]string{kept: "pack.published.v1", gone: "pack.withdrawn.v1"})
	if n := postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM audit_log WHERE action = 'index.republish' AND actor_id = $1 AND reason <> ''", admin.Account.ID); n != 3 {
		t.Errorf("%d rows in the audit log", n)
	}
	for _, bad := range []api.Republish{{All: true}, {Reason: "Neither."}, {All: true, PackIDs: []string{kept}, Reason: "Both."}} {
		modelstest.Problem(t, ask(bad), http.StatusBadRequest)
	}
}
