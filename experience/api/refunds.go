package api

import "time"

// RefundRequest is what a buyer asked for: the money of one line.
type RefundRequest struct {
	State      string     `json:"state"` // asked | granted | declined | withdrawn
	Reason     string     `json:"reason"`
	Answer     string     `json:"answer,omitempty"`
	AnsweredBy string     `json:"answered_by,omitempty"` // producer | admin
	CreatedAt  time.Time  `json:"created_at"`
	DecidedAt  *time.Time `json:"decided_at,omitempty"`
}

// RefundReason is POST /orders/{id}/lines/{line}/refund-request: why a buyer wants the money of a line back.
type RefundReason struct {
	Reason string `json:"reason"` // 1 to 2,000 characters
}

// GiveRefund is POST /studio/refunds/{line} and /admin/orders/{id}/refund: money that goes back to the buyer.
type GiveRefund struct {
	LineID string `json:"line_id,omitempty"` // for admins
	Amount int64  `json:"amount,omitempty"`  // minor units; 0: all that is left, and what was bought ends
	// Returned is what of the line had gone back when the caller looked; needed with an amount, so that a part is not given twice.
	Returned *int64 `json:"returned,omitempty"`
	Reason   string `json:"reason"` // 1 to 2,000 characters; the buyer reads it
}

// RefundAnswer is POST /studio/refunds/{line}/decline and /admin/orders/{id}/lines/{line}/decline: a no to a buyer's request.
type RefundAnswer struct {
	Answer string `json:"answer"` // 1 to 2,000 characters; the buyer reads it
}

// SettleRefund is POST /admin/orders/{id}/refunds/{refund}/again (ask the provider anew for a refund that it refused or that did
// not arrive) and /assign (say for which line a refund was that was made at the provider).
type SettleRefund struct {
	LineID string `json:"line_id,omitempty"` // to assign
	Reason string `json:"reason"`
}

// SoldLine is a line of an order as its producer sees it. Nothing says who the buyer is.
type SoldLine struct {
	ID          string         `json:"id"`
	OrderNumber string         `json:"order_number"`
	PaidAt      time.Time      `json:"paid_at"`
	PackID      string         `json:"pack_id"`
	SoundID     string         `json:"sound_id,omitempty"`
	Title       string         `json:"title"`
	PackTitle   string         `json:"pack_title"`
	Amount      Money          `json:"amount"`   // what the buyer paid
	Returned    Money          `json:"returned"` // of it, what went back
	State       string         `json:"state"`    // granted | unavailable | refunded | charged_back
	Disputed    bool           `json:"disputed"` // the buyer's bank is taking the payment back
	RefundUntil *time.Time     `json:"refund_until,omitempty"`
	Request     *RefundRequest `json:"request,omitempty"`
}

// SoldLines is GET /studio/refunds: what buyers asked to be refunded, newest first.
type SoldLines struct {
	Frame
	Lines []SoldLine `json:"lines"`
	Open  int        `json:"open"` // requests that wait for an answer
	Page  Page       `json:"page"`
}

// SoldLinePage is GET /studio/refunds/{line}.
type SoldLinePage struct {
	Frame
	Line SoldLine `json:"line"`
}

// OrderDispute is a payment that the buyer's bank takes back.
type OrderDispute struct {
	Reference string     `json:"reference"`
	Amount    Money      `json:"amount"`
	Reason    string     `json:"reason"`
	State     string     `json:"state"` // warning | warning_review | warning_closed | needs_response | under_review | won | lost
	DueAt     *time.Time `json:"due_at,omitempty"`
	OpenedAt  time.Time  `json:"opened_at"`
	ClosedAt  *time.Time `json:"closed_at,omitempty"`
}
