package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/tx"
)

// wentBack adds to orders what went back or may: parts of lines, disputes, requests and the rule that holds for them.
func (s *OrderStore) wentBack(ctx context.Context, ids []string, byID map[string]*order.Order) error {
	q := s.db.pgx(ctx)
	rows, err := q.Query(ctx, `SELECT o.id, r.producer_days, r.buyer_days FROM orders o CROSS JOIN LATERAL (
		SELECT * FROM refund_rules WHERE valid_from <= coalesce(o.paid_at, now()) ORDER BY valid_from DESC LIMIT 1) r WHERE o.id = ANY ($1::uuid[])`, ids)
	if err != nil {
		return translate(err, "refund rules")
	}
	var id string
	var rule order.RefundRule
	if _, err := pgx.ForEachRow(rows, []any{&id, &rule.ProducerDays, &rule.BuyerDays}, func() error {
		byID[id].Rule = rule
		return nil
	}); err != nil {
		return translate(err, "refund rules")
	}
	if err := s.disputes(ctx, ids, byID); err != nil {
		return err
	}
	if err := s.parts(ctx, ids, byID); err != nil {
		return err
	}
	rows, err = q.Query(ctx, `SELECT order_id, id, order_line_id, buyer_id, producer_id, reason, state, answer, answered_by, created_at, decided_at
		FROM refund_requests WHERE order_id = ANY ($1::uuid[]) ORDER BY id`, ids)
	if err != nil {
		return translate(err, "refund requests")
	}
	var r order.Request
	_, err = pgx.ForEachRow(rows, []any{
		&id, &r.ID, &r.LineID, &r.BuyerID, &r.ProducerID, &r.Reason, &r.State, &r.Answer, &r.AnsweredBy, &r.CreatedAt, &r.DecidedAt,
	}, func() error {
		r.CreatedAt, r.DecidedAt = r.CreatedAt.UTC(), utc(r.DecidedAt)
		byID[id].Requests = append(byID[id].Requests, r)
		r.DecidedAt = nil
		return nil
	})
	return translate(err, "refund requests")
}

func (s *OrderStore) disputes(ctx context.Context, ids []string, byID map[string]*order.Order) error {
	q := s.db.pgx(ctx)
	rows, err := q.Query(ctx, `SELECT order_id, id, provider_id, payment_id, amount, currency, reason, state, due_at, opened_at, closed_at
		FROM disputes WHERE order_id = ANY ($1::uuid[]) ORDER BY id`, ids)
	if err != nil {
		return translate(err, "disputes")
	}
	found := map[string]string{} // order by dispute
	var id string
	var d order.Dispute
	if _, err := pgx.ForEachRow(rows, []any{
		&id, &d.ID, &d.ProviderID, &d.PaymentID, &d.Amount, &d.Currency, &d.Reason, &d.State, &d.DueAt, &d.OpenedAt, &d.ClosedAt,
	}, func() error {
		found[d.ID] = id
		d.DueAt, d.OpenedAt, d.ClosedAt = utc(d.DueAt), d.OpenedAt.UTC(), utc(d.ClosedAt)
		byID[id].Disputes = append(byID[id].Disputes, d)
		d.DueAt, d.ClosedAt = nil, nil
		return nil
	}); err != nil || len(found) == 0 {
		return translate(err, "disputes")
	}
	disputes := make([]string, 0, len(found))
	for id := range found {
		disputes = append(disputes, id)
	}
	rows, err = q.Query(ctx, "SELECT dispute_id, provider_id, amount, fee FROM dispute_movements WHERE dispute_id = ANY ($1::uuid[]) ORDER BY booked_at, provider_id", disputes)
	if err != nil {
		return translate(err, "disputes")
	}
	var m order.DisputeMovement
	_, err = pgx.ForEachRow(rows, []any{&id, &m.ID, &m.Amount, &m.Fee}, func() error {
		all := byID[found[id]].Disputes
		for i := range all {
			if all[i].ID == id {
				all[i].Movements = append(all[i].Movements, m)
			}
		}
		return nil
	})
	return translate(err, "disputes")
}

// parts adds what went back of each line.
func (s *OrderStore) parts(ctx context.Context, ids []string, byID map[string]*order.Order) error {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT l.order_id, coalesce(r.refund_id::text, ''), coalesce(r.dispute_id::text, ''), r.order_line_id, r.amount, r.producer_share
		FROM line_returns r JOIN order_lines l ON l.id = r.order_line_id WHERE l.order_id = ANY ($1::uuid[]) ORDER BY r.created_at, l.position`, ids)
	if err != nil {
		return translate(err, "what went back")
	}
	var id, refund, dispute string
	var p order.Part
	_, err = pgx.ForEachRow(rows, []any{&id, &refund, &dispute, &p.LineID, &p.Amount, &p.ProducerShare}, func() error {
		o := byID[id]
		for i := range o.Lines {
			if o.Lines[i].ID == p.LineID {
				o.Lines[i].Returned += p.Amount
			}
		}
		for i := range o.Refunds {
			if o.Refunds[i].ID == refund {
				o.Refunds[i].Parts = append(o.Refunds[i].Parts, p)
			}
		}
		for i := range o.Disputes {
			if o.Disputes[i].ID == dispute {
				o.Disputes[i].Parts = append(o.Disputes[i].Parts, p)
			}
		}
		return nil
	})
	return translate(err, "what went back")
}

// saveWentBack writes disputes, parts and requests.
func (s *OrderStore) saveWentBack(ctx context.Context, o *order.Order) error {
	q := s.db.pgx(ctx)
	for _, d := range o.Disputes {
		if _, err := q.Exec(ctx, `INSERT INTO disputes (id, provider_id, order_id, payment_id, amount, currency, reason, state, due_at, opened_at, closed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET amount = EXCLUDED.amount, reason = EXCLUDED.reason,
				state = EXCLUDED.state, due_at = EXCLUDED.due_at, closed_at = EXCLUDED.closed_at`,
			d.ID, d.ProviderID, o.ID, d.PaymentID, d.Amount, d.Currency, d.Reason, d.State, d.DueAt, d.OpenedAt, d.ClosedAt); err != nil {
			return translate(err, "dispute")
		}
		for _, m := range d.Movements {
			if _, err := q.Exec(ctx, "INSERT INTO dispute_movements (provider_id, dispute_id, amount, fee) VALUES ($1, $2, $3, $4) ON CONFLICT (provider_id) DO NOTHING",
				m.ID, d.ID, m.Amount, m.Fee); err != nil {
				return translate(err, "dispute")
			}
		}
		if err := s.saveParts(ctx, d.Parts, nil, &d.ID); err != nil {
			return err
		}
	}
	for _, r := range o.Refunds {
		if err := s.saveParts(ctx, r.Parts, &r.ID, nil); err != nil {
			return err
		}
	}
	for _, r := range o.Requests {
		if _, err := q.Exec(ctx, `INSERT INTO refund_requests (id, order_id, order_line_id, buyer_id, producer_id, reason, state, answer, answered_by, created_at, decided_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, answer = EXCLUDED.answer,
				answered_by = EXCLUDED.answered_by, decided_at = EXCLUDED.decided_at WHERE refund_requests.state = 'asked'`,
			r.ID, o.ID, r.LineID, r.BuyerID, r.ProducerID, r.Reason, r.State, r.Answer, r.AnsweredBy, r.CreatedAt, r.DecidedAt); err != nil {
			return translate(err, "refund request")
		}
	}
	return nil
}

func (s *OrderStore) saveParts(ctx context.Context, parts []order.Part, refundID, disputeID *string) error {
	for _, p := range parts {
		if _, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO line_returns (order_line_id, refund_id, dispute_id, amount, producer_share)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, p.LineID, refundID, disputeID, p.Amount, p.ProducerShare); err != nil {
			return translate(err, "what went back")
		}
	}
	return nil
}

// EndEntitlements takes what was delivered for lines out of the buyer's library.
func (s *OrderStore) EndEntitlements(ctx context.Context, lineIDs []string) error {
	if len(lineIDs) == 0 {
		return nil
	}
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE entitlements SET ended_at = now() WHERE order_line_id = ANY ($1::uuid[]) AND ended_at IS NULL", lineIDs)
	return translate(err, "entitlements")
}

// Credited says whether a line's price lowered that of its pack or of a larger tier, which the buyer owns.
func (s *OrderStore) Credited(ctx context.Context, o *order.Order, lineID string) (bool, error) {
	var credited bool
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM order_lines l JOIN entitlements mine ON mine.order_line_id = l.id
			JOIN order_lines later ON later.pack_id = l.pack_id AND later.credit > 0 AND (later.kind = 'pack' OR later.sound_id = l.sound_id) AND later.id <> l.id
			JOIN entitlements e ON e.order_line_id = later.id AND e.ended_at IS NULL
		WHERE l.id = $1 AND e.account_id = $2 AND e.created_at > mine.created_at)`, lineID, o.Buyer.AccountID).Scan(&credited)
	return credited, translate(err, "order line")
}

func (s *OrderStore) orderOf(ctx context.Context, what, sql, id string) (string, error) {
	ids, err := s.ids(ctx, sql, id)
	return only(ids, err, what)
}

// OrderOfPayment finds an order by a payment's id at the provider.
func (s *OrderStore) OrderOfPayment(ctx context.Context, providerID string) (string, error) {
	return s.orderOf(ctx, "payment", "SELECT order_id FROM payments WHERE provider_id = $1", providerID)
}

// OrderOfLine finds an order by one of its lines.
func (s *OrderStore) OrderOfLine(ctx context.Context, lineID string) (string, error) {
	if !tx.ValidID(lineID) {
		lineID = "00000000-0000-0000-0000-000000000000"
	}
	return s.orderOf(ctx, "sale", "SELECT order_id FROM order_lines WHERE id = $1", lineID)
}

// OnTheirWay lists payments of which a refund has not arrived.
func (s *OrderStore) OnTheirWay(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return s.ids(ctx, `SELECT p.provider_id FROM refunds r JOIN payments p ON p.id = r.payment_id
		WHERE r.state = 'sent' AND coalesce(r.checked_at, r.created_at) < $1 GROUP BY p.provider_id ORDER BY min(coalesce(r.checked_at, r.created_at)) LIMIT $2`, before, limit)
}

// RefundsChecked notes that the provider was asked.
func (s *OrderStore) RefundsChecked(ctx context.Context, paymentID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE refunds SET checked_at = now() FROM payments p WHERE p.id = refunds.payment_id AND p.provider_id = $1", paymentID)
	return translate(err, "refunds")
}

// OpenDisputes lists disputes that are not decided.
func (s *OrderStore) OpenDisputes(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return s.ids(ctx, "SELECT provider_id FROM disputes WHERE closed_at IS NULL AND checked_at < $1 ORDER BY checked_at LIMIT $2", before, limit)
}

// DisputeChecked notes that the provider was asked.
func (s *OrderStore) DisputeChecked(ctx context.Context, providerID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE disputes SET checked_at = now() WHERE provider_id = $1", providerID)
	return translate(err, "dispute")
}

// SellerRequests reads what buyers asked a producer for.
func (s *OrderStore) SellerRequests(ctx context.Context, q order.RequestQuery) (found []order.SellerRequest, open int, err error) {
	err = s.db.Snapshot(ctx, func(ctx context.Context) error {
		if err := s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM refund_requests WHERE producer_id = $1 AND state = 'asked'", q.ProducerID).Scan(&open); err != nil {
			return translate(err, "refund requests")
		}
		rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id, order_id, order_line_id FROM refund_requests WHERE producer_id = $1 AND ($2::uuid IS NULL OR id < $2)
			ORDER BY id DESC LIMIT $3`, q.ProducerID, nullable(q.After), q.Limit)
		if err != nil {
			return translate(err, "refund requests")
		}
		type asked struct{ ID, OrderID, LineID string }
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[asked])
		if err != nil {
			return translate(err, "refund requests")
		}
		for _, a := range all {
			o, err := s.one(ctx, a.OrderID, false)
			if err != nil {
				return err
			}
			r := order.SellerRequest{Order: o}
			for i := range o.Requests {
				if o.Requests[i].ID == a.ID {
					r.Request = &o.Requests[i]
				}
			}
			for _, l := range o.Lines {
				if l.ID == a.LineID {
					r.Line = l
				}
			}
			found = append(found, r)
		}
		return nil
	})
	return found, open, err
}

// Contact reads how to write to an account.
func (s *OrderStore) Contact(ctx context.Context, accountID string) (order.Contact, error) {
	c := order.Contact{AccountID: accountID}
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT email, name, locale FROM accounts WHERE id = $1", accountID).Scan(&c.Email, &c.Name, &c.Locale)
	return c, translate(err, "account")
}

// Admins lists how to write to those who run the site.
func (s *OrderStore) Admins(ctx context.Context) ([]order.Contact, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT id, email, name, locale FROM accounts WHERE admin AND disabled_at IS NULL ORDER BY id")
	if err != nil {
		return nil, translate(err, "accounts")
	}
	admins, err := pgx.CollectRows(rows, pgx.RowToStructByPos[order.Contact])
	return admins, translate(err, "accounts")
}
