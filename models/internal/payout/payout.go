// Package payout brings producers their money: their accounts at the payment provider, how long a share is held, transfers and
// what comes back of them, and the provider's payouts to their banks. What a share is worth is package ledger's business.
package payout

import (
	"time"
)

// Account is a producer's account at the payment provider.
type Account struct {
	ProducerID       string
	Country          string // ISO 3166, two letters
	Key              string // idempotency key of its creation
	ProviderID       string // empty: the provider was not asked yet, or its answer was lost
	DetailsSubmitted bool
	TransfersEnabled bool
	PayoutsEnabled   bool
	Requirements     []string // what the provider still wants, in its words
	Pending          []string // what it is checking
	DisabledReason   string
	CheckedAt        *time.Time
}

// Ready says whether money can be sent to the account and go on to a bank.
func (a Account) Ready() bool { return a.TransfersEnabled && a.PayoutsEnabled }

// Share is what one producer earned by one order, in minor units of Currency.
type Share struct {
	OrderID    string
	ProducerID string
	Currency   string
	Amount     int64
	TakenBack  int64
	Sent       int64 // with what is under way, less what was reversed
	HeldUntil  time.Time
	Demo       bool
	PaymentID  string // at the provider, of the order's payment; empty: a coupon paid all
	Subsidised bool   // the platform bore a coupon: the charge alone does not cover the share
}

// Left is what is still to be sent; below zero it is to be reversed.
func (s Share) Left() int64 { return s.Amount - s.TakenBack - s.Sent }

// Transfer is money sent to a producer out of one charge.
type Transfer struct {
	ID          string
	OrderID     string
	ProducerID  string
	Currency    string
	Amount      int64
	Destination string // the connected account
	Source      string // the charge; empty: the platform's own balance
	Key         string
	ProviderID  string // once sent
	Demo        bool
	CreatedAt   time.Time
}

// Reversal is money of a transfer that comes back.
type Reversal struct {
	ID         string
	TransferID string
	Transfer   string // at the provider
	OrderID    string
	ProducerID string
	Currency   string
	Amount     int64
	Key        string
	Demo       bool
	CreatedAt  time.Time
}

// Payout is money that the provider sends to a producer's bank.
type Payout struct {
	ID         string
	ProducerID string
	Currency   string
	Amount     int64
	State      string // pending | in_transit | paid | failed | canceled
	ArrivesOn  time.Time
	Failure    string
	CreatedAt  time.Time
}
