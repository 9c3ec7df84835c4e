package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/payout"
)

// Payouts brings producers their money, and shows admins whether the book agrees with the payment provider.
type Payouts struct{ Service *payout.Service }

// Routes of payouts.
func (h Payouts) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/payouts", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.overview},
		{Method: http.MethodPost, Path: "/v1/payouts/connect", Who: SignedIn, Live: true, Handle: h.connect},
		{Method: http.MethodPost, Path: "/v1/payouts/check", Who: SignedIn, Live: true, Handle: h.check},
		{Method: http.MethodGet, Path: "/v1/admin/money", Who: Admin, Scope: auth.ScopeAdmin, Handle: h.desk},
		{Method: http.MethodPost, Path: "/v1/admin/money/check", Who: Admin, Scope: auth.ScopeAdmin, Handle: h.checkBook},
		{Method: http.MethodPost, Path: "/v1/admin/money/commission", Who: Admin, Scope: auth.ScopeAdmin, Handle: h.commission},
		{Method: http.MethodPost, Path: "/v1/admin/money/hold", Who: Admin, Scope: auth.ScopeAdmin, Handle: h.hold},
	}
}

func (h Payouts) overview(c *gin.Context) error {
	got, err := h.Service.Overview(c.Request.Context(), accountOf(c))
	return answer(c, http.StatusOK, got, err)
}

func (h Payouts) connect(c *gin.Context) error {
	in, err := httpx.Decode[api.ConnectPayouts](c)
	if err != nil {
		return err
	}
	url, err := h.Service.Connect(c.Request.Context(), accountOf(c), in.Country)
	return answer(c, http.StatusOK, api.PayoutLink{URL: url}, err)
}

func (h Payouts) check(c *gin.Context) error {
	got, err := h.Service.Check(c.Request.Context(), accountOf(c))
	return answer(c, http.StatusOK, got, err)
}

func (h Payouts) desk(c *gin.Context) error {
	got, err := h.Service.Desk(c.Request.Context())
	return answer(c, http.StatusOK, got, err)
}

func (h Payouts) checkBook(c *gin.Context) error {
	got, err := h.Service.CheckBookNow(c.Request.Context())
	return answer(c, http.StatusOK, got, err)
}

func (h Payouts) commission(c *gin.Context) error {
	in, err := httpx.Decode[api.CommissionRule](c)
	if err != nil {
		return err
	}
	got, err := h.Service.SetCommission(c.Request.Context(), in)
	return answer(c, http.StatusOK, got, err)
}

func (h Payouts) hold(c *gin.Context) error {
	in, err := httpx.Decode[api.HoldRule](c)
	if err != nil {
		return err
	}
	got, err := h.Service.SetHold(c.Request.Context(), in)
	return answer(c, http.StatusOK, got, err)
}
