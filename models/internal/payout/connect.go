package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/tx"
)

// checkTimeout is how long a page waits for the provider.
const checkTimeout = 4 * time.Second

// Countries are those whose producers the platform can pay out.
func Countries() []string {
	return []string{
		"AT", "AU", "BE", "BG", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "JP", "LT", "LU", "LV",
		"MT", "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "US",
	}
}

// Connect gives the address at which a producer tells the provider where to pay. The account there is made once, whatever
// becomes of answers: its key is stored first.
func (s *Service) Connect(ctx context.Context, producerID, country string) (string, error) {
	if s.gateway == nil {
		return "", errs.New(errs.CodeUnavailable, "payment_unavailable", "Payments are not set up on this site.")
	}
	a, err := s.store.Account(ctx, producerID)
	if errs.CodeOf(err) == errs.CodeNotFound {
		if !slices.Contains(Countries(), country) {
			return "", errs.Invalid(errs.Field{Name: "country", Reason: "unknown_country", Detail: "Choose the country you live in or your business is registered in."})
		}
		if err := s.store.AddAccount(ctx, Account{ProducerID: producerID, Country: country, Key: "account:" + producerID + ":" + tx.NewID()}); err != nil {
			return "", fmt.Errorf("store payout account of %s: %w", producerID, err)
		}
		a, err = s.store.Account(ctx, producerID)
	}
	if err != nil {
		return "", err
	}
	if a.ProviderID == "" {
		a, err = s.create(ctx, a)
		if errors.Is(err, ErrRefused) {
			return "", errs.Wrap(errs.CodeInvalid, err, "country_refused", "The payment provider does not pay out to this country yet.")
		}
		if err != nil {
			return "", unavailable(err)
		}
	}
	url, err := s.gateway.Onboarding(ctx, a.ProviderID, s.url+"/studio/payouts/return", s.url+"/studio/payouts/refresh")
	if err != nil {
		return "", unavailable(err)
	}
	return url, nil
}

func unavailable(err error) error {
	e := errs.Wrap(errs.CodeUnavailable, err, "payment_unavailable", "The payment provider does not answer. Nothing was changed; try again.")
	e.RetryAfter = 10 * time.Second
	return e
}

// create makes the account at the provider. Asking again with the stored key gives the one that an earlier call made.
func (s *Service) create(ctx context.Context, a Account) (Account, error) {
	to, err := s.people.Contact(ctx, a.ProducerID)
	if err != nil {
		return a, err
	}
	known, err := s.gateway.CreateAccount(ctx, NewAccount{ProducerID: a.ProducerID, Email: to.Email, Country: a.Country, Key: a.Key})
	if errors.Is(err, ErrRefused) { // the next try may name another country, under a key of its own
		return a, errors.Join(err, s.store.DropAccount(ctx, a))
	}
	if err != nil {
		return a, fmt.Errorf("make payout account of %s: %w", a.ProducerID, err)
	}
	return s.learn(ctx, a.ProducerID, known)
}

// learn stores what the provider says of an account.
func (s *Service) learn(ctx context.Context, producerID string, known ProviderAccount) (Account, error) {
	var out Account
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.LockAccount(ctx, producerID)
		if err != nil {
			return err
		}
		if a.ProviderID != "" && a.ProviderID != known.ID {
			return fmt.Errorf("payout account of %s is %s, not %s", producerID, a.ProviderID, known.ID)
		}
		now := s.now()
		before := a
		a.ProviderID, a.DetailsSubmitted, a.TransfersEnabled, a.PayoutsEnabled = known.ID, known.DetailsSubmitted, known.TransfersEnabled, known.PayoutsEnabled
		a.Requirements, a.Pending, a.DisabledReason, a.CheckedAt = known.Requirements, known.Pending, known.DisabledReason, &now
		if err := s.store.SaveAccount(ctx, a); err != nil {
			return err
		}
		out = a
		if needsProducer(before, a) {
			if err := s.tellNeeded(ctx, a, now); err != nil {
				return err
			}
		}
		if !before.Ready() && a.Ready() { // what waited for the account goes now
			return s.unit.Enqueue(ctx, TransferJob{})
		}
		return nil
	})
	return out, err
}

// Account is a producer's account as we know it.
func (s *Service) Account(ctx context.Context, producerID string) (Account, error) {
	return s.store.Account(ctx, producerID)
}

// Refresh asks the provider about the producer's account. The provider being away is no error: the account stays as we know it.
func (s *Service) Refresh(ctx context.Context, producerID string) (Account, error) {
	a, err := s.store.Account(ctx, producerID)
	if err != nil || a.ProviderID == "" || s.gateway == nil {
		return a, err
	}
	asking, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	fresh, err := s.ask(asking, a)
	if err != nil {
		s.log.WarnContext(ctx, "ask about payout account", "account_id", producerID, "error", err)
		return a, nil
	}
	return fresh, nil
}

func (s *Service) ask(ctx context.Context, a Account) (Account, error) {
	known, err := s.gateway.Account(ctx, a.ProviderID)
	if err != nil {
		return a, fmt.Errorf("ask about payout account %s: %w", a.ProviderID, err)
	}
	return s.learn(ctx, a.ProducerID, known)
}

// CheckAccount is the job behind account.updated: events come late, twice and out of order, so that only the provider's answer
// now counts.
func (s *Service) CheckAccount(ctx context.Context, job CheckAccountJob) error {
	if s.gateway == nil {
		return nil
	}
	a, err := s.store.AccountByProvider(ctx, job.AccountID)
	if errs.CodeOf(err) != errs.CodeNotFound {
		if err == nil {
			_, err = s.ask(ctx, a)
		}
		return err
	}
	// The event was faster than the answer to our call, or it is of somebody else's account.
	known, err := s.gateway.Account(ctx, job.AccountID)
	if errors.Is(err, ErrRefused) || err == nil && !tx.ValidID(known.ProducerID) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.learn(ctx, known.ProducerID, known)
	return err
}
