package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/kit/postgres"
	"crateful.dev/models/events"
)

const (
	relayGoal  = 5000
	relayLarge = 10_000 // events in one measurement
	relaySmall = 30_000
)

// relayThroughput lets models' own command send an outbox that was filled before. Broker is the Kafka that KAFKA_BROKERS
// names, else the embedded one. Rates are of the last nine tenths, by the times that the outbox holds.
func relayThroughput(ctx context.Context, b *bench) error {
	brokers, kind := os.Getenv("KAFKA_BROKERS"), "Kafka"
	if brokers == "" {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
		if err != nil {
			return err
		}
		defer cluster.Close()
		brokers, kind = strings.Join(cluster.ListenAddrs(), ","), "embedded broker"
	}
	s, err := b.site(ctx) // for what models has to be told
	if err != nil {
		return err
	}
	cluster, err := postgres.Start(ctx, postgres.Options{Dir: filepath.Join(b.dir, "relay"), Disposable: true})
	if err != nil {
		return err
	}
	defer func() { _ = cluster.Close() }()
	if err := cluster.CreateDatabase(ctx, "relay", ""); err != nil {
		return err
	}
	database := cluster.URL("relay")
	a := &apart{site: s.process.cmd.Process.Pid}
	_, err = a.command(ctx, b, "models", append(s.Environments["models"], "DATABASE_URL="+database, "KAFKA_BROKERS="+brokers, "MODELS_MIGRATE=true", "MODELS_ONLY_COPY=false"))
	if err == nil {
		models, server := a.children[0].cmd.Process.Pid, cluster.PID()
		err = measureRelay(ctx, b, database, kind, func() cpuSpent {
			return cpuSpent{models: cpuTime([]running{{pid: models}}), postgres: cpuTime(family(server))}
		})
	}
	return errors.Join(err, a.stop())
}

// cpuSpent is processor time in seconds. On a machine that others use meanwhile it says more than a rate.
type cpuSpent struct{ models, postgres float64 }

func measureRelay(ctx context.Context, b *bench, database, kind string, cpu func() cpuSpent) error {
	relay, err := newRelaySwitch(ctx, database)
	if err != nil {
		return err
	}
	for _, load := range []struct {
		name string
		n    int
		keys int
		data func(key string) events.Data
	}{
		{"listings of 20 sounds, 2000 packs", relayLarge, 2000, listing},
		{"listings of 20 sounds, 50 packs", relayLarge, 50, listing},
		{"views and likes, 2000 people", relaySmall, 2000, view},
	} {
		var rates, models, database []float64
		size := 0
		for range max(1, b.rounds-2) {
			var before cpuSpent
			rate, bytes, err := relay.rate(ctx, load.n, load.keys, load.data, func() { before = cpu() })
			if err != nil {
				return errors.Join(err, relay.close())
			}
			spent := cpu()
			rates, size = append(rates, rate), bytes
			models = append(models, 1e6*(spent.models-before.models)/float64(load.n))
			database = append(database, 1e6*(spent.postgres-before.postgres)/float64(load.n))
		}
		b.add(figure{
			name: fmt.Sprintf("outbox relay → %s, %s of %.1f kB", kind, load.name, float64(size)/1000), goal: "≥ 5000 events/s", unit: " /s",
			values: rates, ok: atLeast(relayGoal),
		}, figure{name: "– CPU an event", values: models, shown: func(v []float64) string {
			return fmt.Sprintf("models %.0f µs, Postgres %.0f µs", median(v), median(database))
		}})
	}
	return relay.close()
}

// rate fills the outbox while the relay rests, and gives events a second once it works.
func (r *relaySwitch) rate(ctx context.Context, n, keys int, data func(key string) events.Data, begins func()) (perSecond float64, size int, err error) {
	if err := r.off(ctx); err != nil {
		return 0, 0, err
	}
	if _, err := r.pool.Exec(ctx, "TRUNCATE outbox"); err != nil {
		return 0, 0, err
	}
	messages := make([][]byte, keys)
	topic, kind := "", ""
	for i := range messages {
		d := data(uuid(i))
		topic, kind = d.Topic(), d.EventType()
		envelope, err := events.New(uuid(n+i), uuid(i), 1, time.Now(), "", d)
		if err != nil {
			return 0, 0, err
		}
		if messages[i], err = json.Marshal(envelope); err != nil {
			return 0, 0, err
		}
	}
	now := time.Now()
	_, err = r.pool.CopyFrom(ctx, pgx.Identifier{"outbox"}, []string{"event_id", "topic", "key", "type", "revision", "committed_at", "message"},
		pgx.CopyFromSlice(n, func(i int) ([]any, error) {
			return []any{uuid(i), topic, uuid(i % keys), kind, int64(i / keys), now, messages[i%keys]}, nil
		}))
	if err != nil {
		return 0, 0, fmt.Errorf("fill the outbox: %w", err)
	}
	if _, err := r.pool.Exec(ctx, "ANALYZE outbox"); err != nil {
		return 0, 0, err
	}
	begins()
	if err := r.on(ctx); err != nil {
		return 0, 0, err
	}
	err = wait(ctx, 5*time.Minute, 100*time.Millisecond, "the relay", func() (bool, error) {
		var waiting bool
		err := r.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM outbox WHERE sent_at IS NULL)").Scan(&waiting)
		return !waiting, err
	})
	if err != nil {
		return 0, 0, err
	}
	var seconds float64
	err = r.pool.QueryRow(ctx, `SELECT extract(epoch FROM max(sent_at) - percentile_disc(0.1) WITHIN GROUP (ORDER BY sent_at))::float8 FROM outbox`).Scan(&seconds)
	return 0.9 * float64(n) / seconds, len(messages[0]), err
}

func uuid(i int) string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", i) }

func view(person string) events.Data {
	return events.InteractionRecordedV1{PersonID: person, Kind: events.KindView, PackID: uuid(1), ProducerID: uuid(2)}
}

// listing is a pack as models publishes it.
func listing(pack string) events.Data {
	price := events.Money{Amount: 80, Currency: "EUR"}
	out := events.PackPublishedV1{RemovedSoundIDs: []string{}, Pack: events.Listing{
		ID: pack, Slug: "pack-" + pack, Title: "A pack of twenty sounds", Description: strings.Repeat("Dusty loops. ", 20), Genre: "techno", Tags: []string{"dusty", "tape"},
		Producer: events.Producer{ID: uuid(2), Handle: "somebody", Name: "Somebody"}, Price: events.Money{Amount: 1200, Currency: "EUR"}, Licence: "standard",
		EditionID: uuid(3), Edition: 1, SizeBytes: 20 << 20, PublishedAt: time.Now(), UpdatedAt: time.Now(),
	}}
	for i := range soundsPerPack {
		sha := fmt.Sprintf("%064x", i)
		out.Pack.Sounds = append(out.Pack.Sounds, events.Sound{
			ID: uuid(i), Name: fmt.Sprintf("hit %02d.wav", i), Folder: "Drums", Type: "one-shot", Instrument: "kick", Key: "Am", TempoBPM: 120, Tags: []string{"dusty"},
			Frames: 96000, SampleRateHz: 48000, Channels: 2, BitDepth: 24, Format: "wav", SizeBytes: 576044, SHA256: sha, LoudnessLUFS: -14.2, TruePeakDBTP: -1.1,
			Price: &price, PreviewKey: "previews/" + sha + "/1.mp3", Waveform: make([]byte, 96), Features: make([]float32, 32), FeatureVersion: 1,
		})
	}
	return out
}
