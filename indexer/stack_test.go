package indexer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/indexer"
	"crateful.dev/indexer/api"
	"crateful.dev/indexer/client"
	"crateful.dev/indexer/internal/blevesearch"
	"crateful.dev/indexer/internal/elastic"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/config"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const token = "token-of-experience"

// stack is an indexer over a broker of its own, on bleve, or on Elasticsearch when ELASTICSEARCH_URL is set.
type stack struct {
	t      *testing.T
	kafka  kafka.Config
	writer *kafka.Writer
	cfg    indexer.Config
	models *systemOfRecord

	service *indexer.Service
	client  *client.Client
	url     string
	stop    func()

	patience time.Duration // with what comes true in the end
}

func newStack(t *testing.T) *stack {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0", "message.max.bytes": "4194304"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	s := &stack{t: t, kafka: kafka.Config{Brokers: broker.ListenAddrs()}, patience: 30 * time.Second}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = kafka.EnsureTopics(ctx, s.kafka,
		kafka.Topic{Name: events.TopicPacks, Partitions: 12, Configs: map[string]string{"cleanup.policy": "compact"}},
		kafka.Topic{Name: events.TopicPacks + events.DeadSuffix, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.writer = kafka.NewWriter(s.kafka)
	t.Cleanup(func() { s.writer.Close() })
	s.models = newSystemOfRecord(t)
	s.models.send = s.sendRaw
	s.cfg = indexer.Config{
		ModelsURL: s.models.url, ServiceToken: modelsToken,
		Role: indexer.RoleBoth, KafkaBrokers: s.kafka.Brokers, Data: t.TempDir(), RollbackWindow: time.Hour,
		ServiceTokens: config.Tokens{"experience": token},
	}
	if address := os.Getenv("ELASTICSEARCH_URL"); address != "" {
		s.cfg.Elasticsearch, s.cfg.Prefix = config.Secret(address), fmt.Sprintf("test-%d", time.Now().UnixNano())
		t.Cleanup(func() { removeIndices(t, address, s.cfg.Prefix) })
	}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// start starts the service; stop ends it as a clean shutdown does.
func (s *stack) start() {
	s.t.Helper()
	s.service, s.url, s.stop = s.run(s.cfg)
	s.client = client.New(httpx.ClientConfig{BaseURL: s.url, ServiceToken: token})
}

// run starts a copy of the service and waits until it is ready.
func (s *stack) run(cfg indexer.Config) (_ *indexer.Service, url string, stop func()) {
	s.t.Helper()
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	svc, err := indexer.New(context.Background(), cfg, log)
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(svc.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := svc.Run(ctx); !errors.Is(err, context.Canceled) {
			s.t.Errorf("run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		server.Close()
		if err := svc.Close(); err != nil {
			s.t.Error(err)
		}
	})
	s.eventually("ready", func() bool {
		res, err := http.Get(server.URL + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return svc, server.URL, stop
}

func (s *stack) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(s.patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	s.t.Fatalf("never came true: %s", what)
}

func (s *stack) send(packID string, revision int64, data events.Data) {
	s.t.Helper()
	e := s.event(packID, revision, data)
	s.models.learn(e)
	s.sendRaw(packID, encode(s.t, e))
}

func (s *stack) event(packID string, revision int64, data events.Data) events.Envelope {
	s.t.Helper()
	e, err := events.New(uuid.Must(uuid.NewV7()).String(), packID, revision, time.Now(), "", data)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *stack) sendRaw(key string, value []byte) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	if err := s.writer.Write(ctx, kafka.Message{Topic: events.TopicPacks, Key: []byte(key), Value: value}); err != nil {
		s.t.Fatal(err)
	}
}

// state is the generations and the newest run.
func (s *stack) state() api.Reindex {
	s.t.Helper()
	state, err := s.client.Reindex(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return state
}

// becomes waits for a state.
func (s *stack) becomes(what string, so func(api.Reindex) bool) {
	s.t.Helper()
	s.eventually(what, func() bool {
		state, err := s.client.Reindex(s.t.Context())
		return err == nil && so(state)
	})
}

// begin starts a run.
func (s *stack) begin(run func(context.Context, api.StartReindex) (api.Reindex, error)) {
	s.t.Helper()
	if _, err := run(s.t.Context(), api.StartReindex{By: "test"}); err != nil {
		s.t.Fatal(err)
	}
}

func removeIndices(t *testing.T, address, prefix string) {
	res, err := http.Get(address + "/_cat/indices/" + prefix + "-*?h=index")
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	var names bytes.Buffer
	if _, err := names.ReadFrom(res.Body); err != nil {
		t.Error(err)
		return
	}
	for _, name := range strings.Fields(names.String()) {
		req, err := http.NewRequest(http.MethodDelete, address+"/"+name, http.NoBody)
		if err != nil {
			t.Error(err)
			return
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}
}

// listing is a live pack with so many sounds.
func listing(id, title string, sounds int) events.PackPublishedV1 {
	l := events.Listing{
		ID: id, Slug: strings.ReplaceAll(strings.ToLower(title), " ", "-"), Title: title, Genre: "lo-fi", Tags: []string{"Dusty"},
		Producer: events.Producer{ID: "prod-1", Handle: "Keys", Name: "The Keys"}, Price: events.Money{Amount: 1200, Currency: "EUR"},
		Licence: "standard", CoverKey: "covers/abc", EditionID: "ed-" + id, Edition: 1, PublishedAt: time.Unix(1_700_000_000, 0).UTC(),
		UpdatedAt: time.Unix(1_700_000_000, 0).UTC(),
	}
	for i := range sounds {
		s := events.Sound{
			ID: fmt.Sprintf("%s-s%d", id, i), Name: fmt.Sprintf("Dusty_Rhodes_Phrase_%02d_Am_92.wav", i), Folder: "Loops/Keys",
			Type: "loop", Instrument: "Keys", Key: "Am", KeyUnsure: true, TempoBPM: 92, Tags: []string{"rhodes"},
			Frames: 88_200, SampleRateHz: 44_100, Channels: 2, BitDepth: 24, Format: "wav", SizeBytes: 529_200,
			SHA256: strings.Repeat("ab", 32), LoudnessLUFS: -14.2, TruePeakDBTP: -0.9,
			PreviewKey: "previews/x/1.mp3", Waveform: bytes.Repeat([]byte{byte(i)}, 96),
		}
		if i == 0 {
			s.Price = &events.Money{Amount: 80, Currency: "EUR"}
		}
		l.Sounds = append(l.Sounds, s)
	}
	return events.PackPublishedV1{Pack: l, RemovedSoundIDs: []string{}}
}

// backend opens the stopped service's index.
func (s *stack) backend() search.Backend {
	s.t.Helper()
	var b search.Backend
	var err error
	if s.cfg.Elasticsearch == "" {
		b, err = blevesearch.Open(s.cfg.Data)
	} else {
		b, err = elastic.New(elastic.Config{URL: s.cfg.Elasticsearch.Reveal(), Prefix: s.cfg.Prefix})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}
