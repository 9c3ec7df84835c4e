package api

import "time"

// Coupon lowers what things cost. Its issuer bears it: a producer out of the share, the platform out of its own pocket.
type Coupon struct {
	ID        string       `json:"id"`
	Code      string       `json:"code"`               // upper case
	Producer  *ProducerRef `json:"producer,omitempty"` // absent: of the platform
	PackID    string       `json:"pack_id,omitempty"`  // empty: for everything of the issuer
	PackTitle string       `json:"pack_title,omitempty"`
	Percent   int          `json:"percent,omitempty"`    // 1–100, or
	Amount    *Money       `json:"amount,omitempty"`     // off an order as a whole
	MaxUses   *int64       `json:"max_uses,omitempty"`   // absent: no limit
	PerPerson *int64       `json:"per_person,omitempty"` // absent: no limit
	Used      int64        `json:"used"`                 // orders paid with it
	Held      int64        `json:"held"`                 // reserved by orders that are being paid
	Given     []Money      `json:"given"`                // what it took off in all, by currency
	StartsAt  time.Time    `json:"starts_at"`
	EndsAt    *time.Time   `json:"ends_at,omitempty"`
	Paused    bool         `json:"paused"`
	State     CouponState  `json:"state"`
	CreatedAt time.Time    `json:"created_at"`
}

// CouponState says whether a coupon can be used.
type CouponState string

// States of a coupon. In a cart, two more say why it does nothing.
const (
	CouponRunning     CouponState = "running"
	CouponNotStarted  CouponState = "not_started"
	CouponPaused      CouponState = "paused"
	CouponEnded       CouponState = "ended"
	CouponUsedUp      CouponState = "used_up"
	CouponUsedByYou   CouponState = "used_by_you"
	CouponNotForThese CouponState = "not_for_these"
)

// NewCoupon is POST /v1/coupons (a producer's) and POST /v1/admin/coupons (the platform's); answers Coupon.
type NewCoupon struct {
	Code      string     `json:"code"`               // 4–32 letters, digits and hyphens; case does not matter
	PackID    string     `json:"pack_id,omitempty"`  // of the producer's own
	Percent   int        `json:"percent,omitempty"`  // 1–100, or
	Amount    *Money     `json:"amount,omitempty"`   // 1 to MaxTierPriceMinor
	MaxUses   *int64     `json:"max_uses,omitempty"` // absent: no limit
	PerPerson *int64     `json:"per_person,omitempty"`
	StartsAt  *time.Time `json:"starts_at,omitempty"` // absent: now
	EndsAt    *time.Time `json:"ends_at,omitempty"`   // absent: it runs until it is ended
}

// ChangeCoupon is PATCH /v1/coupons/{id}, of the producer's own, and PATCH /v1/admin/coupons/{id}. Absent fields stay.
type ChangeCoupon struct {
	Paused *bool `json:"paused,omitempty"`
	End    bool  `json:"end,omitempty"` // for good
}

// Coupons is a page of coupons, newest first.
type Coupons struct {
	Coupons    []Coupon `json:"coupons"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// RedeemCoupon is POST /v1/cart/coupon; answers Cart. An unknown code is 404, one that cannot be used now 409 with its
// CouponState behind "coupon_" as the reason.
type RedeemCoupon struct {
	Code string `json:"code"`
}

// CartCoupon is the coupon of a cart.
type CartCoupon struct {
	Code    string      `json:"code"`
	Percent int         `json:"percent,omitempty"`
	Amount  *Money      `json:"amount,omitempty"`
	State   CouponState `json:"state"` // anything but running: it takes nothing off
}
