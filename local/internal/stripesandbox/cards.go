package stripesandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// outcome is what happens to a payment with a certain card.
type outcome struct {
	code, declineCode, message string // a refusal, unless code is ""
	delayed, failsLater        bool   // the bank answers later
	asks                       bool   // the bank asks the buyer first
	disputed                   string // the bank takes the payment back later, for this reason
	inquiry                    bool   // it only asks about it
	refundLate, refundFails    bool   // what goes back arrives later, or comes back again
}

func declined(declineCode, message string) outcome {
	return outcome{code: "card_declined", declineCode: declineCode, message: message}
}

// testCard is a number that means an outcome.
type testCard struct {
	Number, Effect string
	outcome        outcome
}

// Card numbers for the payment page.
const (
	CardSucceeds       = "4242424242424242"
	CardDeclined       = "4000000000000002"
	CardBankSucceeds   = "4000000000003220"
	CardBankRefuses    = "4000000000003238"
	CardNoFunds        = "4000000000009995"
	cardExpired        = "4000000000000069"
	cardWrongCode      = "4000000000000127"
	cardProcessingFail = "4000000000000119"
	CardAsks           = "4000002500003155"
	CardDisputed       = "4000000000000259"
	CardInquiry        = "4000000000001976"
	CardRefundLate     = "4000000000007726"
	CardRefundFails    = "4000000000005126"
)

// testCards are what the page offers, in its order.
var testCards = []testCard{
	{Number: CardSucceeds, Effect: "Paid at once"},
	{Number: CardDeclined, Effect: "Declined", outcome: declined("generic_decline", "Your card was declined. Nothing was charged. Try another card.")},
	{Number: CardNoFunds, Effect: "Declined: not enough funds", outcome: declined("insufficient_funds", "Your card has insufficient funds. Nothing was charged. Try another card.")},
	{Number: CardBankSucceeds, Effect: "Waits for the bank, then paid", outcome: outcome{delayed: true}},
	{Number: CardBankRefuses, Effect: "Waits for the bank, then refused", outcome: outcome{delayed: true, failsLater: true}},
	{Number: CardAsks, Effect: "The bank asks you first", outcome: outcome{asks: true}},
	{Number: CardDisputed, Effect: "Paid, then disputed as fraudulent", outcome: outcome{disputed: "fraudulent"}},
	{Number: CardInquiry, Effect: "Paid, then the bank inquires", outcome: outcome{disputed: "product_not_received", inquiry: true}},
	{Number: CardRefundLate, Effect: "Paid; a refund arrives late", outcome: outcome{refundLate: true}},
	{Number: CardRefundFails, Effect: "Paid; a refund does not arrive", outcome: outcome{refundFails: true}},
}

// delayedMethods are the means of payment whose bank answers later, by currency; the cards that wait stand for them.
var delayedMethods = map[string]string{
	"aud": "au_becs_debit", "cad": "acss_debit", "eur": "sepa_debit", "gbp": "bacs_debit", "usd": "us_bank_account",
}

// takesDelayed says whether the session can be paid by a bank that answers later.
func (s *session) takesDelayed() bool {
	return slices.Contains(s.PaymentMethodTypes, delayedMethods[s.Currency])
}

// cardsFor are those of the page for a session.
func cardsFor(s *session) []testCard {
	if s.takesDelayed() {
		return testCards
	}
	return slices.DeleteFunc(slices.Clone(testCards), func(c testCard) bool { return c.outcome.delayed })
}

// otherCards are known as well.
var otherCards = []testCard{
	{Number: "5555555555554444"},
	{Number: "378282246310005"},
	{Number: cardExpired, outcome: outcome{code: "expired_card", message: "Your card has expired. Nothing was charged. Try another card."}},
	{Number: cardWrongCode, outcome: outcome{code: "incorrect_cvc", message: "Your card's security code is incorrect. Nothing was charged."}},
	{Number: cardProcessingFail, outcome: outcome{code: "processing_error", message: "An error occurred while processing your card. Nothing was charged. Try again in a little bit."}},
}

// outcomeOf a number: a real card is refused, as Stripe does in test mode.
func outcomeOf(number string) outcome {
	for _, cards := range [][]testCard{testCards, otherCards} {
		for _, c := range cards {
			if c.Number == number {
				return c.outcome
			}
		}
	}
	return declined("test_mode_live_card", "Your card was declined: this is a sandbox and takes test cards only.")
}

// outcomeOfCharge is the outcome of the card that paid.
func outcomeOfCharge(ch *charge) outcome {
	for _, c := range testCards {
		if strings.HasSuffix(c.Number, ch.PaymentMethodDetails.Card.Last4) {
			return c.outcome
		}
	}
	return outcome{}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// luhn checks the last digit of a card number.
func luhn(number string) bool {
	if len(number) < 12 || len(number) > 19 {
		return false
	}
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// expiry reads "04 / 29", and says whether that month is over.
func expiry(s string, now time.Time) (month, year int, over, ok bool) {
	d := digits(s)
	if len(d) == 6 {
		d = d[:2] + d[4:]
	}
	if len(d) != 4 {
		return 0, 0, false, false
	}
	month, _ = strconv.Atoi(d[:2])
	year, _ = strconv.Atoi(d[2:])
	year += 2000
	if month < 1 || month > 12 {
		return 0, 0, false, false
	}
	end := time.Date(year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC)
	return month, year, !now.Before(end), true
}

func brand(number string) string {
	switch {
	case strings.HasPrefix(number, "4"):
		return "visa"
	case strings.HasPrefix(number, "5"):
		return "mastercard"
	case strings.HasPrefix(number, "3"):
		return "amex"
	default:
		return "unknown"
	}
}
