package order

import (
	"context"
	"errors"
	"time"

	"crateful.dev/models/internal/tx"
)

// Gateway is the payment provider. Every call has a deadline of its own.
type Gateway interface {
	// Open opens a payment page. The same key and content give the same page.
	Open(ctx context.Context, c Checkout) (Session, error)
	Session(ctx context.Context, id string) (Session, error)
	// Expire closes a payment page; what it answers is the page's state, which may be paid.
	Expire(ctx context.Context, id string) (Session, error)
	Refund(ctx context.Context, r RefundRequest) (ProviderRefund, error)
	// Refunds lists all refunds of a payment.
	Refunds(ctx context.Context, paymentID string) ([]ProviderRefund, error)
	// RefundsSince lists refunds made since then.
	RefundsSince(ctx context.Context, since time.Time) ([]ProviderRefund, error)
	Dispute(ctx context.Context, id string) (ProviderDispute, error)
	// DisputesSince lists disputes opened since then.
	DisputesSince(ctx context.Context, since time.Time) ([]ProviderDispute, error)
	// Verify reads a webhook and refuses what the provider has not signed within the last five minutes.
	Verify(payload []byte, signature string) (Event, error)
	// Undelivered lists events since then whose webhook did not reach us.
	Undelivered(ctx context.Context, since time.Time) ([]Event, error)
	Sandbox() bool
}

// Errors of a Gateway.
var (
	ErrRefused      = errors.New("payment provider refused the request") // asking again in the same way is of no use
	ErrBadSignature = errors.New("webhook signature is not valid")
	ErrBadEvent     = errors.New("webhook event cannot be read")
)

// Checkout is what a payment page asks for. Everything in it is stored before the call, so that asking again says the same.
type Checkout struct {
	OrderID   string
	Number    string
	Attempt   int
	Key       string
	Email     string
	Currency  string
	Lines     []CheckoutLine
	ExpiresAt time.Time
	AtOnce    bool // only means of payment whose bank answers at once
}

// CheckoutLine is a line on the payment page; Amount in minor units.
type CheckoutLine struct {
	Title  string
	Amount int64
}

// Session is a payment page as the provider knows it.
type Session struct {
	ID        string
	OrderID   string
	Attempt   int
	State     AttemptState // open, processing, expired, failed or paid
	URL       string
	Amount    int64
	Currency  string // upper case
	PaymentID string // once confirmed
	ExpiresAt time.Time
}

// Event is a provider's message. At most one of the last five is set; without any it is not for us.
type Event struct {
	ID      string
	Type    string
	Created time.Time
	Session *Session
	Refund  *ProviderRefund
	Dispute *ProviderDispute
	// RefundedPayment is a payment of which something was refunded; the message does not say what.
	RefundedPayment string
	// Job is what is to be done about something that only the provider's answer tells truly.
	Job tx.Job
}

// RefundRequest asks to send money back.
type RefundRequest struct {
	OrderID     string
	RefundID    string
	Try         int    // counts from 1; one that failed is asked for anew
	PaymentID   string // at the provider
	Amount      int64
	Key         string
	Reason      string
	AskedBefore bool // an earlier answer may be lost, and the provider may have forgotten Key
}

// ProviderRefund is a refund as the provider knows it.
type ProviderRefund struct {
	ID        string
	PaymentID string
	Amount    int64
	Currency  string      // upper case
	State     RefundState // sent, arrived or failed
	Problem   string      // of one that failed
	CreatedAt time.Time
	// What RefundRequest said; empty for a refund that was not made by us.
	RefundID string
	Try      int
}

// ProviderDispute is a dispute as the provider knows it.
type ProviderDispute struct {
	ID        string
	PaymentID string
	Amount    int64
	Currency  string // upper case
	Reason    string // in the provider's words
	State     DisputeState
	DueAt     *time.Time // until when evidence is taken
	OpenedAt  time.Time
	Movements []DisputeMovement
}

// DisputeMovement is money that a dispute moved: taken is negative, given back positive. Fee is positive when it costs.
type DisputeMovement struct {
	ID     string // the provider's balance transaction
	Amount int64
	Fee    int64
}
