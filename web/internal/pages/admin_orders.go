package pages

import (
	"context"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminOrders() {
	p.get("/admin/orders", p.adminShow(adminOrderList))
	p.get("/admin/orders/:id", p.adminShow(adminOrderPage))
	p.post("/admin/orders/:id/check", p.adminAct(adminOrderPage, checkOrder))
	p.post("/admin/orders/:id/attended", p.adminAct(adminOrderPage, attendOrder))
	p.post("/admin/orders/:id/refund", p.adminAct(adminOrderPage, refundOrder))
	p.post("/admin/orders/:id/refunds/:refund/again", p.adminAct(adminOrderPage, refundAgain))
	p.post("/admin/orders/:id/refunds/:refund/assign", p.adminAct(adminOrderPage, assignRefund))
	p.post("/admin/orders/:id/lines/:line/decline", p.adminAct(adminOrderPage, declineRefund))
}

func adminOrderList(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminOrders(ctx, client.AdminOrderQuery{
		Words: a.c.Query("q"), State: a.c.Query("state"), Attention: a.c.Query("attention") != "", Next: a.c.Query("cursor"),
	})
	if err != nil {
		return nil, "", err
	}
	l := a.l
	table := &view.AdminTable{Caption: l.T("admin.part_orders"), Heads: heads(l, "order", "buyer", "state", "things", "#total", "#when")}
	for _, o := range found.Orders {
		path := adminURL("orders", o.ID)
		row := view.AdminRow{Cells: []view.AdminCell{
			{Text: o.Number, URL: path},
			{Text: o.BuyerName, URL: adminURL("accounts", o.BuyerID), Sub: o.Email},
			adminOrderState(a, o),
			text(thingsOf(a, o)), text(l.Amount(o.Total.Amount, o.Total.Currency)), at(&o.CreatedAt),
		}}
		if o.Stuck != "" {
			row.Acts = []view.AdminAct{checkForm(a, o)}
		}
		table.Row(row)
	}
	empty := "admin.nothing_found"
	if a.c.Query("attention") != "" {
		empty = "admin.no_stuck"
	}
	return &view.Admin{
		Heading: l.T("admin.part_orders"), Find: a.find("admin.find_orders", "state", "attention"),
		Filters:  append(a.filters("attention", "admin.attention_", "", "yes"), a.filters("state", "admin.order_", "paid", "waiting_for_bank", "awaiting_payment", "refunded")...),
		Sections: []view.AdminSection{a.listed("orders", table, found.Page, empty)},
	}, "orders", nil
}

func thingsOf(a *asked, o api.AdminOrder) string {
	switch len(o.Lines) {
	case 0:
		return ""
	case 1:
		return o.Lines[0].Title
	}
	return o.Lines[0].Title + " " + a.l.N("order.more", int64(len(o.Lines)-1))
}

func adminOrderState(a *asked, o api.AdminOrder) view.AdminCell {
	cell := view.AdminCell{Kind: "plain", Text: a.l.T("order.state." + o.State)}
	switch {
	case o.Stuck != "":
		cell.Kind, cell.Sub = "danger", a.l.Or("admin.stuck_"+o.Stuck, o.Stuck)
	case o.State == "paid":
		cell.Kind = "ok"
	case o.State == "waiting_for_bank" || o.State == "refunding_unavailable":
		cell.Kind = "warn"
	}
	return cell
}

func checkForm(a *asked, o api.AdminOrder) view.AdminAct {
	return view.AdminAct{Action: adminURL("orders", o.ID) + "/check", Button: a.l.T("admin.check_order"), Label: o.Number, Busy: a.l.T("admin.busy")}
}

func adminOrderPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	o, err := a.AdminOrder(ctx, a.c.Param("id"))
	if err != nil {
		return nil, "", err
	}
	log, err := a.Audit(ctx, client.AuditQuery{Subject: "order:" + o.ID})
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: l.T("order.heading", "Number", o.Number), Back: &view.Link{Text: l.T("admin.part_orders"), URL: "/admin/orders"}}
	if o.Stuck != "" {
		v.Notes = append(v.Notes, view.AdminNote{Kind: "danger", Text: l.Or("admin.stuck_"+o.Stuck+"_text", l.Or("admin.stuck_"+o.Stuck, o.Stuck))})
	}
	if o.Attention != "" {
		v.Notes = append(v.Notes, view.AdminNote{Kind: "danger", Text: o.Attention})
	}
	fact := func(label string, cell view.AdminCell) {
		v.Facts = append(v.Facts, view.AdminFact{Label: l.T("admin.col_" + label), Cell: cell})
	}
	fact("state", view.AdminCell{Kind: adminOrderState(a, o).Kind, Text: l.T("order.state." + o.State)})
	fact("buyer", view.AdminCell{Text: o.BuyerName, URL: adminURL("accounts", o.BuyerID), Sub: o.Email})
	fact("total", text(l.Amount(o.Total.Amount, o.Total.Currency)))
	if o.Refunded.Amount != 0 {
		fact("refunded", text(l.Amount(o.Refunded.Amount, o.Refunded.Currency)))
	}
	fact("id", ident(o.ID))
	fact("when", at(&o.CreatedAt))
	fact("paid_at", at(o.PaidAt))
	fact("checked_at", at(o.CheckedAt))
	v.Sections = append(v.Sections, orderLines(a, o), orderMoney(a, o))
	act := view.AdminSection{ID: "act", Heading: l.T("admin.acts"), Text: l.T("admin.check_text"), Acts: []view.AdminAct{checkForm(a, o)}}
	if o.Stuck != "" {
		act.Acts = append(act.Acts, view.AdminAct{
			Action: adminURL("orders", o.ID) + "/attended", Button: l.T("admin.attended"), Lead: l.T("admin.attended_text"), Busy: l.T("admin.busy"),
			Fields: []view.Input{reasonField(l, l.T("admin.attended_hint")), nameField(l, o.Number)},
		})
	}
	act.Acts = append(act.Acts, refundActs(a, o)...)
	v.Sections = append(v.Sections, act, auditSection(a, log.Entries, "/admin/audit?subject=order%3A"+o.ID))
	return v, "orders", nil
}

func orderLines(a *asked, o api.AdminOrder) view.AdminSection {
	l := a.l
	s := view.AdminSection{ID: "lines", Heading: l.T("admin.lines"), Table: &view.AdminTable{Caption: l.T("admin.lines"), Heads: heads(l, "thing", "producer", "delivered", "#price")}}
	for _, line := range o.Lines {
		state := view.AdminCell{Kind: "plain", Text: l.Or("admin.line_"+line.State, line.State)}
		switch line.State {
		case "granted":
			state.Kind = "ok"
			if line.Returned != nil {
				state.Sub = l.T("admin.line_part", "Amount", l.Amount(line.Returned.Amount, line.Returned.Currency))
			}
		case "refunded", "charged_back":
			state.Kind = "warn"
		case "unavailable":
			state.Kind, state.Sub = "warn", l.Or("order.line_"+line.Reason, line.Reason)
		}
		if line.Request != nil && line.Request.State == "asked" {
			state.Kind, state.Sub = "warn", l.T("admin.line_asked", "Reason", line.Request.Reason)
		}
		thing := view.AdminCell{Text: line.Title, URL: adminURL("packs", line.PackID)}
		if line.SoundID != "" {
			thing.Sub = l.T("admin.a_sound_of", "Pack", line.PackTitle)
		}
		s.Table.Row(view.AdminRow{Cells: []view.AdminCell{
			thing, textAt(line.Producer.Name, adminURL("accounts", line.Producer.ID)), state, text(l.Amount(line.Price.Amount, line.Price.Currency)),
		}})
	}
	return s
}

// orderMoney is each page that was opened for paying, and money that came or went.
func orderMoney(a *asked, o api.AdminOrder) view.AdminSection {
	l := a.l
	s := view.AdminSection{ID: "money", Heading: l.T("admin.money"), Table: &view.AdminTable{Caption: l.T("admin.money"), Heads: heads(l, "what", "state", "reference", "#amount", "#when")}}
	row := func(cells ...view.AdminCell) { s.Table.Row(view.AdminRow{Cells: cells}) }
	for _, t := range o.Attempts {
		row(text(l.T("admin.attempt", "Number", t.Number)), text(l.Or("admin.attempt_"+t.State, t.State)), ident(t.SessionID), text(""), at(&t.CreatedAt))
	}
	for _, p := range o.Payments {
		state := view.AdminCell{Kind: "ok", Text: l.T("admin.received")}
		if p.Duplicate {
			state = view.AdminCell{Kind: "warn", Text: l.T("admin.received_twice")}
		}
		row(text(l.T("admin.payment")), state, ident(p.Reference), text(l.Amount(p.Amount.Amount, p.Amount.Currency)), at(&p.ReceivedAt))
	}
	for _, r := range o.Refunds {
		state := view.AdminCell{Kind: "warn", Text: l.T("admin.refund_going"), Sub: r.Reason}
		if r.Note != "" {
			state.Sub = r.Note
		}
		switch r.State {
		case "refused", "failed":
			state = view.AdminCell{Kind: "danger", Text: l.T("admin.refund_" + r.State), Sub: r.Problem}
		case "sent":
			state.Text = l.T("admin.refund_sent")
		case "arrived":
			state.Kind, state.Text = "ok", l.T("admin.refund_arrived")
		}
		row(text(l.T("admin.refund")), state, ident(r.Reference), text(l.Amount(-r.Amount.Amount, r.Amount.Currency)), at(&r.CreatedAt))
	}
	for _, d := range o.Disputes {
		state := view.AdminCell{Kind: "danger", Text: l.T("admin.dispute_" + d.State), Sub: d.Reason}
		switch d.State {
		case "won", "warning_closed":
			state.Kind = "ok"
		case "needs_response", "warning":
			if d.DueAt != nil {
				state.Sub = d.Reason + ", " + l.T("admin.due_at", "Date", l.Moment(*d.DueAt))
			}
		}
		row(text(l.T("admin.dispute")), state, ident(d.Reference), text(l.Amount(-d.Amount.Amount, d.Amount.Currency)), at(&d.OpenedAt))
	}
	if len(s.Table.Rows) == 0 {
		s.Empty = l.T("admin.no_money")
	}
	return s
}

func checkOrder(ctx context.Context, a *asked) (adminDone, error) {
	done, err := a.CheckOrder(ctx, a.c.Param("id"), api.ActReason{})
	said := a.l.T("admin.did_check", "Number", done.Order.Number, "State", a.l.T("order.state."+done.Order.State))
	if done.Problem != "" {
		said = a.l.T("admin.did_check_problem", "Problem", done.Problem)
	}
	return adminDone{text: said}, err
}

func attendOrder(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	o, err := a.AdminOrder(ctx, id)
	if err == nil {
		err = a.named(o.Number)
	}
	if err == nil {
		_, err = a.AttendOrder(ctx, id, api.ActReason{Reason: a.c.PostForm("reason")})
	}
	return adminDone{text: a.l.T("admin.did_attend", "Number", o.Number), to: adminURL("orders", id)}, err
}

// refundActs are what can be done about the money of each line and about refunds that went wrong.
func refundActs(a *asked, o api.AdminOrder) []view.AdminAct {
	l, path := a.l, adminURL("orders", o.ID)
	var acts []view.AdminAct
	var lines []view.Option
	for _, line := range o.Lines {
		left := leftOf(line)
		if left.Amount == 0 {
			continue
		}
		lines = append(lines, view.Option{Name: "line", Value: line.ID, Text: line.Title + ", " + l.Amount(left.Amount, left.Currency), Selected: len(lines) == 0})
		acts = append(acts, view.AdminAct{
			Action: path + "/refund", Button: l.T("admin.refund_button"), Label: line.Title, Busy: l.T("admin.busy"), Danger: true,
			Lead:   l.T("admin.refund_line", "Title", line.Title) + ". " + l.T("admin.refund_line_text"),
			Hidden: []view.Field{{Name: "line", Value: line.ID}, {Name: "returned", Value: strconv.FormatInt(line.Price.Amount-left.Amount, 10)}, {Name: "currency", Value: left.Currency}},
			Fields: []view.Input{
				{Name: "amount", Label: l.T("admin.refund_amount"), Hint: l.T("admin.refund_amount_hint", "Amount", l.Amount(left.Amount, left.Currency)), InputMode: "decimal", MaxLength: 20},
				reasonField(l, l.T("admin.refund_hint")), nameField(l, o.Number),
			},
		})
		if line.Request != nil && line.Request.State == "asked" {
			acts = append(acts, view.AdminAct{
				Action: path + "/lines/" + line.ID + "/decline", Button: l.T("admin.refuse"), Label: line.Title, Busy: l.T("admin.busy"),
				Lead: l.T("admin.decline_refund", "Title", line.Title), Fields: []view.Input{reasonField(l, l.T("admin.refund_hint"))},
			})
		}
	}
	for _, r := range o.Refunds {
		amount := l.Amount(r.Amount.Amount, r.Amount.Currency)
		switch {
		case r.State == "refused" || r.State == "failed":
			acts = append(acts, view.AdminAct{
				Action: path + "/refunds/" + r.ID + "/again", Button: l.T("admin.refund_again"), Label: amount, Busy: l.T("admin.busy"), Lead: amount,
				Fields: []view.Input{reasonField(l, l.T("admin.refund_again_hint"))},
			})
		case r.GivenBy == "provider" && len(r.LineIDs) == 0 && len(lines) > 0:
			acts = append(acts, view.AdminAct{
				Action: path + "/refunds/" + r.ID + "/assign", Button: l.T("admin.assign_button"), Label: amount, Busy: l.T("admin.busy"), Lead: amount,
				Choice: &view.AdminChoice{Name: "line", Label: l.T("admin.assign"), Options: lines}, Fields: []view.Input{reasonField(l, l.T("admin.assign_hint"))},
			})
		}
	}
	return acts
}

// leftOf is what of a delivered line can still go back.
func leftOf(line api.OrderLine) api.Money {
	left := line.Price
	if line.Returned != nil {
		left.Amount -= line.Returned.Amount
	}
	if line.State != "granted" {
		left.Amount = 0
	}
	return left
}

// givenIn reads a form that gives money back: no amount is all that is left.
func givenIn(c *gin.Context) (api.GiveRefund, error) {
	in := api.GiveRefund{LineID: c.PostForm("line"), Reason: c.PostForm("reason")}
	if returned, err := strconv.ParseInt(c.PostForm("returned"), 10, 64); err == nil {
		in.Returned = &returned
	}
	if typed := strings.TrimSpace(c.PostForm("amount")); typed != "" {
		amount, err := view.ParseMoney(typed, c.PostForm("currency"))
		if err != nil || amount.Amount <= 0 {
			return in, errs.Invalid(errs.Field{Name: "amount", Reason: "not_an_amount"})
		}
		in.Amount = amount.Amount
	}
	return in, nil
}

func refundOrder(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	o, err := a.AdminOrder(ctx, id)
	if err == nil {
		err = a.named(o.Number)
	}
	var in api.GiveRefund
	if err == nil {
		in, err = givenIn(a.c)
	}
	if err == nil {
		_, err = a.RefundOrder(ctx, id, in)
	}
	return adminDone{text: a.l.T("admin.did_refund"), to: adminURL("orders", id)}, err
}

func refundAgain(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	_, err := a.RefundAgain(ctx, id, a.c.Param("refund"), api.SettleRefund{Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.T("admin.did_refund_again"), to: adminURL("orders", id)}, err
}

func assignRefund(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	_, err := a.AssignRefund(ctx, id, a.c.Param("refund"), api.SettleRefund{LineID: a.c.PostForm("line"), Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.T("admin.did_assign"), to: adminURL("orders", id)}, err
}

func declineRefund(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	_, err := a.DeclineOrderRefund(ctx, id, a.c.Param("line"), api.RefundAnswer{Answer: a.c.PostForm("reason")})
	return adminDone{text: a.l.T("admin.did_decline_refund"), to: adminURL("orders", id)}, err
}
