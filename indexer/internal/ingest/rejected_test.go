package ingest

import (
	"context"
	"log/slog"
	"testing"

	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

// picky is an engine that refuses one document and takes the others.
type picky struct {
	search.Backend
	refuses string
	written []string
}

func (p *picky) Bulk(_ context.Context, _ string, docs []search.Document) ([]search.Result, error) {
	out := make([]search.Result, len(docs))
	for i, d := range docs {
		if d.ID == p.refuses {
			out[i] = search.Result{Outcome: search.Rejected, Reason: "document_parsing_exception: told so"}
			continue
		}
		p.written = append(p.written, d.ID)
	}
	return out, nil
}

func TestRejectedDocumentIsItsMessagesOwn(t *testing.T) {
	t.Parallel()
	engine := &picky{refuses: "s-s2"}
	i, err := New(Config{}, engine, nil, NewTraces(engine), &search.Pressure{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	i.current = "now"
	good := kafka.Message{Offset: 1, Value: message(t, events.PackDeletedV1{PackID: "p1", SoundIDs: []string{"s9"}})}
	bad := kafka.Message{Offset: 2, Value: message(t, pack())}
	c := &consumer{ingest: i, generation: "now", dirty: make(chan struct{}, 1), log: slog.New(slog.DiscardHandler)}
	// Together they are poison, so that the group halves them; what could be written is written.
	if err := c.handle(t.Context(), []kafka.Message{good, bad}); !kafka.IsPoison(err) {
		t.Fatalf("together: %v", err)
	}
	if len(engine.written) != 2+3 || len(c.pending) != 2 {
		t.Errorf("written %v, to be seen %v", engine.written, c.pending)
	}
	if err := c.handle(t.Context(), []kafka.Message{good}); err != nil {
		t.Errorf("the good one: %v", err)
	}
	if err := c.handle(t.Context(), []kafka.Message{bad}); !kafka.IsPoison(err) {
		t.Errorf("the bad one: %v", err)
	}
	// A generation that is being filled passes it by: its verification will tell.
	c.generation = "next"
	if err := c.handle(t.Context(), []kafka.Message{good, bad}); err != nil {
		t.Errorf("while filling: %v", err)
	}
}
