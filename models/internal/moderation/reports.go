package moderation

import (
	"context"
	"slices"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// Report tells admins about something that is or was on sale. Said again by the same person it changes nothing.
func (s *Service) Report(ctx context.Context, who auth.Caller, in api.NewReport) (api.Reported, error) {
	r := Report{ID: tx.NewID(), Reason: in.Reason, ReporterID: who.AccountID, At: now()}
	least := 0
	if in.Reason == api.ReportOther {
		least = 3
	}
	var err error
	if r.Text, err = text("text", in.Text, least, 4000, "Say what is wrong with it."); err != nil {
		return api.Reported{}, err
	}
	switch {
	case in.Kind != api.ReportPack && in.Kind != api.ReportSound:
		return api.Reported{}, errs.Invalid(errs.Field{Name: "kind", Reason: "unknown_value", Detail: "Kind is pack or sound."})
	case !slices.Contains(api.ReportReasons(), in.Reason):
		return api.Reported{}, errs.Invalid(errs.Field{Name: "reason", Reason: "unknown_value", Detail: "Choose one of the reasons."})
	case !tx.ValidID(in.ID):
		return api.Reported{}, errs.NotFound(in.Kind)
	}
	if who.SignedIn() {
		a, err := s.Accounts.ByID(ctx, who.AccountID)
		if err != nil {
			return api.Reported{}, err
		}
		r.Email = a.Email
	} else if r.Email, err = account.CheckEmail(in.Email); err != nil {
		return api.Reported{}, err
	}
	if err := s.slow(ctx, who, r.Email); err != nil {
		return api.Reported{}, err
	}
	thing, err := s.Store.Thing(ctx, in.Kind, in.ID)
	if err != nil {
		return api.Reported{}, err
	}
	var out api.Reported
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		out.ID, err = s.Store.AddReport(ctx, thing, r)
		return err
	})
	return out, err
}

// slow limits reports by who reports, and by the address that gets the answer, which need not be the reporter's.
func (s *Service) slow(ctx context.Context, who auth.Caller, email string) error {
	from := "report:ip:" + who.ClientIP
	if who.SignedIn() {
		from = "report:account:" + who.AccountID
	}
	if err := s.Limits.Take(ctx, from, 10, 2*time.Minute); err != nil {
		return err
	}
	return s.Limits.Take(ctx, "report:email:"+auth.VisitorKey(strings.ToLower(email)), 10, time.Hour)
}

// AdminReports lists what was reported: open ones oldest first, others newest first.
func (s *Service) AdminReports(ctx context.Context, q api.ReportQuery) (api.AdminReports, error) {
	if err := tx.CheckCursor(q.Cursor); err != nil {
		return api.AdminReports{}, err
	}
	switch q.State {
	case "":
		q.State = api.ReportOpen
	case api.ReportOpen, api.ReportDismissed, api.ReportTakenDown, "all":
	default:
		return api.AdminReports{}, errs.Invalid(errs.Field{Name: "state", Reason: "unknown_value", Detail: "State is open, dismissed, taken_down or all."})
	}
	limit := q.Limit
	q.Limit++
	found, err := s.Store.Cases(ctx, q)
	if err != nil {
		return api.AdminReports{}, err
	}
	var out api.AdminReports
	out.Reports, out.Next = pageEnd(found, limit, func(r api.AdminReport) string { return r.ID })
	return out, nil
}

// ResolveReport answers all reports about one thing, once. Taking down concerns the whole pack.
func (s *Service) ResolveReport(ctx context.Context, who auth.Caller, id string, in api.ResolveReport) (api.AdminReport, error) {
	least := 0
	if in.Outcome == api.ReportTakenDown {
		least = 3
	}
	note, err := text("note", in.Note, least, 2000, askReason)
	if err != nil {
		return api.AdminReport{}, err
	}
	if in.Outcome != api.ReportDismissed && in.Outcome != api.ReportTakenDown {
		return api.AdminReport{}, errs.Invalid(errs.Field{Name: "outcome", Reason: "unknown_value", Detail: "Outcome is dismissed or taken_down."})
	}
	var out api.AdminReport
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		seen, err := s.Store.Case(ctx, id)
		if err != nil {
			return err
		}
		if in.Outcome == api.ReportTakenDown && in.Title != nil && strings.TrimSpace(*in.Title) != seen.Pack.Title {
			return errs.Invalid(errs.Field{Name: "title", Reason: "other_name", Detail: "This is the title of another pack."})
		}
		var p catalog.Pack
		if in.Outcome == api.ReportTakenDown { // packs before what is about them
			if p, err = s.Packs.Lock(ctx, seen.Pack.ID); err != nil {
				return err
			}
		}
		state, err := s.Store.LockCase(ctx, id)
		if err != nil {
			return err
		}
		if state != api.ReportOpen {
			return errs.New(errs.CodeConflict, "report_resolved", "Somebody answered this report already.")
		}
		if in.Outcome == api.ReportDismissed {
			if err := s.answerCase(ctx, who, id, in.Outcome, note); err != nil {
				return err
			}
		} else {
			if p.State == api.PackTakenDown { // by another admin, a moment ago
				err = s.answerCases(ctx, who, p, note)
			} else {
				_, err = s.takeDown(ctx, who, p.ID, note, true)
			}
			if err != nil {
				return err
			}
		}
		if err := s.Log.Record(ctx, audit.Entry{
			Action:  "report." + map[api.ReportState]string{api.ReportDismissed: "dismiss", api.ReportTakenDown: "take_down"}[in.Outcome],
			Subject: audit.Subject{Kind: "report", ID: id, Name: seen.Name}, Reason: note,
			Data: map[string]any{"kind": seen.Kind, "subject_id": seen.SubjectID, "pack_id": seen.Pack.ID, "reports": seen.Count},
		}); err != nil {
			return err
		}
		out, err = s.Store.Case(ctx, id)
		return err
	})
	return out, err
}

// answerCases answers all open reports about a pack that was taken down, and its sounds.
func (s *Service) answerCases(ctx context.Context, who auth.Caller, p catalog.Pack, note string) error {
	ids, err := s.Store.OpenCases(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.answerCase(ctx, who, id, api.ReportTakenDown, note); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) answerCase(ctx context.Context, who auth.Caller, id string, outcome api.ReportState, note string) error {
	if err := s.Store.AnswerCase(ctx, id, outcome, note, Answer{By: who.AccountID, At: now()}); err != nil {
		return err
	}
	return s.Unit.Enqueue(ctx, TellReporters{CaseID: id}, tx.Unique())
}

// TellReporters mails everybody who reported a thing what came of it.
type TellReporters struct {
	CaseID string `json:"case_id" river:"unique"`
	After  string `json:"after,omitempty" river:"unique"` // report to go on after
}

// Kind implements tx.Job.
func (TellReporters) Kind() string { return "moderation_tell_reporters" }

// ReportersTold runs a TellReporters: a batch of mails and, when there are more, the job for the next batch.
func (s *Service) ReportersTold(ctx context.Context, job TellReporters) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		c, err := s.Store.Case(ctx, job.CaseID)
		if err != nil {
			return err
		}
		template := "report_dismissed"
		if c.State == api.ReportTakenDown {
			template = "report_taken_down"
		}
		readers, err := s.Store.Reporters(ctx, c.ID, job.After, batch)
		if err != nil {
			return err
		}
		for _, r := range readers {
			if err := s.write(ctx, template, "report:"+r.Cursor, r, map[string]string{"pack": c.Name}); err != nil {
				return err
			}
		}
		if len(readers) < batch {
			return nil
		}
		job.After = readers[batch-1].Cursor
		return s.Unit.Enqueue(ctx, job, tx.Unique())
	})
}
