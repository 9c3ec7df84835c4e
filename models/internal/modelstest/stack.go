// Package modelstest runs the whole of models for tests: real Postgres, a Kafka broker in process, a mail server that keeps
// what it gets, and a client whose every exchange is checked against the OpenAPI contract.
package modelstest

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/config"
	"crateful.dev/kit/kafka"
	"crateful.dev/models"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// Tokens of the services that call in tests.
var Tokens = config.Tokens{
	"web": "web-token-for-tests-0001", "experience": "experience-token-for-tests-0001", "analyzer": "analyzer-token-for-tests-0001",
	"indexer": "indexer-token-for-tests-0001", "recommender": "recommender-token-for-tests-0001",
}

// Stack is models and what it needs, until the test ends.
type Stack struct {
	Service *models.Service
	DB      *postgres.DB // the same database
	Kafka   kafka.Config
	Mailbox *Mailbox
	Config  models.Config
	Log     *LogBuffer

	contract *contract
	people   int
	mu       sync.Mutex
}

// Option changes the configuration of a Stack.
type Option func(*models.Config)

// Start runs models, background work included.
func Start(t testing.TB, opts ...Option) *Stack {
	t.Helper()
	url := postgrestest.URL(t)
	s := &Stack{
		DB: postgrestest.Open(t, url), Kafka: StartKafka(t), Mailbox: StartMailbox(t), Log: &LogBuffer{},
	}
	s.Config = models.Config{
		Env: "development", PublicURL: "http://crateful.test", DatabaseURL: config.Secret(url), DatabaseConns: 12,
		KafkaBrokers: s.Kafka.Brokers, ServiceTokens: Tokens, IdentityKey: config.Secret(base64.StdEncoding.EncodeToString(make([]byte, 32))),
		LicenceKey: config.Secret(base64.StdEncoding.EncodeToString(make([]byte, 32))),
		SMTPURL:    config.Secret(s.Mailbox.URL()), MailFrom: "Crateful <hello@crateful.test>", LimitFactor: 100,
	}
	others(t, &s.Config)
	for _, o := range opts {
		o(&s.Config)
	}
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if s.Service, err = models.New(ctx, s.Config, log); err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Service.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run models: %v", err)
		}
		s.Service.Close()
	})
	if s.contract, err = loadContract(s.Service.Routes()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Handler is the door itself, for what the client of this package cannot say.
func (s *Stack) Handler() http.Handler { return s.Service.Handler() }

// Eventually waits for ok, at most 20 seconds.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// LogBuffer keeps all that was logged.
type LogBuffer struct {
	mu  sync.Mutex
	all []byte
}

// Write implements io.Writer.
func (b *LogBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, p...)
	return len(p), nil
}

// String is everything so far.
func (b *LogBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.all)
}
