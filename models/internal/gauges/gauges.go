// Package gauges tells Prometheus what waits: events, messages, jobs and people. It measures now and then by itself, so that
// a scrape costs nothing and is held up by no part that hangs.
package gauges

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/jobs"
)

const (
	every = 15 * time.Second
	most  = 10 * time.Second // for one measuring
)

// Operations is the operator's view of things.
type Operations interface {
	Needs(ctx context.Context) (api.OperatorNeeds, error)
	Lag(ctx context.Context) (api.Lag, error)
}

// Outbox is what waits for the relay.
type Outbox interface {
	OutboxAge(ctx context.Context) (oldest time.Duration, waiting int64, err error)
}

// Queue is the queue of jobs.
type Queue interface {
	Depths(ctx context.Context) ([]jobs.Depth, error)
}

// Gauges measures. All copies of models do, and all say the same.
type Gauges struct {
	operations Operations
	outbox     Outbox
	queue      Queue
	log        *slog.Logger

	outboxOldest, outboxWaiting prometheus.Gauge
	needs, needsOldest          *prometheus.GaugeVec
	lag, overdue, members       *prometheus.GaugeVec
	jobs, jobsOldest            *prometheus.GaugeVec
	measured                    *prometheus.GaugeVec
}

// New registers the gauges; Run measures.
func New(operations Operations, outbox Outbox, queue Queue, reg prometheus.Registerer, log *slog.Logger) *Gauges {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "crateful_" + name, Help: help}, labels)
		reg.MustRegister(vec)
		return vec
	}
	return &Gauges{
		operations: operations, outbox: outbox, queue: queue, log: log,
		outboxOldest:  gauge("outbox_oldest_seconds", "Age of the oldest event that Kafka has not acknowledged.").WithLabelValues(),
		outboxWaiting: gauge("outbox_waiting", "Events that Kafka has not acknowledged.").WithLabelValues(),
		needs:         gauge("needs", "What needs an operator.", "kind"),
		needsOldest:   gauge("needs_oldest_seconds", "How long the oldest of it has been waiting.", "kind"),
		lag:           gauge("consumer_lag", "Messages that a group has not committed.", "group", "topic"),
		overdue:       gauge("consumer_overdue", "Those of them that are older than two minutes.", "group", "topic"),
		members:       gauge("consumer_members", "Members of a consumer group.", "group"),
		jobs:          gauge("jobs", "Jobs that are not done.", "state"),
		jobsOldest:    gauge("jobs_oldest_seconds", "How long the oldest of them has been due.", "state"),
		measured:      gauge("measured_timestamp_seconds", "When a part was last measured.", "part"),
	}
}

// Run measures until ctx ends.
func (g *Gauges) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		err := g.measure(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it ends because it was told to
		}
		if err != nil && !failing {
			g.log.WarnContext(ctx, "not everything was measured", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (g *Gauges) measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var failed []error
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{"outbox", g.measureOutbox}, {"jobs", g.measureJobs}, {"needs", g.measureNeeds}, {"lag", g.measureLag}} {
		if err := part.measure(ctx); err != nil {
			failed = append(failed, fmt.Errorf("measure %s: %w", part.name, err))
			continue
		}
		g.measured.WithLabelValues(part.name).SetToCurrentTime()
	}
	return errors.Join(failed...)
}

func (g *Gauges) measureOutbox(ctx context.Context) error {
	oldest, waiting, err := g.outbox.OutboxAge(ctx)
	if err != nil {
		return err
	}
	g.outboxOldest.Set(max(0, oldest.Seconds()))
	g.outboxWaiting.Set(float64(waiting))
	return nil
}

func (g *Gauges) measureJobs(ctx context.Context) error {
	depths, err := g.queue.Depths(ctx)
	if err != nil {
		return err
	}
	for _, d := range depths {
		g.jobs.WithLabelValues(d.State).Set(float64(d.Count))
		g.jobsOldest.WithLabelValues(d.State).Set(max(0, d.Oldest.Seconds()))
	}
	return nil
}

func (g *Gauges) measureNeeds(ctx context.Context) error {
	found, err := g.operations.Needs(ctx)
	if err != nil {
		return err
	}
	for _, kind := range api.NeedKinds() { // zero is said too: an alert ends by it
		g.needs.WithLabelValues(string(kind)).Set(0)
		g.needsOldest.WithLabelValues(string(kind)).Set(0)
	}
	for _, n := range found.Needs {
		g.needs.WithLabelValues(string(n.Kind)).Set(float64(n.Count))
		if n.OldestAt != nil {
			g.needsOldest.WithLabelValues(string(n.Kind)).Set(max(0, time.Since(*n.OldestAt).Seconds()))
		}
	}
	return nil
}

// measureLag forgets groups that are gone, and all of them while Kafka does not tell.
func (g *Gauges) measureLag(ctx context.Context) error {
	found, err := g.operations.Lag(ctx)
	g.lag.Reset()
	g.overdue.Reset()
	g.members.Reset()
	if err != nil {
		return err
	}
	for _, group := range found.Groups {
		g.members.WithLabelValues(group.Group).Set(float64(group.Members))
		for _, p := range group.Partitions {
			g.lag.WithLabelValues(group.Group, p.Topic).Add(float64(p.Lag))
			g.overdue.WithLabelValues(group.Group, p.Topic).Add(float64(p.Overdue))
		}
	}
	return nil
}
