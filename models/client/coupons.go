package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// RedeemCoupon puts a coupon into the cart.
func (c *Client) RedeemCoupon(ctx context.Context, in api.RedeemCoupon) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodPost, "/v1/cart/coupon", in)
}

// DropCoupon takes the coupon out of the cart.
func (c *Client) DropCoupon(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodDelete, "/v1/cart/coupon", nil)
}

// Coupons reads a page of the producer's coupons, newest first. limit 0 means 50.
func (c *Client) Coupons(ctx context.Context, cursor string, limit int) (api.Coupons, error) {
	return call[api.Coupons](ctx, c, http.MethodGet, "/v1/coupons", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// CreateCoupon makes a coupon of the producer. key is the Idempotency-Key.
func (c *Client) CreateCoupon(ctx context.Context, key string, in api.NewCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, c, http.MethodPost, "/v1/coupons", in, httpx.WithHeader("Idempotency-Key", key))
}

// ChangeCoupon pauses, resumes or ends a coupon.
func (c *Client) ChangeCoupon(ctx context.Context, id string, in api.ChangeCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, c, http.MethodPatch, "/v1/coupons/"+url.PathEscape(id), in)
}

// ChangeAnyCoupon pauses, resumes or ends anybody's coupon, for admins.
func (c *Client) ChangeAnyCoupon(ctx context.Context, id string, in api.ChangeCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, c, http.MethodPatch, "/v1/admin/coupons/"+url.PathEscape(id), in)
}

// AllCoupons reads a page of everybody's coupons, for admins.
func (c *Client) AllCoupons(ctx context.Context, cursor string, limit int) (api.Coupons, error) {
	return call[api.Coupons](ctx, c, http.MethodGet, "/v1/admin/coupons", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// CreatePlatformCoupon makes a coupon that the platform bears, for admins.
func (c *Client) CreatePlatformCoupon(ctx context.Context, key string, in api.NewCoupon) (api.Coupon, error) {
	return call[api.Coupon](ctx, c, http.MethodPost, "/v1/admin/coupons", in, httpx.WithHeader("Idempotency-Key", key))
}
