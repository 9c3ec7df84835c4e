package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// How the reconciler works.
const (
	ReconcileEvery = time.Minute
	reconcileAge   = 2 * time.Minute  // an attempt is left alone this long after it was last asked about
	refreshTimeout = 4 * time.Second  // a page waits no longer for the provider
	reconcileBatch = 50               // orders in one run
	reconcileTime  = 2 * time.Minute  // for asking about open orders, so that a slow provider leaves time for the rest
	eventsSince    = 72 * time.Hour   // how far back undelivered events are looked for
	lookAgain      = time.Hour        // how often the provider is asked about a refund on its way or an open dispute
	refundAge      = 10 * time.Minute // a refund not done by then is looked for at the provider and asked for again
)

// Refresh asks the provider about the account's order when something may have happened to it, and answers with the order
// as it is then. The provider being away is no error: the order is shown as we know it.
func (s *Service) Refresh(ctx context.Context, accountID, id string) (*Order, error) {
	o, err := s.Get(ctx, accountID, id)
	if err != nil || !s.unsettled(o) {
		return o, err
	}
	if err := s.limits.Take(ctx, "order-refresh:"+o.ID, 10, 3*time.Second); err != nil {
		if errs.CodeOf(err) == errs.CodeRateLimited {
			return o, nil // a page that asks too often is shown what we know
		}
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	if err := s.askAll(asking, o); err != nil {
		s.log.WarnContext(ctx, "ask about order", "order_id", id, "error", err)
	}
	return s.Get(ctx, accountID, id)
}

func (s *Service) unsettled(o *Order) bool {
	if s.gateway == nil {
		return false
	}
	for _, a := range o.Attempts {
		if a.SessionID != "" && !a.State.Over() {
			return true
		}
	}
	return false
}

func (s *Service) askAll(ctx context.Context, o *Order) error {
	var problems []error
	for _, a := range o.Attempts {
		if a.SessionID != "" && !a.State.Over() {
			problems = append(problems, s.ask(ctx, o.ID, a.SessionID))
		}
	}
	return errors.Join(append(problems, s.store.Checked(ctx, o.ID))...)
}

// ask settles what the provider knows about one payment page of the order.
func (s *Service) ask(ctx context.Context, orderID, sessionID string) error {
	session, err := s.gateway.Session(ctx, sessionID)
	if err != nil {
		return err
	}
	if session.OrderID != orderID {
		return fmt.Errorf("payment page %s belongs to order %q, not %s", sessionID, session.OrderID, orderID)
	}
	_, err = s.apply(ctx, session)
	return err
}

// Reconcile settles everything whose webhook was lost. It is a job and may run twice.
func (s *Service) Reconcile(ctx context.Context, _ ReconcileJob) error {
	problems := []error{s.closeStale(ctx)}
	if s.gateway != nil {
		problems = append(problems, s.askUnsettled(ctx), s.catchUp(ctx), s.repeatRefunds(ctx), s.lookForRefunds(ctx), s.lookForDisputes(ctx))
	}
	return errors.Join(problems...)
}

func (s *Service) askUnsettled(ctx context.Context) error {
	ids, err := s.store.Unsettled(ctx, s.now().Add(-reconcileAge), reconcileBatch)
	if err != nil {
		return fmt.Errorf("list unsettled orders: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, reconcileTime)
	defer cancel()
	var problems []error
	for _, id := range ids {
		o, err := s.store.Order(ctx, id)
		if err == nil {
			err = s.askAll(ctx, o)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("reconcile order %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(problems...)
}

// catchUp takes events whose webhook did not reach us.
func (s *Service) catchUp(ctx context.Context) error {
	events, err := s.gateway.Undelivered(ctx, s.now().Add(-eventsSince))
	problems := []error{err}
	for _, e := range events {
		if _, err := s.Event(ctx, e); err != nil {
			problems = append(problems, fmt.Errorf("catch up with event %s: %w", e.ID, err))
		}
	}
	return errors.Join(problems...)
}

// closeStale gives up orders that never got a payment page.
func (s *Service) closeStale(ctx context.Context) error {
	ids, err := s.store.Stale(ctx, s.now().Add(-RetryWindow), reconcileBatch)
	if err != nil {
		return fmt.Errorf("list stale orders: %w", err)
	}
	for _, id := range ids {
		err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
			o, err := s.store.Lock(ctx, id)
			if err != nil || o.State != api.OrderOpen {
				return err
			}
			now := s.now()
			o.ExpiredAt = &now
			return s.save(ctx, o)
		})
		if err != nil {
			return fmt.Errorf("close order %s: %w", id, err)
		}
	}
	return nil
}

// Expire closes the payment page of an order that was given up. When the buyer was faster, the payment counts.
func (s *Service) Expire(ctx context.Context, job ExpireJob) error {
	if s.gateway == nil {
		return nil
	}
	o, err := s.store.Order(ctx, job.OrderID)
	if err != nil {
		return fmt.Errorf("close payment page of order %s: %w", job.OrderID, err)
	}
	a := o.attempt(job.Attempt)
	if a == nil || a.State.Over() {
		return nil
	}
	if a.SessionID == "" { // the answer was lost: asking again with the same key tells which page it is
		session, err := s.gateway.Open(ctx, s.checkout(o, a))
		if errors.Is(err, ErrRefused) {
			return s.abandon(ctx, o.ID, a.Number)
		}
		if err != nil {
			return err
		}
		if _, err := s.apply(ctx, session); err != nil {
			return err
		}
		a.SessionID = session.ID
	}
	session, err := s.gateway.Expire(ctx, a.SessionID)
	if err != nil {
		return fmt.Errorf("close payment page of order %s: %w", o.ID, err)
	}
	if _, err = s.apply(ctx, session); errs.CodeOf(err) == errs.CodeNotFound {
		return fmt.Errorf("payment page %s is not of order %s", a.SessionID, o.ID)
	}
	return err
}
