package rows

import (
	"slices"

	"crateful.dev/experience/api"
	models "crateful.dev/models/api"
)

// TierPrices of models.
func TierPrices(in []models.TierPrice) []api.TierPrice {
	out := make([]api.TierPrice, len(in))
	for i, t := range in {
		out[i] = api.TierPrice{Tier: string(t.Tier), Price: Money(t.Price)}
	}
	return out
}

var tiers = []models.Tier{models.TierStandard, models.TierExtended, models.TierExclusive}

// tierRank orders licences; none is below all.
func tierRank(t models.Tier) int { return slices.Index(tiers, t) }

// OwnTiers marks the licences that somebody has who has one, and says whether there is another to buy.
func OwnTiers(offers []api.TierOffer, have models.Tier) (more bool) {
	for i := range offers {
		offers[i].Owned = tierRank(have) >= tierRank(models.Tier(offers[i].Tier))
		more = more || !offers[i].Owned
	}
	return more
}

// OfferTo puts what licences cost somebody in the place of everybody's prices.
func OfferTo(offers []api.TierOffer, yours []models.TierOffer) {
	for i := range offers {
		for _, t := range yours {
			if string(t.Tier) != offers[i].Tier {
				continue
			}
			offers[i].Price, offers[i].Owned = Money(t.Price), t.Owned
			if t.Credit != nil {
				credit := Money(t.Credit.Amount)
				offers[i].Credit = &credit
			}
		}
	}
}

// TierOffers at everybody's prices.
func TierOffers(in []models.TierPrice) []api.TierOffer {
	out := make([]api.TierOffer, len(in))
	for i, t := range in {
		out[i] = api.TierOffer{Tier: string(t.Tier), List: Money(t.Price), Price: Money(t.Price)}
	}
	return out
}

// Coupon of models.
func Coupon(c models.Coupon) api.Coupon {
	out := api.Coupon{
		ID: c.ID, Code: c.Code, PackID: c.PackID, PackTitle: c.PackTitle, Percent: c.Percent, Amount: MoneyPtr(c.Amount), MaxUses: c.MaxUses,
		PerPerson: c.PerPerson, Used: c.Used, Held: c.Held, Given: make([]api.Money, len(c.Given)), StartsAt: c.StartsAt, EndsAt: c.EndsAt,
		Paused: c.Paused, State: string(c.State), CreatedAt: c.CreatedAt,
	}
	if c.Producer != nil {
		producer := Producer(*c.Producer)
		out.Producer = &producer
	}
	for i, m := range c.Given {
		out.Given[i] = Money(m)
	}
	return out
}

// Coupons of models.
func Coupons(out *api.Coupons, page models.Coupons) {
	out.Coupons, out.Page.Next = make([]api.Coupon, len(page.Coupons)), page.NextCursor
	for i, c := range page.Coupons {
		out.Coupons[i] = Coupon(c)
	}
}

// NewCoupon for models.
func NewCoupon(in api.NewCoupon) models.NewCoupon {
	out := models.NewCoupon{
		Code: in.Code, PackID: in.PackID, Percent: in.Percent, MaxUses: in.MaxUses, PerPerson: in.PerPerson, StartsAt: in.StartsAt, EndsAt: in.EndsAt,
	}
	if in.Amount != nil {
		amount := models.Money(*in.Amount)
		out.Amount = &amount
	}
	return out
}
