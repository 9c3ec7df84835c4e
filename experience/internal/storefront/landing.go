package storefront

import (
	"context"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	models "crateful.dev/models/api"
)

const (
	landingPacks  = 24
	landingSounds = 12
)

func (s *Storefront) genre(c *gin.Context) error {
	t, err := s.Terms(c.Request.Context())
	if err != nil {
		return err
	}
	g, ok := t.Genre(c.Param("slug"))
	if !ok {
		return errs.NotFound("genre")
	}
	return s.landing(c, api.Landing{Kind: "genre", Slug: g.Slug, Name: g.Name, Total: int64(g.Packs)},
		models.PackQuery{Genre: g.Slug, Sort: "popular"}, models.SoundQuery{Genre: g.Slug})
}

func (s *Storefront) tag(c *gin.Context) error {
	tag := c.Param("slug")
	return s.landing(c, api.Landing{Kind: "tag", Slug: tag, Name: tag},
		models.PackQuery{Tag: tag, Sort: "popular"}, models.SoundQuery{Tag: tag})
}

func (s *Storefront) free(c *gin.Context) error {
	return s.landing(c, api.Landing{Kind: "free"}, models.PackQuery{Free: true}, models.SoundQuery{Free: true})
}

func (s *Storefront) landing(c *gin.Context, out api.Landing, packs models.PackQuery, sounds models.SoundQuery) error {
	packs.Limit, packs.Cursor = landingPacks, c.Query("cursor")
	sounds.Limit, sounds.PerPack = landingSounds, 2
	out.Sounds = []api.SoundRow{}
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			found, err := s.Models.Packs(ctx, packs)
			out.Packs, out.Page.Next = rows.Packs(found.Packs), found.NextCursor
			return err
		})
		if packs.Cursor == "" { // the sounds stand on the first page only
			g.Go(func() error {
				found, err := s.Models.Sounds(ctx, sounds)
				out.Sounds = rows.Sounds(found.Sounds)
				return err
			})
		}
		switch out.Kind {
		case "free":
			g.Go(func() error {
				totals, err := s.Counts(ctx)
				out.Total = totals.FreePacks
				return err
			})
		case "tag":
			g.Go(func() error {
				found, err := s.Indexer.Search(ctx, indexer.Query{Kind: indexer.KindPacks, Tags: []string{out.Slug}, Size: 1, NoFacets: true})
				s.Soft(ctx, "total of a tag", err)
				out.Total = found.Total
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if out.Kind == "tag" {
			if len(out.Packs)+len(out.Sounds) == 0 && packs.Cursor == "" {
				return errs.NotFound("tag") // anything can be written into the address
			}
			out.Total = max(out.Total, int64(len(out.Packs)))
		}
		set.Packs(out.Packs)
		set.Sounds(out.Sounds)
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Storefront) sitemap(c *gin.Context) error {
	ctx := c.Request.Context()
	found, err := s.Models.Packs(ctx, models.PackQuery{Limit: 100, Cursor: c.Query("cursor")})
	if err != nil {
		return err
	}
	out := api.Sitemap{Entries: []api.SitemapEntry{}, Page: api.Page{Next: found.NextCursor}}
	seen := map[string]bool{}
	for _, p := range found.Packs {
		out.Entries = append(out.Entries, api.SitemapEntry{Path: "/packs/" + p.Slug, UpdatedAt: p.UpdatedAt})
		if !seen[p.Producer.Handle] {
			seen[p.Producer.Handle] = true
			out.Entries = append(out.Entries, api.SitemapEntry{Path: "/@" + p.Producer.Handle, UpdatedAt: p.UpdatedAt})
		}
	}
	c.Header("Cache-Control", "public, max-age=60")
	return screen.JSON(c, out)
}

func (s *Storefront) me(c *gin.Context) error {
	var out api.Frame
	err := s.Around(c, &out, screen.NoContent)
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Storefront) interactions(c *gin.Context) error {
	in, err := decodeInteractions(c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	_, err = s.Models.Interact(ctx, in)
	return screen.Nothing(c, err)
}
