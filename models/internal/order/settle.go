package order

import (
	"context"
	"fmt"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/tx"
)

// Result says what an event did.
type Result struct {
	Event   Event
	Outcome string // applied | duplicate | ignored
	Order   *Order // nil when ignored
}

// Outcomes of an event.
const (
	OutcomeApplied   = "applied"
	OutcomeDuplicate = "duplicate"
	OutcomeIgnored   = "ignored"
)

// Webhook takes a provider's message as it arrived.
func (s *Service) Webhook(ctx context.Context, payload []byte, signature string) (Result, error) {
	if s.gateway == nil {
		return Result{}, errs.New(errs.CodeUnavailable, "payment_unavailable", "Card payments are not set up on this site.")
	}
	event, err := s.gateway.Verify(payload, signature)
	if err != nil {
		return Result{}, errs.Wrap(errs.CodeInvalid, err, "webhook_refused", "The webhook was refused.")
	}
	return s.Event(ctx, event)
}

// Event records a provider's event and does what it asks for, in one transaction. An event has its effect once.
func (s *Service) Event(ctx context.Context, event Event) (Result, error) {
	result := Result{Event: event}
	var refunds []ProviderRefund
	if event.RefundedPayment != "" {
		var err error
		if refunds, err = s.gateway.Refunds(ctx, event.RefundedPayment); err != nil {
			return result, unavailable(fmt.Errorf("event %s: %w", event.ID, err))
		}
	}
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		fresh, err := s.store.RecordEvent(ctx, event)
		if err != nil {
			return fmt.Errorf("record event %s: %w", event.ID, err)
		}
		if !fresh {
			result.Outcome = OutcomeDuplicate
			return nil
		}
		if event.Job != nil {
			if err := s.unit.Enqueue(ctx, event.Job, tx.Unique()); err != nil {
				return fmt.Errorf("queue what event %s asks for: %w", event.ID, err)
			}
			result.Outcome = OutcomeApplied
			return s.store.EventOutcome(ctx, event.ID, OutcomeApplied, "")
		}
		result.Outcome = OutcomeIgnored
		o, err := s.effect(ctx, event, refunds)
		if errs.CodeOf(err) == errs.CodeNotFound {
			s.log.ErrorContext(ctx, "payment event for an unknown order", "event_id", event.ID, "type", event.Type, "error", err)
			return s.store.EventOutcome(ctx, event.ID, OutcomeIgnored, "")
		}
		if err != nil {
			return err
		}
		if o == nil {
			return s.store.EventOutcome(ctx, event.ID, OutcomeIgnored, "")
		}
		result.Outcome, result.Order = OutcomeApplied, o
		return s.store.EventOutcome(ctx, event.ID, OutcomeApplied, o.ID)
	})
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

// effect does what an event asks for; no order: nothing.
func (s *Service) effect(ctx context.Context, event Event, refunds []ProviderRefund) (o *Order, err error) {
	switch {
	case event.Session != nil:
		return s.applyIn(ctx, *event.Session)
	case event.Refund != nil:
		return s.applyRefund(ctx, *event.Refund)
	case event.Dispute != nil:
		return s.applyDispute(ctx, *event.Dispute)
	}
	for _, r := range refunds {
		if o, err = s.applyRefund(ctx, r); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// apply settles what the provider said about a payment page.
func (s *Service) apply(ctx context.Context, session Session) (*Order, error) {
	var out *Order
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.applyIn(ctx, session)
		out = o
		return err
	})
	return out, err
}

func (s *Service) applyIn(ctx context.Context, session Session) (*Order, error) {
	o, err := s.store.Lock(ctx, session.OrderID)
	if err != nil {
		return nil, err
	}
	a := o.attempt(session.Attempt)
	if a == nil || a.SessionID != "" && a.SessionID != session.ID {
		return nil, errs.NotFound("order attempt")
	}
	news := session.State
	if news == AttemptPaid {
		if problem := mismatch(o, session); problem != "" {
			s.log.ErrorContext(ctx, "payment does not match its order", "order_id", o.ID, "session_id", session.ID, "problem", problem)
			news, o.Attention = AttemptMismatch, problem
		}
	}
	before := a.State
	a.State = a.State.Join(news)
	a.SessionID = session.ID
	if session.URL != "" {
		a.URL = session.URL
	}
	if a.State == AttemptPaid && before != AttemptPaid {
		if err := s.receive(ctx, o, session); err != nil {
			return nil, err
		}
	}
	if err := s.save(ctx, o); err != nil {
		return nil, fmt.Errorf("save order %s: %w", o.ID, err)
	}
	return o, nil
}

// save moves a locked order to the state its facts ask for and stores it.
func (s *Service) save(ctx context.Context, o *Order) error {
	before := o.State
	if err := o.settle(); err != nil {
		return err
	}
	if o.State != before {
		if err := s.letGo(ctx, o); err != nil {
			return err
		}
	}
	return s.store.Save(ctx, o)
}

// mismatch compares what was paid with what the order asks for.
func mismatch(o *Order, session Session) string {
	switch {
	case session.Amount != o.Total:
		return fmt.Sprintf("paid %d, ordered %d", session.Amount, o.Total)
	case session.Currency != o.Currency:
		return fmt.Sprintf("paid in %s, ordered in %s", session.Currency, o.Currency)
	case session.PaymentID == "":
		return "paid without a payment reference"
	default:
		return ""
	}
}

// receive takes money that arrived: it pays the order, or goes back when the order is paid already.
func (s *Service) receive(ctx context.Context, o *Order, session Session) error {
	p := Payment{
		ID: s.newID(), Attempt: session.Attempt, ProviderID: session.PaymentID, Amount: session.Amount,
		Duplicate: o.PaidAt != nil, ReceivedAt: s.now(),
	}
	o.Payments = append(o.Payments, p)
	if !p.Duplicate {
		return s.deliver(ctx, o, &p)
	}
	t, err := ledger.Unmatched(o.ID, paymentReference(o.ID, p.Attempt), o.Currency, o.Buyer.Demo, p.Amount)
	if err != nil {
		return err
	}
	if err := s.book.Post(ctx, t); err != nil {
		return fmt.Errorf("book second payment of order %s: %w", o.ID, err)
	}
	return s.sendBack(ctx, o, p.ID, p.Amount, ReasonDuplicate)
}

func paymentReference(orderID string, attempt int) string {
	return fmt.Sprintf("order:%s:payment:%d", orderID, attempt)
}

// deliver grants what can be delivered, books the sale and owes back the rest. p is nil for a free order.
func (s *Service) deliver(ctx context.Context, o *Order, p *Payment) error {
	now := s.now()
	o.PaidAt = &now
	gone, err := s.store.Unavailable(ctx, o)
	if err != nil {
		return fmt.Errorf("check order %s: %w", o.ID, err)
	}
	if p == nil { // nothing to send back: it is refused as a whole
		if err := s.hold(ctx, now.Add(CheckoutLifetime), o); err != nil {
			return err
		}
	}
	unclaimed, err := s.unclaimed(ctx, o)
	if err != nil {
		return err
	}
	for id, reason := range unclaimed {
		if gone[id] == "" {
			gone[id] = reason
		}
	}
	var owed int64
	granted := 0
	sold := make([]ledger.SoldLine, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		l.State = api.LineGranted
		if reason := gone[l.ID]; reason != "" {
			l.State, l.Reason = api.LineUnavailable, reason
			owed += l.Amount()
		} else {
			granted++
		}
		sold[i] = ledger.SoldLine{OrderLineID: l.ID, ProducerID: l.Seller.ID, Amount: l.Amount(), Subsidy: l.subsidy(), Delivered: l.State == api.LineGranted}
	}
	if granted == 0 && owed == 0 { // only a free order can get here
		return errs.New(errs.CodeConflict, "cart_empty", "There is nothing in the cart that can be bought.")
	}
	if err := s.store.Grant(ctx, o); err != nil {
		return fmt.Errorf("grant order %s: %w", o.ID, err)
	}
	if err := s.settleClaims(ctx, o); err != nil {
		return err
	}
	if p != nil || o.Discount > 0 {
		if err := s.bookSale(ctx, o, p, sold); err != nil {
			return err
		}
	}
	if err := s.papers.Paid(ctx, o); err != nil {
		return fmt.Errorf("papers of order %s: %w", o.ID, err)
	}
	for _, l := range o.Lines {
		if l.State != api.LineGranted {
			continue
		}
		if err := s.recorder.Record(ctx, auth.Caller{AccountID: o.Buyer.AccountID}, events.InteractionRecordedV1{
			Kind: events.KindPurchase, PackID: l.PackID, SoundID: l.SoundID, ProducerID: l.Seller.ID,
		}); err != nil {
			return fmt.Errorf("record purchase of order %s: %w", o.ID, err)
		}
	}
	if owed > 0 {
		if err := s.sendBack(ctx, o, p.ID, owed, ReasonNotDelivered); err != nil {
			return err
		}
	}
	if err := s.unit.Enqueue(ctx, receipt(o), tx.Unique()); err != nil {
		return fmt.Errorf("queue receipt of order %s: %w", o.ID, err)
	}
	return nil
}

func (s *Service) bookSale(ctx context.Context, o *Order, p *Payment, sold []ledger.SoldLine) error {
	for i := range sold {
		points, err := s.book.CommissionBasisPoints(ctx, sold[i].ProducerID, *o.PaidAt)
		if err != nil {
			return fmt.Errorf("read commission: %w", err)
		}
		sold[i].BasisPoints = points
	}
	reference := "order:" + o.ID + ":coupon" // a coupon paid all of it
	if p != nil {
		reference = paymentReference(o.ID, p.Attempt)
	}
	t, ok, err := ledger.Sale(o.ID, reference, o.Currency, o.Buyer.Demo, sold)
	if err != nil || !ok {
		return err
	}
	if err := s.book.Post(ctx, t); err != nil {
		return fmt.Errorf("book sale of order %s: %w", o.ID, err)
	}
	return nil
}
