package recommender_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/models/events"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/snapshot"
)

// shared is object storage in memory. While broken is set, nothing can be written.
type shared struct {
	mu     sync.Mutex
	held   map[string]thing
	broken error
}

type thing struct {
	body []byte
	at   time.Time
}

func (s *shared) List(_ context.Context, prefix string) iter.Seq2[objects.Info, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := maps.Clone(s.held)
	return func(yield func(objects.Info, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(held)) {
			if strings.HasPrefix(key, prefix) && !yield(objects.Info{Key: key, Size: int64(len(held[key].body)), LastModified: held[key].at}, nil) {
				return
			}
		}
	}
}

func (s *shared) Get(_ context.Context, key string, _ objects.GetOptions) (io.ReadCloser, objects.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.held[key]
	if !ok {
		return nil, objects.Info{}, objects.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(t.body)), objects.Info{Key: key, Size: int64(len(t.body)), LastModified: t.at}, nil
}

func (s *shared) Write(_ context.Context, key string, _ objects.PutOptions, fill func(io.Writer) error) error {
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if broken != nil {
		return broken
	}
	var body bytes.Buffer
	if err := fill(&body); err != nil {
		return err
	}
	s.put(key, body.Bytes(), time.Now())
	return nil
}

func (s *shared) put(key string, body []byte, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]thing{}
	}
	s.held[key] = thing{body, at}
}

func (s *shared) Remove(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, key)
	return nil
}

// keys lists what is held, the newest first.
func (s *shared) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.held), func(a, b string) int { return s.held[b].at.Compare(s.held[a].at) })
}

// ages puts back when everything was written.
func (s *shared) ages(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, t := range s.held {
		s.held[key] = thing{t.body, t.at.Add(-by)}
	}
}

// A copy on a machine of its own, with nothing on its disk, goes on from what another one shared.
func TestACopyGoesOnFromWhatAnotherShared(t *testing.T) {
	w := start(t, catalogue)
	storage := &shared{}
	_, _, stop := w.copyWith("", storage)
	stop()
	if len(storage.keys()) != 1 {
		t.Fatalf("held after the first copy: %v", storage.keys())
	}
	_, _, stop = w.copyWith("", storage)
	stop()
	if len(storage.keys()) != 1 {
		t.Errorf("nothing came, and it was written again: %v", storage.keys())
	}
	read := func(want int64) {
		t.Helper()
		c, _, stop := w.copyWith(t.TempDir(), storage)
		defer stop()
		st, err := c.Status(t.Context())
		if err != nil || st.Messages != want || st.People != 6 || st.Packs != 3 {
			t.Errorf("%d messages read, want %d: %+v, %v", st.Messages, want, st, err)
		}
		items, err := c.ForYou(t.Context(), api.ForYou{PersonID: "late", Limit: 5})
		if err != nil || first(items) != "wurli" || items.Items[0].Reason.PackID != "rhodes" || items.Items[0].Reason.People != 4 {
			t.Errorf("for late: %+v, %v", items, err)
		}
	}
	w.buys("late", "rhodes")
	read(1)
	if len(storage.keys()) != 1 {
		t.Errorf("written although another copy had just done so: %v", storage.keys())
	}
	storage.ages(time.Hour)
	read(1)
	if len(storage.keys()) != 2 {
		t.Fatalf("held: %v", storage.keys())
	}
	// The newest is damaged: the one before is taken.
	newest := storage.keys()[0]
	whole := storage.held[newest]
	storage.put(newest, whole.body[:len(whole.body)-100], whole.at)
	read(1)
	// None is whole.
	for _, key := range storage.keys() {
		storage.put(key, storage.held[key].body[:50], time.Now())
	}
	read(13)
}

func TestNothingOfAnotherKafkaIsTakenUp(t *testing.T) {
	w := start(t, catalogue)
	cluster, err := kafka.ClusterID(t.Context(), w.kafka)
	if err != nil {
		t.Fatal(err)
	}
	h := history.New()
	h.Record(events.InteractionRecordedV1{PersonID: "stranger", Kind: events.KindPurchase, PackID: "rhodes"}, time.Now())
	other := snapshot.State{History: h, Shelf: content.NewShelf(), Model: model.Build(h.All(), time.Now())}
	write := func(head snapshot.Head) *shared {
		storage := &shared{}
		if _, err := (snapshot.Bucket{Storage: storage}).Write(t.Context(), head, other, 0); err != nil {
			t.Fatal(err)
		}
		return storage
	}
	own := write(snapshot.Head{Kafka: cluster})
	folder, _, _ := strings.Cut(own.keys()[0], time.Now().UTC().Format("2006"))
	foreign := write(snapshot.Head{Kafka: "of another site"})
	foreign.put(folder+"moved", foreign.held[foreign.keys()[0]].body, time.Now())
	for name, storage := range map[string]*shared{
		"another Kafka's":        foreign,
		"beyond what Kafka has":  write(snapshot.Head{Kafka: cluster, Offsets: map[string]kafka.Offsets{events.TopicInteractions: {0: 1000}}}),
		"nothing, and no folder": {},
	} {
		c, _, stop := w.copyWith("", storage)
		if st, err := c.Status(t.Context()); err != nil || st.Messages != 12 || st.People != 5 {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
		stop()
	}
	c, _, _ := w.copyWith("", own) // the same state under the right name is taken
	if st, err := c.Status(t.Context()); err != nil || st.People != 6 {
		t.Errorf("own: %+v, %v", st, err)
	}
}

func TestFewSnapshotsAreKept(t *testing.T) {
	t.Parallel()
	storage := &shared{}
	bucket := snapshot.Bucket{Storage: storage}
	h := history.New()
	state := snapshot.State{History: h, Shelf: content.NewShelf(), Model: model.Build(h.All(), time.Now())}
	storage.put("media/0", nil, time.Now().AddDate(-1, 0, 0)) // not ours
	storage.put("recommender/snapshots/gone/1/old", nil, time.Now().AddDate(0, 0, -31))
	storage.put("recommender/snapshots/gone/1/young", nil, time.Now().AddDate(0, 0, -29))
	for range 6 {
		if written, err := bucket.Write(t.Context(), snapshot.Head{Kafka: "k"}, state, time.Minute); err != nil || !written {
			t.Fatal(written, err)
		}
		if written, err := bucket.Write(t.Context(), snapshot.Head{Kafka: "k"}, state, time.Minute); err != nil || written {
			t.Fatal("twice within a minute", err)
		}
		storage.ages(time.Hour)
	}
	list, err := bucket.Snapshots(t.Context(), "k")
	if err != nil || len(list) != 3 {
		t.Errorf("%v, %v", list, err)
	}
	if head, _, err := bucket.Read(t.Context(), list[0], "k"); err != nil || head.Kafka != "k" {
		t.Errorf("%+v, %v", head, err)
	}
	for key, want := range map[string]bool{"media/0": true, "recommender/snapshots/gone/1/old": false, "recommender/snapshots/gone/1/young": true} {
		if _, held := storage.held[key]; held != want {
			t.Errorf("%s is held: %v", key, held)
		}
	}
	storage.broken = errors.New("full")
	if _, err := bucket.Write(t.Context(), snapshot.Head{Kafka: "k"}, state, time.Minute); !errors.Is(err, storage.broken) {
		t.Errorf("a storage that is full: %v", err)
	}
}
