package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/tx"
)

var _ order.Desk = (*OrderStore)(nil)

// stuckOrders are orders that need somebody, with why and since when. An order can be in it more than once; the first why counts.
const stuckOrders = `
	SELECT id AS order_id, 'payment_mismatch' AS why, updated_at AS at, 1 AS rank FROM orders WHERE state = 'needs_attention' AND attended_at IS NULL
	UNION ALL SELECT r.order_id, 'refund_refused', r.created_at, 2 FROM refunds r JOIN orders o ON o.id = r.order_id
		WHERE r.refused <> '' AND (o.attended_at IS NULL OR o.attended_at < r.created_at)
	UNION ALL SELECT r.order_id, 'refund_failed', r.created_at, 2 FROM refunds r JOIN orders o ON o.id = r.order_id
		WHERE r.state = 'failed' AND (o.attended_at IS NULL OR o.attended_at < r.created_at)
	UNION ALL SELECT r.order_id, 'refund_unmatched', r.created_at, 2 FROM refunds r JOIN orders o ON o.id = r.order_id
		WHERE r.reason = 'at_provider' AND r.state <> 'failed' AND NOT EXISTS (SELECT 1 FROM line_returns l WHERE l.refund_id = r.id)
			AND (o.attended_at IS NULL OR o.attended_at < r.created_at)
	UNION ALL SELECT order_id, 'disputed', opened_at, 2 FROM disputes WHERE state IN ('warning', 'needs_response')
	UNION ALL SELECT order_id, 'open_too_long', expires_at, 3 FROM payment_attempts
		WHERE state = 'open' AND session_id IS NOT NULL AND expires_at < now() - interval '1 hour'
	UNION ALL SELECT order_id, 'bank_too_long', created_at, 4 FROM payment_attempts WHERE state = 'processing' AND created_at < now() - interval '7 days'
	UNION ALL SELECT order_id, 'refund_too_long', created_at, 5 FROM refunds WHERE state = 'asked' AND created_at < now() - interval '1 hour'
	UNION ALL SELECT order_id, 'refund_asked', created_at, 6 FROM refund_requests WHERE state = 'asked' AND created_at < now() - interval '3 days'`

// Cases implements order.Desk.
func (s *OrderStore) Cases(ctx context.Context, q order.CaseQuery) ([]order.Case, error) {
	where, args := []string{"true"}, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(args))))
	}
	if q.After != "" {
		add("o.id < ?::uuid", q.After)
	}
	if q.State != "" {
		add("o.state = ?", string(q.State))
	}
	if q.Stuck {
		where = append(where, "o.id IN (SELECT order_id FROM ("+stuckOrders+") stuck)")
	}
	number, isNumber := searchedNumber(q.Text)
	switch {
	case q.Text == "":
	case tx.ValidID(q.Text):
		add("(o.id = ?::uuid OR o.buyer_id = ?::uuid)", q.Text)
	case isNumber:
		add("o.number = ?", number)
	case strings.Contains(q.Text, "@"):
		add("lower(o.buyer_email) = lower(?)", q.Text)
	default:
		add(`(o.id IN (SELECT order_id FROM payment_attempts WHERE session_id = ?) OR o.id IN (SELECT order_id FROM payments WHERE provider_id = ?)
			OR o.id IN (SELECT order_id FROM refunds WHERE provider_id = ?) OR o.id IN (SELECT order_id FROM disputes WHERE provider_id = ?) OR position(lower(?) IN lower(o.buyer_email)) > 0)`, q.Text)
	}
	args = append(args, q.Limit)
	var out []order.Case
	err := s.db.Snapshot(ctx, func(ctx context.Context) error {
		ids, err := s.ids(ctx, "SELECT o.id FROM orders o WHERE "+strings.Join(where, " AND ")+fmt.Sprintf(" ORDER BY o.id DESC LIMIT $%d", len(args)), args...)
		if err != nil {
			return err
		}
		out, err = s.cases(ctx, ids)
		return err
	})
	return out, err
}

// searchedNumber reads CF-001042, cf-1042 and 1042.
func searchedNumber(s string) (int64, bool) {
	s = strings.TrimPrefix(strings.ToUpper(s), "CF-")
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

// Case implements order.Desk.
func (s *OrderStore) Case(ctx context.Context, id string) (c order.Case, err error) {
	if !tx.ValidID(id) {
		return c, errs.NotFound("order")
	}
	err = s.db.Snapshot(ctx, func(ctx context.Context) error {
		found, err := s.cases(ctx, []string{id})
		c, err = only(found, err, "order")
		return err
	})
	return c, err
}

// Attended implements order.Desk.
func (s *OrderStore) Attended(ctx context.Context, id string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE orders SET attended_at = clock_timestamp() WHERE id = $1", id)
	return translate(err, "order")
}

// cases reads orders in the order of ids; those that do not exist are left out.
func (s *OrderStore) cases(ctx context.Context, ids []string) ([]order.Case, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var found []orderRow
	if err := s.db.gorm(ctx).Where("id IN ?", ids).Order("id DESC").Find(&found).Error; err != nil {
		return nil, translate(err, "orders")
	}
	orders, err := s.whole(ctx, found)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT o.id, o.checked_at, coalesce(w.why, '') FROM orders o LEFT JOIN (
			SELECT DISTINCT ON (order_id) order_id, why FROM (`+stuckOrders+`) stuck WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, rank) w ON w.order_id = o.id
		WHERE o.id = ANY ($1::uuid[])`, ids)
	if err != nil {
		return nil, translate(err, "orders")
	}
	more := map[string]order.Case{}
	var id string
	var checked *time.Time
	var why string
	if _, err := pgx.ForEachRow(rows, []any{&id, &checked, &why}, func() error {
		more[id] = order.Case{CheckedAt: utc(checked), Stuck: api.StuckWhy(why)}
		return nil
	}); err != nil {
		return nil, translate(err, "orders")
	}
	out := make([]order.Case, 0, len(orders))
	for _, o := range orders {
		c := more[o.ID]
		c.Order = o
		out = append(out, c)
	}
	return out, nil
}
