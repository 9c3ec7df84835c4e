package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/ledger"
)

// Dispute is a payment that the buyer's bank takes back. What was delivered stays the buyer's until it is lost.
type Dispute struct {
	ID         string
	ProviderID string // unique
	PaymentID  string
	Amount     int64
	Currency   string
	Reason     string // in the provider's words
	State      DisputeState
	DueAt      *time.Time // until when evidence is taken
	OpenedAt   time.Time
	ClosedAt   *time.Time
	Movements  []DisputeMovement // that are booked
	Parts      []Part            // what it took when it was lost
}

// Disputed says whether a bank is about to take money of the order back. A warning takes nothing.
func (o *Order) Disputed() bool {
	for _, d := range o.Disputes {
		if d.State == api.DisputeNeedsResponse || d.State == api.DisputeUnderReview {
			return true
		}
	}
	return false
}

func (o *Order) dispute(providerID string) *Dispute {
	for i := range o.Disputes {
		if o.Disputes[i].ProviderID == providerID {
			return &o.Disputes[i]
		}
	}
	return nil
}

// applyDispute settles what the provider said about a dispute. It runs in a transaction. Whatever the order of the news, and
// however often: the strongest state counts, and each movement of money is booked once.
func (s *Service) applyDispute(ctx context.Context, p ProviderDispute) (*Order, error) {
	id, err := s.store.OrderOfPayment(ctx, p.PaymentID)
	if err != nil {
		return nil, err
	}
	o, err := s.store.Lock(ctx, id)
	if err != nil {
		return nil, err
	}
	d := o.dispute(p.ID)
	fresh := d == nil
	if fresh {
		payment := o.paymentBy(p.PaymentID)
		if payment == nil {
			return nil, errs.NotFound("payment")
		}
		o.Disputes = append(o.Disputes, Dispute{
			ID: s.newID(), ProviderID: p.ID, PaymentID: payment.ID, Amount: p.Amount, Currency: p.Currency, Reason: p.Reason, State: p.State, OpenedAt: p.OpenedAt,
		})
		d = &o.Disputes[len(o.Disputes)-1]
	}
	before := d.State
	d.State = joinDispute(before, p.State)
	if d.State == p.State {
		d.Amount, d.Reason, d.DueAt = p.Amount, p.Reason, p.DueAt
	}
	if disputeOver(d.State) && d.ClosedAt == nil {
		now := s.now()
		d.ClosedAt = &now
	} else if !disputeOver(d.State) {
		d.ClosedAt = nil // an inquiry that was closed became a dispute
	}
	if err := s.bookMovements(ctx, o, d, p.Movements); err != nil {
		return nil, err
	}
	lost := d.State == api.DisputeLost && (fresh || before != api.DisputeLost)
	if lost {
		if err := s.lose(ctx, o, d); err != nil {
			return nil, err
		}
	}
	if fresh || before != d.State {
		if err := s.tellDispute(ctx, o, *d); err != nil {
			return nil, err
		}
	}
	if err := s.save(ctx, o); err != nil || !lost {
		return o, err
	}
	return o, s.papers.Disputed(ctx, o, d.ID)
}

func (o *Order) paymentBy(providerID string) *Payment {
	for i := range o.Payments {
		if o.Payments[i].ProviderID == providerID {
			return &o.Payments[i]
		}
	}
	return nil
}

func (s *Service) bookMovements(ctx context.Context, o *Order, d *Dispute, movements []DisputeMovement) error {
	known := map[string]bool{}
	for _, m := range d.Movements {
		known[m.ID] = true
	}
	for _, m := range movements {
		if known[m.ID] {
			continue
		}
		t, ok, err := ledger.Dispute(o.movement(fmt.Sprintf("dispute:%s:%s", d.ProviderID, m.ID)), m.Amount, m.Fee)
		if err != nil {
			return err
		}
		if ok {
			if err := s.book.Post(ctx, t); err != nil {
				return fmt.Errorf("book dispute of order %s: %w", o.ID, err)
			}
		}
		d.Movements = append(d.Movements, m)
	}
	return nil
}

// lose ends what was delivered for the money that the bank took. A dispute does not say for which lines it is.
func (s *Service) lose(ctx context.Context, o *Order, d *Dispute) error {
	var wanted []want
	if p := o.payment(); p != nil && p.ID == d.PaymentID {
		wanted = o.covered(d.Amount)
	}
	parts, err := s.takeLines(ctx, o, wanted, api.LineChargedBack, taking{
		cause: d.ID, kind: ledger.KindDispute, to: ledger.Disputes, reference: fmt.Sprintf("dispute:%s:lost", d.ProviderID), amount: d.Amount,
	})
	d.Parts = parts
	return err
}

// covered are the lines that an amount is for: those it must be for, else one after the other while it lasts.
func (o *Order) covered(amount int64) []want {
	if wanted := o.obvious(amount); wanted != nil {
		return wanted
	}
	var out []want
	for i := range o.Lines {
		l := &o.Lines[i]
		if part := min(l.Left(), amount); part > 0 {
			out = append(out, want{l, part})
			amount -= part
		}
	}
	return out
}

// lookForDisputes finds disputes and what became of them without any webhook.
func (s *Service) lookForDisputes(ctx context.Context) error {
	found, err := s.gateway.DisputesSince(ctx, s.now().Add(-eventsSince))
	settled := errors.Join(err, errs.Each(found, func(d ProviderDispute) error { return s.settleDispute(ctx, d) }))
	open, err := s.store.OpenDisputes(ctx, s.now().Add(-lookAgain), reconcileBatch)
	return errors.Join(settled, err, errs.Each(open, func(id string) error { return s.askDispute(ctx, id) }))
}

func (s *Service) askDispute(ctx context.Context, providerID string) error {
	d, err := s.gateway.Dispute(ctx, providerID)
	if err != nil {
		return err
	}
	return errors.Join(s.settleDispute(ctx, d), s.store.DisputeChecked(ctx, providerID))
}

func (s *Service) settleDispute(ctx context.Context, d ProviderDispute) error {
	return s.settle(ctx, "dispute "+d.ID, func(ctx context.Context) (*Order, error) { return s.applyDispute(ctx, d) })
}
