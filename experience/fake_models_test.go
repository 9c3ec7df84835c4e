package experience_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
	"crateful.dev/models/certificate"
	"crateful.dev/models/client"
	recommender "crateful.dev/recommender/api"
)

const (
	someID    = "01900000-0000-7000-8000-000000000001"
	accountID = "01900000-0000-7000-8000-0000000000aa"
	session   = "session-of-ann"
	boss      = "session-of-an-admin"
	visitor   = "visitor-0123456789abcdef"
)

// answers are the types that models, the indexer and the recommender answer with, by route.
var answers = map[string]any{
	"POST /v1/accounts":                                         models.NewSession{},
	"POST /v1/sessions":                                         models.NewSession{},
	"DELETE /v1/session":                                        nil,
	"POST /v1/email/verify":                                     nil,
	"POST /v1/password/forgot":                                  nil,
	"POST /v1/password/reset":                                   nil,
	"GET /v1/account":                                           models.Account{},
	"POST /v1/viewer":                                           models.Viewer{},
	"PATCH /v1/account/profile":                                 models.Account{},
	"PATCH /v1/account/settings":                                models.Account{},
	"POST /v1/account/email":                                    nil,
	"POST /v1/account/email/resend":                             nil,
	"POST /v1/account/password":                                 nil,
	"GET /v1/account/sessions":                                  models.Sessions{},
	"DELETE /v1/account/sessions":                               nil,
	"DELETE /v1/account/sessions/{id}":                          nil,
	"GET /v1/account/tokens":                                    models.Tokens{},
	"POST /v1/account/tokens":                                   models.NewToken{},
	"DELETE /v1/account/tokens/{id}":                            nil,
	"DELETE /v1/account/history":                                nil,
	"GET /v1/account/following":                                 models.Producers{},
	"GET /v1/account/mutes":                                     models.Mutes{},
	"PUT /v1/account/mutes/{kind}/{thing}":                      nil,
	"DELETE /v1/account/mutes/{kind}/{thing}":                   nil,
	"GET /v1/producers/{handle}":                                models.Producer{},
	"POST /v1/producers/batch":                                  models.Producers{},
	"PUT /v1/producers/{handle}/follow":                         models.Follow{},
	"DELETE /v1/producers/{handle}/follow":                      models.Follow{},
	"POST /v1/interactions":                                     models.InteractionsTaken{},
	"POST /v1/versions":                                         models.Versions{},
	"GET /v1/studio/packs":                                      models.StudioPacks{},
	"GET /v1/studio/needs":                                      models.StudioNeeds{},
	"GET /v1/studio/packs/{id}":                                 models.Workbench{},
	"GET /v1/listing-terms":                                     models.ListingTerms{},
	"POST /v1/packs":                                            models.Workbench{},
	"PATCH /v1/packs/{id}":                                      models.Workbench{},
	"DELETE /v1/packs/{id}":                                     nil,
	"POST /v1/packs/{id}/answers":                               models.SoundsChanged{},
	"PATCH /v1/packs/{id}/sounds":                               models.SoundsChanged{},
	"PUT /v1/packs/{id}/sounds/editable":                        models.SoundsChanged{},
	"POST /v1/packs/{id}/publish":                               models.Published{},
	"POST /v1/packs/{id}/withdraw":                              models.StudioPack{},
	"GET /v1/packs/{id}/preview-page":                           models.PackPage{},
	"GET /v1/packs/{id}/offer":                                  models.Offer{},
	"GET /v1/sounds/{id}/offer":                                 models.Offer{},
	"GET /v1/packs":                                             models.PackList{},
	"GET /v1/packs/batch":                                       models.PackList{},
	"GET /v1/packs/{id}":                                        models.PackPage{},
	"GET /v1/packs/{id}/gone":                                   models.GonePack{},
	"GET /v1/sounds":                                            models.SoundList{},
	"GET /v1/sounds/batch":                                      models.SoundList{},
	"GET /v1/sounds/{id}":                                       models.SoundPage{},
	"GET /v1/sounds/{id}/preview":                               models.SoundPreview{},
	"GET /v1/genres":                                            models.Genres{},
	"GET /v1/catalogue/counts":                                  models.PackTotals{},
	"GET /v1/catalogue/producers":                               models.ProducerTotalsList{},
	"POST /v1/packs/{id}/uploads":                               models.OfferedUploads{},
	"POST /v1/uploads":                                          models.OfferedUploads{},
	"GET /v1/uploads/{id}":                                      models.Upload{},
	"PATCH /v1/uploads/{id}":                                    models.Upload{},
	"POST /v1/uploads/{id}/complete":                            models.Upload{},
	"POST /v1/uploads/{id}/retry":                               models.Upload{},
	"DELETE /v1/uploads/{id}":                                   models.Upload{},
	"POST /v1/uploads/{id}/restore":                             models.Upload{},
	"GET /v1/crates":                                            models.Crates{},
	"POST /v1/crates":                                           models.CrateCard{},
	"GET /v1/crates/{id}":                                       models.CratePage{},
	"PATCH /v1/crates/{id}":                                     models.CrateCard{},
	"DELETE /v1/crates/{id}":                                    nil,
	"POST /v1/crates/{id}/items":                                models.ThingsChanged{},
	"DELETE /v1/crates/{id}/items":                              models.ThingsChanged{},
	"PATCH /v1/crates/{id}/items/{item}":                        models.CrateCard{},
	"GET /v1/shared-crates/{token}":                             models.CratePage{},
	"GET /v1/saved-searches":                                    models.SavedSearches{},
	"POST /v1/saved-searches":                                   models.SavedSearch{},
	"GET /v1/saved-searches/{id}":                               models.SavedPage{},
	"PATCH /v1/saved-searches/{id}":                             models.SavedSearch{},
	"DELETE /v1/saved-searches/{id}":                            nil,
	"POST /v1/saved-searches/{id}/restore":                      models.SavedSearch{},
	"POST /v1/saved-searches/{id}/seen":                         nil,
	"GET /v1/saved-mails/{token}":                               models.SavedMailLink{},
	"DELETE /v1/saved-mails/{token}":                            models.SavedMailLink{},
	"POST /v1/likes":                                            models.ThingsChanged{},
	"DELETE /v1/likes":                                          models.ThingsChanged{},
	"GET /v1/likes":                                             models.LikedThings{},
	"GET /v1/cart":                                              models.Cart{},
	"GET /v1/cart/count":                                        models.CartCount{},
	"DELETE /v1/cart":                                           models.Cart{},
	"POST /v1/cart/lines":                                       models.AddedToCart{},
	"DELETE /v1/cart/lines/{id}":                                models.Cart{},
	"POST /v1/cart/accept-prices":                               models.Cart{},
	"POST /v1/orders":                                           models.Order{},
	"GET /v1/orders":                                            models.OrderPage{},
	"GET /v1/orders/{id}":                                       models.Order{},
	"POST /v1/orders/{id}/refresh":                              models.Order{},
	"POST /v1/orders/{id}/checkout":                             models.Order{},
	"POST /v1/orders/{id}/cancel":                               models.Order{},
	"GET /v1/library":                                           models.LibraryPage{},
	"POST /v1/library/owned":                                    models.Owned{},
	"GET /v1/library/packs/{id}/files":                          models.LibrarySounds{},
	"GET /v1/library/items/{id}/licence":                        models.LicenceFile{},
	"GET /v1/library/items/{id}/certificate":                    models.CertificateFile{},
	"PUT /v1/library/items/{id}/certificate/name":               nil,
	"GET /v1/certificates/{id}":                                 models.CertificateCheck{},
	"POST /v1/certificates/check":                               models.CertificateCheck{},
	"GET /v1/licence-keys":                                      models.LicenceKeys{},
	"GET /v1/orders/{id}/papers":                                models.Papers{},
	"GET /v1/papers/{id}":                                       models.Paper{},
	"POST /v1/downloads":                                        models.DownloadGrant{},
	"GET /v1/sales":                                             models.Sales{},
	"GET /v1/sales/statement":                                   models.Statement{},
	"GET /v1/sales/quote":                                       models.Quote{},
	"POST /v1/stripe/webhook":                                   models.StripeWebhookResult{},
	"POST /v1/reports":                                          models.Reported{},
	"POST /v1/packs/{id}/appeal":                                models.Appeal{},
	"GET /v1/packs/{id}/appeals":                                models.Appeals{},
	"GET /v1/admin/needs":                                       models.OperatorNeeds{},
	"GET /v1/admin/accounts":                                    models.AdminAccounts{},
	"GET /v1/admin/accounts/{id}":                               models.AdminAccountDetail{},
	"POST /v1/admin/accounts/{id}/disable":                      nil,
	"POST /v1/admin/accounts/{id}/enable":                       nil,
	"GET /v1/admin/packs":                                       models.AdminPacks{},
	"GET /v1/packs/{id}/trace":                                  models.Trace{},
	"GET /v1/admin/packs/{id}/trace":                            models.Trace{},
	"POST /v1/packs/{id}/take-down":                             models.StudioPack{},
	"POST /v1/packs/{id}/reinstate":                             models.StudioPack{},
	"GET /v1/admin/reports":                                     models.AdminReports{},
	"POST /v1/admin/reports/{id}/resolve":                       models.AdminReport{},
	"GET /v1/admin/appeals":                                     models.AdminAppeals{},
	"POST /v1/admin/appeals/{id}/resolve":                       models.AdminAppeal{},
	"GET /v1/admin/audit":                                       models.AuditEntries{},
	"POST /v1/admin/audit":                                      nil,
	"GET /v1/admin/orders":                                      models.AdminOrders{},
	"GET /v1/admin/orders/{id}":                                 models.AdminOrder{},
	"POST /v1/admin/orders/{id}/check":                          models.OrderChecked{},
	"POST /v1/admin/orders/{id}/attended":                       models.AdminOrder{},
	"GET /v1/admin/outbox":                                      models.Outbox{},
	"GET /v1/admin/lag":                                         models.Lag{},
	"GET /v1/admin/dead":                                        models.DeadLetters{},
	"POST /v1/admin/dead/redrive":                               models.DeadDealt{},
	"POST /v1/admin/dead/dismiss":                               models.DeadDealt{},
	"GET /v1/admin/jobs":                                        models.Jobs{},
	"POST /v1/admin/jobs/{id}/retry":                            models.Job{},
	"POST /v1/admin/jobs/{id}/cancel":                           models.Job{},
	"POST /v1/admin/uploads/{id}/dismiss":                       nil,
	"GET /v1/admin/reprocess":                                   models.Reprocessing{},
	"POST /v1/admin/reprocess":                                  models.Reprocessed{},
	"GET /v1/admin/objects":                                     models.StoredObjects{},
	"POST /v1/admin/objects/sweep":                              models.Sweep{},
	"POST /v1/admin/republish":                                  models.Republishing{},
	"GET /v1/reindex":                                           indexer.Reindex{},
	"POST /v1/reindex":                                          indexer.Reindex{},
	"DELETE /v1/reindex":                                        indexer.Reindex{},
	"POST /v1/reindex/verify":                                   indexer.Reindex{},
	"POST /v1/rollback":                                         indexer.Reindex{},
	"POST /v1/search":                                           indexer.Response{},
	"GET /v1/suggest":                                           indexer.Suggestions{},
	"GET /v1/trace/{id}":                                        indexer.Trace{},
	"GET /v1/packs/{id}/similar":                                recommender.Items{},
	"GET /v1/sounds/{id}/similar":                               recommender.Items{},
	"GET /v1/report":                                            recommender.Report{},
	"POST /v1/for-you":                                          recommender.Items{},
	"POST /v1/because":                                          recommender.Because{},
	"POST /v1/rising":                                           recommender.Items{},
	"PATCH /v1/cart/lines/{id}":                                 models.Cart{},
	"POST /v1/cart/coupon":                                      models.Cart{},
	"DELETE /v1/cart/coupon":                                    models.Cart{},
	"GET /v1/coupons":                                           models.Coupons{},
	"POST /v1/coupons":                                          models.Coupon{},
	"PATCH /v1/coupons/{id}":                                    models.Coupon{},
	"GET /v1/admin/coupons":                                     models.Coupons{},
	"POST /v1/admin/coupons":                                    models.Coupon{},
	"PATCH /v1/admin/coupons/{id}":                              models.Coupon{},
	"POST /v1/admin/orders/{id}/refund":                         models.AdminOrder{},
	"POST /v1/admin/orders/{id}/refunds/{refund}/again":         models.AdminOrder{},
	"POST /v1/admin/orders/{id}/refunds/{refund}/assign":        models.AdminOrder{},
	"POST /v1/admin/orders/{id}/lines/{line}/decline":           models.AdminOrder{},
	"POST /v1/orders/{id}/lines/{line}/refund-request":          models.Order{},
	"POST /v1/orders/{id}/lines/{line}/refund-request/withdraw": models.Order{},
	"GET /v1/sales/refund-requests":                             models.SoldLines{},
	"GET /v1/sales/lines/{line}":                                models.SoldLine{},
	"POST /v1/sales/lines/{line}/refund":                        models.SoldLine{},
	"POST /v1/sales/lines/{line}/decline":                       models.SoldLine{},
	"GET /v1/payouts":                                           models.Payouts{},
	"POST /v1/payouts/connect":                                  models.PayoutLink{},
	"POST /v1/payouts/check":                                    models.Payouts{},
	"GET /v1/admin/money":                                       models.MoneyDesk{},
	"POST /v1/admin/money/check":                                models.MoneyDesk{},
	"POST /v1/admin/money/commission":                           models.MoneyDesk{},
	"POST /v1/admin/money/hold":                                 models.MoneyDesk{},
}

// scopes are what models asks of a personal token; routes that are not here are open to anybody.
var scopes = map[string]string{
	"GET /v1/account": "read", "GET /v1/account/following": "read", "GET /v1/account/mutes": "read", "GET /v1/crates": "read", "GET /v1/crates/{id}": "read", "GET /v1/likes": "read",
	"POST /v1/library/owned": "library", "GET /v1/library": "library", "POST /v1/downloads": "library", "GET /v1/packs/{id}/offer": "library", "GET /v1/sounds/{id}/offer": "library",
	"GET /v1/library/packs/{id}/files": "library", "GET /v1/library/items/{id}/licence": "library", "GET /v1/library/items/{id}/certificate": "library", "GET /v1/orders/{id}/papers": "library", "GET /v1/papers/{id}": "library",
	"GET /v1/orders": "library", "GET /v1/orders/{id}": "library",
	"POST /v1/crates": "library", "PATCH /v1/crates/{id}": "library", "DELETE /v1/crates/{id}": "library", "POST /v1/crates/{id}/items": "library",
	"DELETE /v1/crates/{id}/items": "library", "PATCH /v1/crates/{id}/items/{item}": "library", "POST /v1/likes": "library", "DELETE /v1/likes": "library",
	"GET /v1/saved-searches": "read", "GET /v1/saved-searches/{id}": "read", "POST /v1/saved-searches": "library", "PATCH /v1/saved-searches/{id}": "library",
	"DELETE /v1/saved-searches/{id}": "library", "POST /v1/saved-searches/{id}/restore": "library", "POST /v1/saved-searches/{id}/seen": "library",
	"GET /v1/studio/packs": "studio", "GET /v1/studio/needs": "studio", "GET /v1/studio/packs/{id}": "studio", "POST /v1/packs": "studio",
	"PATCH /v1/packs/{id}": "studio", "DELETE /v1/packs/{id}": "studio", "POST /v1/packs/{id}/answers": "studio", "PATCH /v1/packs/{id}/sounds": "studio",
	"PUT /v1/packs/{id}/sounds/editable": "studio", "POST /v1/packs/{id}/publish": "studio", "POST /v1/packs/{id}/withdraw": "studio",
	"GET /v1/packs/{id}/preview-page": "studio", "POST /v1/packs/{id}/uploads": "studio", "GET /v1/uploads/{id}": "studio", "PATCH /v1/uploads/{id}": "studio",
	"POST /v1/uploads/{id}/complete": "studio", "POST /v1/uploads/{id}/retry": "studio", "DELETE /v1/uploads/{id}": "studio",
	"POST /v1/uploads/{id}/restore": "studio", "GET /v1/sales": "studio", "GET /v1/sales/statement": "studio", "GET /v1/sales/quote": "studio",
	"GET /v1/payouts": "studio", "POST /v1/payouts/connect": "-", "POST /v1/payouts/check": "-",
	"GET /v1/cart": "-", "GET /v1/cart/count": "-", "DELETE /v1/cart": "-", "POST /v1/cart/lines": "-", "DELETE /v1/cart/lines/{id}": "-",
	"PATCH /v1/cart/lines/{id}": "-", "POST /v1/cart/coupon": "-", "DELETE /v1/cart/coupon": "-",
	"GET /v1/coupons": "studio", "POST /v1/coupons": "studio", "PATCH /v1/coupons/{id}": "studio",
	"GET /v1/admin/coupons": "admin", "POST /v1/admin/coupons": "admin", "PATCH /v1/admin/coupons/{id}": "admin",
	"POST /v1/cart/accept-prices": "-", "POST /v1/orders": "-", "POST /v1/orders/{id}/refresh": "-", "POST /v1/orders/{id}/checkout": "-",
	"POST /v1/orders/{id}/cancel": "-", "POST /v1/interactions": "-", "PUT /v1/producers/{handle}/follow": "-", "PUT /v1/account/mutes/{kind}/{thing}": "-", "DELETE /v1/account/mutes/{kind}/{thing}": "-", "DELETE /v1/producers/{handle}/follow": "-",
	"POST /v1/uploads": "-", "GET /v1/account/sessions": "-", "GET /v1/account/tokens": "-",
	"POST /v1/packs/{id}/appeal": "studio", "GET /v1/packs/{id}/appeals": "studio", "POST /v1/reports": "-",
	"GET /v1/packs/{id}/trace": "studio", "POST /v1/packs/{id}/take-down": "admin", "POST /v1/packs/{id}/reinstate": "admin",
}

// scopeOf is what models asks of a personal token on a route.
func scopeOf(route string) string {
	if strings.Contains(route, " /v1/admin/") {
		return "admin"
	}
	return scopes[route]
}

// upstream stands for the services behind. It speaks their types over HTTP and remembers what was asked.
type upstream struct {
	t      testing.TB
	server *httptest.Server
	key    ed25519.PrivateKey
	public ed25519.PublicKey

	mu     sync.Mutex
	asked  []string
	routes map[string]http.HandlerFunc // instead of answers
	values map[string]any              // instead of filled ones
	empty  bool                        // answer zero values
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{t: t, key: private, public: public, routes: map[string]http.HandlerFunc{}, values: map[string]any{}}
	u.routes["POST /v1/viewer"] = u.viewer
	mux := http.NewServeMux()
	for route, zero := range answers {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { u.answer(w, r, route, zero) })
	}
	mux.HandleFunc("POST /v1/sessions/exchange", u.exchange)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !u.empty { // names that are empty give other addresses
			t.Errorf("the fake knows no %s %s", r.Method, r.URL.Path)
		}
		w.WriteHeader(http.StatusNotImplemented)
	})
	u.server = httptest.NewServer(mux)
	t.Cleanup(u.server.Close)
	return u
}

// on answers a route by hand.
func (u *upstream) on(route string, h http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.routes[route] = h
}

// gives answers a route with a value.
func (u *upstream) gives(route string, v any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.values[route] = v
}

// count says how often a route was asked.
func (u *upstream) count(route string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := 0
	for _, a := range u.asked {
		if a == route {
			n++
		}
	}
	return n
}

func (u *upstream) answer(w http.ResponseWriter, r *http.Request, route string, zero any) {
	u.mu.Lock()
	u.asked = append(u.asked, route)
	h, value, given, empty := u.routes[route], u.values[route], false, u.empty
	_, given = u.values[route]
	u.mu.Unlock()
	if r.Header.Get(httpx.HeaderService) == "" {
		u.t.Errorf("%s was asked without a service token", route)
	}
	if scope := scopeOf(route); scope != "" {
		person := u.person(r)
		if person != nil && scope == "admin" && !person.Admin() {
			httpx.WriteProblem(w, r, errs.New(errs.CodeForbidden, "admin_only", "Only admins may do that."))
			return
		}
		if person == nil && scope != "-" {
			httpx.WriteProblem(w, r, errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first."))
			return
		}
		if person != nil && person.TokenID != "" && !slices.Contains(person.Scopes, scope) {
			httpx.WriteProblem(w, r, errs.New(errs.CodeForbidden, "token_scope", "This token does not have the scope for that."))
			return
		}
	}
	if h != nil {
		h(w, r)
		return
	}
	if zero == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	out := reflect.New(reflect.TypeOf(zero))
	if given {
		out.Elem().Set(reflect.ValueOf(value))
	} else if !empty {
		fill(out.Elem(), "")
	}
	writeJSON(w, out.Interface())
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (u *upstream) person(r *http.Request) *models.PersonClaims {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil
	}
	claims, err := client.VerifyPerson(u.public, token, time.Now())
	if err != nil {
		u.t.Errorf("models got a person token that does not hold: %v", err)
		return nil
	}
	return &claims
}

// viewer leaves out what the scopes of a personal token do not allow.
func (u *upstream) viewer(w http.ResponseWriter, r *http.Request) {
	var out models.Viewer
	if !u.empty {
		fill(reflect.ValueOf(&out).Elem(), "")
		out.Muted = models.MutedThings{SoundIDs: []string{accountID}} // nothing that is recommended
	}
	if person := u.person(r); person != nil && person.TokenID != "" {
		out.Cart = models.CartCount{}
		if !slices.Contains(person.Scopes, "read") {
			out.Account, out.Liked, out.Following = nil, models.LikedThings{}, false
		}
		if !slices.Contains(person.Scopes, "library") {
			out.Owned, out.PackSounds, out.PackTier, out.SoundTier = models.Owned{}, 0, "", ""
		}
	}
	writeJSON(w, out)
}

// exchange knows one session and personal tokens whose names are their scopes: crt_read, crt_library …
func (u *upstream) exchange(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	u.asked = append(u.asked, "POST /v1/sessions/exchange")
	u.mu.Unlock()
	var in models.Exchange
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	claims := models.PersonClaims{AccountID: accountID, PersonID: "person-1", ExpiresAt: time.Now().Add(time.Minute)}
	if in.Token == boss || strings.Contains(in.Token, "admin") {
		claims.Roles = []string{models.RoleAdmin}
	}
	scope, token := strings.CutPrefix(in.Token, "crt_")
	switch {
	case err != nil:
		u.t.Error(err)
	case token:
		claims.TokenID, claims.Scopes = "id of "+in.Token, strings.Split(scope, "+")
	case in.Token == session, in.Token == boss:
		claims.SessionID = "session"
	default:
		httpx.WriteProblem(w, r, errs.New(errs.CodeUnauthenticated, "session_unknown", "Sign in again."))
		return
	}
	writeJSON(w, models.Exchanged{PersonToken: u.sign(claims), ExpiresAt: claims.ExpiresAt})
}

func (u *upstream) sign(claims models.PersonClaims) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		u.t.Error(err)
	}
	text := client.PersonTokenPrefix + base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(u.key, []byte(text)))
}

// fill gives every field a value that looks like one of the real service.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"some": "data"}`))
			if name == "Query" { // of a saved search
				v.SetBytes([]byte(`{"v": 1, "words": "kick"}`))
			}
			return
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{1, 128, 255})
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		if fill(value, name); v.Type().Elem().Kind() == reflect.Interface {
			value = reflect.ValueOf("10")
		}
		v.SetMapIndex(reflect.ValueOf("limit").Convert(v.Type().Key()), value)
	case reflect.String:
		v.SetString(sample(name))
	case reflect.Bool:
		// Each of these would make another kind of answer of it.
		v.SetBool(!slices.Contains([]string{"Moved", "NoLongerSold", "Removed", "OwnWork", "LeftOut", "Yours", "Preview"}, name))
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	}
}

func sample(name string) string {
	switch name {
	case "OwnerID", "AccountID":
		return accountID
	case "Tier":
		return string(models.TierExtended)
	case "PackTier", "SoundTier": // there is more to buy
		return string(models.TierStandard)
	case "ID", "PackID", "SoundID", "EditionID", "ProducerID", "IncludedIn", "IDs", "SoundIDs", "PackIDs", "UploadID":
		return someID
	case "Gone", "Moved", "Refused":
		return ""
	case "Currency":
		return "EUR"
	case "State", "PackState":
		return "ready"
	case "Kind", "LineKind":
		return "pack"
	case "Key":
		return "Am"
	case "Genre", "Slug":
		return "techno"
	case "Licence", "Code":
		return "standard"
	case "PeaksKey":
		return "peaks/x/1.json"
	}
	return "some " + strings.ToLower(name)
}

// signedCertificate is a document as models keeps them.
func signedCertificate() string {
	document, err := certificate.Sign(certificate.Certificate{ID: "01900000-0000-7000-8000-000000000001", VerifyURL: "http://site.test/verify/x"}, ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		panic(err)
	}
	return string(document)
}
