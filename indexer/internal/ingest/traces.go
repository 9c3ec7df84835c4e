package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/errs"
)

// trace is one revision of a pack that was written.
type trace struct {
	pack     string
	revision int64
}

// write is a revision with when it was committed, in milliseconds.
type write struct {
	trace
	committed int64
}

// maxTraces bounds the moments that are remembered; older ones are told from the index.
const maxTraces = 10_000

// Traces tells which revision of a pack can be found since when.
type Traces struct {
	backend search.Backend

	mu    sync.Mutex
	seen  map[trace]time.Time
	order []trace
}

// NewTraces returns empty Traces.
func NewTraces(backend search.Backend) *Traces {
	return &Traces{backend: backend, seen: map[trace]time.Time{}}
}

func (t *Traces) add(visible []write, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range visible {
		v := w.trace
		if _, ok := t.seen[v]; ok {
			continue
		}
		t.seen[v] = at
		t.order = append(t.order, v)
	}
	for len(t.order) > maxTraces {
		delete(t.seen, t.order[0])
		t.order = t.order[1:]
	}
}

// Trace asks the index itself, so that what it says can be found. The moment is exact on the copy that wrote the
// revision and was not restarted since; elsewhere it is the moment of writing, which is up to a refresh earlier.
func (t *Traces) Trace(ctx context.Context, packID string) (api.Trace, error) {
	docs, err := t.backend.Get(ctx, []string{search.PackID(packID)}, true)
	if err != nil {
		return api.Trace{}, fmt.Errorf("trace pack %s: %w", packID, err)
	}
	current, err := t.backend.Current(ctx)
	if err != nil {
		return api.Trace{}, fmt.Errorf("trace pack %s: %w", packID, err)
	}
	if len(docs) == 0 {
		return api.Trace{}, errs.New(errs.CodeNotFound, api.ReasonNotIndexed, "No revision of this pack is in the index yet.")
	}
	d := docs[0]
	out := api.Trace{
		PackID: packID, Revision: d.Version, State: api.TraceLive, Partition: d.Source.Partition, Offset: d.Source.Offset,
		CommittedAt: time.UnixMilli(d.Source.CommittedAt).UTC(), SearchableAt: time.UnixMilli(d.Source.WrittenAt).UTC(),
		Sounds: d.Source.Sounds, Generation: current,
	}
	if d.Gone {
		out.State = api.TraceGone
	}
	t.mu.Lock()
	at, ok := t.seen[trace{packID, d.Version}]
	t.mu.Unlock()
	if ok {
		out.SearchableAt = at
	}
	return out, nil
}
