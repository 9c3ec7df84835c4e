package indexer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	models "crateful.dev/models/api"
	"crateful.dev/models/events"
)

// ended waits for the end of the run and returns it.
func (s *stack) ended() api.Rebuild {
	s.t.Helper()
	var run *api.Rebuild
	s.eventually("the run ends", func() bool {
		run = s.state().Rebuild
		return run != nil && !run.Running()
	})
	return *run
}

// done waits for a run that went well.
func (s *stack) done() api.Rebuild {
	s.t.Helper()
	run := s.ended()
	if run.State != api.RebuildDone {
		s.t.Fatalf("run ended as %s: %s", run.State, run.Detail)
	}
	return run
}

func (s *stack) verify() api.Rebuild {
	s.t.Helper()
	s.begin(s.client.VerifyIndex)
	return s.done()
}

func (s *stack) rebuild() api.Rebuild {
	s.t.Helper()
	s.begin(s.client.StartReindex)
	return s.done()
}

// isRight fails unless the current generation is what models says, document by document.
func (s *stack) isRight() {
	s.t.Helper()
	s.eventually("all read", s.caughtUp)
	if v := s.verify().Verification; v.Differences != 0 || v.InFlight != 0 || v.Unreadable != 0 || v.Checked == 0 || v.Checked != v.Total {
		s.t.Fatalf("the index is not right: %+v", *v)
	}
}

func (s *stack) fill(packs, sounds int) {
	s.t.Helper()
	for i := range packs {
		id := fmt.Sprintf("p%03d", i)
		s.send(id, 1, listing(id, "Pack "+id, sounds))
	}
	s.eventually("all read", s.caughtUp)
}

// sendOnly brings a message to Kafka that models knows nothing of.
func (s *stack) sendOnly(pack string, revision int64, data events.Data) {
	s.t.Helper()
	s.sendRaw(pack, encode(s.t, s.event(pack, revision, data)))
}

// know tells models alone of a state: its message was lost.
func (s *stack) know(pack string, revision int64, data events.Data) {
	s.t.Helper()
	s.models.learn(s.event(pack, revision, data))
}

// spoil makes the index wrong in every way that there is.
func (s *stack) spoil() {
	s.t.Helper()
	s.know("p000", 2, listing("p000", "An edit that was lost", 3))
	s.know("lost", 1, listing("lost", "A pack that was lost", 2))
	s.know("p001", 2, events.PackDeletedV1{PackID: "p001", SoundIDs: []string{"p001-s0", "p001-s1", "p001-s2"}})
	s.know("late", 5, events.PackDeletedV1{PackID: "late", SoundIDs: []string{"late-s0"}})
	s.sendOnly("unknown", 4, listing("unknown", "A pack of nobody", 2))
	s.sendOnly("p002", 9, listing("p002", "A revision ahead", 5))
	other := listing("p003", "Another content of the same revision", 3)
	s.know("p003", 2, listing("p003", "As models says", 3))
	s.sendOnly("p003", 2, other)
	s.eventually("all read", s.caughtUp)
}

func TestWrongDocumentsAreFoundAndRepaired(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(10, 3)
	s.isRight()
	s.spoil()

	v := s.verify().Verification
	// p000: 4 others; lost: 3 missing; p001: 4 too many; late: 2 tombstones missing; unknown: 3 too many; p002: 4 different and
	// 2 sounds too many; p003: 4 different.
	if v.Differences != 4+3+4+2+3+6+4 || v.Repaired != 7 || len(v.Examples) != 7 {
		t.Fatalf("verification %+v", *v)
	}
	if text := strings.Join(v.Examples, "; "); !strings.Contains(text, "pack p002: 2 too many, 4 different") || !strings.Contains(text, "pack lost: 3 missing") {
		t.Errorf("examples: %s", text)
	}
	s.isRight()
	if r := s.search(api.Query{Words: "nobody"}); r.Total != 0 {
		t.Error("a pack that nobody published is found")
	}
	if r := s.search(api.Query{Words: "lost"}); r.Total != 3+2 {
		t.Errorf("%d sounds of lost messages", r.Total)
	}
	s.rebuild()
	s.isRight()
}

func TestBrokenGenerationIsNeverSwappedIn(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(10, 3)
	before := s.state()
	s.models.set(func(m *systemOfRecord) { m.deaf = true })
	s.spoil()
	s.begin(s.client.StartReindex)
	run := s.ended()
	if run.State != api.RebuildFailed || !strings.Contains(run.Detail, "7 packs are still wrong after 3 repairs") || !strings.Contains(run.Detail, "pack lost: 3 missing") {
		t.Fatalf("run %s: %s", run.State, run.Detail)
	}
	if after := s.state(); after.Current != before.Current {
		t.Fatalf("current was %s and is %s", before.Current, after.Current)
	}
	s.becomes("its generation is removed", func(now api.Reindex) bool { return len(now.Generations) == 1 })
	// models mends, and the same rebuild goes well.
	s.models.set(func(m *systemOfRecord) { m.deaf = false })
	s.rebuild()
	s.isRight()
}

func TestWrongDatabaseIsDoubted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(150, 1)
	s.models.set(func(m *systemOfRecord) { clear(m.packs) })
	s.know("only", 1, listing("only", "Only", 1))
	s.begin(s.client.VerifyIndex)
	if run := s.ended(); run.State != api.RebuildFailed || !strings.Contains(run.Detail, "is this the right database?") {
		t.Fatalf("run %s: %s", run.State, run.Detail)
	}
	s.eventually("all packs are there", func() bool { return s.search(api.Query{Kind: api.KindPacks}).Total == 150 }) // an engine shows what it has taken a little later
}

// gate holds models back at the first page behind the beginning, until it is opened.
func (s *stack) gate() (reached <-chan struct{}, open func()) {
	at, opened := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.models.set(func(m *systemOfRecord) {
		m.before = func(in models.IndexStatesQuery) {
			if in.After == "" || in.PackIDs != nil {
				return
			}
			once.Do(func() { close(at) })
			<-opened
		}
	})
	return at, sync.OnceFunc(func() { close(opened) })
}

func TestVerificationGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(40, 2)
	reached, open := s.gate()
	defer open()
	s.begin(s.client.StartReindex)
	<-reached
	state := s.state()
	if state.Rebuild.State != api.RebuildVerifying || state.Rebuild.Verification.Checked == 0 || state.Rebuild.Verification.Total != 40 {
		t.Fatalf("while verifying: %+v", state.Rebuild)
	}
	if _, err := s.client.Rollback(t.Context()); reason(err) != api.ReasonReindexRunning {
		t.Errorf("rollback meanwhile: %v", err)
	}
	s.stop()
	s.models.set(func(m *systemOfRecord) { m.asked = nil })
	open()
	s.start()
	if run := s.done(); run.Generation != state.Rebuild.Generation || run.Verification.Checked != 40 || run.Verification.Differences != 0 {
		t.Fatalf("after the restart: %+v", *run.Verification)
	}
	s.models.set(func(m *systemOfRecord) {
		if len(m.asked) == 0 || m.asked[0].After == "" {
			t.Errorf("verification began anew: %+v", m.asked)
		}
		m.before = nil
	})
	s.isRight()
}

func TestModelsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(5, 2)
	s.models.set(func(m *systemOfRecord) { m.away = true })
	s.begin(s.client.StartReindex)
	s.becomes("it says what it waits for", func(now api.Reindex) bool {
		return now.Rebuild.State == api.RebuildVerifying && strings.Contains(now.Rebuild.Waiting, "ask models")
	})
	s.send("new", 1, listing("new", "New", 2)) // indexing goes on meanwhile
	s.awaits("new", 1)
	s.models.set(func(m *systemOfRecord) { m.away = false })
	if run := s.done(); run.Waiting != "" {
		t.Errorf("done and waiting for %q", run.Waiting)
	}
	s.isRight()
}

func TestCancelInEveryState(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(20, 2)
	before := s.state()
	cancel := func(what string) {
		t.Helper()
		state, err := s.client.CancelReindex(t.Context())
		if err != nil || state.Rebuild.State != api.RebuildCancelled || state.Current != before.Current {
			t.Fatalf("%s: %+v, %v", what, state.Rebuild, err)
		}
		s.becomes(what+": nothing is left of it", func(now api.Reindex) bool {
			return len(now.Generations) == 1 && now.Current == before.Current
		})
	}
	s.begin(s.client.StartReindex)
	cancel("filling")
	for what, begin := range map[string]func(context.Context, api.StartReindex) (api.Reindex, error){"verifying": s.client.StartReindex, "verifying the current": s.client.VerifyIndex} {
		reached, open := s.gate()
		s.begin(begin)
		<-reached
		open()
		s.models.set(func(m *systemOfRecord) { m.before = nil })
		if state, err := s.client.CancelReindex(t.Context()); err == nil && state.Rebuild.State != api.RebuildCancelled {
			t.Fatalf("%s: %+v", what, state.Rebuild)
		}
		s.ended()
	}
	s.rebuild()
	s.isRight()
}

func TestManyStartsGiveOneRebuild(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(5, 2)
	var begun, refused atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := s.client.StartReindex(t.Context(), api.StartReindex{})
			switch {
			case err == nil:
				begun.Add(1)
			case reason(err) == api.ReasonReindexRunning:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if begun.Load() != 1 || refused.Load() != 7 {
		t.Fatalf("%d begun, %d refused", begun.Load(), refused.Load())
	}
	s.done()
	s.isRight()

	// Pressed twice is pressed once, also when the first rebuild has ended meanwhile.
	begin := func(key string) string {
		state, err := s.client.StartReindex(t.Context(), api.StartReindex{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return state.Rebuild.Generation
	}
	first := begin("one")
	s.done()
	if again := begin("one"); again != first {
		t.Errorf("the same press began %s after %s", again, first)
	}
	if next := begin("two"); next == first {
		t.Error("another press began nothing")
	}
	s.done()
}

// removeIndex removes the current generation behind the indexer's back.
func (s *stack) removeIndex(generation string) {
	s.t.Helper()
	if s.cfg.Elasticsearch == "" {
		if err := os.RemoveAll(filepath.Join(s.cfg.Data, "generations", generation)); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodDelete, s.cfg.Elasticsearch.Reveal()+"/"+s.cfg.Prefix+"-g-"+generation, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%v, %v", res, err)
	}
	res.Body.Close()
}

func TestRemovedIndexIsRebuilt(t *testing.T) {
	t.Parallel()
	for name, running := range map[string]bool{"under the running service": true, "while it is stopped": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.fill(30, 3)
			s.send("p000", 2, events.PackDeletedV1{PackID: "p000", SoundIDs: []string{"p000-s0", "p000-s1", "p000-s2"}})
			s.eventually("all read", s.caughtUp)
			state := s.state()
			before := s.digests(state.Current)
			if running {
				s.removeIndex(state.Current)
			} else {
				s.stop()
				s.removeIndex(state.Current)
				s.start()
			}
			s.becomes("it is rebuilt", func(now api.Reindex) bool {
				return now.Current != "" && now.Current != state.Current && now.Rebuild != nil && now.Rebuild.State == api.RebuildDone
			})
			run := s.done()
			if run.By != "indexer" || run.Reason != "The index is gone." || run.Verification.Differences != 0 {
				t.Errorf("run %+v", run)
			}
			if after := s.digests(run.Generation); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("%d documents, were %d", len(after), len(before))
			}
			if r := s.search(api.Query{Kind: api.KindPacks}); r.Total != 29 {
				t.Errorf("%d packs, the deleted one among them?", r.Total)
			}
			s.isRight()
		})
	}
}

func TestGenerationBeforeStandsIn(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(10, 2)
	s.rebuild()
	state := s.state()
	s.removeIndex(state.Current)
	s.becomes("the one before answers", func(now api.Reindex) bool { return now.Current == state.Previous })
	s.isRight()
}

func TestOlderIndexIsRebuiltOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fill(10, 2)
	state := s.state()
	s.stop()
	svc := s.backend()
	raw, version, err := svc.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(raw, &record); err != nil {
		t.Fatal(err)
	}
	record["versions"] = json.RawMessage(fmt.Sprintf(`{%q: %d}`, state.Current, search.Version-1))
	if raw, err = json.Marshal(record); err != nil {
		t.Fatal(err)
	}
	if err := svc.SetRecord(t.Context(), raw, version); err != nil {
		t.Fatal(err)
	}
	if err := svc.Close(); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.becomes("another generation", func(now api.Reindex) bool {
		return now.Current != state.Current && now.Rebuild.State == api.RebuildDone
	})
	run := s.done()
	if run.By != "indexer" || !strings.Contains(run.Reason, "form") {
		t.Errorf("run %+v", run)
	}
	// Rolling back to the older one is the operator's will: it is not rebuilt against it.
	if _, err := s.client.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.send("new", 1, listing("new", "New", 1))
	s.awaits("new", 1)
	if now := s.state(); now.Current != state.Current || now.Rebuild.Generation != run.Generation {
		t.Errorf("after the rollback: %+v", now)
	}
}

// TestChangesDuringAReplay publishes, edits, withdraws and deletes while generations are filled and somebody searches.
func TestChangesDuringAReplay(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	const packs = 40
	s.send("steady", 1, listing("steady", "Steady", 2))
	s.fill(packs, 4)
	ctx, cancel := context.WithCancel(t.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer cancel()
	var searches atomic.Int64
	others.Go(func() {
		for ctx.Err() == nil {
			r, err := s.client.Search(ctx, api.Query{Words: "steady"})
			if ctx.Err() == nil && (err != nil || r.Total != 2) {
				t.Errorf("search %d: %d sounds, %v", searches.Load(), r.Total, err)
				return
			}
			searches.Add(1)
			time.Sleep(10 * time.Millisecond) // a person, not a load test
		}
	})
	for round := range 3 {
		s.begin(s.client.StartReindex)
		for i := range packs {
			id := fmt.Sprintf("p%03d", i)
			sounds := []string{id + "-s0", id + "-s1", id + "-s2", id + "-s3"}
			revision := int64(round*10 + 2)
			switch i % 4 {
			case 0:
				edited := listing(id, fmt.Sprint("Edited ", round), 3)
				edited.RemovedSoundIDs = sounds[3:]
				s.send(id, revision, edited)
			case 1:
				s.send(id, revision, events.PackWithdrawnV1{PackID: id, SoundIDs: sounds})
				s.send(id, revision+1, listing(id, "Back", 4))
			case 2:
				s.send(id, revision, events.PackWithdrawnV1{PackID: id, SoundIDs: sounds})
			default:
				s.send(id, revision+1, events.PackDeletedV1{PackID: id, SoundIDs: sounds})
				s.sendOnly(id, revision, listing(id, "A late event", 4))
			}
			s.send(fmt.Sprint("new", round, "-", i), 1, listing(fmt.Sprint("new", round, "-", i), "New", 1))
		}
		if v := s.done().Verification; v.Differences != 0 || v.InFlight != 0 {
			t.Fatalf("round %d: %+v", round, *v)
		}
		s.isRight()
	}
	if r := s.search(api.Query{Kind: api.KindPacks}); r.Total != packs/2+3*packs+1 {
		t.Errorf("%d packs", r.Total)
	}
	cancel()
	others.Wait()
	t.Logf("%d searches meanwhile", searches.Load())
	if searches.Load() == 0 {
		t.Error("nobody searched")
	}
}
