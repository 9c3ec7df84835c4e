package payout

import (
	"context"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// Overview is a producer's money and what is missing before it can be paid out.
func (s *Service) Overview(ctx context.Context, producerID string) (api.Payouts, error) {
	a, err := s.store.Account(ctx, producerID)
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return api.Payouts{}, err
	}
	out := api.Payouts{
		Available: s.gateway != nil, Connected: a.ProviderID != "", Ready: a.Ready(), Country: a.Country, Countries: Countries(),
		DetailsSubmitted: a.DetailsSubmitted, Requirements: a.Requirements, Pending: a.Pending, DisabledReason: a.DisabledReason, CheckedAt: a.CheckedAt,
	}
	if err := s.store.Overview(ctx, producerID, s.now(), &out); err != nil {
		return api.Payouts{}, err
	}
	return out, nil
}

// Check asks the provider about the producer's account and tells what is missing then.
func (s *Service) Check(ctx context.Context, producerID string) (api.Payouts, error) {
	if _, err := s.Refresh(ctx, producerID); err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return api.Payouts{}, err
	}
	return s.Overview(ctx, producerID)
}
