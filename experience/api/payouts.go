package api

import "time"

// Payouts is GET /studio/payouts: a producer's money, and what is missing before it can be paid out.
type Payouts struct {
	Frame
	PayoutAccount
	Entries []SaleLine `json:"entries"` // the statement, newest first
	Page    Page       `json:"page"`
}

// PayoutAccount is how the producer's money stands, and what is missing before it can be paid out. It is the answer to
// POST /studio/payouts/check.
type PayoutAccount struct {
	Available        bool            `json:"available"` // the site takes payments
	Connected        bool            `json:"connected"` // there is an account at the payment provider
	Ready            bool            `json:"ready"`     // money can be sent to it and on to a bank
	Country          string          `json:"country,omitempty"`
	Countries        []string        `json:"countries"` // that can be chosen, ISO 3166
	DetailsSubmitted bool            `json:"details_submitted"`
	Requirements     []string        `json:"requirements"` // what the payment provider still wants, in its words
	Pending          []string        `json:"pending"`      // what it is checking
	DisabledReason   string          `json:"disabled_reason,omitempty"`
	CommissionPoints int             `json:"commission_basis_points"` // 1500 is 15 %
	HoldDays         int             `json:"hold_days"`               // how long a share waits before it is transferred
	Balances         []PayoutBalance `json:"balances"`                // one for each currency
	Payouts          []Payout        `json:"payouts"`                 // the latest, newest first
}

// PayoutBalance is a producer's money in one currency. Held and Available are what the platform owes; the rest was transferred.
type PayoutBalance struct {
	Balance     Money      `json:"balance"`   // below 0: later sales net it
	Held        Money      `json:"held"`      // of it, what is held back for some days
	Available   Money      `json:"available"` // of it, what goes with the next transfer
	Transferred Money      `json:"transferred"`
	OnItsWay    Money      `json:"on_its_way"` // transferred, and not at the bank yet
	PaidOut     Money      `json:"paid_out"`   // at the bank
	NextAt      *time.Time `json:"next_at,omitempty"`
}

// Payout is money on its way to a producer's bank.
type Payout struct {
	ID        string    `json:"id"`
	Amount    Money     `json:"amount"`
	State     string    `json:"state"` // pending | in_transit | paid | failed | canceled
	ArrivesOn time.Time `json:"arrives_on"`
	Failure   string    `json:"failure,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// ConnectPayouts asks for the page of the payment provider on which to say where to pay.
type ConnectPayouts struct {
	Country string `json:"country,omitempty"` // needed the first time
}

// PayoutLink is that page's address. It holds for minutes and once.
type PayoutLink struct {
	URL string `json:"url"`
}

// MoneyDesk is GET /admin/money: whether the book agrees with the payment provider, and the rules.
type MoneyDesk struct {
	CheckedAt        *time.Time           `json:"checked_at,omitempty"`
	Transactions     int64                `json:"transactions"` // of the provider that are known
	Accounts         []BookAccount        `json:"accounts"`
	Differences      []BookDifference     `json:"differences"` // newest first, at most 200
	Stopped          []StoppedAccount     `json:"stopped"`     // by the payment provider, at most 200
	CommissionPoints int                  `json:"commission_basis_points"`
	HoldDays         int                  `json:"hold_days"`
	Producers        []ProducerCommission `json:"producers"` // with a commission of their own
}

// BookAccount is an account of the book; Provider is what the payment provider holds.
type BookAccount struct {
	Account  string `json:"account"`
	Book     Money  `json:"book"`
	Provider *Money `json:"provider,omitempty"`
}

// StoppedAccount is a producer's account that the payment provider stopped.
type StoppedAccount struct {
	ProducerID   string   `json:"producer_id"`
	Handle       string   `json:"handle"`
	Reason       string   `json:"reason"`       // in the provider's words: requirements.past_due, rejected.fraud, under_review …
	Requirements []string `json:"requirements"` // that wait for the producer
}

// BookDifference is a movement of which the book and the payment provider do not say the same.
type BookDifference struct {
	Kind      string    `json:"kind"` // missing_here | missing_there | amount
	Reference string    `json:"reference"`
	Ours      Money     `json:"ours"`
	Theirs    Money     `json:"theirs"`
	At        time.Time `json:"at"`
	FoundAt   time.Time `json:"found_at"`
}

// ProducerCommission is a producer's own rule.
type ProducerCommission struct {
	Handle           string    `json:"handle"`
	CommissionPoints int       `json:"commission_basis_points"`
	Since            time.Time `json:"since"`
}

// CommissionRule sets the commission from now on.
type CommissionRule struct {
	Producer         string `json:"producer,omitempty"`                // handle; empty: of all who have none of their own
	CommissionPoints *int   `json:"commission_basis_points,omitempty"` // absent: the platform's again
	Reason           string `json:"reason"`
}

// HoldRule sets how many days shares of later sales are held.
type HoldRule struct {
	Days   int    `json:"days"`
	Reason string `json:"reason"`
}
