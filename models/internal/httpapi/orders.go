package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/order"
)

// Orders are purchases.
type Orders struct {
	Service *order.Service
	Sandbox bool // payments are not real money
}

// Routes of orders.
func (h Orders) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/orders", Who: SignedIn, Live: true, Idempotent: KeyAfter, Handle: h.create},
		{Method: http.MethodGet, Path: "/v1/orders", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.list},
		{Method: http.MethodGet, Path: "/v1/orders/:id", Who: SignedIn, Scope: auth.ScopeLibrary, Live: true, Handle: h.get},
		{Method: http.MethodPost, Path: "/v1/orders/:id/refresh", Who: SignedIn, Live: true, Handle: h.refresh},
		{Method: http.MethodPost, Path: "/v1/orders/:id/checkout", Who: SignedIn, Live: true, Handle: h.checkout},
		{Method: http.MethodPost, Path: "/v1/orders/:id/cancel", Who: SignedIn, Live: true, Handle: h.cancel},
	}
}

func accountOf(c *gin.Context) string { return auth.From(c.Request.Context()).AccountID }

func (h Orders) create(c *gin.Context) error {
	if c.GetHeader("Idempotency-Key") == "" {
		return errs.New(errs.CodeInvalid, "idempotency_key_required", "Send an Idempotency-Key with an order.")
	}
	in, err := httpx.Decode[api.CreateOrder](c)
	if err != nil {
		return err
	}
	o, err := h.Service.Place(c.Request.Context(), accountOf(c), in)
	return h.answer(c, http.StatusCreated, o, err)
}

func (h Orders) list(c *gin.Context) error {
	page, err := keyset(c, 20, 100)
	if err != nil {
		return err
	}
	orders, last, err := h.Service.List(c.Request.Context(), accountOf(c), page.Cursor, page.Limit)
	if err != nil {
		return err
	}
	out := api.OrderPage{Orders: make([]api.Order, len(orders))}
	for i, o := range orders {
		out.Orders[i] = orderView(o, h.Sandbox)
	}
	out.NextCursor, err = cursorOf(last)
	return answer(c, http.StatusOK, out, err)
}

func (h Orders) get(c *gin.Context) error {
	who := auth.From(c.Request.Context())
	o, err := h.Service.Get(c.Request.Context(), who.AccountID, c.Param("id"))
	if who.Admin && errs.CodeOf(err) == errs.CodeNotFound {
		o, err = h.Service.GetAny(c.Request.Context(), c.Param("id"))
	}
	if err != nil {
		return err
	}
	view := orderView(o, h.Sandbox)
	if who.Admin {
		view.Attention = o.Attention
	}
	return answer(c, http.StatusOK, view, nil)
}

func (h Orders) refresh(c *gin.Context) error {
	o, err := h.Service.Refresh(c.Request.Context(), accountOf(c), c.Param("id"))
	return h.answer(c, http.StatusOK, o, err)
}

func (h Orders) checkout(c *gin.Context) error {
	o, err := h.Service.OpenCheckout(c.Request.Context(), accountOf(c), c.Param("id"))
	return h.answer(c, http.StatusOK, o, err)
}

func (h Orders) cancel(c *gin.Context) error {
	o, err := h.Service.Cancel(c.Request.Context(), accountOf(c), c.Param("id"))
	return h.answer(c, http.StatusOK, o, err)
}

func (h Orders) answer(c *gin.Context, status int, o *order.Order, err error) error {
	if err != nil {
		return err
	}
	return answer(c, status, orderView(o, h.Sandbox), nil)
}

func orderView(o *order.Order, sandbox bool) api.Order {
	v := api.Order{
		ID: o.ID, Number: o.NumberText(), State: o.State, Currency: o.Currency, Subtotal: o.Subtotal, Credit: o.Credit, Discount: o.Discount,
		Total: o.Total, Refunded: o.Refunded, Lines: make([]api.OrderLine, len(o.Lines)),
		Email: o.Buyer.Email, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, PaidAt: o.PaidAt,
	}
	for i, l := range o.Lines {
		v.Lines[i] = api.OrderLine{
			ID: l.ID, Kind: l.Kind, PackID: l.PackID, PackSlug: l.PackSlug, EditionID: l.EditionID, Edition: l.Edition,
			SoundID: l.SoundID, Title: l.Title(), PackTitle: l.PackTitle, Seller: l.Seller, LicenceCode: l.LicenceCode, Tier: l.Tier,
			CoverKey: l.CoverKey, Price: l.Price, Credit: l.Credit, CreditSounds: l.CreditSounds, Discount: l.Discount, Amount: l.Amount(),
			State: l.State, Reason: l.Reason, Returned: l.Returned, AskUntil: o.AskUntil(l), Request: requestView(o.Request(l.ID)),
		}
	}
	if o.Coupon != nil {
		v.Coupon = o.Coupon.Code
	}
	for _, p := range o.Parts {
		v.Parts = append(v.Parts, api.OrderPart{ID: p.ID, Number: p.NumberText(), State: p.State, Total: api.Money{Amount: p.Total, Currency: p.Currency}})
	}
	if n := len(o.Attempts); n > 0 {
		a := o.Attempts[n-1]
		v.Payment = &api.Payment{Attempt: a.Number, Sandbox: sandbox}
		if o.State == api.OrderAwaitingPayment && a.State == order.AttemptOpen {
			expires := a.ExpiresAt
			v.Payment.URL, v.Payment.ExpiresAt = a.URL, &expires
		}
	}
	if o.PaidAt != nil {
		v.Receipt = &api.Receipt{
			Number: o.NumberText(), IssuedAt: *o.PaidAt, BuyerName: o.Buyer.Name, Email: o.Buyer.Email, Currency: o.Currency,
			Total: o.Total, Refunded: o.Refunded,
		}
		for _, p := range o.Payments {
			if !p.Duplicate {
				v.Receipt.Reference = p.ProviderID
			}
		}
	}
	return v
}

// keyset reads a page whose cursor is the id of the last row before it.
func keyset(c *gin.Context, byDefault, most int) (Page, error) {
	page, err := pageOf(c, byDefault, most)
	if err != nil || page.Cursor == "" {
		return page, err
	}
	id, err := placeOf(page, func(id *string) string { return *id })
	if err != nil {
		return page, err
	}
	page.Cursor = *id
	return page, nil
}
