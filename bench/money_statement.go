package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/experience/client"
)

const (
	statementLines  = 1_000_000
	linesPerOrder   = 4
	ordersAtOnce    = 12_500 // in one transaction of the database
	statementYears  = 5
	statementPages  = 60
	statementGoal   = 100 // ms
	checkpointAwait = 5 * time.Minute
)

// statement times the page of a producer whose account has a million lines, sold over five years: the first one with its
// plot and balance, and pages anywhere in between. All rows go through the constraints and triggers of the database.
func statement(ctx context.Context, b *bench) (err error) {
	s, err := startSite(ctx, b.dir, "statement")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	producer, err := s.join(ctx, true)
	if err != nil {
		return err
	}
	if _, err := s.join(ctx, false); err != nil { // who buys all of it
		return err
	}
	pack, err := producer.draft(ctx, "Million", 9000)
	if err == nil {
		_, err = s.visible(ctx, producer, pack, "Million", 1200)
	}
	if err != nil {
		return err
	}
	if err := s.fillBook(ctx, pack.Pack.ID); err != nil {
		return err
	}
	// The book is summed up when the site starts.
	if err := s.stop(); err != nil {
		return err
	}
	if s, err = startSite(ctx, b.dir, "statement"); err != nil {
		return err
	}
	producer.Asking = client.New(s.http).For(client.Caller{Session: producer.token, Agent: "bench"})
	db, err := pgx.Connect(ctx, valueOf(s.Environments["models"], "DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	if err := wait(ctx, checkpointAwait, 200*time.Millisecond, "the book to be summed up", func() (found bool, err error) {
		err = db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM ledger_checkpoints)").Scan(&found)
		return found, err
	}); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, "ANALYZE"); err != nil { // as the server does by itself after a while
		return err
	}
	first, err := producer.statements(ctx, false)
	if err != nil {
		return err
	}
	further, err := producer.statements(ctx, true)
	if err != nil {
		return err
	}
	shown := quantileShown(" ms", 1, 0.5, 0.99)
	name := "statement page of a producer with a million ledger lines over five years"
	b.add(
		figure{name: name + ", the first with plot and balance", goal: "≤ 100 ms", values: first, shown: shown, ok: quantileAtMost(0.5, statementGoal)},
		figure{name: name + ", the pages after it", goal: "≤ 100 ms", values: further, shown: shown, ok: quantileAtMost(0.5, statementGoal)},
	)
	return nil
}

// statements opens the page again and again, or goes on from one to the next, and gives milliseconds.
func (p person) statements(ctx context.Context, further bool) ([]float64, error) {
	var millis []float64
	next := ""
	for n := range statementPages {
		began := time.Now()
		found, err := p.Sales(ctx, 30, next)
		took := time.Since(began)
		if err != nil {
			return nil, fmt.Errorf("open the statement: %w", explain(err))
		}
		if len(found.Entries) == 0 || found.Page.Next == "" {
			return nil, fmt.Errorf("a page of the statement has %d lines, and goes on at %q", len(found.Entries), found.Page.Next)
		}
		if further {
			next = found.Page.Next
		}
		if n >= statementPages/10 { // the first ones warm up
			millis = append(millis, float64(took.Microseconds())/1000)
		}
	}
	return millis, nil
}

// nthSQL makes ids in the order of time, as the services do.
const nthSQL = `CREATE FUNCTION pg_temp.nth(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
	SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid $$`

// fillBook sells a pack a million times over five years, in orders of four lines, of which the platform keeps 15 %.
func (s *site) fillBook(ctx context.Context, packID string) error {
	db, err := pgx.Connect(ctx, valueOf(s.Environments["models"], "DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	if _, err := db.Exec(ctx, nthSQL); err != nil {
		return err
	}
	for from := 0; from < statementLines/linesPerOrder; from += ordersAtOnce {
		if err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error { return fillOrders(ctx, tx, packID, from) }); err != nil {
			return fmt.Errorf("fill the book: %w", err)
		}
	}
	return nil
}

// fillOrders books some of the orders: as they are placed, paid and booked, each statement for all of them at once.
func fillOrders(ctx context.Context, tx pgx.Tx, packID string, from int) error {
	orders := fmt.Sprintf("SELECT n, now() - interval '%d years' + n * interval '%d years' / %d AS at FROM generate_series($2::int, $2 + %d - 1) n",
		statementYears, statementYears, statementLines/linesPerOrder, ordersAtOnce)
	for _, sql := range []string{
		`INSERT INTO orders (id, buyer_id, buyer_email, buyer_name, demo, currency, subtotal, credit, total, fingerprint, created_at, updated_at)
			SELECT pg_temp.nth(o.at, o.n), a.id, a.email, a.name, false, 'EUR', 4800, 0, 4800, 'bench-' || o.n, o.at, o.at
			FROM (` + orders + `) o, packs p, LATERAL (SELECT id, email, name FROM accounts WHERE id <> p.producer_id ORDER BY id LIMIT 1) a WHERE p.id = $1`,
		`INSERT INTO order_lines (id, order_id, position, kind, pack_id, edition_id, edition, pack_slug, pack_title, producer_id, licence, price, credit, credit_sounds, state)
			SELECT pg_temp.nth(o.at, o.n * 10 + k), pg_temp.nth(o.at, o.n), k, 'pack', p.id, p.edition_id, 1, p.slug, p.title, p.producer_id, 'standard', 1200, 0, 0, 'granted'
			FROM (` + orders + `) o, generate_series(1, 4) k, packs p WHERE p.id = $1`,
		`UPDATE orders SET state = 'paid', paid_at = o.at FROM (` + orders + `) o WHERE id = pg_temp.nth(o.at, o.n) AND $1::uuid IS NOT NULL`,
		`INSERT INTO ledger_transactions (id, kind, reference, order_id, demo, created_at)
			SELECT pg_temp.nth(o.at, o.n), 'sale', 'bench:' || o.n, pg_temp.nth(o.at, o.n), false, o.at FROM (` + orders + `) o WHERE $1::uuid IS NOT NULL`,
		`INSERT INTO ledger_entries (id, transaction_id, account, currency, amount, order_line_id, created_at)
			SELECT pg_temp.nth(o.at, o.n * 100 + k * 10 + e.part), pg_temp.nth(o.at, o.n), e.account, 'EUR', e.amount, pg_temp.nth(o.at, o.n * 10 + k), o.at
			FROM (` + orders + `) o, generate_series(1, 4) k, packs p, LATERAL (VALUES (1, 'producer:' || p.producer_id, -1020), (2, 'platform_revenue', -180)) e (part, account, amount)
			WHERE p.id = $1
			UNION ALL SELECT pg_temp.nth(o.at, o.n * 100), pg_temp.nth(o.at, o.n), 'stripe_clearing', 'EUR', 4800, NULL, o.at FROM (` + orders + `) o`,
	} {
		if _, err := tx.Exec(ctx, sql, packID, from); err != nil {
			return err
		}
	}
	return nil
}
