package client

import (
	"context"
	"net/http"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

func linePath(orderID, lineID string) string {
	return "/v1/orders/" + segment(orderID) + "/lines/" + segment(lineID) + "/refund-request"
}

// AskRefund asks the producer for the money of a line.
func (c *Client) AskRefund(ctx context.Context, orderID, lineID string, in api.AskRefund) (api.Order, error) {
	return post[api.Order](ctx, c, linePath(orderID, lineID), in)
}

// WithdrawRefund takes such a request back.
func (c *Client) WithdrawRefund(ctx context.Context, orderID, lineID string) (api.Order, error) {
	return post[api.Order](ctx, c, linePath(orderID, lineID)+"/withdraw", nil)
}

// RefundRequests reads a page of what buyers asked the producer to refund, newest first. limit 0 means 20.
func (c *Client) RefundRequests(ctx context.Context, cursor string, limit int) (api.SoldLines, error) {
	return call[api.SoldLines](ctx, c, http.MethodGet, "/v1/sales/refund-requests", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// SoldLine reads a line that the producer sold.
func (c *Client) SoldLine(ctx context.Context, lineID string) (api.SoldLine, error) {
	return call[api.SoldLine](ctx, c, http.MethodGet, "/v1/sales/lines/"+segment(lineID), nil)
}

// RefundSale gives the money of a line back that the producer sold, or a part of it.
func (c *Client) RefundSale(ctx context.Context, lineID string, in api.GiveRefund) (api.SoldLine, error) {
	return post[api.SoldLine](ctx, c, "/v1/sales/lines/"+segment(lineID)+"/refund", in)
}

// DeclineRefund answers a buyer's request for a refund with no.
func (c *Client) DeclineRefund(ctx context.Context, lineID string, in api.DeclineRefund) (api.SoldLine, error) {
	return post[api.SoldLine](ctx, c, "/v1/sales/lines/"+segment(lineID)+"/decline", in)
}

func adminOrderPath(id string) string { return "/v1/admin/orders/" + segment(id) }

// RefundOrder gives the money of a line back, or a part of it, for an admin.
func (c *Client) RefundOrder(ctx context.Context, id string, in api.GiveRefund) (api.AdminOrder, error) {
	return post[api.AdminOrder](ctx, c, adminOrderPath(id)+"/refund", in)
}

// RefundAgain asks the provider anew for a refund that it refused or that did not arrive.
func (c *Client) RefundAgain(ctx context.Context, id, refundID string, in api.SettleRefund) (api.AdminOrder, error) {
	return post[api.AdminOrder](ctx, c, adminOrderPath(id)+"/refunds/"+segment(refundID)+"/again", in)
}

// AssignRefund says for which line a refund was that was made at the provider.
func (c *Client) AssignRefund(ctx context.Context, id, refundID string, in api.SettleRefund) (api.AdminOrder, error) {
	return post[api.AdminOrder](ctx, c, adminOrderPath(id)+"/refunds/"+segment(refundID)+"/assign", in)
}

// DeclineOrderRefund answers a buyer's request for a refund with no, for an admin.
func (c *Client) DeclineOrderRefund(ctx context.Context, id, lineID string, in api.DeclineRefund) (api.AdminOrder, error) {
	return post[api.AdminOrder](ctx, c, adminOrderPath(id)+"/lines/"+segment(lineID)+"/decline", in)
}
