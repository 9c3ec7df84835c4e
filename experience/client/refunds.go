package client

import (
	"context"
	"net/http"

	"crateful.dev/experience/api"
)

// AskRefund asks the producer for the money of a line.
func (a *Asking) AskRefund(ctx context.Context, order, line string, in api.RefundReason) (api.Order, error) {
	return call[api.Order](ctx, a, http.MethodPost, "/orders/"+seg(order)+"/lines/"+seg(line)+"/refund-request", in)
}

// WithdrawRefund takes such a request back.
func (a *Asking) WithdrawRefund(ctx context.Context, order, line string) (api.Order, error) {
	return call[api.Order](ctx, a, http.MethodDelete, "/orders/"+seg(order)+"/lines/"+seg(line)+"/refund-request", nil)
}

// Refunds is GET /studio/refunds.
func (a *Asking) Refunds(ctx context.Context, next string) (api.SoldLines, error) {
	return get[api.SoldLines](ctx, a, "/studio/refunds", cursor(next))
}

// SoldLine is GET /studio/refunds/{line}.
func (a *Asking) SoldLine(ctx context.Context, line string) (api.SoldLinePage, error) {
	return get[api.SoldLinePage](ctx, a, "/studio/refunds/"+seg(line), nil)
}

// GiveRefund gives the money of a sold line back, or a part of it.
func (a *Asking) GiveRefund(ctx context.Context, line string, in api.GiveRefund) (api.SoldLine, error) {
	return call[api.SoldLine](ctx, a, http.MethodPost, "/studio/refunds/"+seg(line), in)
}

// DeclineRefund answers a buyer's request for a refund with no.
func (a *Asking) DeclineRefund(ctx context.Context, line string, in api.RefundAnswer) (api.SoldLine, error) {
	return call[api.SoldLine](ctx, a, http.MethodPost, "/studio/refunds/"+seg(line)+"/decline", in)
}

// RefundOrder gives the money of a line back, or a part of it, for an admin.
func (a *Asking) RefundOrder(ctx context.Context, id string, in api.GiveRefund) (api.AdminOrder, error) {
	return call[api.AdminOrder](ctx, a, http.MethodPost, "/admin/orders/"+seg(id)+"/refund", in)
}

// RefundAgain asks the provider anew for a refund that it refused or that did not arrive.
func (a *Asking) RefundAgain(ctx context.Context, id, refund string, in api.SettleRefund) (api.AdminOrder, error) {
	return call[api.AdminOrder](ctx, a, http.MethodPost, "/admin/orders/"+seg(id)+"/refunds/"+seg(refund)+"/again", in)
}

// AssignRefund says for which line a refund was that was made at the provider.
func (a *Asking) AssignRefund(ctx context.Context, id, refund string, in api.SettleRefund) (api.AdminOrder, error) {
	return call[api.AdminOrder](ctx, a, http.MethodPost, "/admin/orders/"+seg(id)+"/refunds/"+seg(refund)+"/assign", in)
}

// DeclineOrderRefund answers a buyer's request for a refund with no, for an admin.
func (a *Asking) DeclineOrderRefund(ctx context.Context, id, line string, in api.RefundAnswer) (api.AdminOrder, error) {
	return call[api.AdminOrder](ctx, a, http.MethodPost, "/admin/orders/"+seg(id)+"/lines/"+seg(line)+"/decline", in)
}
