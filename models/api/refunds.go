package api

import "time"

// RefundState says where money is that goes back.
type RefundState string

// States of a refund.
const (
	RefundAsked   RefundState = "asked"   // the payment provider is asked to send it
	RefundSent    RefundState = "sent"    // the provider has it; the buyer's bank has not said yet that it has
	RefundArrived RefundState = "arrived" // the buyer has it
	RefundRefused RefundState = "refused" // the provider will not send it; a person has to look
	RefundFailed  RefundState = "failed"  // the buyer's bank did not take it, the money is back with us; a person has to look
)

// RefundGiver says who gave money back.
type RefundGiver string

// Givers of refunds.
const (
	GivenByPlatform RefundGiver = "platform" // by itself, for what could not be delivered or was paid twice
	GivenByAdmin    RefundGiver = "admin"
	GivenByProducer RefundGiver = "producer"
	GivenByProvider RefundGiver = "provider" // made at the payment provider, not here
)

// DisputeState says where a dispute stands: a payment that the buyer's bank takes back.
type DisputeState string

// States of a dispute. A warning is an inquiry of the bank: nothing was taken yet.
const (
	DisputeWarning       DisputeState = "warning"
	DisputeWarningReview DisputeState = "warning_review"
	DisputeWarningClosed DisputeState = "warning_closed"
	DisputeNeedsResponse DisputeState = "needs_response"
	DisputeUnderReview   DisputeState = "under_review"
	DisputeWon           DisputeState = "won"
	DisputeLost          DisputeState = "lost"
)

// RequestState says what became of a buyer's request for a refund.
type RequestState string

// States of a request.
const (
	RequestAsked     RequestState = "asked"
	RequestGranted   RequestState = "granted"
	RequestDeclined  RequestState = "declined"
	RequestWithdrawn RequestState = "withdrawn"
)

// RefundRequest is what a buyer asked for, and what was answered.
type RefundRequest struct {
	ID         string       `json:"id"`
	LineID     string       `json:"line_id"`
	State      RequestState `json:"state"`
	Reason     string       `json:"reason"`
	Answer     string       `json:"answer,omitempty"`
	AnsweredBy string       `json:"answered_by,omitempty"` // producer | admin
	CreatedAt  time.Time    `json:"created_at"`
	DecidedAt  *time.Time   `json:"decided_at,omitempty"`
}

// AskRefund is POST /v1/orders/{id}/lines/{line}/refund-request.
type AskRefund struct {
	Reason string `json:"reason"` // 1 to 2,000 characters
}

// GiveRefund is POST /v1/studio/lines/{line}/refund and /v1/admin/orders/{id}/refund.
type GiveRefund struct {
	LineID string `json:"line_id,omitempty"` // for admins
	// Amount in minor units of the order's currency; 0: all that is left of the line, which ends the entitlement.
	Amount int64 `json:"amount,omitempty"`
	// Returned is what of the line had gone back when the caller looked. With another value nothing is done and the answer is 409
	// refund_changed, so that a part is not given twice. Needed with an amount.
	Returned *int64 `json:"returned,omitempty"`
	Reason   string `json:"reason"` // 1 to 2,000 characters; the buyer reads it
}

// DeclineRefund answers a request with no.
type DeclineRefund struct {
	Answer string `json:"answer"` // 1 to 2,000 characters; the buyer reads it
}

// SettleRefund is POST /v1/admin/orders/{id}/refunds/{refund}/again, which asks the provider anew for a refund that it refused or
// that failed, and /assign, which says for which line a refund was that was made at the provider.
type SettleRefund struct {
	LineID string `json:"line_id,omitempty"` // to assign
	Reason string `json:"reason"`            // 1 to 2,000 characters
}

// SoldLine is a line of an order as its producer sees it. Nothing says who the buyer is.
type SoldLine struct {
	ID          string         `json:"id"`
	OrderNumber string         `json:"order_number"`
	PaidAt      time.Time      `json:"paid_at"`
	Kind        ItemKind       `json:"kind"`
	PackID      string         `json:"pack_id"`
	SoundID     string         `json:"sound_id,omitempty"`
	Title       string         `json:"title"`
	PackTitle   string         `json:"pack_title"`
	Currency    string         `json:"currency"`
	Amount      int64          `json:"amount"`   // minor units; what the buyer paid
	Returned    int64          `json:"returned"` // minor units of it that went back
	State       LineState      `json:"state"`
	Disputed    bool           `json:"disputed"`               // the buyer's bank is taking the payment back
	RefundUntil *time.Time     `json:"refund_until,omitempty"` // until when the producer may give money back; absent when that cannot be done
	Request     *RefundRequest `json:"request,omitempty"`      // the newest
}

// SoldLines is GET /v1/studio/refund-requests: lines for which buyers asked for a refund, newest request first.
type SoldLines struct {
	Lines []SoldLine `json:"lines"`
	Open  int        `json:"open"` // requests that wait for an answer
	Next  string     `json:"next,omitempty"`
}

// OrderDispute is a dispute as admins see it.
type OrderDispute struct {
	Reference string       `json:"reference"` // at the provider
	Amount    int64        `json:"amount"`
	Reason    string       `json:"reason"`
	State     DisputeState `json:"state"`
	DueAt     *time.Time   `json:"due_at,omitempty"` // until when evidence is taken
	OpenedAt  time.Time    `json:"opened_at"`
	ClosedAt  *time.Time   `json:"closed_at,omitempty"`
}
