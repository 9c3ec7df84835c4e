package ingest_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
)

// memory is object storage in memory.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	down    error // every call fails with it
	age     map[string]time.Duration
	copied  []string
}

func newMemory() *memory { return &memory{objects: map[string][]byte{}} }

func etag(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func (m *memory) put(key string, b []byte) (etagOf string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = b
	return etag(b)
}

func (m *memory) get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.objects[key]
	return b, ok
}

func (m *memory) find(key, ifMatch string) ([]byte, objects.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return nil, objects.Info{}, m.down
	}
	b, ok := m.objects[key]
	if !ok {
		return nil, objects.Info{}, fmt.Errorf("find %s: %w", key, objects.ErrNotFound)
	}
	if ifMatch != "" && etag(b) != ifMatch {
		return nil, objects.Info{}, fmt.Errorf("find %s: %w", key, objects.ErrPrecondition)
	}
	return b, objects.Info{Key: key, Size: int64(len(b)), ETag: etag(b), LastModified: time.Now().Add(-m.age[key])}, nil
}

func (m *memory) Get(_ context.Context, key string, o objects.GetOptions) (io.ReadCloser, objects.Info, error) {
	b, info, err := m.find(key, o.IfMatch)
	return io.NopCloser(bytes.NewReader(b)), info, err
}

func (m *memory) Stat(_ context.Context, key string) (objects.Info, error) {
	_, info, err := m.find(key, "")
	return info, err
}

func (m *memory) Put(_ context.Context, key string, r io.Reader, size int64, _ objects.PutOptions) (objects.Info, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return objects.Info{}, err
	}
	if int64(len(b)) != size {
		return objects.Info{}, errors.New("body has another length than announced")
	}
	return objects.Info{Key: key, Size: size, ETag: m.put(key, b)}, nil
}

func (m *memory) Copy(_ context.Context, from, to string, o objects.CopyOptions) (objects.Info, error) {
	b, info, err := m.find(from, o.IfMatch)
	if err == nil {
		m.put(to, b)
		m.mu.Lock()
		m.copied = append(m.copied, to)
		m.mu.Unlock()
	}
	return info, err
}

func (m *memory) Remove(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

// ledger keeps what models would: tries are counted, reports count once.
type ledger struct {
	mu        sync.Mutex
	tries     map[string]int
	uploads   map[string]api.UploadReport
	editions  map[string]api.EditionReport
	completed map[string]api.UploadDone
	children  map[string]api.Upload
	measured  map[string]api.MeasureReport
	busy      int // calls of ReportUpload that fail before one succeeds
	reported  chan string
}

func newLedger() *ledger {
	return &ledger{
		tries: map[string]int{}, uploads: map[string]api.UploadReport{}, editions: map[string]api.EditionReport{},
		completed: map[string]api.UploadDone{}, children: map[string]api.Upload{}, measured: map[string]api.MeasureReport{},
		reported: make(chan string, 100),
	}
}

func (l *ledger) BeginUpload(_ context.Context, id string, _ int) (api.UploadBegun, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == "gone" {
		return api.UploadBegun{}, errs.NotFound("upload")
	}
	if _, done := l.uploads[id]; done {
		return api.UploadBegun{Why: "done"}, nil
	}
	if l.tries[id]++; l.tries[id] > 3 {
		return api.UploadBegun{Why: "crashed", Try: l.tries[id]}, nil
	}
	return api.UploadBegun{Proceed: true, Try: l.tries[id]}, nil
}

func (l *ledger) ReportUpload(_ context.Context, id string, r api.UploadReport) (api.UploadReported, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy > 0 {
		l.busy--
		return api.UploadReported{}, errs.New(errs.CodeUnavailable, "busy", "Later.")
	}
	if _, done := l.uploads[id]; done {
		return api.UploadReported{Why: "done"}, nil
	}
	l.uploads[id] = r
	l.reported <- id
	return api.UploadReported{Applied: true}, nil
}

func (l *ledger) RegisterEntries(_ context.Context, id string, e api.ArchiveEntries) (api.OfferedUploads, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out api.OfferedUploads
	for _, entry := range e.Entries {
		if entry.Path == "setup.exe" {
			out.Offers = append(out.Offers, api.OfferedUpload{Refused: api.ReasonTypeNotAllowed})
			continue
		}
		up := api.Upload{ID: id + ":" + entry.Path, Path: entry.Path, ObjectKey: "incoming/" + etag([]byte(id+entry.Path)), SizeBytes: entry.SizeBytes, ParentID: id}
		l.children[up.ID] = up
		_, done := l.completed[up.ID]
		out.Offers = append(out.Offers, api.OfferedUpload{Upload: &up, Done: done})
	}
	return out, nil
}

func (l *ledger) CompleteUpload(_ context.Context, id string, done api.UploadDone) (api.Upload, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.completed[id] = done
	return l.children[id], nil
}

func (l *ledger) BeginEdition(_ context.Context, id string) (api.EditionBegun, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries[id]++
	return api.EditionBegun{Proceed: true, Try: l.tries[id]}, nil
}

func (l *ledger) ReportEdition(_ context.Context, id string, r api.EditionReport) (api.EditionReported, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.editions[id] = r
	return api.EditionReported{Applied: true}, nil
}

func (l *ledger) BeginMeasurement(_ context.Context, id string, _ int) (api.MeasureBegun, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == "gone" {
		return api.MeasureBegun{}, errs.NotFound("upload")
	}
	if _, done := l.measured[id]; done {
		return api.MeasureBegun{Why: "done"}, nil
	}
	return api.MeasureBegun{Proceed: true}, nil
}

func (l *ledger) ReportMeasurement(_ context.Context, id string, r api.MeasureReport) (api.MeasureTaken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.measured[id] = r
	return api.MeasureTaken{Applied: true}, nil
}

func (l *ledger) upload(id string) (api.UploadReport, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.uploads[id]
	return r, ok
}
