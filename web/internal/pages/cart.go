package pages

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

// cartPages are the cart and the way to the payment page.
func (p *Pages) cartPages() {
	p.page("cart", (*view.Cart)(nil))
	p.get("/cart", func(c *gin.Context) error { return p.showCart(c, http.StatusOK, view.Form{}) })
	p.post("/cart/remove", p.removeFromCart)
	p.post("/cart/change", p.changeCartLine)
	p.post("/cart/coupon", p.redeemCoupon)
	p.post("/cart/coupon/remove", p.dropCoupon)
	p.post("/cart/accept", p.acceptPrices)
	p.post("/checkout", p.checkout)
}

func (p *Pages) showCart(c *gin.Context, status int, form view.Form) error {
	cart, err := p.ask(c).Cart(p.context(c))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Cart{Layout: p.layout(c, l.T("cart.title"), "cart", cart.Frame), Form: form, Once: p.once(), SignedIn: cart.Viewer != nil}
	v.NoIndex = true
	fillCart(l, v, cart)
	if v.SignedIn && !v.Free {
		invoiceFields(l, v, cart.Invoice, typedInvoice(c))
	}
	if v.Empty {
		home, err := p.ask(c).Home(p.context(c))
		if err != nil {
			return err
		}
		v.Shelf = view.Shelf{Title: l.T("cart.empty_shelf"), Cards: wholeRows(l, home.Free, shelfCards), Wide: true}
	}
	return p.show(c, status, "cart", v)
}

func fillCart(l *messages.Locale, v *view.Cart, cart api.Cart) {
	paying, free, packs, sounds := 0, 0, 0, 0
	var packsSum, soundsSum int64
	for _, g := range cart.Groups {
		group := view.CartGroup{Maker: view.Link{Text: g.Producer.Name, URL: "/@" + g.Producer.Handle}}
		for _, line := range g.Lines {
			group.Items = append(group.Items, cartItem(l, line))
			v.Changed = v.Changed || line.PriceWas != nil
			if line.State != "ok" || line.Price.Amount == 0 {
				free++
			} else {
				paying++
			}
			if line.State == "ok" {
				if line.Pack != nil {
					packs++
					packsSum += line.ListPrice.Amount
				} else {
					sounds++
					soundsSum += line.ListPrice.Amount
				}
			}
		}
		v.Groups = append(v.Groups, group)
	}
	v.Empty = len(cart.Groups) == 0
	v.Numbers = l.T("cart.numbers", "Paying", l.Number(int64(paying)), "Free", l.Number(int64(free)))
	switch {
	case free == 0:
		v.Numbers = l.N("things", int64(paying))
	case paying == 0:
		v.Numbers = l.T("cart.all_free", "Free", l.Number(int64(free)))
	}
	if cart.Coupon != nil {
		v.Code, v.CodeOff = cart.Coupon.Code, cart.Coupon.State != "running"
		v.CodeNote = l.T("cart.code_"+cart.Coupon.State, "Code", v.Code)
	}
	v.Payable, v.Free = cart.Payable, true
	mixed := len(cart.Totals) > 1
	var paid []string
	for _, t := range cart.Totals {
		total := l.Amount(t.Total.Amount, t.Total.Currency)
		v.Totals = append(v.Totals, t.Total)
		pay := view.SumLine{Label: l.T("cart.you_pay"), Value: total}
		if mixed {
			pay.Label = l.T("cart.you_pay_in", "Currency", t.Total.Currency)
		}
		v.Pay = append(v.Pay, pay)
		if t.Total.Amount > 0 {
			paid = append(paid, total)
			v.Free = false
		}
		if packs > 0 && !mixed {
			v.Lines = append(v.Lines, view.SumLine{Label: l.N("count.packs", int64(packs)), Value: l.Amount(packsSum, t.Total.Currency)})
		}
		if sounds > 0 && !mixed {
			v.Lines = append(v.Lines, view.SumLine{Label: l.N("count.sounds", int64(sounds)), Value: l.Amount(soundsSum, t.Total.Currency)})
		}
		if t.Credit != nil {
			v.Lines = append(v.Lines, view.SumLine{Label: l.T("cart.credit"), Value: "−" + l.Amount(t.Credit.Amount, t.Credit.Currency)})
		}
		if t.Discount != nil && cart.Coupon != nil {
			v.Lines = append(v.Lines, view.SumLine{Label: l.T("cart.discount", "Code", cart.Coupon.Code), Value: "−" + l.Amount(t.Discount.Amount, t.Discount.Currency)})
		}
		if t.Missing != nil {
			v.Missing = l.T("cart.missing", "Missing", l.Amount(t.Missing.Amount, t.Missing.Currency))
		}
	}
	if len(cart.Totals) == 0 { // nothing in it counts
		v.Totals, v.Pay, v.Free = []api.Money{{}}, []view.SumLine{{Label: l.T("cart.you_pay")}}, false
	}
	if len(paid) > 1 {
		v.Steps = l.T("cart.steps", "Count", l.Number(int64(len(paid))), "First", paid[0])
	}
	switch {
	case !v.SignedIn:
		v.Button = l.T("cart.sign_in")
	case v.Free:
		v.Button = l.T("cart.get_free")
	case len(paid) > 1:
		v.Button = l.T("cart.pay_first", "Total", paid[0])
	case len(paid) == 1:
		v.Button = l.T("cart.pay", "Total", paid[0])
	default:
		v.Button = l.T("cart.pay", "Total", "")
	}
}

func cartItem(l *messages.Locale, line api.CartLine) view.CartItem {
	it := view.CartItem{ID: line.ID, Title: line.Title, Price: l.Amount(line.Price.Amount, line.Currency)}
	switch {
	case line.Pack != nil:
		it.URL, it.Cover = "/packs/"+line.Pack.Slug, line.Pack.CoverKey
		it.What = l.T("cart.pack") + " · " + l.N("count.sounds", int64(line.Pack.Sounds))
		it.Undo = []view.Field{{Name: "pack", Value: line.Pack.ID}}
	case line.Sound != nil:
		it.URL, it.Cover = "/sounds/"+line.Sound.ID, line.Sound.Pack.CoverKey
		it.What = strings.Join([]string{l.T("cart.sound"), line.Sound.Pack.Title, l.Clock(line.Sound.DurationSeconds)}, " · ")
		it.Undo = []view.Field{{Name: "sound", Value: line.Sound.ID}}
	}
	if line.State == "ok" {
		it.Named = namedPrice(l, line.Suggested, line.Tiers, line.ListPrice)
		if line.Tier != "standard" {
			it.Named = nil
		}
		if line.Tier == "exclusive" {
			it.Warning = strings.TrimSpace(l.T("cart.exclusive") + " " + owners(l, line.Owners))
		}
	}
	if line.State == "ok" || line.State == "gone" {
		it.Tiers = tierOptions(l, line.Tiers, line.Tier)
	}
	if line.Tier != "standard" {
		it.What = l.T("tier."+line.Tier) + " · " + it.What
	}
	switch {
	case line.State == "gone":
		it.Gone, it.Price, it.Note = true, "–", l.T("cart.gone")
	case line.State == "owned":
		it.Price = l.Amount(0, line.Currency)
		it.NoteKind, it.Note, it.NoteLink = "ok", l.T("cart.owned"), &view.Link{Text: l.T("cart.open_library"), URL: "/library"}
	case line.State == "yours":
		it.Price = l.Amount(0, line.Currency)
		it.NoteKind, it.Note = "ok", l.T("cart.yours")
	case line.State == "included":
		it.Price = l.Amount(0, line.Currency)
		it.NoteKind, it.Note = "ok", l.T("cart.included")
	case line.PriceWas != nil:
		it.NoteKind = "warn"
		it.Note = l.T("cart.price_changed", "From", l.MoneyShort(line.PriceWas.Amount, line.Currency), "To", l.MoneyShort(line.ListPrice.Amount, line.Currency))
	case line.Credit != nil && line.Upgrade:
		it.NoteKind = "ok"
		it.Note = l.T("cart.upgrade", "List", l.Amount(line.ListPrice.Amount, line.Currency), "Credit", l.Amount(line.Credit.Amount, line.Currency))
	case line.Credit != nil:
		it.NoteKind = "ok"
		it.Note = l.N("cart.own_sounds", int64(line.CreditCount), "List", l.Amount(line.ListPrice.Amount, line.Currency), "Credit", l.Amount(line.Credit.Amount, line.Currency))
	}
	return it
}

// owners says how many bought before what will be exclusive.
func owners(l *messages.Locale, n int64) string {
	if n == 0 {
		return ""
	}
	return l.N("cart.owners", n)
}

func (p *Pages) removeFromCart(c *gin.Context) error {
	cart, err := p.ask(c).RemoveFromCart(p.context(c), c.PostForm("line"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	undo := &session.Undo{Action: "/cart/add", Label: l.T("undo"), Fields: []session.Field{{Name: "next", Value: "/cart"}}}
	for _, name := range []string{"pack", "sound"} {
		if id := c.PostForm(name); id != "" {
			undo.Fields = append(undo.Fields, session.Field{Name: name, Value: id})
		}
	}
	text := l.T("cart.removed", "Title", c.PostForm("title"))
	if wantsJSON(c) {
		return p.finish(c, done{Text: text, CartCount: &cart.CartCount}, undo)
	}
	p.say(c, "ok", text, undo)
	return p.redirect(c, "/cart")
}

func (p *Pages) acceptPrices(c *gin.Context) error {
	if _, err := p.ask(c).AcceptPrices(p.context(c)); err != nil {
		return err
	}
	return p.redirect(c, "/cart")
}

// checkout makes the order and leads to where it is paid, or straight to what was free.
func (p *Pages) checkout(c *gin.Context) error {
	if p.Cookies.Session(c.Request) == "" {
		return p.signIn(c, "/cart")
	}
	seen, err := seenTotals(c)
	if err != nil {
		return p.showCart(c, http.StatusUnprocessableEntity, view.Form{Summary: p.locale(c).T("form.failed")})
	}
	seen.Invoice = typedInvoice(c)
	order, err := p.ask(c).Checkout(p.context(c), c.PostForm("once"), seen)
	switch code := errs.CodeOf(err); {
	case code == errs.CodeConflict || code == errs.CodeInvalid || code == errs.CodeUnavailable:
		return p.showCart(c, http.StatusUnprocessableEntity, view.FieldErrors(p.locale(c), err))
	case err != nil:
		return err
	}
	return p.toPayment(c, order)
}

// seenTotals reads what the page showed, one total per currency.
func seenTotals(c *gin.Context) (api.Checkout, error) {
	totals, currencies := c.PostFormArray("total"), c.PostFormArray("currency")
	if len(totals) == 0 || len(totals) != len(currencies) {
		return api.Checkout{}, errors.New("no total for each currency")
	}
	seen := make([]api.Money, len(totals))
	for i := range totals {
		var err error
		if seen[i], err = view.ParseMinor(totals[i], currencies[i]); err != nil {
			return api.Checkout{}, err
		}
	}
	if len(seen) == 1 {
		return api.Checkout{ExpectedTotal: seen[0]}, nil
	}
	return api.Checkout{ExpectedTotals: seen}, nil
}

func (p *Pages) toPayment(c *gin.Context, order api.Order) error {
	if order.PayURL == "" || order.State == "paid" {
		return p.redirect(c, "/checkout/return?order="+order.ID)
	}
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, order.PayURL)
	return nil
}
