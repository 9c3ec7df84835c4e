// Package coupon answers for coupons, those of a producer and those of the platform alike.
package coupon

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

// Desk is where an issuer looks after coupons.
type Desk struct {
	*screen.Services
	Created int // status that answers a new coupon
	List    func(ctx context.Context, cursor string, limit int) (models.Coupons, error)
	Create  func(ctx context.Context, key string, in models.NewCoupon) (models.Coupon, error)
	Change  func(ctx context.Context, id string, in models.ChangeCoupon) (models.Coupon, error)
	// Packs are those that a coupon of the issuer can be for; nil: it is for everything.
	Packs func(ctx context.Context) ([]api.CouponPack, error)
}

// Mount adds the routes below path.
func (d Desk) Mount(r gin.IRouter, path string) {
	r.GET(path, httpx.Handle(d.list))
	r.POST(path, httpx.Handle(d.create))
	r.PATCH(path+"/:id", httpx.Handle(d.change))
}

func (d Desk) list(c *gin.Context) error {
	out := api.StudioCoupons{Packs: []api.CouponPack{}}
	err := d.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		page, err := d.List(ctx, c.Query("cursor"), 0)
		if err != nil {
			return err
		}
		rows.Coupons(&out.Coupons, page)
		if d.Packs != nil && c.Query("cursor") == "" {
			out.Packs, err = d.Packs(ctx)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case d.Packs == nil:
		return screen.JSON(c, out.Coupons)
	}
	return screen.JSON(c, out)
}

func (d Desk) create(c *gin.Context) error {
	return screen.Act(d.Services, c, d.Created, func(ctx context.Context, in api.NewCoupon) (models.Coupon, error) {
		return d.Create(ctx, c.GetHeader("Idempotency-Key"), rows.NewCoupon(in))
	}, rows.Coupon)
}

func (d Desk) change(c *gin.Context) error {
	return screen.Act(d.Services, c, http.StatusOK, func(ctx context.Context, in api.ChangeCoupon) (models.Coupon, error) {
		return d.Change(ctx, c.Param("id"), models.ChangeCoupon(in))
	}, rows.Coupon)
}
