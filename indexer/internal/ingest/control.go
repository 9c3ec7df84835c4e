package ingest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

// record is what all copies agree on. It changes by compare and swap only.
type record struct {
	Leader  string               `json:"leader"`         // copy that does what one alone may do
	Until   time.Time            `json:"leader_until"`   // then another may take over
	Code    int                  `json:"leader_version"` // search.Version of the leader
	Rebuild *api.Rebuild         `json:"rebuild,omitempty"`
	Key     string               `json:"key,omitempty"`  // under which the rebuild was asked for
	Keep    map[string]time.Time `json:"keep,omitempty"` // generations that go on until then, to roll back to

	Current  string         `json:"current,omitempty"`  // as last seen: without it the engine has lost its index
	Made     string         `json:"made,omitempty"`     // generation of the rebuild, once it exists
	Swapping bool           `json:"swapping,omitempty"` // it is verified and is being put in place
	Verify   *progress      `json:"verify,omitempty"`   // of the run
	Versions map[string]int `json:"versions,omitempty"` // search.Version by generation
	Asked    string         `json:"asked,omitempty"`    // generation and version for which a rebuild began by itself
}

// begin makes a run the present one, unless there is one. Asked for again under its key, it goes on.
func (r *record) begin(run api.Rebuild, key string) error {
	if key != "" && key == r.Key && r.Rebuild != nil && r.Rebuild.Kind == run.Kind {
		return errLeave
	}
	if r.Rebuild.Running() {
		return errs.New(errs.CodeConflict, api.ReasonReindexRunning, "A rebuild is running already.")
	}
	run.StartedAt = time.Now().UTC()
	r.Rebuild, r.Key, r.Made, r.Swapping, r.Verify = &run, key, "", false, nil
	return nil
}

// Control starts, cancels and shows rebuilds. It only edits the shared record, so that any copy can do it; a copy that
// ingests carries it out.
type Control struct {
	backend search.Backend
	kafka   kafka.Config
	window  time.Duration // for rolling back
}

// NewControl returns a Control; after a swap the old generation is kept for window.
func NewControl(backend search.Backend, cfg kafka.Config, window time.Duration) *Control {
	return &Control{backend: backend, kafka: cfg, window: window}
}

// GroupOf is the consumer group of a generation.
func GroupOf(generation string) string { return "indexer-" + generation }

// newGeneration makes a name; names sort by age.
func newGeneration() (string, error) {
	var random [3]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("name a generation: %w", err)
	}
	return time.Now().UTC().Format("20060102t150405.000")[:15] + "-" + hex.EncodeToString(random[:]), nil
}

func (c *Control) read(ctx context.Context) (record, string, error) {
	var r record
	raw, version, err := c.backend.Record(ctx)
	if err != nil {
		return r, "", fmt.Errorf("read index record: %w", err)
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &r); err != nil {
			return r, "", fmt.Errorf("read index record: %w", err)
		}
	}
	if r.Keep == nil {
		r.Keep = map[string]time.Time{}
	}
	if r.Versions == nil {
		r.Versions = map[string]int{}
	}
	return r, version, nil
}

// errLeave ends an edit without a change.
var errLeave = errors.New("leave the record as it is")

// edit changes the record; change may run several times and sees the newest each time.
func (c *Control) edit(ctx context.Context, change func(r *record) error) (record, error) {
	for range 10 {
		r, version, err := c.read(ctx)
		if err != nil {
			return r, err
		}
		if err := change(&r); errors.Is(err, errLeave) {
			return r, nil
		} else if err != nil {
			return r, err
		}
		raw, err := json.Marshal(r)
		if err != nil {
			return r, fmt.Errorf("encode index record: %w", err)
		}
		err = c.backend.SetRecord(ctx, raw, version)
		if errors.Is(err, search.ErrConflict) {
			continue
		}
		if err != nil {
			return r, fmt.Errorf("write index record: %w", err)
		}
		return r, nil
	}
	return record{}, fmt.Errorf("write index record: %w", search.ErrConflict)
}

// Start asks for a rebuild.
func (c *Control) Start(ctx context.Context, start api.StartReindex) error {
	name, err := newGeneration()
	if err != nil {
		return err
	}
	_, err = c.edit(ctx, func(r *record) error {
		return r.begin(api.Rebuild{Generation: name, Kind: api.KindRebuild, State: api.RebuildFilling, By: start.By, Reason: start.Reason}, start.Key)
	})
	return err
}

// Verify asks for a verification of the current generation.
func (c *Control) Verify(ctx context.Context, start api.StartReindex) error {
	current, err := c.backend.Current(ctx)
	if err != nil {
		return err
	}
	if current == "" {
		return errs.New(errs.CodeConflict, api.ReasonNoReindex, "There is no index to verify.")
	}
	_, err = c.edit(ctx, func(r *record) error {
		return r.begin(api.Rebuild{Generation: current, Kind: api.KindVerify, State: api.RebuildVerifying, By: start.By, Reason: start.Reason}, start.Key)
	})
	return err
}

// Cancel ends the running rebuild; what it filled is removed. A verification just ends.
func (c *Control) Cancel(ctx context.Context) error {
	_, err := c.edit(ctx, func(r *record) error {
		if !r.Rebuild.Running() {
			return errs.New(errs.CodeConflict, api.ReasonNoReindex, "No rebuild is running.")
		}
		if r.Swapping {
			return errs.New(errs.CodeConflict, api.ReasonNoReindex, "The rebuild is over: its index is being put in place.")
		}
		end(r.Rebuild, api.RebuildCancelled, "")
		return nil
	})
	return err
}

// Rollback makes the generation before answer searches again; the one that answered is kept in its place.
func (c *Control) Rollback(ctx context.Context) error {
	current, err := c.backend.Current(ctx)
	if err != nil {
		return err
	}
	to := ""
	_, err = c.edit(ctx, func(r *record) error {
		if r.Rebuild.Running() {
			return errs.New(errs.CodeConflict, api.ReasonReindexRunning, "A rebuild is running.")
		}
		if to = previous(*r, current); to == "" {
			return errs.New(errs.CodeConflict, api.ReasonNothingToReturn, "There is no earlier generation to return to.")
		}
		until := time.Now().UTC().Add(c.window)
		r.Keep[current], r.Keep[to] = until, until // both, before the swap: nobody may remove either
		return nil
	})
	if err != nil {
		return err
	}
	return c.backend.Swap(ctx, current, to)
}

// previous is the newest kept generation that is not current.
func previous(r record, current string) string {
	found := ""
	for name, until := range r.Keep {
		if name != current && time.Now().Before(until) && name > found {
			found = name
		}
	}
	return found
}

func end(r *api.Rebuild, state api.RebuildState, detail string) {
	now := time.Now().UTC()
	r.State, r.EndedAt, r.Detail, r.Waiting = state, &now, detail, ""
}

// Status shows the generations and the rebuild.
func (c *Control) Status(ctx context.Context) (api.Reindex, error) {
	r, _, err := c.read(ctx)
	if err != nil {
		return api.Reindex{}, err
	}
	current, err := c.backend.Current(ctx)
	if err != nil {
		return api.Reindex{}, err
	}
	names, err := c.backend.Generations(ctx)
	if err != nil {
		return api.Reindex{}, err
	}
	out := api.Reindex{Current: current, Generations: []api.Generation{}, Rebuild: r.Rebuild, Previous: previous(r, current)}
	if out.Previous != "" {
		until := r.Keep[out.Previous]
		out.RollbackUntil = &until
	}
	for _, name := range names {
		docs, err := c.backend.Documents(ctx, name)
		if errors.Is(err, search.ErrNoGeneration) {
			continue // removed meanwhile
		}
		if errors.Is(err, search.ErrUnavailable) && name != current {
			docs, err = 0, nil // being created just now
		}
		if err != nil {
			return api.Reindex{}, err
		}
		lag, err := kafka.Lag(ctx, c.kafka, GroupOf(name), events.TopicPacks)
		if err != nil {
			return api.Reindex{}, errs.Wrap(errs.CodeUnavailable, err, "kafka_unavailable", "Kafka does not answer.")
		}
		out.Generations = append(out.Generations, api.Generation{Name: name, Documents: docs, Lag: lag})
		if out.Rebuild.Running() && out.Rebuild.Kind != api.KindVerify && name == out.Rebuild.Generation {
			if err := c.measure(ctx, out.Rebuild, docs, lag); err != nil {
				return api.Reindex{}, err
			}
		}
	}
	return out, nil
}

// progress fills in how far a rebuild is. Its offsets live in Kafka, so that any copy can tell, also after a restart.
func (c *Control) measure(ctx context.Context, r *api.Rebuild, docs, lag int64) error {
	first, last, err := kafka.Bounds(ctx, c.kafka, events.TopicPacks)
	if err != nil {
		return errs.Wrap(errs.CodeUnavailable, err, "kafka_unavailable", "Kafka does not answer.")
	}
	r.Documents, r.Total = docs, 0
	for partition, to := range last {
		r.Total += to - first[partition]
	}
	r.Messages = max(0, r.Total-lag)
	if took := time.Since(r.StartedAt).Seconds(); took > 0 {
		r.PerSecond = float64(r.Messages) / took
	}
	if r.PerSecond > 0 {
		r.SecondsLeft = float64(lag) / r.PerSecond
	}
	return nil
}
