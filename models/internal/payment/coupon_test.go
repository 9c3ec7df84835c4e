package payment_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func (s *shop) coupons() *coupon.Service {
	return coupon.NewService(postgrestest.Unit(s.t, s.db), postgres.NewCouponStore(s.db), audit.New(postgres.NewAuditStore(s.db)), s.now)
}

// coupon makes one; without a producer it is the platform's.
func (s *shop) coupon(producer string, in api.NewCoupon) api.Coupon {
	s.t.Helper()
	who := auth.Caller{AccountID: producer}
	if producer == "" {
		who = auth.Caller{AccountID: s.account(), Admin: true}
	}
	made, err := s.coupons().Create(s.t.Context(), who, producer == "", in)
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

func (s *shop) redeem(buyer, code string) api.Cart {
	s.t.Helper()
	c, err := s.carts.Redeem(s.t.Context(), owner(buyer), code)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func reason(err error) string {
	e := new(errs.Error)
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func number(n int64) *int64 { return &n }

func TestCouponOfAProducerLowersTheShare(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack, other := s.account(), s.pack(1000), s.pack(700)
	s.coupon(pack.ProducerID, api.NewCoupon{Code: "spring-26", Percent: 20})
	s.fill(buyer, packItem(pack), packItem(other))
	c := s.redeem(buyer, "Spring-26")
	if got := c.Totals[0]; got.Subtotal != 1700 || got.Discount != 200 || got.Total != 1500 || c.Lines[1].Discount != nil {
		t.Fatalf("cart is %+v", c)
	}
	o := s.pay(s.place(buyer))
	if o.State != api.OrderPaid || o.Discount != 200 || o.Lines[0].BorneBy != coupon.BorneProducer {
		t.Fatalf("order is %+v", o)
	}
	if got := s.balance("producer:" + pack.ProducerID); got != -680 {
		t.Errorf("the producer gets %d, want 680", -got)
	}
	if got := s.balance("stripe_clearing"); got != 1500 {
		t.Errorf("clearing holds %d", got)
	}
}

func TestCouponOfThePlatformIsBorneByIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(1000)
	s.coupon("", api.NewCoupon{Code: "WELCOME", Amount: &api.Money{Amount: 300, Currency: "EUR"}})
	s.fill(buyer, packItem(pack))
	s.redeem(buyer, "welcome")
	if o := s.pay(s.place(buyer)); o.State != api.OrderPaid || o.Total != 700 {
		t.Fatalf("order is %+v", o)
	}
	for account, want := range map[string]int64{"producer:" + pack.ProducerID: -850, "platform_revenue": -150, "platform_coupons": 300, "stripe_clearing": 700} {
		if got := s.balance(account); got != want {
			t.Errorf("%s is %d, want %d", account, got, want)
		}
	}
}

func TestCouponThatPaysAllIsBookedWithoutStripe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(1000)
	s.coupon("", api.NewCoupon{Code: "GIFT-1", Percent: 100, MaxUses: number(1)})
	s.fill(buyer, packItem(pack))
	s.redeem(buyer, "GIFT-1")
	if o := s.place(buyer); o.State != api.OrderPaid || len(o.Attempts) != 0 {
		t.Fatalf("order is %+v", o)
	}
	if got := s.balance("producer:" + pack.ProducerID); got != -850 {
		t.Errorf("the producer gets %d, want 850", -got)
	}
	second := s.account()
	s.fill(second, packItem(pack))
	if _, err := s.carts.Redeem(t.Context(), owner(second), "GIFT-1"); reason(err) != "coupon_used_up" {
		t.Errorf("a used one: %v", err)
	}
}

func TestCouponAnswers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack, other := s.account(), s.pack(1000), s.pack(500)
	s.fill(buyer, packItem(pack))
	soon, later := s.now().Add(time.Hour), s.now().Add(48*time.Hour)
	s.coupon("", api.NewCoupon{Code: "TOO-SOON", Percent: 10, StartsAt: &later})
	s.coupon(other.ProducerID, api.NewCoupon{Code: "NOT-THESE", Percent: 10})
	s.coupon(other.ProducerID, api.NewCoupon{Code: "ONE-PACK", Percent: 10, PackID: other.PackID})
	paused := s.coupon("", api.NewCoupon{Code: "PAUSED", Percent: 10})
	yes := true
	if _, err := s.coupons().Change(t.Context(), auth.Caller{AccountID: s.account(), Admin: true}, true, paused.ID, api.ChangeCoupon{Paused: &yes}); err != nil {
		t.Fatal(err)
	}
	s.coupon("", api.NewCoupon{Code: "ENDS", Percent: 10, EndsAt: &soon})
	s.wait(2 * time.Hour)
	for code, want := range map[string]string{
		"NO-SUCH": "coupon_unknown", "": "coupon_unknown", "TOO-SOON": "coupon_not_started", "NOT-THESE": "coupon_not_for_these",
		"ONE-PACK": "coupon_not_for_these", "PAUSED": "coupon_paused", "ends": "coupon_ended",
	} {
		if _, err := s.carts.Redeem(t.Context(), owner(buyer), code); reason(err) != want {
			t.Errorf("%q answers %v, want %s", code, err, want)
		}
	}
	for range 10 {
		_, err := s.carts.Redeem(t.Context(), owner(buyer), "GUESS")
		if errs.CodeOf(err) == errs.CodeRateLimited {
			return
		}
	}
	t.Error("guessing goes on for ever")
}

// A total after a coupon is 0 or what a card can be charged.
func TestTotalBelowTheMinimumAfterACoupon(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(100)
	s.coupon("", api.NewCoupon{Code: "SIXTY", Percent: 60})
	s.fill(buyer, packItem(pack))
	if c := s.redeem(buyer, "SIXTY"); c.Totals[0].Total != 40 || c.Totals[0].BelowMinimum != 10 {
		t.Fatalf("totals are %+v", c.Totals)
	}
	if _, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{}); reason(err) != "below_minimum_charge" {
		t.Errorf("error is %v", err)
	}
	if _, err := s.carts.DropCoupon(t.Context(), owner(buyer)); err != nil {
		t.Fatal(err)
	}
	if o := s.place(buyer); o.Total != 100 {
		t.Errorf("total is %d without the coupon", o.Total)
	}
}

func TestCouponThatEndsWhileThePageIsOpenHolds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(1000)
	soon := s.now().Add(5 * time.Minute)
	s.coupon("", api.NewCoupon{Code: "SOON-OVER", Percent: 50, EndsAt: &soon})
	s.fill(buyer, packItem(pack))
	s.redeem(buyer, "SOON-OVER")
	o := s.place(buyer)
	s.wait(10 * time.Minute)
	if again, err := s.orders.OpenCheckout(t.Context(), buyer, o.ID); err != nil || session(again) != session(o) {
		t.Fatalf("the open page is %v, %v", again, err)
	}
	if o = s.pay(o); o.State != api.OrderPaid || o.Total != 500 {
		t.Errorf("order is %s over %d", o.State, o.Total)
	}

	late := s.account()
	s.fill(late, packItem(s.pack(1000)))
	if _, err := s.carts.Redeem(t.Context(), owner(late), "SOON-OVER"); reason(err) != "coupon_ended" {
		t.Errorf("after its end: %v", err)
	}
}

// CHECKS 10: one use, many who try at once, one success.
func TestLastCouponGoesToOne(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	pack := s.pack(1000)
	s.coupon("", api.NewCoupon{Code: "LAST-ONE", Percent: 50, MaxUses: number(1)})
	const n = 8
	buyers := make([]string, n)
	for i := range buyers {
		buyers[i] = s.account()
		s.fill(buyers[i], packItem(pack))
		s.redeem(buyers[i], "LAST-ONE")
	}
	orders, problems := make([]*order.Order, n), make([]error, n)
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i, buyer := range buyers {
		wg.Go(func() {
			<-gate
			orders[i], problems[i] = s.orders.Place(t.Context(), buyer, api.CreateOrder{})
		})
	}
	close(gate)
	wg.Wait()
	var won *order.Order
	for i, err := range problems {
		switch {
		case err == nil && won != nil:
			t.Fatal("two orders hold the last use")
		case err == nil:
			won = orders[i]
		case reason(err) != "coupon_used_up":
			t.Errorf("error is %v", err)
		}
	}
	if won == nil {
		t.Fatal("nobody got it")
	}
	if won = s.pay(won); won.State != api.OrderPaid || won.Discount != 500 {
		t.Errorf("order is %+v", won)
	}
	if n := s.count("SELECT count(*) FROM reservations WHERE used"); n != 1 {
		t.Errorf("%d uses are kept", n)
	}
	s.wait(24 * time.Hour)
	for _, buyer := range buyers {
		if _, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{}); err == nil && s.count("SELECT count(*) FROM orders WHERE discount > 0 AND state <> 'cancelled'") > 1 {
			t.Error("the use is free again")
		}
	}
}

func TestPaymentWithoutItsCouponGoesBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second, pack := s.account(), s.account(), s.pack(1000)
	s.coupon("", api.NewCoupon{Code: "LAST-ONE", Percent: 50, MaxUses: number(1)})
	for _, buyer := range []string{first, second} {
		s.fill(buyer, packItem(pack))
		s.redeem(buyer, "LAST-ONE")
	}
	held := s.place(first)
	s.wait(order.CheckoutLifetime + time.Minute)
	taken := s.place(second)
	if held = s.pay(held); held.State != api.OrderRefunding || held.Lines[0].Reason != api.ReasonCouponUsedUp || held.Refunded != 500 {
		t.Errorf("late payment: %s, %q", held.State, held.Lines[0].Reason)
	}
	if taken = s.pay(taken); taken.State != api.OrderPaid {
		t.Errorf("order is %s", taken.State)
	}
	s.balance("stripe_clearing")
}

func TestCouponPerPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.coupon("", api.NewCoupon{Code: "ONCE-EACH", Percent: 50, PerPerson: number(1)})
	s.fill(buyer, packItem(s.pack(1000)))
	s.redeem(buyer, "ONCE-EACH")
	s.pay(s.place(buyer))
	if c := s.fill(buyer, packItem(s.pack(800))); c.Coupon == nil || c.Coupon.State != api.CouponUsedByYou || c.Totals[0].Total != 800 {
		t.Errorf("the cart of one who used it is %+v", c)
	}
	visitor := cart.Owner{VisitorID: strings.Repeat("v", 20)}
	if _, err := s.carts.Add(t.Context(), auth.Caller{Visitor: visitor.VisitorID}, []api.Item{packItem(s.pack(900))}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.carts.Redeem(t.Context(), visitor, "once-each"); err != nil || c.Totals[0].Total != 450 {
		t.Errorf("a visitor's cart is %+v, %v", c, err)
	}
}

func TestCouponsAreTheirIssuers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	pack := s.pack(1000)
	made := s.coupon(pack.ProducerID, api.NewCoupon{Code: "MINE-ONLY", Percent: 10})
	if _, err := s.coupons().Change(t.Context(), caller(s.account()), false, made.ID, api.ChangeCoupon{End: true}); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("a stranger ends it: %v", err)
	}
	if _, err := s.coupons().Create(t.Context(), caller(s.account()), false, api.NewCoupon{Code: "MINE-ONLY", Percent: 10}); errs.CodeOf(err) != errs.CodeInvalid {
		t.Errorf("the code again: %v", err)
	}
	if _, err := s.coupons().Create(t.Context(), caller(s.account()), false, api.NewCoupon{Code: "THEIR-PACK", Percent: 10, PackID: pack.PackID}); errs.CodeOf(err) != errs.CodeInvalid {
		t.Errorf("for somebody else's pack: %v", err)
	}
	ended, err := s.coupons().Change(t.Context(), caller(pack.ProducerID), false, made.ID, api.ChangeCoupon{End: true})
	if err != nil || ended.State != api.CouponEnded {
		t.Errorf("ended: %+v, %v", ended, err)
	}
	for name, in := range map[string]api.NewCoupon{
		"neither":       {Code: "BAD-1"},
		"both":          {Code: "BAD-2", Percent: 5, Amount: &api.Money{Amount: 5, Currency: "EUR"}},
		"negative":      {Code: "BAD-3", Amount: &api.Money{Amount: -5, Currency: "EUR"}},
		"more than all": {Code: "BAD-4", Percent: 101},
		"no uses":       {Code: "BAD-5", Percent: 5, MaxUses: number(0)},
		"a short code":  {Code: "X", Percent: 5},
	} {
		if _, err := s.coupons().Create(t.Context(), caller(s.account()), false, in); errs.CodeOf(err) != errs.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
