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
	Refund(ctx context.Context, r RefundRequest) (providerID string, err error)
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

// Event is a provider's message. Session is nil when it is not about a payment page; Job is what is to be done when it is about
// something that only the provider's answer tells truly.
type Event struct {
	ID      string
	Type    string
	Created time.Time
	Session *Session
	Job     tx.Job
}

// RefundRequest asks to send money back.
type RefundRequest struct {
	OrderID     string
	RefundID    string
	PaymentID   string // at the provider
	Amount      int64
	Key         string
	Reason      string
	AskedBefore bool // an earlier answer may be lost, and the provider may have forgotten Key
}
