package stripesandbox_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"crateful.dev/kit/gotool"
	"crateful.dev/local/internal/stripesandbox"
)

// What the sandbox answers has the fields that Stripe's own description gives, of the same kinds: both go through the client.
func TestAnswersAreLikeStripes(t *testing.T) {
	t.Parallel()
	address := gotool.Start(t, "github.com/stripe/stripe-mock", "v0.203.0", regexp.MustCompile(`HTTP at address: (\S+)`), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String("http://" + address), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}})
	mock := client.New("sk_test_123", &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	_, sandbox := start(t, nil)
	session := paid(t, sandbox, stripesandbox.CardDisputed)
	payment := session.PaymentIntent.ID
	dispute := onlyDispute(t, sandbox, payment)
	other := paid(t, sandbox, stripesandbox.CardSucceeds)
	refund := func(api *client.API) (*stripe.Refund, error) {
		return api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(other.PaymentIntent.ID), Amount: stripe.Int64(100)})
	}
	for name, ask := range map[string]func(*client.API) (*stripe.APIResponse, error){
		"checkout.session": func(api *client.API) (*stripe.APIResponse, error) {
			s, err := api.CheckoutSessions.New(checkout(1200))
			return response(s, err, func() *stripe.APIResponse { return s.LastResponse })
		},
		"payment_intent": func(api *client.API) (*stripe.APIResponse, error) {
			p, err := api.PaymentIntents.Get(payment, nil)
			return response(p, err, func() *stripe.APIResponse { return p.LastResponse })
		},
		"refund": func(api *client.API) (*stripe.APIResponse, error) {
			r, err := refund(api)
			return response(r, err, func() *stripe.APIResponse { return r.LastResponse })
		},
		"dispute": func(api *client.API) (*stripe.APIResponse, error) {
			d, err := api.Disputes.Get(dispute.ID, nil)
			return response(d, err, func() *stripe.APIResponse { return d.LastResponse })
		},
		"charge": func(api *client.API) (*stripe.APIResponse, error) {
			c, err := api.Charges.Get(dispute.Charge.ID, nil)
			return response(c, err, func() *stripe.APIResponse { return c.LastResponse })
		},
		"balance_transaction": func(api *client.API) (*stripe.APIResponse, error) {
			b, err := api.BalanceTransactions.Get(dispute.BalanceTransactions[0].ID, nil)
			return response(b, err, func() *stripe.APIResponse { return b.LastResponse })
		},
		"account": func(api *client.API) (*stripe.APIResponse, error) {
			a, err := api.Accounts.New(&stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String("DE"), Email: stripe.String("maker@example.com")})
			return response(a, err, func() *stripe.APIResponse { return a.LastResponse })
		},
	} {
		theirs, err := ask(mock)
		if err != nil {
			t.Errorf("%s from the mock: %v", name, err)
			continue
		}
		ours, err := ask(sandbox)
		if err != nil {
			t.Errorf("%s from the sandbox: %v", name, err)
			continue
		}
		alike(t, name, decoded(t, ours), decoded(t, theirs))
	}
}

func response[T any](_ T, err error, last func() *stripe.APIResponse) (*stripe.APIResponse, error) {
	if err != nil {
		return nil, err
	}
	return last(), nil
}

func decoded(t *testing.T, r *stripe.APIResponse) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(r.RawJSON, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// alike says that every field of ours is one of theirs, of the same kind where both have something in it.
func alike(t *testing.T, path string, ours, theirs map[string]any) {
	t.Helper()
	for name, mine := range ours {
		at := path + "." + name
		their, known := theirs[name]
		switch {
		case !known:
			t.Errorf("%s is no field of Stripe's", at)
		case mine == nil || their == nil:
		case fmt.Sprintf("%T", mine) != fmt.Sprintf("%T", their):
			_, expanded := their.(map[string]any)
			if _, id := mine.(string); !id || !expanded { // an id stands for the thing itself
				t.Errorf("%s is %T, Stripe's is %T", at, mine, their)
			}
		default:
			if child, ok := mine.(map[string]any); ok && name != "metadata" {
				alike(t, at, child, their.(map[string]any))
			}
		}
	}
}
