package indexer_test

import (
	"sync"
	"testing"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/client"
	"crateful.dev/kit/httpx"
)

// TestCopiesGiveOneRebuild starts a rebuild at two copies at once, again and again: one of them begins it, both tell of it, and
// when one copy stops meanwhile the other brings it to its end.
func TestCopiesGiveOneRebuild(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	if s.cfg.Elasticsearch == "" {
		t.Skip("an index on disk belongs to one process")
	}
	s.fill(200, 5) // enough that a rebuild outlasts two requests
	cfg := s.cfg
	cfg.Data = t.TempDir()
	_, address, stop := s.run(cfg)
	t.Cleanup(stop)
	copies := []*client.Client{s.client, client.New(httpx.ClientConfig{BaseURL: address, ServiceToken: token})}
	// begin asks both at once and gives the generation that one of them began.
	begin := func() string {
		t.Helper()
		var both sync.WaitGroup
		states, failed := make([]api.Reindex, len(copies)), make([]error, len(copies))
		for i, c := range copies {
			both.Go(func() { states[i], failed[i] = c.StartReindex(t.Context(), api.StartReindex{By: "test"}) })
		}
		both.Wait()
		began := ""
		for i, err := range failed {
			switch {
			case err == nil && began == "":
				began = states[i].Rebuild.Generation
			case reason(err) != api.ReasonReindexRunning:
				t.Fatalf("copy %d: %v after %q", i, err, began)
			}
		}
		if began == "" {
			t.Fatal("neither began one")
		}
		return began
	}
	// ends waits until a copy says that it answers from the generation.
	ends := func(at *client.Client, generation string) {
		t.Helper()
		s.eventually("it is rebuilt", func() bool {
			state, err := at.Reindex(t.Context())
			return err == nil && state.Current == generation && state.Rebuild.State == api.RebuildDone
		})
	}
	for range 4 {
		began := begin()
		for _, c := range copies {
			ends(c, began)
		}
	}
	began := begin()
	stop()
	ends(s.client, began)
	s.isRight()
}
