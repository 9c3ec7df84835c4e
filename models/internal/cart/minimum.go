package cart

import "crateful.dev/models/api"

// larger are the currencies in which the smallest card payment is more than 50 minor units, as Stripe has it
// (docs.stripe.com/currencies, "Minimum and maximum charge amounts").
var larger = map[string]int64{
	"AED": 200, "BGN": 100, "CZK": 1500, "DKK": 250, "HKD": 400, "HUF": 17500, "MXN": 1000, "MYR": 200, "NOK": 300, "PLN": 200,
	"RON": 200, "SEK": 300, "THB": 1000,
}

// MinimumCharge is the smallest card payment in a currency, in minor units.
func MinimumCharge(currency string) int64 { return max(larger[currency], api.MinimumChargeMinor) }

// BelowMinimum says how much a total lacks to the smallest card payment in its currency; free needs no card.
func BelowMinimum(total int64, currency string) int64 {
	if total <= 0 {
		return 0
	}
	return max(MinimumCharge(currency)-total, 0)
}
