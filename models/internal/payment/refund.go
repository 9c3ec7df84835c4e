package payment

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
)

// Refund sends money back. Asking again with the same key sends it once.
func (s *Stripe) Refund(ctx context.Context, r order.RefundRequest) (order.ProviderRefund, error) {
	if r.AskedBefore {
		sent, err := s.Refunds(ctx, r.PaymentID)
		if err != nil {
			return order.ProviderRefund{}, err
		}
		for _, found := range sent { // Stripe forgets idempotency keys after a day
			if found.RefundID == r.RefundID && found.Try == r.Try {
				return found, nil
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.RefundParams{
		Params:        stripe.Params{Context: ctx},
		PaymentIntent: stripe.String(r.PaymentID),
		Amount:        stripe.Int64(r.Amount),
	}
	params.AddMetadata("order_id", r.OrderID)
	params.AddMetadata("refund_id", r.RefundID)
	params.AddMetadata("reason", r.Reason)
	if r.Try > 1 {
		params.AddMetadata("try", strconv.Itoa(r.Try))
	}
	params.SetIdempotencyKey(r.Key)
	refund, err := s.api.Refunds.New(params)
	if err != nil {
		return order.ProviderRefund{}, fmt.Errorf("refund payment %s: %w", r.PaymentID, refusal(err))
	}
	return refundOf(refund), nil
}

// refundOf reads a refund. One that is cancelled has failed: the money stayed here.
func refundOf(r *stripe.Refund) order.ProviderRefund {
	out := order.ProviderRefund{
		ID: r.ID, Amount: r.Amount, Currency: strings.ToUpper(string(r.Currency)), CreatedAt: time.Unix(r.Created, 0).UTC(), State: api.RefundSent,
		RefundID: r.Metadata["refund_id"], Try: 1,
	}
	if r.PaymentIntent != nil {
		out.PaymentID = r.PaymentIntent.ID
	}
	if try, err := strconv.Atoi(r.Metadata["try"]); err == nil {
		out.Try = try
	}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.State = api.RefundArrived
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.State, out.Problem = api.RefundFailed, cmp.Or(string(r.FailureReason), string(r.Status))
	}
	return out
}

// Refunds lists all refunds of a payment.
func (s *Stripe) Refunds(ctx context.Context, paymentID string) ([]order.ProviderRefund, error) {
	return s.refunds(ctx, &stripe.RefundListParams{PaymentIntent: stripe.String(paymentID)})
}

// RefundsSince lists refunds made since then.
func (s *Stripe) RefundsSince(ctx context.Context, since time.Time) ([]order.ProviderRefund, error) {
	return s.refunds(ctx, &stripe.RefundListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}})
}

func (s *Stripe) refunds(ctx context.Context, params *stripe.RefundListParams) ([]order.ProviderRefund, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	params.Context, params.Limit = ctx, stripe.Int64(100)
	list := s.api.Refunds.List(params)
	found, err := listed(list, func() order.ProviderRefund { return refundOf(list.Refund()) })
	if err != nil {
		return nil, fmt.Errorf("list refunds: %w", refusal(err))
	}
	return found, nil
}

// Dispute asks about a dispute.
func (s *Stripe) Dispute(ctx context.Context, id string) (order.ProviderDispute, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d, err := s.api.Disputes.Get(id, &stripe.DisputeParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return order.ProviderDispute{}, fmt.Errorf("ask about dispute %s: %w", id, refusal(err))
	}
	return disputeOf(d), nil
}

// DisputesSince lists disputes opened since then.
func (s *Stripe) DisputesSince(ctx context.Context, since time.Time) ([]order.ProviderDispute, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	params := &stripe.DisputeListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	list := s.api.Disputes.List(params)
	found, err := listed(list, func() order.ProviderDispute { return disputeOf(list.Dispute()) })
	if err != nil {
		return nil, fmt.Errorf("list disputes: %w", refusal(err))
	}
	return found, nil
}

var disputeStates = map[stripe.DisputeStatus]order.DisputeState{
	stripe.DisputeStatusWarningNeedsResponse: api.DisputeWarning,
	stripe.DisputeStatusWarningUnderReview:   api.DisputeWarningReview,
	stripe.DisputeStatusWarningClosed:        api.DisputeWarningClosed,
	stripe.DisputeStatusNeedsResponse:        api.DisputeNeedsResponse,
	stripe.DisputeStatusUnderReview:          api.DisputeUnderReview,
	stripe.DisputeStatusWon:                  api.DisputeWon,
	stripe.DisputeStatusLost:                 api.DisputeLost,
}

// disputeOf reads a dispute. A status that is new to us needs somebody.
func disputeOf(d *stripe.Dispute) order.ProviderDispute {
	out := order.ProviderDispute{
		ID: d.ID, Amount: d.Amount, Currency: strings.ToUpper(string(d.Currency)), Reason: string(d.Reason), State: disputeStates[d.Status],
		OpenedAt: time.Unix(d.Created, 0).UTC(),
	}
	if out.State == "" {
		out.State = api.DisputeNeedsResponse
	}
	if d.PaymentIntent != nil {
		out.PaymentID = d.PaymentIntent.ID
	}
	if d.EvidenceDetails != nil && d.EvidenceDetails.DueBy > 0 {
		due := time.Unix(d.EvidenceDetails.DueBy, 0).UTC()
		out.DueAt = &due
	}
	for _, b := range d.BalanceTransactions {
		if b != nil && b.ID != "" {
			out.Movements = append(out.Movements, order.DisputeMovement{ID: b.ID, Amount: b.Amount, Fee: b.Fee})
		}
	}
	return out
}
