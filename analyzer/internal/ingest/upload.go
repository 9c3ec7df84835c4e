package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/features"
	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/preview"
	"crateful.dev/analyzer/internal/refusal"
	"crateful.dev/analyzer/internal/sound"
)

// forever tells caches that what a key names never changes.
const forever = "public, max-age=31536000, immutable"

// Version is in every report and in the keys of previews and peaks.
var Version = strconv.Itoa(features.Version)

// original is an upload's exact bytes in scratch.
type original struct {
	path   string
	size   int64
	sha256 string
}

// upload checks one upload and reports. It returns what became of it.
func (w *Worker) upload(ctx context.Context, u events.UploadCompletedV1, log *slog.Logger) (string, error) {
	if u.UploadID == "" || u.ObjectKey == "" || u.SizeBytes < 0 {
		return "", errs.New(errs.CodeInvalid, "event_incomplete", "The event names no upload or object.")
	}
	dir, release, err := w.scratch(ctx, u.SizeBytes)
	if err != nil {
		return "", err
	}
	defer release()
	// Fetched before the try is counted: a storage that is away is not the file's crash.
	o, fetchErr := w.fetch(ctx, u, filepath.Join(dir, "original"))
	if _, refused := refusal.As(fetchErr); fetchErr != nil && !refused {
		return "", fetchErr
	}
	begun, err := w.reports.BeginUpload(ctx, u.UploadID, u.Attempt)
	switch {
	case errs.CodeOf(err) == errs.CodeNotFound && err != nil:
		log.Info("upload is gone")
		return "dropped", nil
	case err != nil:
		return "", fmt.Errorf("begin upload %s: %w", u.UploadID, err)
	case !begun.Proceed:
		log.Info("upload is not to be checked", "why", begun.Why)
		return "dropped", nil
	}
	report := api.UploadReport{Attempt: u.Attempt}
	err = fetchErr
	if err == nil {
		err = w.check(ctx, u, o, dir, &report, log)
	}
	if errors.Is(err, errDropped) {
		return "dropped", nil
	}
	result := "ready"
	if r, ok := refusal.As(err); ok {
		w.refused.WithLabelValues(string(r.Code)).Inc()
		log.InfoContext(ctx, "upload refused", "reason", r.Code, "params", r.Params)
		report = api.UploadReport{Attempt: u.Attempt, Refusal: &api.UploadRefusal{Reason: string(r.Code), Params: r.Params, Detail: r.Detail()}}
		result = "refused"
	} else if err != nil {
		return "", fmt.Errorf("check upload %s: %w", u.UploadID, err)
	}
	var reported api.UploadReported
	err = insist(ctx, func(ctx context.Context) error {
		var err error
		reported, err = w.reports.ReportUpload(ctx, u.UploadID, report)
		return err
	})
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return "", fmt.Errorf("report upload %s: %w", u.UploadID, err)
	}
	if reported.Applied && report.Refusal == nil {
		// The checked copy is what counts now; the sweep catches what this misses.
		if err := w.storage.Remove(ctx, u.ObjectKey); err != nil {
			log.Warn("raw upload stays for the sweep", "error", err)
		}
	}
	return result, nil
}

// fetch copies exactly the version that the event names to disk and hashes it.
func (w *Worker) fetch(ctx context.Context, u events.UploadCompletedV1, to string) (original, error) {
	body, info, err := w.storage.Get(ctx, u.ObjectKey, objects.GetOptions{IfMatch: u.ETag})
	switch {
	case errors.Is(err, objects.ErrNotFound), errors.Is(err, objects.ErrPrecondition):
		return original{}, refusal.New(refusal.SizeDiffers, "announced", u.SizeBytes, "received", 0)
	case err != nil:
		return original{}, fmt.Errorf("fetch %s: %w", u.ObjectKey, err)
	}
	defer func() { _ = body.Close() }()
	if info.Size != u.SizeBytes {
		return original{}, refusal.New(refusal.SizeDiffers, "announced", u.SizeBytes, "received", info.Size)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return original{}, fmt.Errorf("create scratch file: %w", err)
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, digest), io.LimitReader(body, u.SizeBytes+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && n != u.SizeBytes {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return original{}, fmt.Errorf("fetch %s after %d bytes: %w", u.ObjectKey, n, err)
	}
	return original{path: to, size: n, sha256: hex.EncodeToString(digest.Sum(nil))}, nil
}

func (w *Worker) check(ctx context.Context, u events.UploadCompletedV1, o original, dir string, report *api.UploadReport, log *slog.Logger) error {
	facts := api.FileFacts{SHA256: o.sha256, SizeBytes: o.size}
	switch u.Purpose {
	case events.PurposeSound:
		s, err := w.sound(ctx, u, o, dir)
		if err != nil {
			return err
		}
		report.Sound = s
	case events.PurposeExtra:
		if o.size == 0 {
			return refusal.New(refusal.Empty)
		}
		if err := w.keep(ctx, u, o, "application/octet-stream"); err != nil {
			return err
		}
		report.Extra = &facts
	case events.PurposeArchive:
		a, err := w.archive(ctx, u, o, log)
		if err != nil {
			return err
		}
		report.Archive = a
	case events.PurposeCover, events.PurposeAvatar, events.PurposeBanner:
		p, err := w.picture(ctx, u, o, dir)
		if err != nil {
			return err
		}
		report.Picture = p
	default:
		return errs.New(errs.CodeInvalid, "purpose_unknown", "The event has an unknown purpose.")
	}
	return nil
}

// freshFor is how long a kept object is used as it is. The sweep removes what nothing refers to once it is a day old, so an
// older one is written anew: it may be an orphan that is about to go.
const freshFor = 12 * time.Hour

// keep copies the checked version inside of the storage to where nobody can write.
func (w *Worker) keep(ctx context.Context, u events.UploadCompletedV1, o original, contentType string) error {
	key := "media/" + o.sha256
	info, err := w.storage.Stat(ctx, key)
	if err == nil && info.Size == o.size && time.Since(info.LastModified) < freshFor {
		return nil
	}
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		return fmt.Errorf("look at %s: %w", key, err)
	}
	return insist(ctx, func(ctx context.Context) error {
		info, err := w.storage.Copy(ctx, u.ObjectKey, key, objects.CopyOptions{IfMatch: u.ETag, ContentType: contentType})
		if err != nil {
			return fmt.Errorf("copy %s to %s: %w", u.ObjectKey, key, err)
		}
		if info.Size != 0 && info.Size != o.size {
			return fmt.Errorf("copy %s to %s: %d bytes of %d", u.ObjectKey, key, info.Size, o.size)
		}
		return nil
	})
}

// put stores a file from scratch.
func (w *Worker) put(ctx context.Context, key, file, contentType string) error {
	return insist(ctx, func(ctx context.Context) error {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("open %s: %w", path.Base(file), err)
		}
		defer func() { _ = f.Close() }()
		st, err := f.Stat()
		if err != nil {
			return fmt.Errorf("stat %s: %w", path.Base(file), err)
		}
		if _, err := w.storage.Put(ctx, key, f, st.Size(), objects.PutOptions{ContentType: contentType, CacheControl: forever}); err != nil {
			return fmt.Errorf("store %s: %w", key, err)
		}
		return nil
	})
}

var contentTypes = map[header.Format]string{
	header.WAV: "audio/wav", header.AIFF: "audio/aiff", header.FLAC: "audio/flac", header.MP3: "audio/mpeg", header.Ogg: "audio/ogg",
}

func (w *Worker) sound(ctx context.Context, u events.UploadCompletedV1, o original, dir string) (*api.SoundFacts, error) {
	m, err := w.measure(ctx, o, u.Path, dir)
	if err != nil {
		return nil, err
	}
	if err := w.keep(ctx, u, o, contentTypes[m.result.Header.Format]); err != nil {
		return nil, err
	}
	return w.publish(ctx, o, m)
}

// measured is what a check of a sound found and made, in scratch.
type measured struct {
	result         sound.Result
	preview, peaks string // files
}

func (w *Worker) measure(ctx context.Context, o original, name, dir string) (measured, error) {
	m := measured{preview: filepath.Join(dir, "preview.mp3"), peaks: filepath.Join(dir, "peaks.json")}
	var err error
	if m.result, err = w.sounds.Check(ctx, o.path, name, m.preview); err != nil {
		return m, err
	}
	peaks, err := json.Marshal(m.result.Facts.Peaks)
	if err != nil {
		return m, fmt.Errorf("encode peaks: %w", err)
	}
	if err := os.WriteFile(m.peaks, peaks, 0o600); err != nil {
		return m, fmt.Errorf("write peaks: %w", err)
	}
	return m, nil
}

// publish stores preview and peaks under this version's keys and words the facts.
func (w *Worker) publish(ctx context.Context, o original, m measured) (*api.SoundFacts, error) {
	previewKey := "previews/" + o.sha256 + "/" + Version + ".mp3"
	peaksKey := "peaks/" + o.sha256 + "/" + Version + ".json"
	if err := w.put(ctx, previewKey, m.preview, preview.ContentType); err != nil {
		return nil, err
	}
	if err := w.put(ctx, peaksKey, m.peaks, "application/json"); err != nil {
		return nil, err
	}
	r, f := m.result, m.result.Facts
	return &api.SoundFacts{
		FileFacts: api.FileFacts{SHA256: o.sha256, SizeBytes: o.size},
		Format:    string(r.Header.Format), SampleRateHz: r.Header.RateHz, Channels: r.Header.Channels, BitDepth: r.Header.BitDepth, Frames: f.Frames,
		LoudnessLUFS: tenth(f.LoudnessLUFS), TruePeakDBTP: tenth(f.TruePeakDBTP), Waveform: f.Waveform,
		PeaksKey: peaksKey, PreviewKey: previewKey,
		Type:  api.Guess{Value: f.Kind.Value, Confidence: hundredth(f.Kind.Confidence)},
		Key:   api.Guess{Value: f.Key.Value, Confidence: hundredth(f.Key.Confidence)},
		Tempo: api.TempoGuess{BPM: f.Tempo.BPM, Confidence: hundredth(f.Tempo.Confidence)},
		Hints: hints(r), AudioSHA256: r.AudioSHA256, Features: f.Vector, FeatureVersion: features.Version, Analyzer: Version,
	}, nil
}

// hints lists what the file says about itself, for questions to the producer.
func hints(r sound.Result) []api.Hint {
	var out []api.Hint
	add := func(from, field, value string) { out = append(out, api.Hint{From: from, Field: field, Value: value}) }
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	n, c := r.Name, r.Header.Chunks
	if n.Tempo > 0 {
		add("name", "tempo", number(n.Tempo))
	}
	if n.Key != "" && n.KeySure {
		add("name", "key", n.Key)
	}
	if n.Type != "" {
		add("name", "type", n.Type)
	}
	if c.Tempo > 0 {
		add("acid", "tempo", number(c.Tempo))
	}
	switch {
	case c.OneShot:
		add("acid", "type", features.OneShot)
	case c.Beats > 0 || c.Tempo > 0:
		add("acid", "type", features.Loop)
	}
	if c.RootNote > 0 {
		add("smpl", "key", header.KeyName(c.RootNote%12, strings.HasSuffix(r.Facts.Key.Value, "m")))
	}
	return out
}

func tenth(v float64) float64     { return math.Round(v*10) / 10 }
func hundredth(v float64) float64 { return math.Round(v*100) / 100 }
