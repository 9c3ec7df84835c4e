package pages

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// orderPages are the orders and the page to which the payment provider leads back.
func (p *Pages) orderPages() {
	p.page("order", (*view.Order)(nil))
	p.page("orders", (*view.Orders)(nil))
	p.get("/checkout/return", p.returned)
	p.get("/orders", p.orders)
	p.get("/orders/:id", p.order)
	p.post("/orders/:id/pay", p.payOrder)
	p.post("/orders/:id/cancel", p.cancelOrder)
	p.post("/orders/:id/lines/:line/refund-request", p.askRefund)
	p.post("/orders/:id/lines/:line/refund-request/withdraw", p.withdrawRefund)
}

// returned asks the payment provider when the order is still open: what the address says counts for nothing.
func (p *Pages) returned(c *gin.Context) error {
	return p.showOrder(c, c.Query("order"), true, view.Form{})
}

func (p *Pages) order(c *gin.Context) error {
	return p.showOrder(c, c.Param("id"), false, view.Form{})
}

func (p *Pages) showOrder(c *gin.Context, id string, fromPayment bool, form view.Form) error {
	order, err := p.ask(c).Order(p.context(c), id, fromPayment)
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := orderView(l, order, fromPayment)
	v.Form = form
	v.Layout = p.layout(c, v.Heading, "orders", order.Frame)
	v.NoIndex = true
	status := http.StatusOK
	if form.Summary != "" {
		status = http.StatusUnprocessableEntity
	}
	return p.show(c, status, "order", v)
}

// kinds of states, as the return page tells them apart.
func orderKind(state string) string {
	switch state {
	case "paid", "refunded":
		return "paid"
	case "waiting_for_bank":
		return "waiting"
	case "refunding_unavailable", "refunded_unavailable":
		return "refunded"
	case "needs_attention":
		return "attention"
	}
	return "unpaid"
}

func orderView(l *messages.Locale, o api.Order, fromPayment bool) *view.Order {
	kind := orderKind(o.State)
	v := &view.Order{
		Order: o, Kind: kind, State: l.T("order.state." + o.State), Total: l.Amount(o.Total.Amount, o.Total.Currency), Return: fromPayment,
	}
	v.Heading = l.T("order.heading", "Number", o.Number)
	if fromPayment || kind != "paid" {
		v.Heading = l.T("order."+kind, "Number", o.Number)
	}
	v.Lead = l.T("order."+kind+"_lead", "Email", o.ReceiptEmail)
	if o.Refunded != nil {
		v.Refunded = l.Amount(o.Refunded.Amount, o.Refunded.Currency)
	}
	for _, paper := range o.Papers {
		v.Papers = append(v.Papers, view.Link{Text: l.T("papers."+paper.Kind, "Number", paper.Number), URL: "/api/v1/papers/" + paper.ID + "/pdf"})
	}
	for _, line := range o.Lines {
		v.Lines = append(v.Lines, orderItem(l, o.ID, line, kind == "paid"))
	}
	orderParts(l, v, o)
	return v
}

// orderParts are the payments of one cart in several currencies, and the one that comes next.
func orderParts(l *messages.Locale, v *view.Order, o api.Order) {
	for i, part := range o.Parts {
		p := view.OrderPart{
			Here: part.ID == o.ID, URL: "/orders/" + part.ID, Number: part.Number, Total: l.Amount(part.Total.Amount, part.Total.Currency),
			State: l.T("order.state." + part.State), Kind: orderKind(part.State),
		}
		if p.Here {
			v.Steps = l.T("order.part", "Number", l.Number(int64(i+1)), "Count", l.Number(int64(len(o.Parts))))
		} else if v.Next == nil && p.Kind == "unpaid" && (v.Kind != "unpaid" || o.State == "cancelled") {
			v.Next = &view.NextPart{PayURL: p.URL + "/pay", Button: l.T("order.pay_next", "Total", p.Total)}
			v.Lead = l.T("order.next_lead", "Total", p.Total)
		}
		v.Parts = append(v.Parts, p)
	}
}

func orderItem(l *messages.Locale, orderID string, line api.OrderLine, paid bool) view.OrderItem {
	it := view.OrderItem{
		Title: line.Title, URL: "/packs/" + line.PackSlug, Cover: line.CoverKey, Price: l.Amount(line.Price.Amount, line.Price.Currency),
		What: l.T("cart.pack") + " · " + line.Producer.Name,
	}
	if line.SoundID != "" {
		it.URL = "/sounds/" + line.SoundID
		it.What = strings.Join([]string{l.T("cart.sound"), line.PackTitle, line.Producer.Name}, " · ")
	}
	refund := "/orders/" + orderID + "/lines/" + line.ID + "/refund-request"
	if line.AskUntil != nil && line.AskUntil.After(time.Now()) {
		it.AskURL, it.AskUntil = refund, l.T("order.ask_until", "Date", l.Date(*line.AskUntil))
		it.AskField = view.Input{Name: "reason", Label: l.T("order.ask_why"), Hint: l.T("order.ask_hint"), Rows: 3, Required: true, MaxLength: 2000}
	}
	if r := line.Request; r != nil {
		it.Asked, it.Answer = l.T("order.request_"+r.State), r.Answer
		if r.State == "asked" {
			it.WithdrawURL = refund + "/withdraw"
		}
	}
	if line.Returned != nil && line.State == "granted" {
		it.Returned = l.T("order.line_part", "Amount", l.Amount(line.Returned.Amount, line.Returned.Currency))
	}
	switch {
	case line.State == "refunded" || line.State == "charged_back":
		it.Note = l.T("order.line_" + line.State)
	case line.State == "unavailable":
		it.Note = l.T("order.line_" + orDefault(line.Reason, "taken_off_sale"))
	case paid && line.SoundID != "":
		it.Download = "/sounds/" + line.SoundID + "/download"
	case paid:
		it.Download = "/downloads/packs/" + line.PackID + "?edition=" + url.QueryEscape(line.EditionID)
	}
	return it
}

func (p *Pages) orders(c *gin.Context) error {
	found, err := p.ask(c).Orders(p.context(c), c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Orders{Layout: p.layout(c, l.T("layout.orders"), "orders", found.Frame)}
	v.NoIndex = true
	for _, o := range found.Orders {
		line := view.OrderLine{
			Number: o.Number, URL: "/orders/" + o.ID, At: o.CreatedAt, Total: l.Amount(o.Total.Amount, o.Total.Currency),
			State: l.T("order.state." + o.State), Kind: orderKind(o.State),
		}
		for _, item := range o.Lines[:min(len(o.Lines), 3)] {
			line.Covers = append(line.Covers, item.CoverKey)
		}
		for i, item := range o.Lines {
			if i == 2 && len(o.Lines) > 3 {
				line.What += " " + l.N("order.more", int64(len(o.Lines)-2))
				break
			}
			if i > 0 {
				line.What += ", "
			}
			line.What += item.Title
		}
		v.Orders = append(v.Orders, line)
	}
	if found.Page.Next != "" {
		v.More = "/orders?cursor=" + url.QueryEscape(found.Page.Next)
	}
	return p.show(c, http.StatusOK, "orders", v)
}

func (p *Pages) payOrder(c *gin.Context) error {
	order, err := p.ask(c).Pay(p.context(c), c.Param("id"))
	switch code := errs.CodeOf(err); {
	case code == errs.CodeConflict || code == errs.CodeInvalid || code == errs.CodeUnavailable:
		return p.showOrder(c, c.Param("id"), false, view.FieldErrors(p.locale(c), err))
	case err != nil:
		return err
	}
	return p.toPayment(c, order)
}

func (p *Pages) cancelOrder(c *gin.Context) error {
	if _, err := p.ask(c).CancelOrder(p.context(c), c.Param("id")); err != nil {
		if form, ok := p.formError(c, err); ok && errs.CodeOf(err) != errs.CodeUnauthenticated {
			return p.showOrder(c, c.Param("id"), false, form)
		}
		return err
	}
	return p.redirect(c, "/orders/"+c.Param("id"))
}

func (p *Pages) askRefund(c *gin.Context) error {
	_, err := p.ask(c).AskRefund(p.context(c), c.Param("id"), c.Param("line"), api.RefundReason{Reason: c.PostForm("reason")})
	return p.requested(c, err, "order.did_ask")
}

func (p *Pages) withdrawRefund(c *gin.Context) error {
	_, err := p.ask(c).WithdrawRefund(p.context(c), c.Param("id"), c.Param("line"))
	return p.requested(c, err, "order.did_withdraw")
}

func (p *Pages) requested(c *gin.Context, err error, said string) error {
	if err != nil {
		if form, ok := p.formError(c, err); ok && errs.CodeOf(err) != errs.CodeUnauthenticated {
			return p.showOrder(c, c.Param("id"), false, form)
		}
		return err
	}
	p.say(c, "ok", p.locale(c).T(said), nil)
	return p.redirect(c, "/orders/"+c.Param("id"))
}
