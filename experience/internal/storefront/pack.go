package storefront

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

func (s *Storefront) pack(c *gin.Context) error {
	who, ref := caller.From(c), c.Param("slug")
	if len(ref) > longestRef {
		return errs.NotFound("pack")
	}
	c.Header("Vary", "Authorization, Cookie")
	if c.Query("draft") == "true" {
		return s.draft(c, who, ref)
	}
	if who.SignedIn() {
		return s.packForPerson(c, who, ref)
	}
	if who.Known() {
		return s.packForVisitor(c, ref)
	}
	page, err := s.latest(c.Request.Context(), ref)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "public, max-age=0, must-revalidate")
	return page.send(c)
}

// packForVisitor shows a visitor what strangers see, and what is in the cart.
func (s *Storefront) packForVisitor(c *gin.Context, ref string) error {
	c.Header("Cache-Control", screen.Private)
	_, ctx := s.As(c)
	page, err := s.latest(ctx, ref)
	if err != nil {
		return err
	}
	cart, err := s.Models.CartCount(ctx)
	if err != nil {
		return err
	}
	if len(cart.Items) == 0 || page.pack.Moved != "" {
		return page.send(c)
	}
	out, set := copyOf(page.pack), rows.Set{}
	collect(out, &set)
	set.Mark(models.Viewer{Cart: cart}, "")
	out.CartCount = cart.Lines
	return page.sendTo(c, out)
}

// packForPerson asks once about the person, and learns with that whether the page still holds.
func (s *Storefront) packForPerson(c *gin.Context, who *caller.Caller, ref string) error {
	page, err := s.recent(c.Request.Context(), ref)
	if err != nil {
		return err
	}
	out, holding, err := s.personalPack(c, who, page.pack)
	if err == nil && page.pack.Moved == "" && httpx.ETagRevision(holding.Revision) != page.etag {
		if page, err = s.exact(c.Request.Context(), ref); err == nil {
			out, _, err = s.personalPack(c, who, page.pack)
		}
	}
	if err != nil {
		return err
	}
	return page.sendTo(c, out)
}

// draft is the working copy, which models shows its producer only.
func (s *Storefront) draft(c *gin.Context, who *caller.Caller, id string) error {
	var pack api.Pack
	_, ctx := s.As(c)
	page, err := s.Models.PackPreview(ctx, id)
	if err != nil {
		return err
	}
	fillPack(&pack, page)
	if err := s.besides(ctx, &pack); err != nil {
		return err
	}
	out, _, err := s.personalPack(c, who, pack)
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

// personalPack is a copy of a page with what it is to a person.
func (s *Storefront) personalPack(c *gin.Context, who *caller.Caller, pack api.Pack) (*api.Pack, rows.Holding, error) {
	var holding rows.Holding
	out := copyOf(pack)
	err := s.Around(c, &out.Frame, func(_ context.Context, set *rows.Set) error {
		if pack.Moved == "" {
			collect(out, set)
			set.Follows(out.Card.Producer.ID, &out.Following)
			set.Of(out.Card.ID, "", &holding)
		}
		return nil
	})
	if err != nil {
		return nil, holding, err
	}
	out.AlsoLike = recommendable(out.AlsoLike)
	for _, row := range out.Sounds {
		if row.Marks.Owned {
			out.OwnedSounds++
		}
	}
	out.OwnedTier = string(holding.Tier)
	more := rows.OwnTiers(out.Tiers, holding.Tier)
	if more && (holding.Sounds > 0 || holding.Tier != "") && !out.Preview && !out.Card.Marks.Yours {
		s.yourPrice(c, out)
	}
	return out, holding, nil
}

// copyOf gives a page whose rows and cards can be marked.
func copyOf(pack api.Pack) *api.Pack {
	pack.Card, pack.Sounds = rows.CopyPack(pack.Card), rows.CopySounds(pack.Sounds)
	pack.Tiers = slices.Clone(pack.Tiers)
	pack.AlsoLike, pack.MoreBy = rows.CopyPacks(pack.AlsoLike), rows.CopyPacks(pack.MoreBy)
	return &pack
}

// collect adds all that there is to mark.
func collect(out *api.Pack, set *rows.Set) {
	set.Pack(&out.Card)
	set.Sounds(out.Sounds)
	set.Packs(out.AlsoLike)
	set.Packs(out.MoreBy)
}

// yourPrice is the pack's price less what was paid for sounds of it.
func (s *Storefront) yourPrice(c *gin.Context, out *api.Pack) {
	_, ctx := s.As(c)
	offer, err := s.Models.PackOffer(ctx, out.Card.ID)
	if err != nil {
		s.Soft(ctx, "your price", err)
		return
	}
	out.YourPrice = rows.Money(offer.Price)
	if offer.Credit != nil {
		credit := rows.Money(offer.Credit.Amount)
		out.OwnedCredit = &credit
	}
	rows.OfferTo(out.Tiers, offer.Tiers)
}

func (s *Storefront) gone(c *gin.Context) error {
	who, ctx := s.As(c)
	page, err := s.Models.GonePack(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	out := api.Gone{Title: page.Title, Producer: page.Producer.Name, SoldOnce: page.SoldOnce, Similar: []api.PackCard{}}
	g, ctx := errgroup.WithContext(ctx)
	if who.May(models.ScopeLibrary) {
		g.Go(func() error {
			owned, err := s.Models.Owned(ctx, models.OwnedQuery{PackIDs: []string{page.ID}})
			s.Soft(ctx, "owned", err)
			out.Owned = len(owned.PackIDs) > 0
			return nil
		})
	}
	g.Go(func() error {
		found, err := s.Models.Packs(ctx, models.PackQuery{Sort: "popular", Genre: page.Genre, Limit: 6})
		s.Soft(ctx, "similar to gone", err)
		out.Similar = rows.Packs(found.Packs)
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return screen.JSON(c, out)
}
