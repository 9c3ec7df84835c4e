package ingest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const (
	tick        = 500 * time.Millisecond // how often the record is looked at
	leaderLease = 10 * time.Second
	stepTimeout = time.Minute
)

// Config of an Ingest.
type Config struct {
	Kafka kafka.Config
	// Alone: no other copy can use this backend, a lease that is still running is of a process that has ended.
	Alone bool
	// Verify compares a filled generation with the truth before it becomes current; nil skips it. An error fails the
	// rebuild.
	Verify func(ctx context.Context, generation string) error
}

// Ingest runs the consumers of all generations and, on one copy at a time, carries rebuilds out.
type Ingest struct {
	cfg      Config
	backend  search.Backend
	control  *Control
	traces   *Traces
	pressure *search.Pressure
	log      *slog.Logger
	holder   string

	mu      sync.Mutex
	current string
	running map[string]*consumer
}

// New returns an Ingest.
func New(cfg Config, backend search.Backend, control *Control, traces *Traces, pressure *search.Pressure, log *slog.Logger) (*Ingest, error) {
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("name this copy: %w", err)
	}
	return &Ingest{
		cfg: cfg, backend: backend, control: control, traces: traces, pressure: pressure, log: log,
		holder: hex.EncodeToString(id[:]), running: map[string]*consumer{},
	}, nil
}

// Run works until ctx ends.
func (i *Ingest) Run(ctx context.Context) error {
	defer i.stopAll()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	failed := false
	for {
		err := i.step(ctx)
		switch {
		case ctx.Err() != nil:
			i.resign(context.WithoutCancel(ctx))
			return ctx.Err()
		case err != nil && !failed:
			i.log.Error("index generations not managed", "error", err)
		case err == nil && failed:
			i.log.Info("index generations managed again")
		}
		failed = err != nil
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// step looks at the record once, does the leader's work when this copy leads, and starts and stops consumers.
func (i *Ingest) step(ctx context.Context) error {
	stepCtx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	r, err := i.lead(stepCtx)
	if err != nil {
		return err
	}
	if r.Leader == i.holder {
		if err := i.bootstrap(stepCtx); err != nil {
			return err
		}
		if err := i.rebuild(stepCtx, r); err != nil {
			return err
		}
		if err := i.sweep(stepCtx); err != nil {
			return err
		}
		if r, _, err = i.control.read(stepCtx); err != nil {
			return err
		}
	}
	current, err := i.backend.Current(stepCtx)
	if err != nil {
		return err
	}
	i.mu.Lock()
	i.current = current
	i.mu.Unlock()
	i.reconcile(ctx, wanted(r, current))
	return nil
}

// lead takes or renews the lease when it can.
func (i *Ingest) lead(ctx context.Context) (record, error) {
	return i.control.edit(ctx, func(r *record) error {
		now := time.Now().UTC()
		mine := r.Leader == i.holder
		if mine && r.Until.Sub(now) > leaderLease/2 {
			return errLeave
		}
		if !mine && !i.cfg.Alone && now.Before(r.Until) {
			return errLeave
		}
		r.Leader, r.Until = i.holder, now.Add(leaderLease)
		return nil
	})
}

// resign lets another copy lead at once.
func (i *Ingest) resign(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := i.control.edit(ctx, func(r *record) error {
		if r.Leader != i.holder {
			return errLeave
		}
		r.Leader, r.Until = "", time.Time{}
		return nil
	})
	if err != nil {
		i.log.Warn("lease not given back", "error", err)
	}
}

// bootstrap makes the very first generation current while it is empty: search works as it fills.
func (i *Ingest) bootstrap(ctx context.Context) error {
	current, err := i.backend.Current(ctx)
	if err != nil || current != "" {
		return err
	}
	name, err := newGeneration()
	if err != nil {
		return err
	}
	if err := i.backend.EnsureGeneration(ctx, name); err != nil {
		return err
	}
	i.log.Info("first index generation", "generation", name)
	return i.backend.Swap(ctx, "", name)
}

// wanted are the generations that consume: the current one, those kept for rolling back, the one being filled.
func wanted(r record, current string) []string {
	names := map[string]bool{}
	if current != "" {
		names[current] = true
	}
	for name, until := range r.Keep {
		if time.Now().Before(until) {
			names[name] = true
		}
	}
	if r.Rebuild.Running() {
		names[r.Rebuild.Generation] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// rebuild carries the running rebuild one step on. Every step can be repeated by another copy after a crash.
func (i *Ingest) rebuild(ctx context.Context, r record) error {
	if !r.Rebuild.Running() {
		return nil
	}
	generation := r.Rebuild.Generation
	current, err := i.backend.Current(ctx)
	if err != nil {
		return err
	}
	if current == generation { // swapped, but nobody lived to note it
		return i.finish(ctx, generation, api.RebuildDone, "")
	}
	if err := i.backend.EnsureGeneration(ctx, generation); err != nil {
		return err
	}
	i.mu.Lock()
	_, consuming := i.running[generation]
	i.mu.Unlock()
	if !consuming {
		return nil
	}
	lag, err := kafka.Lag(ctx, i.cfg.Kafka, GroupOf(generation), events.TopicPacks)
	if err != nil {
		return fmt.Errorf("read lag of %s: %w", generation, err)
	}
	if lag > 0 {
		return nil
	}
	if err := i.backend.Refresh(ctx, generation); err != nil {
		return err
	}
	if i.cfg.Verify != nil {
		if _, err := i.control.edit(ctx, inRebuild(generation, func(r *record) { r.Rebuild.State = api.RebuildVerifying })); err != nil {
			return err
		}
		if err := i.cfg.Verify(ctx, generation); err != nil {
			if ctx.Err() != nil {
				return err
			}
			i.log.Error("rebuilt index is not right", "generation", generation, "error", err)
			return i.finish(ctx, generation, api.RebuildFailed, err.Error())
		}
	}
	// Kept before the swap, so that no copy takes the old generation for a leftover in between.
	stillRunning := false
	_, err = i.control.edit(ctx, inRebuild(generation, func(r *record) {
		stillRunning = true
		r.Keep[current] = time.Now().UTC().Add(i.control.window)
	}))
	if err != nil || !stillRunning {
		return err
	}
	if err := i.backend.Swap(ctx, current, generation); err != nil {
		return err
	}
	i.log.Info("index generation swapped", "from", current, "to", generation)
	return i.finish(ctx, generation, api.RebuildDone, "")
}

// inRebuild changes the record only while this rebuild runs: it may have been cancelled meanwhile.
func inRebuild(generation string, change func(r *record)) func(r *record) error {
	return func(r *record) error {
		if !r.Rebuild.Running() || r.Rebuild.Generation != generation {
			return errLeave
		}
		change(r)
		return nil
	}
}

func (i *Ingest) finish(ctx context.Context, generation string, state api.RebuildState, detail string) error {
	docs, err := i.backend.Documents(ctx, generation)
	if err != nil {
		return err
	}
	_, err = i.control.edit(ctx, inRebuild(generation, func(r *record) {
		if err := i.control.progress(ctx, r.Rebuild, docs, 0); err != nil {
			i.log.Warn("progress of rebuild not known", "error", err)
		}
		end(r.Rebuild, state, detail)
	}))
	return err
}

// sweep removes generations nobody wants any more, with their consumer groups. A generation is written into the record
// before it is made, so the list is read first.
func (i *Ingest) sweep(ctx context.Context) error {
	names, err := i.backend.Generations(ctx)
	if err != nil {
		return err
	}
	current, err := i.backend.Current(ctx)
	if err != nil {
		return err
	}
	r, _, err := i.control.read(ctx)
	if err != nil {
		return err
	}
	keep := wanted(r, current)
	for _, name := range names {
		if slices.Contains(keep, name) {
			continue
		}
		i.stop(name)
		if err := i.backend.DeleteGeneration(ctx, name); err != nil {
			return err
		}
		i.log.Info("index generation removed", "generation", name)
		if err := kafka.DeleteGroup(ctx, i.cfg.Kafka, GroupOf(name)); err != nil {
			i.log.Warn("consumer group not removed", "group", GroupOf(name), "error", err) // another copy may still leave it
		}
	}
	if len(r.Keep) == 0 {
		return nil
	}
	_, err = i.control.edit(ctx, func(r *record) error {
		before := len(r.Keep)
		maps.DeleteFunc(r.Keep, func(_ string, until time.Time) bool { return !time.Now().Before(until) })
		if len(r.Keep) == before {
			return errLeave
		}
		return nil
	})
	return err
}

// reconcile starts the consumers that are missing and stops those that are not wanted.
func (i *Ingest) reconcile(ctx context.Context, names []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for name, c := range i.running {
		if !slices.Contains(names, name) {
			c.stop()
			delete(i.running, name)
		}
	}
	for _, name := range names {
		if _, ok := i.running[name]; !ok {
			i.running[name] = i.consume(ctx, name)
		}
	}
}

func (i *Ingest) stop(name string) {
	i.mu.Lock()
	c, ok := i.running[name]
	delete(i.running, name)
	i.mu.Unlock()
	if ok {
		c.stop()
	}
}

func (i *Ingest) stopAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for name, c := range i.running {
		c.stop()
		delete(i.running, name)
	}
}

func (i *Ingest) isCurrent(generation string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.current == generation
}

// Ready says why nothing is ingested.
func (i *Ingest) Ready(ctx context.Context) error {
	return errors.Join(kafka.Ping(ctx, i.cfg.Kafka))
}
