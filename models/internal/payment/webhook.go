package payment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/tx"
)

// SignatureTolerance is how old a webhook may be.
const SignatureTolerance = 300 * time.Second

// MaxWebhookBytes is more than any event Stripe sends.
const MaxWebhookBytes = 1 << 20

// refundFailed is younger than the client: newer accounts are told of it beside charge.refund.updated.
const refundFailed stripe.EventType = "refund.failed"

// readers are the events we act on, and how what they carry is read.
var readers = map[stripe.EventType]func(*stripe.Event, *order.Event) error{
	stripe.EventTypeCheckoutSessionCompleted:             readSession,
	stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded: readSession,
	stripe.EventTypeCheckoutSessionAsyncPaymentFailed:    readSession,
	stripe.EventTypeCheckoutSessionExpired:               readSession,
	stripe.EventTypeChargeRefunded:                       readCharge,
	stripe.EventTypeChargeRefundUpdated:                  readRefund,
	stripe.EventTypeRefundCreated:                        readRefund,
	stripe.EventTypeRefundUpdated:                        readRefund,
	refundFailed:                                         readRefund,
	stripe.EventTypeChargeDisputeCreated:                 readDispute,
	stripe.EventTypeChargeDisputeUpdated:                 readDispute,
	stripe.EventTypeChargeDisputeClosed:                  readDispute,
	stripe.EventTypeChargeDisputeFundsWithdrawn:          readDispute,
	stripe.EventTypeChargeDisputeFundsReinstated:         readDispute,
}

// Verify reads a webhook: the signature over the raw body, its age, the API version and that it is about real money only if the key is.
func (s *Stripe) Verify(payload []byte, signature string) (order.Event, error) {
	if len(payload) > MaxWebhookBytes {
		return order.Event{}, fmt.Errorf("%w: %d bytes", order.ErrBadEvent, len(payload))
	}
	event, err := webhook.ConstructEventWithOptions(payload, signature, s.secret, webhook.ConstructEventOptions{Tolerance: SignatureTolerance})
	if err != nil {
		return order.Event{}, fmt.Errorf("%w: %w", order.ErrBadSignature, err)
	}
	return s.eventOf(&event)
}

func (s *Stripe) eventOf(e *stripe.Event) (order.Event, error) {
	out := order.Event{ID: e.ID, Type: string(e.Type), Created: time.Unix(e.Created, 0).UTC()}
	switch {
	case e.ID == "" || e.Type == "":
		return out, fmt.Errorf("%w: no id or type", order.ErrBadEvent)
	case e.Livemode != s.live:
		return out, fmt.Errorf("%w: %s is about real money: %t, the key: %t", order.ErrBadEvent, e.ID, e.Livemode, s.live)
	case e.APIVersion != stripe.APIVersion:
		return out, fmt.Errorf("%w: %s has API version %q, want %s", order.ErrBadEvent, e.ID, e.APIVersion, stripe.APIVersion)
	}
	if e.Data == nil {
		return out, fmt.Errorf("%w: %s has no object", order.ErrBadEvent, e.ID)
	}
	out.Job = jobOf(e)
	read, ours := readers[e.Type]
	if !ours {
		return out, nil
	}
	if err := read(e, &out); err != nil {
		return out, fmt.Errorf("%w: %s: %w", order.ErrBadEvent, e.ID, err)
	}
	return out, nil
}

// jobOf is what an event about a connected account asks for; nil: nothing.
func jobOf(e *stripe.Event) tx.Job {
	id, _ := e.Data.Object["id"].(string)
	switch {
	case id == "":
		return nil
	case e.Type == stripe.EventTypeAccountUpdated:
		return payout.CheckAccountJob{AccountID: id, Cause: e.ID}
	case strings.HasPrefix(string(e.Type), "payout.") && e.Account != "":
		return payout.CheckPayoutJob{AccountID: e.Account, PayoutID: id, Cause: e.ID}
	}
	return nil
}

// reading makes the reader of one kind of object; found puts it into the event and says whether it was one at all.
func reading[T any](what string, found func(*T, *stripe.Event, *order.Event) bool) func(*stripe.Event, *order.Event) error {
	return func(e *stripe.Event, out *order.Event) error {
		var object T
		if err := json.Unmarshal(e.Data.Raw, &object); err != nil {
			return err
		}
		if !found(&object, e, out) {
			return errors.New("no " + what)
		}
		return nil
	}
}

var readSession = reading("payment page", func(session *stripe.CheckoutSession, e *stripe.Event, out *order.Event) bool {
	read := sessionOf(session, e.Type)
	out.Session = &read
	return session.ID != ""
})

// readCharge reads of which payment something was refunded; a charge does not carry its refunds.
var readCharge = reading("charge", func(charge *stripe.Charge, _ *stripe.Event, out *order.Event) bool {
	if charge.PaymentIntent != nil {
		out.RefundedPayment = charge.PaymentIntent.ID
	}
	return charge.ID != ""
})

var readRefund = reading("refund", func(refund *stripe.Refund, _ *stripe.Event, out *order.Event) bool {
	read := refundOf(refund)
	out.Refund = &read
	return refund.ID != ""
})

var readDispute = reading("dispute", func(dispute *stripe.Dispute, _ *stripe.Event, out *order.Event) bool {
	read := disputeOf(dispute)
	out.Dispute = &read
	return dispute.ID != "" && dispute.Amount > 0 && dispute.Currency != ""
})

// Undelivered lists events we act on whose webhook did not reach us, oldest first.
func (s *Stripe) Undelivered(ctx context.Context, since time.Time) ([]order.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	params := &stripe.EventListParams{
		CreatedRange:    &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
		DeliverySuccess: stripe.Bool(false),
	}
	for t := range readers {
		params.Types = append(params.Types, stripe.String(string(t)))
	}
	params.Context = ctx
	params.Limit = stripe.Int64(100)
	var out []order.Event
	var problems []error
	it := s.api.Events.List(params)
	for it.Next() && len(out) < 1000 {
		event, err := s.eventOf(it.Event())
		if err != nil {
			problems = append(problems, err)
			continue
		}
		out = append([]order.Event{event}, out...)
	}
	if err := it.Err(); err != nil {
		problems = append(problems, fmt.Errorf("list undelivered events: %w", refusal(err)))
	}
	return out, errors.Join(problems...)
}
