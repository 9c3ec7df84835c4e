package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// Cart reads the person's cart, checked against the catalogue now.
func (c *Client) Cart(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodGet, "/v1/cart", nil)
}

// CartCount tells how much is in the cart.
func (c *Client) CartCount(ctx context.Context) (api.CartCount, error) {
	return call[api.CartCount](ctx, c, http.MethodGet, "/v1/cart/count", nil)
}

// AddToCart puts items into the cart; what is there already stays.
func (c *Client) AddToCart(ctx context.Context, in api.AddToCart) (api.AddedToCart, error) {
	return call[api.AddedToCart](ctx, c, http.MethodPost, "/v1/cart/lines", in)
}

// ChangeCartLine gives a line another licence or amount.
func (c *Client) ChangeCartLine(ctx context.Context, id string, in api.ChangeCartLine) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodPatch, "/v1/cart/lines/"+url.PathEscape(id), in)
}

// RemoveCartLine takes one line out.
func (c *Client) RemoveCartLine(ctx context.Context, id string) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodDelete, "/v1/cart/lines/"+url.PathEscape(id), nil)
}

// EmptyCart takes all lines out.
func (c *Client) EmptyCart(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodDelete, "/v1/cart", nil)
}

// AcceptPrices makes the prices of now the remembered ones.
func (c *Client) AcceptPrices(ctx context.Context) (api.Cart, error) {
	return call[api.Cart](ctx, c, http.MethodPost, "/v1/cart/accept-prices", nil)
}

// CreateOrder orders what is in the cart. key is the Idempotency-Key; sending the same again gives the same answer.
func (c *Client) CreateOrder(ctx context.Context, key string, in api.CreateOrder) (api.Order, error) {
	return call[api.Order](ctx, c, http.MethodPost, "/v1/orders", in, httpx.WithHeader("Idempotency-Key", key))
}

// Orders reads a page of the account's orders, newest first. limit 0 means 20.
func (c *Client) Orders(ctx context.Context, cursor string, limit int) (api.OrderPage, error) {
	return call[api.OrderPage](ctx, c, http.MethodGet, "/v1/orders", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// Order reads one order.
func (c *Client) Order(ctx context.Context, id string) (api.Order, error) {
	return call[api.Order](ctx, c, http.MethodGet, "/v1/orders/"+url.PathEscape(id), nil)
}

// RefreshOrder asks the payment provider how the order stands, for the page a buyer returns to.
func (c *Client) RefreshOrder(ctx context.Context, id string) (api.Order, error) {
	return call[api.Order](ctx, c, http.MethodPost, "/v1/orders/"+url.PathEscape(id)+"/refresh", nil)
}

// OpenCheckout gives the payment page again, or a new one after the last failed or ran out.
func (c *Client) OpenCheckout(ctx context.Context, id string) (api.Order, error) {
	return call[api.Order](ctx, c, http.MethodPost, "/v1/orders/"+url.PathEscape(id)+"/checkout", nil)
}

// CancelOrder gives an order up that is not paid.
func (c *Client) CancelOrder(ctx context.Context, id string) (api.Order, error) {
	return call[api.Order](ctx, c, http.MethodPost, "/v1/orders/"+url.PathEscape(id)+"/cancel", nil)
}

// Library reads a page of what the account owns, newest first.
func (c *Client) Library(ctx context.Context, in api.LibraryQuery) (api.LibraryPage, error) {
	q := pageQuery(in.Cursor, in.Limit)
	set(q, "q", in.Text)
	set(q, "kind", string(in.Kind))
	if in.Ended {
		q.Set("ended", "true")
	}
	return call[api.LibraryPage](ctx, c, http.MethodGet, "/v1/library", nil, httpx.WithQuery(q))
}

// Owned tells which of the ids the account owns.
func (c *Client) Owned(ctx context.Context, in api.OwnedQuery) (api.Owned, error) {
	return call[api.Owned](ctx, c, http.MethodPost, "/v1/library/owned", in)
}

// LibraryFiles lists the files of an owned pack; without an edition the newest.
func (c *Client) LibraryFiles(ctx context.Context, packID, editionID string) (api.LibrarySounds, error) {
	q := url.Values{}
	set(q, "edition_id", editionID)
	return call[api.LibrarySounds](ctx, c, http.MethodGet, "/v1/library/packs/"+url.PathEscape(packID)+"/files", nil, httpx.WithQuery(q))
}

// Download checks that the account owns something and names the object to make a link to.
func (c *Client) Download(ctx context.Context, in api.DownloadRequest) (api.DownloadGrant, error) {
	return call[api.DownloadGrant](ctx, c, http.MethodPost, "/v1/downloads", in)
}

// Downloads reads a page of downloads, newest first.
func (c *Client) Downloads(ctx context.Context, cursor string, limit int) (api.DownloadPage, error) {
	return call[api.DownloadPage](ctx, c, http.MethodGet, "/v1/downloads", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// Quote tells what a producer receives for a price.
func (c *Client) Quote(ctx context.Context, price api.Money) (api.Quote, error) {
	q := url.Values{"amount": {strconv.FormatInt(price.Amount, 10)}}
	set(q, "currency", price.Currency)
	return call[api.Quote](ctx, c, http.MethodGet, "/v1/sales/quote", nil, httpx.WithQuery(q))
}

// Sales sums up the producer's sales with a series of 1 to 365 days; 0 means 30.
func (c *Client) Sales(ctx context.Context, days int) (api.Sales, error) {
	q := url.Values{}
	if days != 0 {
		q.Set("days", strconv.Itoa(days))
	}
	return call[api.Sales](ctx, c, http.MethodGet, "/v1/sales", nil, httpx.WithQuery(q))
}

// Statement reads a page of the producer's movements, newest first.
func (c *Client) Statement(ctx context.Context, in api.StatementQuery) (api.Statement, error) {
	q := pageQuery(in.Cursor, in.Limit)
	if !in.From.IsZero() {
		q.Set("from", in.From.UTC().Format(time.RFC3339))
	}
	if !in.To.IsZero() {
		q.Set("to", in.To.UTC().Format(time.RFC3339))
	}
	return call[api.Statement](ctx, c, http.MethodGet, "/v1/sales/statement", nil, httpx.WithQuery(q))
}

// Payouts is the producer's money, and what is missing before it can be paid out.
func (c *Client) Payouts(ctx context.Context) (api.Payouts, error) {
	return call[api.Payouts](ctx, c, http.MethodGet, "/v1/payouts", nil)
}

// ConnectPayouts gives the page of the payment provider on which the producer says where to pay.
func (c *Client) ConnectPayouts(ctx context.Context, in api.ConnectPayouts) (api.PayoutLink, error) {
	return call[api.PayoutLink](ctx, c, http.MethodPost, "/v1/payouts/connect", in)
}

// CheckPayouts asks the payment provider about the producer's account now.
func (c *Client) CheckPayouts(ctx context.Context) (api.Payouts, error) {
	return call[api.Payouts](ctx, c, http.MethodPost, "/v1/payouts/check", nil)
}

// Money tells whether the book agrees with the payment provider, and the rules.
func (c *Client) Money(ctx context.Context) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, c, http.MethodGet, "/v1/admin/money", nil)
}

// CheckMoney compares the book with the payment provider now.
func (c *Client) CheckMoney(ctx context.Context) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, c, http.MethodPost, "/v1/admin/money/check", nil)
}

// SetCommission sets the commission from now on.
func (c *Client) SetCommission(ctx context.Context, in api.CommissionRule) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, c, http.MethodPost, "/v1/admin/money/commission", in)
}

// SetHold sets how many days shares of later sales are held.
func (c *Client) SetHold(ctx context.Context, in api.HoldRule) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, c, http.MethodPost, "/v1/admin/money/hold", in)
}

// StripeWebhook hands a webhook down as it arrived. Service experience only.
func (c *Client) StripeWebhook(ctx context.Context, in api.StripeWebhook) (api.StripeWebhookResult, error) {
	return call[api.StripeWebhookResult](ctx, c, http.MethodPost, "/v1/stripe/webhook", in)
}

func pageQuery(cursor string, limit int) url.Values {
	q := url.Values{}
	set(q, "cursor", cursor)
	if limit != 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}
