// Package operations is the operator's side of models: what needs somebody, what waits on its way to Kafka and behind it, dead
// letters, jobs and sweeps of storage. It looks on and repeats; what the things mean is left to the packages that own them.
package operations

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/tx"
)

// Store is what Postgres knows. Methods that change something run inside a transaction.
type Store interface {
	// Needs counts, in one statement, everything that Postgres can tell of. Lines without anything are left out.
	Needs(ctx context.Context) ([]api.OperatorNeed, error)
	Outbox(ctx context.Context, lanes int) (api.Outbox, error)

	// NextOpen is the first offset of a dead topic, from one on, that was not dealt with.
	NextOpen(ctx context.Context, topic string, from int64) (int64, error)
	// Dealt tells how many offsets of a dead topic from one on were dealt with.
	Dealt(ctx context.Context, topic string, from int64) (int64, error)
	// Outcomes tells what became of those of the offsets that were dealt with.
	Outcomes(ctx context.Context, topic string, offsets []int64) (map[int64]Dealt, error)
	// Deal notes an outcome, unless there is one: false then.
	Deal(ctx context.Context, topic string, offset int64, outcome api.DeadOutcome, eventID string) (bool, error)
	// Resend puts a message into the outbox as it is.
	Resend(ctx context.Context, m Resent) error
	// Newest locks a pack and tells its newest revision, from its row and from its events; 0 when there is neither.
	Newest(ctx context.Context, packID string) (int64, error)
	// ForgetDead forgets what became of letters outside of the offsets that Kafka has.
	ForgetDead(ctx context.Context, topic string, first, end int64) error

	Jobs(ctx context.Context, q JobQuery) (api.Jobs, error)
	Job(ctx context.Context, id int64) (api.Job, error)
	// GiveUp marks a job that failed for the last time as cancelled.
	GiveUp(ctx context.Context, id int64) error

	AskSweep(ctx context.Context, id string) (api.Sweep, error)
	BeginSweep(ctx context.Context, id string, due bool) (string, error)
	EndSweep(ctx context.Context, id string, in api.SweepEnd) error
	Objects(ctx context.Context, after string, limit int) (api.StoredObjects, error)
}

// Dealt is what became of a dead letter.
type Dealt struct {
	Outcome api.DeadOutcome
	At      time.Time
}

// Resent is a message on its way out again.
type Resent struct {
	EventID    string
	Topic, Key string
	Type       string
	Value      []byte
	Headers    []kafka.Header
}

// JobQuery is which jobs are asked for.
type JobQuery struct {
	State, Kind string
	Failed      bool
	Before      int64 // go on behind this id; 0 at the start
	Limit       int
}

// Queue changes jobs in the transaction of the context.
type Queue interface {
	Retry(ctx context.Context, id int64) error
	Cancel(ctx context.Context, id int64) error
}

// Audit keeps what admins do.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Service answers operators.
type Service struct {
	unit  tx.Runner
	store Store
	queue Queue
	audit Audit
	kafka kafka.Config
	log   *slog.Logger
	seen  sight
}

// Config is what a Service needs.
type Config struct {
	Unit  tx.Runner
	Store Store
	Queue Queue
	Audit Audit
	Kafka kafka.Config
	Log   *slog.Logger
}

// New returns a Service.
func New(c Config) *Service {
	return &Service{unit: c.Unit, store: c.Store, queue: c.Queue, audit: c.Audit, kafka: c.Kafka, log: c.Log}
}

// Outbox tells what waits on its way to Kafka.
func (s *Service) Outbox(ctx context.Context) (api.Outbox, error) { return s.store.Outbox(ctx, 100) }

// object is more about an act, for the audit log.
type object map[string]any

// indented is a JSON value for people, or what there is.
func indented(raw []byte) []byte {
	var v json.RawMessage
	if json.Unmarshal(raw, &v) != nil {
		return raw
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return raw
	}
	return out
}
