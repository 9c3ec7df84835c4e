package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

type note struct {
	Text string `json:"text" river:"unique"`
	Rest string `json:"rest"`
}

func (note) Kind() string { return "test_note" }

type tick struct{}

func (tick) Kind() string { return "test_tick" }

// seen counts what was worked.
type seen struct {
	mu    sync.Mutex
	texts map[string]int
}

func (s *seen) add(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts == nil {
		s.texts = map[string]int{}
	}
	s.texts[text]++
	return s.texts[text]
}

func (s *seen) count(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.texts[text]
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func run(t *testing.T, db *postgres.DB, register func(r *jobs.Registry)) *jobs.Client {
	t.Helper()
	client, err := jobs.New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r := jobs.NewRegistry()
	register(r)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx, r) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return client
}

func TestJobsRunOnceTheirCauseIsCommitted(t *testing.T) {
	t.Parallel()
	db, got := postgrestest.New(t), &seen{}
	client := run(t, db, func(r *jobs.Registry) {
		jobs.Handle(r, func(_ context.Context, n note) error { got.add(n.Text); return nil })
	})
	enqueue := func(text string, fail error) error {
		return db.WithinTx(t.Context(), func(ctx context.Context) error {
			if err := client.Enqueue(ctx, note{Text: text}); err != nil {
				return err
			}
			return fail
		})
	}
	if err := enqueue("undone", errors.New("stop")); err == nil {
		t.Fatal("no error")
	}
	if err := enqueue("done", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the committed job", func() bool { return got.count("done") == 1 })
	if got.count("undone") != 0 {
		t.Error("a job ran whose transaction was undone")
	}
}

func TestUniqueLooksAtItsKeyAlone(t *testing.T) {
	t.Parallel()
	db, got := postgrestest.New(t), &seen{}
	client := run(t, db, func(r *jobs.Registry) {
		jobs.Handle(r, func(_ context.Context, n note) error { got.add(n.Text); return nil })
	})
	for _, n := range []note{{"a", "1"}, {"a", "2"}, {"b", "1"}} {
		if err := client.Enqueue(t.Context(), n, tx.Unique()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both", func() bool { return got.count("a") > 0 && got.count("b") > 0 })
	if err := client.Enqueue(t.Context(), note{"a", "3"}, tx.Unique()); err != nil { // also after it ran
		t.Fatal(err)
	}
	if err := client.Enqueue(t.Context(), note{"end", ""}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last", func() bool { return got.count("end") == 1 })
	if got.count("a") != 1 || got.count("b") != 1 {
		t.Errorf("a ran %d times, b %d", got.count("a"), got.count("b"))
	}
}

func TestFailedJobsRunAgainAndCancelledOnesDoNot(t *testing.T) {
	t.Parallel()
	db, got := postgrestest.New(t), &seen{}
	client := run(t, db, func(r *jobs.Registry) {
		jobs.Handle(r, func(_ context.Context, n note) error {
			n2 := got.add(n.Text)
			switch {
			case n.Text == "never":
				return jobs.Cancel(errors.New("hopeless"))
			case n.Text == "panics" && n2 == 1:
				panic("once")
			case n2 == 1:
				return errors.New("first time")
			}
			return nil
		})
	})
	for _, text := range []string{"again", "never", "panics"} {
		if err := client.Enqueue(t.Context(), note{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "second tries", func() bool { return got.count("again") == 2 && got.count("panics") == 2 })
	if got.count("never") != 1 {
		t.Errorf("the cancelled job ran %d times", got.count("never"))
	}
}

func TestPeriodicJobRunsOnceForAllCopies(t *testing.T) {
	t.Parallel()
	db, got := postgrestest.New(t), &seen{}
	register := func(r *jobs.Registry) {
		jobs.Handle(r, func(context.Context, tick) error { got.add("tick"); return nil })
		jobs.Handle(r, func(_ context.Context, n note) error { got.add(n.Text); return nil })
		jobs.Every(r, time.Hour, tick{})
	}
	first := run(t, db, register)
	run(t, db, register)
	eventually(t, "the periodic job", func() bool { return got.count("tick") > 0 })
	if err := first.Enqueue(t.Context(), note{Text: "end"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last", func() bool { return got.count("end") == 1 })
	if got.count("tick") != 1 {
		t.Errorf("it ran %d times", got.count("tick"))
	}
}

// A run that is slower than its interval does not meet the next one, and one that fails leaves the next one its turn.
func TestPeriodicJobsDoNotOverlap(t *testing.T) {
	t.Parallel()
	db, got := postgrestest.New(t), &seen{}
	slow := make(chan struct{})
	run(t, db, func(r *jobs.Registry) {
		jobs.Handle(r, func(context.Context, tick) error {
			if got.add("tick") == 1 {
				<-slow
			}
			return errors.New("always")
		})
		jobs.Handle(r, func(_ context.Context, n note) error { got.add("other"); return nil })
		jobs.Every(r, time.Second, tick{})
		jobs.Every(r, time.Second, note{Text: "other"})
	})
	eventually(t, "turns of another job meanwhile", func() bool { return got.count("other") >= 3 })
	if got.count("tick") != 1 {
		t.Errorf("%d runs at once", got.count("tick"))
	}
	if n := postgrestest.One[int64](t, db, "SELECT count(*) FROM river_job WHERE kind = 'test_tick'"); n != 1 {
		t.Errorf("%d turns are queued", n)
	}
	close(slow)
	eventually(t, "the turns after it", func() bool { return got.count("tick") >= 3 })
}

// A killed process leaves periodic jobs running that have no attempt left: they end, and their next turn comes.
func TestTakeOverEndsLastAttempts(t *testing.T) {
	t.Parallel()
	db, got := postgrestest.New(t), &seen{}
	client, err := jobs.New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Enqueue(t.Context(), tick{}, tx.Unique(), tx.Attempts(1)); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, db, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now()")
	if err := client.TakeOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, db, func(r *jobs.Registry) {
		jobs.Handle(r, func(context.Context, tick) error { got.add("tick"); return nil })
		jobs.Every(r, time.Hour, tick{})
	})
	eventually(t, "the next turn", func() bool { return got.count("tick") == 1 })
}

func TestStopWaitsForRunningJobs(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	client, err := jobs.New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	started, finish, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	r := jobs.NewRegistry()
	jobs.Handle(r, func(context.Context, note) error {
		close(started)
		<-finish
		close(finished)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx, r) }()
	if err := client.Enqueue(t.Context(), note{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	<-started
	cancel()
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	select {
	case <-finished:
	default:
		t.Error("Run returned before the job ended")
	}
}
