package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// offeredPrice is the price that somebody typed; nil: none.
func offeredPrice(c *gin.Context) (*api.Money, error) {
	typed := strings.TrimSpace(c.PostForm("offered"))
	if typed == "" {
		return nil, nil
	}
	amount, err := view.ParseMoney(typed, "EUR")
	if err != nil {
		return nil, errs.Invalid(errs.Field{Name: "offered", Reason: "not_an_amount"})
	}
	return &amount, nil
}

// tierTable compares the licences of a pack, with a way to each. One licence needs no table.
func tierTable(l *messages.Locale, pack api.Pack) *view.Tiers {
	if len(pack.Tiers) < 2 {
		return nil
	}
	t := &view.Tiers{PackID: pack.Card.ID, Buyable: !pack.Preview && !pack.Card.Marks.Yours && pack.Card.Gone == ""}
	for _, o := range pack.Tiers {
		column := view.Tier{Code: o.Tier, Name: o.Name, Price: l.MoneyShort(o.Price.Amount, o.Price.Currency), Owned: o.Owned}
		if o.Tier == "standard" && pack.Suggested != nil {
			column.Price = l.T("tier.from", "Price", l.MoneyShort(o.Price.Amount, o.Price.Currency))
		}
		if o.Owned { // what it costs who has it is no price
			column.Price = l.MoneyShort(o.List.Amount, o.List.Currency)
		} else if o.Credit != nil {
			column.Was = l.MoneyShort(o.List.Amount, o.List.Currency)
			column.Note = l.T("tier.credit", "Credit", l.Amount(o.Credit.Amount, o.Credit.Currency))
		}
		if o.Tier == "exclusive" {
			column.Note = strings.TrimSpace(column.Note + " " + l.T("tier.exclusive_note"))
		}
		t.Columns = append(t.Columns, column)
	}
	for _, r := range pack.Compared {
		row := view.TierRow{Text: r.Text}
		for _, o := range pack.Tiers {
			row.In = append(row.In, slices.Contains(r.In, o.Tier))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// owner shows what somebody has who owns a thing, and what a larger licence costs.
func owner(l *messages.Locale, b *view.Buy, has string, offers []api.TierOffer, thing view.Field) {
	b.Price, b.Thing = l.T("tier.in_library"), thing
	if has != "" {
		b.Has = l.T("tier.has", "Name", l.T("tier."+has))
	}
	for _, o := range offers {
		if o.Owned {
			continue
		}
		up := view.Upgrade{Tier: o.Tier, Text: l.T("tier.upgrade", "Name", l.T("tier."+o.Tier), "Price", l.MoneyShort(o.Price.Amount, o.Price.Currency))}
		if o.Credit != nil {
			up.Was = l.MoneyShort(o.List.Amount, o.List.Currency)
		}
		b.More = append(b.More, up)
	}
}

// tierOptions are the licences to choose from; one is no choice.
func tierOptions(l *messages.Locale, tiers []api.TierPrice, chosen string) []view.Option {
	if len(tiers) < 2 {
		return nil
	}
	out := make([]view.Option, len(tiers))
	for i, t := range tiers {
		out[i] = view.Option{
			Name: "tier", Value: t.Tier, Selected: t.Tier == chosen,
			Text: l.T("tier."+t.Tier) + " · " + l.MoneyShort(t.Price.Amount, t.Price.Currency),
		}
	}
	return out
}

// namedPrice is the field for the price that the buyer names; nil: it is fixed.
func namedPrice(l *messages.Locale, suggested *api.Money, tiers []api.TierPrice, value api.Money) *view.NamedPrice {
	if suggested == nil || len(tiers) == 0 || tiers[0].Tier != "standard" {
		return nil
	}
	least := tiers[0].Price
	return &view.NamedPrice{
		Value: l.Amount(value.Amount, value.Currency),
		Hint:  l.T("tier.name_hint", "Least", l.Amount(least.Amount, least.Currency), "Suggested", l.Amount(suggested.Amount, suggested.Currency)),
	}
}

func (p *Pages) changeCartLine(c *gin.Context) error {
	in := api.ChangeCartLine{Tier: c.PostForm("tier")}
	var err error
	if in.Offered, err = offeredPrice(c); err == nil {
		_, err = p.ask(c).ChangeCartLine(p.context(c), c.PostForm("line"), in)
	}
	return p.backToCart(c, err)
}

func (p *Pages) redeemCoupon(c *gin.Context) error {
	_, err := p.ask(c).RedeemCoupon(p.context(c), api.RedeemCoupon{Code: c.PostForm("code")})
	return p.backToCart(c, err)
}

func (p *Pages) dropCoupon(c *gin.Context) error {
	_, err := p.ask(c).DropCoupon(p.context(c))
	return p.backToCart(c, err)
}

// backToCart shows the cart as it is, with what was wrong.
func (p *Pages) backToCart(c *gin.Context, err error) error {
	switch errs.CodeOf(err) {
	case "":
		return p.redirect(c, "/cart")
	case errs.CodeInvalid, errs.CodeConflict, errs.CodeNotFound, errs.CodeRateLimited:
		return p.showCart(c, http.StatusUnprocessableEntity, view.FieldErrors(p.locale(c), err))
	}
	return err
}
