package moderation

import (
	"context"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// AdminPacks finds packs in any state, newest first.
func (s *Service) AdminPacks(ctx context.Context, q api.AdminPackQuery) (api.AdminPacks, error) {
	if err := tx.CheckCursor(q.Cursor); err != nil {
		return api.AdminPacks{}, err
	}
	if q.State != "" && !catalog.IsState(q.State) {
		return api.AdminPacks{}, errs.Invalid(errs.Field{Name: "state", Reason: "unknown_value", Detail: "There is no such state."})
	}
	limit := q.Limit
	q.Limit++
	found, err := s.Store.Packs(ctx, q)
	if err != nil {
		return api.AdminPacks{}, err
	}
	var out api.AdminPacks
	out.Packs, out.Next = pageEnd(found, limit, func(p api.AdminPack) string { return p.ID })
	return out, nil
}

const askReason = "Say why, in words the producer can act on."

// TakeDown takes a pack off sale, tells its producer why and how to answer, and those who own it what becomes of their files.
func (s *Service) TakeDown(ctx context.Context, who auth.Caller, id string, in api.TakeDown) (api.StudioPack, error) {
	reason, err := text("reason", in.Reason, 3, 2000, askReason)
	if err != nil {
		return api.StudioPack{}, err
	}
	var out api.StudioPack
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.takeDown(ctx, who, id, reason, !in.RemoveFiles)
		out = p.StudioPack()
		return err
	})
	return out, err
}

// takeDown does it inside a transaction. Said again in the same words, it changes nothing.
func (s *Service) takeDown(ctx context.Context, who auth.Caller, id, reason string, filesKept bool) (catalog.Pack, error) {
	p, err := s.Packs.Lock(ctx, id)
	if err != nil {
		return p, err
	}
	before, err := s.Store.OpenTakeDown(ctx, id)
	switch errs.CodeOf(err) {
	case "", errs.CodeNotFound:
	default:
		return p, err
	}
	if p.State == api.PackTakenDown && !before.WithAccount && p.TakenDownFor == reason && before.FilesKept == filesKept {
		return p, nil
	}
	off, err := s.Packs.TakeDown(ctx, id, reason)
	if err != nil {
		return p, err
	}
	at := now()
	if err := s.Store.EndTakeDown(ctx, id, at); err != nil {
		return p, err
	}
	down := TakeDown{
		ID: tx.NewID(), PackID: id, Reason: reason, FilesKept: filesKept, Listed: off.Listed || before.Listed,
		Unpublished: off.Unpublished || before.Unpublished, By: who.AccountID, At: at,
	}
	if err := s.Store.AddTakeDown(ctx, down); err != nil {
		return p, err
	}
	if err := s.Log.Record(ctx, audit.Entry{
		Action: "pack.take_down", Subject: packSubject(off.Pack), Reason: reason, Data: map[string]any{"files_kept": filesKept},
	}); err != nil {
		return p, err
	}
	if err := s.answerCases(ctx, who, off.Pack, reason); err != nil {
		return p, err
	}
	if err := s.tell(ctx, "pack_taken_down", down.ID, off.Pack.ProducerID, map[string]string{
		"pack": off.Pack.Title, "reason": reason, "path": studioPath(id),
	}); err != nil {
		return p, err
	}
	if off.Again && before.FilesKept == filesKept && before.ID != "" { // owners know
		return off.Pack, nil
	}
	return off.Pack, s.Unit.Enqueue(ctx, TellOwners{TakeDownID: down.ID}, tx.Unique())
}

// Reinstate undoes a take-down: the pack is withdrawn, and its producer can put it on sale again; or it is what it was before.
func (s *Service) Reinstate(ctx context.Context, who auth.Caller, id string, in api.Reinstate) (api.StudioPack, error) {
	reason, err := text("reason", in.Reason, 0, 2000, "")
	if err != nil {
		return api.StudioPack{}, err
	}
	var out api.StudioPack
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.reinstate(ctx, id, reason, in.AsBefore)
		if err != nil {
			return err
		}
		out = p.StudioPack()
		appeal, err := s.Store.OpenAppeal(ctx, id)
		if err != nil {
			return err
		}
		if appeal != "" {
			if err := s.Store.AnswerAppeal(ctx, appeal, Answer{Granted: true, Text: reason, By: who.AccountID, At: now()}); err != nil {
				return err
			}
		}
		template := "pack_reinstated"
		if p.Listed {
			template = "pack_back"
		}
		return s.tell(ctx, template, tx.NewID(), p.ProducerID, map[string]string{"pack": p.Title, "note": reason, "path": studioPath(id)})
	})
	return out, err
}

// reinstate does it inside a transaction; the mail and an open appeal are the caller's.
func (s *Service) reinstate(ctx context.Context, id, reason string, asBefore bool) (catalog.Pack, error) {
	p, err := s.Packs.Lock(ctx, id)
	if err != nil {
		return p, err
	}
	a, err := s.Accounts.ByID(ctx, p.ProducerID)
	if err != nil {
		return p, err
	}
	if a.DisabledAt != nil {
		return p, errs.New(errs.CodeConflict, "account_disabled", "The producer's account is locked. Enable it first.")
	}
	if p, err = s.undo(ctx, p, asBefore); err != nil {
		return p, err
	}
	if err := s.Store.EndTakeDown(ctx, id, now()); err != nil {
		return p, err
	}
	return p, s.Log.Record(ctx, audit.Entry{Action: "pack.reinstate", Subject: packSubject(p), Reason: reason, Data: map[string]any{"on_sale": p.Listed}})
}

// undo gives a locked pack back: as it was if that is wanted and it was on sale, else withdrawn.
func (s *Service) undo(ctx context.Context, p catalog.Pack, asBefore bool) (catalog.Pack, error) {
	down, err := s.Store.OpenTakeDown(ctx, p.ID)
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return p, err
	}
	if !asBefore || !down.Listed {
		return s.Packs.Reinstate(ctx, p.ID)
	}
	if _, err := s.Packs.GiveBack(ctx, p.ID, down.Unpublished); err != nil {
		return p, err
	}
	return s.Packs.Read(ctx, p.ID)
}

// ended closes a take-down whose pack is back on sale, and an appeal against it.
func (s *Service) ended(ctx context.Context, packID, by string) error {
	at := now()
	if err := s.Store.EndTakeDown(ctx, packID, at); err != nil {
		return err
	}
	appeal, err := s.Store.OpenAppeal(ctx, packID)
	if err != nil || appeal == "" {
		return err
	}
	return s.Store.AnswerAppeal(ctx, appeal, Answer{Granted: true, By: by, At: at})
}

// TellOwners mails everybody who owns a pack, or a sound of it, what became of it.
type TellOwners struct {
	TakeDownID string `json:"take_down_id" river:"unique"`
	After      string `json:"after,omitempty" river:"unique"` // account to go on after
}

// Kind implements tx.Job.
func (TellOwners) Kind() string { return "moderation_tell_owners" }

// batch is how many mails one run of a job asks for.
const batch = 500

// OwnersTold runs a TellOwners: a batch of mails and, when there are more owners, the job for the next batch.
func (s *Service) OwnersTold(ctx context.Context, job TellOwners) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		down, err := s.Store.TakeDownByID(ctx, job.TakeDownID)
		if errs.CodeOf(err) == errs.CodeNotFound { // the pack is gone
			return nil
		}
		if err != nil {
			return err
		}
		p, err := s.Packs.Read(ctx, down.PackID)
		if err != nil {
			return err
		}
		note := "It stays in your library, and you can go on downloading it."
		if !down.FilesKept {
			note = "For now it cannot be downloaded any more, not from your library either."
		}
		owners, err := s.Store.Owners(ctx, p.ID, job.After, batch)
		if err != nil {
			return err
		}
		for _, o := range owners {
			if err := s.write(ctx, "owned_taken_down", "take-down:"+down.ID+":"+o.Cursor, o, map[string]string{"pack": p.Title, "note": note, "path": "/library"}); err != nil {
				return err
			}
		}
		if len(owners) < batch {
			return nil
		}
		job.After = owners[batch-1].Cursor
		return s.Unit.Enqueue(ctx, job, tx.Unique())
	})
}

func packSubject(p catalog.Pack) audit.Subject {
	return audit.Subject{Kind: "pack", ID: p.ID, Name: p.Title}
}

func studioPath(packID string) string { return "/studio/packs/" + packID }
