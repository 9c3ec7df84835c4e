package operations

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
)

// Jobs reads the queue, newest first; before is the id to go on behind.
func (s *Service) Jobs(ctx context.Context, q JobQuery) (api.Jobs, error) {
	if q.State != "" && !slices.Contains(api.JobStates(), q.State) {
		return api.Jobs{}, errs.Invalid(errs.Field{Name: "state", Reason: "unknown", Detail: "One of " + strings.Join(api.JobStates(), ", ") + "."})
	}
	want := q.Limit
	q.Limit++
	out, err := s.store.Jobs(ctx, q)
	if err != nil {
		return out, err
	}
	if len(out.Jobs) > want {
		out.Jobs = out.Jobs[:want]
		out.Next = strconv.FormatInt(out.Jobs[want-1].ID, 10)
	}
	return out, nil
}

// RetryJob has a job run now that failed, was given up or waits for its time.
func (s *Service) RetryJob(ctx context.Context, id int64, reason string) (api.Job, error) {
	return s.changeJob(ctx, id, "job.retry", reason, func(ctx context.Context, j api.Job) error {
		switch j.State {
		case api.JobRetryable, api.JobDiscarded, api.JobCancelled, api.JobScheduled:
			return s.queue.Retry(ctx, id)
		}
		return errs.New(errs.CodeConflict, "job_not_waiting", "This job is "+j.State+". Only what failed, was cancelled or waits for its time can be run again.")
	})
}

// CancelJob gives a job up. One that runs is told to stop.
func (s *Service) CancelJob(ctx context.Context, id int64, reason string) (api.Job, error) {
	return s.changeJob(ctx, id, "job.cancel", reason, func(ctx context.Context, j api.Job) error {
		switch j.State {
		case api.JobCompleted, api.JobCancelled:
			return errs.New(errs.CodeConflict, "job_over", "This job is "+j.State+" already.")
		case api.JobDiscarded:
			return s.store.GiveUp(ctx, id)
		}
		return s.queue.Cancel(ctx, id)
	})
}

func (s *Service) changeJob(ctx context.Context, id int64, action, reason string, change func(context.Context, api.Job) error) (api.Job, error) {
	var out api.Job
	if len(reason) > 2000 {
		return out, errs.Invalid(errs.Field{Name: "reason", Reason: "too_long", Detail: "At most 2,000 characters."})
	}
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		j, err := s.store.Job(ctx, id)
		if err != nil {
			return err
		}
		if err := change(ctx, j); err != nil {
			return err
		}
		if err := s.audit.Record(ctx, audit.Entry{
			Action: action, Subject: audit.Subject{Kind: "job", ID: strconv.FormatInt(id, 10), Name: j.Kind}, Reason: strings.TrimSpace(reason),
			Data: object{"state": j.State, "attempt": j.Attempt},
		}); err != nil {
			return err
		}
		out, err = s.store.Job(ctx, id)
		return err
	})
	return out, err
}
