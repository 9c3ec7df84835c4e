package stripesandbox

import (
	"fmt"
	"slices"
	"strings"
)

// minimum is the smallest charge in each currency, in minor units.
var minimum = map[string]int64{
	"aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
	"gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
	"pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}

// maximum is eight digits, in any currency.
const maximum = 99_999_999

func checkCurrency(code, param string) (string, error) {
	code = strings.ToLower(code)
	if _, ok := minimum[code]; !ok {
		known := make([]string, 0, len(minimum))
		for c := range minimum {
			known = append(known, c)
		}
		slices.Sort(known)
		return "", invalid("", param, "Invalid currency: %s. The sandbox supports these currencies: %s", code, strings.Join(known, ", "))
	}
	return code, nil
}

func checkTotal(total int64, currency string) error {
	if least := minimum[currency]; total < least {
		return invalid("amount_too_small", "", "The Checkout Session's total amount due must add up to at least %s", money(least, currency))
	}
	if total > maximum {
		return invalid("amount_too_large", "", "The Checkout Session's total amount due must be no more than %s", money(maximum, currency))
	}
	return nil
}

// money writes an amount for people, with a no-break space before the currency.
func money(amount int64, currency string) string {
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	unit := strings.ToUpper(currency)
	if currency == "eur" {
		unit = "€"
	}
	if currency == "jpy" {
		return fmt.Sprintf("%s%d\u00a0%s", sign, amount, unit)
	}
	return fmt.Sprintf("%s%d.%02d\u00a0%s", sign, amount/100, amount%100, unit)
}

// processingFee is what a card payment costs: a share in 1/1000 and a fixed part, rounded half up.
func processingFee(amount int64, currency string) int64 {
	permille, fixed := int64(29), int64(30)
	switch currency {
	case "eur":
		permille, fixed = 15, 25
	case "gbp":
		permille, fixed = 15, 20
	case "jpy":
		permille, fixed = 36, 0
	}
	return (amount*permille+500)/1000 + fixed
}
