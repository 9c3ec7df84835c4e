package shop

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

func (s *Shop) cart(c *gin.Context) error {
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) { return s.Models.Cart(ctx) })
}

func (s *Shop) addToCart(c *gin.Context) error {
	in, err := httpx.Decode[api.AddToCart](c)
	if err != nil {
		return err
	}
	if n := len(in.PackIDs) + len(in.SoundIDs); n == 0 || n > models.MaxAddToCart {
		return errs.Invalid(errs.Field{Name: "sound_ids", Reason: "count", Detail: fmt.Sprintf("Name 1 to %d sounds and packs.", models.MaxAddToCart)})
	}
	add := models.AddToCart{}
	for _, id := range in.PackIDs {
		add.Items = append(add.Items, models.Item{Kind: models.ItemPack, ID: id, Tier: models.Tier(in.Tier), Offered: minor(in.Offered)})
	}
	for _, id := range in.SoundIDs {
		add.Items = append(add.Items, models.Item{Kind: models.ItemSound, ID: id, Tier: models.Tier(in.Tier), Offered: minor(in.Offered)})
	}
	var added []models.AddedItem
	return s.answerCart(c, func(ctx context.Context) (models.Cart, error) {
		done, err := s.Models.AddToCart(ctx, add)
		added = done.Added
		return done.Cart, err
	}, func(out *api.Cart) {
		for _, a := range added {
			out.Added = append(out.Added, api.AddedItem{Kind: string(a.Kind), ID: a.ID, Outcome: string(a.Outcome)})
		}
	})
}

// minor is an amount in minor units; nil: none was named.
func minor(m *api.Money) *int64 {
	if m == nil {
		return nil
	}
	return &m.Amount
}

func (s *Shop) changeCartLine(c *gin.Context) error {
	in, err := httpx.Decode[api.ChangeCartLine](c)
	if err != nil {
		return err
	}
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) {
		return s.Models.ChangeCartLine(ctx, c.Param("id"), models.ChangeCartLine{Tier: models.Tier(in.Tier), Offered: minor(in.Offered)})
	})
}

func (s *Shop) redeemCoupon(c *gin.Context) error {
	in, err := httpx.Decode[api.RedeemCoupon](c)
	if err != nil {
		return err
	}
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) {
		return s.Models.RedeemCoupon(ctx, models.RedeemCoupon(in))
	})
}

func (s *Shop) dropCoupon(c *gin.Context) error {
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) { return s.Models.DropCoupon(ctx) })
}

func (s *Shop) removeFromCart(c *gin.Context) error {
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) {
		return s.Models.RemoveCartLine(ctx, c.Param("id"))
	})
}

func (s *Shop) emptyCart(c *gin.Context) error {
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) { return s.Models.EmptyCart(ctx) })
}

func (s *Shop) acceptPrices(c *gin.Context) error {
	return s.showCart(c, func(ctx context.Context) (models.Cart, error) { return s.Models.AcceptPrices(ctx) })
}

type loadCart func(ctx context.Context) (models.Cart, error)

func (s *Shop) showCart(c *gin.Context, load loadCart) error {
	return s.answerCart(c, load, func(*api.Cart) {})
}

// answerCart changes the cart first and then reads the frame, whose count must be the new one.
func (s *Shop) answerCart(c *gin.Context, load loadCart, finish func(*api.Cart)) error {
	_, ctx := s.As(c)
	cart, err := load(ctx)
	if err != nil {
		return err
	}
	var out api.Cart
	err = s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		if err := s.fillCart(ctx, &out, cart); err != nil {
			return err
		}
		for _, g := range out.Groups {
			for _, line := range g.Lines {
				set.Sound(line.Sound)
				set.Pack(line.Pack)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	finish(&out)
	return screen.Done(c, http.StatusOK, out)
}

func (s *Shop) fillCart(ctx context.Context, out *api.Cart, cart models.Cart) error {
	if cart.Invoice != nil {
		details := api.InvoiceDetails(*cart.Invoice)
		out.Invoice = &details
	}
	var soundIDs, packIDs []string
	for _, l := range cart.Lines {
		if l.Kind == models.ItemSound {
			soundIDs = append(soundIDs, l.SoundID)
		} else {
			packIDs = append(packIDs, l.PackID)
		}
	}
	sounds, packs, err := s.shown(ctx, soundIDs, packIDs)
	if err != nil {
		return err
	}
	out.Groups, out.Totals, out.Blockers = []api.CartGroup{}, []api.CartTotal{}, []string{}
	blocked := false
	for _, l := range cart.Lines {
		line := cartLine(l)
		if row, ok := sounds[l.SoundID]; ok && l.Kind == models.ItemSound {
			line.Sound = &row
		} else if card, ok := packs[l.PackID]; ok && l.Kind == models.ItemPack {
			line.Pack = &card
		}
		if line.State == "gone" {
			blocked = true
		}
		at := slices.IndexFunc(out.Groups, func(g api.CartGroup) bool { return g.Producer.ID == l.Seller.ID })
		if at < 0 {
			at = len(out.Groups)
			out.Groups = append(out.Groups, api.CartGroup{Producer: rows.Producer(l.Seller)})
		}
		out.Groups[at].Lines = append(out.Groups[at].Lines, line)
	}
	if cart.Coupon != nil {
		out.Coupon = &api.CartCoupon{
			Code: cart.Coupon.Code, Percent: cart.Coupon.Percent, Amount: rows.MoneyPtr(cart.Coupon.Amount), State: string(cart.Coupon.State),
		}
	}
	counting := 0
	for _, t := range cart.Totals {
		total := api.CartTotal{Total: api.Money{Amount: t.Total, Currency: t.Currency}}
		if t.BelowMinimum > 0 {
			total.Missing = &api.Money{Amount: t.BelowMinimum, Currency: t.Currency}
			out.Blockers = append(out.Blockers, "below_minimum")
		}
		if t.Credit > 0 {
			total.Credit = &api.Money{Amount: t.Credit, Currency: t.Currency}
		}
		if t.Discount > 0 {
			total.Discount = &api.Money{Amount: t.Discount, Currency: t.Currency}
		}
		counting += t.Lines
		out.Totals = append(out.Totals, total)
	}
	if counting == 0 {
		out.Blockers = append(out.Blockers, "empty")
	}
	out.Unavailable = blocked
	out.Payable = len(out.Blockers) == 0
	return nil
}

func cartLine(l models.CartLine) api.CartLine {
	line := api.CartLine{
		ID: l.ID, ListPrice: rows.Money(l.AddedPrice), State: "ok", Title: l.PackTitle, Currency: l.AddedPrice.Currency,
		Tier: string(l.Tier), Tiers: rows.TierPrices(l.Tiers), Suggested: rows.MoneyPtr(l.Suggested), Discount: rows.MoneyPtr(l.Discount), Owners: l.Owners,
	}
	if l.SoundName != "" {
		line.Title = l.SoundName
	}
	if l.Price != nil {
		line.ListPrice, line.Price = rows.Money(*l.Price), rows.Money(*l.Price)
	}
	if l.PriceChanged {
		was := rows.Money(l.AddedPrice)
		line.PriceWas = &was
	}
	if l.Credit != nil {
		credit := rows.Money(l.Credit.Amount)
		line.Credit, line.CreditCount, line.Upgrade = &credit, l.Credit.Sounds, l.Credit.Upgrade
	}
	if l.Payable != nil {
		line.Price = rows.Money(*l.Payable)
	}
	switch {
	case l.NoLongerSold:
		line.State = "gone"
	case l.Owned:
		line.State = "owned"
	case l.OwnWork:
		line.State = "yours"
	case l.IncludedIn != "":
		line.State = "included"
	}
	return line
}

// shown loads the rows and cards that lines show; what is gone is marked so.
func (s *Shop) shown(ctx context.Context, soundIDs, packIDs []string) (sounds map[string]api.SoundRow, packs map[string]api.PackCard, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		sounds, err = s.SoundsByID(ctx, soundIDs)
		return err
	})
	g.Go(func() (err error) {
		packs, err = s.PacksByID(ctx, packIDs)
		return err
	})
	return sounds, packs, g.Wait()
}
