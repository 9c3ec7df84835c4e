package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
)

// access are the words with which the API describes who may call, and what they mean for each kind of caller.
var access = map[string]struct{ anonymous, visitor, buyer, read, library, studio bool }{
	"Anybody": {true, true, true, true, true, true},
	"Anybody with a visitor cookie, or signed in; no tokens": {visitor: true, buyer: true},
	"Signed in; no tokens":                          {buyer: true},
	"Signed in, or a token with scope read":         {buyer: true, read: true},
	"Signed in, or a token with scope library":      {buyer: true, library: true},
	"Signed in, or a token with scope studio":       {buyer: true, studio: true},
	"Admins, or a token of theirs with scope admin": {},
}

// doors says who may call each operation. A new one without a line fails.
var doors = map[string][]string{
	"Anybody": {
		"GET /me", "GET /home", "GET /search", "GET /suggest", "GET /packs/{slug}", "GET /packs/{slug}/gone", "GET /sounds/{id}",
		"GET /producers/{handle}", "GET /genres/{slug}", "GET /tags/{slug}", "GET /free", "GET /sitemap", "GET /shared-crates/{token}",
		"POST /account", "POST /session", "POST /account/verify", "POST /account/forgot", "POST /account/reset", "GET /openapi.json", "GET /openapi.yaml",
		"GET /certificates/{id}", "POST /certificates/check", "GET /licence-keys",
		"POST /reports", "GET /saved-mails/{token}", "DELETE /saved-mails/{token}",
	},
	"Anybody with a visitor cookie, or signed in; no tokens": {
		"POST /interactions", "GET /cart", "POST /cart/lines", "DELETE /cart/lines/{id}", "DELETE /cart", "POST /cart/accept-prices",
		"PATCH /cart/lines/{id}", "POST /cart/coupon", "DELETE /cart/coupon",
	},
	"Signed in; no tokens": {
		"PUT /producers/{handle}/follow", "DELETE /producers/{handle}/follow", "POST /orders", "POST /orders/{id}/checkout", "POST /orders/{id}/cancel",
		"POST /orders/{id}/lines/{line}/refund-request", "DELETE /orders/{id}/lines/{line}/refund-request", "POST /studio/refunds/{line}", "POST /studio/refunds/{line}/decline",
		"POST /account/pictures", "GET /account", "POST /account/verify/resend", "PATCH /account/profile", "PATCH /account/settings",
		"POST /account/email", "POST /account/password", "DELETE /account/sessions/{id}", "DELETE /account/sessions", "DELETE /account/history",
		"PUT /account/mutes/{kind}/{thing}", "DELETE /account/mutes/{kind}/{thing}",
		"PUT /library/{id}/certificate/name", "POST /account/tokens", "DELETE /account/tokens/{id}", "DELETE /session", "POST /studio/payouts/connect", "POST /studio/payouts/check",
	},
	"Signed in, or a token with scope read": {"GET /crates", "GET /crates/{id}", "GET /account/mutes", "GET /saved-searches", "GET /saved-searches/{id}"},
	"Signed in, or a token with scope library": {
		"POST /likes", "DELETE /likes", "POST /crates", "PATCH /crates/{id}", "DELETE /crates/{id}", "POST /crates/{id}/items",
		"POST /saved-searches", "PATCH /saved-searches/{id}", "DELETE /saved-searches/{id}", "POST /saved-searches/{id}/restore", "POST /saved-searches/{id}/seen",
		"DELETE /crates/{id}/items", "PATCH /crates/{id}/items/{item}", "GET /orders", "GET /orders/{id}", "GET /library", "GET /library/packs/{id}",
		"GET /library/{id}/licence", "POST /downloads",
		"GET /library/credits.csv", "GET /library/credits.txt", "GET /library/{id}/licence.pdf", "GET /library/{id}/certificate", "GET /library/{id}/certificate.json", "GET /library/{id}/certificate.pdf", "GET /papers/{id}/pdf",
	},
	"Signed in, or a token with scope studio": {
		"GET /studio", "POST /packs", "GET /studio/packs/{id}", "PATCH /studio/packs/{id}", "DELETE /studio/packs/{id}",
		"PATCH /studio/packs/{id}/sounds", "PUT /studio/packs/{id}/sounds", "POST /studio/packs/{id}/answers", "POST /studio/packs/{id}/publish",
		"POST /studio/packs/{id}/withdraw", "POST /studio/packs/{id}/uploads", "POST /uploads/{id}/sign", "GET /uploads/{id}/parts",
		"POST /uploads/{id}/complete", "DELETE /uploads/{id}", "POST /uploads/{id}/restore", "POST /uploads/{id}/retry",
		"GET /studio/sales", "GET /studio/sales.csv", "GET /studio/refunds", "GET /studio/refunds/{line}", "GET /studio/quote", "POST /studio/packs/{id}/appeal",
		"GET /studio/payouts",
		"GET /studio/coupons", "POST /studio/coupons", "PATCH /studio/coupons/{id}",
	},
	"Admins, or a token of theirs with scope admin": {
		"GET /admin/coupons", "POST /admin/coupons", "PATCH /admin/coupons/{id}",
		"DELETE /admin/reindex", "GET /admin/accounts", "GET /admin/accounts/{id}", "GET /admin/appeals", "GET /admin/audit", "GET /admin/dead",
		"GET /admin/jobs", "GET /admin/lag", "GET /admin/money", "POST /admin/money/check", "POST /admin/money/commission", "POST /admin/money/hold", "GET /admin/needs", "GET /admin/objects", "GET /admin/orders", "GET /admin/orders/{id}",
		"GET /admin/outbox", "GET /admin/packs", "GET /admin/packs/{id}/trace", "GET /admin/recommendations", "GET /admin/reindex", "GET /admin/reports",
		"GET /admin/reprocess", "POST /admin/accounts/{id}/disable", "POST /admin/accounts/{id}/enable", "POST /admin/appeals/{id}/resolve",
		"POST /admin/files/{id}/dismiss", "POST /admin/dead/dismiss", "POST /admin/dead/redrive", "POST /admin/jobs/{id}/cancel", "POST /admin/jobs/{id}/retry",
		"POST /admin/objects/sweep", "POST /admin/orders/{id}/refund", "POST /admin/orders/{id}/refunds/{refund}/again", "POST /admin/orders/{id}/refunds/{refund}/assign",
		"POST /admin/orders/{id}/lines/{line}/decline", "POST /admin/orders/{id}/attended", "POST /admin/orders/{id}/check", "POST /admin/packs/{id}/reinstate",
		"POST /admin/packs/{id}/take-down", "POST /admin/reindex", "POST /admin/reindex/rollback", "POST /admin/reindex/verify",
		"POST /admin/reports/{id}/resolve", "POST /admin/reprocess", "POST /admin/republish",
	},
}

// nobody is an id that nothing has.
const nobody = "01900000-0000-7000-8000-000000000000"

// described reads the API's own description through the door.
func (s site) described(t testing.TB) api.Description {
	t.Helper()
	got := raw(t, request{URL: s.URL + "/api/v1/openapi.json"})
	var doc api.Description
	if err := json.Unmarshal(got.Body, &doc); err != nil || got.Status != http.StatusOK {
		t.Fatalf("the API's description: status %d, %v", got.Status, err)
	}
	return doc
}

func TestEveryDoorIsKnown(t *testing.T) {
	line := map[string]string{}
	for words, operations := range doors {
		for _, op := range operations {
			if line[op] != "" {
				t.Errorf("two lines for %s", op)
			}
			line[op] = words
		}
	}
	for path, methods := range visit(t).described(t).Paths {
		for method, op := range methods {
			name := strings.ToUpper(method) + " " + path
			switch line[name] {
			case "":
				t.Errorf("nobody has said who may call %s", name)
			case op.Access:
			default:
				t.Errorf("%s is described as %q, want %q", name, op.Access, line[name])
			}
			delete(line, name)
		}
	}
	for name := range line {
		t.Errorf("a line for %s, which is no operation", name)
	}
}

// TestDoors calls every operation as everybody with things that nobody has: the door opens or it does not.
func TestDoors(t *testing.T) {
	s := visit(t)
	buyer := s.newPerson(t, "Doors Buyer")
	token := func(scope string) string {
		t.Helper()
		made, err := buyer.CreateToken(deadline(t, 20*time.Second), api.TokenRequest{Name: scope, Scopes: []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		secret(made.Secret)
		return made.Secret
	}
	const cookie = "crateful_visitor=ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	bearer := func(secret string) map[string]string { return map[string]string{"Authorization": "Bearer " + secret} }
	callers := []struct {
		name   string
		header map[string]string
		may    func(words string) bool
	}{
		{"anonymous", nil, func(w string) bool { return access[w].anonymous }},
		{"somebody who claims to be a service and a visitor", map[string]string{"X-Crateful-Service": "forged", "X-Crateful-Visitor": cookie}, func(w string) bool {
			return access[w].anonymous
		}},
		{"a visitor", map[string]string{"Cookie": cookie}, func(w string) bool { return access[w].visitor }},
		{"a token to read", bearer(token("read")), func(w string) bool { return access[w].read }},
		{"a token for the library", bearer(token("library")), func(w string) bool { return access[w].library }},
		{"a token for the studio", bearer(token("studio")), func(w string) bool { return access[w].studio }},
		{"a buyer", nil, func(w string) bool { return access[w].buyer }},
	}
	for _, who := range callers {
		t.Run(who.name, func(t *testing.T) {
			for words, operations := range doors {
				for _, op := range operations {
					header := map[string]string{"If-Match": "*", "Idempotency-Key": newKey()}
					for name, value := range who.header {
						header[name] = value
					}
					if who.name == "a buyer" { // with a session to lose: some operations end them
						header["Authorization"] = "Bearer " + s.signedIn(t, buyer).Token
					}
					got := raw(t, request{Method: strings.Fields(op)[0], URL: s.URL + "/api/v1" + addressOf(op), Body: bodyOf(op), Header: header})
					p := got.problem()
					shut := got.Status == http.StatusUnauthorized && p.Reason == "sign_in" || p.Reason == "token_scope" || p.Reason == "admin_only"
					switch {
					case got.Status >= http.StatusInternalServerError:
						t.Errorf("%s: status %d: %s", op, got.Status, got.Body)
					case who.may(words) == shut:
						t.Errorf("%s: status %d %s, may call it: %v", op, got.Status, p.Reason, who.may(words))
					}
				}
			}
		})
	}
	if got := raw(t, request{URL: s.URL + "/api/v1/home", Header: bearer("crt_" + strings.Repeat("x", 40))}); got.Status != http.StatusUnauthorized {
		t.Errorf("a token that does not exist: status %d, want 401", got.Status)
	}
}

// addressOf fills in things that nobody has.
func addressOf(op string) string {
	parts := strings.Split(strings.Fields(op)[1], "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = nobody
			if parts[i-1] == "jobs" { // counted
				parts[i] = "1"
			}
		}
	}
	path := strings.Join(parts, "/")
	if path == "/studio/quote" {
		path += "?amount=100"
	}
	return path
}

// bodyOf is a well-formed body that says nothing.
func bodyOf(op string) any {
	method := strings.Fields(op)[0]
	bare := []string{"POST /cart/accept-prices", "POST /account/verify/resend", "PUT /producers/{handle}/follow", "PUT /account/mutes/{kind}/{thing}"}
	if method == http.MethodGet || method == http.MethodDelete && !strings.HasSuffix(op, "/items") && op != "DELETE /likes" || slices.Contains(bare, op) {
		return nil
	}
	switch op {
	case "POST /downloads":
		return api.DownloadRequest{PackID: nobody}
	case "POST /uploads/{id}/sign":
		return api.SignRequest{Parts: []api.SignPart{{Number: 1}}}
	case "POST /cart/lines":
		return api.Things{SoundIDs: []string{nobody}}
	}
	return "{}"
}

// TestTheSiteIsBelievedWhatItSaysOfBrowsers checks the service's own port: only a service with a token speaks for others.
func TestTheSiteIsBelievedWhatItSaysOfBrowsers(t *testing.T) {
	stack, in := ours(t)
	base := place(t, stack, "experience")
	if !strings.HasPrefix(base, "http") {
		base = "http://" + base
	}
	ask := func(header map[string]string) int {
		return raw(t, request{URL: base + "/api/v1/cart", Header: header}).Status
	}
	visitor := strings.Repeat("V", 26)
	for _, tt := range []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"nobody", nil, http.StatusUnauthorized},
		{"a visitor named by nobody we know", map[string]string{"X-Crateful-Visitor": visitor}, http.StatusUnauthorized},
		{"a wrong service token", map[string]string{"X-Crateful-Service": "wrong", "X-Crateful-Visitor": visitor}, http.StatusUnauthorized},
		{"a visitor named by the site", map[string]string{"X-Crateful-Service": in.ServiceTokens["web"], "X-Crateful-Visitor": visitor}, http.StatusOK},
		{"the site for nobody", map[string]string{"X-Crateful-Service": in.ServiceTokens["web"]}, http.StatusUnauthorized},
	} {
		if got := ask(tt.header); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
}
