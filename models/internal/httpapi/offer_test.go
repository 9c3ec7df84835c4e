package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// What somebody paid for sounds of a pack lowers its price for them, and what they bought they may hear for ever.
func TestOfferAndPreviewOfWhatOneOwns(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	producer, buyer, other := s.SignUp(t, ""), s.SignUp(t, ""), s.SignUp(t, "")
	pack := postgrestest.Pack(t, s.DB, producer.Account.ID, 1200, 90, 80)
	get := func(path string, who *modelstest.Someone) modelstest.Response {
		return s.Do(t, modelstest.Request{Method: http.MethodGet, Path: path, As: who})
	}
	offer := func(who *modelstest.Someone) api.Offer {
		t.Helper()
		return modelstest.Into[api.Offer](t, get("/v1/packs/"+pack.PackID+"/offer", who), http.StatusOK)
	}
	if got := offer(buyer); got.Price.Amount != 1200 || got.Credit != nil || got.Owned {
		t.Errorf("before: %+v", got)
	}

	s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/cart/lines", As: buyer, Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemSound, ID: pack.Sounds[0]}}},
	})
	o := modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/orders", As: buyer, Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": "offer"},
	}), http.StatusCreated)
	event := stripetest.Completed(o.ID, o.Payment.Attempt, stripetest.SessionID(o.Payment.URL), o.Total, o.Currency)
	payload, signature := stripetest.Sign(t, event, stripetest.Secret, time.Now())
	modelstest.Into[api.StripeWebhookResult](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/stripe/webhook", Body: api.StripeWebhook{Payload: payload, Signature: signature},
	}), http.StatusOK)

	if got := offer(buyer); got.List.Amount != 1200 || got.Price.Amount != 1110 || got.Credit == nil || got.Credit.Sounds != 1 {
		t.Errorf("after buying a sound for 90: %+v", got)
	}
	if got := offer(other); got.Price.Amount != 1200 || got.Credit != nil {
		t.Errorf("for somebody else: %+v", got)
	}

	postgrestest.Withdraw(t, s.DB, pack.PackID)
	if got := get("/v1/packs/"+pack.PackID+"/offer", buyer); got.Status != http.StatusGone {
		t.Errorf("an offer of a withdrawn pack: status %d", got.Status)
	}
	if got := get("/v1/packs/01900000-0000-7000-8000-000000000000/offer", buyer); got.Status != http.StatusNotFound {
		t.Errorf("an offer of no pack: status %d", got.Status)
	}
	for name, tt := range map[string]struct {
		who   *modelstest.Someone
		sound string
		want  int
	}{
		"its buyer":                {buyer, pack.Sounds[0], http.StatusOK},
		"its buyer, another sound": {buyer, pack.Sounds[1], http.StatusGone},
		"somebody else":            {other, pack.Sounds[0], http.StatusGone},
		"its producer":             {producer, pack.Sounds[1], http.StatusOK},
		"nobody":                   {nil, pack.Sounds[0], http.StatusGone},
	} {
		if got := get("/v1/sounds/"+tt.sound+"/preview", tt.who); got.Status != tt.want {
			t.Errorf("a withdrawn sound for %s: status %d, want %d", name, got.Status, tt.want)
		}
	}
}
