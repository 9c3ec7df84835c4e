package client

import (
	"context"
	"net/http"

	"crateful.dev/experience/api"
)

// Payouts is the producer's money, and what is missing before it can be paid out.
func (a *Asking) Payouts(ctx context.Context, next string) (api.Payouts, error) {
	return get[api.Payouts](ctx, a, "/studio/payouts", cursor(next))
}

// ConnectPayouts gives the page of the payment provider on which to say where to pay.
func (a *Asking) ConnectPayouts(ctx context.Context, in api.ConnectPayouts) (api.PayoutLink, error) {
	return call[api.PayoutLink](ctx, a, http.MethodPost, "/studio/payouts/connect", in)
}

// CheckPayouts asks the payment provider about the producer's account, and answers how it stands, without the statement.
func (a *Asking) CheckPayouts(ctx context.Context) (api.PayoutAccount, error) {
	return call[api.PayoutAccount](ctx, a, http.MethodPost, "/studio/payouts/check", nil)
}

// Money tells whether the book agrees with the payment provider, and the rules.
func (a *Asking) Money(ctx context.Context) (api.MoneyDesk, error) {
	return get[api.MoneyDesk](ctx, a, "/admin/money", nil)
}

// CheckMoney compares the book with the payment provider now.
func (a *Asking) CheckMoney(ctx context.Context) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, a, http.MethodPost, "/admin/money/check", nil)
}

// SetCommission sets the commission from now on.
func (a *Asking) SetCommission(ctx context.Context, in api.CommissionRule) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, a, http.MethodPost, "/admin/money/commission", in)
}

// SetHold sets how many days shares of later sales are held.
func (a *Asking) SetHold(ctx context.Context, in api.HoldRule) (api.MoneyDesk, error) {
	return call[api.MoneyDesk](ctx, a, http.MethodPost, "/admin/money/hold", in)
}
