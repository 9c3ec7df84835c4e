package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/order"
)

// Refunds is money that goes back, as buyers and producers see it.
type Refunds struct {
	Service *order.Service
	Sandbox bool // payments are not real money
}

// Routes of refunds.
func (h Refunds) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/orders/:id/lines/:line/refund-request", Who: SignedIn, Live: true, Handle: h.ask},
		{Method: http.MethodPost, Path: "/v1/orders/:id/lines/:line/refund-request/withdraw", Who: SignedIn, Live: true, Handle: h.withdraw},
		{Method: http.MethodGet, Path: "/v1/sales/refund-requests", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.list},
		{Method: http.MethodGet, Path: "/v1/sales/lines/:line", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.line},
		{Method: http.MethodPost, Path: "/v1/sales/lines/:line/refund", Who: SignedIn, Live: true, Handle: h.give},
		{Method: http.MethodPost, Path: "/v1/sales/lines/:line/decline", Who: SignedIn, Live: true, Handle: h.decline},
	}
}

func (h Refunds) ask(c *gin.Context) error {
	in, err := httpx.Decode[api.AskRefund](c)
	if err != nil {
		return err
	}
	o, err := h.Service.AskRefund(c.Request.Context(), accountOf(c), c.Param("id"), c.Param("line"), in.Reason)
	return h.order(c, o, err)
}

func (h Refunds) withdraw(c *gin.Context) error {
	o, err := h.Service.WithdrawRefund(c.Request.Context(), accountOf(c), c.Param("id"), c.Param("line"))
	return h.order(c, o, err)
}

func (h Refunds) order(c *gin.Context, o *order.Order, err error) error {
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, orderView(o, h.Sandbox), nil)
}

func (h Refunds) list(c *gin.Context) error {
	page, err := keyset(c, 20, 100)
	if err != nil {
		return err
	}
	found, open, last, err := h.Service.SellerRequests(c.Request.Context(), order.RequestQuery{ProducerID: accountOf(c), After: page.Cursor, Limit: page.Limit})
	if err != nil {
		return err
	}
	out := api.SoldLines{Lines: make([]api.SoldLine, len(found)), Open: open}
	for i, r := range found {
		out.Lines[i] = soldLine(r.Order, r.Line)
		out.Lines[i].Request = requestView(r.Request)
	}
	out.Next, err = cursorOf(last)
	return answer(c, http.StatusOK, out, err)
}

func (h Refunds) line(c *gin.Context) error {
	sold, err := h.Service.SoldLine(c.Request.Context(), accountOf(c), c.Param("line"))
	return soldAnswer(c, sold, err)
}

func (h Refunds) give(c *gin.Context) error {
	in, err := httpx.Decode[api.GiveRefund](c)
	if err != nil {
		return err
	}
	sold, err := h.Service.GiveByProducer(c.Request.Context(), accountOf(c), order.Give{LineID: c.Param("line"), Amount: in.Amount, Returned: in.Returned, Note: in.Reason})
	return soldAnswer(c, sold, err)
}

func (h Refunds) decline(c *gin.Context) error {
	in, err := httpx.Decode[api.DeclineRefund](c)
	if err != nil {
		return err
	}
	sold, err := h.Service.DeclineByProducer(c.Request.Context(), accountOf(c), c.Param("line"), in.Answer)
	return soldAnswer(c, sold, err)
}

func soldAnswer(c *gin.Context, sold order.SoldLine, err error) error {
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, soldLine(sold.Order, sold.Line), nil)
}

func soldLine(o *order.Order, l order.Line) api.SoldLine {
	v := api.SoldLine{
		ID: l.ID, OrderNumber: o.NumberText(), Kind: l.Kind, PackID: l.PackID, SoundID: l.SoundID, Title: l.Title(), PackTitle: l.PackTitle,
		Currency: o.Currency, Amount: l.Amount(), Returned: l.Returned, State: l.State, Disputed: o.Disputed(),
		RefundUntil: o.RefundUntil(l), Request: requestView(o.Request(l.ID)),
	}
	if o.PaidAt != nil {
		v.PaidAt = *o.PaidAt
	}
	return v
}

func requestView(r *order.Request) *api.RefundRequest {
	if r == nil {
		return nil
	}
	return &api.RefundRequest{
		ID: r.ID, LineID: r.LineID, State: r.State, Reason: r.Reason, Answer: r.Answer, AnsweredBy: r.AnsweredBy, CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt,
	}
}

func refundView(r order.Refund) api.OrderRefund {
	v := api.OrderRefund{
		ID: r.ID, Amount: r.Amount, Reason: r.Reason, Done: r.State != api.RefundAsked && r.State != api.RefundRefused, State: r.State, Problem: r.Problem,
		GivenBy: r.GivenBy, Note: r.Note, LineIDs: make([]string, len(r.Parts)), Reference: r.ProviderID, CreatedAt: r.CreatedAt,
	}
	if r.State == api.RefundRefused {
		v.Refused = r.Problem
	}
	for i, p := range r.Parts {
		v.LineIDs[i] = p.LineID
	}
	return v
}
