package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// refundPages are what buyers want back from a producer, and giving it.
func (p *Pages) refundPages() {
	p.page("refunds", (*view.Refunds)(nil))
	p.page("refund", (*view.Refund)(nil))
	p.get("/studio/refunds", p.refunds)
	p.get("/studio/refunds/:line", func(c *gin.Context) error { return p.showRefund(c, http.StatusOK, view.Form{}) })
	p.post("/studio/refunds/:line", p.giveRefund)
	p.post("/studio/refunds/:line/decline", p.declineRefund)
}

func (p *Pages) refunds(c *gin.Context) error {
	found, err := p.ask(c).Refunds(p.context(c), c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Refunds{Layout: p.layout(c, l.T("refunds.title"), "studio", found.Frame)}
	v.NoIndex = true
	for _, line := range found.Lines {
		if line.Request == nil {
			continue
		}
		v.Lines = append(v.Lines, view.RefundLine{
			Title: line.Title, URL: "/studio/refunds/" + line.ID, Order: line.OrderNumber, State: requestWords(l, line.Request.State),
			Open: line.Request.State == "asked", At: line.Request.CreatedAt, Reason: line.Request.Reason,
		})
	}
	if found.Page.Next != "" {
		v.More = "/studio/refunds?cursor=" + url.QueryEscape(found.Page.Next)
	}
	return p.show(c, http.StatusOK, "refunds", v)
}

func requestWords(l *messages.Locale, state string) string {
	if state == "asked" {
		return l.T("refunds.waiting")
	}
	return l.T("refunds." + state)
}

func (p *Pages) showRefund(c *gin.Context, status int, form view.Form) error {
	found, err := p.ask(c).SoldLine(p.context(c), c.Param("line"))
	if err != nil {
		return err
	}
	l, line := p.locale(c), found.Line
	left := line.Amount.Amount - line.Returned.Amount
	v := &view.Refund{
		Layout: p.layout(c, line.Title, "studio", found.Frame), ID: line.ID, Title: line.Title, Order: line.OrderNumber, SoldAt: line.PaidAt,
		Paid: l.Amount(line.Amount.Amount, line.Amount.Currency), Left: l.Amount(left, line.Amount.Currency),
	}
	v.NoIndex = true
	if line.Returned.Amount > 0 {
		v.Returned = l.Amount(line.Returned.Amount, line.Returned.Currency)
	}
	if r := line.Request; r != nil {
		v.Asked, v.Answer = r.Reason, r.Answer
		if r.State == "asked" {
			v.Decline = &view.Input{Name: "answer", Label: l.T("refunds.answer"), Hint: l.T("refunds.note_hint"), Value: c.PostForm("answer"), Rows: 3, Required: true, MaxLength: 2000, Error: form.Of("answer")}
		}
	}
	switch {
	case line.Disputed:
		v.Note = l.T("refunds.disputed")
	case line.State != "granted" || left == 0:
		v.Note = l.T("refunds.gone")
	case line.RefundUntil == nil || !line.RefundUntil.After(time.Now()):
		v.Note = l.T("refunds.over")
	default:
		v.CanGive, v.Until = true, l.T("refunds.until", "Date", l.Date(*line.RefundUntil))
		v.Hidden = []view.Field{{Name: "returned", Value: strconv.FormatInt(line.Returned.Amount, 10)}, {Name: "currency", Value: line.Amount.Currency}}
		v.Fields = []view.Input{
			{Name: "amount", Label: l.T("refunds.amount"), Hint: l.T("refunds.amount_hint", "Amount", v.Left), Value: c.PostForm("amount"), InputMode: "decimal", MaxLength: 20, Error: form.Of("amount")},
			{Name: "reason", Label: l.T("refunds.note"), Hint: l.T("refunds.note_hint"), Value: c.PostForm("reason"), Rows: 3, Required: true, MaxLength: 2000, Error: form.Of("reason")},
		}
	}
	v.Form = form.For(v.Fields)
	return p.show(c, status, "refund", v)
}

func (p *Pages) giveRefund(c *gin.Context) error {
	in, err := givenIn(c)
	if err == nil {
		_, err = p.ask(c).GiveRefund(p.context(c), c.Param("line"), in)
	}
	return p.settledRefund(c, err, "refunds.did_give")
}

func (p *Pages) declineRefund(c *gin.Context) error {
	_, err := p.ask(c).DeclineRefund(p.context(c), c.Param("line"), api.RefundAnswer{Answer: c.PostForm("answer")})
	return p.settledRefund(c, err, "refunds.did_decline")
}

func (p *Pages) settledRefund(c *gin.Context, err error, said string) error {
	if err != nil {
		if form, ok := p.formError(c, err); ok {
			return p.showRefund(c, http.StatusUnprocessableEntity, form)
		}
		return err
	}
	p.say(c, "ok", p.locale(c).T(said), nil)
	return p.redirect(c, "/studio/refunds/"+c.Param("line"))
}
