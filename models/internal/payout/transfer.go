package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/tx"
)

// How transfers are made.
const (
	TransferEvery = time.Hour
	transferBatch = 200
	answerTime    = 30 * time.Second // more than a call with its retries takes: an answer not there by then is lost
)

// Transfer sends what is due. It is a job and may run twice, also at once: a transfer is stored with its key before the provider
// is asked, and one that is under way is asked for again with the same key.
func (s *Service) Transfer(ctx context.Context, _ TransferJob) error {
	if s.gateway == nil {
		return nil
	}
	problems := []error{s.finishTransfers(ctx)}
	var after Line
	for {
		lines, err := s.store.Due(ctx, s.now(), after, transferBatch)
		if err != nil {
			return errors.Join(append(problems, fmt.Errorf("list due shares: %w", err))...)
		}
		for _, l := range lines {
			if err := s.transferLine(ctx, l); err != nil {
				problems = append(problems, fmt.Errorf("transfer to %s: %w", l.ProducerID, err))
			}
			if ctx.Err() != nil {
				return errors.Join(append(problems, ctx.Err())...)
			}
		}
		if len(lines) < transferBatch {
			return errors.Join(problems...)
		}
		after = lines[len(lines)-1]
	}
}

// finishTransfers asks again for those whose answer was lost.
func (s *Service) finishTransfers(ctx context.Context) error {
	prepared, err := s.store.PreparedTransfers(ctx, s.now().Add(-answerTime), transferBatch)
	if err != nil {
		return fmt.Errorf("list transfers under way: %w", err)
	}
	return errs.Each(prepared, func(t Transfer) error { return s.send(ctx, t) })
}

// transferLine sends a producer's due shares in one currency, oldest first, as far as the balance goes.
func (s *Service) transferLine(ctx context.Context, l Line) error {
	a, err := s.store.Account(ctx, l.ProducerID)
	if errs.CodeOf(err) == errs.CodeNotFound || err == nil && !a.TransfersEnabled {
		return nil // waits until the producer is connected
	}
	if err != nil {
		return err
	}
	for {
		shares, err := s.store.DueShares(ctx, l, s.now(), transferBatch)
		if err != nil {
			return err
		}
		sent := false
		for _, share := range shares {
			source, err := s.source(ctx, share)
			if err != nil {
				return err
			}
			t, err := s.prepare(ctx, share, a, source)
			if err != nil {
				return err
			}
			if t == nil {
				continue
			}
			sent = true
			if err := s.send(ctx, *t); err != nil {
				return err
			}
		}
		if !sent || len(shares) < transferBatch {
			return nil
		}
	}
}

// source is the charge that a share is sent out of. What a coupon of the platform paid is in no charge: such a share comes out
// of the platform's own balance.
func (s *Service) source(ctx context.Context, share Share) (string, error) {
	if share.Subsidised {
		return "", nil
	}
	charge, err := s.gateway.Charge(ctx, share.PaymentID)
	if err != nil {
		return "", fmt.Errorf("find charge of order %s: %w", share.OrderID, err)
	}
	return charge, nil
}

// prepare stores a transfer of what of the share is left and covered by the balance; nil: nothing.
func (s *Service) prepare(ctx context.Context, due Share, a Account, source string) (*Transfer, error) {
	var out *Transfer
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockProducer(ctx, due.ProducerID); err != nil {
			return err
		}
		share, err := s.store.LockShare(ctx, due.OrderID, due.ProducerID)
		if err != nil {
			return err
		}
		available, err := s.store.Available(ctx, Line{due.ProducerID, due.Currency}, s.now())
		if err != nil {
			return err
		}
		amount := min(share.Left(), available)
		if amount <= 0 {
			return nil
		}
		id := tx.NewID()
		t := Transfer{
			ID: id, OrderID: share.OrderID, ProducerID: share.ProducerID, Currency: share.Currency, Amount: amount, Destination: a.ProviderID, Source: source,
			Key: "transfer:" + id, Demo: share.Demo, CreatedAt: s.now(),
		}
		share.Sent += amount
		if err := s.store.SaveShare(ctx, share); err != nil {
			return err
		}
		out = &t
		return s.store.AddTransfer(ctx, t)
	})
	if e, ok := errs.As(err); ok && e.Reason == "transfers_under_way_key" { // another run is at it
		return nil, nil
	}
	return out, err
}

// send asks the provider for a stored transfer and books it.
func (s *Service) send(ctx context.Context, t Transfer) error {
	providerID, err := s.gateway.Transfer(ctx, TransferRequest{
		TransferID: t.ID, OrderID: t.OrderID, Amount: t.Amount, Currency: t.Currency, Destination: t.Destination, Source: t.Source, Key: t.Key,
		AskedBefore: s.now().Sub(t.CreatedAt) > keyLife,
	})
	if errors.Is(err, ErrRefused) {
		return s.refused(ctx, t, err)
	}
	if err != nil {
		return fmt.Errorf("transfer %s: %w", t.ID, err)
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockProducer(ctx, t.ProducerID); err != nil {
			return err
		}
		fresh, err := s.store.TransferSent(ctx, t.ID, providerID, s.now())
		if err != nil || !fresh {
			return err
		}
		booked, err := ledger.Transfer(t.OrderID, t.ID, t.ProducerID, t.Currency, t.Demo, t.Amount)
		if err != nil {
			return err
		}
		if err := s.book.Post(ctx, booked); err != nil {
			return fmt.Errorf("book transfer %s: %w", t.ID, err)
		}
		share, err := s.store.LockShare(ctx, t.OrderID, t.ProducerID)
		if err != nil || share.Left() >= 0 {
			return err
		}
		return s.unit.Enqueue(ctx, ReverseJob{OrderID: t.OrderID, ProducerID: t.ProducerID}) // taken back while it was under way
	})
}

// refused gives the amount back to the share. A later run tries it again as a new transfer.
func (s *Service) refused(ctx context.Context, t Transfer, reason error) error {
	s.log.ErrorContext(ctx, "transfer refused by the payment provider", "transfer_id", t.ID, "order_id", t.OrderID, "account_id", t.ProducerID, "error", reason)
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.store.LockProducer(ctx, t.ProducerID); err != nil {
			return err
		}
		fresh, err := s.store.TransferRefused(ctx, t.ID, reason.Error())
		if err != nil || !fresh {
			return err
		}
		share, err := s.store.LockShare(ctx, t.OrderID, t.ProducerID)
		if err != nil {
			return err
		}
		share.Sent -= t.Amount
		if err := s.store.SaveShare(ctx, share); err != nil {
			return err
		}
		return s.unit.Enqueue(ctx, CheckAccountJob{AccountID: t.Destination, Cause: t.ID})
	})
}
