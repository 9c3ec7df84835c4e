// Package jobs runs work later, on River: mail, sweeps and everything periodic. A job is enqueued in the transaction that
// causes it: River's driver gets the very pgx transaction that gorm works in, so a job exists exactly if its cause does.
// Every job can run twice and must bear it.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/codes"

	"crateful.dev/kit/telemetry"
	"crateful.dev/models/internal/tx"
)

// Database gives the transaction that travels in a context.
type Database interface {
	Pool() *pgxpool.Pool
	Tx(ctx context.Context) (pgx.Tx, bool)
}

// Registry collects what this process can do.
type Registry struct {
	workers  *river.Workers
	periodic []*river.PeriodicJob
	err      error
}

// NewRegistry returns an empty one.
func NewRegistry() *Registry { return &Registry{workers: river.NewWorkers()} }

// Option changes how jobs of one kind run.
type Option func(*settings)

type settings struct{ timeout time.Duration }

// Timeout is how long one run may take; a minute unless told.
func Timeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }

// Handle runs jobs of T's kind with handle.
func Handle[T tx.Job](r *Registry, handle func(ctx context.Context, job T) error, opts ...Option) {
	s := settings{timeout: time.Minute}
	for _, o := range opts {
		o(&s)
	}
	if err := river.AddWorkerSafely(r.workers, &worker[T]{handle: handle, timeout: s.timeout}); err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("register job: %w", err))
	}
}

// unfinished are the states in which a job is still to come or under way.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// Every enqueues job again and again, across copies of the service. A turn is left out while the one before is not over, so
// that slow runs do not fill the queue; a frequent job that fails waits for its next turn instead of being tried again.
func Every(r *Registry, interval time.Duration, job tx.Job) {
	attempts := 3
	if interval <= 10*time.Minute {
		attempts = 1
	}
	r.periodic = append(r.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) {
			return job, &river.InsertOpts{MaxAttempts: attempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
}

// Cancel marks an error after which the job is not tried again.
func Cancel(err error) error { return river.JobCancel(err) }

type worker[T tx.Job] struct {
	river.WorkerDefaults[T]
	handle  func(ctx context.Context, job T) error
	timeout time.Duration
}

func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	ctx, span := telemetry.Span(ctx, "models", "job "+job.Kind)
	defer span.End()
	err := w.handle(ctx, job.Args)
	if err != nil {
		span.SetStatus(codes.Error, "failed")
	}
	return err
}
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// Client enqueues jobs and runs them. It has two River clients: one that only inserts, made before the workers are known.
type Client struct {
	db     Database
	insert *river.Client[pgx.Tx]
	log    *slog.Logger
}

// New returns a Client over db.
func New(db Database, log *slog.Logger) (*Client, error) {
	insert, err := river.NewClient(riverpgxv5.New(db.Pool()), &river.Config{Logger: quiet(log)})
	if err != nil {
		return nil, fmt.Errorf("prepare job queue: %w", err)
	}
	return &Client{db: db, insert: insert, log: log}, nil
}

// Enqueue asks for job in the transaction of ctx, or at once without one.
func (c *Client) Enqueue(ctx context.Context, job tx.Job, opts ...tx.JobOption) error {
	var o tx.JobOptions
	for _, opt := range opts {
		opt(&o)
	}
	insert := &river.InsertOpts{MaxAttempts: o.MaxAttempts, ScheduledAt: o.At}
	if o.Unique {
		insert.UniqueOpts = river.UniqueOpts{ByArgs: true}
	}
	var err error
	if t, ok := c.db.Tx(ctx); ok {
		_, err = c.insert.InsertTx(ctx, t, job, insert)
	} else {
		_, err = c.insert.Insert(ctx, job, insert)
	}
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// longestJob is above every Timeout: what runs longer was left by a copy that died.
const longestJob = 6 * time.Minute

// TakeOver makes jobs available again that a killed process left running, and ends those that were at their last attempt, so
// that they do not stand in the way of their next turn. Only for a copy that is the only one; several copies wait for
// longestJob instead.
func (c *Client) TakeOver(ctx context.Context) error {
	left, err := c.db.Pool().Exec(ctx, `UPDATE river_job SET scheduled_at = now(),
		state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river_job_state,
		finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END WHERE state = 'running'`)
	if err != nil {
		return fmt.Errorf("take over jobs: %w", err)
	}
	if n := left.RowsAffected(); n > 0 {
		c.log.InfoContext(ctx, "jobs of a killed process taken over", "count", n)
	}
	return nil
}

// Run works jobs until ctx ends and waits for those that run.
func (c *Client) Run(ctx context.Context, r *Registry) error {
	if r.err != nil {
		return r.err
	}
	client, err := river.NewClient(riverpgxv5.New(c.db.Pool()), &river.Config{
		Logger:               quiet(c.log),
		Workers:              r.workers,
		PeriodicJobs:         r.periodic,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 8}},
		FetchPollInterval:    time.Second,
		RescueStuckJobsAfter: longestJob,
		ErrorHandler:         failures{c.log},
	})
	if err != nil {
		return fmt.Errorf("prepare job queue: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start job queue: %w", err)
	}
	<-ctx.Done()
	soft, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := client.Stop(soft); err == nil {
		return nil
	}
	hard, cancelHard := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancelHard()
	if err := client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("stop job queue: %w", err)
	}
	return nil
}
