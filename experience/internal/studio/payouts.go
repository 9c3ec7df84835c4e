package studio

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// checkPayouts answers how the account stands, without the statement and what is around a page.
func (s *Studio) checkPayouts(c *gin.Context) error {
	_, ctx := s.As(c)
	found, err := s.Models.CheckPayouts(ctx)
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, payoutAccount(found))
}

func (s *Studio) payouts(c *gin.Context) error {
	var out api.Payouts
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			found, err := s.Models.Payouts(ctx)
			out.PayoutAccount = payoutAccount(found)
			return err
		})
		g.Go(func() (err error) {
			out.Entries, out.Page, err = s.entries(ctx, c.Query("cursor"))
			return err
		})
		return g.Wait()
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func payoutAccount(p models.Payouts) (out api.PayoutAccount) {
	out.Available, out.Connected, out.Ready, out.Country, out.Countries = p.Available, p.Connected, p.Ready, p.Country, append([]string{}, p.Countries...)
	out.DetailsSubmitted, out.DisabledReason, out.CommissionPoints, out.HoldDays = p.DetailsSubmitted, p.DisabledReason, p.CommissionPoints, p.HoldDays
	out.Requirements, out.Pending = append([]string{}, p.Requirements...), append([]string{}, p.Pending...)
	out.Balances, out.Payouts = make([]api.PayoutBalance, len(p.Balances)), make([]api.Payout, len(p.Payouts))
	for i, b := range p.Balances {
		money := func(n int64) api.Money { return api.Money{Amount: n, Currency: b.Currency} }
		out.Balances[i] = api.PayoutBalance{
			Balance: money(b.Balance), Held: money(b.Held), Available: money(b.Available), Transferred: money(b.Transferred),
			OnItsWay: money(b.OnItsWay), PaidOut: money(b.PaidOut), NextAt: b.NextAt,
		}
	}
	for i, v := range p.Payouts {
		out.Payouts[i] = api.Payout{
			ID: v.ID, Amount: api.Money{Amount: v.Amount, Currency: v.Currency}, State: v.State, ArrivesOn: v.ArrivesOn, Failure: v.Failure, CreatedAt: v.CreatedAt,
		}
	}
	return out
}

func (s *Studio) connectPayouts(c *gin.Context) error {
	in, err := httpx.Decode[api.ConnectPayouts](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	link, err := s.Models.ConnectPayouts(ctx, models.ConnectPayouts(in))
	if err != nil {
		return err
	}
	return screen.JSON(c, api.PayoutLink(link))
}
