package payment_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"crateful.dev/kit/gotool"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/payout"
)

// Every request that we make is one that Stripe's own description of its API allows: stripe-mock refuses the others.
func TestStripeMockTakesOurRequests(t *testing.T) {
	t.Parallel()
	address := gotool.Start(t, "github.com/stripe/stripe-mock", "v0.203.0", regexp.MustCompile(`HTTP at address: (\S+)`), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	api, err := payment.New(payment.Config{SecretKey: "sk_test_123", WebhookSecret: stripetest.Secret, APIURL: "http://" + address, PublicURL: "https://shop.test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, since := t.Context(), time.Now().Add(-time.Hour)
	for name, ask := range map[string]func() error{
		"open a payment page": func() error {
			_, err := api.Open(ctx, order.Checkout{
				OrderID: "o", Number: "CF-001001", Attempt: 1, Key: "k1", Email: "buyer@example.com", Currency: "EUR",
				Lines: []order.CheckoutLine{{Title: "Dusty Keys", Amount: 1200}}, ExpiresAt: time.Now().Add(31 * time.Minute),
			})
			return err
		},
		"ask about one": func() error { _, err := api.Session(ctx, "cs_test_1"); return err },
		"close one":     func() error { _, err := api.Expire(ctx, "cs_test_1"); return err },
		"refund": func() error {
			_, err := api.Refund(ctx, order.RefundRequest{OrderID: "o", RefundID: "r", Try: 2, PaymentID: "pi_1", Amount: 100, Key: "k2", Reason: "given", AskedBefore: true})
			return err
		},
		"refunds of a payment": func() error { _, err := api.Refunds(ctx, "pi_1"); return err },
		"new refunds":          func() error { _, err := api.RefundsSince(ctx, since); return err },
		"a dispute":            func() error { _, err := api.Dispute(ctx, "dp_1"); return err },
		"new disputes":         func() error { _, err := api.DisputesSince(ctx, since); return err },
		"an account":           func() error { _, err := api.Account(ctx, "acct_1"); return err },
		"a payout":             func() error { _, err := api.Payout(ctx, "acct_1", "po_1"); return err },
		"payouts":              func() error { _, err := api.Payouts(ctx, "acct_1", since); return err },
		"onboarding": func() error {
			_, err := api.Onboarding(ctx, "acct_1", "https://shop.test/back", "https://shop.test/again")
			return err
		},
		"a transfer": func() error {
			_, err := api.Transfer(ctx, payout.TransferRequest{
				TransferID: "t", OrderID: "o", Amount: 1020, Currency: "EUR", Destination: "acct_1", Source: "ch_1", Key: "k3", AskedBefore: true,
			})
			return err
		},
		"a reversal": func() error {
			_, err := api.Reverse(ctx, payout.ReverseRequest{ReversalID: "v", Transfer: "tr_1", Amount: 20, Key: "k4", AskedBefore: true})
			return err
		},
		"a new account": func() error {
			_, err := api.CreateAccount(ctx, payout.NewAccount{ProducerID: "p", Email: "maker@example.com", Country: "DE", Key: "k5"})
			return err
		},
		"a charge": func() error {
			if _, err := api.Charge(ctx, "pi_1"); errors.Is(err, order.ErrRefused) { // the mock's only payment has none
				return err
			}
			return nil
		},
		"undelivered events": func() error {
			if _, err := api.Undelivered(ctx, since); !errors.Is(err, order.ErrBadEvent) { // the mock's only event is of a newer version
				return err
			}
			return nil
		},
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
