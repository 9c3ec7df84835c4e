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
	recommender "crateful.dev/recommender/api"
)

const (
	featured = 6
	shelf    = 12
	// owned packs leave the shelf of recommendations after it was read
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
		if err := g.Wait(); err != nil {
			return err
		}
		out.ForYou, out.Followed, out.Continue = rows.List(mine.ForYou), rows.List(mine.Followed), mine.Continue
		out.Featured = rows.CopySounds(out.Featured)
		out.New, out.Popular, out.Free = rows.CopyPacks(out.New), rows.CopyPacks(out.Popular), rows.CopyPacks(out.Free)
		set.Sounds(out.Featured)
		for _, cards := range [][]api.PackCard{out.New, out.Popular, out.Free, out.ForYou, out.Followed} {
			set.Packs(cards)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.Frame = frame
	out.ForYou = slices.DeleteFunc(out.ForYou, func(card api.PackCard) bool { return card.Marks.Owned || card.Marks.Yours })
	out.ForYou = out.ForYou[:min(len(out.ForYou), shelf)]
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
		cards, err := s.forYou(ctx, who)
		s.Soft(ctx, "for you", err)
		out.ForYou = cards
		return nil
	})
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

func (s *Storefront) forYou(ctx context.Context, who *caller.Caller) ([]api.PackCard, error) {
	if who.Person.PersonID == "" {
		return nil, nil
	}
	found, err := s.Recommender.ForYou(ctx, recommender.ForYou{PersonID: who.Person.PersonID, Limit: shelf + spare})
	if err != nil {
		return nil, err
	}
	return s.recommended(ctx, found.Items)
}

// recommended loads the cards of recommended packs and says why each is there.
func (s *Storefront) recommended(ctx context.Context, items []recommender.Item) ([]api.PackCard, error) {
	cards := []api.PackCard{}
	if len(items) == 0 {
		return cards, nil
	}
	ids := make([]string, 0, 2*len(items))
	for _, item := range items {
		ids = append(ids, item.PackID, item.Reason.PackID)
	}
	byID, err := s.PacksByID(ctx, ids)
	if err != nil {
		return cards, err
	}
	for _, item := range items {
		card, ok := byID[item.PackID]
		if !ok || card.Gone != "" {
			continue
		}
		reason := api.Reason{Kind: item.Reason.Kind, Count: item.Reason.People, PackID: item.Reason.PackID, Title: byID[item.Reason.PackID].Title}
		if item.Reason.Kind == "followed" {
			reason.Title = card.Producer.Name
		}
		card = rows.CopyPack(card)
		card.Reason = &reason
		cards = append(cards, card)
	}
	return cards, nil
}
