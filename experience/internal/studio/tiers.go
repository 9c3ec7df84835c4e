package studio

import (
	"context"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	models "crateful.dev/models/api"
)

// fillReceives says what the producer keeps of the pack's price in each licence.
func (s *Studio) fillReceives(ctx context.Context, out *api.WorkbenchPack, p models.WorkbenchPack) {
	for _, t := range []struct {
		tier  models.Tier
		price *models.Money
	}{{models.TierStandard, p.Price}, {models.TierExtended, p.ExtendedPrice}, {models.TierExclusive, p.ExclusivePrice}} {
		if t.price == nil || t.price.Amount == 0 {
			continue
		}
		quote, err := s.Models.Quote(ctx, *t.price)
		s.Soft(ctx, "quote", err)
		if err != nil {
			return
		}
		receives := rows.Money(quote.Receives)
		out.Receives = append(out.Receives, api.TierPrice{Tier: string(t.tier), Price: receives})
		if t.tier == models.TierStandard {
			out.YouReceive = &receives
		}
	}
}
