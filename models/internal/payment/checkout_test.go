package payment_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func TestBuyPackAndSound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack, other := s.pack(1200, 80, 90), s.pack(900, 100)
	cart := s.fill(buyer, packItem(pack), soundItem(other, 0))
	if len(cart.Totals) != 1 || cart.Totals[0].Total != 1300 {
		t.Fatalf("totals are %+v, want 1300", cart.Totals)
	}
	o := s.place(buyer)
	if o.State != api.OrderAwaitingPayment || o.Attempts[0].URL == "" || o.Attempts[0].Key != order.AttemptKey(o.ID, 1) {
		t.Fatalf("order is %s with attempt %+v", o.State, o.Attempts)
	}
	if n := s.count("SELECT count(*) FROM entitlements"); n != 0 {
		t.Fatalf("%d entitlements before the payment", n)
	}
	s.stripe.Pay(session(o), false)
	result := s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	if result.Outcome != order.OutcomeApplied || result.Order.State != api.OrderPaid {
		t.Fatalf("event did %s, order is %+v", result.Outcome, result.Order)
	}
	if n := s.count("SELECT count(*) FROM entitlements WHERE account_id = $1", buyer); n != 2 {
		t.Errorf("%d entitlements, want 2", n)
	}
	if got := s.balance("stripe_clearing"); got != 1300 {
		t.Errorf("clearing holds %d, want 1300", got)
	}
	if got := s.balance("platform_revenue"); got != -(180 + 15) {
		t.Errorf("commission is %d, want -195", got)
	}
	if got := s.balance("producer:" + pack.ProducerID); got != -1020 {
		t.Errorf("producer is owed %d, want -1020", got)
	}
	if n := s.count("SELECT count(*) FROM cart_lines"); n != 0 {
		t.Errorf("%d lines are left in the cart", n)
	}
	if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'key' = $1", "receipt:"+o.ID); n != 1 {
		t.Errorf("%d receipts are queued, want 1", n)
	}
	if n := s.count("SELECT count(*) FROM outbox WHERE topic = 'interactions' AND convert_from(message, 'UTF8')::jsonb->'data'->>'kind' = 'purchase'"); n != 2 {
		t.Errorf("%d purchases are recorded, want 2", n)
	}
}

func TestFreeGoesWithoutStripe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(0, 0)))
	if len(o.Attempts) != 0 || s.stripe.Count("POST /v1/checkout/sessions") != 0 {
		t.Errorf("Stripe was asked about a free order: %+v", o.Attempts)
	}
	if n := s.count("SELECT count(*) FROM ledger_transactions"); n != 0 {
		t.Errorf("%d ledger transactions for nothing", n)
	}
	if n := s.count("SELECT count(*) FROM entitlements"); n != 1 {
		t.Errorf("%d entitlements, want 1", n)
	}
}

func TestTwoCheckoutsOfOneCartGiveOneOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
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
	if n := s.count("SELECT count(*) FROM orders"); n != 1 {
		t.Errorf("%d orders, want 1", n)
	}
	if n := s.stripe.Sessions(); n != 1 {
		t.Errorf("%d payment pages, want 1", n)
	}
}

func TestLostAnswerReusesTheSession(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	s.stripe.Drop(3) // the call and its retries: Stripe has accepted, we never learn it
	_, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{})
	if errs.CodeOf(err) != errs.CodeUnavailable {
		t.Fatalf("error is %v, want unavailable", err)
	}
	if n := s.count("SELECT count(*) FROM payment_attempts WHERE state = 'prepared' AND session_id IS NULL"); n != 1 {
		t.Fatalf("%d prepared attempts, want 1: the key is stored before the call", n)
	}
	o := s.place(buyer)
	if n := s.stripe.Sessions(); n != 1 {
		t.Errorf("%d payment pages, want 1", n)
	}
	if o.State != api.OrderAwaitingPayment || len(o.Attempts) != 1 {
		t.Errorf("order is %s with %d attempts", o.State, len(o.Attempts))
	}
}

func TestAttemptLeftOverFromACrashIsTooOldToOpen(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	s.stripe.Down(true)
	if _, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{}); errs.CodeOf(err) != errs.CodeUnavailable {
		t.Fatalf("error is %v, want unavailable", err)
	}
	s.stripe.Down(false)
	postgrestest.Exec(t, s.db, "UPDATE payment_attempts SET expires_at = now() + interval '10 minutes', created_at = now() - interval '21 minutes'")
	o := s.place(buyer)
	if o.State != api.OrderAwaitingPayment || len(o.Attempts) != 2 || o.Attempts[0].State != order.AttemptAbandoned {
		t.Errorf("order is %s with attempts %+v", o.State, o.Attempts)
	}
}

func TestChangedCartReplacesTheOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	first := s.place(buyer)
	s.fill(buyer, packItem(s.pack(700)))
	second := s.place(buyer)
	if second.ID == first.ID || second.Total != 1900 {
		t.Fatalf("second order %s has total %d", second.ID, second.Total)
	}
	if got := s.order(first.ID).State; got != api.OrderCancelled {
		t.Fatalf("first order is %s, want cancelled", got)
	}
	if err := s.orders.Expire(t.Context(), order.ExpireJob{OrderID: first.ID, Attempt: 1}); err != nil {
		t.Fatal(err)
	}
	if got := s.stripe.Status(session(first)); got != "expired" {
		t.Errorf("first payment page is %v, want expired", got)
	}
}

func TestBuyerPaidBothTabs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200)
	s.fill(buyer, packItem(pack))
	first := s.place(buyer)
	s.stripe.Pay(session(first), false)
	s.fill(buyer, packItem(s.pack(700)))
	second := s.place(buyer)
	s.stripe.Pay(session(second), false)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(second)))
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(first)))
	if got := s.order(second.ID).State; got != api.OrderPaid {
		t.Errorf("second order is %s", got)
	}
	o := s.order(first.ID)
	if o.State != api.OrderRefunding || o.Lines[0].Reason != api.ReasonAlreadyOwned || len(o.Refunds) != 1 {
		t.Fatalf("first order is %s: %+v", o.State, o)
	}
	refund(t, s, o)
	if got := s.balance("stripe_clearing"); got != 1900 {
		t.Errorf("clearing holds %d, want 1900", got)
	}
}

func refund(t *testing.T, s *shop, o *order.Order) {
	t.Helper()
	job := order.RefundJob{OrderID: o.ID, RefundID: o.Refunds[0].ID}
	for range 2 { // a job can run twice
		if err := s.orders.Refund(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.stripe.Refunds(); n != 1 {
		t.Errorf("Stripe refunded %d times, want once", n)
	}
	if got := s.order(o.ID).State; got != api.OrderRefundedOffSale {
		t.Errorf("order is %s, want refunded", got)
	}
	if got := s.balance("buyer_refunds"); got != 0 {
		t.Errorf("%d is owed to buyers after the refund", got)
	}
}

func TestTakenOffSaleMeanwhile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200)
	s.fill(buyer, packItem(pack))
	o := s.place(buyer)
	s.stripe.Pay(session(o), false)
	postgrestest.Withdraw(t, s.db, pack.PackID)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	o = s.order(o.ID)
	if o.State != api.OrderRefunding || o.Lines[0].Reason != api.ReasonTakenOffSale || o.Refunded != 1200 {
		t.Fatalf("order is %s, line %+v, refunded %d", o.State, o.Lines[0], o.Refunded)
	}
	if n := s.count("SELECT count(*) FROM entitlements"); n != 0 {
		t.Errorf("%d entitlements, want none", n)
	}
	if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'order_refund'"); n != 1 {
		t.Errorf("%d refund jobs, want 1", n)
	}
	refund(t, s, o)
	if got := s.balance("producer:" + pack.ProducerID); got != 0 {
		t.Errorf("producer is owed %d for nothing", got)
	}
}

func TestPartTakenOffSaleMeanwhile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	gone, kept := s.pack(1200), s.pack(500)
	s.fill(buyer, packItem(gone), packItem(kept))
	o := s.place(buyer)
	s.stripe.Pay(session(o), false)
	postgrestest.Withdraw(t, s.db, gone.PackID)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	o = s.order(o.ID)
	if o.State != api.OrderPaid || o.Refunded != 1200 || s.balance("buyer_refunds") != -1200 || s.balance("producer:"+kept.ProducerID) != -425 {
		t.Fatalf("order is %s, refunded %d", o.State, o.Refunded)
	}
	if err := s.orders.Refund(t.Context(), order.RefundJob{OrderID: o.ID, RefundID: o.Refunds[0].ID}); err != nil {
		t.Fatal(err)
	}
	if got := s.order(o.ID).State; got != api.OrderPaid {
		t.Errorf("order is %s after its part was refunded, want paid", got)
	}
	if got := s.balance("stripe_clearing"); got != 500 {
		t.Errorf("clearing holds %d, want 500", got)
	}
}

func TestPlaceRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	seen := int64(999)
	for _, row := range []struct {
		name   string
		fill   func(buyer string)
		in     api.CreateOrder
		reason string
	}{
		{"an empty cart", func(string) {}, api.CreateOrder{}, "cart_empty"},
		{"another total than was seen", func(b string) { s.fill(b, packItem(s.pack(1200))) }, api.CreateOrder{ExpectedTotal: &seen}, "price_changed"},
		{"a currency that is not in the cart", func(b string) { s.fill(b, packItem(s.pack(1200))) }, api.CreateOrder{Currency: "USD"}, "cart_empty"},
		{"less than the smallest card payment", func(b string) {
			pack := s.pack(60, 50)
			s.buy(b, soundItem(pack, 0))
			s.fill(b, packItem(pack))
		}, api.CreateOrder{}, "below_minimum_charge"},
		{"less than the smallest card payment in one of two currencies", func(b string) { s.fill(b, packItem(s.pack(1200)), packItem(s.packIn("SEK", 250))) }, api.CreateOrder{}, "below_minimum_charge"},
		{"one total for two currencies", func(b string) { s.fill(b, packItem(s.pack(999)), packItem(s.packIn("USD", 900))) }, api.CreateOrder{ExpectedTotal: &seen}, "price_changed"},
		{
			"a currency that was not seen",
			func(b string) { s.fill(b, packItem(s.pack(999)), packItem(s.packIn("USD", 900))) },
			api.CreateOrder{ExpectedTotals: []api.Money{{Amount: 999, Currency: "EUR"}}},
			"price_changed",
		},
		{
			"a currency that went away",
			func(b string) { s.fill(b, packItem(s.pack(999))) },
			api.CreateOrder{ExpectedTotals: []api.Money{{Amount: 999, Currency: "EUR"}, {Amount: 900, Currency: "USD"}}},
			"price_changed",
		},
		{
			"another total than was seen in one of two currencies",
			func(b string) { s.fill(b, packItem(s.pack(999)), packItem(s.packIn("USD", 900))) },
			api.CreateOrder{ExpectedTotals: []api.Money{{Amount: 999, Currency: "EUR"}, {Amount: 800, Currency: "USD"}}},
			"price_changed",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.t = t
			buyer := s.account()
			row.fill(buyer)
			before := s.count("SELECT count(*) FROM orders")
			_, err := s.orders.Place(t.Context(), buyer, row.in)
			if e, ok := errs.As(err); !ok || e.Reason != row.reason {
				t.Fatalf("error is %v, want %s", err, row.reason)
			}
			if after := s.count("SELECT count(*) FROM orders"); after != before {
				t.Errorf("%d orders were stored", after-before)
			}
		})
	}
}

func TestSomebodyElsesOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, stranger := s.account(), s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	o := s.place(buyer)
	for name, call := range map[string]func() (*order.Order, error){
		"get":      func() (*order.Order, error) { return s.orders.Get(t.Context(), stranger, o.ID) },
		"refresh":  func() (*order.Order, error) { return s.orders.Refresh(t.Context(), stranger, o.ID) },
		"checkout": func() (*order.Order, error) { return s.orders.OpenCheckout(t.Context(), stranger, o.ID) },
		"cancel":   func() (*order.Order, error) { return s.orders.Cancel(t.Context(), stranger, o.ID) },
	} {
		if _, err := call(); errs.CodeOf(err) != errs.CodeNotFound {
			t.Errorf("%s answers %v, want not found", name, err)
		}
	}
}

func TestTryAgainAfterFailure(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	o := s.place(buyer)
	first := session(o)
	s.stripe.Pay(first, true)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, first))
	if got := s.order(o.ID).State; got != api.OrderWaitingForBank {
		t.Fatalf("order is %s, want waiting for the bank", got)
	}
	if again := s.place(buyer); again.ID != o.ID || again.State != api.OrderWaitingForBank {
		t.Fatalf("pressing again gave order %s in %s", again.ID, again.State)
	}
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionAsyncPaymentFailed, first))
	if got := s.order(o.ID).State; got != api.OrderFailed {
		t.Fatalf("order is %s, want failed", got)
	}
	again, err := s.orders.OpenCheckout(t.Context(), buyer, o.ID)
	if err != nil || again.State != api.OrderAwaitingPayment || len(again.Attempts) != 2 {
		t.Fatalf("second attempt: %v %+v", err, again)
	}
	s.stripe.Pay(session(again), false)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(again)))
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionAsyncPaymentFailed, first)) // late and for the old attempt
	if got := s.order(o.ID).State; got != api.OrderPaid {
		t.Errorf("order is %s, want paid", got)
	}
}

func TestExpiredByTheClock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	o := s.place(buyer)
	postgrestest.Exec(t, s.db, "UPDATE payment_attempts SET expires_at = now() - interval '1 minute'")
	s.stripe.Set(session(o), "status", "expired")
	again, err := s.orders.OpenCheckout(t.Context(), buyer, o.ID)
	if err != nil || len(again.Attempts) != 2 || again.Attempts[0].State != order.AttemptExpired || again.State != api.OrderAwaitingPayment {
		t.Fatalf("%v %+v", err, again)
	}
}

func TestConfigRefuses(t *testing.T) {
	good := payment.Config{SecretKey: "sk_test_1", WebhookSecret: "whsec_1", PublicURL: "https://crateful.test", Production: true}
	live := good
	live.SecretKey = "sk_live_1"
	for _, c := range []payment.Config{good, live} {
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(*payment.Config){
		"live key elsewhere":    func(c *payment.Config) { c.SecretKey, c.Production = "sk_live_1", false },
		"live key in a sandbox": func(c *payment.Config) { c.SecretKey, c.APIURL = "rk_live_1", "http://127.0.0.1:1" },
		"another key":           func(c *payment.Config) { c.SecretKey = "pk_live_1" },
		"no key":                func(c *payment.Config) { c.SecretKey = "" },
		"no webhook secret":     func(c *payment.Config) { c.WebhookSecret = "" },
		"sandbox in production": func(c *payment.Config) { c.APIURL = "http://127.0.0.1:1" },
		"no public address":     func(c *payment.Config) { c.PublicURL = "crateful.test" },
	} {
		c := good
		change(&c)
		if _, err := payment.New(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Whoever comes back from the payment page while the webhook is being booked sees the order before it or after it, not
// half of each: an open order whose payment page is over would be shown as not paid and never asked about again.
func TestOrderIsReadAtOneMoment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.unbooked(buyer)
	payload, signature := stripetest.Sign(t, s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)), stripetest.Secret, time.Now())

	read := make(chan *order.Order, 1)
	bounded, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := s.db.WithinTx(bounded, func(ctx context.Context) error {
		tx, _ := s.db.Tx(ctx)
		if _, err := tx.Exec(ctx, "LOCK TABLE payment_attempts IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		go func() {
			got, err := s.orders.Get(t.Context(), buyer, o.ID)
			if err != nil {
				t.Error(err)
			}
			read <- got
		}()
		for waits := 0; waits == 0; {
			if err := tx.QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'payment_attempts'::regclass").Scan(&waits); err != nil {
				return err
			}
		}
		_, err := s.orders.Webhook(ctx, payload, signature)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-read; got == nil || got.State != api.OrderAwaitingPayment || got.Attempts[0].State != order.AttemptOpen {
		t.Errorf("read while it was being paid: %+v", got)
	}
	if got := s.order(o.ID); got.State != api.OrderPaid || got.Attempts[0].State != order.AttemptPaid {
		t.Errorf("read afterwards: %+v", got)
	}
}
