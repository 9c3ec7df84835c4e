package studio

import (
	"context"
	"strconv"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	models "crateful.dev/models/api"
)

func (s *Studio) sales(c *gin.Context) error {
	days, err := strconv.Atoi(c.DefaultQuery("days", "30"))
	if err != nil || days < 1 || days > 365 {
		return errs.Invalid(errs.Field{Name: "days", Reason: "out_of_range", Detail: "1 to 365 days"})
	}
	out := api.Sales{Days: days, Series: []api.SalesDay{}}
	err = s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			sales, err := s.Models.Sales(ctx, days)
			for _, d := range sales.Days {
				out.Series = append(out.Series, api.SalesDay{
					Day: d.Day, Sold: int64(d.Count), Earned: api.Money{Amount: d.Received, Currency: sales.Currency},
					Returned: api.Money{Amount: d.Returned, Currency: sales.Currency},
				})
			}
			out.Balance = api.Money{Amount: sales.Balance, Currency: sales.Currency}
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

// entries reads a part of the producer's book.
func (s *Studio) entries(ctx context.Context, cursor string) ([]api.SaleLine, api.Page, error) {
	found, err := s.Models.Statement(ctx, models.StatementQuery{Cursor: cursor})
	lines := []api.SaleLine{}
	for _, e := range found.Entries {
		lines = append(lines, saleLine(e))
	}
	return lines, api.Page{Next: found.NextCursor}, err
}

func saleLine(e models.StatementEntry) api.SaleLine {
	amount := func(n int64) api.Money { return api.Money{Amount: n, Currency: e.Currency} }
	return api.SaleLine{
		At: e.At, Kind: e.Kind, OrderID: e.OrderID, OrderNumber: e.Number, Title: e.Title,
		Gross: amount(e.Gross), Platform: amount(e.Commission), Earned: amount(e.Net),
	}
}

// salesCSV is the whole statement.
func (s *Studio) salesCSV(c *gin.Context) error {
	return screen.Export[models.StatementEntry]{
		Name: "crateful-sales.csv", Media: "text/csv; charset=utf-8",
		Read: func(ctx context.Context, cursor string) ([]models.StatementEntry, string, error) {
			page, err := s.Models.Statement(ctx, models.StatementQuery{Limit: 1000, Cursor: cursor})
			return page.Entries, page.NextCursor, err
		},
		Write: screen.CSV(models.StatementHeader(), models.StatementEntry.Record),
	}.Stream(s.Services, c)
}

func (s *Studio) quote(c *gin.Context) error {
	amount, err := strconv.ParseInt(c.Query("amount"), 10, 64)
	if err != nil || amount < 0 {
		return errs.Invalid(errs.Field{Name: "amount", Reason: "not_a_number", Detail: "amount is a number of minor units"})
	}
	_, ctx := s.As(c)
	q, err := s.Models.Quote(ctx, models.Money{Amount: amount, Currency: c.DefaultQuery("currency", "EUR")})
	if err != nil {
		return err
	}
	return screen.JSON(c, api.Quote{Price: rows.Money(q.Price), Platform: rows.Money(q.Commission), YouReceive: rows.Money(q.Receives)})
}
