package studio

import (
	"context"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	models "crateful.dev/models/api"
)

// fillReceives says what the producer keeps of the pack's price in each licence.
func (s *Studio) fillReceives(ctx context.Context, out *api.WorkbenchPack, p models.WorkbenchPack) {
	var asked []api.TierPrice
	for _, t := range []struct {
		tier  models.Tier
		price *models.Money
	}{{models.TierStandard, p.Price}, {models.TierExtended, p.ExtendedPrice}, {models.TierExclusive, p.ExclusivePrice}} {
		if t.price != nil && t.price.Amount != 0 {
			asked = append(asked, api.TierPrice{Tier: string(t.tier), Price: rows.Money(*t.price)})
		}
	}
	receives := make([]api.TierPrice, len(asked))
	g, quoting := errgroup.WithContext(ctx)
	for i, t := range asked {
		g.Go(func() error {
			quote, err := s.Models.Quote(quoting, models.Money{Amount: t.Price.Amount, Currency: t.Price.Currency})
			receives[i] = api.TierPrice{Tier: t.Tier, Price: rows.Money(quote.Receives)}
			return err
		})
	}
	err := g.Wait()
	s.Soft(ctx, "quote", err)
	if err != nil || len(receives) == 0 {
		return
	}
	out.Receives = receives
	if receives[0].Tier == string(models.TierStandard) {
		out.YouReceive = &receives[0].Price
	}
}
