package postgres

import (
	"context"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
)

// Limiter is a token bucket per name, shared by all copies of the service.
type Limiter struct {
	db     *DB
	factor int
}

// NewLimiter returns a Limiter over db that allows factor times what is asked of it; 1 is normal.
func NewLimiter(db *DB, factor int) *Limiter { return &Limiter{db, max(1, factor)} }

// Take takes one token from bucket, which holds burst tokens and gains one each interval. Without one left it answers an
// error of code rate_limited with the time to wait. It commits by itself, whatever becomes of a surrounding transaction.
func (l *Limiter) Take(ctx context.Context, bucket string, burst int, interval time.Duration) error {
	burst *= l.factor
	var tokens float64
	var ok bool
	// The row's lock makes concurrent callers take turns; a refused call changes nothing.
	err := l.db.pool.QueryRow(ctx, `
		WITH old AS (
			INSERT INTO rate_limits AS r (bucket, tokens, updated_at) VALUES ($1, $2, clock_timestamp())
			ON CONFLICT (bucket) DO UPDATE SET
				tokens = least($2, r.tokens + greatest(0, extract(epoch FROM clock_timestamp() - r.updated_at)) / $3),
				updated_at = clock_timestamp()
			RETURNING tokens)
		SELECT tokens, tokens >= 1 FROM old`, bucket, float64(burst), interval.Seconds()).Scan(&tokens, &ok)
	if err == nil && ok {
		// Take it only if it is still there: two calls may have read the same last token.
		err = l.db.pool.QueryRow(ctx, `UPDATE rate_limits SET tokens = tokens - 1 WHERE bucket = $1 AND tokens >= 1 RETURNING true`, bucket).Scan(&ok)
		if errs.CodeOf(translate(err, "token")) == errs.CodeNotFound {
			err, ok, tokens = nil, false, 0
		}
	}
	if err != nil {
		return translate(fmt.Errorf("take from limit: %w", err), "")
	}
	if !ok {
		wait := time.Duration((1 - tokens) * float64(interval))
		return &errs.Error{
			Code: errs.CodeRateLimited, Reason: "rate_limited", RetryAfter: max(wait, time.Second),
			Detail: "Too many tries. Wait a moment and try again.",
		}
	}
	return nil
}

// PruneLimits deletes buckets that have been full again for long.
func (l *Limiter) PruneLimits(ctx context.Context) error {
	_, err := l.db.pool.Exec(ctx, `DELETE FROM rate_limits WHERE updated_at < $1`, time.Now().Add(-24*time.Hour))
	return translate(err, "prune limits")
}
