package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/archive"
)

// registerAtOnce keeps a call's body well below a megabyte even with the longest paths.
const registerAtOnce = 500

// unpackAtOnce entries go to storage beside each other.
const unpackAtOnce = 4

// archive unpacks a zip: every entry becomes an upload of its own.
func (w *Worker) archive(ctx context.Context, u events.UploadCompletedV1, o original, log *slog.Logger) (*api.ArchiveFacts, error) {
	f, err := os.Open(o.path)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	defer func() { _ = f.Close() }()
	a, err := archive.Open(f, o.size)
	if err != nil {
		return nil, err
	}
	// Read through once before anything is registered: a damaged zip leaves nothing half done behind.
	for _, e := range a.Entries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		if err := e.Read(func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }); err != nil {
			return nil, err
		}
	}
	facts := &api.ArchiveFacts{LeftOut: a.LeftOut}
	for from := 0; from < len(a.Entries); from += registerAtOnce {
		chunk := a.Entries[from:min(from+registerAtOnce, len(a.Entries))]
		if err := w.unpack(ctx, u, chunk, facts, log); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

func (w *Worker) unpack(ctx context.Context, u events.UploadCompletedV1, chunk []archive.Entry, facts *api.ArchiveFacts, log *slog.Logger) error {
	ask := api.ArchiveEntries{Attempt: u.Attempt}
	for _, e := range chunk {
		ask.Entries = append(ask.Entries, api.ArchiveEntry{Path: e.Path, SizeBytes: e.Size})
	}
	var offered api.OfferedUploads
	err := insist(ctx, func(ctx context.Context) error {
		var err error
		offered, err = w.reports.RegisterEntries(ctx, u.UploadID, ask)
		return err
	})
	switch code := errs.CodeOf(err); {
	case err != nil && (code == errs.CodeNotFound || code == errs.CodeConflict || code == errs.CodeGone):
		log.Info("archive is not wanted any more", "error", err)
		return errDropped
	case err != nil:
		return fmt.Errorf("register entries: %w", err)
	case len(offered.Offers) != len(chunk):
		return fmt.Errorf("register entries: %d answers for %d entries", len(offered.Offers), len(chunk))
	}

	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	slots := make(chan struct{}, unpackAtOnce)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i, offer := range offered.Offers {
		switch {
		case offer.LeftOut:
			facts.LeftOut++
			continue
		case offer.Upload == nil:
			log.Info("entry refused", "reason", offer.Refused)
			continue
		}
		facts.Entries++
		if offer.Done {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := w.entry(ctx, chunk[i], *offer.Upload); err != nil {
				mu.Lock()
				if failed == nil || errors.Is(failed, context.Canceled) {
					failed = err
				}
				mu.Unlock()
				cancel()
			}
		})
	}
	wg.Wait()
	return failed
}

// entry stores one file of an archive and completes its upload.
func (w *Worker) entry(ctx context.Context, e archive.Entry, up api.Upload) error {
	var info objects.Info
	err := insist(ctx, func(ctx context.Context) error {
		return e.Read(func(r io.Reader) error {
			var err error
			if info, err = w.storage.Put(ctx, up.ObjectKey, r, e.Size, objects.PutOptions{ContentType: "application/octet-stream"}); err != nil {
				return fmt.Errorf("store entry: %w", err)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	err = insist(ctx, func(ctx context.Context) error {
		_, err := w.reports.CompleteUpload(ctx, up.ID, api.UploadDone{SizeBytes: e.Size, ETag: info.ETag})
		return err
	})
	switch code := errs.CodeOf(err); {
	case err == nil:
		return nil
	case code == errs.CodeConflict || code == errs.CodeNotFound || code == errs.CodeGone:
		return nil // removed meanwhile, or complete since an earlier try
	}
	return fmt.Errorf("complete entry: %w", err)
}
