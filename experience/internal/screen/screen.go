// Package screen holds what every screen needs: clients bound to the caller, the frame around the content and marks on
// its rows.
package screen

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/objects"
	models "crateful.dev/models/api"
	"crateful.dev/models/client"
	recommender "crateful.dev/recommender/client"
)

// Services is what the parts of the API call.
type Services struct {
	Models      *client.Client
	Indexer     *indexer.Client
	Recommender *recommender.Client
	Objects     *objects.Store
	Identifier  *caller.Identifier
	Log         *slog.Logger
	LeftOut     *prometheus.CounterVec // parts of screens that were left out, by part; nil: nobody counts

	counts Kept[models.PackTotals]
	terms  Kept[*Terms]
}

// As gives the caller of a request and a context in which models is asked on their behalf.
func (s *Services) As(c *gin.Context) (*caller.Caller, context.Context) {
	w := caller.From(c)
	return w, client.With(c.Request.Context(), client.Caller{
		PersonToken: w.Token, Visitor: w.Visitor, ClientIP: w.IP, Device: w.Device,
	})
}

// Around loads the content of a screen, then asks about the person who looks at it and marks the rows that load collected.
// What a visitor has in the cart depends on no rows and is read meanwhile. The context that load gets speaks for the caller.
func (s *Services) Around(c *gin.Context, frame *api.Frame, load func(ctx context.Context, set *rows.Set) error) error {
	who, asked := s.As(c)
	var set rows.Set
	var seen models.Viewer
	var totals models.PackTotals
	g, ctx := errgroup.WithContext(asked)
	g.Go(func() (err error) {
		totals, err = s.Counts(ctx)
		return err
	})
	if !who.SignedIn() && who.HasCart() {
		g.Go(func() (err error) {
			seen.Cart, err = s.Models.CartCount(ctx)
			return err
		})
	}
	g.Go(func() error { return load(ctx, &set) })
	if err := g.Wait(); err != nil {
		return err
	}
	if who.SignedIn() {
		var err error
		if seen, err = set.Ask(asked, s.Models); err != nil {
			return fmt.Errorf("ask about the viewer: %w", err)
		}
	}
	*frame = api.Frame{SoundCount: totals.Sounds, CartCount: seen.Cart.Lines}
	if seen.Account != nil {
		frame.Viewer = Viewer(*seen.Account)
	}
	set.Mark(seen, who.AccountID())
	return nil
}

// NoContent is for screens that are all frame.
func NoContent(context.Context, *rows.Set) error { return nil }

// Soft says that a screen can do without a part: what failed is logged and left out.
func (s *Services) Soft(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		if s.LeftOut != nil {
			s.LeftOut.WithLabelValues(what).Inc()
		}
		s.Log.WarnContext(ctx, "part of a screen left out", "part", what, "error", err)
	}
}
