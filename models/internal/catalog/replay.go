package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/tx"
)

// Bounds of a page of states and of a job's turn.
const (
	statesBytes    = 4 << 20
	statesLimit    = 100
	republishBatch = 100
	republishMost  = 2000 // unsent events above which a job waits
	republishPause = 2 * time.Second
)

// State is what search should hold of a pack: the event of its newest revision, made anew from what the tables keep.
type State struct {
	PackID   string
	Revision int64
	At       time.Time
	Data     events.Data
	Unsent   bool // the outbox still holds the event of this revision
}

// StatesQuery asks for states.
type StatesQuery struct {
	After   string
	Limit   int
	Bytes   int      // of the listings together, but for the first
	PackIDs []string // nil: all
}

// StateStore reads states.
type StateStore interface {
	// PackStates lists states in the order of pack ids; more says whether others follow.
	PackStates(ctx context.Context, q StatesQuery) (states []State, more bool, err error)
	// CountStates counts packs that were ever published, deleted ones too.
	CountStates(ctx context.Context) (int64, error)
	// Unsent counts events that wait in the outbox.
	Unsent(ctx context.Context) (int64, error)
	// KeepStrays notes sounds as never having been the pack's; those that belong to another pack are left out.
	KeepStrays(ctx context.Context, packID string, soundIDs []string) error
}

// Auditor writes down what admins do.
type Auditor interface {
	Record(ctx context.Context, e audit.Entry) error
}

// IndexStates lists what search should hold.
func (s *Service) IndexStates(ctx context.Context, in api.IndexStatesQuery) (api.IndexStates, error) {
	out := api.IndexStates{Messages: []json.RawMessage{}, Pending: []string{}}
	limit := in.Limit
	if limit == 0 {
		limit = statesLimit
	}
	states, more, err := s.States.PackStates(ctx, StatesQuery{After: in.After, Limit: limit, Bytes: statesBytes, PackIDs: in.PackIDs})
	if err != nil {
		return out, err
	}
	size := 0
	for i := range states {
		message, err := states[i].message()
		if err != nil {
			return out, err
		}
		if size += len(message); size > 2*statesBytes && i > 0 { // ids of removed sounds can be many
			more = true
			break
		}
		out.Messages = append(out.Messages, message)
		if states[i].Unsent {
			out.Pending = append(out.Pending, states[i].PackID)
		}
	}
	if n := len(out.Messages); more && n > 0 {
		out.Next = states[n-1].PackID
	}
	if in.After == "" && in.PackIDs == nil {
		out.Total, err = s.States.CountStates(ctx)
	}
	return out, err
}

// message is the envelope. Its id follows from pack and revision: asked twice it is the same.
func (st State) message() (json.RawMessage, error) {
	pack, err := uuid.Parse(st.PackID)
	if err != nil {
		return nil, fmt.Errorf("state of pack %s: %w", st.PackID, err)
	}
	id := uuid.NewSHA1(pack, fmt.Append(nil, st.Revision))
	envelope, err := events.New(id.String(), st.PackID, st.Revision, st.At, "", st.Data)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(envelope)
	if err != nil {
		return nil, fmt.Errorf("encode state of pack %s: %w", st.PackID, err)
	}
	return raw, nil
}

// Repair sends the state of packs again, above what the index holds of them. One that fails does not stop the others.
func (s *Service) Repair(ctx context.Context, packs []api.RepairPack) (int, error) {
	sent := 0
	var failed error
	for _, p := range packs {
		err := s.repair(ctx, p)
		switch {
		case err == nil:
			sent++
		case errs.CodeOf(err) == errs.CodeNotFound:
		case ctx.Err() != nil:
			return sent, err
		default:
			failed = errors.Join(failed, fmt.Errorf("send state of pack %s: %w", p.ID, err))
		}
	}
	if failed != nil && sent > 0 {
		s.Log.ErrorContext(ctx, "states not sent again", "error", failed)
		failed = nil
	}
	return sent, failed
}

func (s *Service) repair(ctx context.Context, in api.RepairPack) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if len(in.SoundIDs) > 0 {
			if err := s.States.KeepStrays(ctx, in.ID, in.SoundIDs); err != nil {
				return err
			}
		}
		err := s.again(ctx, in.ID, in.Above, nil)
		if errs.CodeOf(err) == errs.CodeNotFound {
			err = s.rebury(ctx, in)
		}
		if errs.CodeOf(err) == errs.CodeNotFound && in.Above > 0 {
			err = s.disown(ctx, in)
		}
		return err
	})
}

// rebury says once more that a pack is gone for good.
func (s *Service) rebury(ctx context.Context, in api.RepairPack) error {
	revision, sounds, ok, err := s.Store.Buried(ctx, in.ID)
	if err != nil {
		return err
	}
	if !ok {
		return errs.NotFound("listing")
	}
	sounds = append(sounds, in.SoundIDs...)
	slices.Sort(sounds)
	return s.tellGone(ctx, in.ID, max(revision, in.Above)+1, slices.Compact(sounds))
}

func (s *Service) tellGone(ctx context.Context, id string, revision int64, sounds []string) error {
	if err := s.Store.Bury(ctx, id, revision, sounds, s.now()); err != nil {
		return err
	}
	return s.Unit.Append(ctx, id, revision, events.PackDeletedV1{PackID: id, SoundIDs: orEmpty(sounds)})
}

// disown takes out of search what the database never published. A draft goes on above the revision that search knows.
func (s *Service) disown(ctx context.Context, in api.RepairPack) error {
	p, err := s.Store.LockPack(ctx, in.ID)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return s.tellGone(ctx, in.ID, in.Above+1, in.SoundIDs)
	}
	if err != nil {
		return err
	}
	p.Revision = max(p.Revision, in.Above) + 1
	if err := s.Store.SavePack(ctx, p); err != nil {
		return err
	}
	return s.Unit.Append(ctx, in.ID, p.Revision, events.PackWithdrawnV1{PackID: in.ID, SoundIDs: orEmpty(in.SoundIDs)})
}

// RepublishJob sends states again, a batch in each turn: PackIDs, or all packs behind After.
type RepublishJob struct {
	PackIDs []string `json:"pack_ids,omitempty"`
	After   string   `json:"after,omitempty"`
}

// Kind names the job.
func (RepublishJob) Kind() string { return "catalog_republish" }

// Republish takes an admin's wish to send states again.
func (s *Service) Republish(ctx context.Context, in api.Republish) (api.Republishing, error) {
	reason, bad := CleanText("reason", in.Reason, 2000)
	if bad != nil {
		return api.Republishing{}, badField(bad)
	}
	if utf8.RuneCountInString(reason) < 3 {
		return api.Republishing{}, errs.Invalid(errs.Field{Name: "reason", Reason: "required", Detail: "Say why, for the log."})
	}
	if in.All == (len(in.PackIDs) > 0) {
		return api.Republishing{}, errs.Invalid(errs.Field{Name: "pack_ids", Reason: "one_of", Detail: "Name packs, or ask for all."})
	}
	out := api.Republishing{Packs: int64(len(in.PackIDs))}
	subject := audit.Subject{Kind: "index", Name: "all packs"}
	if !in.All {
		subject.Name = strings.Join(in.PackIDs, " ")
		if len(in.PackIDs) == 1 {
			subject = audit.Subject{Kind: "pack", ID: in.PackIDs[0]}
		}
	}
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if in.All {
			var err error
			if out.Packs, err = s.States.CountStates(ctx); err != nil {
				return err
			}
		}
		if err := s.Audit.Record(ctx, audit.Entry{Action: "index.republish", Subject: subject, Reason: reason, Data: map[string]any{"packs": out.Packs}}); err != nil {
			return err
		}
		return s.Unit.Enqueue(ctx, RepublishJob{PackIDs: in.PackIDs})
	})
	return out, err
}

// SendAgain runs a turn of a RepublishJob.
func (s *Service) SendAgain(ctx context.Context, job RepublishJob) error {
	waiting, err := s.States.Unsent(ctx)
	if err != nil {
		return err
	}
	if waiting > republishMost {
		return s.Unit.Enqueue(ctx, job, tx.At(s.now().Add(republishPause)))
	}
	ids := job.PackIDs
	if ids == nil {
		if ids, err = s.Store.PublishedIDs(ctx, job.After, republishBatch); err != nil {
			return err
		}
	}
	packs := make([]api.RepairPack, len(ids))
	for i, id := range ids {
		packs[i].ID = id
	}
	sent, err := s.Repair(ctx, packs)
	if err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "states sent again", "count", sent)
	if job.PackIDs != nil || len(ids) < republishBatch {
		return nil
	}
	return s.Unit.Enqueue(ctx, RepublishJob{After: ids[len(ids)-1]})
}
