package httpapi_test

import (
	"encoding/json"
	"fmt"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
)

// setupSaved gives the owner a saved search.
func setupSaved(w *world) {
	w.values["saved"] = newSaved(w)
}

func newSaved(w *world) string {
	w.values["saved count"] += "x"
	query := json.RawMessage(fmt.Sprintf(`{"v":1,"kind":"sounds","words":%q}`, w.values["saved count"]))
	return into[api.SavedSearch](w, w.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/saved-searches", As: w.people[owner], Body: api.NewSavedSearch{Name: "Access", Query: query},
	})).ID
}

// private is for what nobody but its owner may know of, admins neither.
var private = [roles]verdict{no401, no404, no404, yes, no404}

var savedAccess = []access{
	{route: "GET /v1/saved-searches", want: signedIn},
	{route: "POST /v1/saved-searches", body: with(api.NewSavedSearch{Name: "Access", Query: json.RawMessage(`{"v":1,"words":"access"}`)}), want: signedIn},
	{route: "GET /v1/saved-searches/:id", path: at("/v1/saved-searches/%s", "saved"), want: private},
	{route: "PATCH /v1/saved-searches/:id", path: at("/v1/saved-searches/%s", "saved"), header: anyVersion, body: with(api.SavedChange{Name: ptr("x")}), want: private},
	{route: "DELETE /v1/saved-searches/:id", path: func(w *world) string { return "/v1/saved-searches/" + newSaved(w) }, want: private},
	{route: "POST /v1/saved-searches/:id/restore", path: at("/v1/saved-searches/%s/restore", "saved"), want: private},
	{route: "POST /v1/saved-searches/:id/seen", path: at("/v1/saved-searches/%s/seen", "saved"), body: with(api.SavedSeen{}), want: private},
	{route: "GET /v1/saved-mails/:token", path: func(*world) string { return "/v1/saved-mails/forged" }, want: [roles]verdict{no404, no404, no404, no404, no404}},
	{route: "DELETE /v1/saved-mails/:token", path: func(*world) string { return "/v1/saved-mails/forged" }, want: [roles]verdict{no404, no404, no404, no404, no404}},
	{route: "POST /v1/index/saved-searches", service: "indexer", body: with(api.SavedQueriesAsk{}), want: everybody},
	{route: "POST /v1/index/saved-matches", service: "indexer", body: func(w *world) any {
		return api.SavedMatches{PackID: w.values["live pack"], Matches: []api.SavedMatch{}}
	}, want: everybody},
}
