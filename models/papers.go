package models

import (
	"context"

	"crateful.dev/models/internal/licence"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/paper"
)

// papers are what a purchase leaves in people's hands: its licences and certificates, receipt and invoice.
type papers struct {
	licences *licence.Service
	papers   *paper.Service
}

// Paid implements order.Papers.
func (p papers) Paid(ctx context.Context, o *order.Order) error {
	if err := p.licences.Issue(ctx, o.ID); err != nil {
		return err
	}
	return p.papers.Paid(ctx, o)
}

// Refunded implements order.Papers. Certificates show it by the entitlement that ended.
func (p papers) Refunded(ctx context.Context, o *order.Order, refundID string) error {
	return p.papers.Refunded(ctx, o, refundID)
}

// Disputed implements order.Papers.
func (p papers) Disputed(ctx context.Context, o *order.Order, disputeID string) error {
	return p.papers.Disputed(ctx, o, disputeID)
}
