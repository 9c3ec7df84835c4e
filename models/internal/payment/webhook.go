package payment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/tx"
)

// SignatureTolerance is how old a webhook may be.
const SignatureTolerance = 300 * time.Second

// MaxWebhookBytes is more than any event Stripe sends.
const MaxWebhookBytes = 1 << 20

// checkoutEvents are the events about payment pages that we act on.
var checkoutEvents = []stripe.EventType{
	stripe.EventTypeCheckoutSessionCompleted,
	stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded,
	stripe.EventTypeCheckoutSessionAsyncPaymentFailed,
	stripe.EventTypeCheckoutSessionExpired,
}

// Verify reads a webhook: the signature over the raw body, its age, the API version and that it is about real money only if the key is.
func (s *Stripe) Verify(payload []byte, signature string) (order.Event, error) {
	if len(payload) > MaxWebhookBytes {
		return order.Event{}, fmt.Errorf("%w: %d bytes", order.ErrBadEvent, len(payload))
	}
	event, err := webhook.ConstructEventWithOptions(payload, signature, s.secret, webhook.ConstructEventOptions{Tolerance: SignatureTolerance})
	if err != nil {
		return order.Event{}, fmt.Errorf("%w: %w", order.ErrBadSignature, err)
	}
	return s.eventOf(&event)
}

func (s *Stripe) eventOf(e *stripe.Event) (order.Event, error) {
	out := order.Event{ID: e.ID, Type: string(e.Type), Created: time.Unix(e.Created, 0).UTC()}
	switch {
	case e.ID == "" || e.Type == "":
		return out, fmt.Errorf("%w: no id or type", order.ErrBadEvent)
	case e.Livemode != s.live:
		return out, fmt.Errorf("%w: %s is about real money: %t, the key: %t", order.ErrBadEvent, e.ID, e.Livemode, s.live)
	case e.APIVersion != stripe.APIVersion:
		return out, fmt.Errorf("%w: %s has API version %q, want %s", order.ErrBadEvent, e.ID, e.APIVersion, stripe.APIVersion)
	}
	if e.Data == nil {
		return out, fmt.Errorf("%w: %s has no object", order.ErrBadEvent, e.ID)
	}
	out.Job = jobOf(e)
	for _, t := range checkoutEvents {
		if e.Type != t {
			continue
		}
		var session stripe.CheckoutSession
		if err := json.Unmarshal(e.Data.Raw, &session); err != nil {
			return out, fmt.Errorf("%w: %s: %w", order.ErrBadEvent, e.ID, err)
		}
		if session.ID == "" {
			return out, fmt.Errorf("%w: %s has no payment page", order.ErrBadEvent, e.ID)
		}
		read := sessionOf(&session, e.Type)
		out.Session = &read
	}
	return out, nil
}

// jobOf is what an event about a connected account asks for; nil: nothing.
func jobOf(e *stripe.Event) tx.Job {
	id, _ := e.Data.Object["id"].(string)
	switch {
	case id == "":
		return nil
	case e.Type == stripe.EventTypeAccountUpdated:
		return payout.CheckAccountJob{AccountID: id, Cause: e.ID}
	case strings.HasPrefix(string(e.Type), "payout.") && e.Account != "":
		return payout.CheckPayoutJob{AccountID: e.Account, PayoutID: id, Cause: e.ID}
	}
	return nil
}

// Undelivered lists events about payment pages whose webhook did not reach us, oldest first.
func (s *Stripe) Undelivered(ctx context.Context, since time.Time) ([]order.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	params := &stripe.EventListParams{
		CreatedRange:    &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
		DeliverySuccess: stripe.Bool(false),
	}
	for _, t := range checkoutEvents {
		params.Types = append(params.Types, stripe.String(string(t)))
	}
	params.Context = ctx
	params.Limit = stripe.Int64(100)
	var out []order.Event
	var problems []error
	it := s.api.Events.List(params)
	for it.Next() && len(out) < 1000 {
		event, err := s.eventOf(it.Event())
		if err != nil {
			problems = append(problems, err)
			continue
		}
		out = append([]order.Event{event}, out...)
	}
	if err := it.Err(); err != nil {
		problems = append(problems, fmt.Errorf("list undelivered events: %w", refusal(err)))
	}
	return out, errors.Join(problems...)
}
