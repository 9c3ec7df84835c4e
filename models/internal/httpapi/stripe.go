package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
)

// Stripe takes webhooks that experience hands down as they arrived.
type Stripe struct{ Service *order.Service }

// Routes of webhooks.
func (h Stripe) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/stripe/webhook", Who: Services("experience"), Handle: h.webhook},
	}
}

func (h Stripe) webhook(c *gin.Context) error {
	in, err := httpx.Decode[api.StripeWebhook](c)
	if err != nil {
		return err
	}
	result, err := h.Service.Webhook(c.Request.Context(), in.Payload, in.Signature)
	if err != nil {
		return err
	}
	out := api.StripeWebhookResult{EventID: result.Event.ID, Outcome: result.Outcome}
	if o := result.Order; o != nil {
		out.OrderID, out.AccountID, out.State = o.ID, o.Buyer.AccountID, o.State
	}
	return answer(c, http.StatusOK, out, nil)
}
