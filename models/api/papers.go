package api

import "time"

// PaperKind says what a paper is.
type PaperKind string

// Kinds of papers.
const (
	PaperReceipt    PaperKind = "receipt"     // money arrived
	PaperInvoice    PaperKind = "invoice"     // what was delivered for it
	PaperCreditNote PaperKind = "credit_note" // takes back a part of an invoice or all of it
)

// Paper is a receipt, an invoice or a credit note as it was on the day of its issue. Amounts are minor units of Currency.
type Paper struct {
	ID           string      `json:"id"`
	Kind         PaperKind   `json:"kind"`
	Number       string      `json:"number"` // without gaps within its series and year: INV-2026-000042
	OrderID      string      `json:"order_id"`
	OrderNumber  string      `json:"order_number"`
	Currency     string      `json:"currency"`
	IssuedAt     time.Time   `json:"issued_at"`
	PaidAt       time.Time   `json:"paid_at"`
	Seller       PaperSeller `json:"seller"`
	BuyerName    string      `json:"buyer_name"`
	BuyerEmail   string      `json:"buyer_email"`
	BuyerAddress []string    `json:"buyer_address,omitempty"`
	BuyerTaxID   string      `json:"buyer_tax_id,omitempty"`
	Lines        []PaperLine `json:"lines"`
	Total        int64       `json:"total"`
	Tax          PaperTax    `json:"tax"`
	GoesBack     int64       `json:"goes_back"`           // of a receipt: paid for what could not be delivered
	Reference    string      `json:"reference,omitempty"` // of the payment, at the provider
	Invoice      string      `json:"invoice,omitempty"`   // of a credit note: the number of the invoice
	Reason       string      `json:"reason,omitempty"`    // of a credit note
	Test         bool        `json:"test"`                // no real money
}

// InvoiceDetails are what a buyer wants on papers from now on. All may be empty.
type InvoiceDetails struct {
	Name    string   `json:"name,omitempty"`    // of a person or a company; empty: the account's
	Address []string `json:"address,omitempty"` // lines
	TaxID   string   `json:"tax_id,omitempty"`  // VAT id with its country
}

// PaperSeller is who sells.
type PaperSeller struct {
	Name    string   `json:"name"`
	Address []string `json:"address"`
	TaxID   string   `json:"tax_id,omitempty"`
}

// PaperLine is one thing on a paper.
type PaperLine struct {
	Title     string `json:"title"`
	Kind      string `json:"kind"` // pack | sound | refund
	Edition   int    `json:"edition"`
	Producer  string `json:"producer"`
	Licence   string `json:"licence"` // its tier
	Price     int64  `json:"price"`
	Credit    int64  `json:"credit"`   // taken off for sounds owned before
	Discount  int64  `json:"discount"` // by a coupon
	Amount    int64  `json:"amount"`
	Delivered bool   `json:"delivered"`
}

// PaperTax is the tax within the total. Without a rate the note says why there is none.
type PaperTax struct {
	Name        string `json:"name"`
	BasisPoints int    `json:"basis_points"` // 1900 is 19 %
	Net         int64  `json:"net"`
	Amount      int64  `json:"amount"`
	Note        string `json:"note,omitempty"`
}

// Papers are those of one order, oldest first.
type Papers struct {
	Papers []Paper `json:"papers"`
}
