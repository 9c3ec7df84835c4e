package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/edition"
)

// edition builds an edition's zip, draws a cover when there is none, and reports.
func (w *Worker) edition(ctx context.Context, r events.EditionRequestedV1, log *slog.Logger) (string, error) {
	if r.EditionID == "" || len(r.Files) == 0 {
		return "", errs.New(errs.CodeInvalid, "event_incomplete", "The event names no edition or no files.")
	}
	// A storage that is away is no crash of this edition: look before the try is counted.
	if _, err := w.storage.Stat(ctx, r.Files[0].ObjectKey); err != nil && !errors.Is(err, objects.ErrNotFound) {
		return "", fmt.Errorf("look at %s: %w", r.Files[0].ObjectKey, err)
	}
	begun, err := w.reports.BeginEdition(ctx, r.EditionID)
	switch {
	case err != nil && errs.CodeOf(err) == errs.CodeNotFound:
		log.Info("edition is gone")
		return "dropped", nil
	case err != nil:
		return "", fmt.Errorf("begin edition %s: %w", r.EditionID, err)
	case !begun.Proceed:
		log.Info("edition is not to be built", "why", begun.Why)
		return "dropped", nil
	}
	var report api.EditionReport
	result := "built"
	zip, err := w.zip(ctx, r, log)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		log.Error("file of an edition is missing", "error", err)
		result, report.Refusal = "refused", &api.UploadRefusal{Reason: api.PublishFailedFileMissing, Detail: "A file of this edition is not in storage."}
	case errors.Is(err, edition.ErrChanged):
		log.Error("file of an edition has changed", "error", err)
		result, report.Refusal = "refused", &api.UploadRefusal{Reason: api.PublishFailedFileChanged, Detail: "A file of this edition is not what was checked."}
	case err != nil:
		return "", fmt.Errorf("build edition %s: %w", r.EditionID, err)
	default:
		report.Zip = zip
		if r.DrawCover {
			if zip.CoverKey, err = w.draw(ctx, r); err != nil {
				return "", fmt.Errorf("draw cover of edition %s: %w", r.EditionID, err)
			}
		}
	}
	err = insist(ctx, func(ctx context.Context) error {
		_, err := w.reports.ReportEdition(ctx, r.EditionID, report)
		return err
	})
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return "", fmt.Errorf("report edition %s: %w", r.EditionID, err)
	}
	return result, nil
}

// zip streams the edition into storage, or finds it there from an earlier try.
func (w *Worker) zip(ctx context.Context, r events.EditionRequestedV1, log *slog.Logger) (*api.ZipFacts, error) {
	e := edition.Edition{
		ID: r.EditionID, PackID: r.PackID, Number: r.Number, Title: r.Title, Producer: r.ProducerName,
		LicenceCode: r.LicenceCode, LicenceText: r.LicenceText,
	}
	for _, f := range r.Files {
		e.Files = append(e.Files, edition.File{Path: f.Path, Key: f.ObjectKey, SHA256: f.SHA256, SizeBytes: f.SizeBytes})
	}
	plan, err := edition.Plan(e)
	if err != nil {
		return nil, err
	}
	facts := &api.ZipFacts{Key: "editions/" + r.EditionID + ".zip", SizeBytes: plan.Size}
	info, err := w.storage.Stat(ctx, facts.Key)
	switch {
	case err == nil && info.Size == plan.Size:
		log.Info("zip is there already")
		facts.SHA256, err = w.hashObject(ctx, facts.Key)
		return facts, err
	case err != nil && !errors.Is(err, objects.ErrNotFound):
		return nil, fmt.Errorf("look at %s: %w", facts.Key, err)
	}

	pr, pw := io.Pipe()
	sum := sha256.New()
	written := make(chan error, 1)
	go func() {
		err := plan.Write(ctx, io.MultiWriter(pw, sum), source{w.storage})
		pw.CloseWithError(err)
		written <- err
	}()
	_, err = w.storage.Put(ctx, facts.Key, pr, plan.Size, objects.PutOptions{ContentType: "application/zip", CacheControl: "private"})
	pr.CloseWithError(errors.New("storage stopped reading"))
	if werr := <-written; werr != nil {
		// The reason on our side says more than storage's answer to a cut body.
		return nil, werr
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", facts.Key, err)
	}
	facts.SHA256 = hexSum(sum)
	return facts, nil
}

func (w *Worker) hashObject(ctx context.Context, key string) (string, error) {
	r, err := source{w.storage}.Open(ctx, key)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	return hexSum(sum), nil
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// source opens stored files for the zip.
type source struct{ storage Storage }

func (s source) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	r, _, err := s.storage.Get(ctx, key, objects.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	return r, nil
}
