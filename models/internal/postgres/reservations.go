package postgres

import (
	"context"
	"time"

	"crateful.dev/models/internal/order"
)

// Reserve takes a free slot of what an order claims, the one of somebody whose time is over before a new one. A lock keeps
// two from taking the same; that a slot is one order's is also the table's key.
func (s *OrderStore) Reserve(ctx context.Context, orderID string, c order.Claim, now, until time.Time) (bool, error) {
	q := s.db.pgx(ctx)
	if _, err := q.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('reservation:' || $1::text, 0))", c.Subject); err != nil {
		return false, translate(err, "reservation")
	}
	for _, try := range []struct {
		sql  string
		args []any
	}{
		// The order's own, also one that ran out while nobody else came.
		{"UPDATE reservations SET until = $3 WHERE subject = $1 AND order_id = $2 AND NOT used", []any{until}},
		{`UPDATE reservations SET order_id = $2, until = $3 WHERE subject = $1 AND slot = (SELECT slot FROM reservations
			WHERE subject = $1 AND NOT used AND until <= $4 AND slot <= $5 ORDER BY until LIMIT 1)`, []any{until, now, c.Limit}},
		{`INSERT INTO reservations (subject, slot, order_id, until) SELECT $1::text, n.slot, $2::uuid, $3::timestamptz
			FROM (SELECT coalesce(max(slot), 0) + 1 AS slot FROM reservations WHERE subject = $1) n WHERE n.slot <= $4`, []any{until, c.Limit}},
	} {
		tag, err := q.Exec(ctx, try.sql, append([]any{c.Subject, orderID}, try.args...)...)
		if err != nil {
			return false, translate(err, "reservation")
		}
		if tag.RowsAffected() > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Use makes a reservation the order's for ever.
func (s *OrderStore) Use(ctx context.Context, orderID, subject string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE reservations SET used = true WHERE order_id = $1 AND subject = $2 AND NOT used", orderID, subject)
	return translate(err, "reservation")
}

// Release gives up what the order reserved and did not use.
func (s *OrderStore) Release(ctx context.Context, orderID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE reservations SET until = '-infinity' WHERE order_id = $1 AND NOT used", orderID)
	return translate(err, "reservation")
}
