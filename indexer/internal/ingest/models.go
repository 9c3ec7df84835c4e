package ingest

import (
	"context"
	"fmt"
	"slices"

	"crateful.dev/indexer/internal/search"
	models "crateful.dev/models/api"
	"crateful.dev/models/client"
	"crateful.dev/models/events"
)

// Models is the Truth that models tells.
type Models struct{ Client *client.Client }

var _ Truth = Models{}

// States implements Truth.
func (m Models) States(ctx context.Context, after string, limit int) (States, error) {
	answer, err := m.Client.IndexStates(ctx, models.IndexStatesQuery{After: after, Limit: limit})
	if err != nil {
		return States{}, fmt.Errorf("ask models for states: %w", err)
	}
	out := newStates()
	out.Next, out.Total = answer.Next, answer.Total
	return out, out.add(answer)
}

// StatesOf implements Truth.
func (m Models) StatesOf(ctx context.Context, packs []string) (States, error) {
	out := newStates()
	for in := (models.IndexStatesQuery{PackIDs: packs, Limit: len(packs)}); ; {
		answer, err := m.Client.IndexStates(ctx, in)
		if err != nil {
			return out, fmt.Errorf("ask models for states: %w", err)
		}
		if err := out.add(answer); err != nil {
			return out, err
		}
		if in.After = answer.Next; in.After == "" {
			return out, nil
		}
	}
}

// Repair implements Truth.
func (m Models) Repair(ctx context.Context, wrong map[string]*difference) error {
	const mostStrays = 10_000 // in one call
	var packs []models.RepairPack
	strays := 0
	send := func() error {
		if len(packs) == 0 {
			return nil
		}
		_, err := m.Client.RepairIndex(ctx, models.IndexRepair{Packs: packs})
		packs, strays = nil, 0
		if err != nil {
			return fmt.Errorf("ask models to send packs again: %w", err)
		}
		return nil
	}
	for _, id := range sortedPacks(wrong) {
		d := wrong[id]
		own := d.strays[:min(len(d.strays), mostStrays)]
		if len(packs) == models.MaxIndexPacks/2 || strays+len(own) > mostStrays {
			if err := send(); err != nil {
				return err
			}
		}
		packs, strays = append(packs, models.RepairPack{ID: id, Above: d.above, SoundIDs: own}), strays+len(own)
	}
	return send()
}

func newStates() States {
	return States{Documents: map[string]search.Document{}, Revisions: map[string]int64{}, Pending: map[string]bool{}}
}

// add makes documents of messages, and keeps their heads.
func (s *States) add(answer models.IndexStates) error {
	for _, id := range answer.Pending {
		s.Pending[id] = true
	}
	for _, raw := range answer.Messages {
		e, err := events.Parse(raw)
		if err != nil {
			return fmt.Errorf("read what models says of a pack: %w", err)
		}
		s.Revisions[e.Subject] = e.Revision
		docs, err := Documents(raw)
		if err != nil || len(docs) == 0 {
			s.Unreadable = append(s.Unreadable, e.Subject)
			continue
		}
		for _, d := range docs {
			s.Documents[d.ID] = search.Document{ID: d.ID, Kind: d.Kind, PackID: d.PackID, Version: d.Version, Gone: d.Gone, Digest: d.Digest}
		}
	}
	slices.Sort(s.Unreadable)
	return nil
}
