package postgres

import (
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
)

type orderRow struct {
	ID          string `gorm:"primaryKey"`
	Number      int64
	CheckoutID  *string
	BuyerID     string
	BuyerEmail  string
	BuyerName   string
	Demo        bool
	State       string
	Currency    string
	Subtotal    int64
	Credit      int64
	Discount    int64
	CouponID    *string
	CouponCode  string
	Total       int64
	Refunded    int64
	Fingerprint string
	Attention   string
	CancelledAt *time.Time
	ExpiredAt   *time.Time
	ReturnedAt  *time.Time
	PaidAt      *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func (orderRow) TableName() string { return "orders" }

func newOrderRow(o *order.Order) orderRow {
	row := orderRow{
		ID: o.ID, BuyerID: o.Buyer.AccountID, BuyerEmail: o.Buyer.Email, BuyerName: o.Buyer.Name, Demo: o.Buyer.Demo,
		State: string(o.State), Currency: o.Currency, Subtotal: o.Subtotal, Credit: o.Credit, Total: o.Total,
		Discount: o.Discount, Fingerprint: o.Fingerprint, CheckoutID: nullable(o.CheckoutID), CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	if o.Coupon != nil {
		row.CouponID, row.CouponCode = &o.Coupon.ID, o.Coupon.Code
	}
	return row
}

func (r orderRow) order() *order.Order {
	o := &order.Order{
		ID: r.ID, Number: r.Number, State: order.State(r.State),
		Buyer:    order.Buyer{AccountID: r.BuyerID, Email: r.BuyerEmail, Name: r.BuyerName, Demo: r.Demo},
		Currency: r.Currency, Subtotal: r.Subtotal, Credit: r.Credit, Discount: r.Discount, Total: r.Total, Refunded: r.Refunded,
		Fingerprint: r.Fingerprint, Attention: r.Attention, CancelledAt: utc(r.CancelledAt), ExpiredAt: utc(r.ExpiredAt),
		ReturnedAt: utc(r.ReturnedAt), PaidAt: utc(r.PaidAt), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.CheckoutID != nil {
		o.CheckoutID = *r.CheckoutID
	}
	return o
}

type orderLineRow struct {
	ID             string `gorm:"primaryKey"`
	OrderID        string
	Position       int
	Kind           string
	PackID         string
	EditionID      string
	Edition        int
	SoundID        *string
	PackSlug       string
	PackTitle      string
	SoundName      string
	ProducerID     string
	Licence        string
	Tier           string
	CoverKey       string
	Price          int64
	Credit         int64
	CreditSounds   int
	Discount       int64
	BorneBy        string
	State          string
	Reason         string
	ProducerHandle string `gorm:"->"`
	ProducerName   string `gorm:"->"`
}

func (orderLineRow) TableName() string { return "order_lines" }

func newOrderLineRow(orderID string, l order.Line) orderLineRow {
	return orderLineRow{
		ID: l.ID, OrderID: orderID, Position: l.Position, Kind: string(l.Kind), PackID: l.PackID, EditionID: l.EditionID,
		Edition: l.Edition, SoundID: nullable(l.SoundID), PackSlug: l.PackSlug, PackTitle: l.PackTitle, SoundName: l.SoundName,
		ProducerID: l.Seller.ID, Licence: l.LicenceCode, Tier: string(l.Tier), CoverKey: l.CoverKey, Price: l.Price, Credit: l.Credit,
		CreditSounds: l.CreditSounds, Discount: l.Discount, BorneBy: l.BorneBy, State: string(l.State), Reason: l.Reason,
	}
}

func (r orderLineRow) line() order.Line {
	l := order.Line{
		ID: r.ID, Position: r.Position, Kind: api.ItemKind(r.Kind), PackID: r.PackID, PackSlug: r.PackSlug, PackTitle: r.PackTitle,
		EditionID: r.EditionID, Edition: r.Edition, SoundName: r.SoundName,
		Seller:      api.ProducerRef{ID: r.ProducerID, Handle: r.ProducerHandle, Name: r.ProducerName},
		LicenceCode: r.Licence, Tier: api.Tier(r.Tier), CoverKey: r.CoverKey, Price: r.Price, Credit: r.Credit, CreditSounds: r.CreditSounds,
		Discount: r.Discount, BorneBy: r.BorneBy,
		State: api.LineState(r.State), Reason: r.Reason,
	}
	if r.SoundID != nil {
		l.SoundID = *r.SoundID
	}
	return l
}

type attemptRow struct {
	OrderID        string `gorm:"primaryKey"`
	Attempt        int    `gorm:"primaryKey;autoIncrement:false"`
	State          string
	IdempotencyKey string
	SessionID      *string
	URL            string
	ExpiresAt      time.Time
	CreatedAt      time.Time
}

func (attemptRow) TableName() string { return "payment_attempts" }

func newAttemptRow(orderID string, a order.Attempt) attemptRow {
	return attemptRow{
		OrderID: orderID, Attempt: a.Number, State: string(a.State), IdempotencyKey: a.Key, SessionID: nullable(a.SessionID),
		URL: a.URL, ExpiresAt: a.ExpiresAt, CreatedAt: a.CreatedAt,
	}
}

func (r attemptRow) attempt() order.Attempt {
	a := order.Attempt{
		Number: r.Attempt, State: order.AttemptState(r.State), Key: r.IdempotencyKey, URL: r.URL,
		ExpiresAt: r.ExpiresAt.UTC(), CreatedAt: r.CreatedAt.UTC(),
	}
	if r.SessionID != nil {
		a.SessionID = *r.SessionID
	}
	return a
}

type paymentRow struct {
	ID         string `gorm:"primaryKey"`
	OrderID    string
	Attempt    int
	ProviderID string
	Amount     int64
	Duplicate  bool
	ReceivedAt time.Time
}

func (paymentRow) TableName() string { return "payments" }

func newPaymentRow(orderID string, p order.Payment) paymentRow {
	return paymentRow{
		ID: p.ID, OrderID: orderID, Attempt: p.Attempt, ProviderID: p.ProviderID, Amount: p.Amount, Duplicate: p.Duplicate,
		ReceivedAt: p.ReceivedAt,
	}
}

func (r paymentRow) payment() order.Payment {
	return order.Payment{
		ID: r.ID, Attempt: r.Attempt, ProviderID: r.ProviderID, Amount: r.Amount, Duplicate: r.Duplicate, ReceivedAt: r.ReceivedAt.UTC(),
	}
}

type refundRow struct {
	ID         string `gorm:"primaryKey"`
	OrderID    string
	PaymentID  string
	Amount     int64
	Reason     string
	State      string
	Attempt    int
	Done       bool   // the provider took it
	Refused    string // why it did not
	Problem    string // why it did not arrive
	ProviderID *string
	GivenBy    string
	GiverID    *string
	Note       string
	CreatedAt  time.Time
}

func (refundRow) TableName() string { return "refunds" }

func newRefundRow(orderID string, r order.Refund) refundRow {
	row := refundRow{
		ID: r.ID, OrderID: orderID, PaymentID: r.PaymentID, Amount: r.Amount, Reason: r.Reason, State: string(r.State), Attempt: r.Try,
		ProviderID: nullable(r.ProviderID), GivenBy: string(r.GivenBy), GiverID: nullable(r.GiverID), Note: r.Note, CreatedAt: r.CreatedAt,
	}
	switch r.State {
	case api.RefundRefused:
		row.Refused = r.Problem
	case api.RefundFailed:
		row.Done, row.Problem = true, r.Problem
	case api.RefundSent, api.RefundArrived:
		row.Done = true
	}
	return row
}

func (r refundRow) refund() order.Refund {
	return order.Refund{
		ID: r.ID, PaymentID: r.PaymentID, Amount: r.Amount, Reason: r.Reason, State: order.RefundState(r.State), Try: r.Attempt, Problem: r.Refused + r.Problem,
		ProviderID: text(r.ProviderID), GivenBy: api.RefundGiver(r.GivenBy), GiverID: text(r.GiverID), Note: r.Note, CreatedAt: r.CreatedAt.UTC(),
	}
}

// text is what a nullable column holds; empty without anything.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
