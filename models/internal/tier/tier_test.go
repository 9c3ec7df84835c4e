package tier

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"crateful.dev/models/api"
)

func ptr(n int64) *int64 { return &n }

func TestCoversFollowsTheOrderOfTiers(t *testing.T) {
	for i, have := range All {
		for j, want := range All {
			if got := Covers(have, want); got != (i >= j) {
				t.Errorf("%s covers %s: %v", have, want, got)
			}
		}
		if Covers("", have) {
			t.Errorf("nothing covers %s", have)
		}
	}
}

func TestPricesOffered(t *testing.T) {
	for _, row := range []struct {
		name   string
		prices Prices
		want   []int64
		rising bool
	}{
		{"standard alone", Prices{Standard: ptr(900)}, []int64{900}, true},
		{"all", Prices{Standard: ptr(900), Extended: ptr(2900), Exclusive: ptr(40_000)}, []int64{900, 2900, 40_000}, true},
		{"no extended", Prices{Standard: ptr(900), Exclusive: ptr(40_000)}, []int64{900, 40_000}, true},
		{"a free pack with a paid licence", Prices{Standard: ptr(0), Extended: ptr(2900)}, []int64{0, 2900}, true},
		{"sold only with its pack", Prices{Extended: ptr(2900)}, nil, false},
		{"extended undercuts", Prices{Standard: ptr(900), Extended: ptr(800)}, []int64{900}, false},
		{"exclusive undercuts extended", Prices{Standard: ptr(900), Extended: ptr(2900), Exclusive: ptr(2000)}, []int64{900, 2900}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			offered := row.prices.Offered("EUR")
			if len(offered) != len(row.want) {
				t.Fatalf("offered %v, want %v", offered, row.want)
			}
			for i, o := range offered {
				if o.Price.Amount != row.want[i] {
					t.Errorf("%s costs %d, want %d", o.Tier, o.Price.Amount, row.want[i])
				}
			}
			if got := row.prices.Ascending(); got != row.rising {
				t.Errorf("ascending is %v", got)
			}
		})
	}
}

// What is charged is never below what the producer asks, whatever the buyer sends.
func TestChargedIsNeverBelowTheLeast(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		least := rapid.SampledFrom([]int64{0, 50, 900, 100_000}).Draw(r, "least")
		p := Prices{Standard: &least, Suggested: ptr(max(least, 50))}
		offered := rapid.Int64().Draw(r, "offered")
		err := p.CheckOffer(api.TierStandard, offered)
		if err == nil && (offered < least || offered != 0 && offered < api.MinimumChargeMinor || offered > api.MaxPriceMinor) {
			r.Fatalf("%d is taken where the least is %d", offered, least)
		}
		if charged, ok := p.Charged(api.TierStandard, &offered); !ok || charged < least {
			r.Fatalf("%d is charged where the least is %d", charged, least)
		}
	})
}

func TestOfferIsRefused(t *testing.T) {
	free, named := Prices{Standard: ptr(0), Suggested: ptr(500)}, Prices{Standard: ptr(300), Suggested: ptr(500), Extended: ptr(2000)}
	for _, row := range []struct {
		name    string
		prices  Prices
		tier    api.Tier
		offered int64
		ok      bool
	}{
		{"nothing where nothing is the least", free, api.TierStandard, 0, true},
		{"the smallest card payment", free, api.TierStandard, 50, true},
		{"what no card can be charged", free, api.TierStandard, 49, false},
		{"below the least", named, api.TierStandard, 299, false},
		{"the least", named, api.TierStandard, 300, true},
		{"negative", free, api.TierStandard, -500, false},
		{"overflowing", free, api.TierStandard, math.MaxInt64, false},
		{"underflowing", free, api.TierStandard, math.MinInt64, false},
		{"a tier with a fixed price", named, api.TierExtended, 2500, false},
		{"a pack with a fixed price", Prices{Standard: ptr(300)}, api.TierStandard, 300, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := row.prices.CheckOffer(row.tier, row.offered); (err == nil) != row.ok {
				t.Errorf("offer of %d: %v", row.offered, err)
			}
		})
	}
}
