package payment_test

import (
	"errors"
	"sync"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
)

// parts says in which state the payments of an order's checkout are, by currency.
func (s *shop) parts(o *order.Order) map[string]api.OrderState {
	s.t.Helper()
	states := map[string]api.OrderState{}
	for _, p := range s.order(o.ID).Parts {
		if states[p.Currency] != "" {
			s.t.Errorf("two payments in %s: %+v", p.Currency, o.Parts)
		}
		states[p.Currency] = p.State
	}
	return states
}

// in is the sum of an account in one currency.
func (s *shop) in(currency, account string) int64 {
	s.t.Helper()
	return s.count("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries WHERE account = $1 AND currency = $2", account, currency)
}

func TestACartInTwoCurrenciesIsPaidOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, euros, dollars := s.account(), s.pack(1200), s.packIn("USD", 900)
	s.fill(buyer, packItem(dollars), packItem(euros))
	seen := api.CreateOrder{ExpectedTotals: []api.Money{{Amount: 900, Currency: "USD"}, {Amount: 1200, Currency: "EUR"}}}
	first, err := s.orders.Place(t.Context(), buyer, seen)
	if err != nil {
		t.Fatal(err)
	}
	if first.Currency != "EUR" || first.Total != 1200 || first.State != api.OrderAwaitingPayment || len(first.Parts) != 2 {
		t.Fatalf("the first order is %+v", first)
	}
	if states := s.parts(first); states["EUR"] != api.OrderAwaitingPayment || states["USD"] != api.OrderOpen || s.stripe.Sessions() != 1 {
		t.Fatalf("the payments are %v, %d pages are open", states, s.stripe.Sessions())
	}
	if again, err := s.orders.Place(t.Context(), buyer, seen); err != nil || again.ID != first.ID {
		t.Fatalf("the same cart gives order %+v (%v), was %s", again, err, first.ID)
	}
	s.pay(first)
	if states := s.parts(first); states["EUR"] != api.OrderPaid || states["USD"] != api.OrderOpen {
		t.Fatalf("after the first payment they are %v", states)
	}
	if n := s.count("SELECT count(*) FROM cart_lines"); n != 1 {
		t.Fatalf("%d lines are left in the cart, want what is not paid", n)
	}
	// Whoever comes back through the cart goes on with what is left.
	second := s.place(buyer)
	if second.ID != first.Parts[1].ID || second.Currency != "USD" || second.State != api.OrderAwaitingPayment || len(second.Parts) != 2 {
		t.Fatalf("the second order is %+v, of %+v", second, first.Parts)
	}
	s.pay(second)
	if states := s.parts(second); states["EUR"] != api.OrderPaid || states["USD"] != api.OrderPaid {
		t.Errorf("in the end they are %v", states)
	}
	if s.in("EUR", "stripe_clearing") != 1200 || s.in("USD", "stripe_clearing") != 900 || s.in("USD", "producer:"+dollars.ProducerID) != -765 {
		t.Errorf("clearing holds %d and %d", s.in("EUR", "stripe_clearing"), s.in("USD", "stripe_clearing"))
	}
	if n := s.count("SELECT count(*) FROM payments"); n != 2 || s.stripe.Sessions() != 2 {
		t.Errorf("%d payments on %d pages, want one per currency", n, s.stripe.Sessions())
	}
	if n := s.count("SELECT count(*) FROM cart_lines"); n != 0 {
		t.Errorf("%d lines are left in the cart", n)
	}
	s.balance("stripe_clearing")
}

func TestEachCurrencyIsPaidOnItsOwn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, euros, dollars := s.account(), s.pack(1200), s.packIn("USD", 900)
	s.fill(buyer, packItem(euros), packItem(dollars))
	first := s.place(buyer)
	second, err := s.orders.OpenCheckout(t.Context(), buyer, first.Parts[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	s.pay(second)
	if states := s.parts(first); states["EUR"] != api.OrderAwaitingPayment || states["USD"] != api.OrderPaid {
		t.Fatalf("the payments are %v", states)
	}
	if _, err := s.orders.Cancel(t.Context(), buyer, first.ID); err != nil {
		t.Fatal(err)
	}
	if n := s.count("SELECT count(*) FROM cart_lines WHERE pack_id = $1", euros.PackID); n != 1 {
		t.Error("what was given up is not in the cart any more")
	}
	if parts := s.order(second.ID).Parts; len(parts) != 1 {
		t.Errorf("what was given up still stands beside what is paid: %+v", parts)
	}
	last := s.place(buyer)
	if last.ID == first.ID || last.Currency != "EUR" || len(last.Parts) != 0 {
		t.Fatalf("the new order is %+v", last)
	}
	if s.pay(last); s.count("SELECT count(*) FROM entitlements WHERE account_id = $1", buyer) != 2 {
		t.Error("not everything that is paid was delivered")
	}
}

func TestAChangedCartKeepsTheOtherPayment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)), packItem(s.packIn("USD", 900)))
	first := s.place(buyer)
	s.fill(buyer, packItem(s.pack(300)))
	second := s.place(buyer)
	if second.ID == first.ID || second.Total != 1500 || second.CheckoutID != first.CheckoutID {
		t.Fatalf("the order is %+v, was %+v", second, first)
	}
	if got := s.order(first.ID).State; got != api.OrderCancelled {
		t.Errorf("the order of the earlier cart is %s", got)
	}
	if len(second.Parts) != 2 || second.Parts[1].ID != first.Parts[1].ID {
		t.Errorf("the payments are %+v, were %+v", second.Parts, first.Parts)
	}
}

func TestWhatIsFreeInOneCurrencyIsThereAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(0)), packItem(s.packIn("USD", 900)))
	o := s.place(buyer)
	if states := s.parts(o); o.Currency != "USD" || o.State != api.OrderAwaitingPayment || states["EUR"] != api.OrderPaid {
		t.Fatalf("the order is %s in %s, beside %v", o.State, o.Currency, states)
	}
	if n := s.count("SELECT count(*) FROM entitlements WHERE account_id = $1", buyer); n != 1 {
		t.Errorf("%d things are delivered, want the free one", n)
	}
}

// A code counts once per payment: one that may be used once takes off in the first currency alone, and the other order stays
// as it is when the first is paid.
func TestACodeInTwoCurrencies(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		made  api.NewCoupon
		taken [2]int64
	}{
		"as often as one likes": {api.NewCoupon{Percent: 10}, [2]int64{120, 90}},
		"once per person":       {api.NewCoupon{Percent: 10, PerPerson: number(1)}, [2]int64{120, 0}},
		"once":                  {api.NewCoupon{Percent: 10, MaxUses: number(1)}, [2]int64{120, 0}},
		"twice":                 {api.NewCoupon{Percent: 10, MaxUses: number(2)}, [2]int64{120, 90}},
		"an amount":             {api.NewCoupon{Amount: &api.Money{Amount: 100, Currency: "USD"}, PerPerson: number(1)}, [2]int64{0, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			buyer := s.account()
			row.made.Code = "TWO-TIMES"
			s.coupon("", row.made)
			s.fill(buyer, packItem(s.pack(1200)), packItem(s.packIn("USD", 900)))
			c := s.redeem(buyer, "TWO-TIMES")
			if c.Totals[0].Discount != row.taken[0] || c.Totals[1].Discount != row.taken[1] {
				t.Fatalf("it takes %d and %d off, want %v", c.Totals[0].Discount, c.Totals[1].Discount, row.taken)
			}
			first := s.place(buyer)
			s.pay(first)
			second := s.place(buyer)
			if second.ID != first.Parts[1].ID || second.Discount != row.taken[1] {
				t.Fatalf("after the first payment the order is %+v, was %+v", second, first.Parts[1])
			}
			if paid := s.pay(second); paid.State != api.OrderPaid {
				t.Errorf("the second order is %s", paid.State)
			}
		})
	}
}

func TestTwoCheckoutsOfOneCartInTwoCurrencies(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)), packItem(s.packIn("USD", 900)))
	const n = 6
	ids, problems := make([]string, n), make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			o, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{})
			if problems[i] = err; err == nil {
				ids[i] = o.ID
			}
		})
	}
	close(start)
	wg.Wait()
	if err := errors.Join(problems...); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("orders are %v, want one", ids)
		}
	}
	if orders, checkouts := s.count("SELECT count(*) FROM orders"), s.count("SELECT count(*) FROM checkouts"); orders != 2 || checkouts != 1 {
		t.Errorf("%d orders in %d checkouts, want 2 in 1", orders, checkouts)
	}
	if s.stripe.Sessions() != 1 {
		t.Errorf("%d payment pages, want 1", s.stripe.Sessions())
	}
}
