package api

import "time"

// OrderState says where an order stands.
type OrderState string

// States of an order. See docs of models/internal/order for the transitions.
const (
	OrderOpen            OrderState = "open"                  // prices fixed, payment page not opened yet
	OrderAwaitingPayment OrderState = "awaiting_payment"      // payment page open; the buyer has not paid
	OrderWaitingForBank  OrderState = "waiting_for_bank"      // buyer confirmed, the bank has not
	OrderPaid            OrderState = "paid"                  // entitlements granted
	OrderFailed          OrderState = "failed"                // the bank refused; nothing charged; may be tried again
	OrderCancelled       OrderState = "cancelled"             // given up or replaced by a newer order; nothing charged
	OrderExpired         OrderState = "expired"               // payment page ran out; nothing charged; may be tried again
	OrderNeedsAttention  OrderState = "needs_attention"       // payment does not match the order; a person looks at it
	OrderRefunding       OrderState = "refunding_unavailable" // paid, but nothing in it can be delivered; money is on its way back
	OrderRefundedOffSale OrderState = "refunded_unavailable"  // paid, but nothing in it could be delivered; money went back
	OrderRefunded        OrderState = "refunded"              // all that was delivered was refunded or charged back later on
)

// LineState says what became of one order line.
type LineState string

// States of an order line.
const (
	LinePending     LineState = "pending"
	LineGranted     LineState = "granted"      // entitlement exists
	LineUnavailable LineState = "unavailable"  // could not be delivered; its amount is refunded
	LineRefunded    LineState = "refunded"     // refunded as a whole after it was delivered; the entitlement ended
	LineChargedBack LineState = "charged_back" // the buyer's bank took the money back; the entitlement ended
)

// Reasons of a line that is unavailable.
const (
	ReasonTakenOffSale = "taken_off_sale"
	ReasonAlreadyOwned = "already_owned"
	// ReasonSoldExclusively: somebody else bought it, or a sound of it, exclusively in the meantime.
	ReasonSoldExclusively = "sold_exclusively"
	// ReasonCouponUsedUp: it was paid after its reservation ran out, and somebody else has the last use of the coupon by now.
	ReasonCouponUsedUp = "coupon_used_up"
	// ReasonNotReserved: it was paid after its reservation ran out, and somebody else holds it by now.
	ReasonNotReserved = "not_reserved"
)

// CreateOrder turns the cart's payable lines into orders, one per currency; the answer is the first that is to be paid.
type CreateOrder struct {
	// Currency to order alone; empty: all that is in the cart.
	Currency string `json:"currency,omitempty"`
	// ExpectedTotal is the total of one currency that the buyer saw, in minor units; when present and different from the
	// cart's total the answer is 409 price_changed and nothing is ordered.
	ExpectedTotal *int64 `json:"expected_total,omitempty"`
	// ExpectedTotals are all totals that the buyer saw, one per currency, and count in the same way.
	ExpectedTotals []Money `json:"expected_totals,omitempty"`
	// Invoice is kept for this and later papers; absent: as it was before.
	Invoice *InvoiceDetails `json:"invoice,omitempty"`
}

// Order is a purchase with its prices fixed.
type Order struct {
	ID        string      `json:"id"`
	Number    string      `json:"number"` // for people: CF-000123
	State     OrderState  `json:"state"`
	Currency  string      `json:"currency"`
	Subtotal  int64       `json:"subtotal"`         // minor units
	Credit    int64       `json:"credit"`           // minor units, positive
	Discount  int64       `json:"discount"`         // minor units, positive; of the coupon
	Coupon    string      `json:"coupon,omitempty"` // its code
	Total     int64       `json:"total"`            // minor units; what is charged
	Refunded  int64       `json:"refunded"`         // minor units that went or go back
	Lines     []OrderLine `json:"lines"`
	Payment   *Payment    `json:"payment,omitempty"`   // absent for free orders and before the page was opened
	Attention string      `json:"attention,omitempty"` // what is wrong with the payment; for admins only
	Email     string      `json:"email"`               // where the receipt goes
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
	PaidAt    *time.Time  `json:"paid_at,omitempty"`
	Receipt   *Receipt    `json:"receipt,omitempty"` // once paid
	// Parts are the orders that one cart in several currencies became, this one among them, in the order in which they are
	// paid; absent when it is alone.
	Parts []OrderPart `json:"parts,omitempty"`
}

// OrderPart is an order of the same cart in one of its currencies.
type OrderPart struct {
	ID     string     `json:"id"`
	Number string     `json:"number"`
	State  OrderState `json:"state"`
	Total  Money      `json:"total"`
}

// OrderLine is one pack's edition or one sound, as it was when ordered.
type OrderLine struct {
	ID           string      `json:"id"`
	Kind         ItemKind    `json:"kind"`
	PackID       string      `json:"pack_id"`
	PackSlug     string      `json:"pack_slug"`
	EditionID    string      `json:"edition_id"`
	Edition      int         `json:"edition"`
	SoundID      string      `json:"sound_id,omitempty"`
	Title        string      `json:"title"`      // pack title or sound name
	PackTitle    string      `json:"pack_title"` // same as Title for a pack
	Seller       ProducerRef `json:"seller"`
	LicenceCode  string      `json:"licence_code"`
	Tier         Tier        `json:"tier"`
	CoverKey     string      `json:"cover_key,omitempty"`
	Price        int64       `json:"price"`  // minor units
	Credit       int64       `json:"credit"` // minor units, positive
	CreditSounds int         `json:"credit_sounds"`
	Discount     int64       `json:"discount"` // minor units, positive; of the coupon
	Amount       int64       `json:"amount"`   // Price - Credit - Discount
	State        LineState   `json:"state"`
	Reason       string      `json:"reason,omitempty"`   // of an unavailable line
	Returned     int64       `json:"returned,omitempty"` // minor units of Amount that went back after it was delivered
	// AskUntil is until when the buyer may ask for a refund; absent when that cannot be done.
	AskUntil *time.Time     `json:"ask_until,omitempty"`
	Request  *RefundRequest `json:"request,omitempty"` // the newest
}

// Payment is the current attempt to pay an order.
type Payment struct {
	Attempt   int        `json:"attempt"`
	URL       string     `json:"url,omitempty"` // hosted payment page; present while it can be paid
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Sandbox   bool       `json:"sandbox"` // not real money
}

// Receipt is what the buyer may need for the books.
type Receipt struct {
	Number    string    `json:"number"`
	IssuedAt  time.Time `json:"issued_at"`
	BuyerName string    `json:"buyer_name"`
	Email     string    `json:"email"`
	Reference string    `json:"reference,omitempty"` // payment reference at the provider; empty for free orders
	Currency  string    `json:"currency"`
	Total     int64     `json:"total"`
	Refunded  int64     `json:"refunded"`
}

// OrderPage is a page of orders, newest first.
type OrderPage struct {
	Orders     []Order `json:"orders"`
	NextCursor string  `json:"next_cursor,omitempty"`
}

// StripeWebhook hands down a webhook as it arrived.
type StripeWebhook struct {
	Payload   []byte `json:"payload"`   // the raw body
	Signature string `json:"signature"` // the Stripe-Signature header
}

// StripeWebhookResult says what the event did.
type StripeWebhookResult struct {
	EventID string `json:"event_id"`
	Outcome string `json:"outcome"` // applied | duplicate | ignored
	OrderID string `json:"order_id,omitempty"`
	// AccountID is the buyer's account, so that open pages can be told.
	AccountID string     `json:"account_id,omitempty"`
	State     OrderState `json:"state,omitempty"`
}
