// Package tier holds the rules of licence tiers: their order, and what a thing costs in each of them. Who owns which and
// what is in a cart belongs to packages library and cart.
package tier

import (
	"slices"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// All lists the tiers from the least to the most.
var All = []api.Tier{api.TierStandard, api.TierExtended, api.TierExclusive}

// Valid says whether there is such a tier.
func Valid(t api.Tier) bool { return slices.Contains(All, t) }

// Covers says whether somebody with the licence have needs no want. Nothing covers nothing: have may be empty.
func Covers(have, want api.Tier) bool { return slices.Index(All, have) >= slices.Index(All, want) }

// Prices are what a pack or a single sound costs, in minor units of one currency. A nil price is not offered; without
// Standard nothing is.
type Prices struct {
	Standard  *int64
	Extended  *int64
	Exclusive *int64
	// Suggested makes the buyer name the price of Standard, which is then the least.
	Suggested *int64
}

// Of is the price of a tier. A tier that costs less than one it includes is not offered: it would undercut it.
func (p Prices) Of(t api.Tier) (int64, bool) {
	if p.Standard == nil {
		return 0, false
	}
	price, least := p.Standard, *p.Standard
	switch t {
	case api.TierStandard:
	case api.TierExtended:
		price = p.Extended
	case api.TierExclusive:
		price = p.Exclusive
		if p.Extended != nil {
			least = max(least, *p.Extended)
		}
	default:
		return 0, false
	}
	if price == nil || *price < least {
		return 0, false
	}
	return *price, true
}

// Charged is what a buyer pays for a tier who offers an amount for Standard; nil: none was named. An offer counts where
// the buyer names the price, and never below the least.
func (p Prices) Charged(t api.Tier, offered *int64) (int64, bool) {
	price, ok := p.Of(t)
	if !ok || t != api.TierStandard || p.Suggested == nil {
		return price, ok
	}
	if offered == nil {
		return max(price, *p.Suggested), true
	}
	return max(price, *offered), true
}

// CheckOffer refuses an amount that a buyer may not name for a tier: where the price is fixed, below the least, or one that
// no card can be charged.
func (p Prices) CheckOffer(t api.Tier, offered int64) error {
	least, ok := p.Of(t)
	detail := ""
	reason := "out_of_range"
	switch {
	case !ok || p.Suggested == nil || t != api.TierStandard:
		reason, detail = "fixed_price", "This price is fixed."
	case offered < least:
		reason, detail = "below_minimum", "This is less than the producer's minimum."
	case offered != 0 && offered < api.MinimumChargeMinor:
		detail = "Pay nothing, or at least the smallest card payment."
	case offered > api.MaxPriceMinor:
		detail = "This is more than can be paid."
	default:
		return nil
	}
	return errs.Invalid(errs.Field{Name: "offered", Reason: reason, Detail: detail})
}

// Offered lists the tiers that can be bought, from the least to the most.
func (p Prices) Offered(currency string) []api.TierPrice {
	out := make([]api.TierPrice, 0, len(All))
	for _, t := range All {
		if price, ok := p.Of(t); ok {
			out = append(out, api.TierPrice{Tier: t, Price: api.Money{Amount: price, Currency: currency}})
		}
	}
	return out
}

// Ascending says whether every price that is set can be offered.
func (p Prices) Ascending() bool {
	for t, price := range map[api.Tier]*int64{api.TierExtended: p.Extended, api.TierExclusive: p.Exclusive} {
		if _, ok := p.Of(t); price != nil && !ok {
			return false
		}
	}
	return p.Suggested == nil || p.Standard == nil || *p.Suggested >= *p.Standard
}
