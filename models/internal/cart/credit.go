package cart

import "crateful.dev/models/api"

// Credit is the rule for what the buyer partly owns: a pack costs less by what the buyer paid for sounds of it, and a
// licence costs less by what the buyer paid for a lesser one of the same thing, in its currency, and never less than
// nothing. What was paid counts, not what it costs today, so that a change of prices neither gives nor takes money.
func Credit(price api.Money, paid []PaidSound) api.CartCredit {
	c := api.CartCredit{Amount: api.Money{Currency: price.Currency}}
	for _, p := range paid {
		if p.Paid.Currency != price.Currency || p.Paid.Amount <= 0 {
			continue
		}
		if p.SoundID == "" {
			c.Upgrade = true
		} else {
			c.Sounds++
		}
		if p.Paid.Amount >= price.Amount-c.Amount.Amount {
			c.Amount.Amount = price.Amount
			continue
		}
		c.Amount.Amount += p.Paid.Amount
	}
	return c
}
