package pages

import (
	"context"
	"math"
	"strconv"
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminMoney() {
	p.get("/admin/money", p.adminShow(adminMoneyPage))
	p.post("/admin/money/check", p.adminAct(adminMoneyPage, checkMoney))
	p.post("/admin/money/commission", p.adminAct(adminMoneyPage, setCommission))
	p.post("/admin/money/hold", p.adminAct(adminMoneyPage, setHold))
}

// adminMoneyPage compares the book with the payment provider, and holds the rules by which money is shared.
func adminMoneyPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	desk, err := a.Money(ctx)
	if err != nil {
		return nil, "", err
	}
	return &view.Admin{
		Heading: a.l.T("admin.part_money"), Sections: []view.AdminSection{differenceSection(a, desk), stoppedSection(a, desk), bookSection(a, desk), ruleSection(a, desk)},
	}, "money", nil
}

func differenceSection(a *asked, d api.MoneyDesk) view.AdminSection {
	l := a.l
	s := view.AdminSection{
		ID: "differences", Heading: l.T("admin.book_compared"), Text: l.T("admin.book_compared_text"),
		Table: &view.AdminTable{Caption: l.T("admin.book_compared"), Heads: heads(l, "reference", "difference", "#ours", "#theirs", "#when")},
		Acts:  []view.AdminAct{{Action: "/admin/money/check", Button: l.T("admin.check_book"), Busy: l.T("admin.busy")}},
	}
	for _, v := range d.Differences {
		s.Table.Row(view.AdminRow{Cells: []view.AdminCell{
			ident(v.Reference),
			{Kind: "warn", Text: l.Or("admin.difference_"+v.Kind, v.Kind)},
			text(l.Amount(v.Ours.Amount, v.Ours.Currency)), text(l.Amount(v.Theirs.Amount, v.Theirs.Currency)), at(&v.At),
		}})
	}
	if d.CheckedAt == nil {
		s.Aside = l.T("admin.never_checked")
		return s
	}
	s.Aside = l.T("admin.checked_book", "At", l.Ago(*d.CheckedAt, a.p.Now()), "Count", l.Number(d.Transactions))
	if len(d.Differences) == 0 {
		s.Empty = l.T("admin.no_differences")
	}
	return s
}

// stoppedSection says what to do about each account that the payment provider stopped.
func stoppedSection(a *asked, d api.MoneyDesk) view.AdminSection {
	l := a.l
	s := view.AdminSection{
		ID: "stopped", Heading: l.T("admin.stopped"), Text: l.T("admin.stopped_text"), Empty: l.T("admin.no_stopped"),
		Table: &view.AdminTable{Caption: l.T("admin.stopped"), Heads: heads(l, "producer", "why", "todo")},
	}
	for _, v := range d.Stopped {
		s.Empty = ""
		kind, _, _ := strings.Cut(v.Reason, ".")
		todo := l.Or("admin.stopped_"+kind, l.T("admin.stopped_other"))
		if v.Reason == "requirements.pending_verification" {
			todo = l.T("admin.stopped_wait")
		}
		s.Table.Row(view.AdminRow{
			Cells: []view.AdminCell{textAt("@"+v.Handle, "/@"+v.Handle), {Kind: "warn", Text: v.Reason, Sub: strings.Join(v.Requirements, ", ")}, text(todo)},
			Way:   &view.Link{Text: l.T("admin.open_account"), URL: adminURL("accounts", v.ProducerID)},
		})
	}
	return s
}

func bookSection(a *asked, d api.MoneyDesk) view.AdminSection {
	l := a.l
	s := view.AdminSection{ID: "book", Heading: l.T("admin.book"), Text: l.T("admin.book_text"), Table: &view.AdminTable{Caption: l.T("admin.book"), Heads: heads(l, "book_account", "#book", "#provider")}}
	for _, b := range d.Accounts {
		provider := text("")
		if b.Provider != nil {
			provider = text(l.Amount(b.Provider.Amount, b.Provider.Currency))
		}
		s.Table.Row(view.AdminRow{Cells: []view.AdminCell{{Text: l.Or("admin.book_"+b.Account, b.Account), Sub: b.Account}, text(l.Amount(b.Book.Amount, b.Book.Currency)), provider}})
	}
	if len(d.Accounts) == 0 {
		s.Empty = l.T("admin.book_empty")
	}
	return s
}

func ruleSection(a *asked, d api.MoneyDesk) view.AdminSection {
	l := a.l
	s := view.AdminSection{
		ID: "rules", Heading: l.T("admin.rules"), Text: l.T("admin.rules_text", "Commission", percent(l, d.CommissionPoints), "Days", l.N("payouts.days", int64(d.HoldDays))),
		Table: &view.AdminTable{Caption: l.T("admin.rules"), Heads: heads(l, "producer", "#commission", "#since")},
		Acts: []view.AdminAct{
			{ID: "commission", Action: "/admin/money/commission", Button: l.T("admin.set_commission"), Busy: l.T("admin.busy"), Fields: []view.Input{
				{Name: "producer", Label: l.T("admin.commission_of"), Hint: l.T("admin.commission_of_hint"), MaxLength: 100, Autocomplete: "off"},
				{Name: "percent", Label: l.T("admin.commission_percent"), Hint: l.T("admin.commission_percent_hint"), InputMode: "decimal", MaxLength: 6},
				reasonField(l, ""),
			}},
			{ID: "hold", Action: "/admin/money/hold", Button: l.T("admin.set_hold"), Busy: l.T("admin.busy"), Fields: []view.Input{
				{Name: "days", Label: l.T("admin.hold_days"), Value: strconv.Itoa(d.HoldDays), InputMode: "numeric", Required: true, MaxLength: 2}, reasonField(l, ""),
			}},
		},
	}
	for _, r := range d.Producers {
		s.Table.Row(view.AdminRow{Cells: []view.AdminCell{textAt("@"+r.Handle, "/@"+r.Handle), text(percent(l, r.CommissionPoints)), at(&r.Since)}})
	}
	return s
}

func checkMoney(ctx context.Context, a *asked) (adminDone, error) {
	_, err := a.CheckMoney(ctx)
	return adminDone{text: a.l.T("admin.did_check_book"), to: "/admin/money"}, err
}

func setCommission(ctx context.Context, a *asked) (adminDone, error) {
	in := api.CommissionRule{Producer: strings.TrimSpace(a.c.PostForm("producer")), Reason: a.c.PostForm("reason")}
	if typed := strings.TrimSpace(strings.TrimSuffix(strings.Replace(a.c.PostForm("percent"), ",", ".", 1), "%")); typed != "" {
		n, err := strconv.ParseFloat(strings.TrimSpace(typed), 64)
		if err != nil || n < 0 || n > 100 {
			return adminDone{}, errs.Invalid(errs.Field{Name: "percent", Reason: "out_of_range", Detail: "A commission is 0 to 100 %."})
		}
		points := int(math.Round(n * 100))
		in.CommissionPoints = &points
	}
	_, err := a.SetCommission(ctx, in)
	return adminDone{text: a.l.T("admin.did_rule"), to: "/admin/money#rules"}, err
}

func setHold(ctx context.Context, a *asked) (adminDone, error) {
	days, err := strconv.Atoi(strings.TrimSpace(a.c.PostForm("days")))
	if err != nil {
		return adminDone{}, errs.Invalid(errs.Field{Name: "days", Reason: "not_a_number", Detail: "Give a number of days."})
	}
	_, err = a.SetHold(ctx, api.HoldRule{Days: days, Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.T("admin.did_rule"), to: "/admin/money#rules"}, err
}
