package view

import (
	"errors"
	"strconv"
	"strings"

	"crateful.dev/experience/api"
)

// ErrMoney says that typed text is no amount.
var ErrMoney = errors.New("not an amount")

// ParseMoney reads what a person typed as an amount: "12", "12.80", "12,80 €". Amounts are exact; more than two
// decimals or anything that could be read in two ways is refused.
func ParseMoney(text, currency string) (api.Money, error) {
	s := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '€', '$', '£':
			return -1
		case ',':
			return '.'
		}
		return r
	}, text)
	whole, cents, _ := strings.Cut(s, ".")
	if s == "" || s == "." || len(whole) > 10 || len(cents) > 2 {
		return api.Money{}, ErrMoney
	}
	for len(cents) < 2 {
		cents += "0"
	}
	var n int64
	for _, r := range whole + cents {
		if r < '0' || r > '9' {
			return api.Money{}, ErrMoney
		}
		n = n*10 + int64(r-'0')
	}
	return api.Money{Amount: n, Currency: currency}, nil
}

// ParseMinor reads an amount in minor units, as hidden fields carry it.
func ParseMinor(text, currency string) (api.Money, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || len(currency) != 3 {
		return api.Money{}, ErrMoney
	}
	return api.Money{Amount: n, Currency: currency}, nil
}
