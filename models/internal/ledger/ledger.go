// Package ledger is the double-entry book of the platform. It knows how a sale and a refund are booked and that every
// transaction sums to zero in each currency; the database refuses what does not. Debits are positive, credits negative.
package ledger

import (
	"fmt"
	"math"
)

// Account names an account of the book.
type Account string

// Accounts of the platform. Each producer has one more, see Producer.
const (
	StripeClearing  Account = "stripe_clearing"  // money the payment provider holds for us
	PlatformRevenue Account = "platform_revenue" // commissions
	StripeFees      Account = "stripe_fees"      // what the payment provider keeps
	BuyerRefunds    Account = "buyer_refunds"    // owed to buyers for what could not be delivered
	Disputes        Account = "disputes"         // withdrawn by disputes that are not decided
	PlatformCoupons Account = "platform_coupons" // what the platform's coupons cost it
	PlatformBank    Account = "platform_bank"    // what the payment provider paid to the platform's own bank
)

// Producer is the account of what the platform owes a producer.
func Producer(id string) Account { return Account("producer:" + id) }

// Kind says what a transaction is about.
type Kind string

// Kinds of transaction.
const (
	KindSale     Kind = "sale"
	KindRefund   Kind = "refund"
	KindFee      Kind = "fee"
	KindTransfer Kind = "transfer"
	KindReversal Kind = "reversal"
	KindDispute  Kind = "dispute"
	KindPayout   Kind = "payout" // of the platform itself
)

// Entry is one movement. Amount is in minor units, positive for a debit, and never zero.
type Entry struct {
	Account     Account
	Amount      int64
	Currency    string
	OrderLineID string // empty for entries about the order as a whole
}

// Transaction is a set of entries that belong together. Reference is unique: booking it twice is refused.
type Transaction struct {
	Kind      Kind
	Reference string // order:{id}:payment:{n}, refund:{id}, transfer:{id}, reversal:{id}, fee:{balance transaction}
	OrderID   string
	Demo      bool
	Entries   []Entry
}

// Check says whether t may be booked.
func (t Transaction) Check() error {
	if t.Reference == "" || len(t.Entries) < 2 {
		return fmt.Errorf("ledger transaction %q: needs a reference and two entries", t.Reference)
	}
	sums := make(map[string]int64)
	for _, e := range t.Entries {
		if e.Amount == 0 || e.Account == "" || e.Currency == "" {
			return fmt.Errorf("ledger transaction %q: empty entry", t.Reference)
		}
		sum := sums[e.Currency]
		if e.Amount > 0 && sum > math.MaxInt64-e.Amount || e.Amount < 0 && sum < math.MinInt64-e.Amount {
			return fmt.Errorf("ledger transaction %q: %s overflows", t.Reference, e.Currency)
		}
		sums[e.Currency] = sum + e.Amount
	}
	for currency, sum := range sums {
		if sum != 0 {
			return fmt.Errorf("ledger transaction %q: %s sums to %d", t.Reference, currency, sum)
		}
	}
	return nil
}
