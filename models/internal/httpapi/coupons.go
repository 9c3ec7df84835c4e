package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/coupon"
)

// Coupons are a producer's coupons, and to admins everybody's and the platform's.
type Coupons struct{ Service *coupon.Service }

// Routes of coupons.
func (h Coupons) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/coupons", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.own},
		{Method: http.MethodPost, Path: "/v1/coupons", Who: SignedIn, Scope: auth.ScopeStudio, Live: true, Idempotent: KeyInTx, Handle: h.create},
		{Method: http.MethodPatch, Path: "/v1/coupons/:id", Who: SignedIn, Scope: auth.ScopeStudio, Live: true, Handle: h.change},
		{Method: http.MethodGet, Path: "/v1/admin/coupons", Who: Admin, Handle: h.all},
		{Method: http.MethodPatch, Path: "/v1/admin/coupons/:id", Who: Admin, Handle: h.changeAny},
		{Method: http.MethodPost, Path: "/v1/admin/coupons", Who: Admin, Idempotent: KeyInTx, Handle: h.createPlatform},
	}
}

func (h Coupons) own(c *gin.Context) error { return h.list(c, accountOf(c)) }

func (h Coupons) all(c *gin.Context) error { return h.list(c, "") }

func (h Coupons) list(c *gin.Context, producerID string) error {
	page, err := keyset(c, 50, 100)
	if err != nil {
		return err
	}
	got, err := h.Service.List(c.Request.Context(), producerID, page.Cursor, page.Limit)
	if err != nil {
		return err
	}
	got.NextCursor, err = cursorOf(got.NextCursor)
	return answer(c, http.StatusOK, got, err)
}

func (h Coupons) create(c *gin.Context) error { return h.make(c, false) }

func (h Coupons) createPlatform(c *gin.Context) error { return h.make(c, true) }

func (h Coupons) make(c *gin.Context, platform bool) error {
	in, err := httpx.Decode[api.NewCoupon](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Create(c.Request.Context(), auth.From(c.Request.Context()), platform, in)
	return answer(c, http.StatusCreated, got, err)
}

func (h Coupons) change(c *gin.Context) error { return h.alter(c, false) }

func (h Coupons) changeAny(c *gin.Context) error { return h.alter(c, true) }

func (h Coupons) alter(c *gin.Context, anybodys bool) error {
	in, err := httpx.Decode[api.ChangeCoupon](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Change(c.Request.Context(), auth.From(c.Request.Context()), anybodys, c.Param("id"), in)
	return answer(c, http.StatusOK, got, err)
}
