package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/paper"
)

// PaperStore keeps receipts, invoices and credit notes.
type PaperStore struct{ db *DB }

// NewPaperStore returns a PaperStore.
func NewPaperStore(db *DB) *PaperStore { return &PaperStore{db} }

var _ paper.Store = (*PaperStore)(nil)

// series by kind. What no real money was paid for does not take numbers of the books.
var series = map[api.PaperKind]string{api.PaperReceipt: "REC", api.PaperInvoice: "INV", api.PaperCreditNote: "CN"}

// Issue stores a paper and gives it the next number of its series and year.
func (s *PaperStore) Issue(ctx context.Context, p *api.Paper, why paper.Cause) error {
	name := series[p.Kind]
	if p.Test {
		name = "TEST-" + name
	}
	q := s.db.pgx(ctx)
	// Asked before, as a paper that is there already must not take a number.
	var there bool
	if err := q.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM papers WHERE order_id = $1 AND kind = $2 AND refund_id IS NOT DISTINCT FROM $3 AND dispute_id IS NOT DISTINCT FROM $4)",
		p.OrderID, p.Kind, nullable(why.RefundID), nullable(why.DisputeID)).Scan(&there); err != nil || there {
		return translate(err, "paper")
	}
	facts, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode %s: %w", p.Kind, err)
	}
	var year int
	var number int64
	err = q.QueryRow(ctx, `INSERT INTO papers (id, kind, series, order_id, refund_id, dispute_id, amount, currency, facts, issued_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING year, number`,
		p.ID, p.Kind, name, p.OrderID, nullable(why.RefundID), nullable(why.DisputeID), p.Total, p.Currency, facts, p.IssuedAt).Scan(&year, &number)
	p.Number = paperNumber(name, year, number)
	return translate(err, "paper")
}

func paperNumber(series string, year int, number int64) string {
	return fmt.Sprintf("%s-%d-%06d", series, year, number)
}

const paperColumns = "p.facts, p.series, p.year, p.number"

func scanPaper(row pgx.Row, more ...any) (api.Paper, error) {
	var p api.Paper
	var facts []byte
	var name string
	var year int
	var number int64
	if err := row.Scan(append([]any{&facts, &name, &year, &number}, more...)...); err != nil {
		return p, err
	}
	err := json.Unmarshal(facts, &p)
	p.Number = paperNumber(name, year, number)
	return p, err
}

// OfOrder lists an order's papers, oldest first.
func (s *PaperStore) OfOrder(ctx context.Context, orderID string) ([]api.Paper, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT "+paperColumns+" FROM papers p WHERE p.order_id = $1 ORDER BY p.issued_at, p.id", orderID)
	if err != nil {
		return nil, translate(err, "papers")
	}
	papers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.Paper, error) { return scanPaper(row) })
	if papers == nil {
		papers = []api.Paper{}
	}
	return papers, translate(err, "papers")
}

// Paper reads one and whose it is.
func (s *PaperStore) Paper(ctx context.Context, id string) (api.Paper, string, error) {
	var buyer string
	p, err := scanPaper(s.db.pgx(ctx).QueryRow(ctx, "SELECT "+paperColumns+", o.buyer_id FROM papers p JOIN orders o ON o.id = p.order_id WHERE p.id = $1", id), &buyer)
	return p, buyer, translate(err, "paper")
}

// Unreceipted lists paid orders without a receipt, oldest first.
func (s *PaperStore) Unreceipted(ctx context.Context, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT o.id FROM orders o WHERE o.paid_at IS NOT NULL AND o.total > 0
		AND NOT EXISTS (SELECT 1 FROM papers p WHERE p.order_id = o.id AND p.kind = 'receipt') ORDER BY o.paid_at LIMIT $1`, limit)
	if err != nil {
		return nil, translate(err, "orders")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "orders")
}

// Uncredited lists refunds that went back and disputes that were lost, whose order has an invoice and that have no credit note.
func (s *PaperStore) Uncredited(ctx context.Context, limit int) ([]paper.Cause, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT r.order_id, r.id::text, '', r.created_at AS at FROM refunds r
		JOIN papers i ON i.order_id = r.order_id AND i.kind = 'invoice'
		WHERE r.done AND r.reason <> ALL ($1) AND NOT EXISTS (SELECT 1 FROM papers p WHERE p.refund_id = r.id)
		UNION ALL SELECT d.order_id, '', d.id::text, d.closed_at FROM disputes d
		JOIN papers i ON i.order_id = d.order_id AND i.kind = 'invoice'
		WHERE d.state = 'lost' AND EXISTS (SELECT 1 FROM line_returns l WHERE l.dispute_id = d.id) AND NOT EXISTS (SELECT 1 FROM papers p WHERE p.dispute_id = d.id)
		ORDER BY at LIMIT $2`,
		[]string{order.ReasonNotDelivered, order.ReasonDuplicate}, limit)
	if err != nil {
		return nil, translate(err, "refunds")
	}
	causes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (paper.Cause, error) {
		var why paper.Cause
		var at time.Time
		return why, row.Scan(&why.OrderID, &why.RefundID, &why.DisputeID, &at)
	})
	return causes, translate(err, "refunds")
}
