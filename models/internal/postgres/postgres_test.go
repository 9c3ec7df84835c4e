package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

type noteJob struct {
	Note string `json:"note"`
}

func (noteJob) Kind() string { return "test_note" }

func count(t *testing.T, db *postgres.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.Pool().QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTransactionHoldsRowsEventsAndJobsTogether(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	unit := postgrestest.Unit(t, db)
	change := func(fail error) error {
		return unit.WithinTx(t.Context(), func(ctx context.Context) error {
			if err := unit.Append(ctx, "p1", 1, events.PersonWipedV1{PersonID: "p1"}); err != nil {
				return err
			}
			return unit.WithinTx(ctx, func(ctx context.Context) error {
				if err := unit.Enqueue(ctx, noteJob{"x"}); err != nil {
					return err
				}
				return fail
			})
		})
	}
	stop := errors.New("stop")
	if err := change(stop); !errors.Is(err, stop) {
		t.Fatalf("got %v, want the error of the inner function", err)
	}
	if n := count(t, db, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM river_job)"); n != 0 {
		t.Fatalf("%d rows after a rollback, want 0", n)
	}
	if err := change(nil); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM river_job)"); n != 2 {
		t.Fatalf("%d rows after a commit, want 2", n)
	}
}

func TestTransactionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.WithinTx(ctx, func(ctx context.Context) error {
		if err := db.Append(ctx, "p1", 1, events.PersonWipedV1{PersonID: "p1"}); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if err == nil {
		t.Fatal("commit after cancellation gave no error")
	}
	if n := count(t, db, "SELECT count(*) FROM outbox"); n != 0 {
		t.Fatalf("%d rows, want 0", n)
	}
	for range 20 { // the pool must stay whole
		if err := db.WithinTx(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAppendNeedsATransaction(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	if err := db.Append(t.Context(), "p1", 1, events.PersonWipedV1{}); err == nil {
		t.Fatal("append without a transaction gave no error")
	}
}

func TestMigrateTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	done := make(chan error, 3)
	for range 3 {
		go func() { done <- postgres.Migrate(t.Context(), url, discard()) }()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := postgrestest.Open(t, url).CheckSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestLimiterRefusesWhenEmptyAndRefills(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	limiter := postgres.NewLimiter(db, 1)
	results := make(chan error, 30)
	for range 30 {
		go func() { results <- limiter.Take(t.Context(), "sign-in:a", 5, time.Hour) }()
	}
	passed := 0
	for range 30 {
		err := <-results
		switch {
		case err == nil:
			passed++
		case errs.CodeOf(err) != errs.CodeRateLimited:
			t.Fatal(err)
		}
	}
	if passed != 5 {
		t.Fatalf("%d of 30 passed at once, want 5", passed)
	}
	if _, err := db.Pool().Exec(t.Context(), "UPDATE rate_limits SET updated_at = updated_at - interval '1 hour'"); err != nil {
		t.Fatal(err)
	}
	if err := limiter.Take(t.Context(), "sign-in:a", 5, time.Hour); err != nil {
		t.Fatalf("an hour later: %v", err)
	}
	if err := limiter.Take(t.Context(), "sign-in:a", 5, time.Hour); errs.CodeOf(err) != errs.CodeRateLimited {
		t.Fatalf("second after an hour: got %v, want rate_limited", err)
	}
}
