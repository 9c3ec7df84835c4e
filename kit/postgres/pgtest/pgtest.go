// Package pgtest gives every test a fresh, migrated database on a real Postgres server.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"crateful.dev/kit/postgres"
)

const template = "template_migrated"

// shared is the one cluster of a test binary.
var shared struct {
	once    sync.Once
	cluster *postgres.Cluster
	err     error
	// janitor is the pipe to it; held here because a collected pipe would close.
	janitor io.Closer
}

// New returns the address of a database of its own for t, copied from a template to which
// migrate was applied once (nil: an empty database). One test binary has one template: give
// the same migrate everywhere in it. Safe in parallel tests and in parallel test binaries.
func New(t testing.TB, migrate func(url string) error) (url string) {
	t.Helper()
	shared.once.Do(func() { shared.cluster, shared.err = start(migrate) })
	if shared.err != nil {
		t.Fatalf("start postgres for tests: %v", shared.err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := shared.cluster.CreateDatabase(context.Background(), name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.cluster.DropDatabase(context.Background(), name); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return shared.cluster.URL(name)
}

func start(migrate func(url string) error) (*postgres.Cluster, error) {
	dir, err := os.MkdirTemp("", "crateful-pgtest-")
	if err != nil {
		return nil, err
	}
	// The account the server runs under must be able to enter.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // test data, and it lies below a folder of the server's own
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cluster, err := postgres.Start(ctx, postgres.Options{Dir: filepath.Join(dir, "cluster"), Disposable: true})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	if err := janitor(dir, cluster.PID()); err != nil {
		_ = cluster.Close()
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start the janitor: %w", err)
	}
	if err := cluster.CreateDatabase(ctx, template, ""); err != nil {
		return nil, err
	}
	if migrate == nil {
		return cluster, nil
	}
	if err := migrate(cluster.URL(template)); err != nil {
		return nil, fmt.Errorf("migrate the template: %w", err)
	}
	return cluster, nil
}

// janitor starts a small process that outlives the test binary, which has no hook at its
// end: when the pipe from us closes, however we ended, it stops the server and removes the folder.
func janitor(dir string, pid int) error {
	const script = `cat >/dev/null
[ "$(head -n 1 "$2/cluster/data/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -QUIT "$1"
i=0; while kill -0 "$1" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
rm -rf -- "$2"`
	cmd := exec.Command("/bin/sh", "-c", script, "janitor", strconv.Itoa(pid), dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	shared.janitor = pipe
	return cmd.Start()
}
