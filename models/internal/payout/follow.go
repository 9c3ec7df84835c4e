package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
)

// How the reconciler works.
const (
	ReconcileEvery = 10 * time.Minute
	accountAge     = time.Hour           // an account that is not ready is asked about this long after the last time
	payoutAge      = 6 * time.Hour       // the same for payouts that have not arrived
	payoutsSince   = 14 * 24 * time.Hour // how far back payouts of which nobody told are looked for
	reconcileBatch = 50
)

// CheckPayout is the job behind payout.*: the provider's answer now counts, not the event.
func (s *Service) CheckPayout(ctx context.Context, job CheckPayoutJob) error {
	if s.gateway == nil {
		return nil
	}
	a, err := s.store.AccountByProvider(ctx, job.AccountID)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return nil // not an account of ours
	}
	if err != nil {
		return err
	}
	p, err := s.gateway.Payout(ctx, job.AccountID, job.PayoutID)
	if errors.Is(err, ErrRefused) {
		s.log.WarnContext(ctx, "payout is not known to the payment provider", "payout_id", job.PayoutID, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask about payout %s: %w", job.PayoutID, err)
	}
	return s.savePayout(ctx, a.ProducerID, p)
}

func (s *Service) savePayout(ctx context.Context, producerID string, p ProviderPayout) error {
	known := Payout{
		ID: p.ID, ProducerID: producerID, Currency: p.Currency, Amount: p.Amount, State: p.State, ArrivesOn: p.ArrivesOn, Failure: p.Failure, CreatedAt: p.CreatedAt,
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		failed, err := s.store.SavePayout(ctx, known, s.now())
		if err != nil || !failed {
			return err
		}
		return s.tellFailed(ctx, known)
	})
}

// Reconcile asks about everything of which a webhook may be lost: accounts, payouts, and transfers and reversals under way.
func (s *Service) Reconcile(ctx context.Context, _ ReconcileJob) error {
	if s.gateway == nil {
		return nil
	}
	return errors.Join(s.finishTransfers(ctx), s.finishReversals(ctx, ReverseJob{}), s.askAccounts(ctx), s.askPayouts(ctx))
}

func (s *Service) askAccounts(ctx context.Context) error {
	accounts, err := s.store.UncheckedAccounts(ctx, s.now().Add(-accountAge), reconcileBatch)
	if err != nil {
		return fmt.Errorf("list payout accounts: %w", err)
	}
	var problems []error
	for _, a := range accounts {
		if a.ProviderID == "" { // the answer to its creation was lost
			_, err := s.create(ctx, a)
			problems = append(problems, err)
			continue
		}
		a, err := s.ask(ctx, a)
		if err == nil && a.PayoutsEnabled {
			err = s.findPayouts(ctx, a)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (s *Service) findPayouts(ctx context.Context, a Account) error {
	found, err := s.gateway.Payouts(ctx, a.ProviderID, s.now().Add(-payoutsSince))
	return errors.Join(err, errs.Each(found, func(p ProviderPayout) error { return s.savePayout(ctx, a.ProducerID, p) }))
}

func (s *Service) askPayouts(ctx context.Context) error {
	open, err := s.store.UnsettledPayouts(ctx, s.now().Add(-payoutAge), reconcileBatch)
	if err != nil {
		return fmt.Errorf("list payouts under way: %w", err)
	}
	return errs.Each(open, func(p Payout) error {
		a, err := s.store.Account(ctx, p.ProducerID)
		if err != nil {
			return err
		}
		return s.CheckPayout(ctx, CheckPayoutJob{AccountID: a.ProviderID, PayoutID: p.ID})
	})
}

// checkpointAge is how old entries are before they are summed up; no transaction lasts that long.
const checkpointAge = time.Hour

// CheckpointEvery is how often the book is summed up.
const CheckpointEvery = 6 * time.Hour

// Checkpoint sums up the book. It uses the database's clock, as entries do.
func (s *Service) Checkpoint(ctx context.Context, _ CheckpointJob) error {
	return s.store.Checkpoint(ctx, time.Now().UTC().Add(-checkpointAge).Truncate(time.Minute))
}
