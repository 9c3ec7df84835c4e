package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/tx"
)

// LedgerStore keeps the book.
type LedgerStore struct{ db *DB }

// NewLedgerStore returns a LedgerStore.
func NewLedgerStore(db *DB) *LedgerStore { return &LedgerStore{db: db} }

var _ ledger.Store = (*LedgerStore)(nil)

// CommissionBasisPoints is the commission that holds for a producer at a time: the producer's own, else the platform's.
func (s *LedgerStore) CommissionBasisPoints(ctx context.Context, producerID string, at time.Time) (int, error) {
	var points int
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT coalesce(
		(SELECT basis_points FROM producer_commission_rules WHERE producer_id = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1),
		(SELECT basis_points FROM commission_rules WHERE valid_from <= $2 ORDER BY valid_from DESC LIMIT 1))`, producerID, at).Scan(&points)
	return points, translate(err, "commission rule")
}

// Post books a transaction. The database refuses one that does not sum to zero, at the commit.
func (s *LedgerStore) Post(ctx context.Context, t ledger.Transaction) error {
	if err := t.Check(); err != nil {
		return err
	}
	q := s.db.pgx(ctx)
	id := tx.NewID()
	if _, err := q.Exec(ctx, "INSERT INTO ledger_transactions (id, kind, reference, order_id, demo) VALUES ($1, $2, $3, $4, $5)",
		id, t.Kind, t.Reference, nullable(t.OrderID), t.Demo); err != nil {
		return translate(err, "ledger transaction")
	}
	rows := make([][]any, len(t.Entries))
	for i, e := range t.Entries {
		rows[i] = []any{tx.NewID(), id, string(e.Account), e.Currency, e.Amount, nullable(e.OrderLineID)}
	}
	for _, r := range rows {
		if _, err := q.Exec(ctx, `INSERT INTO ledger_entries (id, transaction_id, account, currency, amount, order_line_id)
			VALUES ($1, $2, $3, $4, $5, $6)`, r...); err != nil {
			return translate(err, "ledger entry")
		}
	}
	return nil
}

// Booked reads what delivered lines of an order were booked as when they were sold.
func (s *LedgerStore) Booked(ctx context.Context, orderID string) (map[string][]ledger.Entry, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT e.order_line_id, e.account, e.amount, e.currency FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
		WHERE t.order_id = $1 AND t.kind = 'sale' AND e.order_line_id IS NOT NULL AND e.account <> $2 ORDER BY e.id`, orderID, string(ledger.BuyerRefunds))
	if err != nil {
		return nil, translate(err, "sale")
	}
	booked := map[string][]ledger.Entry{}
	var e ledger.Entry
	_, err = pgx.ForEachRow(rows, []any{&e.OrderLineID, &e.Account, &e.Amount, &e.Currency}, func() error {
		booked[e.OrderLineID] = append(booked[e.OrderLineID], e)
		return nil
	})
	return booked, translate(err, "sale")
}

// PostOnce books a transaction unless its reference is in the book.
func (s *LedgerStore) PostOnce(ctx context.Context, t ledger.Transaction) error {
	var there bool
	if err := s.db.pgx(ctx).QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM ledger_transactions WHERE reference = $1)", t.Reference).Scan(&there); err != nil || there {
		return translate(err, "ledger transaction")
	}
	return s.Post(ctx, t)
}

// Balance is what the platform owes a producer, in minor units.
func (s *LedgerStore) Balance(ctx context.Context, producerID, currency string, demo bool) (int64, error) {
	var balance int64
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT -"+balanceSQL, string(ledger.Producer(producerID)), currency, demo).Scan(&balance)
	return balance, translate(err, "balance")
}

// salesSQL is one row for each line a producer sold: commission and share are found by the line's entries.
const salesSQL = `
SELECT e.id, t.created_at, t.kind, t.order_id, t.demo, e.currency, -e.amount AS net, e.order_line_id,
    coalesce((SELECT -sum(c.amount) FROM ledger_entries c WHERE c.transaction_id = e.transaction_id
        AND c.order_line_id = e.order_line_id AND c.account = 'platform_revenue'), 0)::bigint AS commission
FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
WHERE e.account = $1`

// Statement reads a page of a producer's movements, newest first; the cursor is the last id of the page before.
func (s *LedgerStore) Statement(ctx context.Context, producerID string, q api.StatementQuery) (api.Statement, error) {
	var from, to *time.Time
	if !q.From.IsZero() {
		from = &q.From
	}
	if !q.To.IsZero() {
		to = &q.To
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `WITH sold AS (`+salesSQL+`
		AND ($2::timestamptz IS NULL OR t.created_at >= $2) AND ($3::timestamptz IS NULL OR t.created_at < $3)
		AND ($4::uuid IS NULL OR e.id < $4) ORDER BY e.id DESC LIMIT $5)
		SELECT sold.id, sold.created_at, sold.kind, coalesce(sold.order_id::text, ''), sold.demo, sold.currency, sold.net, sold.commission, o.number,
			coalesce(l.kind, ''), coalesce(l.pack_id::text, ''), coalesce(l.sound_id::text, ''), coalesce(CASE l.kind WHEN 'sound' THEN l.sound_name ELSE l.pack_title END, '')
		FROM sold LEFT JOIN orders o ON o.id = sold.order_id LEFT JOIN order_lines l ON l.id = sold.order_line_id ORDER BY sold.id DESC`,
		string(ledger.Producer(producerID)), from, to, nullable(q.Cursor), q.Limit+1)
	if err != nil {
		return api.Statement{}, translate(err, "statement")
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.StatementEntry, error) {
		var e api.StatementEntry
		var number *int64
		err := row.Scan(&e.ID, &e.At, &e.Kind, &e.OrderID, &e.Demo, &e.Currency, &e.Net, &e.Commission, &number,
			&e.LineKind, &e.PackID, &e.SoundID, &e.Title)
		e.At, e.Gross = e.At.UTC(), e.Net+e.Commission
		if number != nil {
			e.Number = orderNumber(*number)
		}
		return e, err
	})
	if err != nil {
		return api.Statement{}, translate(err, "statement")
	}
	out := api.Statement{Entries: entries}
	if len(entries) > q.Limit {
		out.Entries = entries[:q.Limit]
		out.NextCursor = out.Entries[q.Limit-1].ID
	}
	if out.Entries == nil {
		out.Entries = []api.StatementEntry{}
	}
	return out, nil
}

// Days sums a producer's sales, and what went back, by day and pack since from.
func (s *LedgerStore) Days(ctx context.Context, producerID, currency string, from time.Time, demo bool) ([]ledger.DayPack, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT date_trunc('day', sold.created_at AT TIME ZONE 'UTC'), l.pack_id,
			coalesce(p.title, max(l.pack_title)), count(*) FILTER (WHERE sold.kind = 'sale'), sum(sold.net + sold.commission)::bigint, sum(sold.net)::bigint,
			coalesce(-sum(sold.net) FILTER (WHERE sold.kind <> 'sale'), 0)::bigint
		FROM (`+salesSQL+` AND t.kind IN ('sale', 'refund', 'dispute') AND e.created_at >= $2 AND e.currency = $3 AND (NOT t.demo OR $4)) AS sold
		JOIN order_lines l ON l.id = sold.order_line_id LEFT JOIN listings p ON p.pack_id = l.pack_id
		GROUP BY 1, l.pack_id, p.title ORDER BY 1, l.pack_id`,
		string(ledger.Producer(producerID)), from, currency, demo)
	if err != nil {
		return nil, translate(err, "sales")
	}
	days, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ledger.DayPack, error) {
		var d ledger.DayPack
		return d, row.Scan(&d.Day, &d.PackID, &d.Title, &d.Sum.Count, &d.Sum.Gross, &d.Sum.Received, &d.Sum.Returned)
	})
	return days, translate(err, "sales")
}

// IsDemo says whether an account belongs to the demo catalogue.
func (s *LedgerStore) IsDemo(ctx context.Context, accountID string) (bool, error) {
	var demo bool
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT demo FROM accounts WHERE id = $1", accountID).Scan(&demo)
	return demo, translate(err, "account")
}
