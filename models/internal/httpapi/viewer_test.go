package httpapi_test

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// What the one call says is what the calls for each part say.
func TestViewerSaysWhatThePartsSay(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	producer, buyer := s.SignUp(t, ""), s.SignUp(t, "")
	bought := postgrestest.Pack(t, s.DB, producer.Account.ID, 0, 0, 0)
	other := postgrestest.Pack(t, s.DB, producer.Account.ID, 900, 90, 80)
	do := func(method, path string, body any) modelstest.Response {
		t.Helper()
		res := s.Do(t, modelstest.Request{Method: method, Path: path, As: buyer, Body: body, Header: map[string]string{"Idempotency-Key": "viewer"}})
		if res.Status >= http.StatusBadRequest {
			t.Fatalf("%s %s: %d %s", method, path, res.Status, res.Body)
		}
		return res
	}
	do("POST", "/v1/cart/lines", api.AddToCart{Items: []api.Item{{Kind: api.ItemPack, ID: bought.PackID}}})
	do("POST", "/v1/orders", api.CreateOrder{})
	do("POST", "/v1/cart/lines", api.AddToCart{Items: []api.Item{{Kind: api.ItemSound, ID: other.Sounds[0]}, {Kind: api.ItemPack, ID: other.PackID}}})
	do("POST", "/v1/likes", api.Things{SoundIDs: other.Sounds[1:2], PackIDs: []string{bought.PackID}})
	do("PUT", "/v1/producers/"+producer.Account.Handle+"/follow", nil)

	q := api.ViewerQuery{
		SoundIDs: []string{bought.Sounds[0], bought.Sounds[1], other.Sounds[0], other.Sounds[1]}, PackIDs: []string{bought.PackID, other.PackID},
		ProducerID: producer.Account.ID, PackID: other.PackID,
	}
	got := modelstest.Into[api.Viewer](t, do("POST", "/v1/viewer", q), http.StatusOK)
	account := modelstest.Into[api.Account](t, do("GET", "/v1/account", nil), http.StatusOK)
	if got.Account == nil || !reflect.DeepEqual(*got.Account, account) {
		t.Errorf("account is %+v, want %+v", got.Account, account)
	}
	if cart := modelstest.Into[api.CartCount](t, do("GET", "/v1/cart/count", nil), http.StatusOK); !reflect.DeepEqual(got.Cart, cart) || cart.Lines != 2 {
		t.Errorf("cart is %+v, want %+v", got.Cart, cart)
	}
	owned := modelstest.Into[api.Owned](t, do("POST", "/v1/library/owned", api.OwnedQuery{SoundIDs: q.SoundIDs, PackIDs: q.PackIDs}), http.StatusOK)
	// The sounds of an owned pack are not named one by one.
	if !same(got.Owned.PackIDs, owned.PackIDs) || len(owned.PackIDs) != 1 || len(got.Owned.SoundIDs) != 0 || !same(owned.SoundIDs, bought.Sounds) {
		t.Errorf("owned is %+v, want the packs of %+v", got.Owned, owned)
	}
	if !same(got.Liked.SoundIDs, other.Sounds[1:2]) || !same(got.Liked.PackIDs, []string{bought.PackID}) {
		t.Errorf("liked is %+v", got.Liked)
	}
	if !got.Following || got.PackRevision < 1 {
		t.Errorf("following %t, revision %d", got.Following, got.PackRevision)
	}
	if _, err := s.DB.Pool().Exec(t.Context(), "UPDATE listings SET listed = false, gone = 'withdrawn' WHERE pack_id = $1", other.PackID); err != nil {
		t.Fatal(err)
	}
	if got = modelstest.Into[api.Viewer](t, do("POST", "/v1/viewer", q), http.StatusOK); got.PackRevision != 0 {
		t.Errorf("a withdrawn pack is on sale at revision %d", got.PackRevision)
	}
}

func TestViewerOfStrangersAndVisitors(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	pack := postgrestest.Pack(t, s.DB, s.SignUp(t, "").Account.ID, 900, 90)
	ask := func(visitor string) api.Viewer {
		t.Helper()
		return modelstest.Into[api.Viewer](t, s.Do(t, modelstest.Request{
			Method: "POST", Path: "/v1/viewer", Visitor: visitor, Body: api.ViewerQuery{SoundIDs: pack.Sounds[:1], PackID: pack.PackID},
		}), http.StatusOK)
	}
	const visitor = "visitor-of-the-viewer-test"
	s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/cart/lines", Visitor: visitor, Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemSound, ID: pack.Sounds[0]}}},
	})
	if got := ask(visitor); got.Account != nil || got.Cart.Lines != 1 || len(got.Owned.SoundIDs) != 0 || got.PackRevision < 1 {
		t.Errorf("a visitor is %+v", got)
	}
	if got := ask(""); got.Account != nil || got.Cart.Lines != 0 {
		t.Errorf("a stranger is %+v", got)
	}
	if res := s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/viewer", Unchecked: true, Body: api.ViewerQuery{SoundIDs: []string{"x"}}}); res.Status != http.StatusUnprocessableEntity && res.Status != http.StatusBadRequest {
		t.Errorf("a malformed id is answered with %d", res.Status)
	}
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
