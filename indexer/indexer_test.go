package indexer_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

func (s *stack) search(q api.Query) api.Response {
	s.t.Helper()
	r, err := s.client.Search(s.t.Context(), q)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// revision is what search shows of a pack, 0 while it shows nothing.
func (s *stack) revision(pack string) int64 {
	trace, err := s.client.Trace(s.t.Context(), pack)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return 0
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return trace.Revision
}

func (s *stack) awaits(pack string, revision int64) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("pack %s at revision %d", pack, revision), func() bool { return s.revision(pack) == revision })
}

func TestPublishedIsFound(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	before := time.Now()
	s.send("p1", 3, listing("p1", "Dusty Keys", 3))
	s.awaits("p1", 3)

	r := s.search(api.Query{Words: "dusty rhodes am 92"})
	if r.Total != 3 || len(r.Sounds) != 3 || *r.Totals != (api.Totals{Sounds: 3, Packs: 0}) {
		t.Fatalf("found %d sounds, totals %+v", r.Total, r.Totals)
	}
	i := slices.IndexFunc(r.Sounds, func(row api.SoundRow) bool { return row.ID == "p1-s0" })
	row := r.Sounds[i]
	if row.DurationSeconds != 2 || row.Key != "Am" || !row.KeyUnsure || row.TempoBPM != 92 || len(row.Waveform) != 96 ||
		row.LoudnessLUFS != -14.2 || row.TruePeakDBTP != -0.9 || row.Price.Amount != 80 || row.Pack.Slug != "dusty-keys" ||
		row.Pack.CoverKey != "covers/abc" || row.Pack.Price.Amount != 1200 || row.Producer.Handle != "Keys" {
		t.Fatalf("row lacks something: %+v", row)
	}
	packs := s.search(api.Query{Kind: api.KindPacks, Words: "keys", Keys: []string{"Amin"}})
	if packs.Total != 1 || packs.Packs[0].Loops != 3 || packs.Packs[0].PreviewSound == nil {
		t.Fatalf("packs: %+v", packs)
	}
	producers := s.search(api.Query{Kind: api.KindProducers, Words: "keys"})
	if len(producers.Producers) != 1 || producers.Producers[0].Sounds != 3 || producers.Producers[0].Packs != 1 || producers.Producers[0].Genres[0] != "lo-fi" {
		t.Fatalf("producers: %+v", producers.Producers)
	}
	trace, err := s.client.Trace(t.Context(), "p1")
	if err != nil || trace.State != api.TraceLive || trace.Sounds != 3 || trace.SearchableAt.Before(before) || trace.CommittedAt.Before(before.Truncate(time.Millisecond)) {
		t.Fatalf("trace %+v, %v", trace, err)
	}
	got, err := s.client.Suggest(t.Context(), "dus", 0)
	if err != nil || len(got.Packs) != 1 || len(got.Tags) != 1 || got.Tags[0].Value != "dusty" {
		t.Fatalf("suggestions %+v, %v", got, err)
	}
	rows, err := s.client.Lookup(t.Context(), api.Lookup{SoundIDs: []string{"p1-s2", "p1-s1"}, PackIDs: []string{"p1"}})
	if err != nil || len(rows.Sounds) != 2 || rows.Sounds[0].ID != "p1-s2" || len(rows.Packs) != 1 {
		t.Fatalf("lookup %+v, %v", rows, err)
	}
}

func TestWithdrawnStaysAway(t *testing.T) { // beside no other: it takes the time
	s := newStack(t)
	s.send("p1", 1, listing("p1", "Dusty Keys", 2))
	s.send("p2", 1, listing("p2", "Other Keys", 1))
	s.awaits("p1", 1)
	s.awaits("p2", 1)
	start := time.Now()
	var ever []string // the pack once had ten sounds
	for i := range 10 {
		ever = append(ever, fmt.Sprint("p1-s", i))
	}
	s.send("p1", 3, events.PackWithdrawnV1{PackID: "p1", SoundIDs: ever})
	s.awaits("p1", 3)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("gone after %v", took)
	}
	s.send("p1", 2, listing("p1", "Dusty Keys", 10)) // late
	s.send("p1", 3, listing("p1", "Dusty Keys", 10)) // of an equal revision
	s.eventually("all handled", s.caughtUp)
	if r := s.search(api.Query{}); r.Total != 1 || r.Totals.Packs != 1 || s.revision("p1") != 3 {
		t.Fatalf("the pack came back: %d sounds", r.Total)
	}
	if rows, err := s.client.Lookup(t.Context(), api.Lookup{SoundIDs: ever, PackIDs: []string{"p1"}}); err != nil || len(rows.Sounds)+len(rows.Packs) > 0 {
		t.Fatalf("looked up what is withdrawn: %+v, %v", rows, err)
	}
	// Published again at a newer revision, with one sound less and a new name.
	again := listing("p1", "Velvet Keys", 1)
	again.RemovedSoundIDs = ever[1:]
	s.send("p1", 4, again)
	s.awaits("p1", 4)
	if r := s.search(api.Query{Words: "velvet"}); r.Total != 1 {
		t.Fatalf("%d sounds of the renamed pack", r.Total)
	}
	s.send("p1", 5, events.PackDeletedV1{PackID: "p1", SoundIDs: []string{"p1-s0"}})
	s.awaits("p1", 5)
	if r := s.search(api.Query{}); r.Total != 1 {
		t.Fatalf("%d sounds after deletion", r.Total)
	}
}

// caughtUp reports whether the current generation has read everything.
func (s *stack) caughtUp() bool {
	state := s.state()
	i := slices.IndexFunc(state.Generations, func(g api.Generation) bool { return g.Name == state.Current })
	return i >= 0 && state.Generations[i].Lag == 0
}

func TestPoisonMovesOn(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.sendRaw("p1", []byte("not json"))
	s.sendRaw("p1", []byte(`{"id":"x","type":"pack.published.v1","subject":"p1","revision":1,"time":"2026-01-01T00:00:00Z","data":{"pack":{"id":"other"}}}`))
	s.sendRaw("p1", []byte(`{"id":"x","type":"pack.something.v9","subject":"p1","revision":1,"time":"2026-01-01T00:00:00Z","data":{}}`))
	s.send("p1", 1, listing("p1", "Dusty Keys", 1))
	s.awaits("p1", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var reasons []string
	_, err := kafka.Replay(ctx, s.kafka, events.TopicPacks+events.DeadSuffix, func(_ context.Context, m kafka.Message) error {
		reasons = append(reasons, m.Header(kafka.HeaderDeadError))
		return nil
	}, kafka.ReplayOptions{})
	if err != nil || len(reasons) != 2 || !strings.Contains(reasons[1], "not the subject") {
		t.Fatalf("dead letters %q, %v", reasons, err)
	}
}

func (s *stack) digests(generation string) map[string]string {
	s.t.Helper()
	if err := s.service.Backend().Refresh(s.t.Context(), generation); err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	err := s.service.Backend().Scan(s.t.Context(), generation, func(d search.Document) error {
		out[d.ID] = fmt.Sprint(d.Version, d.Gone, d.Digest)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for i := range 40 {
		id := fmt.Sprint("p", i)
		s.send(id, 1, listing(id, "Pack "+id, 5))
		if i%5 == 0 {
			s.send(id, 2, events.PackWithdrawnV1{PackID: id, SoundIDs: []string{id + "-s0", id + "-s1", id + "-s2", id + "-s3", id + "-s4"}})
		}
	}
	s.eventually("all read", s.caughtUp)
	old := s.state()
	if _, err := s.client.CancelReindex(t.Context()); reason(err) != api.ReasonNoReindex {
		t.Fatalf("cancel without a rebuild: %v", err)
	}
	started, err := s.client.StartReindex(t.Context(), api.StartReindex{By: "admin", Reason: "test"})
	if err != nil || !started.Rebuild.Running() {
		t.Fatalf("start: %+v, %v", started, err)
	}
	if _, err := s.client.StartReindex(t.Context(), api.StartReindex{}); reason(err) != api.ReasonReindexRunning {
		t.Fatalf("second start: %v", err)
	}
	// A listing that arrives meanwhile must be in both generations; a restart must not lose the rebuild.
	s.send("new", 1, listing("new", "New Pack", 2))
	s.stop()
	s.start()
	s.send("newer", 1, listing("newer", "Newer Pack", 2))
	var done api.Reindex
	s.eventually("rebuild done", func() bool {
		done = s.state()
		return done.Rebuild.State == api.RebuildDone
	})
	if done.Current == old.Current || done.Current != started.Rebuild.Generation || done.Previous != old.Current || done.RollbackUntil == nil {
		t.Fatalf("after the rebuild: %+v", done)
	}
	s.awaits("newer", 1)
	s.awaits("new", 1)
	s.becomes("both generations read all", func(now api.Reindex) bool {
		return len(now.Generations) == 2 && now.Generations[0].Lag == 0 && now.Generations[1].Lag == 0
	})
	before, after := s.digests(old.Current), s.digests(done.Current)
	if len(before) != 40*6+3+3 || fmt.Sprint(before) != fmt.Sprint(after) {
		t.Fatalf("replay differs: %d and %d documents", len(before), len(after))
	}
	if r := s.search(api.Query{Words: "pack"}); r.Total != 32*5+4 {
		t.Fatalf("%d sounds after the rebuild", r.Total)
	}
	// Back and forth, then a rebuild that is cancelled.
	back, err := s.client.Rollback(t.Context())
	if err != nil || back.Current != old.Current || back.Previous != done.Current {
		t.Fatalf("rollback: %+v, %v", back, err)
	}
	s.send("last", 1, listing("last", "Last Pack", 1))
	s.awaits("last", 1)
	if started, err = s.client.StartReindex(t.Context(), api.StartReindex{}); err != nil {
		t.Fatal(err)
	}
	cancelled, err := s.client.CancelReindex(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cancelled.Rebuild.State == api.RebuildCancelled {
		s.eventually("its generation is removed", func() bool {
			names, err := s.service.Backend().Generations(t.Context())
			return err == nil && !slices.Contains(names, started.Rebuild.Generation)
		})
	}
}

func reason(err error) string {
	if e, ok := errs.As(err); ok {
		return e.Reason
	}
	return fmt.Sprint(err)
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for _, route := range []string{
		"POST " + api.PathSearch, "GET " + api.PathSuggest, "POST " + api.PathLookup, "GET " + api.PathTrace + "x",
		"GET " + api.PathReindex, "POST " + api.PathReindex, "DELETE " + api.PathReindex, "POST " + api.PathRollback,
	} {
		method, path, _ := strings.Cut(route, " ")
		for _, wrong := range []string{"", "wrong"} {
			req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(httpx.HeaderService, wrong)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != http.StatusUnauthorized || res.Header.Get("Content-Type") != httpx.ProblemType {
				t.Errorf("%s with token %q: %d %s", route, wrong, res.StatusCode, body)
			}
		}
	}
	low, high := 200.0, 100.0
	for want, q := range map[string]api.Query{
		api.ReasonQueryInvalid:  {Tempo: &api.Range{Min: &low, Max: &high}, Words: strings.Repeat("x", 500)},
		api.ReasonCursorInvalid: {Cursor: "bm9wZQ"},
	} {
		if _, err := s.client.Search(t.Context(), q); reason(err) != want || errs.CodeOf(err) != errs.CodeInvalid {
			t.Errorf("%+v: %v, want %s", q, err, want)
		}
	}
	if _, err := s.client.Trace(t.Context(), "never"); reason(err) != api.ReasonNotIndexed {
		t.Errorf("trace of nothing: %v", err)
	}
	if _, err := s.client.Rollback(t.Context()); reason(err) != api.ReasonNothingToReturn {
		t.Errorf("rollback to nothing: %v", err)
	}
}

// TestPublishToSearchable sends one listing after the other and waits for each; the promise is 1.5 s at the 99th percentile, see docs/benchmarks.md.
func TestPublishToSearchable(t *testing.T) {
	s := newStack(t)
	for i := range 20 {
		id := fmt.Sprint("warm", i)
		s.send(id, 1, listing(id, "Warm "+id, 150))
	}
	s.awaits("warm19", 1)
	var took []time.Duration
	for i := range 100 {
		id := fmt.Sprint("p", i)
		start := time.Now()
		s.send(id, 1, listing(id, "Pack "+id, 150))
		s.awaits(id, 1)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	t.Logf("publish to searchable, 150 sounds: p50 %v p99 %v max %v", took[50], took[98], took[99])
}
