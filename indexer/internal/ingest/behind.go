package ingest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const (
	behindEvery = 5 * time.Second
	behindAfter = 20 * time.Second // changes this old should long be found
	behindAsk   = 10 * time.Second // for one look
)

// Behind knows whether the index that answers lacks changes that were sent a while ago: because the engine takes no
// writes, or because nobody reads.
type Behind struct {
	backend search.Backend
	kafka   kafka.Config
	log     *slog.Logger
	is      atomic.Bool
}

// NewBehind returns a Behind; Run has it look.
func NewBehind(backend search.Backend, cfg kafka.Config, log *slog.Logger) *Behind {
	return &Behind{backend: backend, kafka: cfg, log: log}
}

// Is says what the last look found.
func (b *Behind) Is() bool { return b.is.Load() }

// Run looks until ctx ends. While Kafka or the engine does not tell, nothing is known to be missing.
func (b *Behind) Run(ctx context.Context) {
	tick := time.NewTicker(behindEvery)
	defer tick.Stop()
	for {
		now, err := b.look(ctx)
		if b.is.Swap(now) != now {
			b.log.Info("what search lacks has changed", "behind", now, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *Behind) look(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, behindAsk)
	defer cancel()
	current, err := b.backend.Current(ctx)
	if err != nil {
		return false, err
	}
	n, err := kafka.Overdue(ctx, b.kafka, GroupOf(current), events.TopicPacks, time.Now().Add(-behindAfter))
	return n > 0, err
}
