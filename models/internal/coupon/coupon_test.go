package coupon

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"crateful.dev/models/api"
)

// A coupon takes no more than there is of each amount, and one over an amount takes exactly that or all there is.
func TestTakesNeverMoreThanThereIs(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		amounts := rapid.SliceOf(rapid.Int64Range(0, 99_999_999)).Draw(r, "amounts")
		c := Coupon{Percent: rapid.IntRange(1, 100).Draw(r, "percent")}
		if rapid.Bool().Draw(r, "an amount") {
			c = Coupon{Amount: &api.Money{Amount: rapid.Int64Range(1, api.MaxTierPriceMinor).Draw(r, "off"), Currency: "EUR"}}
		}
		var sum, taken int64
		for i, off := range c.Takes("EUR", amounts) {
			if off < 0 || off > amounts[i] {
				r.Fatalf("%d is taken off %d", off, amounts[i])
			}
			sum, taken = sum+amounts[i], taken+off
		}
		if c.Amount != nil && taken != min(c.Amount.Amount, sum) {
			r.Fatalf("%d is taken, want %d of %d", taken, c.Amount.Amount, sum)
		}
		if c.Percent == 100 && taken != sum {
			r.Fatalf("%d of %d is taken by 100 %%", taken, sum)
		}
	})
}

func TestAnAmountIsForItsCurrency(t *testing.T) {
	c := Coupon{Amount: &api.Money{Amount: 500, Currency: "EUR"}}
	if got := c.Takes("CHF", []int64{900}); got[0] != 0 {
		t.Errorf("%d francs are taken by euros", got[0])
	}
}

func TestState(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	one, end := int64(1), now.Add(time.Hour)
	for _, row := range []struct {
		name string
		c    Coupon
		at   time.Time
		want api.CouponState
	}{
		{"running", Coupon{StartsAt: now}, now, api.CouponRunning},
		{"before it starts", Coupon{StartsAt: now}, now.Add(-1), api.CouponNotStarted},
		{"a moment before its end", Coupon{EndsAt: &end}, end.Add(-1), api.CouponRunning},
		{"at its end", Coupon{EndsAt: &end}, end, api.CouponEnded},
		{"ended and paused", Coupon{EndsAt: &end, Paused: true}, end, api.CouponEnded},
		{"paused", Coupon{Paused: true}, now, api.CouponPaused},
		{"used up", Coupon{MaxUses: &one, Used: 1}, now, api.CouponUsedUp},
		{"used by the one who asks", Coupon{PerPerson: &one, Used: 4, Mine: 1}, now, api.CouponUsedByYou},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.c.State(row.at); got != row.want {
				t.Errorf("state is %s", got)
			}
		})
	}
}

func TestCodesAreComparedWithoutCaseAndBlanks(t *testing.T) {
	if got := CleanCode(" spring 26\t"); got != "SPRING26" {
		t.Errorf("code is %q", got)
	}
}
