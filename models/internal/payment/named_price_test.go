package payment_test

import (
	"math"
	"testing"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// named lets buyers name the price of a pack.
func (s *shop) named(least, suggested int64) postgrestest.Listing {
	l := s.pack(least)
	postgrestest.Exec(s.t, s.db, "UPDATE listings SET suggested_price = $2 WHERE pack_id = $1", l.PackID, suggested)
	return l
}

func offering(amount int64, item api.Item) api.Item {
	item.Offered = &amount
	return item
}

func TestBuyerNamesThePrice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.named(300, 500)
	c := s.fill(buyer, packItem(pack))
	if c.Totals[0].Total != 500 || c.Lines[0].Suggested.Amount != 500 || c.Lines[0].Tiers[0].Price.Amount != 300 {
		t.Fatalf("without a word the suggestion is asked: %+v", c)
	}
	if c = s.fill(buyer, offering(1250, packItem(pack))); c.Totals[0].Total != 1250 || c.Lines[0].PriceChanged {
		t.Fatalf("cart is %+v", c)
	}
	postgrestest.Exec(t, s.db, "UPDATE listings SET price = 2000, suggested_price = 2500 WHERE pack_id = $1", pack.PackID)
	if c, err := s.carts.Get(t.Context(), owner(buyer)); err != nil || c.Totals[0].Total != 2000 || !c.Lines[0].PriceChanged {
		t.Fatalf("below the new least: %+v, %v", c.Totals, err)
	}
	if o := s.pay(s.place(buyer)); o.State != api.OrderPaid || o.Total != 2000 {
		t.Errorf("order is %s over %d", o.State, o.Total)
	}
	free := s.named(0, 500)
	if o := s.buy(buyer, offering(0, packItem(free))); o.Total != 0 {
		t.Errorf("total is %d", o.Total)
	}
}

// CHECKS 9: what a buyer may not name is refused, and the cart stays as it was.
func TestTamperedPricesAreRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack, fixed, free := s.account(), s.named(300, 500), s.pack(900), s.named(0, 500)
	s.tiers(fixed, 2900, 40_000)
	for name, item := range map[string]api.Item{
		"below the least":        offering(299, packItem(pack)),
		"negative":               offering(-1, packItem(pack)),
		"the least there is":     offering(math.MinInt64, packItem(pack)),
		"the most there is":      offering(math.MaxInt64, packItem(pack)),
		"above the most":         offering(api.MaxPriceMinor+1, packItem(pack)),
		"no card can be charged": offering(49, packItem(free)),
		"a fixed price":          offering(100, packItem(fixed)),
		"another tier":           in(api.TierExtended, offering(100, packItem(fixed))),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := s.carts.Add(t.Context(), caller(buyer), []api.Item{item}); errs.CodeOf(err) != errs.CodeInvalid {
				t.Errorf("error is %v", err)
			}
		})
	}
	line := s.fill(buyer, packItem(pack)).Lines[0].ID
	for _, amount := range []int64{299, -500, math.MaxInt64} {
		if _, err := s.carts.Change(t.Context(), owner(buyer), line, api.ChangeCartLine{Offered: &amount}); errs.CodeOf(err) != errs.CodeInvalid {
			t.Errorf("an amount of %d: %v", amount, err)
		}
	}
	if c, err := s.carts.Get(t.Context(), owner(buyer)); err != nil || c.Totals[0].Total != 500 {
		t.Errorf("cart is %+v, %v", c, err)
	}
}
