package payment_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// owed is a paid order of two packs, one of which was taken off sale, so that 1200 have to go back.
func owed(s *shop) *order.Order {
	s.t.Helper()
	buyer := s.account()
	gone := s.pack(1200)
	s.fill(buyer, packItem(gone), packItem(s.pack(500)))
	o := s.place(buyer)
	s.stripe.Pay(session(o), false)
	postgrestest.Withdraw(s.t, s.db, gone.PackID)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	if o = s.order(o.ID); len(o.Refunds) != 1 || o.Refunds[0].Amount != 1200 {
		s.t.Fatalf("refunds are %+v", o.Refunds)
	}
	return o
}

// What the provider refuses is not asked for again and again, does not hold up other refunds, and a person is told.
func TestRefusedRefundIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	o := owed(s)
	s.stripe.RefuseRefunds()
	postgrestest.Exec(t, s.db, "UPDATE refunds SET created_at = now() - interval '1 hour'")
	for range 3 {
		if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.stripe.Count("POST /v1/refunds"); n != 1 {
		t.Errorf("Stripe was asked %d times, want once", n)
	}
	if err := s.orders.Refund(t.Context(), order.RefundJob{OrderID: o.ID, RefundID: o.Refunds[0].ID}); err != nil {
		t.Errorf("the job would be tried again: %v", err)
	}
	o = s.order(o.ID)
	if o.Attention == "" || o.Refunds[0].Problem == "" || o.Refunds[0].State != api.RefundRefused || o.State != api.OrderPaid {
		t.Errorf("order is %s, attention %q, refund %+v", o.State, o.Attention, o.Refunds[0])
	}
	if got := s.balance("buyer_refunds"); got != -1200 {
		t.Errorf("%d is owed to buyers, want -1200", got)
	}
}

// The answer to a refund was lost, and Stripe has forgotten the key by the time it is asked again.
func TestLostRefundIsFoundAndNotSentTwice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	o := owed(s)
	job := order.RefundJob{OrderID: o.ID, RefundID: o.Refunds[0].ID}
	s.stripe.Drop(1000) // connection and client try again by themselves
	if err := s.orders.Refund(t.Context(), job); err == nil {
		t.Fatal("the answer was not lost")
	}
	s.stripe.Drop(0)
	s.stripe.ForgetKeys()
	s.wait(25 * time.Hour)
	if err := s.orders.Refund(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if n := s.stripe.Refunds(); n != 1 {
		t.Errorf("money went back %d times, want once", n)
	}
	if o = s.order(o.ID); o.Refunds[0].State != api.RefundArrived || o.Refunds[0].ProviderID == "" || s.balance("buyer_refunds") != 0 {
		t.Errorf("refund is %+v", o.Refunds[0])
	}
}

// A payment that does not match its order is marked for a person and stands in the way of nothing else.
func TestNeedsAttentionBlocksNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	wrong := s.place(buyer)
	s.stripe.Pay(session(wrong), false)
	s.stripe.Set(session(wrong), "amount_total", 1)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(wrong)))
	if wrong = s.order(wrong.ID); wrong.State != api.OrderNeedsAttention || wrong.Attention == "" {
		t.Fatalf("order is %s, attention %q", wrong.State, wrong.Attention)
	}
	again := s.place(buyer)
	if again.ID == wrong.ID || again.State != api.OrderAwaitingPayment {
		t.Fatalf("placing again gave order %s in %s", again.ID, again.State)
	}
	s.stripe.Pay(session(again), false)
	if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(again)))
	if got := s.order(again.ID).State; got != api.OrderPaid {
		t.Errorf("the second order is %s, want paid", got)
	}
	if got := s.order(wrong.ID).State; got != api.OrderNeedsAttention {
		t.Errorf("the first order is %s, want needs_attention", got)
	}
}

func TestCheckoutIsLimited(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	var err error
	tries := 0
	for ; err == nil && tries < 100; tries++ {
		_, err = s.orders.Place(t.Context(), buyer, api.CreateOrder{})
	}
	if errs.CodeOf(err) != errs.CodeRateLimited {
		t.Fatalf("after %d tries: %v", tries, err)
	}
	if _, err = s.orders.OpenCheckout(t.Context(), buyer, s.orderOf(buyer).ID); errs.CodeOf(err) != errs.CodeRateLimited {
		t.Errorf("opening the page again: %v", err)
	}
	other := s.account()
	s.fill(other, packItem(s.pack(1200)))
	s.place(other)
}

// Looking at an order again and again does not ask the provider each time, and still answers.
func TestRefreshAsksTheProviderSparingly(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	o := s.place(buyer)
	before := s.stripe.Count("GET /v1/checkout/sessions/{id}")
	for range 40 {
		if got, err := s.orders.Refresh(t.Context(), buyer, o.ID); err != nil || got.State != api.OrderAwaitingPayment {
			t.Fatalf("%v %+v", err, got)
		}
	}
	if n := s.stripe.Count("GET /v1/checkout/sessions/{id}") - before; n == 0 || n > 30 {
		t.Errorf("Stripe was asked %d times", n)
	}
}

func (s *shop) orderOf(buyer string) *order.Order {
	s.t.Helper()
	orders, _, err := s.orders.List(s.t.Context(), buyer, "", 1)
	if err != nil || len(orders) != 1 {
		s.t.Fatalf("orders: %v, %v", orders, err)
	}
	return orders[0]
}

func TestPriceChangedBetweenCartAndOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200)
	seen := s.fill(buyer, packItem(pack)).Totals[0].Total
	postgrestest.Exec(t, s.db, "UPDATE listings SET price = 1300 WHERE pack_id = $1", pack.PackID)
	_, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{ExpectedTotal: &seen})
	if e, ok := errs.As(err); !ok || e.Reason != "price_changed" {
		t.Fatalf("ordered at a price nobody saw: %v", err)
	}
	if n := s.count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("%d orders were stored", n)
	}
	now := int64(1300)
	o, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{ExpectedTotal: &now})
	if err != nil || o.Total != 1300 {
		t.Fatalf("order at the price of now: %v, %+v", err, o)
	}
	// What was ordered keeps its price while it is being paid.
	postgrestest.Exec(t, s.db, "UPDATE listings SET price = 5000 WHERE pack_id = $1", pack.PackID)
	s.stripe.Pay(session(o), false)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	if o = s.order(o.ID); o.State != api.OrderPaid || o.Payments[0].Amount != 1300 {
		t.Errorf("order is %s, payments %+v", o.State, o.Payments)
	}
}
