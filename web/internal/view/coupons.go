package view

import "time"

// Coupons is where coupons are made and ended.
type Coupons struct {
	Layout
	Form
	Back   Link  // empty in the operator's side
	Side   []Tab // of the operator's side
	Action string
	Admin  bool // the platform's, with everybody's in the list
	Once   string
	Lines  []CouponLine
	Fields []Input
	Packs  []Option // a producer's, to choose one from
	More   string
}

// CouponLine is one coupon.
type CouponLine struct {
	ID     string
	Code   string
	Worth  string // "20 %", "5.00 €"
	For    string
	Used   string
	Given  string
	From   time.Time
	Until  *time.Time
	State  string
	Ok     bool
	Over   bool
	Paused bool
}
