package storefront

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	models "crateful.dev/models/api"
)

const producerPage = 24

func (s *Storefront) producer(c *gin.Context) error {
	out := api.Producer{Links: []string{}, Packs: []api.PackCard{}, MostPlayed: []api.SoundRow{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		p, err := s.Models.Producer(ctx, c.Param("handle"))
		if err != nil {
			return err
		}
		if p.Moved {
			out.Moved = p.Handle
			return nil
		}
		out.Bio, out.Links, out.BannerKey = p.Bio, rows.List(p.Links), p.BannerKey
		out.Card = api.ProducerCard{
			ProducerRef: api.ProducerRef{ID: p.ID, Handle: p.Handle, Name: p.Name},
			AvatarKey:   p.AvatarKey, Followers: p.Followers, Following: p.Following, Yours: p.Yours,
		}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			found, err := s.Models.Packs(ctx, models.PackQuery{Producer: p.ID, Limit: producerPage, Cursor: c.Query("cursor")})
			out.Packs, out.Page.Next = rows.Packs(found.Packs), found.NextCursor
			return err
		})
		g.Go(func() error {
			found, err := s.Models.Sounds(ctx, models.SoundQuery{Producer: p.ID, Sort: "popular", Limit: 6})
			out.MostPlayed = rows.Sounds(found.Sounds)
			return err
		})
		g.Go(func() error {
			totals, err := s.Models.ProducerTotals(ctx, []string{p.ID})
			for _, t := range totals.Producers {
				out.Card.Packs, out.Card.Sounds = t.Packs, t.Sounds
			}
			return err
		})
		if err := g.Wait(); err != nil {
			return err
		}
		set.Packs(out.Packs)
		set.Sounds(out.MostPlayed)
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Storefront) follow(c *gin.Context) error {
	_, ctx := s.As(c)
	f, err := s.Models.Follow(ctx, c.Param("handle"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, api.Follow(f))
}

func (s *Storefront) unfollow(c *gin.Context) error {
	_, ctx := s.As(c)
	f, err := s.Models.Unfollow(ctx, c.Param("handle"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, api.Follow(f))
}
