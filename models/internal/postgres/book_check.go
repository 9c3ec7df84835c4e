package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/payout"
)

// LastBalanceTransaction implements payout.Store.
func (s *PayoutStore) LastBalanceTransaction(ctx context.Context) (time.Time, error) {
	var at *time.Time
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT max(created_at) FROM balance_transactions").Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, translate(err, "balance transactions")
	}
	return at.UTC(), nil
}

// AddBalanceTransactions implements payout.Store.
func (s *PayoutStore) AddBalanceTransactions(ctx context.Context, page []payout.BalanceTransaction) error {
	batch := &pgx.Batch{}
	for _, b := range page {
		batch.Queue(`INSERT INTO balance_transactions (id, type, source, payment, currency, amount, fee, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (id) DO NOTHING`, b.ID, b.Type, b.Source, b.Payment, b.Currency, b.Amount, b.Fee, b.CreatedAt)
	}
	return translate(s.db.WithinTx(ctx, func(ctx context.Context) error {
		tx, _ := s.db.Tx(ctx)
		return tx.SendBatch(ctx, batch).Close()
	}), "balance transactions")
}

// ofDispute are movements of disputes: these are booked with their fee when the dispute is followed.
const ofDispute = "b.type = 'adjustment' AND b.source ~ '^(dp|du)_'"

// UnbookedMovements implements payout.Store.
func (s *PayoutStore) UnbookedMovements(ctx context.Context, limit int) ([]payout.BalanceTransaction, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id, type, source, payment, currency, amount, fee, created_at FROM balance_transactions b
		WHERE (fee <> 0 OR type = 'stripe_fee') AND NOT (`+ofDispute+`) AND NOT EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.reference = 'fee:' || b.id)
			OR type IN ('payout', 'payout_failure') AND NOT EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.reference = 'payout:' || b.id)
		ORDER BY created_at, id LIMIT $1`, limit)
	if err != nil {
		return nil, translate(err, "fees")
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[payout.BalanceTransaction])
	return found, translate(err, "fees")
}

// CompareBook implements payout.Store.
func (s *PayoutStore) CompareBook(ctx context.Context, now, before time.Time) error {
	q := s.db.pgx(ctx)
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`UPDATE balance_transactions b SET reference = f.reference FROM (
			SELECT b.id, coalesce(
				CASE WHEN b.type IN ('charge', 'payment') THEN (SELECT 'order:' || p.order_id || ':payment:' || p.attempt FROM payments p WHERE p.provider_id = b.payment)
				WHEN b.type IN ('refund', 'payment_refund') THEN (SELECT 'refund:' || r.id FROM refunds r WHERE r.provider_id = b.source)
				WHEN b.type = 'transfer' THEN (SELECT 'transfer:' || t.id FROM transfers t WHERE t.provider_id = b.source)
				WHEN b.type = 'transfer_refund' THEN (SELECT 'reversal:' || r.id FROM transfer_reversals r WHERE r.provider_id = b.source)
				WHEN ` + ofDispute + ` THEN 'dispute:' || b.source || ':' || b.id
				WHEN b.type = 'stripe_fee' THEN 'fee:' || b.id
				WHEN b.type IN ('payout', 'payout_failure') THEN 'payout:' || b.id END, '') AS reference
			FROM balance_transactions b WHERE b.reference = '') f
			WHERE f.id = b.id AND f.reference <> '' AND EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.reference = f.reference)`, nil},
		{`CREATE TEMPORARY TABLE IF NOT EXISTS found_differences (kind text, reference text, currency text, ours bigint, theirs bigint, at timestamptz) ON COMMIT DROP`, nil},
		{`WITH book AS (
				SELECT t.reference, e.currency, sum(e.amount)::bigint AS amount, min(t.created_at) AS at FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
				WHERE e.account = 'stripe_clearing' GROUP BY t.reference, e.currency),
			told AS (
				SELECT reference, currency, sum(CASE WHEN type = 'stripe_fee' OR ` + ofDispute + ` THEN amount - fee ELSE amount END)::bigint AS amount, min(created_at) AS at
				FROM balance_transactions b WHERE reference <> '' GROUP BY reference, currency)
			INSERT INTO found_differences
			SELECT 'missing_here', id, currency, 0, amount, created_at FROM balance_transactions WHERE reference = '' AND amount <> 0 AND created_at < $1
			UNION ALL SELECT 'missing_there', b.reference, b.currency, b.amount, 0, b.at FROM book b
				WHERE b.at < $1 AND b.reference NOT LIKE 'fee:%' AND b.amount <> 0 AND NOT EXISTS (SELECT 1 FROM told t WHERE t.reference = b.reference)
			UNION ALL SELECT 'amount', t.reference, t.currency, coalesce(b.amount, 0), t.amount, t.at FROM told t LEFT JOIN book b ON b.reference = t.reference AND b.currency = t.currency
				WHERE coalesce(b.amount, 0) <> t.amount`, []any{before}},
		{`INSERT INTO book_differences AS d (kind, reference, currency, ours, theirs, at, found_at)
			SELECT kind, reference, currency, ours, theirs, at, $1 FROM found_differences
			ON CONFLICT (kind, reference) DO UPDATE SET ours = EXCLUDED.ours, theirs = EXCLUDED.theirs, cleared_at = NULL,
				found_at = CASE WHEN d.cleared_at IS NULL THEN d.found_at ELSE EXCLUDED.found_at END`, []any{now}},
		{`UPDATE book_differences d SET cleared_at = $1 WHERE cleared_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM found_differences f WHERE f.kind = d.kind AND f.reference = d.reference)`, []any{now}},
		{`INSERT INTO book_checks (at, transactions, differences) VALUES ($1, (SELECT count(*) FROM balance_transactions), (SELECT count(*) FROM found_differences))
			ON CONFLICT DO NOTHING`, []any{now}},
		{`DROP TABLE found_differences`, nil},
	} {
		if _, err := q.Exec(ctx, step.sql, step.args...); err != nil {
			return translate(err, "compare the book")
		}
	}
	return nil
}

const holdSQL = "(SELECT days FROM hold_rules WHERE valid_from <= $1 ORDER BY valid_from DESC LIMIT 1)"

// stoppedAccounts are those that answered the provider's questions and were stopped by it.
const stoppedAccounts = "details_submitted AND disabled_reason <> ''"

// Desk implements payout.Store.
func (s *PayoutStore) Desk(ctx context.Context, now time.Time) (out api.MoneyDesk, err error) {
	out = api.MoneyDesk{Accounts: []api.BookAccount{}, Differences: []api.BookDifference{}, Producers: []api.ProducerCommission{}, Stopped: []api.StoppedAccount{}}
	err = s.db.Snapshot(ctx, func(ctx context.Context) error {
		q := s.db.pgx(ctx)
		if err := q.QueryRow(ctx, `SELECT (SELECT max(at) FROM book_checks), (SELECT count(*) FROM balance_transactions),
			(SELECT basis_points FROM commission_rules WHERE valid_from <= $1 ORDER BY valid_from DESC LIMIT 1), `+holdSQL, now).
			Scan(&out.CheckedAt, &out.Transactions, &out.Commission, &out.HoldDays); err != nil {
			return err
		}
		out.CheckedAt = utc(out.CheckedAt)
		rows, err := q.Query(ctx, `WITH sums AS (
				SELECT account, currency, amount FROM ledger_checkpoints c WHERE until = (SELECT max(until) FROM ledger_checkpoints m WHERE m.account = c.account)
				UNION ALL SELECT e.account, e.currency, e.amount FROM ledger_entries e
					WHERE e.created_at >= coalesce((SELECT max(until) FROM ledger_checkpoints m WHERE m.account = e.account), '-infinity'))
			SELECT CASE WHEN account LIKE 'producer:%' THEN 'producers' ELSE account END AS name, currency, sum(amount)::bigint,
				CASE WHEN min(account) = 'stripe_clearing' THEN coalesce((SELECT sum(b.amount - b.fee) FROM balance_transactions b WHERE b.currency = s.currency), 0)::bigint END
			FROM sums s GROUP BY name, currency ORDER BY currency, name`)
		if err != nil {
			return err
		}
		if out.Accounts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[api.BookAccount]); err != nil {
			return err
		}
		if rows, err = q.Query(ctx, `SELECT kind, reference, currency, ours, theirs, at, found_at FROM book_differences WHERE cleared_at IS NULL
			ORDER BY at DESC, reference LIMIT 200`); err != nil {
			return err
		}
		if out.Differences, err = pgx.CollectRows(rows, pgx.RowToStructByPos[api.BookDifference]); err != nil {
			return err
		}
		if rows, err = q.Query(ctx, `SELECT * FROM (SELECT DISTINCT ON (r.producer_id) r.producer_id::text, a.handle, r.basis_points, r.valid_from
			FROM producer_commission_rules r JOIN accounts a ON a.id = r.producer_id WHERE r.valid_from <= $1 ORDER BY r.producer_id, r.valid_from DESC) x
			WHERE basis_points IS NOT NULL ORDER BY handle`, now); err != nil {
			return err
		}
		if out.Producers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[api.ProducerCommission]); err != nil {
			return err
		}
		if rows, err = q.Query(ctx, `SELECT c.producer_id::text, a.handle, c.disabled_reason, c.requirements
			FROM (SELECT * FROM connected_accounts WHERE `+stoppedAccounts+`) c JOIN accounts a ON a.id = c.producer_id ORDER BY a.handle LIMIT 200`); err != nil {
			return err
		}
		out.Stopped, err = pgx.CollectRows(rows, pgx.RowToStructByPos[api.StoppedAccount])
		return err
	})
	return out, translate(err, "money")
}

// Overview implements payout.Store.
func (s *PayoutStore) Overview(ctx context.Context, producerID string, now time.Time, out *api.Payouts) error {
	account := string(ledger.Producer(producerID))
	err := s.db.Snapshot(ctx, func(ctx context.Context) error {
		q := s.db.pgx(ctx)
		points, err := NewLedgerStore(s.db).CommissionBasisPoints(ctx, producerID, now)
		if err != nil {
			return err
		}
		out.CommissionPoints = points
		if err := q.QueryRow(ctx, "SELECT "+holdSQL, now).Scan(&out.HoldDays); err != nil {
			return err
		}
		rows, err := q.Query(ctx, `WITH last AS (SELECT max(until) AS until FROM ledger_checkpoints WHERE account = $1),
			moved AS (
				SELECT currency, demo, kind, amount FROM ledger_checkpoints WHERE account = $1 AND until = (SELECT until FROM last)
				UNION ALL SELECT e.currency, t.demo, t.kind, e.amount FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
					WHERE e.account = $1 AND e.created_at >= coalesce((SELECT until FROM last), '-infinity')),
			sums AS (SELECT currency, -sum(amount)::bigint AS balance, coalesce(sum(amount) FILTER (WHERE kind IN ('transfer', 'reversal')), 0)::bigint AS transferred
				FROM moved WHERE NOT demo OR $3 GROUP BY currency),
			held AS (SELECT currency, sum(amount - taken_back - sent)::bigint AS held, min(held_until) AS next FROM producer_shares
				WHERE producer_id = $2 AND held_until > $4 AND amount - taken_back - sent > 0 GROUP BY currency),
			paid AS (SELECT currency, sum(amount)::bigint AS paid FROM payouts WHERE producer_id = $2 AND state = 'paid' GROUP BY currency)
			SELECT currency, balance, coalesce(held, 0), balance - coalesce(held, 0), transferred, transferred - coalesce(paid, 0), coalesce(paid, 0), next
			FROM sums LEFT JOIN held USING (currency) LEFT JOIN paid USING (currency) ORDER BY currency`, account, producerID, s.countsDemo(ctx, producerID), now)
		if err != nil {
			return err
		}
		if out.Balances, err = pgx.CollectRows(rows, pgx.RowToStructByPos[api.PayoutBalance]); err != nil {
			return err
		}
		found, err := s.payouts(ctx, "WHERE producer_id = $1 ORDER BY created_at DESC, id LIMIT 20", producerID)
		out.Payouts = make([]api.Payout, len(found))
		for i, p := range found {
			out.Payouts[i] = api.Payout{
				ID: p.ID, Currency: p.Currency, Amount: p.Amount, State: p.State, ArrivesOn: p.ArrivesOn, Failure: p.Failure, CreatedAt: p.CreatedAt.UTC(),
			}
		}
		return err
	})
	return translate(err, "payouts")
}

// Producer implements payout.Store.
func (s *PayoutStore) Producer(ctx context.Context, handle string) (id, name string, err error) {
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT id, handle FROM accounts WHERE lower(handle) = lower($1)", handle).Scan(&id, &name)
	return id, name, translate(err, "producer")
}

// AddCommissionRule implements payout.Store.
func (s *PayoutStore) AddCommissionRule(ctx context.Context, producerID string, basisPoints *int, from time.Time) error {
	var err error
	if producerID == "" {
		_, err = s.db.pgx(ctx).Exec(ctx, "INSERT INTO commission_rules (valid_from, basis_points) VALUES ($1, $2)", from, basisPoints)
	} else {
		_, err = s.db.pgx(ctx).Exec(ctx, "INSERT INTO producer_commission_rules (producer_id, valid_from, basis_points) VALUES ($1, $2, $3)", producerID, from, basisPoints)
	}
	return translate(err, "commission rule")
}

// AddHoldRule implements payout.Store.
func (s *PayoutStore) AddHoldRule(ctx context.Context, days int, from time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO hold_rules (valid_from, days) VALUES ($1, $2)", from, days)
	return translate(err, "hold rule")
}
