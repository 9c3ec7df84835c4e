package payment_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stripe/stripe-go/v76"
	"pgregory.net/rapid"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

func TestWebhooksAndReturnRace(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200)
	s.fill(buyer, packItem(pack))
	o := s.place(buyer)
	s.stripe.Pay(session(o), false)
	completed := s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o))
	second := s.stripe.Event(stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded, session(o))
	start := make(chan struct{})
	var wg sync.WaitGroup
	problems := make([]error, 9)
	for i := range problems {
		wg.Go(func() {
			<-start
			if i%3 == 2 {
				_, problems[i] = s.orders.Refresh(t.Context(), buyer, o.ID)
				return
			}
			event := completed
			if i%3 == 1 {
				event = second
			}
			payload, signature := stripetest.Sign(t, event, stripetest.Secret, time.Now())
			_, problems[i] = s.orders.Webhook(t.Context(), payload, signature)
		})
	}
	close(start)
	wg.Wait()
	if err := errors.Join(problems...); err != nil {
		t.Fatal(err)
	}
	for what, sql := range map[string]string{
		"paid orders":         "SELECT count(*) FROM orders WHERE state = 'paid'",
		"payments":            "SELECT count(*) FROM payments",
		"ledger transactions": "SELECT count(*) FROM ledger_transactions",
		"entitlements":        "SELECT count(*) FROM entitlements",
		"receipts":            "SELECT count(*) FROM river_job WHERE kind = 'mail'",
	} {
		if n := s.count(sql); n != 1 {
			t.Errorf("%d %s, want 1", n, what)
		}
	}
	if n := s.count("SELECT count(*) FROM payment_events"); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
	if got := s.balance("stripe_clearing"); got != 1200 {
		t.Errorf("clearing holds %d, want 1200", got)
	}
}

func TestEventAndEffectAreOneTransaction(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.unbooked(buyer)
	event := s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o))
	broken := errors.New("broken on purpose")
	s.records.fail.Store(&broken)
	payload, signature := stripetest.Sign(t, event, stripetest.Secret, time.Now())
	if _, err := s.orders.Webhook(t.Context(), payload, signature); !errors.Is(err, broken) {
		t.Fatalf("error is %v", err)
	}
	for _, table := range []string{"payment_events", "payments", "entitlements", "ledger_transactions", "ledger_entries"} {
		if n := s.count("SELECT count(*) FROM " + table); n != 0 {
			t.Errorf("%d rows in %s after a rollback", n, table)
		}
	}
	s.records.fail.Store(nil)
	if got := s.deliver(event); got.Outcome != order.OutcomeApplied || got.Order.State != api.OrderPaid {
		t.Fatalf("the event delivered again did %s", got.Outcome)
	}
	if got := s.deliver(event); got.Outcome != order.OutcomeDuplicate {
		t.Errorf("a third delivery did %s, want duplicate", got.Outcome)
	}
	// the database itself refuses a second row of either
	for constraint, sql := range map[string]string{
		"payment_events_pkey":   "INSERT INTO payment_events (id, type, created_at) SELECT id, type, created_at FROM payment_events",
		"payments_provider_key": "INSERT INTO payments (id, order_id, attempt, provider_id, amount, duplicate, received_at) SELECT gen_random_uuid(), order_id, attempt, provider_id, amount, true, now() FROM payments",
	} {
		var refused *pgconn.PgError
		if _, err := s.db.Pool().Exec(t.Context(), sql); !errors.As(err, &refused) || refused.ConstraintName != constraint {
			t.Errorf("a second row is not what %s stops: %v", constraint, err)
		}
	}
}

func TestWebhookRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.unbooked(buyer)
	event := s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o))
	changed := func(change func(map[string]any)) map[string]any {
		e := map[string]any{}
		for k, v := range event {
			e[k] = v
		}
		change(e)
		return e
	}
	now := time.Now()
	for _, row := range []struct {
		name    string
		request func() (payload []byte, signature string)
	}{
		{"an altered body", func() ([]byte, string) {
			payload, signature := stripetest.Sign(t, event, stripetest.Secret, now)
			return bytes.Replace(payload, []byte("1200"), []byte("1201"), 1), signature
		}},
		{"a wrong secret", func() ([]byte, string) { return stripetest.Sign(t, event, "whsec_other", now) }},
		{"an old signature", func() ([]byte, string) {
			return stripetest.Sign(t, event, stripetest.Secret, now.Add(-301*time.Second))
		}},
		{"no signature", func() ([]byte, string) { p, _ := stripetest.Sign(t, event, stripetest.Secret, now); return p, "" }},
		{"a malformed signature", func() ([]byte, string) {
			p, _ := stripetest.Sign(t, event, stripetest.Secret, now)
			return p, "t=1,v1=zz,="
		}},
		{"another API version", func() ([]byte, string) {
			return stripetest.Sign(t, changed(func(e map[string]any) { e["api_version"] = "2020-08-27" }), stripetest.Secret, now)
		}},
		{"real money", func() ([]byte, string) {
			return stripetest.Sign(t, changed(func(e map[string]any) { e["livemode"] = true }), stripetest.Secret, now)
		}},
		{"no object", func() ([]byte, string) {
			return stripetest.Sign(t, changed(func(e map[string]any) { delete(e, "data") }), stripetest.Secret, now)
		}},
		{"an object of another shape", func() ([]byte, string) {
			return stripetest.Sign(t, changed(func(e map[string]any) { e["data"] = map[string]any{"object": []string{"x"}} }), stripetest.Secret, now)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			payload, signature := row.request()
			if _, err := s.orders.Webhook(t.Context(), payload, signature); errs.CodeOf(err) != errs.CodeInvalid {
				t.Errorf("answer is %v, want invalid", err)
			}
			if n := s.count("SELECT count(*) FROM payment_events"); n != 0 {
				t.Errorf("%d events were stored", n)
			}
			if got := s.order(o.ID).State; got != api.OrderAwaitingPayment {
				t.Errorf("order is %s", got)
			}
		})
	}
}

func TestPaymentThatDoesNotMatch(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, row := range []struct {
		name  string
		field string
		value any
	}{
		{"too little", "amount_total", 1},
		{"negative", "amount_total", -1200},
		{"too much", "amount_total", int64(1) << 62},
		{"another currency", "currency", "jpy"},
		{"no payment", "payment_intent", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.t = t
			buyer := s.account()
			o := s.unbooked(buyer)
			s.stripe.Set(session(o), row.field, row.value)
			s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
			o = s.order(o.ID)
			if o.State != api.OrderNeedsAttention || o.Attention == "" || len(o.Payments) != 0 {
				t.Errorf("order is %s (%q)", o.State, o.Attention)
			}
			if n := s.count("SELECT count(*) FROM entitlements"); n != 0 {
				t.Errorf("%d entitlements", n)
			}
		})
	}
	t.Run("a page of another order", func(t *testing.T) {
		s.t = t
		buyer := s.account()
		o := s.unbooked(buyer)
		event := s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o))
		event["data"].(map[string]any)["object"].(map[string]any)["metadata"] = map[string]any{"order_id": tx.NewID(), "attempt": "1"}
		if got := s.deliver(event); got.Outcome != order.OutcomeIgnored {
			t.Errorf("event did %s, want ignored", got.Outcome)
		}
		if got := s.order(o.ID).State; got != api.OrderAwaitingPayment {
			t.Errorf("order is %s", got)
		}
	})
}

func TestLostWebhookIsFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.unbooked(buyer)
	if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	if got := s.order(o.ID).State; got != api.OrderAwaitingPayment {
		t.Fatalf("order is %s: a young order is left to the webhook", got)
	}
	s.wait(3 * time.Minute)
	for range 2 {
		if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.order(o.ID).State; got != api.OrderPaid {
		t.Fatalf("order is %s, want paid", got)
	}
	if n := s.count("SELECT count(*) FROM payments"); n != 1 {
		t.Errorf("%d payments, want 1", n)
	}
}

func TestReturnPageAsksStripe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.unbooked(buyer)
	got, err := s.orders.Refresh(t.Context(), buyer, o.ID)
	if err != nil || got.State != api.OrderPaid {
		t.Fatalf("%v %+v", err, got)
	}
	asked := s.stripe.Count("GET /v1/checkout/sessions/{id}")
	if _, err := s.orders.Refresh(t.Context(), buyer, o.ID); err != nil {
		t.Fatal(err)
	}
	if again := s.stripe.Count("GET /v1/checkout/sessions/{id}"); again != asked || asked == 0 {
		t.Errorf("Stripe was asked %d times before and %d after the order was paid", asked, again)
	}
}

func TestReturnPageWhileStripeIsAway(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	o := s.place(buyer)
	s.stripe.Down(true)
	got, err := s.orders.Refresh(t.Context(), buyer, o.ID)
	if err != nil || got.State != api.OrderAwaitingPayment {
		t.Fatalf("%v %+v", err, got)
	}
}

func TestUndeliveredEventsAreFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.unbooked(buyer)
	event := s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o))
	s.stripe.NotDelivered(event)
	if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	if got := s.order(o.ID).State; got != api.OrderPaid {
		t.Fatalf("order is %s, want paid", got)
	}
	if got := s.deliver(event); got.Outcome != order.OutcomeDuplicate {
		t.Errorf("the webhook after it did %s, want duplicate", got.Outcome)
	}
}

func TestOrdersWithoutAPageAreGivenUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(1200)))
	s.stripe.Down(true)
	if _, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{}); err == nil {
		t.Fatal("an order was placed without Stripe")
	}
	s.stripe.Down(false)
	s.wait(order.RetryWindow + time.Hour)
	if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	if got := postgrestest.One[string](t, s.db, "SELECT state FROM orders"); got != string(api.OrderExpired) {
		t.Errorf("order is %s, want expired", got)
	}
}

// news is what may arrive about the attempts of one order, each with the facts that hold at Stripe when it is sent.
type news struct {
	attempt int
	state   order.AttemptState
}

// Histories of one payment page as Stripe tells them.
var histories = [][]order.AttemptState{
	{},
	{order.AttemptExpired},
	{order.AttemptPaid},
	{order.AttemptProcessing, order.AttemptPaid},
	{order.AttemptProcessing, order.AttemptFailed},
}

// Every order of the events, with repetitions, gives the same end state, the same books and the same library.
func TestOrderOfEventsDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	pack := s.pack(1200)
	rapid.Check(t, func(r *rapid.T) {
		first := rapid.SampledFrom([][]order.AttemptState{{order.AttemptExpired}, {order.AttemptProcessing, order.AttemptFailed}}).Draw(r, "first attempt")
		second := rapid.SampledFrom(histories).Draw(r, "second attempt")
		var all []news
		for _, state := range first {
			all = append(all, news{1, state})
		}
		for _, state := range second {
			all = append(all, news{2, state})
		}
		repeated := append(all, rapid.SliceOfN(rapid.SampledFrom(all), 0, 3).Draw(r, "repeated")...)
		shuffled := rapid.Permutation(repeated).Draw(r, "order")

		buyer := s.account()
		s.fill(buyer, packItem(pack))
		o := s.place(buyer)
		sessions := []string{session(o)}
		s.stripe.Set(sessions[0], "status", "expired")
		if _, err := s.orders.Refresh(t.Context(), buyer, o.ID); err != nil { // the first attempt is over before there is a second
			r.Fatal(err)
		}
		o, err := s.orders.OpenCheckout(t.Context(), buyer, o.ID)
		if err != nil {
			r.Fatal(err)
		}
		sessions = append(sessions, session(o))
		for i, n := range shuffled {
			id := sessions[n.attempt-1]
			event := order.Event{
				ID: fmt.Sprintf("evt_%s_%d_%s", o.ID, n.attempt, n.state), Type: "x", Created: time.Now(),
				Session: &order.Session{
					ID: id, OrderID: o.ID, Attempt: n.attempt, State: n.state, Amount: o.Total, Currency: o.Currency, PaymentID: "pi_" + id + buyer,
				},
			}
			if i%2 == 1 { // the same news in a message of its own
				event.ID += fmt.Sprint("_", i)
			}
			if _, err := s.orders.Event(t.Context(), event); err != nil {
				r.Fatal(err)
			}
		}
		want := api.OrderAwaitingPayment
		if len(second) > 0 {
			want = map[order.AttemptState]order.State{
				order.AttemptExpired: api.OrderExpired, order.AttemptPaid: api.OrderPaid, order.AttemptFailed: api.OrderFailed,
			}[second[len(second)-1]]
		}
		if got := s.order(o.ID).State; got != want {
			r.Fatalf("after %v the order is %s, want %s", shuffled, got, want)
		}
		var paid int64
		if want == api.OrderPaid {
			paid = 1
		}
		for what, sql := range map[string]string{
			"payments":     "SELECT count(*) FROM payments WHERE order_id = $1",
			"entitlements": "SELECT count(*) FROM entitlements WHERE order_id = $1",
			"sales":        "SELECT count(*) FROM ledger_transactions WHERE order_id = $1",
		} {
			if n := s.count(sql, o.ID); n != paid {
				r.Fatalf("%d %s after %v, want %d", n, what, shuffled, paid)
			}
		}
	})
	s.balance("stripe_clearing")
}

func FuzzVerify(f *testing.F) {
	stripeAPI, err := payment.New(payment.Config{SecretKey: "sk_test_x", WebhookSecret: stripetest.Secret, PublicURL: "http://shop.test"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"id":"evt_1","type":"checkout.session.completed","api_version":"2023-10-16","data":{"object":{"id":"cs_1"}}}`))
	f.Add([]byte(`{"id":"evt_1","type":"checkout.session.completed","api_version":"2023-10-16","data":{"object":{"id":"cs_1","payment_intent":{"id":7}}}}`))
	for _, about := range []string{
		`"checkout.session.async_payment_failed","api_version":"2023-10-16","data":{"object":{"id":"cs_1","status":"complete","payment_status":"unpaid","metadata":{"order_id":"o","attempt":"1"}}}`,
		`"refund.updated","api_version":"2023-10-16","data":{"object":{"id":"re_1","object":"refund","amount":900,"currency":"eur","payment_intent":"pi_1","status":"failed","failure_reason":"expired_or_canceled_card","metadata":{"refund_id":"r","try":"2"}}}`,
		`"refund.updated","api_version":"2023-10-16","data":{"object":{"id":"re_1","amount":-900,"currency":"","status":"canceled","metadata":{"refund_id":7,"try":"-1"}}}`,
		`"charge.refunded","api_version":"2023-10-16","data":{"object":{"id":"ch_1","object":"charge","amount_refunded":900,"payment_intent":"pi_1"}}`,
		`"charge.refunded","api_version":"2023-10-16","data":{"object":{"id":"ch_1","payment_intent":{"id":""}}}`,
		`"charge.dispute.created","api_version":"2023-10-16","data":{"object":{"id":"dp_1","object":"dispute","amount":900,"currency":"eur","charge":"ch_1","payment_intent":"pi_1","reason":"fraudulent","status":"needs_response","created":1700000000,"evidence_details":{"due_by":1700600000},"balance_transactions":[{"id":"txn_1","amount":-900,"fee":1500,"net":-2400}]}}`,
		`"charge.dispute.closed","api_version":"2023-10-16","data":{"object":{"id":"dp_1","amount":900,"currency":"eur","payment_intent":"pi_1","status":"lost","evidence_details":null,"balance_transactions":[]}}`,
		`"charge.dispute.closed","api_version":"2023-10-16","data":{"object":{"id":"dp_1","amount":9223372036854775807,"currency":"eur","status":"nobody_knows","balance_transactions":[{"amount":-9223372036854775808}]}}`,
	} {
		f.Add([]byte(`{"id":"evt_1","type":` + about + `}`))
	}
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		signed := stripetest.SignBytes(payload)
		event, err := stripeAPI.Verify(payload, signed)
		if err == nil && (event.ID == "" || event.Type == "" || event.Session != nil && event.Session.ID == "" || event.Refund != nil && event.Refund.ID == "" ||
			event.Dispute != nil && (event.Dispute.ID == "" || event.Dispute.Amount <= 0 || event.Dispute.Currency == "")) {
			t.Errorf("accepted %q as %+v", payload, event)
		}
	})
}
