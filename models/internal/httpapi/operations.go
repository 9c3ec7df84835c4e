package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/operations"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/tx"
	"crateful.dev/models/internal/upload"
)

// Operations is the operator's side: what needs somebody, and what can be done about it.
type Operations struct {
	Service *operations.Service
	Uploads *upload.Service
	Orders  *order.Service
	Sandbox bool // payments are not real money
}

// Routes implements Resource.
func (h Operations) Routes() []Route {
	look := func(path string, handle func(*gin.Context) error) Route {
		return Route{Method: http.MethodGet, Path: path, Who: Admin, Scope: auth.ScopeAdmin, Handle: handle}
	}
	act := func(path string, handle func(*gin.Context) error) Route {
		return Route{Method: http.MethodPost, Path: path, Who: Admin, Scope: auth.ScopeAdmin, Handle: handle}
	}
	return []Route{
		look("/v1/admin/needs", h.needs),
		look("/v1/admin/outbox", h.outbox),
		look("/v1/admin/lag", h.lag),
		look("/v1/admin/dead", h.dead),
		act("/v1/admin/dead/redrive", h.redrive),
		act("/v1/admin/dead/dismiss", h.dismiss),
		look("/v1/admin/jobs", h.jobs),
		act("/v1/admin/jobs/:id/retry", h.retry),
		act("/v1/admin/jobs/:id/cancel", h.cancel),
		look("/v1/admin/reprocess", h.reprocessing),
		act("/v1/admin/reprocess", h.reprocess),
		act("/v1/admin/uploads/:id/dismiss", h.dismissFile),
		look("/v1/admin/objects", h.objects),
		act("/v1/admin/objects/sweep", h.askSweep),
		look("/v1/admin/orders", h.orders),
		look("/v1/admin/orders/:id", h.order),
		act("/v1/admin/orders/:id/check", h.checkOrder),
		act("/v1/admin/orders/:id/attended", h.attended),
		act("/v1/admin/orders/:id/refund", h.giveRefund),
		act("/v1/admin/orders/:id/refunds/:refund/again", h.refundAgain),
		act("/v1/admin/orders/:id/refunds/:refund/assign", h.assignRefund),
		act("/v1/admin/orders/:id/lines/:line/decline", h.declineRefund),
		{Method: http.MethodPost, Path: "/v1/uploads/:id/measurement/begin", Who: Services("analyzer"), Handle: h.beginMeasurement},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/measurement", Who: Services("analyzer"), Handle: h.measured},
		{Method: http.MethodPost, Path: "/v1/objects/sweeps", Who: Services("analyzer"), Handle: h.beginSweep},
		{Method: http.MethodPost, Path: "/v1/objects/sweeps/:id/end", Who: Services("analyzer"), Handle: h.endSweep},
	}
}

func (h Operations) needs(c *gin.Context) error {
	out, err := h.Service.Needs(c.Request.Context())
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) outbox(c *gin.Context) error {
	out, err := h.Service.Outbox(c.Request.Context())
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) lag(c *gin.Context) error {
	out, err := h.Service.Lag(c.Request.Context())
	return answer(c, http.StatusOK, out, err)
}

// numbered reads a page whose cursor is a number; 0 at the start.
func numbered(c *gin.Context) (at int64, limit int, err error) {
	page, err := pageOf(c, 50, 200)
	if err != nil || page.Cursor == "" {
		return 0, page.Limit, err
	}
	at, err = strconv.ParseInt(page.Cursor, 10, 64)
	if err != nil || at < 0 {
		return 0, 0, tx.BadCursor()
	}
	return at, page.Limit, nil
}

func (h Operations) dead(c *gin.Context) error {
	at, limit, err := numbered(c)
	if err != nil {
		return err
	}
	out, err := h.Service.DeadLetters(c.Request.Context(), api.DeadQuery{Topic: c.Query("topic"), Limit: limit, All: on(c, "all")}, at)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) redrive(c *gin.Context) error {
	in, err := httpx.Decode[api.DeadSelection](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Redrive(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) dismiss(c *gin.Context) error {
	in, err := httpx.Decode[api.DeadSelection](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Dismiss(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) jobs(c *gin.Context) error {
	before, limit, err := numbered(c)
	if err != nil {
		return err
	}
	out, err := h.Service.Jobs(c.Request.Context(), operations.JobQuery{
		State: c.Query("state"), Kind: c.Query("kind"), Failed: on(c, "failed"), Before: before, Limit: limit,
	})
	return answer(c, http.StatusOK, out, err)
}

// jobAct reads a job's id and an act on it.
func jobAct(c *gin.Context) (int64, api.JobAct, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, api.JobAct{}, errs.NotFound("job")
	}
	in, err := httpx.Decode[api.JobAct](c)
	return id, in, err
}

func (h Operations) retry(c *gin.Context) error {
	id, in, err := jobAct(c)
	if err != nil {
		return err
	}
	out, err := h.Service.RetryJob(c.Request.Context(), id, in.Reason)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) cancel(c *gin.Context) error {
	id, in, err := jobAct(c)
	if err != nil {
		return err
	}
	out, err := h.Service.CancelJob(c.Request.Context(), id, in.Reason)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) reprocessing(c *gin.Context) error {
	out, err := h.Uploads.Reprocessing(c.Request.Context())
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) reprocess(c *gin.Context) error {
	in, err := httpx.Decode[api.Reprocess](c)
	if err != nil {
		return err
	}
	out, err := h.Uploads.Reprocess(c.Request.Context(), in)
	return answer(c, http.StatusAccepted, out, err)
}

func (h Operations) dismissFile(c *gin.Context) error {
	id, err := idOf(c, "id", "upload")
	if err != nil {
		return err
	}
	in, err := optional[api.Dismissal](c)
	if err != nil {
		return err
	}
	return done(c, h.Uploads.Dismiss(c.Request.Context(), id, in))
}

func (h Operations) objects(c *gin.Context) error {
	page, err := pageOf(c, 100, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.Objects(c.Request.Context(), page.Cursor, page.Limit)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) askSweep(c *gin.Context) error {
	out, err := h.Service.AskSweep(c.Request.Context())
	return answer(c, http.StatusAccepted, out, err)
}

func (h Operations) orders(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	if page.Cursor != "" && !tx.ValidID(page.Cursor) {
		return tx.BadCursor()
	}
	q := order.CaseQuery{Text: c.Query("q"), State: order.State(c.Query("state")), Stuck: on(c, "attention"), After: page.Cursor, Limit: page.Limit}
	if len(q.Text) > 300 {
		return errs.Invalid(errs.Field{Name: "q", Reason: "too_long", Detail: "At most 300 characters."})
	}
	if q.State != "" && !slices.Contains(order.States(), q.State) {
		return errs.Invalid(errs.Field{Name: "state", Reason: "unknown", Detail: "There is no such state of an order."})
	}
	cases, next, err := h.Orders.Cases(c.Request.Context(), q)
	out := api.AdminOrders{Orders: make([]api.AdminOrder, len(cases)), Next: next}
	for i := range cases {
		out.Orders[i] = h.view(cases[i])
	}
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) order(c *gin.Context) error {
	found, err := h.Orders.Case(c.Request.Context(), c.Param("id"))
	return h.answer(c, found, err)
}

func (h Operations) checkOrder(c *gin.Context) error {
	in, err := httpx.Decode[api.OrderAct](c)
	if err != nil {
		return err
	}
	found, problem, err := h.Orders.Check(c.Request.Context(), c.Param("id"), in.Reason)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, api.OrderChecked{Order: h.view(found), Problem: problem}, nil)
}

func (h Operations) attended(c *gin.Context) error {
	in, err := httpx.Decode[api.OrderAct](c)
	if err != nil {
		return err
	}
	found, err := h.Orders.Attended(c.Request.Context(), c.Param("id"), in.Reason)
	return h.answer(c, found, err)
}

func (h Operations) giveRefund(c *gin.Context) error {
	in, err := httpx.Decode[api.GiveRefund](c)
	if err != nil {
		return err
	}
	found, err := h.Orders.GiveByAdmin(c.Request.Context(), c.Param("id"), accountOf(c), order.Give{LineID: in.LineID, Amount: in.Amount, Returned: in.Returned, Note: in.Reason})
	return h.answer(c, found, err)
}

func (h Operations) refundAgain(c *gin.Context) error {
	in, err := httpx.Decode[api.SettleRefund](c)
	if err != nil {
		return err
	}
	found, err := h.Orders.RefundAgain(c.Request.Context(), c.Param("id"), c.Param("refund"), in.Reason)
	return h.answer(c, found, err)
}

func (h Operations) assignRefund(c *gin.Context) error {
	in, err := httpx.Decode[api.SettleRefund](c)
	if err != nil {
		return err
	}
	found, err := h.Orders.Assign(c.Request.Context(), c.Param("id"), c.Param("refund"), in.LineID, in.Reason)
	return h.answer(c, found, err)
}

func (h Operations) declineRefund(c *gin.Context) error {
	in, err := httpx.Decode[api.DeclineRefund](c)
	if err != nil {
		return err
	}
	found, err := h.Orders.DeclineByAdmin(c.Request.Context(), c.Param("id"), c.Param("line"), in.Answer)
	return h.answer(c, found, err)
}

func (h Operations) answer(c *gin.Context, found order.Case, err error) error {
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, h.view(found), nil)
}

func (h Operations) view(c order.Case) api.AdminOrder {
	v := api.AdminOrder{
		Order: orderView(c.Order, h.Sandbox), BuyerID: c.Buyer.AccountID, BuyerName: c.Buyer.Name, Stuck: c.Stuck, CheckedAt: c.CheckedAt,
		Attempts: make([]api.OrderAttempt, len(c.Attempts)), Payments: make([]api.OrderPayment, len(c.Payments)), Refunds: make([]api.OrderRefund, len(c.Refunds)),
		Disputes: make([]api.OrderDispute, len(c.Disputes)),
	}
	v.Attention = c.Attention
	if v.Payment != nil {
		v.Payment.URL = "" // who has the address can pay, and it is the buyer's
	}
	for i, a := range c.Attempts {
		v.Attempts[i] = api.OrderAttempt{Number: a.Number, State: string(a.State), SessionID: a.SessionID, CreatedAt: a.CreatedAt, ExpiresAt: a.ExpiresAt}
	}
	for i, p := range c.Payments {
		v.Payments[i] = api.OrderPayment{Attempt: p.Attempt, Reference: p.ProviderID, Amount: p.Amount, Duplicate: p.Duplicate, ReceivedAt: p.ReceivedAt}
	}
	for i, r := range c.Refunds {
		v.Refunds[i] = refundView(r)
	}
	for i, d := range c.Disputes {
		v.Disputes[i] = api.OrderDispute{
			Reference: d.ProviderID, Amount: d.Amount, Reason: d.Reason, State: d.State, DueAt: d.DueAt, OpenedAt: d.OpenedAt, ClosedAt: d.ClosedAt,
		}
	}
	return v
}

func (h Operations) beginMeasurement(c *gin.Context) error {
	return with(c, "upload", func(id string, in api.MeasureBegin) (api.MeasureBegun, error) {
		return h.Uploads.BeginMeasurement(c.Request.Context(), id, in)
	})
}

func (h Operations) measured(c *gin.Context) error {
	return with(c, "upload", func(id string, in api.MeasureReport) (api.MeasureTaken, error) {
		return h.Uploads.Measured(c.Request.Context(), id, in)
	})
}

func (h Operations) beginSweep(c *gin.Context) error {
	in, err := httpx.Decode[api.SweepBegin](c)
	if err != nil {
		return err
	}
	out, err := h.Service.BeginSweep(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Operations) endSweep(c *gin.Context) error {
	id, err := idOf(c, "id", "sweep")
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.SweepEnd](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.EndSweep(c.Request.Context(), id, in))
}
