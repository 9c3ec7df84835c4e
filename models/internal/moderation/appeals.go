package moderation

import (
	"context"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// Appeal is a producer's answer to a take-down.
func (s *Service) Appeal(ctx context.Context, who auth.Caller, packID string, in api.NewAppeal) (api.Appeal, error) {
	words, err := text("text", in.Text, 10, 4000, "Say in a few words why the pack should come back.")
	if err != nil {
		return api.Appeal{}, err
	}
	a := api.Appeal{ID: tx.NewID(), PackID: packID, Text: words, State: api.AppealOpen, CreatedAt: now()}
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.Packs.Lock(ctx, packID)
		if err != nil {
			return err
		}
		if err := p.MayEdit(who); err != nil {
			return err
		}
		if p.State != api.PackTakenDown {
			return errs.New(errs.CodeConflict, "pack_not_taken_down", "The pack is not taken down, so there is nothing to answer to.")
		}
		if err := s.Limits.Take(ctx, "appeal:pack:"+packID, 3, 8*time.Hour); err != nil {
			return err
		}
		down, err := s.Store.OpenTakeDown(ctx, packID)
		if errs.CodeOf(err) == errs.CodeNotFound { // taken down by the release before
			down = TakeDown{ID: tx.NewID(), PackID: packID, Reason: p.TakenDownFor, FilesKept: true, At: p.UpdatedAt}
			err = s.Store.AddTakeDown(ctx, down)
		}
		if err != nil {
			return err
		}
		err = s.Store.AddAppeal(ctx, a, down.ID)
		if e, ok := errs.As(err); ok && e.Reason == "appeals_open_key" {
			return errs.New(errs.CodeConflict, "appeal_open", "You answered already. We will write to you.")
		}
		return err
	})
	return a, err
}

// PackAppeals lists a pack's appeals for its producer, newest first.
func (s *Service) PackAppeals(ctx context.Context, who auth.Caller, packID string) (api.Appeals, error) {
	p, err := s.Packs.Read(ctx, packID)
	if err != nil {
		return api.Appeals{}, err
	}
	if !p.MayRead(who) {
		return api.Appeals{}, errs.NotFound("pack")
	}
	list, err := s.Store.PackAppeals(ctx, packID)
	return api.Appeals{Appeals: list}, err
}

// AdminAppeals lists appeals: open ones oldest first, others newest first.
func (s *Service) AdminAppeals(ctx context.Context, q api.AppealQuery) (api.AdminAppeals, error) {
	if err := tx.CheckCursor(q.Cursor); err != nil {
		return api.AdminAppeals{}, err
	}
	switch q.State {
	case "":
		q.State = api.AppealOpen
	case api.AppealOpen, api.AppealGranted, api.AppealRefused, "all":
	default:
		return api.AdminAppeals{}, errs.Invalid(errs.Field{Name: "state", Reason: "unknown_value", Detail: "State is open, granted, refused or all."})
	}
	limit := q.Limit
	q.Limit++
	found, err := s.Store.Appeals(ctx, q)
	if err != nil {
		return api.AdminAppeals{}, err
	}
	var out api.AdminAppeals
	out.Appeals, out.Next = pageEnd(found, limit, func(a api.AdminAppeal) string { return a.ID })
	return out, nil
}

// ResolveAppeal answers an appeal, once. Granting reinstates the pack.
func (s *Service) ResolveAppeal(ctx context.Context, who auth.Caller, id string, in api.ResolveAppeal) (api.AdminAppeal, error) {
	answer, err := text("answer", in.Answer, 3, 2000, "Say to the producer how you decided, and why.")
	if err != nil {
		return api.AdminAppeal{}, err
	}
	var out api.AdminAppeal
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		seen, err := s.Store.Appeal(ctx, id)
		if err != nil {
			return err
		}
		p, err := s.Packs.Lock(ctx, seen.PackID) // packs before what is about them
		if err != nil {
			return err
		}
		state, err := s.Store.LockAppeal(ctx, id)
		if err != nil {
			return err
		}
		if state != api.AppealOpen {
			return errs.New(errs.CodeConflict, "appeal_resolved", "Somebody answered this appeal already.")
		}
		if err := s.Store.AnswerAppeal(ctx, id, Answer{Granted: in.Granted, Text: answer, By: who.AccountID, At: now()}); err != nil {
			return err
		}
		action, template := "appeal.refuse", "appeal_refused"
		if in.Granted {
			action, template = "appeal.grant", "appeal_granted"
			if p, err = s.reinstate(ctx, p.ID, answer, false); err != nil {
				return err
			}
		}
		if err := s.Log.Record(ctx, audit.Entry{
			Action: action, Subject: audit.Subject{Kind: "appeal", ID: id, Name: p.Title}, Reason: answer, Data: map[string]any{"pack_id": p.ID},
		}); err != nil {
			return err
		}
		if err := s.tell(ctx, template, id, p.ProducerID, map[string]string{"pack": p.Title, "note": answer, "path": studioPath(p.ID)}); err != nil {
			return err
		}
		out, err = s.Store.Appeal(ctx, id)
		return err
	})
	return out, err
}
