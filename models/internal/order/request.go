package order

import (
	"context"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
)

// maxRequests bounds how often a buyer may ask for the money of one line.
const maxRequests = 3

// Request is what a buyer asked for: the money of one line.
type Request struct {
	ID         string
	LineID     string
	BuyerID    string
	ProducerID string
	Reason     string
	State      api.RequestState
	Answer     string
	AnsweredBy string // producer | admin
	CreatedAt  time.Time
	DecidedAt  *time.Time
}

// SoldLine is a line as its producer sees it.
type SoldLine struct {
	Order *Order
	Line  Line
}

// RequestQuery asks for what buyers asked a producer for.
type RequestQuery struct {
	ProducerID string
	After      string // id of the request to go on behind
	Limit      int
}

// SellerRequest is a request with the order it is about.
type SellerRequest struct {
	*Request
	Order *Order
	Line  Line
}

// days is the time so many days after the payment; nil for what was not paid.
func (o *Order) days(n int) *time.Time {
	if o.PaidAt == nil || n == 0 {
		return nil
	}
	t := o.PaidAt.AddDate(0, 0, n)
	return &t
}

func (o *Order) producerUntil() *time.Time { return o.days(o.Rule.ProducerDays) }

// AskUntil is until when the buyer may ask for the line's money; nil when that cannot be done now.
func (o *Order) AskUntil(l Line) *time.Time {
	if l.Left() == 0 || o.Disputed() || len(o.requests(l.ID)) >= maxRequests {
		return nil
	}
	if r := o.Request(l.ID); r != nil && r.State == api.RequestAsked {
		return nil
	}
	return o.days(o.Rule.BuyerDays)
}

// RefundUntil is until when the producer may give the line's money back; nil when that cannot be done now.
func (o *Order) RefundUntil(l Line) *time.Time {
	if l.Left() == 0 || o.Disputed() {
		return nil
	}
	return o.producerUntil()
}

func (o *Order) requests(lineID string) (out []*Request) {
	for i := range o.Requests {
		if o.Requests[i].LineID == lineID {
			out = append(out, &o.Requests[i])
		}
	}
	return out
}

// Request is the newest for a line; nil when there is none.
func (o *Order) Request(lineID string) *Request {
	all := o.requests(lineID)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func (o *Order) sold(lineID string) SoldLine {
	if l := o.line(lineID); l != nil {
		return SoldLine{Order: o, Line: *l}
	}
	return SoldLine{Order: o}
}

// AskRefund asks the producer for the money of a line.
func (s *Service) AskRefund(ctx context.Context, accountID, orderID, lineID, reason string) (*Order, error) {
	reason, err := words("reason", reason)
	if err != nil {
		return nil, err
	}
	return s.asBuyer(ctx, accountID, orderID, lineID, func(ctx context.Context, o *Order, l *Line) error {
		if r := o.Request(lineID); r != nil && r.State == api.RequestAsked {
			return nil // pressed twice
		}
		until := o.AskUntil(*l)
		if until == nil || !s.now().Before(*until) {
			return errs.New(errs.CodeConflict, "refund_not_askable", "The time to ask for this money is over, or it went back already.")
		}
		if err := s.notBuiltUpon(ctx, o, l); err != nil {
			return err
		}
		o.Requests = append(o.Requests, Request{
			ID: s.newID(), LineID: l.ID, BuyerID: accountID, ProducerID: l.Seller.ID, Reason: reason, State: api.RequestAsked, CreatedAt: s.now(),
		})
		return s.tellAsked(ctx, o, l, o.Requests[len(o.Requests)-1])
	})
}

// WithdrawRefund takes a buyer's request back. Taking it back twice is harmless.
func (s *Service) WithdrawRefund(ctx context.Context, accountID, orderID, lineID string) (*Order, error) {
	return s.asBuyer(ctx, accountID, orderID, lineID, func(_ context.Context, o *Order, _ *Line) error {
		r := o.Request(lineID)
		if r == nil {
			return errNotAsked()
		}
		if r.State == api.RequestAsked {
			s.decide(r, api.RequestWithdrawn, "", "")
		}
		return nil
	})
}

func (s *Service) asBuyer(ctx context.Context, accountID, orderID, lineID string, do func(context.Context, *Order, *Line) error) (*Order, error) {
	var out *Order
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, orderID)
		if err != nil {
			return err
		}
		if o.Buyer.AccountID != accountID {
			return errs.NotFound("order")
		}
		l := o.line(lineID)
		if l == nil {
			return errs.NotFound("order line")
		}
		if err := do(ctx, o, l); err != nil {
			return err
		}
		out = o
		return s.save(ctx, o)
	})
	return out, err
}

func (s *Service) decide(r *Request, state api.RequestState, by, answer string) {
	now := s.now()
	r.State, r.AnsweredBy, r.Answer, r.DecidedAt = state, by, answer, &now
}

// DeclineByProducer answers the open request for a line with no.
func (s *Service) DeclineByProducer(ctx context.Context, producerID, lineID, answer string) (SoldLine, error) {
	answer, err := words("answer", answer)
	if err != nil {
		return SoldLine{}, err
	}
	var sold SoldLine
	err = s.asSeller(ctx, producerID, lineID, func(ctx context.Context, o *Order) error {
		if err := s.decline(ctx, o, lineID, string(api.GivenByProducer), answer); err != nil {
			return err
		}
		sold = o.sold(lineID)
		return nil
	})
	return sold, err
}

// DeclineByAdmin answers the open request for a line with no.
func (s *Service) DeclineByAdmin(ctx context.Context, orderID, lineID, answer string) (c Case, err error) {
	if answer, err = words("answer", answer); err != nil {
		return c, err
	}
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, orderID)
		if err != nil {
			return err
		}
		if err := s.decline(ctx, o, lineID, string(api.GivenByAdmin), answer); err != nil {
			return err
		}
		if err := s.audit.Record(ctx, audit.Entry{
			Action: "order.refund_decline", Subject: audit.Subject{Kind: "order", ID: o.ID, Name: o.NumberText()}, Reason: answer,
			Data: map[string]any{"line_id": lineID},
		}); err != nil {
			return err
		}
		c, err = s.desk.Case(ctx, orderID)
		return err
	})
	return c, err
}

func (s *Service) decline(ctx context.Context, o *Order, lineID, by, answer string) error {
	l, r := o.line(lineID), o.Request(lineID)
	switch {
	case l == nil:
		return errs.NotFound("order line")
	case r == nil:
		return errNotAsked()
	}
	if r.State != api.RequestAsked {
		return errs.New(errs.CodeConflict, "request_decided", "This request was answered or taken back already.")
	}
	s.decide(r, api.RequestDeclined, by, answer)
	if err := s.tellDeclined(ctx, o, l, *r); err != nil {
		return err
	}
	return s.save(ctx, o)
}

func errNotAsked() error {
	return errs.New(errs.CodeConflict, "refund_not_asked", "Nobody asked for this money.")
}

// SoldLine reads a line that the producer sold.
func (s *Service) SoldLine(ctx context.Context, producerID, lineID string) (SoldLine, error) {
	id, err := s.store.OrderOfLine(ctx, lineID)
	if err != nil {
		return SoldLine{}, err
	}
	o, err := s.store.Order(ctx, id)
	if err != nil {
		return SoldLine{}, err
	}
	sold := o.sold(lineID)
	if sold.Line.Seller.ID != producerID || o.PaidAt == nil {
		return SoldLine{}, errs.NotFound("sale")
	}
	return sold, nil
}

// SellerRequests reads a page of what buyers asked the producer for, newest first, how many of all wait, and the id to go on behind.
func (s *Service) SellerRequests(ctx context.Context, q RequestQuery) (found []SellerRequest, open int, next string, err error) {
	asked := q.Limit
	q.Limit++
	if found, open, err = s.store.SellerRequests(ctx, q); err != nil {
		return nil, 0, "", fmt.Errorf("list refund requests: %w", err)
	}
	if len(found) > asked {
		found = found[:asked]
		next = found[asked-1].ID
	}
	return found, open, next, nil
}
