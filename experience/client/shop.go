package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/experience/api"
)

// Cart is the caller's cart, signed in or not.
func (a *Asking) Cart(ctx context.Context) (api.Cart, error) {
	return get[api.Cart](ctx, a, "/cart", nil)
}

// AddToCart puts packs and single sounds into the cart; what is there or owned already is left out.
func (a *Asking) AddToCart(ctx context.Context, in api.Things) (api.Cart, error) {
	return a.AddLicence(ctx, api.AddToCart{Things: in})
}

// RemoveFromCart takes one line out.
func (a *Asking) RemoveFromCart(ctx context.Context, line string) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodDelete, "/cart/lines/"+seg(line), nil)
}

// EmptyCart takes all out.
func (a *Asking) EmptyCart(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodDelete, "/cart", nil)
}

// AcceptPrices takes the prices of now as seen.
func (a *Asking) AcceptPrices(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, a, http.MethodPost, "/cart/accept-prices", nil)
}

// Checkout makes an order of the cart. The same key gives the same order.
func (a *Asking) Checkout(ctx context.Context, key string, in api.Checkout) (api.Order, error) {
	return call[api.Order](ctx, a.Once(key), http.MethodPost, "/orders", in)
}

// Orders lists the caller's orders, newest first.
func (a *Asking) Orders(ctx context.Context, next string) (api.Orders, error) {
	return get[api.Orders](ctx, a, "/orders", cursor(next))
}

// Order is one order. fresh asks the payment provider when it is still open.
func (a *Asking) Order(ctx context.Context, id string, fresh bool) (api.Order, error) {
	query := url.Values{}
	if fresh {
		query.Set("fresh", "true")
	}
	return get[api.Order](ctx, a, "/orders/"+seg(id), query)
}

// Pay opens the hosted page again, or a new one after a failed attempt.
func (a *Asking) Pay(ctx context.Context, id string) (api.Order, error) {
	return call[api.Order](ctx, a, http.MethodPost, "/orders/"+seg(id)+"/checkout", nil)
}

// CancelOrder gives an unpaid order up.
func (a *Asking) CancelOrder(ctx context.Context, id string) (api.Order, error) {
	return call[api.Order](ctx, a, http.MethodPost, "/orders/"+seg(id)+"/cancel", nil)
}

// Library lists what the caller owns; kind is all, packs or sounds, or returned for what was given back.
func (a *Asking) Library(ctx context.Context, words, kind, next string) (api.Library, error) {
	query := url.Values{}
	for name, value := range map[string]string{"q": words, "kind": kind, "cursor": next} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return get[api.Library](ctx, a, "/library", query)
}

// LibraryPack lists the single files of an edition the caller owns; no edition stands for the newest one.
func (a *Asking) LibraryPack(ctx context.Context, pack, edition string) (api.LibraryPack, error) {
	query := url.Values{}
	if edition != "" {
		query.Set("edition", edition)
	}
	return get[api.LibraryPack](ctx, a, "/library/packs/"+seg(pack), query)
}

// Download asks for a short-lived link.
func (a *Asking) Download(ctx context.Context, in api.DownloadRequest) (api.Download, error) {
	return call[api.Download](ctx, a, http.MethodPost, "/downloads", in)
}
