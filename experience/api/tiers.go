package api

import "time"

// TierOffer is a licence that can be bought, and what it costs the caller.
type TierOffer struct {
	Tier   string `json:"tier"` // standard | extended | exclusive
	Name   string `json:"name"`
	List   Money  `json:"list"`             // for everybody
	Price  Money  `json:"price"`            // for the caller
	Credit *Money `json:"credit,omitempty"` // for what the caller paid before: sounds of the pack, a lesser licence
	Owned  bool   `json:"owned"`            // the caller has it, or one that includes it
}

// TierPrice is a licence and its price.
type TierPrice struct {
	Tier  string `json:"tier"` // standard | extended | exclusive
	Price Money  `json:"price"`
}

// LicenceRow is one line of the table that compares licences.
type LicenceRow struct {
	Text string   `json:"text"`
	In   []string `json:"in"` // the tiers that allow it
}

// AddToCart is POST /cart/lines. Licence and amount count for all things named.
type AddToCart struct {
	Things
	Tier    string `json:"tier,omitempty"`    // standard (when empty) | extended | exclusive
	Offered *Money `json:"offered,omitempty"` // what the buyer wants to pay, where the buyer names the price
}

// ChangeCartLine is PATCH /cart/lines/{id}; changes what is there.
type ChangeCartLine struct {
	Tier    string `json:"tier,omitempty"`    // standard | extended | exclusive
	Offered *Money `json:"offered,omitempty"` // where the buyer names the price
}

// RedeemCoupon is POST /cart/coupon.
type RedeemCoupon struct {
	Code string `json:"code"`
}

// CartCoupon is the coupon of a cart.
type CartCoupon struct {
	Code    string `json:"code"`
	Percent int    `json:"percent,omitempty"`
	Amount  *Money `json:"amount,omitempty"`
	State   string `json:"state"` // running; else why it takes nothing off: not_started | paused | ended | used_up | used_by_you | not_for_these
}

// Coupon is a coupon as its issuer sees it.
type Coupon struct {
	ID        string       `json:"id"`
	Code      string       `json:"code"`
	Producer  *ProducerRef `json:"producer,omitempty"` // absent: of the platform
	PackID    string       `json:"pack_id,omitempty"`  // empty: for everything of the issuer
	PackTitle string       `json:"pack_title,omitempty"`
	Percent   int          `json:"percent,omitempty"`
	Amount    *Money       `json:"amount,omitempty"`
	MaxUses   *int64       `json:"max_uses,omitempty"`
	PerPerson *int64       `json:"per_person,omitempty"`
	Used      int64        `json:"used"`  // orders paid with it
	Held      int64        `json:"held"`  // reserved by orders that are being paid
	Given     []Money      `json:"given"` // what it took off in all
	StartsAt  time.Time    `json:"starts_at"`
	EndsAt    *time.Time   `json:"ends_at,omitempty"`
	Paused    bool         `json:"paused"`
	State     string       `json:"state"` // running | not_started | paused | ended | used_up
	CreatedAt time.Time    `json:"created_at"`
}

// Coupons is GET /admin/coupons, newest first.
type Coupons struct {
	Frame
	Coupons []Coupon `json:"coupons"`
	Page    Page     `json:"page"`
}

// StudioCoupons is GET /studio/coupons.
type StudioCoupons struct {
	Coupons
	Packs []CouponPack `json:"packs"` // of the producer, that a code can be for; on the first page alone
}

// CouponPack is a pack that a code can be for.
type CouponPack struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// NewCoupon is POST /studio/coupons, borne by the producer, and POST /admin/coupons, borne by the platform.
type NewCoupon struct {
	Code      string     `json:"code"`              // 4 to 32 letters, digits and hyphens; case does not matter
	PackID    string     `json:"pack_id,omitempty"` // of the producer's own; empty: all
	Percent   int        `json:"percent,omitempty"` // 1 to 100, or
	Amount    *Money     `json:"amount,omitempty"`
	MaxUses   *int64     `json:"max_uses,omitempty"` // absent: no limit
	PerPerson *int64     `json:"per_person,omitempty"`
	StartsAt  *time.Time `json:"starts_at,omitempty"` // absent: now
	EndsAt    *time.Time `json:"ends_at,omitempty"`   // absent: it runs until it is ended
}

// ChangeCoupon is PATCH /studio/coupons/{id} and PATCH /admin/coupons/{id}.
type ChangeCoupon struct {
	Paused *bool `json:"paused,omitempty"`
	End    bool  `json:"end,omitempty"` // for good
}
