// Package collect answers likes and crates.
package collect

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// Collect is the part of the API about likes and crates.
type Collect struct{ *screen.Services }

// New makes the part.
func New(s *screen.Services) *Collect { return &Collect{s} }

// Mount adds the routes to /api/v1.
func (s *Collect) Mount(r gin.IRouter) {
	r.POST("/likes", httpx.Handle(s.like))
	r.DELETE("/likes", httpx.Handle(s.unlike))
	r.GET("/crates", httpx.Handle(s.crates))
	r.POST("/crates", httpx.Handle(s.create))
	r.GET("/crates/:id", httpx.Handle(s.crate))
	r.PATCH("/crates/:id", httpx.Handle(s.change))
	r.DELETE("/crates/:id", httpx.Handle(s.remove))
	r.POST("/crates/:id/items", httpx.Handle(s.add))
	r.DELETE("/crates/:id/items", httpx.Handle(s.takeOut))
	r.PATCH("/crates/:id/items/:item", httpx.Handle(s.note))
	r.GET("/shared-crates/:token", httpx.Handle(s.shared))
}

const pageSize = 100

func things(c *gin.Context) (models.Things, error) {
	in, err := httpx.Decode[api.Things](c)
	return models.Things(in), err
}

func (s *Collect) like(c *gin.Context) error {
	in, err := things(c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.Like(ctx, in))
}

func (s *Collect) unlike(c *gin.Context) error {
	in, err := things(c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.Unlike(ctx, in))
}

func (s *Collect) crates(c *gin.Context) error {
	out := api.Crates{Crates: []api.CrateCard{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		found, err := s.Models.Crates(ctx)
		for _, crate := range found.Crates {
			out.Crates = append(out.Crates, rows.Crate(crate))
		}
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Collect) create(c *gin.Context) error {
	in, err := httpx.Decode[api.CrateChange](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	made, err := s.Models.CreateCrate(ctx, c.GetHeader("Idempotency-Key"), models.CrateChange(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusCreated, rows.Crate(made))
}

func (s *Collect) crate(c *gin.Context) error {
	return s.show(c, func(ctx context.Context) (models.CratePage, error) {
		return s.Models.Crate(ctx, c.Param("id"), c.Query("cursor"), pageSize)
	})
}

func (s *Collect) shared(c *gin.Context) error {
	return s.show(c, func(ctx context.Context) (models.CratePage, error) {
		return s.Models.SharedCrate(ctx, c.Param("token"), c.Query("cursor"), pageSize)
	})
}

func (s *Collect) show(c *gin.Context, load func(context.Context) (models.CratePage, error)) error {
	out := api.Crate{Items: []api.CrateItem{}}
	who := caller.From(c)
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		page, err := load(ctx)
		if err != nil {
			return err
		}
		out.Card, out.Note = rows.Crate(page.Card), page.Card.Note
		out.Owner, out.Page.Next = rows.Producer(page.Owner), page.NextCursor
		out.Yours = who.SignedIn() && page.Card.OwnerID == who.AccountID()
		if out.Yours {
			out.ShareToken = page.Card.ShareToken
		}
		for _, item := range page.Items {
			line := api.CrateItem{ID: item.ID, Note: item.Note}
			if item.Sound != nil {
				row := rows.Sound(*item.Sound)
				line.Sound = &row
			}
			if item.Pack != nil {
				card := rows.Pack(*item.Pack)
				line.Pack = &card
			}
			out.Items = append(out.Items, line)
			set.Sound(line.Sound)
			set.Pack(line.Pack)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Collect) change(c *gin.Context) error {
	in, err := httpx.Decode[api.CrateChange](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.ChangeCrate(ctx, c.Param("id"), c.GetHeader("If-Match"), models.CrateChange(in))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Crate(changed))
}

func (s *Collect) remove(c *gin.Context) error {
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.DeleteCrate(ctx, c.Param("id")))
}

func (s *Collect) add(c *gin.Context) error {
	in, err := things(c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.AddToCrate(ctx, c.Param("id"), in)
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Crate(changed.Card))
}

func (s *Collect) takeOut(c *gin.Context) error {
	in, err := things(c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.RemoveFromCrate(ctx, c.Param("id"), in)
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Crate(changed.Card))
}

func (s *Collect) note(c *gin.Context) error {
	in, err := httpx.Decode[api.ItemNote](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.ChangeCrateItem(ctx, c.Param("id"), c.Param("item"), models.CrateItemChange{Note: &in.Note})
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, rows.Crate(changed))
}
