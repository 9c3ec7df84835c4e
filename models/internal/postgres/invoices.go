package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
)

// SaveInvoice implements order.Store.
func (s *OrderStore) SaveInvoice(ctx context.Context, accountID string, d api.InvoiceDetails) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO invoice_details (account_id, name, address, tax_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id) DO UPDATE SET name = EXCLUDED.name, address = EXCLUDED.address, tax_id = EXCLUDED.tax_id`,
		accountID, d.Name, orEmpty(d.Address), d.TaxID)
	return translate(err, "invoice details")
}

// Invoice implements cart.Store; nil: the account never said anything.
func (s *CartStore) Invoice(ctx context.Context, accountID string) (*api.InvoiceDetails, error) {
	return invoiceDetails(ctx, s.db, accountID)
}

// Invoice implements paper.Store.
func (s *PaperStore) Invoice(ctx context.Context, accountID string) (*api.InvoiceDetails, error) {
	return invoiceDetails(ctx, s.db, accountID)
}

func invoiceDetails(ctx context.Context, db *DB, accountID string) (*api.InvoiceDetails, error) {
	rows, err := db.pgx(ctx).Query(ctx, "SELECT name, address, tax_id FROM invoice_details WHERE account_id = $1", accountID)
	if err != nil {
		return nil, translate(err, "invoice details")
	}
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[api.InvoiceDetails])
	if err != nil || len(found) == 0 {
		return nil, translate(err, "invoice details")
	}
	return found[0], nil
}
