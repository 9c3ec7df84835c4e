package order

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/tx"
)

// Reasons of refunds.
const (
	ReasonDuplicate    = "duplicate_payment" // these two concern nothing that was delivered
	ReasonNotDelivered = "not_delivered"
	reasonGiven        = "given"       // by a producer or an admin, of what was delivered
	reasonAtProvider   = "at_provider" // made at the provider, not here
)

// Refund is money that goes back.
type Refund struct {
	ID         string
	PaymentID  string
	Amount     int64
	Reason     string
	State      RefundState
	Try        int    // how often the provider was asked anew, from 1
	Problem    string // why it was refused or failed
	ProviderID string
	GivenBy    api.RefundGiver
	GiverID    string // account
	Note       string // words to the buyer
	CreatedAt  time.Time
	Parts      []Part // none: for something that was not delivered, or not known for what
}

// Done says whether the provider has sent it.
func (r Refund) Done() bool { return r.State == api.RefundSent || r.State == api.RefundArrived }

// Part is what of a line goes back.
type Part struct {
	LineID        string
	Amount        int64
	ProducerShare int64 // of Amount
}

// RefundRule says for how many days after a payment money may be given back without an admin.
type RefundRule struct {
	ProducerDays int // by the producer
	BuyerDays    int // the buyer may ask for it
}

// Give is a refund that somebody gives.
type Give struct {
	LineID string
	Amount int64 // 0: all that is left of the line
	// Returned is what of the line had gone back when the giver looked; needed with an amount, so that a part is not given twice.
	Returned *int64
	Note     string
}

func (o *Order) refund(id string) (*Refund, *Payment) {
	for i := range o.Refunds {
		if o.Refunds[i].ID != id {
			continue
		}
		for j := range o.Payments {
			if o.Payments[j].ID == o.Refunds[i].PaymentID {
				return &o.Refunds[i], &o.Payments[j]
			}
		}
		return &o.Refunds[i], nil
	}
	return nil, nil
}

// payment is the one that paid the order; nil when nothing had to be paid.
func (o *Order) payment() *Payment {
	for i := range o.Payments {
		if !o.Payments[i].Duplicate {
			return &o.Payments[i]
		}
	}
	return nil
}

// GiveByAdmin refunds a line or a part of it and notes who did it.
func (s *Service) GiveByAdmin(ctx context.Context, orderID, adminID string, g Give) (Case, error) {
	var c Case
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, orderID)
		if err != nil {
			return err
		}
		r, err := s.give(ctx, o, g, api.GivenByAdmin, adminID)
		if err != nil {
			return err
		}
		if err := s.audit.Record(ctx, audit.Entry{
			Action: "order.refund", Subject: audit.Subject{Kind: "order", ID: o.ID, Name: o.NumberText()}, Reason: r.Note,
			Data: map[string]any{"refund_id": r.ID, "line_id": g.LineID, "amount": r.Amount, "currency": o.Currency},
		}); err != nil {
			return err
		}
		c, err = s.desk.Case(ctx, orderID)
		return err
	})
	return c, err
}

// GiveByProducer refunds a line that the producer sold, or a part of it, within the time that the rule gives.
func (s *Service) GiveByProducer(ctx context.Context, producerID string, g Give) (SoldLine, error) {
	var sold SoldLine
	err := s.asSeller(ctx, producerID, g.LineID, func(ctx context.Context, o *Order) error {
		if until := o.producerUntil(); until == nil || !s.now().Before(*until) {
			return errs.New(errs.CodeConflict, "refund_too_late", "The time to give this money back is over. Ask us to do it.")
		}
		_, err := s.give(ctx, o, g, api.GivenByProducer, producerID)
		sold = o.sold(g.LineID)
		return err
	})
	return sold, err
}

// asSeller locks the order of a line that the producer sold.
func (s *Service) asSeller(ctx context.Context, producerID, lineID string, do func(context.Context, *Order) error) error {
	id, err := s.store.OrderOfLine(ctx, lineID)
	if err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if l := o.line(lineID); l == nil || l.Seller.ID != producerID || o.PaidAt == nil {
			return errs.NotFound("sale")
		}
		return do(ctx, o)
	})
}

// give refunds a line, or a part of it, of a locked order.
func (s *Service) give(ctx context.Context, o *Order, g Give, by api.RefundGiver, giverID string) (*Refund, error) {
	note, err := words("reason", g.Note)
	if err != nil {
		return nil, err
	}
	l := o.line(g.LineID)
	if l == nil {
		return nil, errs.NotFound("order line")
	}
	p := o.payment()
	amount := g.Amount
	if amount == 0 {
		amount = l.Left()
	}
	switch {
	case l.Left() == 0 || p == nil:
		return nil, errs.New(errs.CodeConflict, "nothing_to_refund", "Nothing was paid for this, or all of it went back already.")
	case g.Amount != 0 && g.Returned == nil:
		return nil, errs.Invalid(errs.Field{Name: "returned", Reason: "required", Detail: "Say what of it has gone back so far."})
	case g.Returned != nil && *g.Returned != l.Returned:
		return nil, errs.New(errs.CodeConflict, "refund_changed", "Something of this has gone back since you looked. Look at it again; nothing was done.")
	case amount < 0 || amount > l.Left():
		return nil, errs.Invalid(errs.Field{Name: "amount", Reason: "out_of_range", Detail: "At most " + mail.Amount(l.Left(), o.Currency) + " can go back."})
	case o.Disputed():
		return nil, errs.New(errs.CodeConflict, "order_disputed", "The buyer's bank is taking this payment back. Nothing can be refunded until it has decided.")
	}
	if err := s.notBuiltUpon(ctx, o, l); err != nil {
		return nil, err
	}
	r := Refund{
		ID: s.newID(), PaymentID: p.ID, Amount: amount, Reason: reasonGiven, State: api.RefundAsked, Try: 1, GivenBy: by, GiverID: giverID, Note: note, CreatedAt: s.now(),
	}
	if err := s.giveBack(ctx, o, &r, []want{{l, amount}}); err != nil {
		return nil, err
	}
	if err := s.addRefund(ctx, o, r); err != nil {
		return nil, err
	}
	if err := s.tellRefund(ctx, o, l, r); err != nil {
		return nil, err
	}
	return &o.Refunds[len(o.Refunds)-1], s.save(ctx, o)
}

// notBuiltUpon refuses to give back what lowered the price of something that the buyer has bought since and still owns: a
// sound of a pack, a smaller licence. What was built on it goes back first.
func (s *Service) notBuiltUpon(ctx context.Context, o *Order, l *Line) error {
	credited, err := s.store.Credited(ctx, o, l.ID)
	if err != nil {
		return err
	}
	if credited {
		return errs.New(errs.CodeConflict, "used_as_credit",
			"What was paid for this was counted towards a pack or a larger licence that was bought since. That has to be refunded first.")
	}
	return nil
}

// words is what somebody has to say to another, 1 to 2,000 characters.
func words(field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || len([]rune(text)) > 2000 {
		return "", errs.Invalid(errs.Field{Name: field, Reason: "required", Detail: "Write 1 to 2,000 characters."})
	}
	return text, nil
}

// want is what of a line is to go back.
type want struct {
	line   *Line
	amount int64
}

// giveBack books parts of lines as owed to the buyer by the refund r, ends what was delivered of those that go back as a whole,
// and takes the producers' shares back.
func (s *Service) giveBack(ctx context.Context, o *Order, r *Refund, wanted []want) error {
	parts, err := s.takeLines(ctx, o, wanted, api.LineRefunded, taking{
		cause: r.ID, kind: ledger.KindRefund, to: ledger.BuyerRefunds, reference: refundReference(r.ID, 1) + ":given", amount: r.Amount,
	})
	r.Parts = parts
	return err
}

// taking says why lines go back and what that is booked as.
type taking struct {
	cause     string // id of the refund or the dispute
	kind      ledger.Kind
	to        ledger.Account
	reference string
	amount    int64
}

func (s *Service) takeLines(ctx context.Context, o *Order, wanted []want, end api.LineState, why taking) ([]Part, error) {
	booked, err := s.book.Booked(ctx, o.ID)
	if err != nil {
		return nil, fmt.Errorf("read the sale of order %s: %w", o.ID, err)
	}
	var parts []Part
	var entries []ledger.Entry
	var ended, producers []string
	shares := map[string]int64{}
	for _, w := range wanted {
		part, err := ledger.Part(booked[w.line.ID], w.line.Returned, w.amount)
		if err != nil {
			return nil, fmt.Errorf("order line %s: %w", w.line.ID, err)
		}
		share := ledger.ProducersShare(part)
		entries = append(entries, part...)
		parts = append(parts, Part{LineID: w.line.ID, Amount: w.amount, ProducerShare: share})
		if _, known := shares[w.line.Seller.ID]; !known {
			producers = append(producers, w.line.Seller.ID)
		}
		shares[w.line.Seller.ID] += share
		w.line.Returned += w.amount
		if w.line.Left() == 0 {
			w.line.State = end
			ended = append(ended, w.line.ID)
		}
	}
	t, err := ledger.Return(o.movement(why.reference), why.kind, why.to, entries, why.amount)
	if err != nil {
		return nil, err
	}
	if err := s.book.Post(ctx, t); err != nil {
		return nil, fmt.Errorf("book what goes back of order %s: %w", o.ID, err)
	}
	if err := s.store.EndEntitlements(ctx, ended); err != nil {
		return nil, fmt.Errorf("end what order %s delivered: %w", o.ID, err)
	}
	for _, producer := range producers {
		if shares[producer] == 0 {
			continue
		}
		job := payout.TakeBackJob{OrderID: o.ID, ProducerID: producer, RefundID: why.cause, Amount: shares[producer]}
		if err := s.unit.Enqueue(ctx, job, tx.Unique()); err != nil {
			return nil, fmt.Errorf("take back what order %s paid: %w", o.ID, err)
		}
	}
	return parts, nil
}

func (o *Order) movement(reference string) ledger.Movement {
	return ledger.Movement{OrderID: o.ID, Reference: reference, Currency: o.Currency, Demo: o.Buyer.Demo}
}

// refundReference is what the book calls a refund that the provider has; anew from the second try on.
func refundReference(id string, try int) string {
	if try == 1 {
		return "refund:" + id
	}
	return fmt.Sprintf("refund:%s:%d", id, try)
}

// sendBack owes the buyer what could not be delivered or was paid twice.
func (s *Service) sendBack(ctx context.Context, o *Order, paymentID string, amount int64, reason string) error {
	return s.addRefund(ctx, o, Refund{
		ID: s.newID(), PaymentID: paymentID, Amount: amount, Reason: reason, State: api.RefundAsked, Try: 1, GivenBy: api.GivenByPlatform, CreatedAt: s.now(),
	})
}

// addRefund notes a refund that the provider is to be asked for.
func (s *Service) addRefund(ctx context.Context, o *Order, r Refund) error {
	o.Refunds = append(o.Refunds, r)
	o.Refunded += r.Amount
	return s.askProvider(ctx, o, r)
}

func (s *Service) askProvider(ctx context.Context, o *Order, r Refund) error {
	if err := s.unit.Enqueue(ctx, RefundJob{OrderID: o.ID, RefundID: r.ID, Try: r.Try}, tx.Unique()); err != nil {
		return fmt.Errorf("queue refund of order %s: %w", o.ID, err)
	}
	return nil
}

// Refund has the provider send one refund back. It is a job and may run twice: the provider knows its key for a day, and
// later the refund itself is looked for. One that the provider refuses is not asked for again: a person has to look.
func (s *Service) Refund(ctx context.Context, job RefundJob) error {
	if s.gateway == nil {
		return errors.New("refund: card payments are not set up")
	}
	o, err := s.store.Order(ctx, job.OrderID)
	if err != nil {
		return fmt.Errorf("refund order %s: %w", job.OrderID, err)
	}
	r, p := o.refund(job.RefundID)
	if r == nil || p == nil {
		return fmt.Errorf("refund order %s: there is no refund %s", job.OrderID, job.RefundID)
	}
	if r.State != api.RefundAsked {
		return nil
	}
	key := fmt.Sprintf("order:%s:refund:%s", o.ID, r.ID)
	if r.Try > 1 {
		key = fmt.Sprintf("%s:%d", key, r.Try)
	}
	sent, err := s.gateway.Refund(ctx, RefundRequest{
		OrderID: o.ID, RefundID: r.ID, Try: r.Try, PaymentID: p.ProviderID, Amount: r.Amount, Key: key, Reason: r.Reason,
		AskedBefore: s.now().Sub(r.CreatedAt) > refundAge,
	})
	if errors.Is(err, ErrRefused) {
		return s.refundRefused(ctx, job, r.Try, err)
	}
	if err != nil {
		return fmt.Errorf("refund order %s: %w", o.ID, err)
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		_, err := s.applyRefund(ctx, sent)
		return err
	})
}

// refundRefused stops asking for a refund and marks its order for a person to look at.
func (s *Service) refundRefused(ctx context.Context, job RefundJob, try int, reason error) error {
	s.log.ErrorContext(ctx, "refund refused by the payment provider", "order_id", job.OrderID, "refund_id", job.RefundID, "error", reason)
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, job.OrderID)
		if err != nil {
			return err
		}
		r, _ := o.refund(job.RefundID)
		if r == nil || r.State != api.RefundAsked || r.Try != try {
			return nil
		}
		r.State, r.Problem = api.RefundRefused, reason.Error()
		o.attend("refund " + r.ID + " was refused")
		return s.save(ctx, o)
	})
}

// attend marks the order for a person to look at; what was wrong first stays.
func (o *Order) attend(what string) {
	if o.Attention == "" {
		o.Attention = what
	}
}

// applyRefund settles what the provider said about a refund, also about one that was made there and not here. It runs in a
// transaction; late and repeated news changes nothing.
func (s *Service) applyRefund(ctx context.Context, p ProviderRefund) (*Order, error) {
	id, err := s.store.OrderOfPayment(ctx, p.PaymentID)
	if err != nil {
		return nil, err
	}
	o, err := s.store.Lock(ctx, id)
	if err != nil {
		return nil, err
	}
	r, older := o.matching(p)
	switch {
	case older:
		return o, nil
	case r == nil && p.State == api.RefundFailed:
		return o, nil // came and went: nothing of ours
	case r == nil:
		if r, err = s.madeElsewhere(ctx, o, p); err != nil {
			return nil, err
		}
	}
	before := r.State
	if !CanMoveRefund(before, p.State) {
		return o, nil
	}
	r.ProviderID, r.State, r.Problem = p.ID, p.State, ""
	held := before == api.RefundAsked || before == api.RefundRefused
	if held && p.State != api.RefundFailed {
		if err := s.bookRefund(ctx, o, refundReference(r.ID, r.Try), r.Amount, ledger.Refund); err != nil {
			return nil, err
		}
	}
	if p.State == api.RefundFailed {
		r.Problem = p.Problem
		s.log.ErrorContext(ctx, "refund did not arrive", "order_id", o.ID, "refund_id", r.ID, "problem", r.Problem)
		o.attend("refund " + r.ID + " did not arrive")
		if !held {
			if err := s.bookRefund(ctx, o, refundReference(r.ID, r.Try)+":failed", r.Amount, ledger.RefundFailed); err != nil {
				return nil, err
			}
		}
	}
	if err := s.save(ctx, o); err != nil || !held || !r.Done() {
		return o, err
	}
	return o, s.papers.Refunded(ctx, o, r.ID)
}

func (s *Service) bookRefund(ctx context.Context, o *Order, reference string, amount int64, book func(ledger.Movement, int64) (ledger.Transaction, error)) error {
	t, err := book(o.movement(reference), amount)
	if err != nil {
		return err
	}
	if err := s.book.Post(ctx, t); err != nil {
		return fmt.Errorf("book refund of order %s: %w", o.ID, err)
	}
	return nil
}

// matching finds our refund that the provider speaks of. older: it is an earlier try of one that was asked for anew.
func (o *Order) matching(p ProviderRefund) (found *Refund, older bool) {
	for i := range o.Refunds {
		if o.Refunds[i].ProviderID == p.ID {
			return &o.Refunds[i], false
		}
	}
	if r, _ := o.refund(p.RefundID); r != nil {
		if p.Try < r.Try {
			return nil, true
		}
		if r.ProviderID == "" {
			return r, false
		}
	}
	for i := range o.Refunds { // refused here, and then made there by hand
		r, payment := o.refund(o.Refunds[i].ID)
		if p.RefundID == "" && r.State == api.RefundRefused && r.Amount == p.Amount && payment != nil && payment.ProviderID == p.PaymentID {
			return r, false
		}
	}
	return nil, false
}

// madeElsewhere adds a refund that was made at the provider. When it can only be for certain lines they go back; else a person
// has to say which.
func (s *Service) madeElsewhere(ctx context.Context, o *Order, p ProviderRefund) (*Refund, error) {
	r := Refund{
		ID: s.newID(), Amount: p.Amount, Reason: reasonAtProvider, State: api.RefundAsked, Try: 1, ProviderID: p.ID, GivenBy: api.GivenByProvider, CreatedAt: s.now(),
	}
	payment := o.paymentBy(p.PaymentID)
	if payment == nil {
		return nil, errs.NotFound("payment")
	}
	r.PaymentID = payment.ID
	if wanted := o.obvious(p.Amount); wanted != nil && !payment.Duplicate {
		if err := s.giveBack(ctx, o, &r, wanted); err != nil {
			return nil, err
		}
	} else {
		o.attend(fmt.Sprintf("%s went back at the payment provider, for what is not known", mail.Amount(p.Amount, o.Currency)))
	}
	o.Refunds = append(o.Refunds, r)
	o.Refunded += r.Amount
	return &o.Refunds[len(o.Refunds)-1], nil
}

// obvious says which lines an amount that went back must be for; nil when it could be several.
func (o *Order) obvious(amount int64) []want {
	var all, exact []want
	var total int64
	for i := range o.Lines {
		l := &o.Lines[i]
		left := l.Left()
		if left == 0 {
			continue
		}
		total += left
		all = append(all, want{l, left})
		if left == amount {
			exact = append(exact, want{l, left})
		}
	}
	switch {
	case amount == total:
		return all
	case len(exact) == 1:
		return exact
	case len(all) == 1 && amount < total:
		return []want{{all[0].line, amount}}
	}
	return nil
}

// Assign says for which line a refund was that was made at the provider.
func (s *Service) Assign(ctx context.Context, orderID, refundID, lineID, reason string) (Case, error) {
	return s.settleByHand(ctx, orderID, refundID, reason, "order.refund_assign", func(ctx context.Context, o *Order, r *Refund) error {
		l := o.line(lineID)
		switch {
		case l == nil:
			return errs.NotFound("order line")
		case r.Reason != reasonAtProvider || len(r.Parts) > 0 || r.State == api.RefundFailed:
			return errs.New(errs.CodeConflict, "refund_assigned", "It is known what this refund was for.")
		case r.Amount > l.Left():
			return errs.Invalid(errs.Field{Name: "line_id", Reason: "out_of_range", Detail: "At most " + mail.Amount(l.Left(), o.Currency) + " of this line can go back."})
		}
		return s.giveBack(ctx, o, r, []want{{l, r.Amount}})
	})
}

// RefundAgain asks the provider anew for a refund that it refused or that did not arrive.
func (s *Service) RefundAgain(ctx context.Context, orderID, refundID, reason string) (Case, error) {
	return s.settleByHand(ctx, orderID, refundID, reason, "order.refund_again", func(ctx context.Context, o *Order, r *Refund) error {
		if !CanMoveRefund(r.State, api.RefundAsked) {
			return errs.New(errs.CodeConflict, "refund_under_way", "This refund is on its way or has arrived.")
		}
		r.State, r.Problem, r.ProviderID, r.Try = api.RefundAsked, "", "", r.Try+1
		return s.askProvider(ctx, o, *r)
	})
}

func (s *Service) settleByHand(ctx context.Context, orderID, refundID, reason, action string, change func(context.Context, *Order, *Refund) error) (c Case, err error) {
	if reason, err = words("reason", reason); err != nil {
		return c, err
	}
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, orderID)
		if err != nil {
			return err
		}
		r, _ := o.refund(refundID)
		if r == nil {
			return errs.NotFound("refund")
		}
		if err := change(ctx, o, r); err != nil {
			return err
		}
		o.Attention = ""
		if err := s.save(ctx, o); err != nil {
			return err
		}
		if err := s.audit.Record(ctx, audit.Entry{
			Action: action, Subject: audit.Subject{Kind: "order", ID: o.ID, Name: o.NumberText()}, Reason: reason,
			Data: map[string]any{"refund_id": r.ID, "amount": r.Amount, "currency": o.Currency},
		}); err != nil {
			return err
		}
		c, err = s.desk.Case(ctx, orderID)
		return err
	})
	return c, err
}

func (s *Service) repeatRefunds(ctx context.Context) error {
	jobs, err := s.store.PendingRefunds(ctx, s.now().Add(-refundAge), reconcileBatch)
	if err != nil {
		return fmt.Errorf("list refunds: %w", err)
	}
	return errs.Each(jobs, func(job RefundJob) error { return s.Refund(ctx, job) })
}

// lookForRefunds finds refunds made at the provider and what became of those on their way, without any webhook.
func (s *Service) lookForRefunds(ctx context.Context) error {
	found, err := s.gateway.RefundsSince(ctx, s.now().Add(-eventsSince))
	settled := errors.Join(err, s.settleRefunds(ctx, found))
	waiting, err := s.store.OnTheirWay(ctx, s.now().Add(-lookAgain), reconcileBatch)
	return errors.Join(settled, err, errs.Each(waiting, func(paymentID string) error { return s.askRefunds(ctx, paymentID) }))
}

// askRefunds settles what the provider knows about all refunds of a payment.
func (s *Service) askRefunds(ctx context.Context, paymentID string) error {
	found, err := s.gateway.Refunds(ctx, paymentID)
	if err != nil {
		return err
	}
	return errors.Join(s.settleRefunds(ctx, found), s.store.RefundsChecked(ctx, paymentID))
}

func (s *Service) settleRefunds(ctx context.Context, found []ProviderRefund) error {
	return errs.Each(found, func(r ProviderRefund) error {
		return s.settle(ctx, "refund "+r.ID, func(ctx context.Context) (*Order, error) { return s.applyRefund(ctx, r) })
	})
}

// settle applies news of the provider in a transaction. What belongs to no order here is no concern of ours.
func (s *Service) settle(ctx context.Context, news string, apply func(context.Context) (*Order, error)) error {
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		_, err := apply(ctx)
		return err
	})
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return fmt.Errorf("settle %s: %w", news, err)
	}
	return nil
}
