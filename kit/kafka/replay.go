package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// idleCheck is how long a replay waits for a message before it asks whether retention took the rest away.
const idleCheck = 5 * time.Second

// ReplayOptions of Replay; all may be left out.
type ReplayOptions struct {
	From     Offsets // where to begin; partitions not in it begin at their first offset
	Until    Offsets // where to end (exclusive); partitions not in it end where they end at the start
	Live     bool    // go on with new messages after that, until ctx ends
	CaughtUp func()  // called once when all partitions have been read to the end they had at the start
}

// Replay reads all partitions of topic without a group, in order per partition, and calls onMessage
// for one message at a time. It returns the offset after the last message read of every partition. The first error of
// onMessage ends it; so does ctx, whose error it returns then.
func Replay(ctx context.Context, cfg Config, topic string, onMessage func(ctx context.Context, m Message) error, opts ReplayOptions) (Offsets, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	first, end, err := Bounds(ctx, cfg, topic)
	if err != nil {
		return nil, err
	}
	r := &replay{cfg: cfg, topic: topic, onMessage: onMessage, opts: opts, next: Offsets{}, behind: map[int]bool{}, log: cfg.logger().With("topic", topic)}
	for p, last := range end {
		r.next[p] = max(first[p], opts.From[p])
		if until, ok := opts.Until[p]; ok {
			end[p] = min(last, until)
		}
		if r.next[p] < end[p] {
			r.behind[p] = true
		}
	}
	if len(r.behind) == 0 {
		r.caughtUp()
	}
	start := maps.Clone(r.next)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for p := range end {
		if !opts.Live && start[p] >= end[p] {
			continue // nothing there: a reader would wait for ever
		}
		wg.Go(func() {
			if err := r.partition(ctx, p, start[p], end[p]); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	err = nil
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return r.next, err
}

type replay struct {
	cfg       Config
	topic     string
	onMessage func(context.Context, Message) error
	opts      ReplayOptions
	log       *slog.Logger

	mu     sync.Mutex // one message at a time
	next   Offsets
	behind map[int]bool
}

func (r *replay) partition(ctx context.Context, p int, from, end int64) error {
	rc := readerConfig(r.cfg, r.log)
	rc.Topic, rc.Partition, rc.QueueCapacity = r.topic, p, 50
	reader := kafkago.NewReader(rc)
	defer reader.Close()
	if err := reader.SetOffset(from); err != nil {
		return fmt.Errorf("replay %s, partition %d from %d: %w", r.topic, p, from, err)
	}
	for {
		m, err := r.fetch(ctx, reader)
		if err != nil {
			if ctx.Err() != nil {
				return nil // the cause is known to who cancelled
			}
			return fmt.Errorf("replay %s, partition %d: %w", r.topic, p, err)
		}
		if m == nil {
			if gone, err := r.goneBefore(ctx, p, end); err != nil || !gone {
				continue
			}
			r.reached(p)
			if !r.opts.Live {
				return nil
			}
			continue
		}
		if m.Offset >= end && !r.opts.Live {
			r.reached(p) // compaction took the last ones before the end
			return nil
		}
		if err := r.deliver(ctx, *m); err != nil {
			return err
		}
		if m.Offset >= end-1 {
			r.reached(p)
			if !r.opts.Live {
				return nil
			}
		}
	}
}

// fetch gives nil when nothing came for idleCheck.
func (r *replay) fetch(ctx context.Context, reader *kafkago.Reader) (*kafkago.Message, error) {
	wait, cancel := context.WithTimeout(ctx, idleCheck)
	defer cancel()
	m, err := fetch(wait, reader, r.log)
	switch {
	case err == nil:
		return &m, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return nil, nil //nolint:nilnil // nothing came, and that is no error
	}
	return nil, err
}

func (r *replay) goneBefore(ctx context.Context, p int, end int64) (bool, error) {
	r.mu.Lock()
	behind := r.behind[p]
	r.mu.Unlock()
	if !behind {
		return false, nil
	}
	first, _, err := Bounds(ctx, r.cfg, r.topic)
	if err != nil {
		return false, err
	}
	return first[p] >= end, nil
}

func (r *replay) deliver(ctx context.Context, m kafkago.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	if err := r.onMessage(ctx, fromKafka(m)); err != nil {
		return fmt.Errorf("replay %s, partition %d, offset %d: %w", r.topic, m.Partition, m.Offset, err)
	}
	r.next[m.Partition] = m.Offset + 1
	return nil
}

func (r *replay) reached(p int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.behind[p] {
		return
	}
	delete(r.behind, p)
	if len(r.behind) == 0 {
		r.caughtUp()
	}
}

func (r *replay) caughtUp() {
	if r.opts.CaughtUp != nil {
		r.opts.CaughtUp()
	}
}
