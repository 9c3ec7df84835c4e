package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// payoutPages connect producers to the payment provider and show their money.
func (p *Pages) payoutPages() {
	p.page("payouts", (*view.Payouts)(nil))
	p.get("/studio/payouts", func(c *gin.Context) error { return p.showPayouts(c, http.StatusOK, view.Form{}, "") })
	p.get("/studio/payouts/return", p.backFromProvider)
	p.get("/studio/payouts/refresh", p.toProviderAgain)
	p.post("/studio/payouts/connect", p.toProvider)
	p.post("/studio/payouts/check", p.backFromProvider)
}

// toProvider leads to where the payment provider asks what it wants to know.
func (p *Pages) toProvider(c *gin.Context) error {
	link, err := p.ask(c).ConnectPayouts(p.context(c), api.ConnectPayouts{Country: c.PostForm("country")})
	switch code := errs.CodeOf(err); {
	case code == errs.CodeInvalid || code == errs.CodeUnavailable:
		return p.showPayouts(c, http.StatusUnprocessableEntity, view.FieldErrors(p.locale(c), err), c.PostForm("country"))
	case err != nil:
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, link.URL)
	return nil
}

// toProviderAgain is where the provider sends those whose link was used or too old.
func (p *Pages) toProviderAgain(c *gin.Context) error {
	if p.Cookies.Session(c.Request) == "" {
		return p.signIn(c, "/studio/payouts")
	}
	link, err := p.ask(c).ConnectPayouts(p.context(c), api.ConnectPayouts{})
	if err != nil {
		return p.redirect(c, "/studio/payouts")
	}
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, link.URL)
	return nil
}

// backFromProvider asks the provider how it went, instead of waiting for its message.
func (p *Pages) backFromProvider(c *gin.Context) error {
	if p.Cookies.Session(c.Request) == "" {
		return p.signIn(c, "/studio/payouts")
	}
	if _, err := p.ask(c).CheckPayouts(p.context(c)); err != nil && errs.CodeOf(err) != errs.CodeUnavailable {
		return err
	}
	return p.redirect(c, "/studio/payouts")
}

func (p *Pages) showPayouts(c *gin.Context, status int, form view.Form, country string) error {
	found, err := p.ask(c).Payouts(p.context(c), c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Payouts{Layout: p.layout(c, l.T("payouts.title"), "studio", found.Frame), Form: form, Available: found.Available, Ready: found.Ready}
	v.Full, v.NoIndex = true, true
	payoutState(l, v, found, country)
	v.Rules = []view.Fact{
		{Label: l.T("payouts.commission"), Value: percent(l, found.CommissionPoints)},
		{Label: l.T("payouts.hold"), Value: l.N("payouts.days", int64(found.HoldDays))},
	}
	money := func(m api.Money) string { return l.Amount(m.Amount, m.Currency) }
	for _, b := range found.Balances {
		sums := view.PayoutSums{Currency: b.Balance.Currency, Facts: []view.Fact{
			{Label: l.T("payouts.held"), Value: money(b.Held)},
			{Label: l.T("payouts.available"), Value: money(b.Available)},
			{Label: l.T("payouts.on_its_way"), Value: money(b.OnItsWay)},
			{Label: l.T("payouts.paid_out"), Value: money(b.PaidOut)},
		}}
		switch {
		case b.Available.Amount < 0:
			sums.Note = l.T("payouts.negative")
		case b.NextAt != nil:
			sums.Note = l.T("payouts.next", "At", l.Date(*b.NextAt))
		}
		v.Balances = append(v.Balances, sums)
	}
	for _, one := range found.Payouts {
		line := view.PayoutLine{At: one.CreatedAt, Amount: money(one.Amount), State: l.Or("payouts.state_"+one.State, one.State), Arrives: l.Date(one.ArrivesOn)}
		switch one.State {
		case "paid":
			line.Kind = "ok"
		case "failed", "canceled":
			line.Kind = "danger"
		}
		v.Payouts = append(v.Payouts, line)
	}
	for _, e := range found.Entries {
		v.Lines = append(v.Lines, moneyLines(l, e)...)
	}
	v.Empty = len(v.Lines) == 0 && c.Query("cursor") == ""
	if found.Page.Next != "" {
		v.More = "/studio/payouts?cursor=" + url.QueryEscape(found.Page.Next) + "#statement"
	}
	return p.show(c, status, "payouts", v)
}

func percent(l *messages.Locale, points int) string {
	digits := 0
	if points%100 != 0 {
		digits = 2
	}
	return l.Decimal(float64(points)/100, digits) + " %"
}

// payoutState says where the producer's account stands, and what is to be done.
func payoutState(l *messages.Locale, v *view.Payouts, found api.Payouts, country string) {
	step := func(name, state string) view.CheckLine {
		line := view.CheckLine{Text: l.T("payouts.step_" + name), State: state, Icon: "dot"}
		switch state {
		case "done":
			line.Kind, line.Icon = "ok", "ok"
		case "open":
			line.Kind, line.Icon = "warn", "warn"
		case "waiting":
			line.Icon = "wait"
		}
		return line
	}
	switch {
	case !found.Available:
		v.State, v.StateKind = l.T("payouts.unavailable"), "warn"
		return
	case found.Ready:
		v.State, v.StateKind = l.T("payouts.ready"), "ok"
	case !found.Connected:
		v.State, v.Button, v.Choose = l.T("payouts.not_connected"), l.T("payouts.connect"), true
	case strings.HasPrefix(found.DisabledReason, "rejected."):
		v.State, v.StateKind = l.T("payouts.rejected"), "danger"
	default:
		v.State, v.StateKind, v.Button = l.T("payouts.unfinished"), "warn", l.T("payouts.go_on")
	}
	if v.Choose {
		names := display.Regions(language.English)
		for _, code := range found.Countries {
			region, err := language.ParseRegion(code)
			if err != nil {
				continue
			}
			v.Countries = append(v.Countries, view.Option{Value: code, Text: names.Name(region), Selected: code == country})
		}
		slices.SortFunc(v.Countries, func(a, b view.Option) int { return strings.Compare(a.Text, b.Text) })
	}
	if !found.Connected {
		return
	}
	v.Steps = []view.CheckLine{step("account", "done")}
	for _, want := range wanted(found.Requirements) {
		v.Steps = append(v.Steps, step(want, "open"))
	}
	for _, want := range wanted(found.Pending) {
		v.Steps = append(v.Steps, step(want, "waiting"))
	}
	if found.Ready {
		v.Steps = append(v.Steps, step("ready", "done"))
	}
}

// wanted puts the provider's requirements, like individual.verification.document, into few groups that people know.
func wanted(requirements []string) []string {
	var groups []string
	for _, r := range requirements {
		group := "details"
		switch {
		case strings.HasPrefix(r, "external_account"):
			group = "bank"
		case strings.HasPrefix(r, "tos_acceptance"):
			group = "terms"
		case strings.Contains(r, "verification"):
			group = "document"
		case strings.HasPrefix(r, "individual"), strings.HasPrefix(r, "representative"), strings.HasPrefix(r, "person"):
			group = "person"
		case strings.HasPrefix(r, "company"), strings.HasPrefix(r, "business"), strings.HasPrefix(r, "owners"), strings.HasPrefix(r, "directors"):
			group = "business"
		}
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// moneyLines are a movement and, as a line of its own, what the platform keeps of it.
func moneyLines(l *messages.Locale, e api.SaleLine) []view.MoneyLine {
	line := view.MoneyLine{
		At: e.At, Text: e.Title, Detail: l.Or("payouts.kind_"+e.Kind, e.Kind), Order: e.OrderNumber, Amount: l.Amount(e.Gross.Amount, e.Gross.Currency), Minus: e.Gross.Amount < 0,
	}
	if e.Title == "" {
		line.Text, line.Detail = line.Detail, ""
	}
	if e.Platform.Amount == 0 {
		return []view.MoneyLine{line}
	}
	fee := view.MoneyLine{At: e.At, Text: l.T("payouts.our_commission"), Order: e.OrderNumber, Amount: l.Amount(-e.Platform.Amount, e.Platform.Currency), Minus: e.Platform.Amount > 0, Part: true}
	if e.Platform.Amount < 0 {
		fee.Text = l.T("payouts.commission_back")
	}
	return []view.MoneyLine{line, fee}
}
