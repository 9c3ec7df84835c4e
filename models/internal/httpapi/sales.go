package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/ledger"
)

// Sales is a producer's money.
type Sales struct{ Service *ledger.Service }

// Routes of sales.
func (h Sales) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/sales", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.sales},
		{Method: http.MethodGet, Path: "/v1/sales/statement", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.statement},
		{Method: http.MethodGet, Path: "/v1/sales/quote", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.quote},
	}
}

func (h Sales) sales(c *gin.Context) error {
	days := 30
	if s := c.Query("days"); s != "" {
		var err error
		if days, err = strconv.Atoi(s); err != nil {
			return errs.Invalid(errs.Field{Name: "days", Reason: "not_a_number", Detail: "Ask for a number of days."})
		}
	}
	got, err := h.Service.Sales(c.Request.Context(), accountOf(c), currencyOf(c), days)
	return answer(c, http.StatusOK, got, err)
}

func (h Sales) statement(c *gin.Context) error {
	page, err := keyset(c, 50, 1000)
	if err != nil {
		return err
	}
	q := api.StatementQuery{Cursor: page.Cursor, Limit: page.Limit}
	if q.From, err = timeOf(c, "from"); err != nil {
		return err
	}
	if q.To, err = timeOf(c, "to"); err != nil {
		return err
	}
	got, err := h.Service.Statement(c.Request.Context(), accountOf(c), q)
	if err != nil {
		return err
	}
	got.NextCursor, err = cursorOf(got.NextCursor)
	return answer(c, http.StatusOK, got, err)
}

func (h Sales) quote(c *gin.Context) error {
	amount, err := strconv.ParseInt(c.Query("amount"), 10, 64)
	if err != nil {
		return errs.Invalid(errs.Field{Name: "amount", Reason: "not_a_number", Detail: "Give the price in minor units."})
	}
	got, err := h.Service.Quote(c.Request.Context(), accountOf(c), api.Money{Amount: amount, Currency: currencyOf(c)})
	return answer(c, http.StatusOK, got, err)
}

func currencyOf(c *gin.Context) string { return c.DefaultQuery("currency", "EUR") }

func timeOf(c *gin.Context, name string) (time.Time, error) {
	s := c.Query(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, errs.Invalid(errs.Field{Name: name, Reason: "not_a_time", Detail: "Give a time like 2026-01-31T00:00:00Z."})
	}
	return t.UTC(), nil
}
