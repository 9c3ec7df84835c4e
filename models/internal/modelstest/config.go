package modelstest

import (
	"testing"

	"crateful.dev/models"
	"crateful.dev/models/internal/payment/stripetest"
)

// others fills what the catalogue and the shop need in the configuration.
func others(t testing.TB, cfg *models.Config) {
	t.Helper()

	// catalogue

	// shop
	cfg.StripeKey, cfg.StripeWebhookSecret = "sk_test_x", stripetest.Secret
	cfg.StripeAPIURL = stripetest.New(t).URL
}
