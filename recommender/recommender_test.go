package recommender_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/kit/config"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
	"crateful.dev/recommender"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/client"
	"crateful.dev/recommender/internal/snapshot"
)

type world struct {
	t      *testing.T
	kafka  kafka.Config
	writer *kafka.Writer
	client *client.Client
	url    string
}

func start(t *testing.T, seed func(*world)) *world {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, events.TopicPacks, events.TopicInteractions))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, kafka: kafka.Config{Brokers: broker.ListenAddrs(), Log: log}}
	w.writer = kafka.NewWriter(w.kafka)
	t.Cleanup(func() { _ = w.writer.Close() })
	if seed != nil {
		seed(w)
	}
	w.client, w.url = w.copy()
	return w
}

// copy starts one more recommender on the same Kafka.
func (w *world) copy() (*client.Client, string) {
	c, url, _ := w.copyWith("", nil)
	return c, url
}

// copyWith starts one that keeps its snapshot in a folder and shares it in a storage, if it has them. stop ends it in order.
func (w *world) copyWith(data string, storage snapshot.Storage) (_ *client.Client, url string, stop func()) {
	w.t.Helper()
	return w.copyOf(data, storage, func(*recommender.Config) {})
}

// copyOf is copyWith for one that is configured otherwise.
func (w *world) copyOf(data string, storage snapshot.Storage, otherwise func(*recommender.Config)) (_ *client.Client, url string, stop func()) {
	w.t.Helper()
	cfg := recommender.Config{
		KafkaBrokers: w.kafka.Brokers, ServiceTokens: config.Tokens{"experience": "secret-of-experience"}, BuildPause: 10 * time.Millisecond,
		Data: data, SnapshotEvery: time.Hour,
	}
	otherwise(&cfg)
	s, err := recommender.New(w.t.Context(), cfg, w.kafka.Log)
	if err != nil {
		w.t.Fatal(err)
	}
	s.ShareIn(storage)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	server := httptest.NewServer(s.Handler())
	stop = sync.OnceFunc(func() {
		server.Close()
		cancel()
		<-done //nolint:errcheck // it was told to stop
	})
	w.t.Cleanup(stop)
	c := client.New(httpx.ClientConfig{BaseURL: server.URL, ServiceToken: "secret-of-experience"})
	w.eventually(func() error {
		if st, err := c.Status(w.t.Context()); err != nil || !st.CaughtUp {
			return fmt.Errorf("not caught up: %+v %w", st, err)
		}
		return nil
	})
	return c, server.URL, stop
}

func (w *world) send(subject string, revision int64, data events.Data) {
	w.t.Helper()
	e, err := events.New(uuid.Must(uuid.NewV7()).String(), subject, revision, time.Now(), "", data)
	if err != nil {
		w.t.Fatal(err)
	}
	value, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.writer.Write(w.t.Context(), kafka.Message{Topic: data.Topic(), Key: []byte(subject), Value: value}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) publish(id, producer, genre string, revision int64) {
	w.send(id, revision, events.PackPublishedV1{Pack: events.Listing{
		ID: id, Genre: genre, Producer: events.Producer{ID: producer}, PublishedAt: time.Now().UTC(),
	}})
}

func (w *world) buys(person string, packs ...string) {
	for _, pack := range packs {
		w.send(person, 0, events.InteractionRecordedV1{PersonID: person, Kind: events.KindPurchase, PackID: pack})
	}
}

func (w *world) eventually(check func() error) {
	w.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func catalogue(w *world) {
	w.publish("rhodes", "p1", "soul", 1)
	w.publish("wurli", "p2", "soul", 1)
	w.publish("amen", "p3", "dnb", 1)
	for i := range 4 {
		w.buys(fmt.Sprint("soul", i), "rhodes", "wurli")
	}
	w.buys("dnb", "amen")
}

func first(items api.Items) string {
	if len(items.Items) == 0 {
		return ""
	}
	return items.Items[0].PackID
}

func TestFromKafkaToAnAnswerWithEvidence(t *testing.T) {
	w := start(t, catalogue)
	similar, err := w.client.SimilarPacks(t.Context(), "rhodes", 5)
	if err != nil {
		t.Fatal(err)
	}
	if first(similar) != "wurli" || similar.Items[0].Reason.Kind != "bought_together" || similar.Items[0].Reason.People != 4 {
		t.Fatalf("similar to rhodes: %+v", similar)
	}
	// What happens from now on counts too, without a restart.
	w.send("new", 0, events.InteractionRecordedV1{PersonID: "new", Kind: events.KindLike, PackID: "rhodes"})
	w.eventually(func() error {
		items, err := w.client.ForYou(t.Context(), api.ForYou{PersonID: "new", Limit: 5})
		if err != nil || first(items) != "wurli" {
			return fmt.Errorf("for new: %+v %w", items, err)
		}
		return nil
	})
	w.send("wurli", 2, events.PackWithdrawnV1{PackID: "wurli"})
	w.eventually(func() error {
		items, err := w.client.SimilarPacks(t.Context(), "rhodes", 5)
		if err != nil || first(items) == "wurli" {
			return fmt.Errorf("a withdrawn pack is still recommended: %+v %w", items, err)
		}
		return nil
	})
}

func TestReplayGivesTheSameModel(t *testing.T) {
	w := start(t, catalogue)
	before, err := w.client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, _ := w.copy()
	w.eventually(func() error {
		other, err := second.Status(t.Context())
		if err != nil || other.Digest != before.Digest || other.People != 5 {
			return fmt.Errorf("another copy has another model: %+v, want digest %s: %w", other, before.Digest, err)
		}
		return nil
	})
	rebuilt, err := w.client.Rebuild(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rebuilt.Digest != before.Digest || !rebuilt.CaughtUp {
		t.Fatalf("after the rebuild: %+v, before: %+v", rebuilt, before)
	}
	// The rebuilt state goes on with what is new.
	w.buys("late", "amen", "rhodes")
	w.eventually(func() error {
		if st, err := w.client.Status(t.Context()); err != nil || st.People != 6 {
			return fmt.Errorf("after a new purchase: %+v %w", st, err)
		}
		return nil
	})
}

// A restart reads only what came since the snapshot; without one that can be used it reads everything, with the same answers.
func TestARestartGoesOnFromTheSnapshot(t *testing.T) {
	w := start(t, catalogue)
	data := t.TempDir()
	_, _, stop := w.copyWith(data, nil)
	stop()
	w.buys("late", "rhodes")
	for _, c := range []struct {
		name   string
		damage func(path string) error
		read   int64 // messages
	}{
		{"whole", nil, 1},
		{"damaged", func(path string) error {
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			raw[len(raw)/2] ^= 1
			return os.WriteFile(path, raw, 0o600)
		}, 13},
		{"cut off", func(path string) error { return os.Truncate(path, 100) }, 13},
		{"empty", func(path string) error { return os.Truncate(path, 0) }, 13},
		{"gone", os.Remove, 13},
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "recommender.snapshot")
		raw, err := os.ReadFile(filepath.Join(data, "recommender.snapshot"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if c.damage != nil {
			if err := c.damage(path); err != nil {
				t.Fatal(err)
			}
		}
		again, _, stop := w.copyWith(folder, nil)
		st, err := again.Status(t.Context())
		if err != nil || st.Messages != c.read || st.People != 6 || st.Packs != 3 {
			t.Errorf("%s: %+v, %v", c.name, st, err)
		}
		items, err := again.ForYou(t.Context(), api.ForYou{PersonID: "late", Limit: 5})
		if err != nil || first(items) != "wurli" || items.Items[0].Reason.PackID != "rhodes" || items.Items[0].Reason.People != 4 {
			t.Errorf("%s: for late %+v, %v", c.name, items, err)
		}
		w.eventually(func() error {
			mine, err := again.Status(t.Context())
			theirs, err2 := w.client.Status(t.Context())
			if err != nil || err2 != nil || mine.Digest != theirs.Digest {
				return fmt.Errorf("%s: digest %s, of one that never stopped %s", c.name, mine.Digest, theirs.Digest)
			}
			return nil
		})
		stop()
	}
}

func TestUnreadableMessagesAreSkipped(t *testing.T) {
	w := start(t, func(w *world) {
		if err := w.writer.Write(t.Context(), kafka.Message{Topic: events.TopicInteractions, Key: []byte("x"), Value: []byte(`{"id":`)}); err != nil {
			t.Fatal(err)
		}
		catalogue(w)
	})
	if similar, err := w.client.SimilarPacks(t.Context(), "rhodes", 5); err != nil || first(similar) != "wurli" {
		t.Fatalf("after a broken message: %+v %v", similar, err)
	}
}

func TestOnlyServicesGetIn(t *testing.T) {
	w := start(t, nil)
	stranger := client.New(httpx.ClientConfig{BaseURL: w.url})
	_, err := stranger.Status(t.Context())
	if refused, ok := errs.As(err); !ok || refused.Reason != httpx.ReasonServiceToken {
		t.Errorf("without a token: %v", err)
	}
	for _, limit := range []int{0, -1, 51} {
		if _, err := w.client.SimilarPacks(t.Context(), "x", limit); errs.CodeOf(err) != errs.CodeInvalid {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}
