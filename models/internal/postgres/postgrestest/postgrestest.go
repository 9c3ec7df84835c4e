// Package postgrestest gives tests a database of their own with all migrations.
package postgrestest

import (
	"context"
	"log/slog"
	"testing"

	"crateful.dev/kit/postgres/pgtest"
	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/tx"
)

// URL is the address of a fresh migrated database.
func URL(t testing.TB) string {
	t.Helper()
	return pgtest.New(t, func(url string) error {
		return postgres.Migrate(context.Background(), url, slog.New(slog.DiscardHandler))
	})
}

// New opens a fresh migrated database.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	return Open(t, URL(t))
}

// Open opens the database at url until the test ends.
func Open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 8}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// Unit is a tx.Unit over db: transactions, events and jobs.
func Unit(t testing.TB, db *postgres.DB) tx.Unit {
	t.Helper()
	queue, err := jobs.New(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return unit{db, queue}
}

type unit struct {
	*postgres.DB
	*jobs.Client
}
