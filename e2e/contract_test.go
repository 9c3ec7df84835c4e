package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"crateful.dev/experience/api"
)

// TestRealAnswersKeepTheContract holds what the API really says during a journey against its own description.
func TestRealAnswersKeepTheContract(t *testing.T) {
	s, m := visit(t), market(t)
	doc, err := openapi3.NewLoader().LoadFromData(raw(t, request{URL: s.URL + "/api/v1/openapi.json"}).Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	buyer := s.newPerson(t, "Contract Buyer")
	ctx := deadline(t, time.Minute)
	name := "Contract"
	crate, err := buyer.CreateCrate(ctx, api.CrateChange{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	order := buyer.buy(t, api.Things{SoundIDs: []string{m.sounds[0].ID}})
	library, err := buyer.Library(ctx, "", "", "")
	if err != nil || len(library.Items) != 1 {
		t.Fatalf("the buyer owns %d things (%v)", len(library.Items), err)
	}
	pack, sound, handle := m.pack.Pack, m.sounds[0].ID, m.producer.Handle
	nobody := person{}
	things := api.Things{SoundIDs: []string{m.sounds[1].ID}, PackIDs: []string{pack.ID}}
	for _, call := range []struct {
		who           person
		method, route string
		path          string
		body          any
		want          int
	}{
		{nobody, "GET", "/me", "", nil, 200},
		{nobody, "GET", "/home", "", nil, 200},
		{buyer, "GET", "/home", "", nil, 200},
		{nobody, "GET", "/search", "/search?q=" + url.QueryEscape(m.word), nil, 200},
		{buyer, "GET", "/search", "/search?in=packs&q=" + url.QueryEscape(m.word), nil, 200},
		{nobody, "GET", "/search", "/search?in=producers&q=Market", nil, 200},
		{nobody, "GET", "/search", "/search?q=nothingislikethis&type=loop&tempo_min=1", nil, 200},
		{nobody, "GET", "/search", "/search?cursor=abc", nil, 200},
		{nobody, "GET", "/suggest", "/suggest?q=Mark", nil, 200},
		{nobody, "GET", "/packs/{slug}", "/packs/" + pack.Slug, nil, 200},
		{buyer, "GET", "/packs/{slug}", "/packs/" + pack.Slug, nil, 200},
		{m.producer, "GET", "/packs/{slug}", "/packs/" + pack.ID + "?draft=true", nil, 200},
		{nobody, "GET", "/packs/{slug}", "/packs/there-is-no-such-pack", nil, 404},
		{nobody, "GET", "/sounds/{id}", "/sounds/" + sound, nil, 200},
		{buyer, "GET", "/sounds/{id}", "/sounds/" + sound, nil, 200},
		{buyer, "GET", "/producers/{handle}", "/producers/" + handle, nil, 200},
		{buyer, "PUT", "/producers/{handle}/follow", "/producers/" + handle + "/follow", nil, 200},
		{nobody, "GET", "/genres/{slug}", "/genres/" + pack.Genre, nil, 200},
		{nobody, "GET", "/tags/{slug}", "/tags/nobody-has-this-tag", nil, 404},
		{nobody, "GET", "/free", "", nil, 200},
		{nobody, "GET", "/sitemap", "", nil, 200},
		{buyer, "POST", "/likes", "", things, 204},
		{buyer, "GET", "/crates", "", nil, 200},
		{buyer, "POST", "/crates/{id}/items", "/crates/" + crate.ID + "/items", things, 200},
		{buyer, "GET", "/crates/{id}", "/crates/" + crate.ID, nil, 200},
		{buyer, "POST", "/cart/lines", "", things, 200},
		{buyer, "GET", "/cart", "", nil, 200},
		{buyer, "GET", "/orders", "", nil, 200},
		{buyer, "GET", "/orders/{id}", "/orders/" + order.ID + "?fresh=true", nil, 200},
		{buyer, "GET", "/library", "", nil, 200},
		{buyer, "GET", "/library/{id}/licence", "/library/" + library.Items[0].ID + "/licence", nil, 200},
		{buyer, "POST", "/downloads", "", api.DownloadRequest{SoundID: sound}, 200},
		{buyer, "POST", "/downloads", "", api.DownloadRequest{PackID: pack.ID}, 403},
		{m.producer, "GET", "/studio", "", nil, 200},
		{m.producer, "GET", "/studio/packs/{id}", "/studio/packs/" + pack.ID, nil, 200},
		{m.producer, "GET", "/studio/sales", "", nil, 200},
		{m.producer, "GET", "/studio/quote", "/studio/quote?amount=900", nil, 200},
		{m.producer, "POST", "/packs", "", api.NewPack{Title: "Contract draft"}, 201},
		{m.producer, "PATCH", "/studio/packs/{id}", "/studio/packs/" + pack.ID, api.PackChange{}, 412},
		{buyer, "GET", "/account", "", nil, 200},
		{buyer, "POST", "/account/tokens", "", api.TokenRequest{Name: "c", Scopes: []string{"read"}}, 201},
		{buyer, "PATCH", "/account/settings", "", api.SettingsChange{}, 200},
	} {
		if call.path == "" {
			call.path = call.route
		}
		got := s.api(t, call.who, call.method, call.path, call.body)
		if got.Status != call.want {
			t.Errorf("%s %s: status %d, want %d: %.500s", call.method, call.path, got.Status, call.want, got.Body)
			continue
		}
		if err := keeps(doc, call.method, call.route, got); err != nil {
			t.Errorf("%s %s: %v\n%.2000s", call.method, call.path, err, got.Body)
		}
	}
}

// keeps holds one answer against the description.
func keeps(doc *openapi3.T, method, route string, got answer) error {
	item := doc.Paths.Value(route)
	if item == nil || item.GetOperation(method) == nil {
		return errors.New("not described")
	}
	req, err := http.NewRequestWithContext(context.Background(), method, "http://site.test"+route, nil)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, Options: options,
			Route: &routers.Route{Spec: doc, Server: doc.Servers[0], Path: route, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		},
		Status: got.Status, Header: got.Header, Body: io.NopCloser(bytes.NewReader(got.Body)), Options: options,
	})
}
