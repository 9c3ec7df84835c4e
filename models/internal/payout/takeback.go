package payout

import (
	"context"
	"errors"
	"fmt"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/tx"
)

// TakeBack takes from a share what a refund or a lost dispute costs it. It is a job and may run twice.
func (s *Service) TakeBack(ctx context.Context, job TakeBackJob) error {
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		share, err := s.lockShare(ctx, job.OrderID, job.ProducerID)
		if errs.CodeOf(err) == errs.CodeNotFound {
			return nil // a demo sale of a real producer: nothing is sent for it
		}
		if err != nil {
			return err
		}
		fresh, err := s.store.AddTakeBack(ctx, job.RefundID, share, job.Amount)
		if err != nil || !fresh {
			return err
		}
		share.TakenBack += job.Amount
		return s.store.SaveShare(ctx, share)
	})
	if err != nil {
		return fmt.Errorf("take back of order %s from %s: %w", job.OrderID, job.ProducerID, err)
	}
	return s.Reverse(ctx, ReverseJob{OrderID: job.OrderID, ProducerID: job.ProducerID})
}

// lockShare holds a share and everything that moves its producer's money.
func (s *Service) lockShare(ctx context.Context, orderID, producerID string) (Share, error) {
	if err := s.store.LockProducer(ctx, producerID); err != nil {
		return Share{}, err
	}
	return s.store.LockShare(ctx, orderID, producerID)
}

// Reverse brings back what of a share was sent too much. What is under way to the producer is brought back once it has arrived.
// What the provider will not bring back stays owed by the producer, and later sales net it.
func (s *Service) Reverse(ctx context.Context, job ReverseJob) error {
	if s.gateway == nil {
		return nil
	}
	if err := s.prepareReversals(ctx, job); err != nil {
		return fmt.Errorf("reverse transfers of order %s: %w", job.OrderID, err)
	}
	return s.finishReversals(ctx, job)
}

func (s *Service) finishReversals(ctx context.Context, job ReverseJob) error {
	prepared, err := s.store.PreparedReversals(ctx, job.OrderID, job.ProducerID, transferBatch)
	if err != nil {
		return fmt.Errorf("list reversals under way: %w", err)
	}
	return errs.Each(prepared, func(r Reversal) error { return s.reverse(ctx, r) })
}

func (s *Service) prepareReversals(ctx context.Context, job ReverseJob) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		share, err := s.lockShare(ctx, job.OrderID, job.ProducerID)
		if errs.CodeOf(err) == errs.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		transfers, err := s.store.Reversible(ctx, job.OrderID, job.ProducerID)
		if err != nil {
			return err
		}
		for _, t := range transfers {
			amount := min(-share.Left(), t.Amount)
			if amount <= 0 {
				break
			}
			id := tx.NewID()
			if err := s.store.AddReversal(ctx, Reversal{ID: id, TransferID: t.ID, Amount: amount, Key: "reversal:" + id, CreatedAt: s.now()}); err != nil {
				return err
			}
			share.Sent -= amount
		}
		return s.store.SaveShare(ctx, share)
	})
}

// reverse asks the provider for a stored reversal and books it.
func (s *Service) reverse(ctx context.Context, r Reversal) error {
	providerID, err := s.gateway.Reverse(ctx, ReverseRequest{
		ReversalID: r.ID, Transfer: r.Transfer, Amount: r.Amount, Key: r.Key, AskedBefore: s.now().Sub(r.CreatedAt) > keyLife,
	})
	refused := errors.Is(err, ErrRefused)
	if err != nil && !refused {
		return fmt.Errorf("reversal %s: %w", r.ID, err)
	}
	if refused {
		s.log.ErrorContext(ctx, "reversal refused by the payment provider", "reversal_id", r.ID, "order_id", r.OrderID, "account_id", r.ProducerID, "error", err)
	}
	reason := err
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		share, err := s.lockShare(ctx, r.OrderID, r.ProducerID)
		if err != nil {
			return err
		}
		if refused {
			fresh, err := s.store.ReversalRefused(ctx, r.ID, reason.Error())
			if err != nil || !fresh {
				return err
			}
			share.Sent += r.Amount
			return s.store.SaveShare(ctx, share)
		}
		fresh, err := s.store.ReversalDone(ctx, r.ID, providerID, s.now())
		if err != nil || !fresh {
			return err
		}
		booked, err := ledger.Reversal(r.OrderID, r.ID, r.ProducerID, r.Currency, r.Demo, r.Amount)
		if err != nil {
			return err
		}
		if err := s.book.Post(ctx, booked); err != nil {
			return fmt.Errorf("book reversal %s: %w", r.ID, err)
		}
		return nil
	})
}
