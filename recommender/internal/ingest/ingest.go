// Package ingest feeds history and shelf from Kafka. Every copy of the recommender reads all partitions from the
// first offset, without a group: the model is rebuilt at each start and needs no disk.
package ingest

import (
	"context"
	"errors"
	"log/slog"
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
	read     sync.Map // topic → kafka.Offsets up to which an earlier Run went
}

// Messages is how many messages were read.
func (r *Reader) Messages() int64 { return r.messages.Load() }

// CaughtUp says whether everything that Kafka held at the start has been read.
func (r *Reader) CaughtUp() bool {
	for _, topic := range []string{events.TopicPacks, events.TopicInteractions} {
		if _, ok := r.caught.Load(topic); !ok {
			return false
		}
	}
	return true
}

// Run reads until ctx ends; without live it ends when it has caught up, and the next Run goes on from there.
func (r *Reader) Run(ctx context.Context, live bool) error {
	g := service.NewGroup(ctx)
	for _, topic := range []string{events.TopicPacks, events.TopicInteractions} {
		g.Go("read "+topic, func(ctx context.Context) error {
			from, _ := r.read.Load(topic)
			offsets, _ := from.(kafka.Offsets)
			next, err := kafka.Replay(ctx, r.Kafka, topic, r.take, kafka.ReplayOptions{
				From:     offsets,
				Live:     live,
				CaughtUp: func() { r.caught.Store(topic, struct{}{}); r.Changed() },
			})
			r.read.Store(topic, next)
			return err
		})
	}
	return g.Wait()
}

// take never fails: what cannot be read is the indexer's to put into the dead topic, here it is noted and skipped.
func (r *Reader) take(_ context.Context, m kafka.Message) error {
	r.messages.Add(1)
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
