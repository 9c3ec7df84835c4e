// Package ingest feeds history and shelf from Kafka. Every copy of the recommender reads all partitions without a group, from
// the first offset or from where a snapshot ends.
package ingest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/service"
	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
)

// Reader reads both topics into one history and one shelf.
type Reader struct {
	Kafka   kafka.Config
	History *history.History
	Shelf   *content.Shelf
	Log     *slog.Logger
	Changed func() // called after every message that may change the model

	messages atomic.Int64
	caught   sync.Map // topic → struct{}

	mu   sync.Mutex
	next map[string]kafka.Offsets // by topic: everything before is in History and Shelf
}

// Topics are those that are read.
func Topics() []string { return []string{events.TopicPacks, events.TopicInteractions} }

// Offsets tells how far each topic was read: all that lies before is in History and Shelf.
func (r *Reader) Offsets() map[string]kafka.Offsets {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]kafka.Offsets{}
	for topic, next := range r.next {
		out[topic] = maps.Clone(next)
	}
	return out
}

// Resume has the first Run begin where an earlier reader ended.
func (r *Reader) Resume(at map[string]kafka.Offsets) {
	for topic, next := range at {
		r.reached(topic, next)
	}
}

func (r *Reader) reached(topic string, next kafka.Offsets) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.Copy(r.of(topic), next)
}

func (r *Reader) passed(m kafka.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(m.Topic)[m.Partition] = m.Offset + 1
}

func (r *Reader) of(topic string) kafka.Offsets {
	if r.next == nil {
		r.next = map[string]kafka.Offsets{}
	}
	if r.next[topic] == nil {
		r.next[topic] = kafka.Offsets{}
	}
	return r.next[topic]
}

// Messages is how many messages were read.
func (r *Reader) Messages() int64 { return r.messages.Load() }

// CaughtUp says whether everything that Kafka held at the start has been read.
func (r *Reader) CaughtUp() bool {
	for _, topic := range Topics() {
		if _, ok := r.caught.Load(topic); !ok {
			return false
		}
	}
	return true
}

// Run reads until ctx ends; without live it ends when it has caught up, and the next Run goes on from there.
func (r *Reader) Run(ctx context.Context, live bool) error {
	g := service.NewGroup(ctx)
	begin := r.Offsets()
	for _, topic := range Topics() {
		g.Go("read "+topic, func(ctx context.Context) error {
			next, err := kafka.Replay(ctx, r.Kafka, topic, r.take, kafka.ReplayOptions{
				From:     begin[topic],
				Live:     live,
				CaughtUp: func() { r.caught.Store(topic, struct{}{}); r.Changed() },
			})
			r.reached(topic, next)
			return err
		})
	}
	return g.Wait()
}

// take never fails: what cannot be read is the indexer's to put into the dead topic, here it is noted and skipped.
func (r *Reader) take(_ context.Context, m kafka.Message) error {
	r.messages.Add(1)
	defer r.passed(m)
	envelope, err := events.Parse(m.Value)
	if err == nil {
		err = r.apply(envelope)
	}
	if err != nil {
		r.Log.Warn("message skipped", "topic", m.Topic, "partition", m.Partition, "offset", m.Offset, "error", err)
		return nil
	}
	r.Changed()
	return nil
}

var errEmptyID = errors.New("an id is empty")

func (r *Reader) apply(e events.Envelope) error {
	switch e.Type {
	case events.InteractionRecordedV1{}.EventType():
		act, err := events.Decode[events.InteractionRecordedV1](e)
		if err != nil {
			return err
		}
		if act.PersonID == "" {
			return errEmptyID
		}
		r.History.Record(act, e.Time)
	case events.PersonMergedV1{}.EventType():
		merged, err := events.Decode[events.PersonMergedV1](e)
		if err != nil {
			return err
		}
		if merged.From == "" || merged.Into == "" {
			return errEmptyID
		}
		r.History.Merge(merged.From, merged.Into)
	case events.PersonWipedV1{}.EventType():
		wiped, err := events.Decode[events.PersonWipedV1](e)
		if err != nil {
			return err
		}
		if wiped.PersonID == "" {
			return errEmptyID
		}
		r.History.Wipe(wiped.PersonID, e.Time)
	case events.PersonMutedV1{}.EventType():
		muted, err := events.Decode[events.PersonMutedV1](e)
		if err != nil {
			return err
		}
		if muted.PersonID == "" {
			return errEmptyID
		}
		r.History.Mute(muted, e.Revision, e.Time)
	case events.PackPublishedV1{}.EventType():
		published, err := events.Decode[events.PackPublishedV1](e)
		if err != nil {
			return err
		}
		r.Shelf.Put(published.Pack, e.Revision)
	case events.PackWithdrawnV1{}.EventType(), events.PackDeletedV1{}.EventType():
		r.Shelf.Remove(e.Subject, e.Revision)
	}
	return nil
}
