package payout

import (
	"context"
	"errors"
	"time"
)

// Gateway is the payment provider as payouts use it. Every call has a deadline of its own.
type Gateway interface {
	// CreateAccount makes a connected account. The same key gives the same account.
	CreateAccount(ctx context.Context, a NewAccount) (ProviderAccount, error)
	Account(ctx context.Context, id string) (ProviderAccount, error)
	// Onboarding gives the address at which the producer gives the provider what it wants to know. It holds for minutes and once.
	Onboarding(ctx context.Context, accountID, returnURL, refreshURL string) (string, error)
	// Charge finds the charge of a payment.
	Charge(ctx context.Context, paymentID string) (string, error)
	// Transfer sends money to a connected account out of a charge. The same key sends it once.
	Transfer(ctx context.Context, r TransferRequest) (providerID string, err error)
	// Reverse takes money of a transfer back. The same key takes it once.
	Reverse(ctx context.Context, r ReverseRequest) (providerID string, err error)
	Payout(ctx context.Context, accountID, payoutID string) (ProviderPayout, error)
	// BalanceTransactions lists a page of what moved on our balance since a time, newest first, behind the one named.
	BalanceTransactions(ctx context.Context, since time.Time, after string, limit int) (page []BalanceTransaction, more bool, err error)
	// Payouts lists an account's payouts since a time, newest first.
	Payouts(ctx context.Context, accountID string, since time.Time) ([]ProviderPayout, error)
}

// ErrRefused is an answer that will not change when the provider is asked again in the same way.
var ErrRefused = errors.New("payment provider refused the request")

// NewAccount asks for a connected account.
type NewAccount struct {
	ProducerID string
	Email      string
	Country    string
	Key        string
}

// ProviderAccount is a connected account as the provider knows it.
type ProviderAccount struct {
	ID               string
	ProducerID       string
	DetailsSubmitted bool
	TransfersEnabled bool
	PayoutsEnabled   bool
	Requirements     []string
	Pending          []string
	DisabledReason   string
}

// TransferRequest asks to send money. Everything in it is stored before the call.
type TransferRequest struct {
	TransferID  string
	OrderID     string
	Amount      int64
	Currency    string
	Destination string
	Source      string
	Key         string
	AskedBefore bool // an earlier answer may be lost, and the provider may have forgotten Key
}

// ReverseRequest asks to take money of a transfer back.
type ReverseRequest struct {
	ReversalID  string
	Transfer    string // at the provider
	Amount      int64
	Key         string
	AskedBefore bool
}

// ProviderPayout is a payout to a bank as the provider knows it.
type ProviderPayout struct {
	ID        string
	Currency  string
	Amount    int64
	State     string
	ArrivesOn time.Time
	Failure   string
	CreatedAt time.Time
}
