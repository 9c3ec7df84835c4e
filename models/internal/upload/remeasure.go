package upload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// Bounds of measuring again.
const (
	measureWindow = 32               // with the analyzer at once, so that new uploads hardly wait behind them
	measureAge    = 2 * time.Hour    // a request not answered by then is made again
	settleAge     = 10 * time.Minute // a listing waits no longer for the rest of its pack
	packBatch     = 50
)

// Measurement is a sound that is to be measured again. Its upload stays ready and its pack on sale meanwhile.
type Measurement struct {
	UploadID  string
	PackID    string
	State     string // waiting | asked | measured: its listing does not show it yet | failed
	Attempt   int
	Tries     int // begun by the analyzer in this attempt
	Reason    string
	Detail    string
	UpdatedAt time.Time
}

// States of a measurement.
const (
	MeasureWaiting  = "waiting"
	MeasureAsked    = "asked"
	MeasureMeasured = "measured"
	MeasureFailed   = "failed"
)

// Measurements keeps them. Methods that change something run inside a transaction.
type Measurements interface {
	// Queue notes the chosen sounds that are not waiting already. It tells how many.
	Queue(ctx context.Context, in api.Reprocess, at time.Time) (int, error)
	// Crashed lists the files among the chosen that were refused because the analyzer crashed, and whose bytes are still there.
	Crashed(ctx context.Context, in api.Reprocess, limit int) ([]string, error)
	// Take moves waiting ones on until window of them are asked for. While somebody else does so it takes none.
	Take(ctx context.Context, window int, at time.Time) ([]events.MeasurementRequestedV1, error)
	// Overdue puts requests from before back to waiting.
	Overdue(ctx context.Context, before, at time.Time) error
	LockMeasurement(ctx context.Context, uploadID string) (Measurement, error)
	SaveMeasurement(ctx context.Context, m Measurement) error
	Forget(ctx context.Context, uploadID string) error
	// UnderWay tells whether any sound of a pack waits or is asked for.
	UnderWay(ctx context.Context, packID string) (bool, error)
	// Settled lists packs with measured sounds of which none is under way any more, or none has come since before.
	Settled(ctx context.Context, before time.Time, limit int) ([]string, error)
	// ForgetMeasured ends what is measured of a locked pack.
	ForgetMeasured(ctx context.Context, packID string) error
	Progress(ctx context.Context) (api.Reprocessing, error)
	// Dismiss notes that an admin has looked at a refused file, or takes that back.
	Dismiss(ctx context.Context, uploadID string, at *time.Time) error
}

// Audit keeps what admins do.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
}

// MeasureJob keeps measuring again on its way: it asks for more, asks again for what was lost and brings to listings what waits
// long for the rest of its pack.
type MeasureJob struct{}

// Kind names the job.
func (MeasureJob) Kind() string { return "upload_measure" }

// ShowMeasuredJob brings what was found to one pack's listing.
type ShowMeasuredJob struct {
	PackID string `json:"pack_id"`
}

// Kind names the job.
func (ShowMeasuredJob) Kind() string { return "upload_show_measured" }

// ShowMeasured runs a ShowMeasuredJob.
func (s *Service) ShowMeasured(ctx context.Context, job ShowMeasuredJob) error {
	return s.showMeasured(ctx, job.PackID)
}

// Reprocess has sounds measured again, and refused files checked once more on which the analyzer crashed.
func (s *Service) Reprocess(ctx context.Context, in api.Reprocess) (api.Reprocessed, error) {
	var out api.Reprocessed
	subject, err := reprocessed(in)
	if err != nil {
		return out, err
	}
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if out.Queued, err = s.Measurements.Queue(ctx, in, s.now()); err != nil {
			return err
		}
		crashed, err := s.Measurements.Crashed(ctx, in, askBatch)
		if err != nil {
			return err
		}
		for _, id := range crashed {
			err := s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
				if u.State != api.UploadRefused || u.RemovedAt != nil || u.SweptAt != nil || p.State == api.PackTakenDown {
					return nil
				}
				out.Checked++
				return s.ask(ctx, u, p)
			})
			if err != nil {
				return fmt.Errorf("check upload %s again: %w", id, err)
			}
		}
		if out.Queued+out.Checked == 0 && in.UploadID != "" {
			return errs.New(errs.CodeConflict, "nothing_to_measure", "This file is no sound that can be measured now, or it is waiting already.")
		}
		if err := s.askMeasurements(ctx); err != nil {
			return err
		}
		return s.Audit.Record(ctx, audit.Entry{Action: "audio.reprocess", Subject: subject, Reason: strings.TrimSpace(in.Reason), Data: out})
	})
	return out, err
}

// Dismiss ends the waiting of a file on which the analyzer crashed, or takes that back. The file stays refused.
func (s *Service) Dismiss(ctx context.Context, id string, in api.Dismissal) error {
	if len(in.Reason) > 2000 {
		return errs.Invalid(errs.Field{Name: "reason", Reason: "too_long", Detail: "At most 2,000 characters."})
	}
	return s.locked(ctx, id, func(ctx context.Context, u *Upload, _ *catalog.Pack) error {
		if u.State != api.UploadRefused || u.Reason != api.ReasonAnalyzerCrashed || u.RemovedAt != nil {
			return errs.New(errs.CodeConflict, "not_crashed", "This file is not one on which the analyzer crashed, or it was removed.")
		}
		at, action := new(s.now()), "file.dismiss"
		if in.Undo {
			at, action = nil, "file.dismiss_undo"
		}
		if err := s.Measurements.Dismiss(ctx, id, at); err != nil {
			return err
		}
		return s.Audit.Record(ctx, audit.Entry{Action: action, Subject: audit.Subject{Kind: "upload", ID: id, Name: u.Path}, Reason: strings.TrimSpace(in.Reason)})
	})
}

func reprocessed(in api.Reprocess) (audit.Subject, error) {
	var subject audit.Subject
	chosen := 0
	for _, one := range []struct {
		set      bool
		kind, id string
	}{{in.PackID != "", "pack", in.PackID}, {in.UploadID != "", "upload", in.UploadID}, {in.OlderThanAnalyzer != 0, "analyzer", fmt.Sprint(in.OlderThanAnalyzer)}} {
		if one.set {
			chosen++
			subject = audit.Subject{Kind: one.kind, ID: one.id}
		}
	}
	if chosen != 1 || in.OlderThanAnalyzer < 0 {
		return subject, errs.Invalid(errs.Field{Name: "pack_id", Reason: "one_of", Detail: "Choose one of pack_id, upload_id and older_than_analyzer."})
	}
	if in.OlderThanAnalyzer == 0 && !tx.ValidID(subject.ID) {
		return subject, errs.NotFound(subject.Kind)
	}
	if len(in.Reason) > 2000 {
		return subject, errs.Invalid(errs.Field{Name: "reason", Reason: "too_long", Detail: "At most 2,000 characters."})
	}
	return subject, nil
}

// askMeasurements sends as many requests as may be under way.
func (s *Service) askMeasurements(ctx context.Context) error {
	taken, err := s.Measurements.Take(ctx, measureWindow, s.now())
	if err != nil {
		return err
	}
	for _, m := range taken {
		if err := s.Unit.Append(ctx, m.UploadID, 0, m); err != nil {
			return err
		}
	}
	return nil
}

// Reprocessing tells how far measuring again is.
func (s *Service) Reprocessing(ctx context.Context) (api.Reprocessing, error) {
	return s.Measurements.Progress(ctx)
}

// KeepMeasuring runs a MeasureJob.
func (s *Service) KeepMeasuring(ctx context.Context, _ MeasureJob) error {
	now := s.now()
	problems := []error{s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.Measurements.Overdue(ctx, now.Add(-measureAge), now); err != nil {
			return err
		}
		return s.askMeasurements(ctx)
	})}
	packs, err := s.Measurements.Settled(ctx, now.Add(-settleAge), packBatch)
	problems = append(problems, err)
	for _, id := range packs {
		if err := s.showMeasured(ctx, id); err != nil {
			problems = append(problems, fmt.Errorf("show what was measured of pack %s: %w", id, err))
		}
	}
	return errors.Join(problems...)
}

// showMeasured brings new measurements to a pack's listing, as one revision.
func (s *Service) showMeasured(ctx context.Context, packID string) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.Packs.Remeasured(ctx, packID); err != nil && errs.CodeOf(err) != errs.CodeNotFound {
			return err
		}
		return s.Measurements.ForgetMeasured(ctx, packID)
	})
}

// measuring runs do on a request that still stands, with its upload and pack locked; else it says why not.
func (s *Service) measuring(ctx context.Context, id string, attempt int, do func(ctx context.Context, m *Measurement, u *Upload, p *catalog.Pack) error) (why string, err error) {
	err = s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		m, err := s.Measurements.LockMeasurement(ctx, id)
		if errs.CodeOf(err) == errs.CodeNotFound {
			why = "done"
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case attempt != m.Attempt:
			why = "stale"
			return nil
		case m.State != MeasureAsked:
			why = "done"
			return nil
		case u.RemovedAt != nil, u.State != api.UploadReady, p.ID == "":
			why = "removed"
			return s.Measurements.Forget(ctx, id)
		}
		m.UpdatedAt = s.now()
		return do(ctx, &m, u, p)
	})
	return why, err
}

// BeginMeasurement counts a try of the analyzer. What crashed it three times stays as it was measured before.
func (s *Service) BeginMeasurement(ctx context.Context, id string, in api.MeasureBegin) (api.MeasureBegun, error) {
	var out api.MeasureBegun
	why, err := s.measuring(ctx, id, in.Attempt, func(ctx context.Context, m *Measurement, _ *Upload, _ *catalog.Pack) error {
		if m.Tries >= maxTries {
			out.Why = "crashed"
			m.State, m.Reason = MeasureFailed, api.ReasonAnalyzerCrashed
			if err := s.Measurements.SaveMeasurement(ctx, *m); err != nil {
				return err
			}
			return s.askMeasurements(ctx)
		}
		m.Tries++
		out.Proceed = true
		return s.Measurements.SaveMeasurement(ctx, *m)
	})
	if why != "" {
		out.Why = why
	}
	return out, err
}

// Measured takes the analyzer's word on a sound it measured again. What the producer stated stays.
func (s *Service) Measured(ctx context.Context, id string, in api.MeasureReport) (api.MeasureTaken, error) {
	if (in.Sound == nil) == (in.Refusal == nil) {
		return api.MeasureTaken{}, errs.Invalid(errs.Field{Name: "report", Reason: "one_of", Detail: "Report one of sound and refusal."})
	}
	if err := checkReport(api.UploadReport{Sound: in.Sound, Refusal: in.Refusal}); err != nil {
		return api.MeasureTaken{}, err
	}
	var out api.MeasureTaken
	why, err := s.measuring(ctx, id, in.Attempt, func(ctx context.Context, m *Measurement, u *Upload, p *catalog.Pack) error {
		out.Applied = true
		if in.Refusal != nil {
			m.State, m.Reason, m.Detail = MeasureFailed, in.Refusal.Reason, in.Refusal.Detail
		} else if err := s.remeasure(ctx, m, u, p, in.Sound); err != nil {
			return err
		}
		if err := s.Measurements.SaveMeasurement(ctx, *m); err != nil {
			return err
		}
		more, err := s.Measurements.UnderWay(ctx, p.ID)
		if err != nil || more {
			return err
		}
		return s.Unit.Enqueue(ctx, ShowMeasuredJob{PackID: p.ID})
	})
	if err != nil {
		return api.MeasureTaken{}, err
	}
	out.Why = why
	// In a transaction of its own: it must not keep this pack locked, nor be undone with it.
	return out, s.Unit.WithinTx(ctx, s.askMeasurements)
}

func (s *Service) remeasure(ctx context.Context, m *Measurement, u *Upload, p *catalog.Pack, facts *api.SoundFacts) error {
	if facts.SHA256 != u.MediaSHA256 || facts.SizeBytes != u.SizeBytes {
		return errs.New(errs.CodeInvalid, api.ReasonSizeDiffers, "The report is about other bytes.")
	}
	sound, err := s.Store.SoundOf(ctx, u.ID)
	if err != nil {
		return err
	}
	sound.Facts = *facts
	if err := s.Store.SaveSound(ctx, sound); err != nil {
		return err
	}
	m.State, m.Reason, m.Detail = MeasureMeasured, "", ""
	return s.Packs.FilesChanged(ctx, *p)
}
