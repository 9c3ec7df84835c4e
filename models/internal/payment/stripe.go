// Package payment speaks to Stripe, and alone knows its words. It opens, asks about and closes payment pages, sends
// money back and reads webhooks; what any of it means for an order is package order's business.
package payment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"crateful.dev/models/internal/order"
)

// Limits of a call to Stripe.
const (
	callTimeout    = 9 * time.Second // one call with its retries
	requestTimeout = 8 * time.Second
	retries        = 2
	maxLines       = 100 // on one payment page
	maxTitle       = 200 // runes of a line's name
)

// Config says how to reach Stripe.
type Config struct {
	SecretKey     string
	WebhookSecret string
	APIURL        string // empty: Stripe itself; else the sandbox, refused in production
	PublicURL     string // the site's address, to come back to
	Production    bool
}

// live says whether the key moves real money.
func (c Config) live() bool {
	return strings.HasPrefix(c.SecretKey, "sk_live_") || strings.HasPrefix(c.SecretKey, "rk_live_")
}

// Check refuses what must not be used: live keys outside of production, and the sandbox in it.
func (c Config) Check() error {
	switch {
	case c.live() && (!c.Production || c.APIURL != ""):
		return errors.New("live Stripe keys are refused outside of production")
	case !c.live() && !strings.HasPrefix(c.SecretKey, "sk_test_") && !strings.HasPrefix(c.SecretKey, "rk_test_"):
		return errors.New("the Stripe key must begin with sk_test_ or sk_live_")
	case c.WebhookSecret == "":
		return errors.New("the Stripe webhook secret is missing")
	case c.APIURL != "" && c.Production:
		return errors.New("the Stripe sandbox address is refused in production")
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the site's public address %q is not an http address", c.PublicURL)
	}
	return nil
}

// Stripe is an order.Gateway.
type Stripe struct {
	api       *client.API
	secret    string
	publicURL string
	sandbox   bool
	live      bool
}

var _ order.Gateway = (*Stripe)(nil)

// New returns a Stripe for a checked config.
func New(c Config) (*Stripe, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("set up payments: %w", err)
	}
	backend := func(kind stripe.SupportedBackend) stripe.Backend {
		cfg := &stripe.BackendConfig{
			HTTPClient:        &http.Client{Timeout: requestTimeout},
			MaxNetworkRetries: stripe.Int64(retries),
			EnableTelemetry:   stripe.Bool(false),
			LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		}
		if c.APIURL != "" {
			cfg.URL = stripe.String(strings.TrimSuffix(c.APIURL, "/"))
		}
		return stripe.GetBackendWithConfig(kind, cfg)
	}
	api := client.New(c.SecretKey, &stripe.Backends{
		API: backend(stripe.APIBackend), Connect: backend(stripe.ConnectBackend), Uploads: backend(stripe.UploadsBackend),
	})
	return &Stripe{api: api, secret: c.WebhookSecret, publicURL: strings.TrimSuffix(c.PublicURL, "/"), sandbox: c.APIURL != "", live: c.live()}, nil
}

// Sandbox says whether payments go to the sandbox.
func (s *Stripe) Sandbox() bool { return s.sandbox }

// Open opens a payment page.
func (s *Stripe) Open(ctx context.Context, c order.Checkout) (order.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	metadata := map[string]string{"order_id": c.OrderID, "attempt": strconv.Itoa(c.Attempt)}
	back := s.publicURL + "/checkout/return?order=" + url.QueryEscape(c.OrderID)
	params := &stripe.CheckoutSessionParams{
		Params:            stripe.Params{Context: ctx},
		Mode:              stripe.String(string(stripe.CheckoutSessionModePayment)),
		ClientReferenceID: stripe.String(c.OrderID),
		CustomerEmail:     stripe.String(c.Email),
		ExpiresAt:         stripe.Int64(c.ExpiresAt.Unix()),
		SuccessURL:        stripe.String(back + "&result=success"),
		CancelURL:         stripe.String(back + "&result=cancel"),
		LineItems:         lineItems(c),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			Description: stripe.String("Crateful order " + c.Number),
			Metadata:    metadata,
			// the transfers to producers carry it too
			TransferGroup: stripe.String(transferGroup(c.OrderID)),
		},
	}
	if c.AtOnce {
		params.PaymentMethodTypes = stripe.StringSlice([]string{string(stripe.PaymentMethodTypeCard)})
	}
	params.Metadata = metadata
	params.SetIdempotencyKey(c.Key)
	session, err := s.api.CheckoutSessions.New(params)
	if err != nil {
		return order.Session{}, fmt.Errorf("open payment page of order %s: %w", c.OrderID, refusal(err))
	}
	return sessionOf(session, ""), nil
}

// lineItems names what is bought. More lines than a page can show become one.
func lineItems(c order.Checkout) []*stripe.CheckoutSessionLineItemParams {
	item := func(name string, amount int64) *stripe.CheckoutSessionLineItemParams {
		return &stripe.CheckoutSessionLineItemParams{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency:    stripe.String(strings.ToLower(c.Currency)),
				UnitAmount:  stripe.Int64(amount),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(shorten(name, c.Number))},
			},
		}
	}
	var items []*stripe.CheckoutSessionLineItemParams
	var total int64
	for _, l := range c.Lines {
		total += l.Amount
		if l.Amount > 0 {
			items = append(items, item(l.Title, l.Amount))
		}
	}
	if len(items) > maxLines {
		return []*stripe.CheckoutSessionLineItemParams{item(fmt.Sprintf("Order %s, %d items", c.Number, len(c.Lines)), total)}
	}
	return items
}

func shorten(name, fallback string) string {
	name = strings.TrimSpace(strings.ToValidUTF8(name, ""))
	if name == "" {
		return fallback
	}
	if r := []rune(name); len(r) > maxTitle {
		return string(r[:maxTitle-1]) + "…"
	}
	return name
}

// Session asks about a payment page.
func (s *Stripe) Session(ctx context.Context, id string) (order.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}}
	params.AddExpand("payment_intent")
	session, err := s.api.CheckoutSessions.Get(id, params)
	if err != nil {
		return order.Session{}, fmt.Errorf("ask about payment page %s: %w", id, refusal(err))
	}
	return sessionOf(session, ""), nil
}

// Expire closes a payment page that is still open, and says how it ended when it is not.
func (s *Stripe) Expire(ctx context.Context, id string) (order.Session, error) {
	expireCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.CheckoutSessionExpireParams{Params: stripe.Params{Context: expireCtx}}
	session, err := s.api.CheckoutSessions.Expire(id, params)
	if err == nil {
		return sessionOf(session, ""), nil
	}
	if err = refusal(err); !errors.Is(err, order.ErrRefused) {
		return order.Session{}, fmt.Errorf("close payment page %s: %w", id, err)
	}
	return s.Session(ctx, id)
}

// refusal marks answers that will not change when asked again.
func refusal(err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.HTTPStatusCode == http.StatusConflict { // the same call is under way
		return fmt.Errorf("stripe answered %d %s: %s", e.HTTPStatusCode, e.Code, e.Msg)
	}
	if e.Type == stripe.ErrorTypeIdempotency || e.Type == stripe.ErrorTypeInvalidRequest && (e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusNotFound) {
		return fmt.Errorf("%w: %s (%s)", order.ErrRefused, e.Msg, e.Code)
	}
	return fmt.Errorf("stripe answered %d %s: %s", e.HTTPStatusCode, e.Type, e.Msg)
}
