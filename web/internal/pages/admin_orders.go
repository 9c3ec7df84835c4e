package pages

import (
	"context"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminOrders() {
	p.get("/admin/orders", p.adminShow(adminOrderList))
	p.get("/admin/orders/:id", p.adminShow(adminOrderPage))
	p.post("/admin/orders/:id/check", p.adminAct(adminOrderPage, checkOrder))
	p.post("/admin/orders/:id/attended", p.adminAct(adminOrderPage, attendOrder))
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
		case "unavailable":
			state.Kind, state.Sub = "warn", l.Or("order.line_"+line.Reason, line.Reason)
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
		switch {
		case r.Refused != "":
			state = view.AdminCell{Kind: "danger", Text: l.T("admin.refund_refused"), Sub: r.Refused}
		case r.Done:
			state.Kind, state.Text = "ok", l.T("admin.refund_done")
		}
		row(text(l.T("admin.refund")), state, ident(r.Reference), text(l.Amount(-r.Amount.Amount, r.Amount.Currency)), at(&r.CreatedAt))
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
