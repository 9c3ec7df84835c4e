package pgtest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/kit/postgres/pgtest"

	"github.com/jackc/pgx/v5"
)

var migrations atomic.Int32

func migrate(url string) error {
	migrations.Add(1)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE TABLE packs (title text PRIMARY KEY)")
	return err
}

func TestEveryTestHasItsOwnMigratedDatabase(t *testing.T) {
	for _, name := range []string{"a", "b", "c", "d"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := pgx.Connect(t.Context(), pgtest.New(t, migrate))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(context.Background()) }()
			// The same primary key everywhere: one shared database would refuse the second.
			if _, err := conn.Exec(t.Context(), "INSERT INTO packs VALUES ('dusty')"); err != nil {
				t.Fatal(err)
			}
			if n := migrations.Load(); n != 1 {
				t.Errorf("migrated %d times, want once", n)
			}
		})
	}
}

// TestNothingIsLeftBehind runs this test binary again as a child, kills it, and looks for
// what it leaves.
func TestNothingIsLeftBehind(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		pgtest.New(t, nil)
		if err := os.WriteFile(os.Getenv("PGTEST_CHILD"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		<-t.Context().Done()
		return
	}
	temp, err := os.MkdirTemp("", "crateful-left-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(temp, "ready")
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeftBehind$")
	cmd.Env = append(os.Environ(), "PGTEST_CHILD="+ready, "TMPDIR="+temp)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait(t, "the child to start its cluster", func() bool { _, err := os.Stat(ready); return err == nil })
	pidfile, err := filepath.Glob(filepath.Join(temp, "crateful-pgtest-*/cluster/data/postmaster.pid"))
	if err != nil || len(pidfile) != 1 {
		t.Fatalf("want one running cluster, have %v, %v", pidfile, err)
	}
	b, err := os.ReadFile(pidfile[0])
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(b), "\n")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	wait(t, "the server to end", func() bool { _, err := os.Stat("/proc/" + pid); return err != nil })
	wait(t, "the folder to go", func() bool {
		left, err := filepath.Glob(filepath.Join(temp, "crateful-pgtest-*"))
		return err == nil && len(left) == 0
	})
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
