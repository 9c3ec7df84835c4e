package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
)

var keys atomic.Int64

// newKey is an Idempotency-Key that nobody used.
func newKey() string { return fmt.Sprintf("e2e-%d-%d", time.Now().UnixNano(), keys.Add(1)) }

// signature is Stripe's header for a webhook.
func signature(payload []byte, secret string, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(payload)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// stripeEvents lists all events of the sandbox about an order, oldest first, as they are delivered.
func stripeEvents(t testing.TB, order string) []json.RawMessage {
	t.Helper()
	stack, in := ours(t)
	got := raw(t, request{URL: stack.SandboxURL() + "/v1/events?limit=100", Header: map[string]string{"Authorization": "Bearer " + in.StripeSecretKey}})
	var list struct{ Data []json.RawMessage }
	if err := json.Unmarshal(got.Body, &list); err != nil || got.Status != http.StatusOK {
		t.Fatalf("list events: %d %.300s", got.Status, got.Body)
	}
	var about []json.RawMessage
	for _, e := range list.Data {
		if strings.Contains(string(e), order) {
			about = append(about, e)
		}
	}
	slices.Reverse(about)
	return about
}

func eventType(e json.RawMessage) string {
	var v struct{ Type string }
	_ = json.Unmarshal(e, &v)
	return v.Type
}

// A webhook counts with the right signature of the right bytes at the right time, and otherwise changes nothing.
func TestForgedWebhooks(t *testing.T) {
	s := visit(t)
	_, in := ours(t)
	m := market(t)
	thief := s.newPerson(t, "Webhook Thief")
	open := thief.order(t, api.Things{PackIDs: []string{m.pack.Pack.ID}})

	paid := s.newPerson(t, "Webhook Buyer").buy(t, api.Things{SoundIDs: []string{m.sounds[0].ID}})
	var genuine []byte
	for _, e := range stripeEvents(t, paid.ID) {
		if eventType(e) == "checkout.session.completed" {
			genuine = e
		}
	}
	if genuine == nil {
		t.Fatal("the sandbox has no event about a paid order")
	}
	// The thief's order, told as paid, signed with whatever a thief may have.
	lie := []byte(strings.ReplaceAll(string(genuine), paid.ID, open.ID))
	now := time.Now()
	for name, forged := range map[string]struct {
		body   []byte
		header string
	}{
		"no signature":        {lie, ""},
		"wrong secret":        {lie, signature(lie, "whsec_guessed", now)},
		"altered body":        {lie, signature(genuine, in.StripeWebhookSecret, now)},
		"one altered byte":    {append([]byte(" "), genuine...), signature(genuine, in.StripeWebhookSecret, now)},
		"older than 300 s":    {genuine, signature(genuine, in.StripeWebhookSecret, now.Add(-302*time.Second))},
		"no time":             {genuine, "v1=" + strings.SplitN(signature(genuine, in.StripeWebhookSecret, now), "v1=", 2)[1]},
		"another scheme":      {genuine, strings.Replace(signature(genuine, in.StripeWebhookSecret, now), "v1=", "v0=", 1)},
		"nothing":             {nil, signature(nil, in.StripeWebhookSecret, now)},
		"no JSON, but signed": {[]byte("{"), signature([]byte("{"), in.StripeWebhookSecret, now)},
	} {
		got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/webhooks/stripe", Body: forged.body, Header: map[string]string{"Stripe-Signature": forged.header}})
		if got.Status < 400 || got.Status >= 500 {
			t.Errorf("%s: answered %d %s", name, got.Status, got.Body)
		}
	}
	ctx := deadline(t, 20*time.Second)
	if o, err := thief.Order(ctx, open.ID, false); err != nil || o.State != "awaiting_payment" {
		t.Errorf("the thief's order is %q (%v)", o.State, err)
	}
	if owned, err := thief.Library(ctx, "", "", ""); err != nil || len(owned.Items) != 0 {
		t.Errorf("the thief owns %d things (%v)", len(owned.Items), err)
	}
	// The same bytes, signed right, are taken: the refusals were about the signature.
	if got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/webhooks/stripe", Body: genuine, Header: map[string]string{"Stripe-Signature": signature(genuine, in.StripeWebhookSecret, now)}}); got.Status != http.StatusOK {
		t.Errorf("the genuine event was answered %d %s", got.Status, got.Body)
	}
}

// Every webhook comes twice and the newest first on this stack; here the whole story of an order comes again, backwards,
// many times at once. There is one payment, one entitlement, one entry.
func TestWebhooksInAnyOrder(t *testing.T) {
	s := visit(t)
	_, in := ours(t)
	producer, buyer := s.newPerson(t, "Order Maker"), s.newPerson(t, "Order Buyer")
	made, word := samplePack(t, "dusty", 31)
	pack := producer.newPack(t, made, listing{Title: "Order " + word, Price: 700, SoundPrice: -1})

	order := buyer.order(t, api.Things{PackIDs: []string{pack.Pack.ID}})
	payDeclined(t, order.PayURL)
	ctx := deadline(t, 90*time.Second)
	if o, err := buyer.Order(ctx, order.ID, true); err != nil || o.State == "paid" {
		t.Fatalf("after a declined card the order is %q (%v)", o.State, err)
	}
	payWithTestCard(t, order.PayURL)
	var wait sync.WaitGroup
	for range 4 { // the browser's return races the webhook
		wait.Go(func() { _, _ = buyer.Order(ctx, order.ID, true) })
	}
	wait.Wait()
	eventually(t, 20*time.Second, "the order to be paid", func() (bool, error) {
		o, err := buyer.Order(ctx, order.ID, false)
		return o.State == "paid", err
	})
	events := stripeEvents(t, order.ID)
	kinds := map[string]int{}
	for _, e := range events {
		kinds[eventType(e)]++
	}
	if kinds["checkout.session.completed"] != 1 || kinds["payment_intent.payment_failed"] == 0 {
		t.Fatalf("the sandbox told of %v", kinds)
	}
	for range 3 {
		for _, e := range slices.Backward(events) {
			wait.Go(func() {
				got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/webhooks/stripe", Body: []byte(e), Header: map[string]string{"Stripe-Signature": signature(e, in.StripeWebhookSecret, time.Now())}})
				if got.Status != http.StatusOK {
					t.Errorf("%s again was answered %d %s", eventType(e), got.Status, got.Body)
				}
			})
		}
		wait.Wait()
	}
	if o, err := buyer.Order(ctx, order.ID, true); err != nil || o.State != "paid" {
		t.Errorf("the order is %q (%v)", o.State, err)
	}
	if owned, err := buyer.Library(ctx, "", "", ""); err != nil || len(owned.Items) != 1 {
		t.Errorf("the buyer owns %d things (%v)", len(owned.Items), err)
	}
	sales, err := producer.Sales(ctx, 1, "")
	if err != nil || len(sales.Entries) != 1 || sales.Entries[0].Gross.Amount != 700 {
		t.Errorf("the statement is %+v (%v)", sales.Entries, err)
	}
	s.mailFor(t, buyer.Email, order.Number)
	mails := 0
	var all []mail
	if err := getJSON(s.Mail+"/api/mails?to="+buyer.Email, &all); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if strings.Contains(m.Subject+m.Text, order.Number) {
			mails++
		}
	}
	if mails != 1 {
		t.Errorf("%d receipts were sent", mails)
	}
}

// payDeclined uses a card that its bank refuses.
func payDeclined(t testing.TB, page string) {
	t.Helper()
	got := raw(t, request{Method: http.MethodPost, URL: page, Body: url.Values{"use": {"4000000000000002"}}})
	if got.Status != http.StatusPaymentRequired {
		t.Fatalf("the declined card was answered %d %.300s", got.Status, got.Body)
	}
}

// What a cart costs is our word, never the browser's.
func TestTamperedTotals(t *testing.T) {
	s := visit(t)
	m := market(t)
	buyer := s.newPerson(t, "Tamper Buyer")
	ctx := deadline(t, time.Minute)
	if _, err := buyer.AddToCart(ctx, api.Things{PackIDs: []string{m.pack.Pack.ID}}); err != nil {
		t.Fatal(err)
	}
	for _, total := range []api.Money{
		{Amount: 1, Currency: "EUR"},
		{Amount: 0, Currency: "EUR"},
		{Amount: -900, Currency: "EUR"},
		{Amount: math.MaxInt64, Currency: "EUR"},
		{Amount: math.MinInt64, Currency: "EUR"},
		{Amount: 900, Currency: "JPY"},
		{Amount: 900, Currency: "€"},
	} {
		_, err := buyer.Checkout(ctx, newKey(), api.Checkout{ExpectedTotal: total})
		refused(t, fmt.Sprintf("an order for %+v", total), err, errs.CodeConflict, errs.CodeInvalid)
	}
	for _, body := range []string{
		`{"expected_total":{"amount":900,"currency":"EUR"},"price":1}`, `{"expected_total":{"amount":900,"currency":"EUR"},"state":"paid"}`,
		`{"expected_total":{"amount":900,"currency":"EUR"},"lines":[]}`, `{"expected_total":{"amount":9e2000,"currency":"EUR"}}`,
		`{"expected_total":{"amount":99999999999999999999,"currency":"EUR"}}`, `{"expected_total":{"amount":"900","currency":"EUR"}}`, `{"expected_total":{"amount":899.5,"currency":"EUR"}}`,
	} {
		if got := s.api(t, buyer, http.MethodPost, "/orders", body, "Idempotency-Key", newKey()); got.Status < 400 || got.Status >= 500 {
			t.Errorf("%s was answered %d %s", body, got.Status, got.Body)
		}
	}
	orders, err := buyer.Orders(ctx, "")
	if err != nil || len(orders.Orders) != 0 {
		t.Errorf("%d orders came of it (%v)", len(orders.Orders), err)
	}
	// One key is one order; with another body it is a mistake.
	key := newKey()
	first, err := buyer.Checkout(ctx, key, api.Checkout{ExpectedTotal: api.Money{Amount: 900, Currency: "EUR"}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := buyer.Checkout(ctx, key, api.Checkout{ExpectedTotal: api.Money{Amount: 900, Currency: "EUR"}})
	if err != nil || again.ID != first.ID {
		t.Errorf("the same key gave %s and %s (%v)", first.ID, again.ID, err)
	}
	_, err = buyer.Checkout(ctx, key, api.Checkout{ExpectedTotal: api.Money{Amount: 901, Currency: "EUR"}})
	refused(t, "another body under the same key", err, errs.CodeIdempotencyMismatch, errs.CodeInvalid)
	// Two presses at once, with two keys: one order.
	var wait sync.WaitGroup
	ids := make([]string, 6)
	for i := range ids {
		wait.Go(func() {
			o, err := buyer.Checkout(ctx, newKey(), api.Checkout{ExpectedTotal: api.Money{Amount: 900, Currency: "EUR"}})
			if err == nil {
				ids[i] = o.ID
			} else if errs.CodeOf(err) != errs.CodeConflict && errs.CodeOf(err) != errs.CodeInProgress {
				t.Errorf("a second press: %v", err)
			}
		})
	}
	wait.Wait()
	for _, id := range ids {
		if id != "" && id != first.ID {
			t.Errorf("one cart became the orders %s and %s", first.ID, id)
		}
	}
}

// Prices that cannot be are refused at their field.
func TestPricesThatCannotBe(t *testing.T) {
	s := visit(t)
	p := s.newPerson(t, "Price Maker")
	ctx := deadline(t, 30*time.Second)
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Prices"})
	if err != nil {
		t.Fatal(err)
	}
	for _, price := range []api.Money{
		{Amount: -1, Currency: "EUR"},
		{Amount: 1_000_000_000_000, Currency: "EUR"},
		{Amount: math.MaxInt64, Currency: "EUR"},
		{Amount: math.MinInt64, Currency: "EUR"},
		{Amount: 1, Currency: "EUR"},
		{Amount: 500, Currency: "XXX"},
		{Amount: 500},
	} {
		_, err := p.ChangePack(ctx, bench.Pack.ID, bench.Pack.ETag, api.PackChange{Price: &price})
		refused(t, fmt.Sprintf("a price of %+v", price), err, errs.CodeInvalid)
		if e, ok := errs.As(err); ok && (len(e.Fields) == 0 || !strings.HasPrefix(e.Fields[0].Name, "price")) {
			t.Errorf("the refusal of %+v is not at the field: %+v", price, e.Fields)
		}
	}
	now, err := p.Workbench(ctx, bench.Pack.ID)
	if err != nil || now.Pack.Price != nil || now.Pack.ETag != bench.Pack.ETag {
		t.Errorf("the price is %+v now (%v)", now.Pack.Price, err)
	}
}
