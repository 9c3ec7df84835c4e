package operations

import (
	"context"
	"strings"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/tx"
)

// AskSweep asks for a look at the whole of storage. The analyzer comes for it within seconds; until then asking again is the
// same.
func (s *Service) AskSweep(ctx context.Context) (api.Sweep, error) {
	var out api.Sweep
	err := s.unit.WithinTx(ctx, func(ctx context.Context) (err error) {
		if out, err = s.store.AskSweep(ctx, tx.NewID()); err != nil {
			return err
		}
		return s.audit.Record(ctx, audit.Entry{Action: "objects.sweep", Subject: audit.Subject{Kind: "sweep", ID: out.ID}})
	})
	return out, err
}

// BeginSweep hands out a sweep that somebody asked for, or takes note of one that is due.
func (s *Service) BeginSweep(ctx context.Context, in api.SweepBegin) (api.SweepBegun, error) {
	var out api.SweepBegun
	err := s.unit.WithinTx(ctx, func(ctx context.Context) (err error) {
		out.ID, err = s.store.BeginSweep(ctx, tx.NewID(), in.Due)
		return err
	})
	return out, err
}

// EndSweep keeps what a sweep found. After a whole one, what was not missed again is missing no longer.
func (s *Service) EndSweep(ctx context.Context, id string, in api.SweepEnd) error {
	in.Error = text([]byte(strings.TrimSpace(in.Error)))
	if len(in.Error) > 500 {
		in.Error = strings.ToValidUTF8(in.Error[:500], "")
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error { return s.store.EndSweep(ctx, id, in) })
}

// Objects tells what storage lacks; after is the key to go on behind.
func (s *Service) Objects(ctx context.Context, after string, limit int) (api.StoredObjects, error) {
	out, err := s.store.Objects(ctx, after, limit+1)
	if err != nil {
		return out, err
	}
	if len(out.Missing) > limit {
		out.Missing = out.Missing[:limit]
		out.Next = out.Missing[limit-1].Key
	}
	return out, nil
}
