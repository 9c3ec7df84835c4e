package stripesandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/local/internal/stripesandbox"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"
)

const (
	secretKey     = "sk_test_sandbox"
	webhookSecret = "whsec_sandbox"
)

// receiver is the shop's end of the webhooks. It checks each signature as the shop does.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	events []stripe.Event
	refuse int // how many deliveries to answer with 500
	bad    []error
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		e, err := webhook.ConstructEvent(body, req.Header.Get("Stripe-Signature"), webhookSecret)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil {
			r.bad = append(r.bad, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if r.refuse > 0 {
			r.refuse--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		r.events = append(r.events, e)
	}))
	t.Cleanup(func() {
		r.Close()
		for _, err := range r.bad {
			t.Errorf("a webhook was not acceptable: %v", err)
		}
	})
	return r
}

func (r *receiver) types() (types []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		types = append(types, string(e.Type))
	}
	return types
}

func (r *receiver) await(t *testing.T, what ...string) {
	t.Helper()
	wait(t, "webhooks "+strings.Join(what, ", "), func() bool {
		have := r.types()
		for _, w := range what {
			i := slices.Index(have, w)
			if i < 0 {
				return false
			}
			have = slices.Delete(have, i, i+1)
		}
		return true
	})
}

// session is the payment page in the last event of that type.
func (r *receiver) session(t *testing.T, kind stripe.EventType) (s stripe.CheckoutSession) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range slices.Backward(r.events) {
		if e.Type == kind {
			if err := json.Unmarshal(e.Data.Raw, &s); err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	t.Fatalf("no %s", kind)
	return s
}

func start(t *testing.T, change func(*stripesandbox.Options)) (*stripesandbox.Sandbox, *client.API) {
	t.Helper()
	o := stripesandbox.Options{
		Dir: t.TempDir(), Addr: "127.0.0.1:0", SecretKey: secretKey, WebhookSecret: webhookSecret,
		BankDelay: 50 * time.Millisecond, RetryBase: 10 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	s, err := stripesandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, shop(s, secretKey)
}

func shop(s *stripesandbox.Sandbox, key string) *client.API {
	config := &stripe.BackendConfig{URL: stripe.String(s.URL()), MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, config)
	return client.New(key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

func checkout(amount int64) *stripe.CheckoutSessionParams {
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SuccessURL: stripe.String("http://shop.test/return?s={CHECKOUT_SESSION_ID}"), CancelURL: stripe.String("http://shop.test/cart"),
		ClientReferenceID: stripe.String("order-1"), CustomerEmail: stripe.String("buyer@example.com"), ExpiresAt: stripe.Int64(time.Now().Add(time.Hour).Unix()),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("eur"), UnitAmount: stripe.Int64(amount),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Dusty Keys <b>vol. 1</b>")},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{"order_id": "1"}},
	}
	p.Metadata = map[string]string{"order_id": "1", "attempt": "2"}
	return p
}

func open(t *testing.T, api *client.API, amount int64) *stripe.CheckoutSession {
	t.Helper()
	s, err := api.CheckoutSessions.New(checkout(amount))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func pay(t *testing.T, address, card string) (status int, location, body string) {
	t.Helper()
	return submit(t, address, url.Values{"number": {card}, "expiry": {"12/40"}, "code": {"123"}, "name": {"Test Buyer"}})
}

func submit(t *testing.T, address string, form url.Values) (status int, location, body string) {
	t.Helper()
	res, err := browser.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

func read(t *testing.T, res *http.Response) (status int, location, body string) {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(b)
}

func look(t *testing.T, address string) (status int, body string) {
	t.Helper()
	res, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	status, _, body = read(t, res)
	return status, body
}

func refusal(t *testing.T, err error, want stripe.Error) {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Errorf("want a refusal with %v, have %v", want, err)
		return
	}
	if e.HTTPStatusCode != want.HTTPStatusCode || e.Type != want.Type || e.Code != want.Code || e.Param != want.Param {
		t.Errorf("want %d %s %s %q, have %d %s %s %q: %s", want.HTTPStatusCode, want.Type, want.Code, want.Param, e.HTTPStatusCode, e.Type, e.Code, e.Param, e.Msg)
	}
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

func TestAPurchase(t *testing.T) {
	hook := receive(t)
	_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = hook.URL })
	s := open(t, api, 1999)
	if s.Status != "open" || s.PaymentStatus != "unpaid" || s.AmountTotal != 1999 || s.Currency != "eur" || s.Metadata["attempt"] != "2" || s.PaymentIntent != nil || s.Livemode {
		t.Fatalf("unexpected session: %+v", s)
	}
	var names []string
	for it := api.CheckoutSessions.ListLineItems(&stripe.CheckoutSessionListLineItemsParams{Session: &s.ID}); it.Next(); {
		names = append(names, it.LineItem().Description)
	}
	if len(names) != 1 || names[0] != "Dusty Keys <b>vol. 1</b>" {
		t.Errorf("line items: %q", names)
	}

	status, location, _ := pay(t, s.URL, stripesandbox.CardSucceeds)
	if status != http.StatusSeeOther || location != "http://shop.test/return?s="+s.ID {
		t.Fatalf("%d to %q", status, location)
	}
	hook.await(t, "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed")
	told := hook.session(t, stripe.EventTypeCheckoutSessionCompleted)
	if told.PaymentStatus != "paid" || told.Status != "complete" || told.ClientReferenceID != "order-1" || told.CustomerDetails.Email != "buyer@example.com" {
		t.Errorf("the webhook says %+v", told)
	}

	params := &stripe.CheckoutSessionParams{}
	params.AddExpand("payment_intent.latest_charge.balance_transaction")
	s, err := api.CheckoutSessions.Get(s.ID, params)
	if err != nil {
		t.Fatal(err)
	}
	intent := s.PaymentIntent
	if intent.Status != "succeeded" || intent.AmountReceived != 1999 || intent.Metadata["order_id"] != "1" {
		t.Errorf("payment intent %+v", intent)
	}
	booked := intent.LatestCharge.BalanceTransaction
	// 1.5 % of 19.99 € is 29.985 cents, and 25 cents more.
	if booked.Amount != 1999 || booked.Fee != 55 || booked.Net != 1944 || booked.FeeDetails[0].Type != "stripe_fee" {
		t.Errorf("balance transaction %+v", booked)
	}
}

func TestPressedTwice(t *testing.T) {
	_, api := start(t, nil)
	s := open(t, api, 500)
	var pressed sync.WaitGroup
	for range 5 {
		pressed.Go(func() {
			if status, location, _ := pay(t, s.URL, stripesandbox.CardSucceeds); status != http.StatusSeeOther || !strings.Contains(location, s.ID) {
				t.Errorf("%d to %q", status, location)
			}
		})
	}
	pressed.Wait()
	n := 0
	for it := api.Charges.List(&stripe.ChargeListParams{}); it.Next(); n++ {
	}
	if n != 1 {
		t.Errorf("charged %d times", n)
	}
	if status, body := look(t, s.URL); status != http.StatusOK || !strings.Contains(body, "This is paid") {
		t.Errorf("the page afterwards: %d %s", status, body)
	}
}

func TestDeclined(t *testing.T) {
	hook := receive(t)
	_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = hook.URL })
	s := open(t, api, 500)
	for _, card := range []string{stripesandbox.CardDeclined, stripesandbox.CardNoFunds, "4111111111111111"} {
		status, _, body := pay(t, s.URL, card)
		if status != http.StatusPaymentRequired || !strings.Contains(body, "Your card") || !strings.Contains(body, `value="`+card) {
			t.Errorf("%s: %d %s", card, status, body)
		}
	}
	hook.await(t, "charge.failed", "charge.failed", "charge.failed", "payment_intent.payment_failed")
	s, err := api.CheckoutSessions.Get(s.ID, nil)
	if err != nil || s.Status != "open" || s.PaymentStatus != "unpaid" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, location, _ := pay(t, s.URL, stripesandbox.CardSucceeds); location == "" {
		t.Error("another card must do after a refusal")
	}
	hook.await(t, "checkout.session.completed")
}

func TestTheBankTakesItsTime(t *testing.T) {
	for _, row := range []struct {
		name, card    string
		end           stripe.EventType
		paymentStatus stripe.CheckoutSessionPaymentStatus
		intentStatus  stripe.PaymentIntentStatus
	}{
		{"and pays", stripesandbox.CardBankSucceeds, stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded, "paid", "succeeded"},
		{"and refuses", stripesandbox.CardBankRefuses, stripe.EventTypeCheckoutSessionAsyncPaymentFailed, "unpaid", "requires_payment_method"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			hook := receive(t)
			_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = hook.URL })
			s := open(t, api, 500)
			if status, location, _ := pay(t, s.URL, row.card); status != http.StatusSeeOther || location == "" {
				t.Fatalf("%d to %q", status, location)
			}
			hook.await(t, "checkout.session.completed", string(row.end))
			if first := hook.session(t, stripe.EventTypeCheckoutSessionCompleted); first.PaymentStatus != "unpaid" || first.Status != "complete" {
				t.Errorf("completed says %s, %s", first.Status, first.PaymentStatus)
			}
			if last := hook.session(t, row.end); last.PaymentStatus != row.paymentStatus {
				t.Errorf("%s says %s", row.end, last.PaymentStatus)
			}
			params := &stripe.CheckoutSessionParams{}
			params.AddExpand("payment_intent")
			got, err := api.CheckoutSessions.Get(s.ID, params)
			if err != nil || got.PaymentIntent.Status != row.intentStatus {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// Whoever asks for cards alone, as for what is sold once, is not paid by a bank that answers later.
func TestABankThatTakesItsTimeOnlyWhereItMay(t *testing.T) {
	_, api := start(t, nil)
	both := open(t, api, 500)
	if !slices.Equal(both.PaymentMethodTypes, []string{"card", "sepa_debit"}) {
		t.Errorf("who names none gets %q", both.PaymentMethodTypes)
	}
	if _, body := look(t, both.URL); !strings.Contains(body, stripesandbox.CardBankSucceeds) {
		t.Error("the page offers no bank that takes its time")
	}
	params := checkout(500)
	params.PaymentMethodTypes = stripe.StringSlice([]string{"card"})
	s, err := api.CheckoutSessions.New(params)
	if err != nil || !slices.Equal(s.PaymentMethodTypes, []string{"card"}) {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, body := look(t, s.URL); strings.Contains(body, stripesandbox.CardBankSucceeds) || !strings.Contains(body, stripesandbox.CardSucceeds) {
		t.Error("the page for cards alone offers something else")
	}
	for _, card := range []string{stripesandbox.CardBankSucceeds, stripesandbox.CardBankRefuses} {
		if status, location, body := pay(t, s.URL, card); status != http.StatusPaymentRequired || location != "" || !strings.Contains(body, "whose bank answers later") {
			t.Errorf("%s: %d to %q", card, status, location)
		}
	}
	if s, err = api.CheckoutSessions.Get(s.ID, nil); err != nil || s.Status != "open" || s.PaymentStatus != "unpaid" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, location, _ := pay(t, s.URL, stripesandbox.CardSucceeds); location == "" {
		t.Error("a card does not do")
	}
}

func TestWhatStripeRefuses(t *testing.T) {
	_, api := start(t, nil)
	const request = stripe.ErrorTypeInvalidRequest
	for _, row := range []struct {
		name   string
		change func(*stripe.CheckoutSessionParams)
		want   stripe.Error
	}{
		{"too small", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(49) }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "amount_too_small"}},
		{"too large", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].Quantity = stripe.Int64(2_000_000) }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "parameter_invalid_integer", Param: "line_items[0][quantity]"}},
		{"more than eight digits", func(p *stripe.CheckoutSessionParams) {
			p.LineItems[0].PriceData.UnitAmount = stripe.Int64(99_999_999)
			p.LineItems[0].Quantity = stripe.Int64(2)
		}, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "amount_too_large"}},
		{"negative", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(-5) }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "parameter_invalid_integer", Param: "line_items[0][price_data][unit_amount]"}},
		{"no lines", func(p *stripe.CheckoutSessionParams) { p.LineItems = nil }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "parameter_missing", Param: "line_items"}},
		{"odd currency", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.Currency = stripe.String("xyz") }, stripe.Error{HTTPStatusCode: 400, Type: request, Param: "line_items[0][price_data][currency]"}},
		{"no way back", func(p *stripe.CheckoutSessionParams) { p.SuccessURL = nil }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "parameter_missing", Param: "success_url"}},
		{"no address", func(p *stripe.CheckoutSessionParams) { p.SuccessURL = stripe.String("javascript:alert(1)") }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "url_invalid", Param: "success_url"}},
		{"no e-mail", func(p *stripe.CheckoutSessionParams) { p.CustomerEmail = stripe.String("nobody") }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "email_invalid", Param: "customer_email"}},
		{"ends too soon", func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(time.Now().Add(time.Minute).Unix()) }, stripe.Error{HTTPStatusCode: 400, Type: request, Param: "expires_at"}},
		{"ends too late", func(p *stripe.CheckoutSessionParams) {
			p.ExpiresAt = stripe.Int64(time.Now().Add(25 * time.Hour).Unix())
		}, stripe.Error{HTTPStatusCode: 400, Type: request, Param: "expires_at"}},
		{"subscription", func(p *stripe.CheckoutSessionParams) { p.Mode = stripe.String("subscription") }, stripe.Error{HTTPStatusCode: 400, Type: request, Param: "mode"}},
		{"a parameter it does not know", func(p *stripe.CheckoutSessionParams) { p.AddExtra("line_items[0][colour]", "red") }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "parameter_unknown", Param: "line_items[0][colour]"}},
		{"two currencies", func(p *stripe.CheckoutSessionParams) {
			second := *p.LineItems[0]
			price := *second.PriceData
			price.Currency = stripe.String("usd")
			second.PriceData = &price
			p.LineItems = append(p.LineItems, &second)
		}, stripe.Error{HTTPStatusCode: 400, Type: request, Param: "line_items"}},
		{"a fee above the price", func(p *stripe.CheckoutSessionParams) { p.PaymentIntentData.ApplicationFeeAmount = stripe.Int64(501) }, stripe.Error{HTTPStatusCode: 400, Type: request, Code: "parameter_invalid_integer", Param: "payment_intent_data[application_fee_amount]"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := checkout(500)
			row.change(p)
			_, err := api.CheckoutSessions.New(p)
			refusal(t, err, row.want)
		})
	}
	t.Run("smallest amounts that are taken", func(t *testing.T) {
		open(t, api, 50)
		open(t, api, 99_999_999)
	})
	t.Run("nothing there", func(t *testing.T) {
		_, err := api.CheckoutSessions.Get("cs_test_none", nil)
		refusal(t, err, stripe.Error{HTTPStatusCode: 404, Type: request, Code: "resource_missing", Param: "id"})
		_, err = api.PaymentIntents.Get("cs_test_none", nil)
		refusal(t, err, stripe.Error{HTTPStatusCode: 404, Type: request, Code: "resource_missing", Param: "id"})
	})
}

func TestKeys(t *testing.T) {
	s, _ := start(t, nil)
	for _, key := range []string{"sk_test_other", "sk_live_real"} {
		_, err := shop(s, key).CheckoutSessions.New(checkout(500))
		refusal(t, err, stripe.Error{HTTPStatusCode: 401, Type: stripe.ErrorTypeInvalidRequest})
		if strings.Contains(err.Error(), key) {
			t.Errorf("the answer repeats the key: %v", err)
		}
	}
}

func TestIdempotency(t *testing.T) {
	_, api := start(t, nil)
	withKey := func(key string, amount int64) (*stripe.CheckoutSession, error) {
		p := checkout(amount)
		p.ExpiresAt = nil
		p.SetIdempotencyKey(key)
		return api.CheckoutSessions.New(p)
	}
	first, err := withKey("order:1:checkout:1", 500)
	if err != nil {
		t.Fatal(err)
	}
	again, err := withKey("order:1:checkout:1", 500)
	if err != nil || again.ID != first.ID || again.LastResponse.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same again: %v, %v", again, err)
	}
	_, err = withKey("order:1:checkout:1", 600)
	refusal(t, err, stripe.Error{HTTPStatusCode: 400, Type: stripe.ErrorTypeIdempotency})
	other, err := withKey("order:1:checkout:2", 500)
	if err != nil || other.ID == first.ID {
		t.Errorf("another key: %v, %v", other, err)
	}

	// Wrong parameters are not kept: the corrected request may use the key again.
	if _, err = withKey("order:2", 10); err == nil {
		t.Fatal("10 cents were taken")
	}
	if _, err = withKey("order:2", 500); err != nil {
		t.Errorf("corrected: %v", err)
	}

	// What was refused while it was done is kept.
	pay(t, first.URL, stripesandbox.CardSucceeds)
	paid, err := api.CheckoutSessions.Get(first.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	refund := func(key string) error {
		p := &stripe.RefundParams{PaymentIntent: &paid.PaymentIntent.ID}
		p.SetIdempotencyKey(key)
		_, err := api.Refunds.New(p)
		return err
	}
	if err := errors.Join(refund("refund:1"), refund("refund:1")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		refusal(t, refund("refund:2"), stripe.Error{HTTPStatusCode: 400, Type: stripe.ErrorTypeInvalidRequest, Code: "charge_already_refunded"})
	}

	var racing sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]bool{}
	for range 8 {
		racing.Go(func() {
			s, err := withKey("order:race", 500)
			var e *stripe.Error
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				ids[s.ID] = true
			case !errors.As(err, &e) || e.HTTPStatusCode != http.StatusConflict:
				t.Error(err)
			}
		})
	}
	racing.Wait()
	if len(ids) != 1 {
		t.Errorf("one key made %d sessions", len(ids))
	}
}

func TestRefunds(t *testing.T) {
	hook := receive(t)
	_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = hook.URL })
	s := open(t, api, 1000)
	pay(t, s.URL, stripesandbox.CardSucceeds)
	s, err := api.CheckoutSessions.Get(s.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	give := func(amount int64) (*stripe.Refund, error) {
		p := &stripe.RefundParams{PaymentIntent: &s.PaymentIntent.ID, Amount: stripe.Int64(amount), Reason: stripe.String("requested_by_customer")}
		p.AddExpand("balance_transaction")
		return api.Refunds.New(p)
	}
	r, err := give(300)
	if err != nil || r.Status != "succeeded" || r.Amount != 300 || r.BalanceTransaction.Net != -300 || r.BalanceTransaction.Fee != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = give(701)
	refusal(t, err, stripe.Error{HTTPStatusCode: 400, Type: stripe.ErrorTypeInvalidRequest, Param: "amount"})
	if _, err = give(700); err != nil {
		t.Fatal(err)
	}
	hook.await(t, "charge.refunded", "charge.refunded")
	n := 0
	for it := api.Refunds.List(&stripe.RefundListParams{PaymentIntent: &s.PaymentIntent.ID}); it.Next(); n++ {
	}
	if n != 2 {
		t.Errorf("%d refunds are listed", n)
	}
	unpaid := open(t, api, 500)
	pay(t, unpaid.URL, stripesandbox.CardDeclined)
	unpaid, err = api.CheckoutSessions.Get(unpaid.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.Refunds.New(&stripe.RefundParams{PaymentIntent: &unpaid.PaymentIntent.ID})
	refusal(t, err, stripe.Error{HTTPStatusCode: 400, Type: stripe.ErrorTypeInvalidRequest, Code: "payment_intent_unexpected_state", Param: "payment_intent"})
}

func TestExpiry(t *testing.T) {
	hook := receive(t)
	var mu sync.Mutex
	ahead := time.Duration(0)
	_, api := start(t, func(o *stripesandbox.Options) {
		o.WebhookURL = hook.URL
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	})
	asked := open(t, api, 500)
	if s, err := api.CheckoutSessions.Expire(asked.ID, nil); err != nil || s.Status != "expired" || s.URL != "" {
		t.Errorf("%+v, %v", s, err)
	}
	_, err := api.CheckoutSessions.Expire(asked.ID, nil)
	refusal(t, err, stripe.Error{HTTPStatusCode: 400, Type: stripe.ErrorTypeInvalidRequest})
	if status, _, body := pay(t, asked.URL, stripesandbox.CardSucceeds); status != http.StatusOK || !strings.Contains(body, "expired") {
		t.Errorf("paying too late: %d %s", status, body)
	}
	hook.await(t, "checkout.session.expired")

	alone := open(t, api, 500)
	paid := open(t, api, 500)
	pay(t, paid.URL, stripesandbox.CardSucceeds)
	hook.await(t, "checkout.session.completed")
	hook.mu.Lock()
	hook.events = nil
	hook.mu.Unlock()
	// Jump past the end, but not so far that signatures are refused.
	mu.Lock()
	ahead = time.Hour + time.Second
	mu.Unlock()
	wait(t, "the session to end by itself", func() bool {
		s, err := api.CheckoutSessions.Get(alone.ID, nil)
		return err == nil && s.Status == "expired"
	})
	if s, err := api.CheckoutSessions.Get(paid.ID, nil); err != nil || s.Status != "complete" {
		t.Errorf("a paid session became %+v, %v", s, err)
	}
	hook.await(t, "checkout.session.expired")
}

func TestWebhooksComeUntilTheyAreTaken(t *testing.T) {
	hook := receive(t)
	hook.refuse = 5
	_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = hook.URL })
	s := open(t, api, 500)
	if _, err := api.CheckoutSessions.Expire(s.ID, nil); err != nil {
		t.Fatal(err)
	}
	hook.await(t, "checkout.session.expired")
	wait(t, "the event to count as delivered", func() bool { return len(events(t, api, true)) == 1 && len(events(t, api, false)) == 0 })
}

func events(t *testing.T, api *client.API, delivered bool) (ids []string) {
	t.Helper()
	it := api.Events.List(&stripe.EventListParams{
		DeliverySuccess: stripe.Bool(delivered), Types: stripe.StringSlice([]string{"checkout.session.expired", "checkout.session.completed"}),
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: time.Now().Add(-time.Hour).Unix()}, ListParams: stripe.ListParams{Limit: stripe.Int64(2)},
	})
	for it.Next() {
		ids = append(ids, it.Event().ID)
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestUndeliveredEventsAreListedOverPages(t *testing.T) {
	_, api := start(t, nil) // nobody listens
	for range 5 {
		s := open(t, api, 500)
		if _, err := api.CheckoutSessions.Expire(s.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	ids := events(t, api, false)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 5 {
		t.Errorf("listed %q", ids)
	}
}

func TestWebhooksTwiceAndOutOfOrder(t *testing.T) {
	hook := receive(t)
	s, api := start(t, func(o *stripesandbox.Options) {
		o.WebhookURL = hook.URL
		o.Deliveries = stripesandbox.Deliveries{Twice: true, Reverse: true, Hold: 200 * time.Millisecond}
	})
	session := open(t, api, 500)
	pay(t, session.URL, stripesandbox.CardSucceeds)
	hook.await(t, "checkout.session.completed", "checkout.session.completed", "charge.succeeded", "charge.succeeded", "payment_intent.created", "payment_intent.created")
	if first := hook.types()[0]; first != "checkout.session.completed" {
		t.Errorf("the newest event was to come first, not %s", first)
	}
	hook.mu.Lock()
	id, before := hook.events[0].ID, len(hook.events)
	hook.mu.Unlock()
	if err := s.Redeliver(id); err != nil {
		t.Fatal(err)
	}
	wait(t, "the event to come again", func() bool { return len(hook.types()) > before })
	if err := s.Redeliver("evt_none"); err == nil {
		t.Error("redelivered what never was")
	}
}

func TestEventsWaitForAListener(t *testing.T) {
	hook := receive(t)
	s, api := start(t, nil)
	session := open(t, api, 500)
	pay(t, session.URL, stripesandbox.CardSucceeds)
	s.SetWebhookURL(hook.URL)
	hook.await(t, "checkout.session.completed")
}

func TestAccounts(t *testing.T) {
	hook := receive(t)
	_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = hook.URL })
	a, err := api.Accounts.New(&stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String("DE"), Email: stripe.String("p@example.com")})
	if err != nil || a.ChargesEnabled {
		t.Fatalf("%+v, %v", a, err)
	}
	link, err := api.AccountLinks.New(&stripe.AccountLinkParams{Account: &a.ID, Type: stripe.String("account_onboarding"), ReturnURL: stripe.String("http://shop.test/back"), RefreshURL: stripe.String("http://shop.test/again")})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := look(t, link.URL); status != http.StatusOK || !strings.Contains(body, "SANDBOX") {
		t.Errorf("%d %s", status, body)
	}
	if status, location, _ := submit(t, link.URL, nil); status != http.StatusSeeOther || location != "http://shop.test/back" {
		t.Errorf("%d to %s", status, location)
	}
	hook.await(t, "account.updated")
	if a, err = api.Accounts.GetByID(a.ID, nil); err != nil || !a.ChargesEnabled || !a.PayoutsEnabled || a.Capabilities.Transfers != "active" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := stripesandbox.Start(t.Context(), stripesandbox.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0", SecretKey: secretKey, WebhookSecret: webhookSecret})
	if err != nil {
		t.Fatal(err)
	}
	look(t, s.URL())
	browser.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wait(t, "all goroutines to end", func() bool { browser.CloseIdleConnections(); return runtime.NumGoroutine() <= before })
}
