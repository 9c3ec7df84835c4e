// Package postgres is the embedded Postgres: a private cluster from the server binaries of
// this machine, or from a downloaded archive when it has none.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"crateful.dev/kit/postgres"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// Options say where the cluster lives.
type Options struct {
	// Dir holds the data. It is kept over restarts.
	Dir string
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
	// Databases exist when Start returns.
	Databases []string
	Log       *slog.Logger
}

// Start starts the cluster and makes the databases it lacks.
func Start(ctx context.Context, o Options) (*postgres.Cluster, error) {
	cluster, err := postgres.Start(ctx, postgres.Options{
		Dir: o.Dir, Port: o.Port, Log: o.Log,
		Binaries: func(ctx context.Context) (string, error) { return download(ctx, o.Dir+"-binaries") },
	})
	if err != nil {
		return nil, err
	}
	for _, name := range o.Databases {
		if err := cluster.CreateDatabase(ctx, name, ""); err != nil {
			return nil, errors.Join(err, cluster.Close())
		}
	}
	return cluster, nil
}

// download unpacks a server archive below dir, once, and returns the folder of its programs.
func download(ctx context.Context, dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "bin")
	if complete(bin) {
		return bin, nil
	}
	scratch, err := os.MkdirTemp("", "crateful-postgres-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	unpacked := make(chan error, 1)
	go func() {
		// The library fetches only as a part of starting a server of its own. That start may
		// fail, as root always, and the programs are there all the same.
		server := embedded.NewDatabase(embedded.DefaultConfig().
			Version(embedded.V17).CachePath(filepath.Join(dir, "cache")).BinariesPath(dir).
			RuntimePath(filepath.Join(scratch, "run")).Port(0).Logger(nil))
		err := server.Start()
		if err == nil {
			err = server.Stop()
		}
		unpacked <- err
	}()
	select {
	case err = <-unpacked:
	case <-ctx.Done():
		<-unpacked //nolint:errcheck // its owner waits for it; why it ended matters no more
		return "", ctx.Err()
	}
	if !complete(bin) {
		return "", fmt.Errorf("download a postgres server: %w", err)
	}
	return bin, nil
}

func complete(bin string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			return false
		}
	}
	return true
}
