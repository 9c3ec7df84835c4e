package httpapi_test

import (
	"net/http"
	"testing"

	"crateful.dev/models"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// The passwords of demo accounts are known to everybody: production neither makes such accounts nor lets in those that a
// copied database brought along.
func TestDemoAccountsAreRefusedInProduction(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t, func(c *models.Config) {
		c.Env, c.PublicURL, c.StripeKey, c.StripeAPIURL = "production", "https://crateful.test", "", ""
	})
	res := s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/accounts", Body: api.SignUp{
		Email: "demo@demo.crateful.test", Password: "a long enough password", Handle: "demo-person", Demo: true,
	}})
	if p := modelstest.Problem(t, res, http.StatusBadRequest); len(p.Fields) != 1 || p.Fields[0].Name != "demo" {
		t.Errorf("a demo account was made: %+v", p)
	}
	brought := s.SignUp(t, "")
	token := modelstest.Into[api.NewToken](t, s.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/account/tokens", As: brought, Body: api.TokenRequest{Name: "t", Scopes: []string{"read"}},
	}), http.StatusCreated)
	postgrestest.Exec(t, s.DB, "UPDATE accounts SET demo = true WHERE id = $1", brought.Account.ID)
	signIn := modelstest.Request{Method: "POST", Path: "/v1/sessions", Body: api.SignIn{Email: brought.Email, Password: brought.Password}}
	if p := modelstest.Problem(t, s.Do(t, signIn), http.StatusUnauthorized); p.Reason != "wrong_credentials" {
		t.Errorf("signed in: %+v", p)
	}
	for _, secret := range []string{brought.Session, token.Secret} {
		modelstest.Problem(t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/sessions/exchange", Body: api.Exchange{Token: secret}}), http.StatusUnauthorized)
	}
	modelstest.Problem(t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/sessions", As: brought}), http.StatusUnauthorized)
	postgrestest.Exec(t, s.DB, "UPDATE accounts SET demo = false WHERE id = $1", brought.Account.ID)
	if res := s.Do(t, signIn); res.Status >= 300 {
		t.Errorf("a person's account: %d %s", res.Status, res.Body)
	}
}
