package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/objects"
	"crateful.dev/models/api"

	"crateful.dev/analyzer/internal/sweep"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

type storage struct {
	objects map[string]time.Time
	open    []objects.Multipart
	aborted []string
	written map[string]time.Time // after they were listed
}

func (s *storage) List(_ context.Context, prefix string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		var keys []string
		for k := range s.objects {
			if strings.HasPrefix(k, prefix) {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			if !yield(objects.Info{Key: k, LastModified: s.objects[k]}, nil) {
				return
			}
		}
	}
}

func (s *storage) Stat(_ context.Context, key string) (objects.Info, error) {
	at, ok := s.objects[key]
	if !ok {
		return objects.Info{}, objects.ErrNotFound
	}
	if later, ok := s.written[key]; ok {
		at = later
	}
	return objects.Info{Key: key, LastModified: at}, nil
}

func (s *storage) Remove(_ context.Context, key string) error {
	delete(s.objects, key)
	return nil
}

func (s *storage) AbortMultipart(_ context.Context, key, id string) error {
	s.aborted = append(s.aborted, key+" "+id)
	return nil
}

func (s *storage) ListMultipart(_ context.Context, prefix string) ([]objects.Multipart, error) {
	var out []objects.Multipart
	for _, m := range s.open {
		if strings.HasPrefix(m.Key, prefix) {
			out = append(out, m)
		}
	}
	return out, nil
}

type catalogue struct {
	expired  []api.ExpiredUpload
	known    map[string]bool
	asked    int
	missing  []string
	foreign  bool // answers with a key nobody asked about
	expected []string
	wanted   []string // ids of sweeps that somebody asked for
	begun    int      // because they were due
	ended    map[string]api.SweepEnd
	broken   error // of CheckObjects
	mu       sync.Mutex
}

func (c *catalogue) BeginSweep(_ context.Context, due bool) (api.SweepBegun, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wanted) > 0 {
		id := c.wanted[0]
		c.wanted = c.wanted[1:]
		return api.SweepBegun{ID: id}, nil
	}
	if !due {
		return api.SweepBegun{}, nil
	}
	c.begun++
	return api.SweepBegun{ID: fmt.Sprintf("due %d", c.begun)}, nil
}

func (c *catalogue) EndSweep(_ context.Context, id string, in api.SweepEnd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = map[string]api.SweepEnd{}
	}
	c.ended[id] = in
	return nil
}

func (c *catalogue) ExpiredUploads(_ context.Context, limit int) (api.ExpiredUploads, error) {
	return api.ExpiredUploads{Uploads: slices.Clone(c.expired[:min(limit, 2, len(c.expired))])}, nil
}

func (c *catalogue) UploadSwept(_ context.Context, id string) error {
	c.expired = slices.DeleteFunc(c.expired, func(u api.ExpiredUpload) bool { return u.ID == id })
	return nil
}

func (c *catalogue) CheckObjects(_ context.Context, keys []string) (api.ObjectsChecked, error) {
	if len(keys) > 1000 {
		return api.ObjectsChecked{}, fmt.Errorf("%d keys at once", len(keys))
	}
	if c.broken != nil {
		return api.ObjectsChecked{}, c.broken
	}
	c.asked += len(keys)
	var out api.ObjectsChecked
	for _, k := range keys {
		if !c.known[k] {
			out.Unreferenced = append(out.Unreferenced, k)
		}
	}
	if c.foreign {
		out.Unreferenced = append(out.Unreferenced, "media/precious")
	}
	return out, nil
}

func (c *catalogue) ObjectKeys(_ context.Context, cursor string, _ int) (api.ObjectKeys, error) {
	from := 0
	if cursor != "" {
		if _, err := fmt.Sscan(cursor, &from); err != nil {
			return api.ObjectKeys{}, err
		}
	}
	to := min(from+2, len(c.expected))
	out := api.ObjectKeys{Keys: c.expected[from:to]}
	if to < len(c.expected) {
		out.NextCursor = fmt.Sprint(to)
	}
	return out, nil
}

func (c *catalogue) MissingObjects(_ context.Context, keys []string) error {
	c.missing = append(c.missing, keys...)
	return nil
}

func sweeper(s *storage, c *catalogue) *sweep.Sweeper {
	return &sweep.Sweeper{Storage: s, Catalogue: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return now }}
}

func TestExpiredUploadsGo(t *testing.T) {
	t.Parallel()
	s := &storage{objects: map[string]time.Time{"incoming/a": now, "incoming/b": now, "incoming/c": now, "incoming/live": now}}
	c := &catalogue{expired: []api.ExpiredUpload{{ID: "a", ObjectKey: "incoming/a"}, {ID: "b", ObjectKey: "incoming/b", MultipartID: "m1"}, {ID: "c", ObjectKey: "incoming/c"}}}
	n, err := sweeper(s, c).Expired(t.Context())
	if err != nil || n != 3 || len(s.objects) != 1 || len(c.expired) != 0 || fmt.Sprint(s.aborted) != "[incoming/b m1]" {
		t.Errorf("%d swept, %v; %d objects left, aborted %v", n, err, len(s.objects), s.aborted)
	}
}

func TestExpiredUploadsOutsideOfIncomingAreNotTouched(t *testing.T) {
	t.Parallel()
	s := &storage{objects: map[string]time.Time{"media/a": now}}
	c := &catalogue{expired: []api.ExpiredUpload{{ID: "a", ObjectKey: "media/a"}}}
	if _, err := sweeper(s, c).Expired(t.Context()); err == nil || len(s.objects) != 1 {
		t.Errorf("%v, %d objects left", err, len(s.objects))
	}
}

func TestOrphansGoAndYoungObjectsStay(t *testing.T) {
	t.Parallel()
	old := now.Add(-25 * time.Hour)
	s := &storage{objects: map[string]time.Time{"media/known": old, "media/orphan": old, "media/young": now.Add(-time.Hour), "other/file": old}}
	for i := range 2500 {
		s.objects[fmt.Sprintf("previews/%04d.mp3", i)] = old
	}
	s.open = []objects.Multipart{
		{Key: "editions/e.zip", UploadID: "1", Initiated: now.Add(-30 * time.Hour)},
		{Key: "editions/f.zip", UploadID: "2", Initiated: now},
		{Key: "incoming/x", UploadID: "3", Initiated: now.Add(-30 * time.Hour)},
		{Key: "incoming/y", UploadID: "4", Initiated: now.Add(-300 * time.Hour)},
	}
	c := &catalogue{known: map[string]bool{"media/known": true}}
	n, err := sweeper(s, c).Orphans(t.Context())
	if err != nil || n != 2503 || c.asked != 2502 || len(s.objects) != 3 {
		t.Errorf("%d removed, %v; asked about %d; left %v", n, err, c.asked, s.objects)
	}
	if got := fmt.Sprint(s.aborted); got != "[incoming/y 4 editions/e.zip 1]" {
		t.Errorf("aborted %s", got)
	}
}

// An orphan that an upload takes into use while the sweep is at work stays.
func TestOrphanTakenIntoUseStays(t *testing.T) {
	t.Parallel()
	old := now.Add(-25 * time.Hour)
	s := &storage{objects: map[string]time.Time{"media/orphan": old, "media/wanted": old}, written: map[string]time.Time{"media/wanted": now}}
	n, err := sweeper(s, &catalogue{}).Orphans(t.Context())
	if _, ok := s.objects["media/wanted"]; err != nil || n != 1 || !ok {
		t.Errorf("%d removed, %v; left %v", n, err, s.objects)
	}
}

func TestAWrongAnswerRemovesNothingElse(t *testing.T) {
	t.Parallel()
	old := now.Add(-25 * time.Hour)
	s := &storage{objects: map[string]time.Time{"incoming/a": old, "media/precious": old}}
	c := &catalogue{known: map[string]bool{"incoming/a": true, "media/precious": true}, foreign: true}
	if _, err := sweeper(s, c).Orphans(t.Context()); err == nil || len(s.objects) != 2 {
		t.Errorf("%v, left %v", err, s.objects)
	}
}

func TestMissingObjectsAreReported(t *testing.T) {
	t.Parallel()
	s := &storage{objects: map[string]time.Time{"media/a": now, "media/c": now}}
	c := &catalogue{expected: []string{"media/a", "media/b", "media/c", "previews/d", "peaks/e"}}
	n, err := sweeper(s, c).Missing(t.Context())
	if err != nil || n != 3 || fmt.Sprint(c.missing) != "[media/b previews/d peaks/e]" {
		t.Errorf("%d, %v: %v", n, err, c.missing)
	}
}

func TestASweepThatIsAskedForIsTold(t *testing.T) {
	t.Parallel()
	old := now.Add(-25 * time.Hour)
	s := &storage{objects: map[string]time.Time{"media/orphan": old, "media/known": old}}
	c := &catalogue{known: map[string]bool{"media/known": true}, expected: []string{"media/known", "media/lost"}}
	sw := sweeper(s, c)
	sw.Whole(t.Context(), false)
	if c.asked != 0 || len(c.ended) != 0 {
		t.Fatalf("swept though nobody asked: %d, %v", c.asked, c.ended)
	}
	c.wanted = []string{"w"}
	sw.Whole(t.Context(), false)
	if got := c.ended["w"]; got != (api.SweepEnd{Removed: 1, Missing: 1}) {
		t.Errorf("told %+v", got)
	}
	c.broken = errors.New("database away")
	sw.Whole(t.Context(), true)
	if got := c.ended["due 1"]; !strings.Contains(got.Error, "database away") || got.Missing != 1 {
		t.Errorf("told %+v of a sweep that broke off", got)
	}
}
