package view

import "time"

// Payouts is a producer's money, and the way to be paid out.
type Payouts struct {
	Layout
	Form
	Available bool // the site takes payments
	Ready     bool
	State     string // one sentence on where the account stands
	StateKind string // ok | warn | danger
	Steps     []CheckLine
	Button    string // leads to the payment provider; "": nothing to do there
	Choose    bool   // the country is still to be chosen
	Countries []Option
	Rules     []Fact
	Balances  []PayoutSums
	Payouts   []PayoutLine
	Lines     []MoneyLine
	Empty     bool
	More      string
}

// PayoutSums is the money of one currency.
type PayoutSums struct {
	Currency string
	Facts    []Fact
	Note     string
}

// PayoutLine is money on its way to the bank.
type PayoutLine struct {
	At      time.Time
	Amount  string
	State   string
	Kind    string
	Arrives string
}

// MoneyLine is one movement of the statement. A sale and its commission are two of them.
type MoneyLine struct {
	At     time.Time
	Text   string
	Detail string
	Order  string
	Amount string
	Minus  bool
	Part   bool // belongs to the line above
}
