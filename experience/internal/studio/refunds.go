package studio

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	models "crateful.dev/models/api"
)

func (s *Studio) refunds(c *gin.Context) error {
	out := api.SoldLines{Lines: []api.SoldLine{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		found, err := s.Models.RefundRequests(ctx, c.Query("cursor"), 25)
		for _, l := range found.Lines {
			out.Lines = append(out.Lines, soldLine(l))
		}
		out.Open, out.Page.Next = found.Open, found.Next
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Studio) soldLine(c *gin.Context) error {
	var out api.SoldLinePage
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		found, err := s.Models.SoldLine(ctx, c.Param("line"))
		out.Line = soldLine(found)
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Studio) giveRefund(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.GiveRefund) (models.SoldLine, error) {
		return s.Models.RefundSale(ctx, c.Param("line"), models.GiveRefund(in))
	}, soldLine)
}

func (s *Studio) declineRefund(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.RefundAnswer) (models.SoldLine, error) {
		return s.Models.DeclineRefund(ctx, c.Param("line"), models.DeclineRefund(in))
	}, soldLine)
}

func soldLine(l models.SoldLine) api.SoldLine {
	money := func(amount int64) api.Money { return api.Money{Amount: amount, Currency: l.Currency} }
	return api.SoldLine{
		ID: l.ID, OrderNumber: l.OrderNumber, PaidAt: l.PaidAt, PackID: l.PackID, SoundID: l.SoundID, Title: l.Title, PackTitle: l.PackTitle,
		Amount: money(l.Amount), Returned: money(l.Returned), State: string(l.State), Disputed: l.Disputed, RefundUntil: l.RefundUntil,
		Request: rows.RefundRequest(l.Request),
	}
}
