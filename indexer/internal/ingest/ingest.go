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

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
)

const (
	tick        = 500 * time.Millisecond // how often the record is looked at
	leaderLease = 10 * time.Second
	stepTimeout = time.Minute
)

// Config of an Ingest.
type Config struct {
	Kafka kafka.Config
	// Searchable takes the seconds from a revision's commit until it could be found; nil: nobody counts.
	Searchable prometheus.Observer
	// Alone: no other copy can use this backend, a lease that is still running is of a process that has ended.
	Alone bool
	// Truth is what a generation is verified against before it becomes current, and repaired from.
	Truth Truth
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

// step looks at the record once, does the leader's work when this copy leads, and starts and stops consumers, also while
// the leader's work does not get on.
func (i *Ingest) step(ctx context.Context) error {
	stepCtx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	r, err := i.lead(stepCtx)
	if err != nil {
		return err
	}
	var failed error
	if r.Leader == i.holder {
		failed = i.direct(stepCtx)
		if r, _, err = i.control.read(stepCtx); err != nil {
			return errors.Join(failed, err)
		}
	}
	current, err := i.backend.Current(stepCtx)
	if err != nil {
		return errors.Join(failed, err)
	}
	if err := i.takeOver(stepCtx, r, current); err != nil {
		return errors.Join(failed, err)
	}
	i.mu.Lock()
	i.current = current
	i.mu.Unlock()
	i.reconcile(ctx, wanted(r, current))
	return failed
}

// direct is what one copy alone does.
func (i *Ingest) direct(ctx context.Context) error {
	if err := i.ensureIndex(ctx); err != nil {
		return err
	}
	r, _, err := i.control.read(ctx)
	if err != nil {
		return err
	}
	err = i.carryOn(ctx, r)
	if errors.Is(err, errDeposed) {
		err = nil
	}
	return errors.Join(err, i.sayWaiting(ctx, r, err), i.sweep(ctx))
}

// sayWaiting shows beside the run what keeps it from getting on.
func (i *Ingest) sayWaiting(ctx context.Context, r record, cause error) error {
	if !r.Rebuild.Running() {
		return nil
	}
	text := ""
	if cause != nil {
		text = cause.Error()
	}
	if r.Rebuild.Waiting == text {
		return nil
	}
	_, err := i.editRun(ctx, r.Rebuild.Generation, func(r *record) { r.Rebuild.Waiting = text })
	if errors.Is(err, errDeposed) {
		return nil
	}
	return err
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
		r.Leader, r.Until, r.Code = i.holder, now.Add(leaderLease), search.Version
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

// wanted are the generations that this copy reads for: the current one, those kept for rolling back, the one being filled.
// What newer code made is left to newer copies, but for the current one when none of them leads.
func wanted(r record, current string) []string {
	return slices.DeleteFunc(kept(r, current), func(name string) bool {
		if r.Versions[name] > search.Version {
			return name != current || r.Code > search.Version
		}
		return name != current && r.Rebuild.Running() && r.Rebuild.Generation == name && r.Made != name
	})
}

// kept are the generations that somebody has a use for.
func kept(r record, current string) []string {
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

// takeOver notes that older code writes to the current index from now on, so that newer code rebuilds it when it returns.
func (i *Ingest) takeOver(ctx context.Context, r record, current string) error {
	if r.Versions[current] <= search.Version || r.Code > search.Version {
		return nil
	}
	i.log.Warn("the index was made by newer code: roll back to the generation before, or deploy the newer code again", "generation", current)
	_, err := i.control.edit(ctx, func(r *record) error {
		if r.Versions[current] <= search.Version || r.Code > search.Version {
			return errLeave
		}
		r.Versions[current] = search.Version
		return nil
	})
	return err
}

// carryOn brings the run one step on. Every step can be repeated by another copy after a crash.
func (i *Ingest) carryOn(ctx context.Context, r record) error {
	switch {
	case !r.Rebuild.Running():
		return nil
	case r.Rebuild.Kind == api.KindVerify:
		return i.verifyCurrent(ctx, r.Rebuild.Generation)
	default:
		return i.rebuild(ctx, r)
	}
}

// verifyCurrent carries the verification of the current generation one step on.
func (i *Ingest) verifyCurrent(ctx context.Context, generation string) error {
	done, fault, err := i.verify(ctx, generation)
	if errors.Is(err, search.ErrNoGeneration) {
		done, fault, err = true, "the index is gone", nil
	}
	switch {
	case err != nil || !done:
		return err
	case fault != "":
		i.log.Error("index is not right", "generation", generation, "error", fault)
		return i.finish(ctx, generation, api.RebuildFailed, fault)
	}
	return i.finish(ctx, generation, api.RebuildDone, "")
}

// rebuild carries a rebuild one step on: make the generation, wait until it has read everything, verify it, put it in place.
func (i *Ingest) rebuild(ctx context.Context, r record) error {
	generation := r.Rebuild.Generation
	current, err := i.backend.Current(ctx)
	if err != nil {
		return err
	}
	if current == generation { // put in place, but nobody lived to note it
		return i.finish(ctx, generation, api.RebuildDone, "")
	}
	if r.Versions[generation] > search.Version {
		return nil // newer copies carry it on
	}
	if ready, err := i.ensureMade(ctx, r); err != nil || !ready {
		return err
	}
	i.mu.Lock()
	_, consuming := i.running[generation]
	i.mu.Unlock()
	if !consuming {
		return nil
	}
	if r.Verify == nil {
		if read, err := i.caughtUp(ctx, generation, tick); err != nil || !read {
			return err
		}
		if err := i.backend.Refresh(ctx, generation); err != nil {
			return err
		}
	}
	if !r.Swapping {
		done, fault, err := i.verify(ctx, generation)
		if err != nil || !done {
			return err
		}
		if fault != "" {
			i.log.Error("rebuilt index is not right", "generation", generation, "error", fault)
			return i.finish(ctx, generation, api.RebuildFailed, fault)
		}
		// A long verification may have been overtaken by what was published meanwhile.
		if read, err := i.caughtUp(ctx, generation, catchUpFor); err != nil || !read {
			return err
		}
		if err := i.backend.Refresh(ctx, generation); err != nil {
			return err
		}
	}
	// Noted before the swap: nobody cancels any more, and no copy takes the old generation for a leftover in between.
	_, err = i.editRun(ctx, generation, func(r *record) {
		r.Swapping = true
		if current != "" {
			r.Keep[current] = time.Now().UTC().Add(i.control.window)
		}
	})
	if err != nil {
		return err
	}
	if err := i.backend.Swap(ctx, current, generation); err != nil {
		return err
	}
	i.log.Info("index generation swapped", "from", current, "to", generation)
	return i.finish(ctx, generation, api.RebuildDone, "")
}

// ensureMade makes the generation of a rebuild. One that was made and is gone, or was begun by older code, is begun anew under
// another name: its consumers have committed offsets already.
func (i *Ingest) ensureMade(ctx context.Context, r record) (ready bool, err error) {
	generation := r.Rebuild.Generation
	names, err := i.backend.Generations(ctx)
	if err != nil {
		return false, err
	}
	there := slices.Contains(names, generation)
	if r.Made == generation && there && r.Versions[generation] == search.Version {
		return true, nil
	}
	if r.Made == generation {
		name, err := newGeneration()
		if err != nil {
			return false, err
		}
		i.log.Warn("index being filled is gone or of older code, filling another", "generation", generation, "next", name)
		_, err = i.editRun(ctx, generation, func(r *record) {
			delete(r.Versions, generation)
			r.Rebuild.Generation, r.Rebuild.State, r.Rebuild.Verification = name, api.RebuildFilling, nil
			r.Made, r.Verify, r.Swapping = "", nil, false
		})
		return false, err
	}
	if err := i.backend.EnsureGeneration(ctx, generation); err != nil {
		return false, err
	}
	_, err = i.editRun(ctx, generation, func(r *record) { r.Made, r.Versions[generation] = generation, search.Version })
	return err == nil, err
}

func (i *Ingest) finish(ctx context.Context, generation string, state api.RebuildState, detail string) error {
	docs, err := i.backend.Documents(ctx, generation)
	if err != nil && !errors.Is(err, search.ErrNoGeneration) {
		return err
	}
	_, err = i.editRun(ctx, generation, func(r *record) {
		if err := i.control.measure(ctx, r.Rebuild, docs, 0); err != nil {
			i.log.Warn("progress of rebuild not known", "error", err)
		}
		end(r.Rebuild, state, detail)
		r.Verify, r.Swapping = nil, false
	})
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
	inUse := kept(r, current)
	for _, name := range names {
		if slices.Contains(inUse, name) {
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
	// Kept is only what is there; a version is remembered while its generation is in use.
	stale := func(name string, until time.Time) bool {
		return !time.Now().Before(until) || !slices.Contains(names, name)
	}
	unused := func(name string, _ int) bool { return !slices.Contains(inUse, name) }
	_, err = i.control.edit(ctx, func(r *record) error {
		before := len(r.Keep) + len(r.Versions)
		maps.DeleteFunc(r.Keep, stale)
		maps.DeleteFunc(r.Versions, unused)
		if len(r.Keep)+len(r.Versions) == before {
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
