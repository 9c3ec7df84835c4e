package storefront

import (
	"context"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	models "crateful.dev/models/api"
	"crateful.dev/models/client"
)

const (
	featured = 6
	shelf    = 12
	// what is owned or shown already leaves the shelves of recommendations after they were read
	spare    = 12
	frontFor = time.Second
)

func (s *Storefront) home(c *gin.Context) error {
	var out api.Home
	var frame api.Frame
	err := s.Around(c, &frame, func(ctx context.Context, set *rows.Set) error {
		var mine api.Home
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			front, err := s.front.Get(ctx, frontFor, s.frontPage)
			if err != nil {
				return err
			}
			out = *front
			return nil
		})
		s.personal(ctx, g, caller.From(c), &mine)
		g.Go(func() error {
			mine.ForYou, mine.Because, mine.Rising = s.recommendations(ctx, caller.From(c))
			return nil
		})
		if err := g.Wait(); err != nil {
			return err
		}
		out.ForYou, out.Because, out.Rising = rows.List(mine.ForYou), mine.Because, rows.List(mine.Rising)
		out.Followed, out.Continue = rows.List(mine.Followed), mine.Continue
		out.Featured = rows.CopySounds(out.Featured)
		out.New, out.Popular, out.Free = rows.CopyPacks(out.New), rows.CopyPacks(out.Popular), rows.CopyPacks(out.Free)
		set.Sounds(out.Featured)
		for _, cards := range [][]api.PackCard{out.New, out.Popular, out.Free, out.ForYou, out.Rising, out.Followed} {
			set.Packs(cards)
		}
		if out.Because != nil {
			set.Packs(out.Because.Packs)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.Frame = frame
	var shown []string // on a shelf above
	tidy(&out.ForYou, &shown)
	if out.Because != nil {
		if tidy(&out.Because.Packs, &shown); len(out.Because.Packs) == 0 {
			out.Because = nil
		}
	}
	tidy(&out.Rising, &shown)
	return screen.JSON(c, out)
}

// frontPage reads what is the same for everybody.
func (s *Storefront) frontPage(ctx context.Context) (*api.Home, error) {
	ctx = client.With(ctx, client.Caller{})
	out := &api.Home{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		found, err := s.Models.Sounds(ctx, models.SoundQuery{Sort: "popular", PerPack: 1, Limit: featured})
		out.Featured = rows.Sounds(found.Sounds)
		return err
	})
	packs := func(into *[]api.PackCard, q models.PackQuery) {
		g.Go(func() error {
			found, err := s.Models.Packs(ctx, q)
			*into = rows.Packs(found.Packs)
			return err
		})
	}
	packs(&out.New, models.PackQuery{Sort: "newest", Limit: shelf})
	packs(&out.Popular, models.PackQuery{Sort: "popular", Limit: shelf})
	packs(&out.Free, models.PackQuery{Free: true, Limit: shelf})
	g.Go(func() error {
		terms, err := s.Terms(ctx)
		if err != nil {
			return err
		}
		out.Genres = rows.Genres(terms.Genres)
		return nil
	})
	return out, g.Wait()
}

// personal adds what only signed-in people see. The page does without it when a part fails.
func (s *Storefront) personal(ctx context.Context, g *errgroup.Group, who *caller.Caller, out *api.Home) {
	if !who.May(models.ScopeRead) {
		return
	}
	g.Go(func() error {
		cards, err := s.followed(ctx)
		s.Soft(ctx, "followed", err)
		out.Followed = cards
		return nil
	})
	g.Go(func() error {
		out.Continue = s.continued(ctx, who)
		return nil
	})
}

func (s *Storefront) followed(ctx context.Context) ([]api.PackCard, error) {
	following, err := s.Models.Following(ctx, "")
	if err != nil || len(following.Producers) == 0 {
		return nil, err
	}
	ids := make([]string, 0, len(following.Producers))
	for _, p := range following.Producers {
		ids = append(ids, p.ID)
	}
	found, err := s.Models.Packs(ctx, models.PackQuery{Among: ids[:min(len(ids), 200)], Limit: shelf})
	return rows.Packs(found.Packs), err
}

func (s *Storefront) continued(ctx context.Context, who *caller.Caller) *api.Continue {
	on := api.Continue{Drafts: []api.StudioPack{}}
	crates, err := s.Models.Crates(ctx)
	s.Soft(ctx, "last crate", err)
	var last *models.CrateCard
	for i, crate := range crates.Crates {
		if crate.Count > 0 && (last == nil || crate.UpdatedAt.After(last.UpdatedAt)) {
			last = &crates.Crates[i]
		}
	}
	if last != nil {
		card := rows.Crate(*last)
		on.Crate = &card
	}
	if who.May(models.ScopeStudio) {
		packs, err := s.Models.StudioPacks(ctx, "", 20)
		s.Soft(ctx, "drafts", err)
		for _, p := range packs.Packs {
			if !p.Listed && (p.State == models.PackDraft || p.State == models.PackChecking || p.State == models.PackReady) && len(on.Drafts) < 3 {
				on.Drafts = append(on.Drafts, rows.StudioPack(p))
			}
		}
	}
	if on.Crate == nil && len(on.Drafts) == 0 {
		return nil
	}
	return &on
}

// tidy leaves of a shelf of recommendations what may be shown and stands on no shelf above.
func tidy(cards *[]api.PackCard, shown *[]string) {
	list := slices.DeleteFunc(recommendable(*cards), func(card api.PackCard) bool { return slices.Contains(*shown, card.ID) })
	*cards = list[:min(len(list), shelf)]
	for _, card := range *cards {
		*shown = append(*shown, card.ID)
	}
}
