package rows

import (
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
