package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/refusal"
)

// Why a sound cannot be measured again, beside what a check refuses.
const (
	mediaMissing = "media_missing"
	mediaDamaged = "media_damaged" // it is not what its key says
)

// measurement measures a kept sound again. The kept object is read and never changed. It returns what became of it.
func (w *Worker) measurement(ctx context.Context, m events.MeasurementRequestedV1, log *slog.Logger) (string, error) {
	if m.UploadID == "" || m.ObjectKey != "media/"+m.SHA256 || m.SizeBytes < 0 {
		return "", errs.New(errs.CodeInvalid, "event_incomplete", "The event names no upload or object.")
	}
	dir, release, err := w.scratch(ctx, m.SizeBytes)
	if err != nil {
		return "", err
	}
	defer release()
	report := api.MeasureReport{Attempt: m.Attempt}
	refuse := func(reason, detail string) { report.Refusal = &api.UploadRefusal{Reason: reason, Detail: detail} }
	// Fetched before the try is counted: a storage that is away is not the file's crash.
	o, err := w.fetchKept(ctx, m, filepath.Join(dir, "original"))
	_, differs := refusal.As(err)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		refuse(mediaMissing, "Storage does not have it.")
	case differs, err == nil && o.sha256 != m.SHA256:
		refuse(mediaDamaged, "Storage holds other bytes than were checked.")
	case err != nil:
		return "", err
	}
	begun, err := w.reports.BeginMeasurement(ctx, m.UploadID, m.Attempt)
	switch {
	case errs.CodeOf(err) == errs.CodeNotFound && err != nil:
		log.Info("upload is gone")
		return "dropped", nil
	case err != nil:
		return "", fmt.Errorf("begin measurement of %s: %w", m.UploadID, err)
	case !begun.Proceed:
		log.Info("sound is not to be measured", "why", begun.Why)
		return "dropped", nil
	}
	if report.Refusal == nil {
		report.Sound, err = w.measureKept(ctx, o, m.Path, dir)
		if r, refused := refusal.As(err); refused {
			refuse(string(r.Code), r.Detail())
		} else if err != nil {
			return "", fmt.Errorf("measure %s: %w", m.UploadID, err)
		}
	}
	err = insist(ctx, func(ctx context.Context) error {
		_, err := w.reports.ReportMeasurement(ctx, m.UploadID, report)
		return err
	})
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return "", fmt.Errorf("report measurement of %s: %w", m.UploadID, err)
	}
	if report.Refusal != nil {
		log.Warn("sound could not be measured again", "reason", report.Refusal.Reason)
		return "refused", nil
	}
	return "ready", nil
}

func (w *Worker) fetchKept(ctx context.Context, m events.MeasurementRequestedV1, to string) (original, error) {
	if _, err := w.storage.Stat(ctx, m.ObjectKey); err != nil {
		return original{}, fmt.Errorf("look at %s: %w", m.ObjectKey, err)
	}
	return w.fetch(ctx, events.UploadCompletedV1{ObjectKey: m.ObjectKey, SizeBytes: m.SizeBytes}, to)
}

func (w *Worker) measureKept(ctx context.Context, o original, name, dir string) (*api.SoundFacts, error) {
	m, err := w.measure(ctx, o, name, dir)
	if err != nil {
		return nil, err
	}
	return w.publish(ctx, o, m)
}
