// Package coupon holds the rules of coupons: who issues them, what they are for, when they run and how much they take off.
// That a limited one is not used more often than it may is kept by the reservations of package order.
package coupon

import (
	"math"
	"slices"
	"strings"
	"time"

	"crateful.dev/models/api"
)

// Coupon as it is stored.
type Coupon struct {
	ID        string
	Code      string // upper case
	Producer  *api.ProducerRef
	PackID    string
	PackTitle string
	Percent   int
	Amount    *api.Money
	MaxUses   *int64
	PerPerson *int64
	StartsAt  time.Time
	EndsAt    *time.Time
	Paused    bool
	CreatedBy string
	CreatedAt time.Time

	Used  int64 // orders paid with it
	Held  int64 // reserved at the moment, without those
	Mine  int64 // of Used, by the account that asks
	Given []api.Money
}

// CleanCode is the form in which codes are compared: upper case, without blanks.
func CleanCode(code string) string { return strings.ToUpper(strings.Join(strings.Fields(code), "")) }

// State says whether the coupon can be used at a time.
func (c *Coupon) State(now time.Time) api.CouponState {
	switch {
	case c.EndsAt != nil && !now.Before(*c.EndsAt):
		return api.CouponEnded
	case c.Paused:
		return api.CouponPaused
	case now.Before(c.StartsAt):
		return api.CouponNotStarted
	case c.MaxUses != nil && c.Used >= *c.MaxUses:
		return api.CouponUsedUp
	case c.PerPerson != nil && c.Mine >= *c.PerPerson:
		return api.CouponUsedByYou
	}
	return api.CouponRunning
}

// Left is how many more payments the asking account can use a running coupon for.
func (c *Coupon) Left() int64 {
	left := int64(math.MaxInt64)
	if c.MaxUses != nil {
		left = *c.MaxUses - c.Used
	}
	if c.PerPerson != nil {
		left = min(left, *c.PerPerson-c.Mine)
	}
	return left
}

// Covers says whether the coupon is for something of this producer and pack.
func (c *Coupon) Covers(producerID, packID string) bool {
	return (c.Producer == nil || c.Producer.ID == producerID) && (c.PackID == "" || c.PackID == packID)
}

// Takes is what the coupon takes off each of the amounts it covers, in minor units of one currency: a percentage rounded
// down for each of them, or an amount spread over all in their proportion. It never takes more than there is.
func (c *Coupon) Takes(currency string, amounts []int64) []int64 {
	off := make([]int64, len(amounts))
	if c.Amount == nil {
		for i, a := range amounts {
			off[i] = a/100*int64(c.Percent) + a%100*int64(c.Percent)/100
		}
		return off
	}
	if c.Amount.Currency != currency {
		return off
	}
	var sum int64
	for _, a := range amounts {
		sum += a
	}
	total := min(c.Amount.Amount, sum)
	left := total
	if sum == 0 {
		return off
	}
	for i, a := range amounts {
		off[i] = total * a / sum // prices are at most eight digits each, so that this stays far from the limit
		left -= off[i]
	}
	// What rounding left over goes to the dearest, one unit each.
	order := make([]int, len(amounts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(1, max(-1, amounts[b]-amounts[a]))) })
	for _, i := range order {
		if left > 0 && off[i] < amounts[i] {
			off[i]++
			left--
		}
	}
	return off
}

// BorneBy names who bears it: platform or producer.
func (c *Coupon) BorneBy() string {
	if c.Producer == nil {
		return BornePlatform
	}
	return BorneProducer
}

// Who bears a discount.
const (
	BornePlatform = "platform"
	BorneProducer = "producer"
)

// View is the coupon as the API tells of it.
func (c *Coupon) View(now time.Time) api.Coupon {
	v := api.Coupon{
		ID: c.ID, Code: c.Code, Producer: c.Producer, PackID: c.PackID, PackTitle: c.PackTitle, Percent: c.Percent, Amount: c.Amount,
		MaxUses: c.MaxUses, PerPerson: c.PerPerson, Used: c.Used, Held: c.Held, Given: c.Given, StartsAt: c.StartsAt, EndsAt: c.EndsAt,
		Paused: c.Paused, State: c.State(now), CreatedAt: c.CreatedAt,
	}
	if v.Given == nil {
		v.Given = []api.Money{}
	}
	return v
}
