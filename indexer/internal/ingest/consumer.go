package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const (
	batchMessages = 512
	partMessages  = 32 // of a batch that are written together
	writers       = 2  // of parts, at once: while the engine takes one, the next is being made
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
	pending []write // written, not yet visible
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

// handle writes one batch. Offsets are committed after it, so that a crash in the middle repeats it. In which order its parts
// are written is all the same: documents carry versions.
func (c *consumer) handle(ctx context.Context, msgs []kafka.Message) error {
	current := c.ingest.isCurrent(c.generation)
	if !current {
		if err := c.ingest.pressure.Yield(ctx); err != nil {
			return err
		}
	}
	parts := slices.Collect(slices.Chunk(msgs, partMessages))
	failed := make([]error, len(parts))
	room := make(chan struct{}, writers)
	var all sync.WaitGroup
	for n, part := range parts {
		room <- struct{}{}
		all.Go(func() {
			failed[n] = c.write(ctx, current, part)
			<-room
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// write makes documents of some messages and hands them to the engine.
func (c *consumer) write(ctx context.Context, current bool, msgs []kafka.Message) error {
	var docs []search.Document
	var from []int // the message of each document
	now := time.Now()
	for n, m := range msgs {
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
		from = append(from, slices.Repeat([]int{n}, len(some))...)
	}
	if len(docs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTimeout)
	defer cancel()
	endSpans := beginWrites(ctx, msgs, c.generation, len(docs))
	results, err := c.ingest.backend.Bulk(ctx, c.generation, docs)
	endSpans(err)
	if err != nil {
		return fmt.Errorf("write %d documents: %w", len(docs), err)
	}
	var written []write
	rejected := map[int]error{} // by message
	for k, r := range results {
		switch {
		case r.Outcome == search.Rejected:
			rejected[from[k]] = fmt.Errorf("%w: document %s: %s", errNoUse, docs[k].ID, r.Reason)
		case r.Outcome == search.Written && docs[k].Kind == search.KindPack:
			written = append(written, write{trace{docs[k].PackID, docs[k].Version}, docs[k].Source.CommittedAt})
		}
	}
	if current {
		c.note(written)
	}
	for n, m := range msgs {
		if err := rejected[n]; err != nil {
			if err := c.poison(current, m, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// poison sends a message to the dead topic when the current generation meets it: the group halves a batch with poison in
// it, and buries as they came those that are poison alone. Other generations pass it by, so that a
// rebuild does not bury everything a second time; what they lack then is found when they are verified.
func (c *consumer) poison(current bool, m kafka.Message, err error) error {
	if current {
		return kafka.Poison(err)
	}
	c.log.Warn("message passed by", "partition", m.Partition, "offset", m.Offset, "error", err)
	return nil
}

func (c *consumer) note(written []write) {
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
			now := time.Now().UTC()
			c.ingest.traces.add(visible, now)
			c.observe(visible, now)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(refreshEvery):
		}
	}
}
