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
)

// checkTime is how long an admin waits for the provider.
const checkTime = 20 * time.Second

// Case is an order as admins see it.
type Case struct {
	*Order
	Stuck     api.StuckWhy // why it needs somebody; empty: it does not
	CheckedAt *time.Time   // when the provider was last asked
}

// CaseQuery asks for orders of everybody, newest first.
type CaseQuery struct {
	Text  string // number, e-mail, id, or the provider's id of a page or payment
	State State
	Stuck bool
	After string // id of the order to go on behind
	Limit int
}

// Desk finds orders for admins.
type Desk interface {
	Cases(ctx context.Context, q CaseQuery) ([]Case, error)
	Case(ctx context.Context, id string) (Case, error)
	// Attended notes that a person settled what was wrong. It runs in a transaction.
	Attended(ctx context.Context, id string) error
}

// Audit keeps what admins do.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Cases reads a page of everybody's orders and the id to go on behind.
func (s *Service) Cases(ctx context.Context, q CaseQuery) (cases []Case, next string, err error) {
	want := q.Limit
	q.Limit++
	q.Text = strings.TrimSpace(q.Text)
	if cases, err = s.desk.Cases(ctx, q); err != nil {
		return nil, "", err
	}
	if len(cases) > want {
		cases = cases[:want]
		next = cases[want-1].ID
	}
	return cases, next, nil
}

// Case reads anybody's order.
func (s *Service) Case(ctx context.Context, id string) (Case, error) { return s.desk.Case(ctx, id) }

// Check asks the provider about every payment page the order ever had, also those we take for over, and asks again for refunds
// that have not gone. What goes wrong is told beside the order as it is then.
func (s *Service) Check(ctx context.Context, id, reason string) (c Case, problem string, err error) {
	if len(reason) > 2000 {
		return c, "", errs.Invalid(errs.Field{Name: "reason", Reason: "too_long", Detail: "At most 2,000 characters."})
	}
	if c, err = s.desk.Case(ctx, id); err != nil {
		return c, "", err
	}
	if s.gateway == nil {
		return c, "", errs.New(errs.CodeConflict, "no_payments", "Card payments are not set up.")
	}
	// Written before the provider is asked: what its answer changes happens in transactions of its own.
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		return s.audit.Record(ctx, audit.Entry{
			Action: "order.check", Subject: audit.Subject{Kind: "order", ID: id, Name: c.NumberText()}, Reason: strings.TrimSpace(reason),
			Data: map[string]any{"state": c.State},
		})
	})
	if err != nil {
		return c, "", err
	}
	asking, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var problems []error
	for _, a := range c.Attempts {
		if a.SessionID != "" {
			if err := s.ask(asking, id, a.SessionID); err != nil {
				problems = append(problems, fmt.Errorf("payment page %d: %w", a.Number, err))
			}
		}
	}
	for _, r := range c.Refunds {
		if r.State == api.RefundAsked {
			problems = append(problems, s.Refund(asking, RefundJob{OrderID: id, RefundID: r.ID, Try: r.Try}))
		}
	}
	for _, p := range c.Payments {
		problems = append(problems, s.askRefunds(asking, p.ProviderID))
	}
	for _, d := range c.Disputes {
		if !disputeOver(d.State) {
			problems = append(problems, s.askDispute(asking, d.ProviderID))
		}
	}
	problems = append(problems, s.store.Checked(ctx, id))
	if wrong := errors.Join(problems...); wrong != nil {
		s.log.WarnContext(ctx, "check order", "order_id", id, "error", wrong)
		problem = wrong.Error()
	}
	c, err = s.desk.Case(ctx, id)
	return c, problem, err
}

// Attended takes an order off the list of stuck ones whose payment or refund a person has settled outside of here. Nothing else
// of it changes.
func (s *Service) Attended(ctx context.Context, id, reason string) (Case, error) {
	var c Case
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > 2000 {
		return c, errs.Invalid(errs.Field{Name: "reason", Reason: "required", Detail: "Say in 1 to 2,000 characters how it was settled."})
	}
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, id)
		if err != nil {
			return err
		}
		before, err := s.desk.Case(ctx, id)
		if err != nil {
			return err
		}
		if !before.Stuck.BySettling() {
			return errs.New(errs.CodeConflict, "nothing_to_settle", "Nothing of this order waits for a person.")
		}
		if err := s.desk.Attended(ctx, id); err != nil {
			return err
		}
		if err := s.audit.Record(ctx, audit.Entry{
			Action: "order.attended", Subject: audit.Subject{Kind: "order", ID: id, Name: o.NumberText()}, Reason: reason,
			Data: map[string]any{"stuck": before.Stuck, "attention": o.Attention},
		}); err != nil {
			return err
		}
		c, err = s.desk.Case(ctx, id)
		return err
	})
	return c, err
}
