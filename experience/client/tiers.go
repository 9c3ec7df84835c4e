package client

import (
	"context"
	"net/http"

	"crateful.dev/experience/api"
)

// AddLicence puts things into the cart with the licence, or at the price, that the buyer chose.
func (a *Asking) AddLicence(ctx context.Context, in api.AddToCart) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodPost, "/cart/lines", in)
}

// ChangeCartLine gives a line another licence, or the amount the buyer names.
func (a *Asking) ChangeCartLine(ctx context.Context, line string, in api.ChangeCartLine) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodPatch, "/cart/lines/"+seg(line), in)
}

// RedeemCoupon puts a coupon into the cart.
func (a *Asking) RedeemCoupon(ctx context.Context, in api.RedeemCoupon) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodPost, "/cart/coupon", in)
}

// DropCoupon takes the coupon out of the cart.
func (a *Asking) DropCoupon(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodDelete, "/cart/coupon", nil)
}

// Coupons are the producer's, newest first.
func (a *Asking) Coupons(ctx context.Context, next string) (api.StudioCoupons, error) {
	return get[api.StudioCoupons](ctx, a, "/studio/coupons", cursor(next))
}

// CreateCoupon makes one that the producer bears. The same key makes the same one.
func (a *Asking) CreateCoupon(ctx context.Context, key string, in api.NewCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, a.Once(key), http.MethodPost, "/studio/coupons", in)
}

// ChangeCoupon pauses, resumes or ends a coupon of the producer.
func (a *Asking) ChangeCoupon(ctx context.Context, id string, in api.ChangeCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, a, http.MethodPatch, "/studio/coupons/"+seg(id), in)
}

// AdminCoupons are everybody's, newest first.
func (a *Asking) AdminCoupons(ctx context.Context, next string) (api.Coupons, error) {
	return get[api.Coupons](ctx, a, "/admin/coupons", cursor(next))
}

// CreateAdminCoupon makes one that the platform bears. The same key makes the same one.
func (a *Asking) CreateAdminCoupon(ctx context.Context, key string, in api.NewCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, a.Once(key), http.MethodPost, "/admin/coupons", in)
}

// ChangeAdminCoupon pauses, resumes or ends anybody's coupon.
func (a *Asking) ChangeAdminCoupon(ctx context.Context, id string, in api.ChangeCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, a, http.MethodPatch, "/admin/coupons/"+seg(id), in)
}
