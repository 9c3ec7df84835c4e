package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

// self is who asks for rebuilds that begin by themselves.
const self = "indexer"

// retryAfter is how long a rebuild of a lost index that failed or was cancelled rests.
const retryAfter = time.Minute

// ensureIndex has an index made where there is none, and made anew where it is of older code. Until one is whole, searches
// are refused rather than answered from half of it.
func (i *Ingest) ensureIndex(ctx context.Context) error {
	r, _, err := i.control.read(ctx)
	if err != nil {
		return err
	}
	current, err := i.backend.Current(ctx)
	if err != nil {
		return err
	}
	if current != "" {
		return i.ensureForm(ctx, r, current)
	}
	if r.Rebuild.Running() && r.Rebuild.Kind != api.KindVerify {
		return nil
	}
	names, err := i.backend.Generations(ctx)
	if err != nil {
		return err
	}
	if before := previous(r, ""); before != "" && slices.Contains(names, before) {
		i.log.Warn("index is gone, the generation before answers again", "lost", r.Current, "generation", before)
		return i.backend.Swap(ctx, "", before)
	}
	if r.Current == "" {
		if begun, err := i.beginEmpty(ctx); err != nil || begun {
			return err
		}
	}
	if last := r.Rebuild; last != nil && last.EndedAt != nil && last.State != api.RebuildDone && time.Since(*last.EndedAt) < retryAfter {
		return nil
	}
	reason := "There is no index yet."
	if r.Current != "" {
		reason = "The index is gone."
	}
	i.log.Warn("no index, rebuilding", "lost", r.Current)
	return i.beginBySelf(ctx, reason, "")
}

// beginEmpty makes the first generation current at once when nothing was ever published.
func (i *Ingest) beginEmpty(ctx context.Context) (bool, error) {
	first, last, err := kafka.Bounds(ctx, i.cfg.Kafka, events.TopicPacks)
	if err != nil {
		return false, fmt.Errorf("look for packs: %w", err)
	}
	for partition, end := range last {
		if end > first[partition] {
			return false, nil
		}
	}
	name, err := newGeneration()
	if err != nil {
		return false, err
	}
	if err := i.backend.EnsureGeneration(ctx, name); err != nil {
		return false, err
	}
	_, err = i.control.edit(ctx, func(r *record) error {
		r.Current, r.Versions[name] = name, search.Version
		return nil
	})
	if err != nil {
		return false, err
	}
	i.log.Info("first index generation", "generation", name)
	return true, i.backend.Swap(ctx, "", name)
}

// ensureForm remembers the current generation and rebuilds one of older code, once.
func (i *Ingest) ensureForm(ctx context.Context, r record, current string) error {
	if r.Current != current {
		if _, err := i.control.edit(ctx, func(r *record) error { r.Current = current; return nil }); err != nil {
			return err
		}
	}
	asked := fmt.Sprintf("%s@%d", current, search.Version)
	if r.Versions[current] >= search.Version || r.Asked == asked || r.Rebuild.Running() {
		return nil
	}
	i.log.Info("index is of older code, rebuilding", "generation", current, "form", r.Versions[current], "wanted", search.Version)
	return i.beginBySelf(ctx, fmt.Sprintf("Documents have form %d now, those of the index have form %d.", search.Version, r.Versions[current]), asked)
}

// beginBySelf begins a rebuild unless a run is on.
func (i *Ingest) beginBySelf(ctx context.Context, reason, asked string) error {
	name, err := newGeneration()
	if err != nil {
		return err
	}
	_, err = i.control.edit(ctx, func(r *record) error {
		if r.Leader != i.holder || r.Rebuild.Running() && r.Rebuild.Kind != api.KindVerify {
			return errLeave
		}
		if asked != "" {
			r.Asked = asked
		}
		if r.Rebuild.Running() { // a verification of what is gone
			end(r.Rebuild, api.RebuildFailed, "the index is gone")
		}
		return r.begin(api.Rebuild{Generation: name, Kind: api.KindRebuild, State: api.RebuildFilling, By: self, Reason: reason}, "")
	})
	return err
}
