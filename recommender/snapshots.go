package recommender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/recommender/internal/ingest"
	"crateful.dev/recommender/internal/snapshot"
)

// clusterWait is how long a start waits for Kafka to say which it is. Without an answer Kafka is read from the beginning.
const clusterWait = 15 * time.Second

// stopTime is how long a copy that stops sends its last snapshot.
const stopTime = 12 * time.Second

// keeps says whether snapshots are kept anywhere.
func (s *Service) keeps() bool { return s.cfg.Data != "" || s.bucket != nil }

// resume takes the state of the last snapshot, if there is one of this Kafka: that on disk, else the newest in storage.
func (s *Service) resume(ctx context.Context) {
	if !s.keeps() {
		return
	}
	began := time.Now()
	head, place, err := s.restore(ctx)
	switch {
	case err == nil:
		s.log.Info("snapshot taken up", "from", place, "made_at", head.At, "people", s.state.Load().history.Count(), "took", time.Since(began))
	case errors.Is(err, snapshot.ErrNone):
		s.log.Info("reading kafka from the beginning", "reason", err)
	default:
		s.log.Warn("snapshot not used, reading kafka from the beginning", "error", err)
	}
}

func (s *Service) restore(ctx context.Context) (head snapshot.Head, place string, err error) {
	fits, err := s.fits(ctx)
	if err != nil {
		return head, "", err
	}
	take := func(from string, h snapshot.Head, kept snapshot.State, failed error) bool {
		if failed == nil {
			failed = fits.check(h)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", from, failed))
			return false
		}
		st := s.newState(kept.History, kept.Shelf)
		st.reader.Resume(h.Offsets)
		s.state.Store(st)
		s.built.Store(finished(kept.Model, h.At, h.Took))
		head, place = h, from
		return true
	}
	if s.cfg.Data != "" {
		h, kept, failed := snapshot.Read(s.cfg.Data, fits.cluster)
		if take("disk", h, kept, failed) {
			return head, place, nil
		}
	}
	if s.bucket == nil {
		return head, "", err
	}
	keys, failed := s.bucket.Snapshots(ctx, fits.cluster)
	if failed != nil {
		return head, "", errors.Join(err, failed)
	}
	for _, key := range keys {
		h, kept, failed := s.bucket.Read(ctx, key, fits.cluster)
		if take(key, h, kept, failed) {
			return head, place, nil
		}
	}
	if err == nil {
		err = snapshot.ErrNone
	}
	return head, "", err
}

// fit is what Kafka holds now.
type fit struct {
	cluster string
	end     map[string]kafka.Offsets // by topic
}

func (s *Service) fits(ctx context.Context) (fit, error) {
	ctx, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	f := fit{end: map[string]kafka.Offsets{}}
	var err error
	if f.cluster, err = kafka.ClusterID(ctx, s.kafka()); err != nil {
		return f, err
	}
	for _, topic := range ingest.Topics() {
		if _, f.end[topic], err = kafka.Bounds(ctx, s.kafka(), topic); err != nil {
			return f, err
		}
	}
	return f, nil
}

// check refuses a snapshot that has read more than there is.
func (f fit) check(head snapshot.Head) error {
	for topic, end := range f.end {
		for partition, next := range head.Offsets[topic] {
			if next > end[partition] {
				return fmt.Errorf("%s ends at %d in partition %d, the snapshot at %d: %w", topic, end[partition], partition, next, snapshot.ErrNone)
			}
		}
	}
	return nil
}

// snapshots writes one now and then until ctx ends, and a last one.
func (s *Service) snapshots(ctx context.Context) {
	if !s.keeps() {
		return
	}
	var written int64 // messages that were in the last one
	write := func(ctx context.Context) {
		st, b := s.state.Load(), s.built.Load()
		messages := st.reader.Messages()
		if !b.whole || !st.reader.CaughtUp() || messages == written {
			return
		}
		if err := s.write(ctx, st, b); err != nil {
			s.log.Warn("snapshot not written", "error", err)
			return
		}
		written = messages
	}
	tick := time.NewTicker(s.cfg.SnapshotEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
			defer cancel()
			write(last)
			return
		case <-tick.C:
			write(ctx)
		}
	}
}

// write writes to disk, and to storage unless another copy has just done so.
func (s *Service) write(ctx context.Context, st *state, b *built) error {
	asking, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	cluster, err := kafka.ClusterID(asking, s.kafka())
	if err != nil {
		return err
	}
	began := time.Now()
	head := snapshot.Head{Kafka: cluster, Offsets: st.reader.Offsets(), At: b.at, Took: b.took}
	whole := snapshot.State{History: st.history, Shelf: st.shelf, Model: b.model}
	if s.cfg.Data != "" {
		err = snapshot.Write(s.cfg.Data, head, whole)
	}
	if s.bucket != nil {
		_, failed := s.bucket.Write(ctx, head, whole, s.cfg.SnapshotEvery/2)
		err = errors.Join(err, failed)
	}
	if err == nil {
		s.log.Debug("snapshot written", "took", time.Since(began))
	}
	return err
}
