// Package tx is how domain services change several things at once: one transaction for rows, events and jobs.
// It holds interfaces and words only; postgres and jobs implement them.
package tx

import (
	"context"
	"time"

	"github.com/google/uuid"

	"crateful.dev/models/events"
)

// Runner runs fn in one database transaction that travels in the context fn gets. Inside a transaction it joins it.
// An error of fn undoes everything.
type Runner interface {
	WithinTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Events writes events next to the change they tell of. Append works only inside WithinTx; call it after the
// subject's row was locked or written, so that events of one subject keep their order.
type Events interface {
	Append(ctx context.Context, subject string, revision int64, data events.Data) error
}

// Jobs asks for work later. Inside WithinTx the job exists once the transaction does.
type Jobs interface {
	Enqueue(ctx context.Context, job Job, opts ...JobOption) error
}

// Unit is all three.
type Unit interface {
	Runner
	Events
	Jobs
}

// Job is a JSON struct that names its kind of work.
type Job interface{ Kind() string }

// JobOptions are the collected JobOption values.
type JobOptions struct {
	Unique      bool      // at most one job of the same kind and content within a day
	At          time.Time // not before; zero: now
	MaxAttempts int       // 0: the default
}

// JobOption changes how a job is enqueued.
type JobOption func(*JobOptions)

// Unique drops the job when one of the same kind and content was enqueued and not yet cleaned up (about a day).
func Unique() JobOption { return func(o *JobOptions) { o.Unique = true } }

// At runs the job not before t.
func At(t time.Time) JobOption { return func(o *JobOptions) { o.At = t } }

// Attempts limits how often the job is tried.
func Attempts(n int) JobOption { return func(o *JobOptions) { o.MaxAttempts = n } }

// NewID returns a new UUIDv7.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// ValidID tells whether s is a UUID in its usual form, so that it may meet a uuid column.
func ValidID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }
