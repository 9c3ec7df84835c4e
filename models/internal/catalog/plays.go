package catalog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"crateful.dev/models/events"
)

// Direct is where views and previews go on to.
type Direct interface {
	Record(subject string, at time.Time, trace string, data events.Data) (bool, error)
}

// maxHeard bounds what waits in memory; what comes on top is not counted.
const maxHeard = 20_000

// Plays passes views and previews on and counts them for popularity. Like them the counts travel apart from the outbox: a
// crash loses those of the last seconds.
type Plays struct {
	next Direct
	log  *slog.Logger

	mu   sync.Mutex
	acts []events.InteractionRecordedV1
}

// NewPlays counts what goes on to next.
func NewPlays(next Direct, log *slog.Logger) *Plays { return &Plays{next: next, log: log} }

// Record passes an event on and remembers it when it was taken.
func (p *Plays) Record(subject string, at time.Time, trace string, data events.Data) (bool, error) {
	ok, err := p.next.Record(subject, at, trace, data)
	act, counts := data.(events.InteractionRecordedV1)
	if !ok || err != nil || !counts {
		return ok, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.acts) < maxHeard {
		p.acts = append(p.acts, act)
	}
	return ok, nil
}

// Run hands what was counted to heard every two seconds until ctx ends, and once more then.
func (p *Plays) Run(ctx context.Context, heard func(context.Context, []events.InteractionRecordedV1) error) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.flush(ctx, heard)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			p.flush(last, heard)
			return nil
		}
	}
}

func (p *Plays) flush(ctx context.Context, heard func(context.Context, []events.InteractionRecordedV1) error) {
	p.mu.Lock()
	acts := p.acts
	p.acts = nil
	p.mu.Unlock()
	if len(acts) == 0 {
		return
	}
	if err := heard(ctx, acts); err != nil {
		p.log.WarnContext(ctx, "plays not counted", "count", len(acts), "error", err)
	}
}
