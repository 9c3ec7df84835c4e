package payment

import (
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/models/internal/order"
)

// sessionOf reads a payment page. event is the type of the event it came with, empty when it was asked for.
func sessionOf(s *stripe.CheckoutSession, event stripe.EventType) order.Session {
	out := order.Session{
		ID: s.ID, OrderID: s.Metadata["order_id"], URL: s.URL, Amount: s.AmountTotal,
		Currency: strings.ToUpper(string(s.Currency)), ExpiresAt: time.Unix(s.ExpiresAt, 0).UTC(), State: stateOf(s, event),
	}
	if out.OrderID == "" {
		out.OrderID = s.ClientReferenceID
	}
	// an attempt that is missing or no number stays 0, which no order has
	out.Attempt, _ = strconv.Atoi(s.Metadata["attempt"])
	if s.PaymentIntent != nil {
		out.PaymentID = s.PaymentIntent.ID
	}
	return out
}

func stateOf(s *stripe.CheckoutSession, event stripe.EventType) order.AttemptState {
	switch {
	case s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid, s.PaymentStatus == stripe.CheckoutSessionPaymentStatusNoPaymentRequired:
		return order.AttemptPaid
	case event == stripe.EventTypeCheckoutSessionAsyncPaymentFailed:
		return order.AttemptFailed
	case s.Status == stripe.CheckoutSessionStatusExpired, event == stripe.EventTypeCheckoutSessionExpired:
		return order.AttemptExpired
	case s.Status == stripe.CheckoutSessionStatusComplete && bankRefused(s.PaymentIntent):
		return order.AttemptFailed
	case s.Status == stripe.CheckoutSessionStatusComplete:
		return order.AttemptProcessing
	default:
		return order.AttemptOpen
	}
}

// bankRefused reads a payment that came along expanded; without it nothing is known.
func bankRefused(p *stripe.PaymentIntent) bool {
	return p != nil && (p.Status == stripe.PaymentIntentStatusCanceled || p.Status == stripe.PaymentIntentStatusRequiresPaymentMethod)
}
