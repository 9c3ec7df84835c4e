package studio

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

// fillReceives says what the producer keeps of the pack's price in each licence.
func (s *Studio) fillReceives(ctx context.Context, out *api.WorkbenchPack, p models.WorkbenchPack) {
	for _, t := range []struct {
		tier  models.Tier
		price *models.Money
	}{{models.TierStandard, p.Price}, {models.TierExtended, p.ExtendedPrice}, {models.TierExclusive, p.ExclusivePrice}} {
		if t.price == nil || t.price.Amount == 0 {
			continue
		}
		quote, err := s.Models.Quote(ctx, *t.price)
		s.Soft(ctx, "quote", err)
		if err != nil {
			return
		}
		receives := rows.Money(quote.Receives)
		out.Receives = append(out.Receives, api.TierPrice{Tier: string(t.tier), Price: receives})
		if t.tier == models.TierStandard {
			out.YouReceive = &receives
		}
	}
}

func (s *Studio) coupons(c *gin.Context) error {
	var out api.Coupons
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		page, err := s.Models.Coupons(ctx, c.Query("cursor"), 0)
		rows.Coupons(&out, page)
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Studio) createCoupon(c *gin.Context) error {
	in, err := httpx.Decode[api.NewCoupon](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	made, err := s.Models.CreateCoupon(ctx, c.GetHeader("Idempotency-Key"), rows.NewCoupon(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusCreated, rows.Coupon(made))
}

func (s *Studio) changeCoupon(c *gin.Context) error {
	in, err := httpx.Decode[api.ChangeCoupon](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.ChangeCoupon(ctx, c.Param("id"), models.ChangeCoupon(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Coupon(changed))
}
