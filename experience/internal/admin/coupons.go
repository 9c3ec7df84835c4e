package admin

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

func (s *Admin) coupons(c *gin.Context) error {
	var out api.Coupons
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		page, err := s.Models.AllCoupons(ctx, c.Query("cursor"), 0)
		rows.Coupons(&out, page)
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Admin) createCoupon(c *gin.Context) error {
	in, err := httpx.Decode[api.NewCoupon](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	made, err := s.Models.CreatePlatformCoupon(ctx, c.GetHeader("Idempotency-Key"), rows.NewCoupon(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Coupon(made))
}

func (s *Admin) changeCoupon(c *gin.Context) error {
	in, err := httpx.Decode[api.ChangeCoupon](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.ChangeAnyCoupon(ctx, c.Param("id"), models.ChangeCoupon(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Coupon(changed))
}
