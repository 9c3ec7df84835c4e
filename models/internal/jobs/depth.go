package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Depth is how many jobs are in one state.
type Depth struct {
	State  string
	Count  int64
	Oldest time.Duration // since it was due
}

// Depths counts the jobs of every state but those of what was done or given up by somebody.
func (c *Client) Depths(ctx context.Context) ([]Depth, error) {
	rows, err := c.db.Pool().Query(ctx, `SELECT s.state::text, count(j.id),
			coalesce(extract(epoch FROM now() - min(j.scheduled_at)), 0)::float8
		FROM unnest('{available,discarded,pending,retryable,running,scheduled}'::river_job_state[]) AS s (state)
		LEFT JOIN river_job j ON j.state = s.state GROUP BY s.state`)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	depths, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Depth, error) {
		var d Depth
		var seconds float64
		err := row.Scan(&d.State, &d.Count, &seconds)
		d.Oldest = time.Duration(seconds * float64(time.Second))
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return depths, nil
}
