// Package sweep keeps storage and catalogue in step, both ways: bytes of abandoned uploads go, objects that nothing
// refers to go, and objects that should be there and are not are reported. Several copies may sweep at once.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
)

// Catalogue is what models is asked.
type Catalogue interface {
	ExpiredUploads(ctx context.Context, limit int) (api.ExpiredUploads, error)
	UploadSwept(ctx context.Context, id string) error
	CheckObjects(ctx context.Context, keys []string) (api.ObjectsChecked, error)
	ObjectKeys(ctx context.Context, cursor string, limit int) (api.ObjectKeys, error)
	MissingObjects(ctx context.Context, keys []string) error
	BeginSweep(ctx context.Context, due bool) (api.SweepBegun, error)
	EndSweep(ctx context.Context, id string, in api.SweepEnd) error
}

// Storage is the part of object storage that sweeping needs.
type Storage interface {
	List(ctx context.Context, prefix string) iter.Seq2[objects.Info, error]
	Stat(ctx context.Context, key string) (objects.Info, error)
	Remove(ctx context.Context, key string) error
	AbortMultipart(ctx context.Context, key, uploadID string) error
	ListMultipart(ctx context.Context, prefix string) ([]objects.Multipart, error)
}

// prefixes of all that is ours in the bucket.
var prefixes = []string{"incoming/", "media/", "previews/", "peaks/", "covers/", "editions/"}

// Bounds of the work.
const (
	batch      = 1000
	youngest   = 24 * time.Hour     // younger objects may be about to be referred to
	multipart  = 8 * 24 * time.Hour // longer than an upload may rest
	expiredAge = 5 * time.Minute    // between two looks for expired uploads
	firstWhole = 30 * time.Minute   // after the start, to the first look at the whole bucket
	askedEvery = 10 * time.Second   // between two questions whether somebody wants one now
	runTime    = 2 * time.Hour
	tellTime   = 5 * time.Second
	// mostExpired ends a run in which what was swept comes back again and again.
	mostExpired = 100_000
)

// Sweeper sweeps.
type Sweeper struct {
	Storage   Storage
	Catalogue Catalogue
	Log       *slog.Logger
	Every     time.Duration    // between two looks at the whole bucket
	Now       func() time.Time // time.Now when nil
}

// Run sweeps from time to time until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	expired := time.NewTimer(jitter(time.Minute))
	whole := time.NewTimer(jitter(min(firstWhole, s.Every)))
	asked := time.NewTimer(jitter(askedEvery))
	defer expired.Stop()
	defer whole.Stop()
	defer asked.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-expired.C:
			_, _ = s.attempt(ctx, "expired uploads", s.Expired) // logged there
			expired.Reset(jitter(expiredAge))
		case <-whole.C:
			s.Whole(ctx, true)
			whole.Reset(jitter(s.Every))
		case <-asked.C:
			s.Whole(ctx, false)
			asked.Reset(jitter(askedEvery))
		}
	}
}

// Whole looks at the whole bucket both ways and tells models what it found: because it is due, else only if somebody asked.
func (s *Sweeper) Whole(ctx context.Context, due bool) {
	begun, err := s.Catalogue.BeginSweep(ctx, due)
	switch {
	case err != nil && due:
		s.Log.Warn("sweep not begun", "error", err)
		return
	case err != nil:
		s.Log.Debug("nobody says whether a sweep is wanted", "error", err)
		return
	case begun.ID == "":
		return
	}
	removed, errOrphans := s.attempt(ctx, "orphans", s.Orphans)
	missing, errMissing := s.attempt(ctx, "missing objects", s.Missing)
	end := api.SweepEnd{Removed: int64(removed), Missing: int64(missing)}
	if err := errors.Join(errOrphans, errMissing); err != nil {
		end.Error = err.Error()
	}
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	if err := s.Catalogue.EndSweep(telling, begun.ID, end); err != nil {
		s.Log.Warn("result of a sweep not told", "removed", removed, "missing", missing, "error", err)
	}
}

// jitter keeps copies from sweeping in step.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }

func (s *Sweeper) attempt(ctx context.Context, what string, f func(context.Context) (int, error)) (int, error) {
	run, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	n, err := f(run)
	switch {
	case err != nil && ctx.Err() == nil:
		s.Log.Warn("sweep broke off", "what", what, "count", n, "error", err)
	case n > 0:
		s.Log.Info("swept", "what", what, "count", n)
	}
	return n, err
}

// Expired removes the bytes of uploads that were abandoned or removed. It returns how many.
func (s *Sweeper) Expired(ctx context.Context) (int, error) {
	swept := 0
	for {
		page, err := s.Catalogue.ExpiredUploads(ctx, batch)
		if err != nil {
			return swept, fmt.Errorf("ask for expired uploads: %w", err)
		}
		if len(page.Uploads) == 0 || swept > mostExpired {
			return swept, nil
		}
		for _, u := range page.Uploads {
			if !strings.HasPrefix(u.ObjectKey, "incoming/") {
				return swept, fmt.Errorf("expired upload %s: object %q is not an upload's", u.ID, u.ObjectKey)
			}
			if u.MultipartID != "" {
				if err := s.Storage.AbortMultipart(ctx, u.ObjectKey, u.MultipartID); err != nil {
					return swept, fmt.Errorf("abort multipart of %s: %w", u.ID, err)
				}
			}
			if err := s.Storage.Remove(ctx, u.ObjectKey); err != nil {
				return swept, fmt.Errorf("remove %s: %w", u.ObjectKey, err)
			}
			if err := s.Catalogue.UploadSwept(ctx, u.ID); err != nil {
				return swept, fmt.Errorf("report %s swept: %w", u.ID, err)
			}
			swept++
		}
	}
}

// Orphans removes objects that nothing refers to and multipart uploads that nobody will complete. It returns how many.
func (s *Sweeper) Orphans(ctx context.Context) (int, error) {
	removed := 0
	now := time.Now()
	if s.Now != nil {
		now = s.Now()
	}
	open, err := s.Storage.ListMultipart(ctx, "") // once: some storages list all of them whatever the prefix
	if err != nil {
		return removed, fmt.Errorf("list multipart uploads: %w", err)
	}
	for _, prefix := range prefixes {
		var keys []string
		flush := func() error {
			if len(keys) == 0 {
				return nil
			}
			orphans, err := s.Catalogue.CheckObjects(ctx, keys)
			if err != nil {
				return fmt.Errorf("ask for unreferenced objects: %w", err)
			}
			asked := make(map[string]bool, len(keys))
			for _, k := range keys {
				asked[k] = true
			}
			for _, k := range orphans.Unreferenced {
				if !asked[k] {
					return fmt.Errorf("unreferenced object %q was not asked about", k)
				}
				// Somebody may have begun to use it since it was listed; the analyzer writes anew what it is about to report.
				info, err := s.Storage.Stat(ctx, k)
				if errors.Is(err, objects.ErrNotFound) {
					continue
				}
				if err != nil {
					return fmt.Errorf("look at %s: %w", k, err)
				}
				if now.Sub(info.LastModified) < youngest {
					continue
				}
				if err := s.Storage.Remove(ctx, k); err != nil {
					return fmt.Errorf("remove %s: %w", k, err)
				}
				removed++
			}
			keys = keys[:0]
			return nil
		}
		for info, err := range s.Storage.List(ctx, prefix) {
			if err != nil {
				return removed, fmt.Errorf("list %s: %w", prefix, err)
			}
			if now.Sub(info.LastModified) < youngest {
				continue
			}
			if keys = append(keys, info.Key); len(keys) == batch {
				if err := flush(); err != nil {
					return removed, err
				}
			}
		}
		if err := flush(); err != nil {
			return removed, err
		}
		limit := youngest
		if prefix == "incoming/" {
			limit = multipart
		}
		for _, m := range open {
			if !strings.HasPrefix(m.Key, prefix) || now.Sub(m.Initiated) < limit {
				continue
			}
			if err := s.Storage.AbortMultipart(ctx, m.Key, m.UploadID); err != nil {
				return removed, fmt.Errorf("abort multipart of %s: %w", m.Key, err)
			}
			removed++
		}
	}
	return removed, nil
}

// Missing reports objects that the catalogue refers to and storage has not. It returns how many.
func (s *Sweeper) Missing(ctx context.Context) (int, error) {
	missing, cursor := 0, ""
	for {
		page, err := s.Catalogue.ObjectKeys(ctx, cursor, batch)
		if err != nil {
			return missing, fmt.Errorf("ask for expected objects: %w", err)
		}
		var gone []string
		for _, key := range page.Keys {
			_, err := s.Storage.Stat(ctx, key)
			switch {
			case errors.Is(err, objects.ErrNotFound):
				s.Log.Warn("object is missing", "key", key)
				gone = append(gone, key)
			case err != nil:
				return missing, fmt.Errorf("look at %s: %w", key, err)
			}
		}
		if len(gone) > 0 {
			if err := s.Catalogue.MissingObjects(ctx, gone); err != nil {
				return missing, fmt.Errorf("report missing objects: %w", err)
			}
			missing += len(gone)
		}
		if page.NextCursor == "" || page.NextCursor == cursor {
			return missing, nil
		}
		cursor = page.NextCursor
	}
}
