package httpapi_test

import (
	"net/http"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// A pack costs less by what was paid for sounds of it.
func TestOfferOfAPack(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.live("Offered", "a.wav", "b.wav")
	sound := s.bench(id).Sounds[0].ID
	buyer := s.SignUp(t, "")
	offer := func(as *modelstest.Someone) api.Offer {
		t.Helper()
		return modelstest.Into[api.Offer](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id + "/offer", As: as}), http.StatusOK)
	}
	if o := offer(buyer); o.PackID != id || o.List != *euro(900) || o.Price != *euro(900) || o.Credit != nil || o.Owned {
		t.Errorf("offer to a stranger: %+v", o)
	}
	buy := func(item api.Item) {
		t.Helper()
		modelstest.Into[api.AddedToCart](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/cart/lines", As: buyer, Body: api.AddToCart{Items: []api.Item{item}}}), http.StatusOK)
		o := modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{
			Method: "POST", Path: "/v1/orders", As: buyer, Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": "buy " + item.ID},
		}), http.StatusCreated)
		pay(t, s.Stack, o)
	}
	buy(api.Item{Kind: api.ItemSound, ID: sound})
	if o := offer(buyer); o.List != *euro(900) || o.Price != *euro(820) || o.Credit == nil || o.Credit.Amount != *euro(80) || o.Credit.Sounds != 1 || o.Owned {
		t.Errorf("offer with one sound owned: %+v", o)
	}
	buy(api.Item{Kind: api.ItemPack, ID: id})
	if o := offer(buyer); !o.Owned {
		t.Errorf("offer of what is owned: %+v", o)
	}
	if o := offer(s.who); o.Price != *euro(900) {
		t.Errorf("offer to its producer: %+v", o)
	}
	if res := s.do("POST", "/v1/packs/"+id+"/withdraw", nil, s.bench(id).Pack.ETag); res.Status != http.StatusOK {
		t.Fatalf("withdraw: %d %s", res.Status, res.Body)
	}
	for path, want := range map[string]int{
		id: http.StatusGone, "01900000-0000-7000-8000-000000000009": http.StatusNotFound, "nothing": http.StatusNotFound,
	} {
		if res := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + path + "/offer", As: buyer}); res.Status != want {
			t.Errorf("offer of %s: %d, want %d", path, res.Status, want)
		}
	}
}

// A personal token with every scope, even an admin's, reads the library and works in the studio, and never spends or changes an account.
func TestPersonalTokensDoNotReachMoney(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	owner := s.SignUp(t, "")
	s.MakeAdmin(t, owner) // only admins can have every scope
	pack := postgrestest.Pack(t, s.DB, s.SignUp(t, "").Account.ID, 1200, 90)
	made := modelstest.Into[api.NewToken](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/account/tokens", As: owner, Body: api.TokenRequest{Name: "everything", Scopes: api.Scopes()},
	}), http.StatusCreated)
	modelstest.Into[api.AddedToCart](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/cart/lines", As: owner, Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemPack, ID: pack.PackID}}},
	}), http.StatusOK)
	o := modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/orders", As: owner, Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": "k"},
	}), http.StatusCreated)
	by := &modelstest.Someone{Bearer: made.Secret}
	modelstest.Into[api.Order](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/orders/" + o.ID, As: by}), http.StatusOK)
	for _, r := range []modelstest.Request{
		{Method: "GET", Path: "/v1/cart"},
		{Method: "DELETE", Path: "/v1/cart"},
		{Method: "POST", Path: "/v1/cart/lines", Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemSound, ID: pack.Sounds[0]}}}},
		{Method: "POST", Path: "/v1/cart/accept-prices"},
		{Method: "POST", Path: "/v1/orders", Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": "t"}},
		{Method: "POST", Path: "/v1/orders/" + o.ID + "/checkout"},
		{Method: "POST", Path: "/v1/orders/" + o.ID + "/cancel"},
		{Method: "POST", Path: "/v1/orders/" + o.ID + "/refresh"},
		{Method: "POST", Path: "/v1/account/password", Body: api.PasswordChange{Current: "x", New: "y"}},
		{Method: "POST", Path: "/v1/account/email", Body: api.EmailChange{Email: "other@example.com", Password: "x"}},
		{Method: "POST", Path: "/v1/account/tokens", Body: api.TokenRequest{Name: "more", Scopes: api.Scopes()}},
	} {
		r.As = by
		if p := modelstest.Problem(t, s.Do(t, r), http.StatusForbidden); p.Reason != "token_scope" {
			t.Errorf("%s %s by token: %+v", r.Method, r.Path, p)
		}
	}
}
