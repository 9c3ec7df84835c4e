package pages

import (
	"context"
	"maps"
	"slices"
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminAccounts() {
	p.get("/admin/accounts", p.adminShow(adminAccountList))
	p.get("/admin/accounts/:id", p.adminShow(adminAccountPage))
	p.post("/admin/accounts/:id/disable", p.adminAct(adminAccountPage, disableAccount))
	p.post("/admin/accounts/:id/enable", p.adminAct(adminAccountPage, enableAccount))
}

func adminAccountList(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminAccounts(ctx, a.c.Query("q"), a.c.Query("cursor"))
	if err != nil {
		return nil, "", err
	}
	l := a.l
	table := &view.AdminTable{Caption: l.T("admin.part_accounts"), Heads: heads(l, "account", "email", "role", "state", "id", "#since")}
	for _, one := range found.Accounts {
		table.Row(view.AdminRow{Cells: []view.AdminCell{
			{Text: one.Name, URL: adminURL("accounts", one.ID), Sub: "@" + one.Handle},
			{Text: one.Email, Sub: unconfirmed(a, one)},
			text(accountRole(a, one)), accountState(a, one), ident(one.ID), at(&one.CreatedAt),
		}})
	}
	return &view.Admin{Heading: l.T("admin.part_accounts"), Find: a.find("admin.find_accounts"), Sections: []view.AdminSection{a.listed("accounts", table, found.Page, "admin.nobody")}}, "accounts", nil
}

func unconfirmed(a *asked, one api.AdminAccount) string {
	if one.EmailVerified {
		return ""
	}
	return a.l.T("settings.not_confirmed")
}

func accountRole(a *asked, one api.AdminAccount) string {
	var roles []string
	if one.Admin {
		roles = append(roles, a.l.T("admin.role_admin"))
	}
	if one.Sells {
		roles = append(roles, a.l.T("admin.role_producer"))
	}
	if one.Demo {
		roles = append(roles, a.l.T("admin.demo"))
	}
	return strings.Join(roles, ", ")
}

func accountState(a *asked, one api.AdminAccount) view.AdminCell {
	if one.DisabledAt != nil {
		return view.AdminCell{Kind: "danger", Text: a.l.T("admin.suspended")}
	}
	return view.AdminCell{Kind: "ok", Text: a.l.T("admin.active")}
}

func adminAccountPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminAccount(ctx, a.c.Param("id"))
	if err != nil {
		return nil, "", err
	}
	l, one := a.l, found.Account
	v := &view.Admin{Heading: one.Name, Lead: "@" + one.Handle, Back: &view.Link{Text: l.T("admin.part_accounts"), URL: "/admin/accounts"}}
	if one.DisabledAt != nil {
		v.Notes = append(v.Notes, view.AdminNote{Kind: "danger", Text: l.T("admin.suspended_note", "At", l.Moment(*one.DisabledAt), "Reason", one.DisabledReason)})
	}
	fact := func(label string, cell view.AdminCell) {
		v.Facts = append(v.Facts, view.AdminFact{Label: l.T("admin.col_" + label), Cell: cell})
	}
	fact("state", accountState(a, one))
	fact("email", view.AdminCell{Text: one.Email, Sub: unconfirmed(a, one)})
	fact("role", text(accountRole(a, one)))
	fact("id", ident(one.ID))
	fact("since", at(&one.CreatedAt))
	fact("seen", at(found.LastSignInAt))
	fact("sessions", text(l.Number(int64(found.Sessions))))
	fact("tokens", text(l.Number(int64(found.Tokens))))
	fact("followers", text(l.Number(int64(found.Followers))))
	fact("shop", textAt("/@"+one.Handle, "/@"+one.Handle))
	var packs []string
	for _, state := range slices.Sorted(maps.Keys(found.Packs)) {
		packs = append(packs, l.Number(int64(found.Packs[state]))+" "+strings.ToLower(l.T("state."+state)))
	}
	if len(packs) > 0 {
		fact("packs", textAt(strings.Join(packs, ", "), "/admin/packs?producer="+one.ID))
	}
	fact("sold", text(l.Number(found.Sold)))
	for _, e := range found.Earned {
		fact("earned", view.AdminCell{Text: l.Amount(e.Net.Amount, e.Net.Currency), Sub: l.T("admin.of_gross", "Gross", l.Amount(e.Gross.Amount, e.Gross.Currency))})
	}
	fact("bought", text(l.Number(found.Bought)))
	act := view.AdminSection{ID: "act", Heading: l.T("admin.suspend")}
	if one.DisabledAt == nil {
		act.Text = l.T("admin.suspend_text")
		act.Acts = []view.AdminAct{{
			Action: adminURL("accounts", one.ID) + "/disable", Button: l.T("admin.suspend"), Danger: true, Busy: l.T("admin.busy"),
			Fields: []view.Input{reasonField(l, l.T("admin.suspend_hint")), nameField(l, one.Handle)},
		}}
	} else {
		act.Heading, act.Text = l.T("admin.unsuspend"), l.T("admin.unsuspend_text")
		act.Acts = []view.AdminAct{enableForm(a, one.ID, len(found.Suspended))}
	}
	if len(found.Suspended) > 0 {
		act.Table = &view.AdminTable{Caption: l.T("admin.went_with"), Heads: heads(l, "went_with", "id")}
		for _, pack := range found.Suspended {
			act.Table.Row(view.AdminRow{Cells: []view.AdminCell{textAt(pack.Title, adminURL("packs", pack.ID)), ident(pack.ID)}})
		}
		if one.DisabledAt == nil { // let in again without its packs
			act.Acts = append([]view.AdminAct{enableForm(a, one.ID, len(found.Suspended))}, act.Acts...)
		}
	}
	v.Sections = append(v.Sections, act, auditSection(a, found.Audit, "/admin/audit?subject="+one.ID))
	return v, "accounts", nil
}

func enableForm(a *asked, id string, packs int) view.AdminAct {
	act := view.AdminAct{
		Action: adminURL("accounts", id) + "/enable", Button: a.l.T("admin.unsuspend"), Busy: a.l.T("admin.busy"),
		Fields: []view.Input{{Name: "reason", Label: a.l.T("admin.reason"), Rows: 2, MaxLength: 2000}},
	}
	if packs > 0 {
		act.Ticks = []view.AdminTick{{Name: "restore_packs", Text: a.l.N("admin.give_back", int64(packs)), On: true}}
	}
	return act
}

func disableAccount(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	found, err := a.AdminAccount(ctx, id)
	if err == nil {
		err = a.named(found.Account.Handle)
	}
	if err == nil {
		err = a.DisableAccount(ctx, id, api.DisableAccount{Reason: a.c.PostForm("reason")})
	}
	return adminDone{
		text: a.l.T("admin.did_suspend", "Name", found.Account.Name), to: adminURL("accounts", id),
		undo: &session.Undo{Action: adminURL("accounts", id) + "/enable", Label: a.l.T("undo"), Fields: []session.Field{{Name: "restore_packs", Value: "yes"}}},
	}, err
}

func enableAccount(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	err := a.EnableAccount(ctx, id, api.EnableAccount{Reason: a.c.PostForm("reason"), RestorePacks: a.c.PostForm("restore_packs") != ""})
	return adminDone{text: a.l.T("admin.did_unsuspend"), to: adminURL("accounts", id)}, err
}
