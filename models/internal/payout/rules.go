package payout

import (
	"context"
	"strings"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
)

// maxHold is how many days a share may be held at most.
const maxHold = 90

// SetCommission adds a rule that holds from now on: of one producer, or of all who have none of their own.
func (s *Service) SetCommission(ctx context.Context, in api.CommissionRule) (api.MoneyDesk, error) {
	if in.BasisPoints != nil && (*in.BasisPoints < 0 || *in.BasisPoints > 10_000) || in.BasisPoints == nil && in.Producer == "" {
		return api.MoneyDesk{}, errs.Invalid(errs.Field{Name: "basis_points", Reason: "out_of_range", Detail: "A commission is 0 to 100 %."})
	}
	err := s.rule(ctx, in.Reason, func(ctx context.Context) (audit.Entry, error) {
		e := audit.Entry{Action: "money.commission", Subject: audit.Subject{Kind: "rule", Name: "commission"}, Data: map[string]any{"basis_points": in.BasisPoints}}
		if in.Producer == "" {
			return e, s.store.AddCommissionRule(ctx, "", in.BasisPoints, s.now())
		}
		id, handle, err := s.store.Producer(ctx, strings.TrimPrefix(strings.TrimSpace(in.Producer), "@"))
		if err != nil {
			return e, err
		}
		e.Subject = audit.Subject{Kind: "account", ID: id, Name: "@" + handle}
		return e, s.store.AddCommissionRule(ctx, id, in.BasisPoints, s.now())
	})
	if err != nil {
		return api.MoneyDesk{}, err
	}
	return s.Desk(ctx)
}

// SetHold adds a rule of how many days shares of later sales are held.
func (s *Service) SetHold(ctx context.Context, in api.HoldRule) (api.MoneyDesk, error) {
	if in.Days < 0 || in.Days > maxHold {
		return api.MoneyDesk{}, errs.Invalid(errs.Field{Name: "days", Reason: "out_of_range", Detail: "Shares are held for 0 to 90 days."})
	}
	err := s.rule(ctx, in.Reason, func(ctx context.Context) (audit.Entry, error) {
		e := audit.Entry{Action: "money.hold", Subject: audit.Subject{Kind: "rule", Name: "hold"}, Data: map[string]any{"days": in.Days}}
		return e, s.store.AddHoldRule(ctx, in.Days, s.now())
	})
	if err != nil {
		return api.MoneyDesk{}, err
	}
	return s.Desk(ctx)
}

// rule adds a rule and its line in the audit log in one transaction.
func (s *Service) rule(ctx context.Context, reason string, add func(ctx context.Context) (audit.Entry, error)) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > 2000 {
		return errs.Invalid(errs.Field{Name: "reason", Reason: "required", Detail: "Say why in 1 to 2,000 characters."})
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		e, err := add(ctx)
		if err != nil {
			return err
		}
		e.Reason = reason
		return s.audit.Record(ctx, e)
	})
}
