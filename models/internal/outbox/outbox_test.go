package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/outbox"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// start runs a relay until the returned function is called.
func start(t *testing.T, db *postgres.DB, cfg kafka.Config, w outbox.Writer) (stop func()) {
	t.Helper()
	relay := outbox.NewRelay(db.Pool(), cfg, w, prometheus.NewRegistry(), quiet())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- relay.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func appendEvents(t *testing.T, db *postgres.DB, subject string, from, to int64) {
	t.Helper()
	err := db.WithinTx(t.Context(), func(ctx context.Context) error {
		for revision := from; revision <= to; revision++ {
			if err := db.Append(ctx, subject, revision, events.PackWithdrawnV1{PackID: subject}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// received reads n messages of a topic and returns the revisions by subject in log order.
func received(t *testing.T, cfg kafka.Config, topic string, n int) map[string][]int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, total, enough := map[string][]int64{}, 0, errors.New("enough")
	var mu sync.Mutex
	_, err := kafka.Replay(ctx, cfg, topic, func(_ context.Context, m kafka.Message) error {
		e, err := events.Parse(m.Value)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		got[e.Subject] = append(got[e.Subject], e.Revision)
		if total++; total >= n {
			return enough
		}
		return nil
	}, kafka.ReplayOptions{Live: true})
	if !errors.Is(err, enough) {
		t.Fatalf("got %d of %d messages: %v", total, n, err)
	}
	return got
}

func unsent(t *testing.T, db *postgres.DB) int64 {
	t.Helper()
	_, waiting, err := db.OutboxAge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return waiting
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func TestRelaySendsInOrderAndRecordsWhere(t *testing.T) {
	t.Parallel()
	db, cfg := postgrestest.New(t), modelstest.StartKafka(t)
	writer := kafka.NewWriter(cfg)
	t.Cleanup(func() { _ = writer.Close() })
	if ready, err := outbox.EnsureTopics(t.Context(), cfg, quiet()); err != nil || !ready {
		t.Fatalf("topics ready %v, %v", ready, err)
	}
	appendEvents(t, db, "a", 1, 20)
	appendEvents(t, db, "b", 1, 20)
	start(t, db, cfg, writer)
	start(t, db, cfg, writer) // a second copy must not send anything twice
	got := received(t, cfg, events.TopicPacks, 40)
	for _, subject := range []string{"a", "b"} {
		if len(got[subject]) != 20 {
			t.Fatalf("%s: %d messages, want 20", subject, len(got[subject]))
		}
		for i, revision := range got[subject] {
			if revision != int64(i+1) {
				t.Fatalf("%s arrived as %v", subject, got[subject])
			}
		}
	}
	eventually(t, "all marked", func() bool { return unsent(t, db) == 0 })
	sent, err := db.SentEvent(t.Context(), events.TopicPacks, "a", 20)
	if err != nil {
		t.Fatal(err)
	}
	if sent.SentAt == nil || sent.Offset < 19 || sent.SentAt.Before(sent.CommittedAt) {
		t.Fatalf("trace of the last event is %+v", sent)
	}
}

func TestRelayIsWokenAtCommit(t *testing.T) {
	t.Parallel()
	db, cfg := postgrestest.New(t), modelstest.StartKafka(t)
	writer := kafka.NewWriter(cfg)
	t.Cleanup(func() { _ = writer.Close() })
	start(t, db, cfg, writer)
	appendEvents(t, db, "warm", 1, 1)
	eventually(t, "first event", func() bool { return unsent(t, db) == 0 })
	fastest := time.Hour
	for i := range int64(20) {
		begin := time.Now()
		appendEvents(t, db, fmt.Sprint("p", i), 1, 1)
		eventually(t, "event", func() bool { return unsent(t, db) == 0 })
		fastest = min(fastest, time.Since(begin))
	}
	t.Logf("fastest commit to acknowledgement: %v", fastest)
	if fastest > 100*time.Millisecond { // polling alone would take up to 500 ms
		t.Fatalf("fastest of 20 took %v", fastest)
	}
}

// flaky refuses some keys and notes what it was given.
type flaky struct {
	mu      sync.Mutex
	refuse  map[string]bool
	large   string // subject whose events are too large: a write with one is refused as a whole
	offsets int64
	log     []string
}

func (f *flaky) Write(_ context.Context, msgs ...kafka.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range msgs {
		if f.large != "" && string(m.Key) == f.large {
			return fmt.Errorf("write: %w", kafka.ErrTooLarge)
		}
	}
	out, failed := make(kafka.WriteErrors, len(msgs)), false
	for i, m := range msgs {
		var e events.Envelope
		if err := json.Unmarshal(m.Value, &e); err != nil {
			return err
		}
		if f.refuse[e.Subject] {
			out[i], failed = errors.New("refused"), true
			continue
		}
		f.offsets++
		msgs[i].Offset = f.offsets
		f.log = append(f.log, fmt.Sprintf("%s%d", e.Subject, e.Revision))
	}
	if failed {
		return out
	}
	return nil
}

func (f *flaky) set(subject string, refuse bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = map[string]bool{subject: refuse}
}

func (f *flaky) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

func TestRefusedEventHoldsBackItsOwnKeyOnly(t *testing.T) {
	t.Parallel()
	db, cfg := postgrestest.New(t), modelstest.StartKafka(t)
	w := &flaky{refuse: map[string]bool{"bad": true}}
	appendEvents(t, db, "bad", 1, 3)
	appendEvents(t, db, "good", 1, 3)
	start(t, db, cfg, w)
	eventually(t, "the good key", func() bool { return unsent(t, db) == 3 })
	for _, s := range w.seen() {
		if s[0] == 'b' {
			t.Fatalf("sent %v", w.seen())
		}
	}
	w.set("bad", false)
	eventually(t, "the bad key", func() bool { return unsent(t, db) == 0 })
	if got := fmt.Sprint(w.seen()); got != "[good1 good2 good3 bad1 bad2 bad3]" {
		t.Fatalf("sent %s", got)
	}
}

func TestEventThatIsTooLargeHoldsBackItsOwnKeyOnly(t *testing.T) {
	t.Parallel()
	db, cfg := postgrestest.New(t), modelstest.StartKafka(t)
	w := &flaky{large: "huge"}
	appendEvents(t, db, "a", 1, 2)
	appendEvents(t, db, "huge", 1, 1)
	appendEvents(t, db, "b", 1, 2)
	start(t, db, cfg, w)
	eventually(t, "the other keys", func() bool { return unsent(t, db) == 1 })
	if got := fmt.Sprint(w.seen()); got != "[a1 b1 a2 b2]" {
		t.Fatalf("sent %s", got)
	}
}

func TestRelayThatLostItsConnectionStopsAndAnotherGoesOn(t *testing.T) {
	t.Parallel()
	db, cfg := postgrestest.New(t), modelstest.StartKafka(t)
	first, second := &flaky{}, &flaky{}
	stopFirst := start(t, db, cfg, first)
	appendEvents(t, db, "a", 1, 1)
	eventually(t, "first relay", func() bool { return unsent(t, db) == 0 })
	start(t, db, cfg, second)
	if _, err := db.Pool().Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	appendEvents(t, db, "a", 2, 5)
	eventually(t, "either relay", func() bool { return unsent(t, db) == 0 })
	stopFirst()
	appendEvents(t, db, "a", 6, 6)
	eventually(t, "second relay", func() bool { return unsent(t, db) == 0 })
	if n := len(first.seen()) + len(second.seen()); n != 6 {
		t.Fatalf("%d events sent by both together, want 6: %v %v", n, first.seen(), second.seen())
	}
}

func TestDirectSendsInBatchesAndAtStop(t *testing.T) {
	t.Parallel()
	w := &flaky{}
	d := outbox.NewDirect(w, prometheus.NewRegistry(), quiet())
	for i := range 10_100 {
		ok, err := d.Record("p", time.Now(), "", events.InteractionRecordedV1{PersonID: "p", Kind: events.KindView})
		if err != nil {
			t.Fatal(err)
		}
		if ok != (i < 10_000) {
			t.Fatalf("record %d: room is %v", i, ok)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	eventually(t, "a batch", func() bool { return len(w.seen()) > 0 })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := len(w.seen()); n != 10_000 {
		t.Fatalf("%d sent, want 10,000", n)
	}
}

func TestTopicsAreCreatedOnceAndCheckedAfter(t *testing.T) {
	t.Parallel()
	cfg := modelstest.StartKafka(t)
	for range 2 {
		if ready, err := outbox.EnsureTopics(t.Context(), cfg, quiet()); err != nil || !ready {
			t.Fatalf("ready %v, %v", ready, err)
		}
	}
	other := modelstest.StartKafka(t)
	if err := kafka.EnsureTopics(t.Context(), other, kafka.Topic{Name: events.TopicPacks, Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.EnsureTopics(t.Context(), other, quiet()); err == nil {
		t.Fatal("a topic of another shape was accepted")
	}
	if ready, err := outbox.EnsureTopics(t.Context(), kafka.Config{Brokers: []string{"127.0.0.1:1"}}, quiet()); err != nil || ready {
		t.Fatalf("without a broker: ready %v, %v", ready, err)
	}
}

// killer sends and then cuts the relay's connection, as a crash between sending and marking would.
type killer struct {
	flaky
	db   *postgres.DB
	once sync.Once
}

func (k *killer) Write(ctx context.Context, msgs ...kafka.Message) error {
	err := k.flaky.Write(ctx, msgs...)
	k.once.Do(func() {
		_, cut := k.db.Pool().Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks
			WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		err = errors.Join(err, cut)
	})
	return err
}

func TestCrashBetweenSendingAndMarkingLosesNothing(t *testing.T) {
	t.Parallel()
	db, cfg := postgrestest.New(t), modelstest.StartKafka(t)
	w := &killer{db: db}
	appendEvents(t, db, "a", 1, 3)
	start(t, db, cfg, w)
	eventually(t, "all", func() bool { return unsent(t, db) == 0 })
	if got := fmt.Sprint(w.seen()); got != "[a1 a1 a2 a3]" {
		t.Fatalf("sent %s", got)
	}
}
