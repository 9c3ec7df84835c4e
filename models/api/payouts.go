package api

import "time"

// Payouts is a producer's money, and what is missing before it can be paid out.
type Payouts struct {
	Available        bool            `json:"available"` // the site takes payments
	Connected        bool            `json:"connected"` // there is an account at the payment provider
	Ready            bool            `json:"ready"`     // money can be sent to it and on to a bank
	Country          string          `json:"country,omitempty"`
	Countries        []string        `json:"countries"` // that can be chosen
	DetailsSubmitted bool            `json:"details_submitted"`
	Requirements     []string        `json:"requirements,omitempty"` // what the provider still wants, in its words
	Pending          []string        `json:"pending,omitempty"`      // what it is checking
	DisabledReason   string          `json:"disabled_reason,omitempty"`
	CheckedAt        *time.Time      `json:"checked_at,omitempty"`
	CommissionPoints int             `json:"commission_basis_points"`
	HoldDays         int             `json:"hold_days"`
	Balances         []PayoutBalance `json:"balances"`
	Payouts          []Payout        `json:"payouts"` // the latest, newest first
}

// PayoutBalance is a producer's money in one currency, in minor units. Held and Available are the balance of the book; the rest
// was transferred.
type PayoutBalance struct {
	Currency    string     `json:"currency"`
	Balance     int64      `json:"balance"`   // what the platform owes the producer; below 0: the other way round
	Held        int64      `json:"held"`      // of it, what is held back for some days
	Available   int64      `json:"available"` // of it, what goes with the next transfer
	Transferred int64      `json:"transferred"`
	OnItsWay    int64      `json:"on_its_way"` // transferred, and not at the bank yet
	PaidOut     int64      `json:"paid_out"`   // at the bank
	NextAt      *time.Time `json:"next_at,omitempty"`
}

// Payout is money that the provider sends to a producer's bank.
type Payout struct {
	ID        string    `json:"id"`
	Currency  string    `json:"currency"`
	Amount    int64     `json:"amount"`
	State     string    `json:"state"` // pending | in_transit | paid | failed | canceled
	ArrivesOn time.Time `json:"arrives_on"`
	Failure   string    `json:"failure,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// ConnectPayouts asks for the page of the payment provider on which a producer says where to pay.
type ConnectPayouts struct {
	Country string `json:"country,omitempty"` // ISO 3166, two letters; needed the first time
}

// PayoutLink is that page's address. It holds for minutes and once.
type PayoutLink struct {
	URL string `json:"url"`
}

// MoneyDesk is what admins see of the money.
type MoneyDesk struct {
	CheckedAt    *time.Time           `json:"checked_at,omitempty"` // when the book was last compared
	Transactions int64                `json:"transactions"`         // of the provider that are known
	Accounts     []BookAccount        `json:"accounts"`
	Differences  []BookDifference     `json:"differences"` // open ones, newest first, at most 200
	Commission   int                  `json:"commission_basis_points"`
	HoldDays     int                  `json:"hold_days"`
	Producers    []ProducerCommission `json:"producers"` // with a commission of their own
	Stopped      []StoppedAccount     `json:"stopped"`   // by the provider, at most 200
}

// BookAccount compares an account of the book with the provider, in minor units.
type BookAccount struct {
	Account  string `json:"account"`
	Currency string `json:"currency"`
	Book     int64  `json:"book"`
	Provider *int64 `json:"provider,omitempty"` // for what the provider holds
}

// BookDifference is a movement of which the book and the provider do not say the same.
type BookDifference struct {
	Kind      string    `json:"kind"` // missing_here | missing_there | amount
	Reference string    `json:"reference"`
	Currency  string    `json:"currency"`
	Ours      int64     `json:"ours"`
	Theirs    int64     `json:"theirs"`
	At        time.Time `json:"at"`
	FoundAt   time.Time `json:"found_at"`
}

// StoppedAccount is a producer's account at the provider that it stopped.
type StoppedAccount struct {
	ProducerID   string   `json:"producer_id"`
	Handle       string   `json:"handle"`
	Reason       string   `json:"reason"`       // in the provider's words: requirements.past_due, rejected.fraud, under_review …
	Requirements []string `json:"requirements"` // that wait for the producer
}

// ProducerCommission is a producer's own rule.
type ProducerCommission struct {
	ProducerID  string    `json:"producer_id"`
	Handle      string    `json:"handle"`
	BasisPoints int       `json:"basis_points"`
	Since       time.Time `json:"since"`
}

// CommissionRule sets the commission from now on.
type CommissionRule struct {
	Producer    string `json:"producer,omitempty"`     // handle; empty: of all who have none of their own
	BasisPoints *int   `json:"basis_points,omitempty"` // absent: the platform's again
	Reason      string `json:"reason"`
}

// HoldRule sets how many days shares of later sales are held.
type HoldRule struct {
	Days   int    `json:"days"`
	Reason string `json:"reason"`
}
