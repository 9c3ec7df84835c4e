package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"crateful.dev/kit/errs"
)

// Retry makes a job available in the transaction of ctx.
func (c *Client) Retry(ctx context.Context, id int64) error {
	t, ok := c.db.Tx(ctx)
	if !ok {
		return fmt.Errorf("retry job %d: there is no transaction", id)
	}
	_, err := c.insert.JobRetryTx(ctx, t, id)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return errs.Wrap(errs.CodeConflict, err, "job_waiting", "The same work waits or runs already.")
	}
	if err != nil {
		return fmt.Errorf("retry job %d: %w", id, err)
	}
	return nil
}

// Cancel gives a job up in the transaction of ctx. One that runs is told to stop once that commits.
func (c *Client) Cancel(ctx context.Context, id int64) error {
	t, ok := c.db.Tx(ctx)
	if !ok {
		return fmt.Errorf("cancel job %d: there is no transaction", id)
	}
	if _, err := c.insert.JobCancelTx(ctx, t, id); err != nil {
		return fmt.Errorf("cancel job %d: %w", id, err)
	}
	return nil
}
