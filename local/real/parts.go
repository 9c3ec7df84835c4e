package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"crateful.dev/kit/postgres"
	"crateful.dev/kit/process"
)

// parts are the servers that production has at an address.
type parts struct{ kafka, elasticsearch, minio string }

// startTime is for one server, on a busy machine.
const startTime = 10 * time.Minute

// start starts them one after the other: two that start at once are slower than that on few cores.
func (p *parts) start(ctx context.Context, k *keeper) ([]string, error) {
	for name, path := range map[string]string{"-kafka": p.kafka, "-elasticsearch": p.elasticsearch, "-minio": p.minio} {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	site := "http://127.0.0.1:" + port // storage must know whose pages may ask
	env := []string{"CRATEFUL_PUBLIC_URL=" + site}
	for _, part := range []struct {
		name  string
		start func(context.Context, *keeper) ([]string, error)
	}{
		{"postgres", startPostgres},
		{"minio", func(ctx context.Context, k *keeper) ([]string, error) { return startMinIO(ctx, k, p.minio, site) }},
		{"kafka", func(ctx context.Context, k *keeper) ([]string, error) { return startKafka(ctx, k, p.kafka) }},
		{"elasticsearch", func(ctx context.Context, k *keeper) ([]string, error) {
			return startElasticsearch(ctx, k, p.elasticsearch)
		}},
	} {
		began := time.Now()
		told, err := part.start(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s is up after %v\n", part.name, time.Since(began).Round(100*time.Millisecond))
		env = append(env, told...)
	}
	control, err := k.control(ctx)
	return append(env, control), err
}

func startPostgres(ctx context.Context, k *keeper) ([]string, error) {
	const database = "crateful"
	cluster, err := postgres.Start(ctx, postgres.Options{Dir: filepath.Join(k.dir, "postgres")})
	if err != nil {
		return nil, err
	}
	closing := make(chan struct{})
	k.stops = append(k.stops, func() error { close(closing); return cluster.Close() })
	go func() {
		select {
		case <-closing:
		case <-cluster.Done():
			k.ended <- errors.New("postgres ended")
		}
	}()
	return []string{"DATABASE_URL=" + cluster.URL(database)}, cluster.CreateDatabase(ctx, database, "")
}

func secret() string { return rand.Text() }
