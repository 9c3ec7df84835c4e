// Package studio answers the producer's pages: packs, workbench, uploads straight to storage, sales.
package studio

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/coupon"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// Studio is the part of the API for producers.
type Studio struct{ *screen.Services }

// New makes the part.
func New(s *screen.Services) *Studio { return &Studio{s} }

// Mount adds the routes to /api/v1.
func (s *Studio) Mount(r gin.IRouter) {
	r.GET("/studio", httpx.Handle(s.studio))
	r.POST("/packs", httpx.Handle(s.create))
	r.GET("/studio/packs/:id", httpx.Handle(s.workbench))
	r.PATCH("/studio/packs/:id", httpx.Handle(s.change))
	r.DELETE("/studio/packs/:id", httpx.Handle(s.remove))
	r.PATCH("/studio/packs/:id/sounds", httpx.Handle(s.changeSounds))
	r.PUT("/studio/packs/:id/sounds", httpx.Handle(s.restoreSounds))
	r.POST("/studio/packs/:id/answers", httpx.Handle(s.answer))
	r.POST("/studio/packs/:id/publish", httpx.Handle(s.publish))
	r.POST("/studio/packs/:id/withdraw", httpx.Handle(s.withdraw))
	r.POST("/studio/packs/:id/uploads", httpx.Handle(s.upload))
	r.POST("/account/pictures", httpx.Handle(s.uploadPicture))
	r.POST("/uploads/:id/sign", httpx.Handle(s.sign))
	r.GET("/uploads/:id/parts", httpx.Handle(s.parts))
	r.POST("/uploads/:id/complete", httpx.Handle(s.complete))
	r.DELETE("/uploads/:id", httpx.Handle(s.removeUpload))
	r.POST("/uploads/:id/restore", httpx.Handle(s.restoreUpload))
	r.POST("/uploads/:id/retry", httpx.Handle(s.retryUpload))
	coupon.Desk{
		Services: s.Services, Created: http.StatusCreated, List: s.Models.Coupons, Create: s.Models.CreateCoupon, Change: s.Models.ChangeCoupon,
		Packs: s.couponPacks,
	}.Mount(r, "/studio/coupons")
	r.GET("/studio/sales", httpx.Handle(s.sales))
	r.GET("/studio/refunds", httpx.Handle(s.refunds))
	r.GET("/studio/refunds/:line", httpx.Handle(s.soldLine))
	r.POST("/studio/refunds/:line", httpx.Handle(s.giveRefund))
	r.POST("/studio/refunds/:line/decline", httpx.Handle(s.declineRefund))
	r.GET("/studio/sales.csv", httpx.Handle(s.salesCSV))
	r.GET("/studio/quote", httpx.Handle(s.quote))
	r.GET("/studio/payouts", httpx.Handle(s.payouts))
	r.POST("/studio/payouts/connect", httpx.Handle(s.connectPayouts))
	r.POST("/studio/payouts/check", httpx.Handle(s.checkPayouts))
}

func (s *Studio) studio(c *gin.Context) error {
	out := api.Studio{Packs: []api.StudioPack{}, Needs: []api.Need{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			page, err := s.Models.StudioPacks(ctx, c.Query("cursor"), 100)
			for _, p := range page.Packs {
				out.Packs = append(out.Packs, rows.StudioPack(p))
			}
			out.Page.Next = page.NextCursor
			return err
		})
		g.Go(func() error {
			needs, err := s.Models.StudioNeeds(ctx)
			for _, n := range needs.Needs {
				out.Needs = append(out.Needs, api.Need(n))
			}
			out.Listeners = needs.Listeners
			return err
		})
		g.Go(func() error {
			sales, err := s.Models.Sales(ctx, 30)
			out.Today, out.Month = salesSum(sales.Today, sales.Currency), salesSum(sales.Last30Days, sales.Currency)
			return err
		})
		return g.Wait()
	})
	if err != nil {
		return err
	}
	if out.Viewer != nil && !out.Viewer.EmailVerified {
		out.Needs = append([]api.Need{{Kind: "email_unverified", Count: 1}}, out.Needs...)
	}
	return screen.JSON(c, out)
}

// couponPages is how many pages of packs a list to choose from may have.
const couponPages = 10

// couponPacks are the packs of the producer, latest change first.
func (s *Studio) couponPacks(ctx context.Context) ([]api.CouponPack, error) {
	packs := []api.CouponPack{}
	cursor := ""
	for range couponPages {
		page, err := s.Models.StudioPacks(ctx, cursor, 100)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Packs {
			packs = append(packs, api.CouponPack{ID: p.ID, Title: p.Title})
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	return packs, nil
}

func salesSum(s models.SalesSum, currency string) api.SalesSum {
	return api.SalesSum{Sold: int64(s.Count), Earned: api.Money{Amount: s.Received, Currency: currency}}
}

func (s *Studio) create(c *gin.Context) error {
	in, err := httpx.Decode[api.NewPack](c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusCreated, func(ctx context.Context) (models.Workbench, error) {
		return s.Models.CreatePack(ctx, c.GetHeader("Idempotency-Key"), models.NewPack(in))
	})
}

func (s *Studio) workbench(c *gin.Context) error {
	return s.show(c, http.StatusOK, func(ctx context.Context) (models.Workbench, error) {
		return s.Models.Workbench(ctx, c.Param("id"))
	})
}

func (s *Studio) change(c *gin.Context) error {
	in, err := httpx.Decode[api.PackChange](c)
	if err != nil {
		return err
	}
	change := models.PackChange{
		Title: in.Title, Description: in.Description, Genre: in.Genre, Tags: in.Tags, Price: money(in.Price), SoundPrice: money(in.SoundPrice),
		ExtendedPrice: money(in.ExtendedPrice), ExclusivePrice: money(in.ExclusivePrice), SoundExtendedPrice: money(in.SoundExtendedPrice),
		SoundExclusivePrice: money(in.SoundExclusivePrice), SuggestedPrice: money(in.SuggestedPrice),
		Licence: in.Licence, MadeWithAI: in.MadeWithAI, Rights: in.Rights, DemoSoundID: in.DemoSoundID,
	}
	return s.show(c, http.StatusOK, func(ctx context.Context) (models.Workbench, error) {
		return s.Models.ChangePack(ctx, c.Param("id"), c.GetHeader("If-Match"), change)
	})
}

func money(m *api.Money) *models.Money {
	if m == nil {
		return nil
	}
	out := models.Money(*m)
	return &out
}

func (s *Studio) remove(c *gin.Context) error {
	_, ctx := s.As(c)
	if err := s.Models.DeletePack(ctx, c.Param("id"), c.GetHeader("If-Match")); err != nil {
		return err
	}
	return screen.Nothing(c, nil)
}

func (s *Studio) publish(c *gin.Context) error {
	return s.show(c, http.StatusAccepted, func(ctx context.Context) (models.Workbench, error) {
		if _, err := s.Models.PublishPack(ctx, c.Param("id"), c.GetHeader("If-Match")); err != nil {
			return models.Workbench{}, err
		}
		return s.Models.Workbench(ctx, c.Param("id"))
	})
}

func (s *Studio) withdraw(c *gin.Context) error {
	return s.show(c, http.StatusOK, func(ctx context.Context) (models.Workbench, error) {
		if _, err := s.Models.WithdrawPack(ctx, c.Param("id"), c.GetHeader("If-Match")); err != nil {
			return models.Workbench{}, err
		}
		return s.Models.Workbench(ctx, c.Param("id"))
	})
}

func (s *Studio) answer(c *gin.Context) error {
	in, err := httpx.Decode[api.Answer](c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, func(ctx context.Context) (models.Workbench, error) {
		answers := models.AnswerQuestions{Answers: []models.AnswerQuestion{models.AnswerQuestion(in)}}
		if _, err := s.Models.AnswerQuestions(ctx, c.Param("id"), answers); err != nil {
			return models.Workbench{}, err
		}
		return s.Models.Workbench(ctx, c.Param("id"))
	})
}

// show acts on a pack and answers with its whole workbench.
func (s *Studio) show(c *gin.Context, status int, load func(context.Context) (models.Workbench, error)) error {
	_, ctx := s.As(c)
	bench, err := load(ctx)
	if err != nil {
		return err
	}
	out := api.Workbench{Appeals: []api.Appeal{}}
	err = s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			terms, err := s.Terms(ctx)
			if err != nil {
				return err
			}
			fillTerms(&out, terms)
			return nil
		})
		out.Trace = screen.Sent(bench.Trace)
		if c.Request.Method == http.MethodGet { // no change waits for the index
			g.Go(func() error {
				out.Trace = s.Trace(ctx, bench.Trace)
				return nil
			})
		}
		if bench.Pack.TakenDownFor != "" {
			g.Go(func() error {
				found, err := s.Models.PackAppeals(ctx, bench.Pack.ID)
				for _, a := range found.Appeals {
					out.Appeals = append(out.Appeals, rows.Appeal(a))
				}
				return err
			})
		}
		g.Go(func() error {
			s.fillReceives(ctx, &out.Pack, bench.Pack)
			return nil
		})
		return g.Wait()
	})
	if err != nil {
		return err
	}
	fillBench(&out, bench)
	c.Header("ETag", bench.Pack.ETag)
	return screen.Done(c, status, out)
}
