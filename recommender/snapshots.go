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

// resume takes the state of the last snapshot, if there is one of this Kafka.
func (s *Service) resume(ctx context.Context) {
	if s.cfg.Data == "" {
		return
	}
	began := time.Now()
	head, err := s.restore(ctx)
	switch {
	case err == nil:
		s.log.Info("snapshot taken up", "made_at", head.At, "people", s.state.Load().history.Count(), "took", time.Since(began))
	case errors.Is(err, snapshot.ErrNone):
		s.log.Info("reading kafka from the beginning", "reason", err)
	default:
		s.log.Warn("snapshot not used, reading kafka from the beginning", "error", err)
	}
}

func (s *Service) restore(ctx context.Context) (snapshot.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	brokers := s.kafka()
	cluster, err := kafka.ClusterID(ctx, brokers)
	if err != nil {
		return snapshot.Head{}, err
	}
	head, kept, err := snapshot.Read(s.cfg.Data, cluster)
	if err != nil {
		return head, err
	}
	for _, topic := range ingest.Topics() {
		_, end, err := kafka.Bounds(ctx, brokers, topic)
		if err != nil {
			return head, err
		}
		for partition, next := range head.Offsets[topic] {
			if next > end[partition] {
				return head, fmt.Errorf("%s ends at %d in partition %d, the snapshot at %d: %w", topic, end[partition], partition, next, snapshot.ErrNone)
			}
		}
	}
	st := s.newState(kept.History, kept.Shelf)
	st.reader.Resume(head.Offsets)
	s.state.Store(st)
	s.built.Store(finished(kept.Model, head.At, head.Took))
	return head, nil
}

// snapshots writes one now and then until ctx ends, and a last one.
func (s *Service) snapshots(ctx context.Context) {
	if s.cfg.Data == "" {
		return
	}
	var written int64 // messages that were in the last one
	write := func() {
		st, b := s.state.Load(), s.built.Load()
		messages := st.reader.Messages()
		if !b.whole || !st.reader.CaughtUp() || messages == written {
			return
		}
		if err := s.write(context.WithoutCancel(ctx), st, b); err != nil {
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
			write()
			return
		case <-tick.C:
			write()
		}
	}
}

func (s *Service) write(ctx context.Context, st *state, b *built) error {
	ctx, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	cluster, err := kafka.ClusterID(ctx, s.kafka())
	if err != nil {
		return err
	}
	began := time.Now()
	head := snapshot.Head{Kafka: cluster, Offsets: st.reader.Offsets(), At: b.at, Took: b.took}
	if err := snapshot.Write(s.cfg.Data, head, snapshot.State{History: st.history, Shelf: st.shelf, Model: b.model}); err != nil {
		return err
	}
	s.log.Debug("snapshot written", "took", time.Since(began))
	return nil
}
