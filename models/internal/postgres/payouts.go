package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/payout"
)

// PayoutStore keeps producers' accounts at the payment provider, their shares and what was sent of them.
type PayoutStore struct{ db *DB }

// NewPayoutStore returns a PayoutStore.
func NewPayoutStore(db *DB) *PayoutStore { return &PayoutStore{db: db} }

var (
	_ payout.Store  = (*PayoutStore)(nil)
	_ payout.People = (*PayoutStore)(nil)
)

// Contact implements payout.People.
func (s *PayoutStore) Contact(ctx context.Context, accountID string) (payout.Contact, error) {
	var c payout.Contact
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT email, name, locale FROM accounts WHERE id = $1", accountID).Scan(&c.Email, &c.Name, &c.Locale)
	return c, translate(err, "account")
}

// PaidNeedsPayouts says whether only who is connected for payouts may begin to sell for money; the database holds it then.
func (s *PayoutStore) PaidNeedsPayouts(ctx context.Context, needs bool) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE selling_rule SET paid_needs_payouts = $1 WHERE paid_needs_payouts <> $1", needs)
	return translate(err, "selling rule")
}

const connectedSQL = `SELECT producer_id, country, idempotency_key, coalesce(provider_id, ''), details_submitted, transfers_enabled, payouts_enabled,
	requirements, pending, disabled_reason, checked_at FROM connected_accounts `

func (s *PayoutStore) accounts(ctx context.Context, where string, args ...any) ([]payout.Account, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, connectedSQL+where, args...)
	if err != nil {
		return nil, translate(err, "payout accounts")
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (payout.Account, error) {
		var a payout.Account
		err := row.Scan(&a.ProducerID, &a.Country, &a.Key, &a.ProviderID, &a.DetailsSubmitted, &a.TransfersEnabled, &a.PayoutsEnabled,
			&a.Requirements, &a.Pending, &a.DisabledReason, &a.CheckedAt)
		a.CheckedAt = utc(a.CheckedAt)
		return a, err
	})
	return found, translate(err, "payout accounts")
}

// Account implements payout.Store.
func (s *PayoutStore) Account(ctx context.Context, producerID string) (payout.Account, error) {
	found, err := s.accounts(ctx, "WHERE producer_id = $1", producerID)
	return only(found, err, "payout account")
}

// LockAccount implements payout.Store.
func (s *PayoutStore) LockAccount(ctx context.Context, producerID string) (payout.Account, error) {
	found, err := s.accounts(ctx, "WHERE producer_id = $1 FOR UPDATE", producerID)
	return only(found, err, "payout account")
}

// AccountByProvider implements payout.Store.
func (s *PayoutStore) AccountByProvider(ctx context.Context, providerID string) (payout.Account, error) {
	found, err := s.accounts(ctx, "WHERE provider_id = $1", providerID)
	return only(found, err, "payout account")
}

// AddAccount implements payout.Store.
func (s *PayoutStore) AddAccount(ctx context.Context, a payout.Account) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO connected_accounts (producer_id, country, idempotency_key) VALUES ($1, $2, $3) ON CONFLICT (producer_id) DO NOTHING",
		a.ProducerID, a.Country, a.Key)
	return translate(err, "payout account")
}

// SaveAccount implements payout.Store.
func (s *PayoutStore) SaveAccount(ctx context.Context, a payout.Account) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE connected_accounts SET provider_id = $2, details_submitted = $3, transfers_enabled = $4, payouts_enabled = $5,
		requirements = coalesce($6, '{}'::text[]), pending = coalesce($7, '{}'::text[]), disabled_reason = $8, checked_at = $9 WHERE producer_id = $1`,
		a.ProducerID, nullable(a.ProviderID), a.DetailsSubmitted, a.TransfersEnabled, a.PayoutsEnabled, a.Requirements, a.Pending, a.DisabledReason, a.CheckedAt)
	return translate(err, "payout account")
}

// DropAccount implements payout.Store.
func (s *PayoutStore) DropAccount(ctx context.Context, a payout.Account) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM connected_accounts WHERE producer_id = $1 AND idempotency_key = $2 AND provider_id IS NULL", a.ProducerID, a.Key)
	return translate(err, "payout account")
}

// UncheckedAccounts implements payout.Store.
func (s *PayoutStore) UncheckedAccounts(ctx context.Context, before time.Time, limit int) ([]payout.Account, error) {
	return s.accounts(ctx, "WHERE coalesce(checked_at, created_at) < $1 ORDER BY checked_at NULLS FIRST, producer_id LIMIT $2", before, limit)
}

// disputedSQL says whether a bank is about to take the payment of a share's order back: such a share waits.
const disputedSQL = "EXISTS (SELECT 1 FROM disputes d WHERE d.order_id = s.order_id AND d.state IN ('needs_response', 'under_review'))"

// Due implements payout.Store.
func (s *PayoutStore) Due(ctx context.Context, now time.Time, after payout.Line, limit int) ([]payout.Line, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT DISTINCT producer_id, currency FROM producer_shares s
		WHERE amount - taken_back - sent > 0 AND held_until <= $1 AND ($2::uuid IS NULL OR (producer_id, currency) > ($2::uuid, $3))
			AND EXISTS (SELECT 1 FROM connected_accounts c WHERE c.producer_id = s.producer_id AND c.transfers_enabled) AND NOT `+disputedSQL+`
		ORDER BY producer_id, currency LIMIT $4`, now, nullable(after.ProducerID), after.Currency, limit)
	if err != nil {
		return nil, translate(err, "due shares")
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[payout.Line])
	return lines, translate(err, "due shares")
}

// LockProducer implements payout.Store.
func (s *PayoutStore) LockProducer(ctx context.Context, producerID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('payout:' || $1::text, 0))", producerID)
	return translate(err, "producer")
}

const shareSQL = `SELECT s.order_id, s.producer_id, s.currency, s.amount, s.taken_back, s.sent, s.held_until, o.demo, coalesce(p.provider_id, ''),
		EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = s.order_id AND l.producer_id = s.producer_id AND l.borne_by = 'platform')
	FROM producer_shares s JOIN orders o ON o.id = s.order_id LEFT JOIN payments p ON p.order_id = s.order_id AND NOT p.duplicate `

func (s *PayoutStore) shares(ctx context.Context, where string, args ...any) ([]payout.Share, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, shareSQL+where, args...)
	if err != nil {
		return nil, translate(err, "shares")
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (payout.Share, error) {
		var v payout.Share
		err := row.Scan(&v.OrderID, &v.ProducerID, &v.Currency, &v.Amount, &v.TakenBack, &v.Sent, &v.HeldUntil, &v.Demo, &v.PaymentID, &v.Subsidised)
		v.HeldUntil = v.HeldUntil.UTC()
		return v, err
	})
	return found, translate(err, "shares")
}

// DueShares implements payout.Store.
func (s *PayoutStore) DueShares(ctx context.Context, l payout.Line, now time.Time, limit int) ([]payout.Share, error) {
	return s.shares(ctx, `WHERE s.producer_id = $1 AND s.currency = $2 AND s.held_until <= $3 AND s.amount - s.taken_back - s.sent > 0
		AND NOT `+disputedSQL+` ORDER BY s.held_until, s.order_id LIMIT $4`, l.ProducerID, l.Currency, now, limit)
}

// LockShare implements payout.Store.
func (s *PayoutStore) LockShare(ctx context.Context, orderID, producerID string) (payout.Share, error) {
	found, err := s.shares(ctx, "WHERE s.order_id = $1 AND s.producer_id = $2 FOR UPDATE OF s", orderID, producerID)
	return only(found, err, "share")
}

// SaveShare implements payout.Store.
func (s *PayoutStore) SaveShare(ctx context.Context, v payout.Share) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE producer_shares SET taken_back = $3, sent = $4 WHERE order_id = $1 AND producer_id = $2",
		v.OrderID, v.ProducerID, v.TakenBack, v.Sent)
	return translate(err, "share")
}

// balanceSQL sums an account's entries: what was summed up before, and what came since. Its parameters are account, currency
// and whether demo sales count.
const balanceSQL = `(SELECT coalesce(sum(amount), 0)::bigint FROM (
	SELECT amount FROM ledger_checkpoints WHERE account = $1 AND currency = $2 AND (NOT demo OR $3)
		AND until = (SELECT max(until) FROM ledger_checkpoints WHERE account = $1)
	UNION ALL
	SELECT e.amount FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
		WHERE e.account = $1 AND e.currency = $2 AND (NOT t.demo OR $3)
			AND e.created_at >= coalesce((SELECT max(until) FROM ledger_checkpoints WHERE account = $1), '-infinity')) x)`

// Available implements payout.Store.
func (s *PayoutStore) Available(ctx context.Context, l payout.Line, now time.Time) (int64, error) {
	var available int64
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT -`+balanceSQL+`
		- coalesce((SELECT sum(amount - taken_back - sent) FROM producer_shares s
			WHERE producer_id = $4 AND currency = $2 AND (held_until > $5 OR `+disputedSQL+`) AND amount - taken_back - sent > 0), 0)::bigint
		- coalesce((SELECT sum(amount) FROM transfers WHERE producer_id = $4 AND currency = $2 AND state = 'prepared'), 0)::bigint`,
		string(ledger.Producer(l.ProducerID)), l.Currency, s.countsDemo(ctx, l.ProducerID), l.ProducerID, now).Scan(&available)
	return available, translate(err, "balance")
}

// countsDemo says whether sales to demo accounts are the producer's: only a demo producer's. An account that cannot be read has none.
func (s *PayoutStore) countsDemo(ctx context.Context, producerID string) bool {
	var demo bool
	if err := s.db.pgx(ctx).QueryRow(ctx, "SELECT demo FROM accounts WHERE id = $1", producerID).Scan(&demo); err != nil {
		return false
	}
	return demo
}

// AddTakeBack implements payout.Store.
func (s *PayoutStore) AddTakeBack(ctx context.Context, cause string, v payout.Share, amount int64) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO take_backs (cause, order_id, producer_id, amount) VALUES ($1, $2, $3, $4)
		ON CONFLICT (cause, order_id, producer_id) DO NOTHING`, cause, v.OrderID, v.ProducerID, amount)
	return tag.RowsAffected() == 1, translate(err, "take back")
}

// AddTransfer implements payout.Store.
func (s *PayoutStore) AddTransfer(ctx context.Context, t payout.Transfer) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO transfers (id, order_id, producer_id, currency, amount, destination, source, idempotency_key, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, t.ID, t.OrderID, t.ProducerID, t.Currency, t.Amount, t.Destination, t.Source, t.Key, t.CreatedAt)
	return translate(err, "transfer")
}

func (s *PayoutStore) transfers(ctx context.Context, amount, where string, args ...any) ([]payout.Transfer, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT t.id, t.order_id, t.producer_id, t.currency, `+amount+`, t.destination, t.source, t.idempotency_key,
		coalesce(t.provider_id, ''), o.demo, t.created_at FROM transfers t JOIN orders o ON o.id = t.order_id `+where, args...)
	if err != nil {
		return nil, translate(err, "transfers")
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (payout.Transfer, error) {
		var t payout.Transfer
		err := row.Scan(&t.ID, &t.OrderID, &t.ProducerID, &t.Currency, &t.Amount, &t.Destination, &t.Source, &t.Key, &t.ProviderID, &t.Demo, &t.CreatedAt)
		t.CreatedAt = t.CreatedAt.UTC()
		return t, err
	})
	return found, translate(err, "transfers")
}

// PreparedTransfers implements payout.Store.
func (s *PayoutStore) PreparedTransfers(ctx context.Context, before time.Time, limit int) ([]payout.Transfer, error) {
	return s.transfers(ctx, "t.amount", "WHERE t.state = 'prepared' AND t.created_at < $1 ORDER BY t.created_at, t.id LIMIT $2", before, limit)
}

// Reversible implements payout.Store.
func (s *PayoutStore) Reversible(ctx context.Context, orderID, producerID string) ([]payout.Transfer, error) {
	const left = "t.amount - coalesce((SELECT sum(r.amount) FROM transfer_reversals r WHERE r.transfer_id = t.id AND r.state <> 'refused'), 0)::bigint"
	return s.transfers(ctx, left, "WHERE t.order_id = $1 AND t.producer_id = $2 AND t.state = 'sent' AND "+left+" > 0 ORDER BY t.id DESC", orderID, producerID)
}

func (s *PayoutStore) changed(ctx context.Context, what, sql string, args ...any) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, sql, args...)
	return tag.RowsAffected() == 1, translate(err, what)
}

// TransferSent implements payout.Store.
func (s *PayoutStore) TransferSent(ctx context.Context, id, providerID string, at time.Time) (bool, error) {
	return s.changed(ctx, "transfer", "UPDATE transfers SET state = 'sent', provider_id = $2, sent_at = $3 WHERE id = $1 AND state = 'prepared'", id, providerID, at)
}

// TransferRefused implements payout.Store.
func (s *PayoutStore) TransferRefused(ctx context.Context, id, reason string) (bool, error) {
	return s.changed(ctx, "transfer", "UPDATE transfers SET state = 'refused', reason = $2 WHERE id = $1 AND state = 'prepared'", id, reason)
}

// AddReversal implements payout.Store.
func (s *PayoutStore) AddReversal(ctx context.Context, r payout.Reversal) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO transfer_reversals (id, transfer_id, amount, idempotency_key, created_at) VALUES ($1, $2, $3, $4, $5)",
		r.ID, r.TransferID, r.Amount, r.Key, r.CreatedAt)
	return translate(err, "reversal")
}

// PreparedReversals implements payout.Store.
func (s *PayoutStore) PreparedReversals(ctx context.Context, orderID, producerID string, limit int) ([]payout.Reversal, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT r.id, t.id, t.provider_id, t.order_id, t.producer_id, t.currency, r.amount, r.idempotency_key, o.demo, r.created_at
		FROM transfer_reversals r JOIN transfers t ON t.id = r.transfer_id JOIN orders o ON o.id = t.order_id
		WHERE r.state = 'prepared' AND ($1::uuid IS NULL OR t.order_id = $1) AND ($2::uuid IS NULL OR t.producer_id = $2)
		ORDER BY r.created_at, r.id LIMIT $3`, nullable(orderID), nullable(producerID), limit)
	if err != nil {
		return nil, translate(err, "reversals")
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[payout.Reversal])
	return found, translate(err, "reversals")
}

// ReversalDone implements payout.Store.
func (s *PayoutStore) ReversalDone(ctx context.Context, id, providerID string, at time.Time) (bool, error) {
	return s.changed(ctx, "reversal", "UPDATE transfer_reversals SET state = 'done', provider_id = $2, done_at = $3 WHERE id = $1 AND state = 'prepared'", id, providerID, at)
}

// ReversalRefused implements payout.Store.
func (s *PayoutStore) ReversalRefused(ctx context.Context, id, reason string) (bool, error) {
	return s.changed(ctx, "reversal", "UPDATE transfer_reversals SET state = 'refused', reason = $2 WHERE id = $1 AND state = 'prepared'", id, reason)
}

// SavePayout implements payout.Store.
func (s *PayoutStore) SavePayout(ctx context.Context, p payout.Payout, checkedAt time.Time) (failed bool, err error) {
	err = s.db.pgx(ctx).QueryRow(ctx, `WITH before AS (SELECT state FROM payouts WHERE id = $1)
		INSERT INTO payouts (id, producer_id, currency, amount, state, arrives_on, failure, created_at, checked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE
		SET state = EXCLUDED.state, arrives_on = EXCLUDED.arrives_on, failure = EXCLUDED.failure, checked_at = EXCLUDED.checked_at
		WHERE payouts.checked_at <= EXCLUDED.checked_at
		RETURNING state = 'failed' AND (SELECT state FROM before) IS DISTINCT FROM 'failed'`,
		p.ID, p.ProducerID, p.Currency, p.Amount, p.State, p.ArrivesOn, p.Failure, p.CreatedAt, checkedAt).Scan(&failed)
	if errors.Is(err, pgx.ErrNoRows) { // something newer is known
		return false, nil
	}
	return failed, translate(err, "payout")
}

// UnsettledPayouts implements payout.Store.
func (s *PayoutStore) UnsettledPayouts(ctx context.Context, before time.Time, limit int) ([]payout.Payout, error) {
	return s.payouts(ctx, "WHERE state IN ('pending', 'in_transit') AND checked_at < $1 ORDER BY checked_at LIMIT $2", before, limit)
}

func (s *PayoutStore) payouts(ctx context.Context, where string, args ...any) ([]payout.Payout, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT id, producer_id, currency, amount, state, arrives_on, failure, created_at FROM payouts "+where, args...)
	if err != nil {
		return nil, translate(err, "payouts")
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[payout.Payout])
	return found, translate(err, "payouts")
}

// Checkpoint implements payout.Store. Accounts without an entry since the last time keep the sums they have.
func (s *PayoutStore) Checkpoint(ctx context.Context, until time.Time) error {
	return s.db.WithinTx(ctx, func(ctx context.Context) error {
		q := s.db.pgx(ctx)
		if _, err := q.Exec(ctx, "SET LOCAL statement_timeout = '4min'"); err != nil { // the first time reads the whole book
			return translate(err, "checkpoint")
		}
		_, err := q.Exec(ctx, `WITH fresh AS (
				SELECT e.account, e.currency, t.demo, t.kind, sum(e.amount) AS amount FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
				WHERE e.created_at >= coalesce((SELECT max(until) FROM ledger_checkpoints), '-infinity') AND e.created_at < $1
				GROUP BY e.account, e.currency, t.demo, t.kind),
			last AS (SELECT account, max(until) AS until FROM ledger_checkpoints WHERE account IN (SELECT account FROM fresh) GROUP BY account)
			INSERT INTO ledger_checkpoints (account, currency, demo, kind, until, amount)
			SELECT account, currency, demo, kind, $1, sum(amount) FROM (
				SELECT account, currency, demo, kind, amount FROM fresh
				UNION ALL SELECT c.account, c.currency, c.demo, c.kind, c.amount FROM ledger_checkpoints c JOIN last USING (account, until)) x
			GROUP BY account, currency, demo, kind ON CONFLICT DO NOTHING`, until)
		return translate(err, "checkpoint")
	})
}
