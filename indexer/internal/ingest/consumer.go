package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const (
	batchMessages = 64
	batchWait     = 20 * time.Millisecond
	bulkTimeout   = 45 * time.Second
	restartPause  = time.Second
	refreshEvery  = 200 * time.Millisecond
)

// consumer fills one generation.
type consumer struct {
	ingest     *Ingest
	generation string
	log        *slog.Logger
	cancel     context.CancelFunc
	done       sync.WaitGroup

	dirty   chan struct{} // one waiting refresh
	mu      sync.Mutex
	pending []trace // written, not yet visible
}

// consume starts a consumer that ends with ctx or by stop.
func (i *Ingest) consume(ctx context.Context, generation string) *consumer {
	ctx, cancel := context.WithCancel(ctx)
	c := &consumer{
		ingest: i, generation: generation, cancel: cancel, dirty: make(chan struct{}, 1),
		log: i.log.With("generation", generation),
	}
	c.done.Go(func() { c.read(ctx) })
	c.done.Go(func() { c.refresh(ctx) })
	return c
}

func (c *consumer) stop() {
	c.cancel()
	c.done.Wait()
}

func (c *consumer) read(ctx context.Context) {
	for ctx.Err() == nil {
		err := kafka.ConsumeGroup(ctx, kafka.GroupConfig{
			Config: c.ingest.cfg.Kafka, Group: GroupOf(c.generation), Topic: events.TopicPacks,
			DeadTopic: events.TopicPacks + events.DeadSuffix, Handle: c.handle,
			BatchSize: batchMessages, BatchWait: batchWait,
		})
		if ctx.Err() != nil {
			return
		}
		c.log.Error("packs not read, trying again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(restartPause):
		}
	}
}

// handle writes one batch. Offsets are committed after it, so that a crash in the middle repeats it.
func (c *consumer) handle(ctx context.Context, msgs []kafka.Message) error {
	current := c.ingest.isCurrent(c.generation)
	if !current {
		if err := c.ingest.pressure.Yield(ctx); err != nil {
			return err
		}
	}
	var docs []search.Document
	now := time.Now()
	for _, m := range msgs {
		if len(m.Value) == 0 {
			continue // nothing we send, but a compacted topic can hold it
		}
		some, err := Documents(m.Value)
		if err != nil {
			if err := c.poison(current, m, err); err != nil {
				return err
			}
			continue
		}
		for k := range some {
			if some[k].Kind == search.KindPack {
				s := &some[k].Source
				s.WrittenAt, s.Partition, s.Offset = now.UnixMilli(), m.Partition, m.Offset
			}
		}
		docs = append(docs, some...)
	}
	if len(docs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTimeout)
	defer cancel()
	results, err := c.ingest.backend.Bulk(ctx, c.generation, docs)
	if err != nil {
		return fmt.Errorf("write %d documents: %w", len(docs), err)
	}
	var written []trace
	for k, r := range results {
		switch {
		case r.Outcome == search.Rejected:
			err := fmt.Errorf("%w: document %s: %s", errNoUse, docs[k].ID, r.Reason)
			if err := c.poison(current, kafka.Message{}, err); err != nil {
				return err
			}
		case r.Outcome == search.Written && docs[k].Kind == search.KindPack:
			written = append(written, trace{pack: docs[k].PackID, revision: docs[k].Version})
		}
	}
	if current {
		c.note(written)
	}
	return nil
}

// poison sends a message to the dead topic when the current generation meets it; others met it there already and pass
// it by, so that a rebuild does not bury everything a second time.
func (c *consumer) poison(current bool, m kafka.Message, err error) error {
	if current {
		return kafka.Poison(err)
	}
	c.log.Warn("message passed by", "partition", m.Partition, "offset", m.Offset, "error", err)
	return nil
}

func (c *consumer) note(written []trace) {
	c.mu.Lock()
	c.pending = append(c.pending, written...)
	c.mu.Unlock()
	select {
	case c.dirty <- struct{}{}:
	default: // one is waiting already
	}
}

// refresh makes writes visible: at once after a rest, else every 200 ms.
func (c *consumer) refresh(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.dirty:
		}
		c.mu.Lock()
		visible := c.pending
		c.pending = nil
		c.mu.Unlock()
		if err := c.ingest.backend.Refresh(ctx, c.generation); err != nil {
			if ctx.Err() != nil || errors.Is(err, search.ErrNoGeneration) {
				return
			}
			c.log.Warn("index not refreshed", "error", err)
			c.note(visible)
		} else {
			c.ingest.traces.add(visible, time.Now().UTC())
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(refreshEvery):
		}
	}
}
