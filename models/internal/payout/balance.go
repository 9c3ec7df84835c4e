package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/ledger"
)

// How the book is compared.
const (
	CheckBookEvery = 24 * time.Hour
	checkOverlap   = 48 * time.Hour // what was read before is read again this far back
	checkGrace     = time.Hour      // what is younger may still be on its way to the other side
	pageSize       = 100
)

// CheckBookJob compares the book with what the provider says moved on our balance.
type CheckBookJob struct{}

// Kind names the job in the queue.
func (CheckBookJob) Kind() string { return "payout_check_book" }

// BalanceTransaction is a movement on our balance at the provider, in minor units. The balance moves by Amount less Fee.
type BalanceTransaction struct {
	ID        string
	Type      string // in the provider's words
	Source    string // the charge, refund, transfer … behind it
	Payment   string // the payment behind a charge
	Currency  string
	Amount    int64
	Fee       int64
	CreatedAt time.Time
}

// Types of the provider that are about nothing but themselves.
const (
	typeFee          = "stripe_fee"
	typePayout       = "payout"
	typePayoutFailed = "payout_failure"
)

// CheckBook reads the provider's movements, books its fees and the payouts to our own bank, and lists every difference. It is a
// job and may run twice.
func (s *Service) CheckBook(ctx context.Context, _ CheckBookJob) error {
	if s.gateway == nil {
		return nil
	}
	since, err := s.store.LastBalanceTransaction(ctx)
	if err != nil {
		return fmt.Errorf("check the book: %w", err)
	}
	if !since.IsZero() {
		since = since.Add(-checkOverlap)
	}
	started, after := s.now(), ""
	for more := true; more; {
		var found []BalanceTransaction
		if found, more, err = s.gateway.BalanceTransactions(ctx, since, after, pageSize); err != nil {
			return err
		}
		if len(found) == 0 {
			break
		}
		if err := s.store.AddBalanceTransactions(ctx, found); err != nil {
			return fmt.Errorf("store balance transactions: %w", err)
		}
		after = found[len(found)-1].ID
	}
	if err := s.bookMovements(ctx); err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		return s.store.CompareBook(ctx, started, started.Add(-checkGrace))
	})
}

// bookMovements books what only the provider tells of: its fees, and what it pays to our own bank.
func (s *Service) bookMovements(ctx context.Context) error {
	for {
		open, err := s.store.UnbookedMovements(ctx, pageSize)
		if err != nil {
			return fmt.Errorf("list fees to book: %w", err)
		}
		var problems []error
		for _, b := range open {
			if err := s.bookMovement(ctx, b); err != nil {
				problems = append(problems, fmt.Errorf("book %s: %w", b.ID, err))
			}
		}
		if len(problems) > 0 || len(open) < pageSize {
			return errors.Join(problems...)
		}
	}
}

func (s *Service) bookMovement(ctx context.Context, b BalanceTransaction) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if b.Type == typePayout || b.Type == typePayoutFailed {
			t, err := ledger.OwnPayout(b.ID, b.Currency, -b.Amount)
			if err != nil {
				return err
			}
			if err := s.book.PostOnce(ctx, t); err != nil {
				return err
			}
		}
		fee := b.Fee
		if b.Type == typeFee {
			fee -= b.Amount
		}
		if fee == 0 {
			return nil
		}
		t, err := ledger.Fee(b.ID, b.Currency, fee)
		if err != nil {
			return err
		}
		return s.book.PostOnce(ctx, t)
	})
}

// Desk is what admins see of the money: whether the book agrees with the provider, and the rules.
func (s *Service) Desk(ctx context.Context) (api.MoneyDesk, error) { return s.store.Desk(ctx, s.now()) }

// deskTime is how long an admin waits for the comparison.
const deskTime = 20 * time.Second

// CheckBookNow compares at once, for an admin who waits.
func (s *Service) CheckBookNow(ctx context.Context) (api.MoneyDesk, error) {
	bounded, cancel := context.WithTimeout(ctx, deskTime)
	defer cancel()
	if err := s.CheckBook(bounded, CheckBookJob{}); err != nil {
		return api.MoneyDesk{}, unavailable(err)
	}
	return s.Desk(ctx)
}
