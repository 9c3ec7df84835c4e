package shop

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

func (s *Shop) checkout(c *gin.Context) error {
	key := c.GetHeader("Idempotency-Key")
	if key == "" || len(key) > 200 {
		return errs.New(errs.CodeInvalid, "idempotency_key_missing", "Send an Idempotency-Key header of 1 to 200 characters.")
	}
	in, err := httpx.Decode[api.Checkout](c)
	if err != nil {
		return err
	}
	create := createOrder(in)
	if in.Invoice != nil {
		details := models.InvoiceDetails(*in.Invoice)
		create.Invoice = &details
	}
	return s.showOrder(c, http.StatusCreated, func(ctx context.Context) (models.Order, error) {
		return s.Models.CreateOrder(ctx, key, create)
	})
}

// createOrder asks for one currency, or for all when all totals are told. Who tells none expects to pay nothing.
func createOrder(in api.Checkout) models.CreateOrder {
	out := models.CreateOrder{Currency: in.ExpectedTotal.Currency}
	if len(in.ExpectedTotals) == 0 || in.ExpectedTotal != (api.Money{}) {
		out.ExpectedTotal = &in.ExpectedTotal.Amount
	}
	for _, m := range in.ExpectedTotals {
		out.ExpectedTotals = append(out.ExpectedTotals, models.Money(m))
	}
	return out
}

func (s *Shop) order(c *gin.Context) error {
	return s.showOrder(c, http.StatusOK, func(ctx context.Context) (models.Order, error) {
		if c.Query("fresh") == "true" && !caller.From(c).ByToken() {
			found, err := s.Models.RefreshOrder(ctx, c.Param("id"))
			if code := errs.CodeOf(err); code != errs.CodeUnavailable && code != errs.CodeTimeout {
				return found, err
			}
			s.Soft(ctx, "payment provider", err) // what we know is still true, and the reconciler asks again
		}
		return s.Models.Order(ctx, c.Param("id"))
	})
}

func (s *Shop) pay(c *gin.Context) error {
	return s.showOrder(c, http.StatusOK, func(ctx context.Context) (models.Order, error) {
		return s.Models.OpenCheckout(ctx, c.Param("id"))
	})
}

func (s *Shop) cancel(c *gin.Context) error {
	return s.showOrder(c, http.StatusOK, func(ctx context.Context) (models.Order, error) {
		return s.Models.CancelOrder(ctx, c.Param("id"))
	})
}

func (s *Shop) askRefund(c *gin.Context) error {
	in, err := httpx.Decode[api.RefundReason](c)
	if err != nil {
		return err
	}
	return s.showOrder(c, http.StatusOK, func(ctx context.Context) (models.Order, error) {
		return s.Models.AskRefund(ctx, c.Param("id"), c.Param("line"), models.AskRefund(in))
	})
}

func (s *Shop) withdrawRefund(c *gin.Context) error {
	return s.showOrder(c, http.StatusOK, func(ctx context.Context) (models.Order, error) {
		return s.Models.WithdrawRefund(ctx, c.Param("id"), c.Param("line"))
	})
}

// showOrder acts first and then reads the frame, because a paid order empties the cart.
func (s *Shop) showOrder(c *gin.Context, status int, load func(context.Context) (models.Order, error)) error {
	_, ctx := s.As(c)
	found, err := load(ctx)
	if err != nil {
		return err
	}
	out := order(found)
	if found.PaidAt != nil && found.Total > 0 {
		papers, err := s.Models.OrderPapers(ctx, found.ID)
		if err != nil {
			return err
		}
		for _, p := range papers.Papers {
			out.Papers = append(out.Papers, api.PaperRef{ID: p.ID, Kind: string(p.Kind), Number: p.Number, IssuedAt: p.IssuedAt})
		}
	}
	if err := s.Around(c, &out.Frame, screen.NoContent); err != nil {
		return err
	}
	return screen.Done(c, status, out)
}

func order(o models.Order) api.Order {
	money := func(amount int64) api.Money { return api.Money{Amount: amount, Currency: o.Currency} }
	out := api.Order{
		ID: o.ID, Number: o.Number, State: string(o.State), Total: money(o.Total), Lines: rows.OrderLines(o),
		ReceiptEmail: o.Email, CreatedAt: o.CreatedAt, PaidAt: o.PaidAt,
	}
	if o.Payment != nil {
		out.PayURL, out.Sandbox = o.Payment.URL, o.Payment.Sandbox
	}
	for _, p := range o.Parts {
		out.Parts = append(out.Parts, api.OrderPart{ID: p.ID, Number: p.Number, State: string(p.State), Total: rows.Money(p.Total)})
	}
	if o.Discount > 0 {
		discount := money(o.Discount)
		out.Discount, out.Coupon = &discount, o.Coupon
	}
	if o.Refunded > 0 {
		back := money(o.Refunded)
		out.Refunded = &back
	}
	return out
}

func (s *Shop) orders(c *gin.Context) error {
	out := api.Orders{Orders: []api.Order{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		page, err := s.Models.Orders(ctx, c.Query("cursor"), 25)
		for _, o := range page.Orders {
			out.Orders = append(out.Orders, order(o))
		}
		out.Page.Next = page.NextCursor
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

// webhook hands the raw body down: only models knows the secret it is signed with.
func (s *Shop) webhook(c *gin.Context) error {
	body, err := httpx.Body(c)
	if err != nil {
		return err
	}
	done, err := s.Models.StripeWebhook(c.Request.Context(), models.StripeWebhook{
		Payload: body, Signature: c.GetHeader("Stripe-Signature"),
	})
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, map[string]string{"outcome": done.Outcome})
}
