package postgres_test

import (
	"os"
	"path/filepath"
	"testing"

	"crateful.dev/local/internal/postgres"

	"github.com/jackc/pgx/v5"
)

func TestDatabasesAreThere(t *testing.T) {
	dir, err := os.MkdirTemp("", "crateful-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for round := range 2 {
		c, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(dir, "cluster"), Databases: []string{"models"}})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.Connect(t.Context(), c.URL("models"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS rounds AS SELECT 0 AS n WHERE false"); err != nil {
			t.Fatal(err)
		}
		var seen int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM rounds").Scan(&seen); err != nil || seen != round {
			t.Errorf("start %d found %d rows: %v", round, seen, err)
		}
		if _, err := conn.Exec(t.Context(), "INSERT INTO rounds VALUES ($1)", round); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
