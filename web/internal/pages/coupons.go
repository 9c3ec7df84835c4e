package pages

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// couponDesk is where somebody's coupons are made and ended: a producer's, or the platform's.
type couponDesk struct {
	path   string
	admin  bool
	list   func(ctx context.Context, next string) (api.StudioCoupons, error)
	create func(ctx context.Context, key string, in api.NewCoupon) (api.Coupon, error)
	change func(ctx context.Context, id string, in api.ChangeCoupon) (api.Coupon, error)
}

func (p *Pages) couponPages() {
	p.page("coupons", (*view.Coupons)(nil))
	for path, desk := range map[string]func(*gin.Context) couponDesk{
		"/studio/coupons": func(c *gin.Context) couponDesk {
			a := p.ask(c)
			return couponDesk{"/studio/coupons", false, a.Coupons, a.CreateCoupon, a.ChangeCoupon}
		},
		"/admin/coupons": func(c *gin.Context) couponDesk {
			a := p.ask(c)
			return couponDesk{"/admin/coupons", true, func(ctx context.Context, next string) (api.StudioCoupons, error) {
				found, err := a.AdminCoupons(ctx, next)
				return api.StudioCoupons{Coupons: found}, err
			}, a.CreateAdminCoupon, a.ChangeAdminCoupon}
		},
	} {
		p.get(path, func(c *gin.Context) error { return p.showCoupons(c, desk(c), http.StatusOK, view.Form{}) })
		p.post(path, func(c *gin.Context) error { return p.createCoupon(c, desk(c)) })
		p.post(path+"/:id", func(c *gin.Context) error { return p.changeCoupon(c, desk(c)) })
	}
}

func (p *Pages) showCoupons(c *gin.Context, desk couponDesk, status int, form view.Form) error {
	found, err := desk.list(p.context(c), c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Coupons{
		Layout: p.layout(c, l.T("coupon.title"), "studio", found.Frame), Form: form, Once: p.once(), Action: desk.path, Admin: desk.admin,
	}
	if desk.admin {
		v.Layout = p.layout(c, l.T("coupon.title")+" · "+l.T("admin.title"), "admin", found.Frame)
		v.Side, v.Bundle = p.askedBy(c).side(p.context(c), "coupons"), "admin"
	} else {
		v.Back = view.Link{Text: l.T("layout.studio"), URL: "/studio"}
		v.Packs = append(v.Packs, view.Option{Text: l.T("coupon.all_packs")})
		for _, pack := range found.Packs {
			v.Packs = append(v.Packs, view.Option{Value: pack.ID, Text: pack.Title, Selected: pack.ID == c.PostForm("pack_id")})
		}
	}
	v.Full, v.NoIndex = true, true
	for _, coupon := range found.Coupons.Coupons {
		v.Lines = append(v.Lines, couponLine(l, coupon))
	}
	for _, name := range []string{"code", "percent", "amount", "max_uses", "per_person", "ends_at"} {
		input := view.Input{Name: name, Label: l.T("coupon." + name), Hint: l.Or("coupon."+name+"_hint", ""), Value: c.PostForm(name), Autocomplete: "off", Required: name == "code", Error: form.Of(name)}
		switch name {
		case "code":
			input.MaxLength = 32
		case "ends_at":
			input.Type = "date"
		default:
			input.InputMode = "decimal"
		}
		v.Fields = append(v.Fields, input)
	}
	if found.Page.Next != "" {
		v.More = desk.path + "?cursor=" + url.QueryEscape(found.Page.Next)
	}
	return p.show(c, status, "coupons", v)
}

func couponLine(l *messages.Locale, c api.Coupon) view.CouponLine {
	line := view.CouponLine{
		ID: c.ID, Code: c.Code, State: l.T("coupon.state_" + c.State), Ok: c.State == "running", Over: c.State == "ended", Paused: c.Paused,
		For: l.T("coupon.for_all"), Used: l.Number(c.Used), From: c.StartsAt, Until: c.EndsAt, Worth: l.T("coupon.percent_off", "Percent", l.Number(int64(c.Percent))),
	}
	if c.Amount != nil {
		line.Worth = l.Amount(c.Amount.Amount, c.Amount.Currency)
	}
	switch {
	case c.PackTitle != "":
		line.For = c.PackTitle
	case c.Producer != nil:
		line.For = l.T("coupon.for_producer", "Name", c.Producer.Name)
	}
	if c.MaxUses != nil {
		line.Used = l.T("coupon.used_of", "Used", l.Number(c.Used), "Max", l.Number(*c.MaxUses))
	}
	var given []string
	for _, m := range c.Given {
		given = append(given, l.Amount(m.Amount, m.Currency))
	}
	if line.Given = strings.Join(given, ", "); line.Given == "" {
		line.Given = "–"
	}
	return line
}

func (p *Pages) createCoupon(c *gin.Context, desk couponDesk) error {
	in, err := newCoupon(c)
	if err == nil {
		_, err = desk.create(p.context(c), c.PostForm("once"), in)
	}
	if code := errs.CodeOf(err); code == errs.CodeInvalid || code == errs.CodeConflict {
		return p.showCoupons(c, desk, http.StatusUnprocessableEntity, view.FieldErrors(p.locale(c), err))
	}
	if err != nil {
		return err
	}
	p.say(c, "ok", p.locale(c).T("coupon.made", "Code", strings.ToUpper(in.Code)), nil)
	return p.redirect(c, desk.path)
}

func newCoupon(c *gin.Context) (api.NewCoupon, error) {
	in := api.NewCoupon{Code: c.PostForm("code"), PackID: c.PostForm("pack_id")}
	var wrong []errs.Field
	number := func(name string) *int64 {
		typed := strings.TrimSpace(c.PostForm(name))
		if typed == "" {
			return nil
		}
		n, err := strconv.ParseInt(typed, 10, 32)
		if err != nil {
			wrong = append(wrong, errs.Field{Name: name, Reason: "not_a_number"})
		}
		return &n
	}
	if n := number("percent"); n != nil {
		in.Percent = int(*n)
	}
	in.MaxUses, in.PerPerson = number("max_uses"), number("per_person")
	if typed := strings.TrimSpace(c.PostForm("amount")); typed != "" {
		amount, err := view.ParseMoney(typed, "EUR")
		if err != nil {
			wrong = append(wrong, errs.Field{Name: "amount", Reason: "not_an_amount"})
		}
		in.Amount = &amount
	}
	if typed := strings.TrimSpace(c.PostForm("ends_at")); typed != "" {
		day, err := time.Parse(time.DateOnly, typed)
		if err != nil {
			wrong = append(wrong, errs.Field{Name: "ends_at", Reason: "not_a_date", Detail: "Write a day like 2026-12-31."})
		}
		day = day.AddDate(0, 0, 1) // the day counts as a whole
		in.EndsAt = &day
	}
	if len(wrong) > 0 {
		return in, errs.Invalid(wrong...)
	}
	return in, nil
}

func (p *Pages) changeCoupon(c *gin.Context, desk couponDesk) error {
	in := api.ChangeCoupon{End: c.PostForm("act") == "end"}
	if act := c.PostForm("act"); act == "pause" || act == "resume" {
		paused := act == "pause"
		in.Paused = &paused
	}
	if _, err := desk.change(p.context(c), c.Param("id"), in); err != nil {
		return err
	}
	return p.redirect(c, desk.path)
}
