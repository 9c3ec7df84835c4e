package api

import (
	"strconv"
	"time"
)

// Quote says what a producer receives for a price.
type Quote struct {
	Price               Money `json:"price"`
	Commission          Money `json:"commission"`
	Receives            Money `json:"receives"`
	CommissionBasePoint int   `json:"commission_basis_points"` // 1500 is 15 %
}

// Sales sums up a producer's sales. Days are UTC. Demo sales are left out unless the producer is a demo account.
type Sales struct {
	Currency   string     `json:"currency"`
	Balance    int64      `json:"balance"` // minor units the platform owes the producer
	Today      SalesSum   `json:"today"`
	Last30Days SalesSum   `json:"last_30_days"`
	Days       []SalesDay `json:"days"` // one per day, oldest first, zeros included
	Packs      []PackSale `json:"packs"`
}

// SalesSum counts lines sold, and sums what they brought less what refunds and lost disputes took back, on the days on which it
// happened: the same as the statement and the book say. Amounts are minor units.
type SalesSum struct {
	Count    int   `json:"count"`
	Gross    int64 `json:"gross"`    // that buyers paid
	Received int64 `json:"received"` // of it, the producer's share
	Returned int64 `json:"returned"` // of the share, what went back; Received is without it
}

// SalesDay is one day of the plot.
type SalesDay struct {
	Day string `json:"day"` // 2026-03-31
	SalesSum
}

// PackSale sums one pack's sales, its single sounds included, over the same period as Days.
type PackSale struct {
	PackID string `json:"pack_id"`
	Title  string `json:"title"`
	SalesSum
}

// StatementEntry is one movement on a producer's account.
type StatementEntry struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"` // sale | refund | dispute | transfer | reversal
	OrderID    string    `json:"order_id,omitempty"`
	Number     string    `json:"order_number,omitempty"`
	LineKind   ItemKind  `json:"line_kind,omitempty"` // empty for what is not about one line, like a transfer
	PackID     string    `json:"pack_id,omitempty"`
	SoundID    string    `json:"sound_id,omitempty"`
	Title      string    `json:"title,omitempty"`
	Currency   string    `json:"currency"`
	Gross      int64     `json:"gross"`      // what the buyer paid for the line; of a transfer, what was sent, below 0
	Commission int64     `json:"commission"` // what the platform keeps
	Net        int64     `json:"net"`        // Gross - Commission
	Demo       bool      `json:"demo,omitempty"`
}

// Statement is a page of movements, newest first.
type Statement struct {
	Entries    []StatementEntry `json:"entries"`
	NextCursor string           `json:"next_cursor,omitempty"`
}

// StatementQuery selects movements.
type StatementQuery struct {
	From, To time.Time // From inclusive, To exclusive; zero: open
	Cursor   string
	Limit    int // 1 to 1000; 0 means 50
}

// StatementHeader names the columns of a statement as CSV.
func StatementHeader() []string {
	return []string{"date", "kind", "order", "item", "title", "currency", "gross_minor", "commission_minor", "net_minor", "demo"}
}

// Record is the entry as a CSV row; amounts are in minor units.
func (e StatementEntry) Record() []string {
	return []string{
		e.At.UTC().Format(time.RFC3339), e.Kind, e.Number, string(e.LineKind), SpreadsheetText(e.Title), e.Currency,
		strconv.FormatInt(e.Gross, 10), strconv.FormatInt(e.Commission, 10), strconv.FormatInt(e.Net, 10), strconv.FormatBool(e.Demo),
	}
}

// SpreadsheetText keeps a title from being read as a formula.
func SpreadsheetText(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + s
	}
	return s
}
