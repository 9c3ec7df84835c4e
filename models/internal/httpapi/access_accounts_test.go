package httpapi_test

import (
	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
)

func setupAccounts(w *world) {
	w.values["owner.handle"] = w.people[owner].Account.Handle
	w.values["owner.id"] = w.people[owner].Account.ID
}

// ownerSession is the id of another session of the owner, made anew for each role.
func ownerSession(w *world) string {
	extra := w.SignIn(w.t, w.people[owner], "")
	out := modelstest.Into[api.Exchanged](w.t, w.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/sessions/exchange", Body: api.Exchange{Token: extra.Session},
	}), 200)
	return "/v1/account/sessions/" + out.SessionID
}

func ownerToken(w *world) string {
	out := modelstest.Into[api.NewToken](w.t, w.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/account/tokens", As: w.people[owner], Body: api.TokenRequest{Name: "t", Scopes: []string{"read"}},
	}), 201)
	return "/v1/account/tokens/" + out.ID
}

// mine is for what belongs to one person: everybody else is told that it is not there.
var mine = [roles]verdict{no401, no404, no404, yes, no404}

var accountAccess = []access{
	{route: "POST /v1/accounts", want: everybody},
	// Wrong credentials are 401 by themselves; TestSignIn shows who gets in.
	{route: "POST /v1/sessions", body: with(api.SignIn{Email: "nobody@example.test", Password: "x"}), want: [roles]verdict{no401, no401, no401, no401, no401}},
	{route: "POST /v1/sessions/exchange", body: with(api.Exchange{}), want: everybody},
	{route: "POST /v1/email/verify", body: with(api.VerifyEmail{Token: "x"}), want: everybody},
	{route: "POST /v1/password/forgot", body: with(api.Forgot{Email: "nobody@example.test"}), want: everybody},
	{route: "POST /v1/password/reset", body: with(api.Reset{Token: "x", Password: "long enough"}), want: everybody},
	{route: "GET /v1/account", want: signedIn},
	{route: "PATCH /v1/account/profile", body: with(map[string]string{}), want: signedIn},
	{route: "PATCH /v1/account/settings", body: with(map[string]string{}), want: signedIn},
	{route: "POST /v1/account/email", body: with(api.EmailChange{Email: "new@example.test", Password: "wrong"}), want: signedIn},
	{route: "POST /v1/account/email/resend", want: signedIn},
	{route: "POST /v1/account/password", body: with(api.PasswordChange{Current: "wrong", New: "long enough"}), want: signedIn},
	{route: "GET /v1/account/sessions", want: signedIn},
	{route: "DELETE /v1/account/sessions", want: signedIn},
	{route: "DELETE /v1/account/sessions/:id", path: ownerSession, want: mine},
	{route: "GET /v1/account/tokens", want: signedIn},
	{route: "POST /v1/account/tokens", body: with(api.TokenRequest{Name: "t", Scopes: []string{"read"}}), want: signedIn},
	{route: "DELETE /v1/account/tokens/:id", path: ownerToken, want: mine},
	{route: "DELETE /v1/account/history", want: signedIn},
	{route: "GET /v1/account/following", want: signedIn},
	{route: "GET /v1/account/mutes", want: signedIn},
	{route: "PUT /v1/account/mutes/:kind/:thing", path: at("/v1/account/mutes/producer/%s", "owner.id"), want: signedIn},
	{route: "DELETE /v1/account/mutes/:kind/:thing", path: at("/v1/account/mutes/producer/%s", "owner.id"), want: signedIn},
	{route: "GET /v1/producers/:handle", path: at("/v1/producers/%s", "owner.handle"), want: everybody},
	{route: "POST /v1/producers/batch", body: with(api.ProducersQuery{}), want: everybody},
	{route: "PUT /v1/producers/:handle/follow", path: at("/v1/producers/%s/follow", "owner.handle"), want: signedIn},
	{route: "DELETE /v1/producers/:handle/follow", path: at("/v1/producers/%s/follow", "owner.handle"), want: signedIn},
	{route: "POST /v1/interactions", body: with(api.Interactions{}), want: everybody},
	{route: "POST /v1/versions", body: with(api.VersionsQuery{}), want: everybody},
	{route: "GET /v1/admin/accounts", want: adminOnly},
	// Last: it ends the sessions of everybody who may.
	{route: "DELETE /v1/session", path: func(w *world) string { w.renew(); return "/v1/session" }, want: signedIn},
}

// renew signs everybody in again, so that signing out hurts nobody's next row.
func (w *world) renew() {
	for role := buyer; role < roles; role++ {
		w.people[role] = w.SignIn(w.t, w.people[role], "")
	}
}
