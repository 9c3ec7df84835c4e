package client_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http/httptest"
	"testing"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/client"
	"crateful.dev/models/internal/modelstest"
)

func start(t *testing.T) (*modelstest.Stack, *client.Client) {
	t.Helper()
	w := modelstest.Start(t)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	c := client.New(httpx.ClientConfig{BaseURL: server.URL, ServiceToken: modelstest.Tokens["experience"].Reveal()})
	t.Cleanup(c.Close)
	return w, c
}

func ok[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAccountThroughTheClient(t *testing.T) {
	t.Parallel()
	w, c := start(t)
	visitor := client.With(t.Context(), client.Caller{Visitor: "a-visitor-cookie-of-a-test", ClientIP: "2001:db8:1:2:3:4:5:6", Device: "Browser 1"})
	if person := ok[api.Exchanged](t)(c.Exchange(visitor, api.Exchange{})); person.PersonID == "" || person.PersonToken != "" {
		t.Fatalf("visitor %+v", person)
	}
	session := ok[api.NewSession](t)(c.SignUp(visitor, api.SignUp{Email: "a@example.test", Password: "a good password", Handle: "some-one"}))
	ex := ok[api.Exchanged](t)(c.Exchange(visitor, api.Exchange{Token: session.Token}))
	key, err := base64.StdEncoding.DecodeString(w.Service.IdentityPublicKey())
	if err != nil {
		t.Fatal(err)
	}
	claims := ok[api.PersonClaims](t)(client.VerifyPerson(ed25519.PublicKey(key), ex.PersonToken, time.Now()))
	if claims.AccountID != session.Account.ID || claims.SessionID != ex.SessionID {
		t.Fatalf("claims %+v", claims)
	}
	me := client.With(t.Context(), client.Caller{PersonToken: ex.PersonToken})
	list := ok[api.Sessions](t)(c.Sessions(me)).Sessions
	if len(list) != 1 || list[0].IP != "2001:db8:1:2::" || list[0].Device != "Browser 1" {
		t.Errorf("sessions %+v", list)
	}
	var res httpx.Response
	account := ok[api.Account](t)(c.Account(me, httpx.WithResponse(&res)))
	if res.Header.Get("ETag") != httpx.ETagRevision(account.Revision) {
		t.Errorf("ETag %q of revision %d", res.Header.Get("ETag"), account.Revision)
	}
	if _, err := c.Account(me, client.IfNoneMatch(res.Header.Get("ETag")), httpx.WithResponse(&res)); err != nil || res.Status != 304 {
		t.Errorf("same version: %d, %v", res.Status, err)
	}
	name := "Some One"
	changed := ok[api.Account](t)(c.ChangeProfile(me, httpx.ETagRevision(account.Revision), api.ProfileChange{Name: &name}))
	if changed.Name != name {
		t.Errorf("name %q", changed.Name)
	}
	if _, err := c.ChangeProfile(me, httpx.ETagRevision(account.Revision), api.ProfileChange{Name: &name}); errs.CodeOf(err) != errs.CodePreconditionFailed {
		t.Errorf("late change: %v", err)
	}
	theme := "dark"
	if a := ok[api.Account](t)(c.ChangeSettings(me, api.SettingsChange{Theme: &theme})); a.Settings.Theme != "dark" {
		t.Errorf("settings %+v", a.Settings)
	}
	token := ok[api.NewToken](t)(c.CreateToken(me, api.TokenRequest{Name: "t", Scopes: []string{api.ScopeRead}}))
	byToken := ok[api.Exchanged](t)(c.Exchange(t.Context(), api.Exchange{Token: token.Secret}))
	if byToken.SessionID != "" || len(byToken.Scopes) != 1 {
		t.Errorf("by token %+v", byToken)
	}
	if n := len(ok[api.Tokens](t)(c.Tokens(me)).Tokens); n != 1 {
		t.Errorf("%d tokens", n)
	}
	if err := c.RevokeToken(me, token.ID); err != nil {
		t.Error(err)
	}
	other := ok[api.NewSession](t)(c.SignUp(t.Context(), api.SignUp{Email: "b@example.test", Password: "a good password", Handle: "another-one"}))
	if f := ok[api.Follow](t)(c.Follow(me, other.Account.Handle)); !f.Following || f.Followers != 1 {
		t.Errorf("follow %+v", f)
	}
	if p := ok[api.Producer](t)(c.Producer(me, "ANOTHER-ONE")); !p.Following || p.Moved {
		t.Errorf("producer %+v", p)
	}
	batch := ok[api.Producers](t)(c.Producers(me, []string{other.Account.ID, "01900000-0000-7000-8000-000000000000", account.ID})).Producers
	if len(batch) != 2 || batch[0].ID != other.Account.ID || !batch[1].Yours {
		t.Errorf("batch %+v", batch)
	}
	if got := ok[api.Producers](t)(c.Following(me, "")).Producers; len(got) != 1 {
		t.Errorf("following %+v", got)
	}
	if f := ok[api.Follow](t)(c.Unfollow(me, other.Account.Handle)); f.Following || f.Followers != 0 {
		t.Errorf("unfollow %+v", f)
	}
	taken := ok[api.InteractionsTaken](t)(c.Interact(me, api.Interactions{Items: []api.Interaction{{Kind: "view", PackID: account.ID, At: time.Now()}}}))
	if taken.Taken != 1 {
		t.Errorf("taken %d", taken.Taken)
	}
	for what, call := range map[string]func(context.Context) error{
		"resend": c.ResendVerification, "wipe": c.WipeHistory, "others": c.EndOtherSessions,
		"forgot": func(ctx context.Context) error {
			return c.ForgotPassword(ctx, api.Forgot{Email: "nobody@example.test"})
		},
	} {
		if err := call(me); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := c.Accounts(me, api.AccountQuery{}); errs.CodeOf(err) != errs.CodeForbidden {
		t.Errorf("accounts: %v", err)
	}
	if _, err := c.Producer(me, "../admin"); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("odd handle: %v", err)
	}
	if err := c.SignOut(me); err != nil {
		t.Error(err)
	}
	if _, err := c.Exchange(t.Context(), api.Exchange{Token: session.Token}); errs.CodeOf(err) != errs.CodeUnauthenticated {
		t.Errorf("after signing out: %v", err)
	}
}

func TestAdminThroughTheClient(t *testing.T) {
	t.Parallel()
	w, c := start(t)
	boss, p := w.SignUp(t, ""), w.SignUp(t, "")
	w.MakeAdmin(t, boss)
	ex := ok[api.Exchanged](t)(c.Exchange(t.Context(), api.Exchange{Token: boss.Session}))
	admin := client.With(t.Context(), client.Caller{PersonToken: ex.PersonToken})
	first := ok[api.AdminAccounts](t)(c.Accounts(admin, api.AccountQuery{Limit: 1}))
	second := ok[api.AdminAccounts](t)(c.Accounts(admin, api.AccountQuery{Limit: 1, Cursor: first.Next}))
	if len(first.Accounts) != 1 || len(second.Accounts) != 1 || first.Accounts[0].ID == second.Accounts[0].ID || second.Next != "" {
		t.Errorf("pages %+v, %+v", first, second)
	}
	if none := ok[api.AdminAccounts](t)(c.Accounts(admin, api.AccountQuery{Text: "%"})); len(none.Accounts) != 0 {
		t.Errorf("a percent sign finds %d", len(none.Accounts))
	}
	if err := c.DisableAccount(admin, p.Account.ID, api.Disable{Reason: "spam"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Producer(t.Context(), p.Account.Handle); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("profile of a disabled account: %v", err)
	}
	if err := c.DisableAccount(admin, boss.Account.ID, api.Disable{Reason: "oops"}); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("own account: %v", err)
	}
	if err := c.EnableAccount(admin, p.Account.ID, api.Enable{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SignIn(t.Context(), api.SignIn{Email: p.Email, Password: p.Password}); err != nil {
		t.Errorf("after enabling: %v", err)
	}
}
