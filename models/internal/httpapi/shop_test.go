package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// From a stranger's cart to a file, every exchange checked against the contract.
func TestFromCartToDownload(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	const visitor = "a-visitor-who-buys-something"
	producer := s.SignUp(t, "")
	pack := postgrestest.Pack(t, s.DB, producer.Account.ID, 1200, 90, -1)
	single := postgrestest.Pack(t, s.DB, producer.Account.ID, 900, 80)

	added := modelstest.Into[api.AddedToCart](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/cart/lines", Visitor: visitor, Body: api.AddToCart{Items: []api.Item{
			{Kind: api.ItemPack, ID: pack.PackID}, {Kind: api.ItemSound, ID: single.Sounds[0]}, {Kind: api.ItemSound, ID: pack.Sounds[1]},
		}},
	}), http.StatusOK)
	if got := added.Added; got[0].Outcome != api.CartAdded || got[1].Outcome != api.CartAdded || got[2].Outcome != api.CartNotSold {
		t.Fatalf("outcomes are %+v", got)
	}
	buyer := s.SignUp(t, visitor)
	cart := modelstest.Into[api.Cart](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/cart", As: buyer}), http.StatusOK)
	if len(cart.Lines) != 2 || cart.Totals[0].Total != 1280 {
		t.Fatalf("the cart did not survive the sign-up: %+v", cart)
	}
	count := modelstest.Into[api.CartCount](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/cart/count", As: buyer}), http.StatusOK)
	if count.Lines != 2 {
		t.Errorf("the cart counts %d", count.Lines)
	}

	total := int64(1280)
	create := modelstest.Request{
		Method: "POST", Path: "/v1/orders", As: buyer, Body: api.CreateOrder{ExpectedTotal: &total}, Header: map[string]string{"Idempotency-Key": "k1"},
	}
	o := modelstest.Into[api.Order](t, s.Do(t, create), http.StatusCreated)
	if o.State != api.OrderAwaitingPayment || o.Payment == nil || o.Payment.URL == "" || !o.Payment.Sandbox {
		t.Fatalf("order is %+v", o)
	}
	again := s.Do(t, create)
	if replay := modelstest.Into[api.Order](t, again, http.StatusCreated); replay.ID != o.ID || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same key gave order %s", replay.ID)
	}
	other := create
	other.Body = api.CreateOrder{}
	if got := s.Do(t, other); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("the same key with another body: status %d", got.Status)
	}
	modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/orders/" + o.ID + "/refresh", As: buyer}), http.StatusOK)
	modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/orders/" + o.ID + "/checkout", As: buyer}), http.StatusOK)

	event := stripetest.Completed(o.ID, o.Payment.Attempt, stripetest.SessionID(o.Payment.URL), o.Total, o.Currency)
	payload, signature := stripetest.Sign(t, event, stripetest.Secret, time.Now())
	result := modelstest.Into[api.StripeWebhookResult](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/stripe/webhook", Body: api.StripeWebhook{Payload: payload, Signature: signature},
	}), http.StatusOK)
	if result.State != api.OrderPaid || result.AccountID != buyer.Account.ID {
		t.Fatalf("the webhook did %+v", result)
	}
	if got := s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/stripe/webhook", Body: api.StripeWebhook{Payload: payload, Signature: "t=1,v1=00"}}); got.Status != http.StatusUnprocessableEntity && got.Status != http.StatusBadRequest {
		t.Errorf("a forged webhook: status %d", got.Status)
	}
	paid := modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/orders/" + o.ID, As: buyer}), http.StatusOK)
	if paid.State != api.OrderPaid || paid.Receipt == nil || paid.Receipt.Reference == "" {
		t.Fatalf("order is %+v", paid)
	}
	s.Mailbox.Await(t, buyer.Email, "receipt", 1)
	orders := modelstest.Into[api.OrderPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/orders?limit=1", As: buyer}), http.StatusOK)
	if len(orders.Orders) != 1 {
		t.Errorf("%d orders listed", len(orders.Orders))
	}

	owned := modelstest.Into[api.Owned](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/library/owned", As: buyer, Body: api.OwnedQuery{
		SoundIDs: []string{pack.Sounds[1], single.Sounds[0]}, PackIDs: []string{pack.PackID, single.PackID},
	}}), http.StatusOK)
	if len(owned.SoundIDs) != 2 || len(owned.PackIDs) != 1 {
		t.Errorf("owned are %+v", owned)
	}
	var first api.LibraryPage
	for _, path := range []string{"/v1/library?limit=1", "/v1/library?kind=sound", "/v1/library?q=" + pack.PackID[30:]} {
		page := modelstest.Into[api.LibraryPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: path, As: buyer}), http.StatusOK)
		if len(page.Items) != 1 || page.Packs != 1 || page.Sounds != 1 {
			t.Errorf("%s: %+v", path, page)
		}
		if first.Items == nil {
			first = page
		}
	}
	second := modelstest.Into[api.LibraryPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/library?limit=1&cursor=" + first.NextCursor, As: buyer}), http.StatusOK)
	if len(second.Items) != 1 || second.Items[0].ID == first.Items[0].ID || second.NextCursor != "" {
		t.Errorf("second page is %+v", second)
	}
	licence := modelstest.Into[api.LicenceFile](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/library/items/" + first.Items[0].ID + "/licence", As: buyer}), http.StatusOK)
	if !strings.Contains(licence.Text, buyer.Account.Name) || !strings.Contains(licence.Text, paid.Number) {
		t.Errorf("the licence names neither %s nor %s: %s", buyer.Account.Name, paid.Number, licence.Text)
	}
	grant := modelstest.Into[api.DownloadGrant](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/downloads", As: buyer, Body: api.DownloadRequest{Kind: api.ItemPack, ID: pack.PackID},
	}), http.StatusOK)
	if grant.ObjectKey != "editions/"+pack.EditionID+".zip" || !strings.HasSuffix(grant.FileName, "-v1.zip") {
		t.Errorf("the grant is %+v", grant)
	}
	files := modelstest.Into[api.LibrarySounds](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/library/packs/" + pack.PackID + "/files", As: buyer}), http.StatusOK)
	if len(files.Files) != 2 {
		t.Errorf("files are %+v", files)
	}
	downloads := modelstest.Into[api.DownloadPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/downloads", As: buyer}), http.StatusOK)
	if len(downloads.Downloads) != 1 {
		t.Errorf("downloads are %+v", downloads)
	}

	sales := modelstest.Into[api.Sales](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/sales?days=7", As: producer}), http.StatusOK)
	if sales.Balance != 1088 || sales.Today.Count != 2 || sales.Today.Gross != 1280 || len(sales.Days) != 7 || sales.Days[6].Received != 1088 || len(sales.Packs) != 2 {
		t.Errorf("sales are %+v", sales)
	}
	statement := modelstest.Into[api.Statement](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/sales/statement?limit=1", As: producer}), http.StatusOK)
	if len(statement.Entries) != 1 || statement.NextCursor == "" {
		t.Errorf("the statement is %+v", statement)
	}
	quote := modelstest.Into[api.Quote](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/sales/quote?amount=999", As: producer}), http.StatusOK)
	if quote.Receives.Amount != 850 || quote.Commission.Amount != 149 {
		t.Errorf("the quote is %+v", quote)
	}
}

func TestFieldsNobodyMaySet(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	buyer := s.SignUp(t, "")
	for path, body := range map[string]string{
		"/v1/orders":     `{"total": 1}`,
		"/v1/cart/lines": `{"items": [{"kind": "pack", "id": "01900000-0000-7000-8000-000000000000", "price": 1}]}`,
		"/v1/downloads":  `{"kind": "pack", "id": "01900000-0000-7000-8000-000000000000", "object_key": "media/x"}`,
	} {
		res := s.Do(t, modelstest.Request{
			Method: "POST", Path: path, As: buyer, Body: []byte(body), Header: map[string]string{"Idempotency-Key": "x"}, Unchecked: true,
		})
		if res.Status < 400 || res.Status >= 500 {
			t.Errorf("%s took %s: status %d", path, body, res.Status)
		}
	}
	res := s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/orders", As: buyer, Body: api.CreateOrder{}, Unchecked: true})
	var problem struct{ Reason string }
	if err := json.Unmarshal(res.Body, &problem); err != nil || problem.Reason != "idempotency_key_required" {
		t.Errorf("an order without a key: %d %s", res.Status, res.Body)
	}
}

// pay is what the webhook does once the buyer has paid.
func pay(t testing.TB, s *modelstest.Stack, o api.Order) {
	t.Helper()
	event := stripetest.Completed(o.ID, o.Payment.Attempt, stripetest.SessionID(o.Payment.URL), o.Total, o.Currency)
	payload, signature := stripetest.Sign(t, event, stripetest.Secret, time.Now())
	result := modelstest.Into[api.StripeWebhookResult](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/stripe/webhook", Body: api.StripeWebhook{Payload: payload, Signature: signature},
	}), http.StatusOK)
	if result.State != api.OrderPaid {
		t.Fatalf("the webhook did %+v", result)
	}
}
