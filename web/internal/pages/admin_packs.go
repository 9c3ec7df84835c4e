package pages

import (
	"context"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminPacks() {
	p.get("/admin/packs", p.adminShow(adminPackList))
	p.get("/admin/packs/:id", p.adminShow(adminPackPage))
	p.post("/admin/packs/:id/take-down", p.adminAct(adminPackPage, takeDown))
	p.post("/admin/packs/:id/reinstate", p.adminAct(adminPackPage, reinstate))
	p.post("/admin/packs/:id/republish", p.adminAct(adminPackPage, republishPack))
	p.post("/admin/packs/:id/reprocess", p.adminAct(adminPackPage, reprocessPack))
}

func adminPackList(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminPacks(ctx, client.AdminPackQuery{
		Words: a.c.Query("q"), State: a.c.Query("state"), Producer: a.c.Query("producer"), Next: a.c.Query("cursor"),
	})
	if err != nil {
		return nil, "", err
	}
	l := a.l
	table := &view.AdminTable{Caption: l.T("admin.part_packs"), Heads: heads(l, "pack", "producer", "state", "#sounds", "#owners", "id", "#changed")}
	for _, pack := range found.Packs {
		table.Row(view.AdminRow{Cells: []view.AdminCell{
			{Text: pack.Title, URL: adminURL("packs", pack.ID), Sub: waiting(a, pack)},
			{Text: pack.Producer.Name, URL: adminURL("accounts", pack.Producer.ID), Sub: "@" + pack.Producer.Handle},
			adminPackState(a, pack), text(l.Number(int64(pack.Sounds))), text(l.Number(pack.Owners)), ident(pack.ID), at(&pack.UpdatedAt),
		}})
	}
	return &view.Admin{
		Heading: l.T("admin.part_packs"), Find: a.find("admin.find_packs", "state", "producer"),
		Filters:  a.filters("state", "state.", "", "live", "taken_down", "withdrawn", "publishing", "ready", "checking", "draft"),
		Sections: []view.AdminSection{a.listed("packs", table, found.Page, "admin.nothing_found")},
	}, "packs", nil
}

// waiting says what of a pack waits for an admin.
func waiting(a *asked, pack api.AdminPack) string {
	switch {
	case pack.OpenAppeal != "":
		return a.l.T("admin.appeal_open")
	case pack.OpenReports > 0:
		return a.l.N("admin.reports_open", int64(pack.OpenReports))
	}
	return ""
}

func adminPackState(a *asked, pack api.AdminPack) view.AdminCell {
	cell := stateOfPack(a, pack.State)
	if pack.Unpublished && pack.State == "live" {
		cell.Sub = a.l.T("studio.live_unpublished")
	}
	if pack.ProducerDisabled {
		cell.Sub = a.l.T("admin.producer_suspended")
	}
	return cell
}

func stateOfPack(a *asked, state string) view.AdminCell {
	kinds := map[string]string{"live": "ok", "taken_down": "danger"}
	cell := view.AdminCell{Kind: kinds[state], Text: a.l.T("state." + state)}
	if cell.Kind == "" {
		cell.Kind = "plain"
	}
	return cell
}

// adminPack is one pack, found by its id.
func (a *asked) adminPack(ctx context.Context) (api.AdminPack, error) {
	found, err := a.AdminPacks(ctx, client.AdminPackQuery{Words: a.c.Param("id")})
	if err != nil {
		return api.AdminPack{}, err
	}
	for _, pack := range found.Packs {
		if pack.ID == a.c.Param("id") {
			return pack, nil
		}
	}
	return api.AdminPack{}, errs.NotFound("pack")
}

func adminPackPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	pack, err := a.adminPack(ctx)
	if err != nil {
		return nil, "", err
	}
	trace, err := a.AdminTrace(ctx, pack.ID)
	if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
		return nil, "", err
	}
	log, err := a.Audit(ctx, client.AuditQuery{Subject: "pack:" + pack.ID})
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: pack.Title, Back: &view.Link{Text: l.T("admin.part_packs"), URL: "/admin/packs"}}
	if t := pack.TakenDown; t != nil {
		text := "admin.taken_down_note"
		if t.WithAccount {
			text = "admin.went_off_note"
		}
		v.Notes = append(v.Notes, view.AdminNote{Kind: "danger", Text: l.T(text, "At", l.Moment(t.At), "Reason", t.Reason)})
		if !t.FilesKept {
			v.Notes = append(v.Notes, view.AdminNote{Kind: "warn", Text: l.T("admin.files_closed")})
		}
	}
	fact := func(label string, cell view.AdminCell) {
		v.Facts = append(v.Facts, view.AdminFact{Label: l.T("admin.col_" + label), Cell: cell})
	}
	fact("state", adminPackState(a, pack))
	fact("producer", view.AdminCell{Text: pack.Producer.Name, URL: adminURL("accounts", pack.Producer.ID), Sub: "@" + pack.Producer.Handle})
	fact("id", ident(pack.ID))
	if pack.Listed {
		fact("page", textAt("/packs/"+pack.Slug, "/packs/"+pack.Slug))
	}
	fact("sounds", text(l.Number(int64(pack.Sounds))))
	fact("owners", text(l.Number(pack.Owners)))
	fact("revision", text(l.Number(pack.Revision)))
	fact("published", at(pack.PublishedAt))
	fact("changed", at(&pack.UpdatedAt))
	if pack.OpenAppeal != "" {
		fact("appeal", textAt(l.T("admin.appeal_open"), "/admin/appeals"))
	}
	if pack.OpenReports > 0 {
		fact("reports", textAt(l.N("admin.reports_open", int64(pack.OpenReports)), "/admin/reports"))
	}
	v.Sections = append(v.Sections, traceSection(a, trace), packActs(a, pack), auditSection(a, log.Entries, "/admin/audit?subject=pack%3A"+pack.ID))
	return v, "packs", nil
}

// traceSection is how far the newest revision has come: in the database, on Kafka, in search.
func traceSection(a *asked, t api.Trace) view.AdminSection {
	l := a.l
	s := view.AdminSection{ID: "trace", Heading: l.T("admin.trace"), Aside: l.T("admin.trace_revision", "Revision", l.Number(t.Revision))}
	if t.CommittedAt == nil {
		s.Aside, s.Text = "", l.T("admin.trace_none")
		return s
	}
	sent, found := view.Step{Text: l.T("bench.step_sent")}, view.Step{Text: l.T("bench.step_searchable")}
	if t.SentAt != nil {
		sent.Done, sent.Detail = true, l.T("admin.trace_sent", "At", l.Exact(*t.SentAt), "Partition", t.Partition, "Offset", l.Number(t.Offset))
	}
	if t.SearchableAt != nil {
		found.Done, found.Detail = true, l.Exact(*t.SearchableAt)
	}
	s.Steps = []view.Step{{Text: l.T("admin.trace_committed"), Done: true, Detail: l.Exact(*t.CommittedAt)}, sent, found}
	return s
}

func packActs(a *asked, pack api.AdminPack) view.AdminSection {
	l, path := a.l, adminURL("packs", pack.ID)
	s := view.AdminSection{ID: "act", Heading: l.T("admin.acts")}
	again := []view.AdminAct{
		{Action: path + "/republish", Button: l.T("admin.republish"), Lead: l.T("admin.republish_text"), Busy: l.T("admin.busy"), Hidden: []view.Field{a.onceField()}, Fields: []view.Input{reasonField(l, "")}},
		{
			Action: path + "/reprocess", Button: l.T("admin.reprocess"), Lead: l.T("admin.reprocess_text"), Busy: l.T("admin.busy"),
			Fields: []view.Input{{Name: "reason", Label: l.T("admin.reason"), Rows: 2, MaxLength: 2000}},
		},
	}
	if down := pack.TakenDown; down != nil {
		act := view.AdminAct{
			Action: path + "/reinstate", Button: l.T("admin.reinstate"), Lead: l.T("admin.reinstate_text"), Busy: l.T("admin.busy"),
			Fields: []view.Input{{Name: "reason", Label: l.T("admin.reason"), Rows: 2, MaxLength: 2000}},
		}
		if down.Listed {
			act.Lead, act.Ticks = l.T("admin.reinstate_sold"), []view.AdminTick{{Name: "as_before", Text: l.T("admin.as_before"), On: true}}
		}
		s.Acts = append(s.Acts, act)
	} else if pack.Listed || pack.State == "live" || pack.State == "withdrawn" || pack.State == "publishing" {
		s.Acts = append(s.Acts, view.AdminAct{
			Action: path + "/take-down", Button: l.T("admin.take_down"), Lead: l.T("admin.take_down_text"), Danger: true, Busy: l.T("admin.busy"),
			Fields: []view.Input{reasonField(l, l.T("admin.take_down_hint")), nameField(l, pack.Title)},
			Ticks:  []view.AdminTick{{Name: "remove_files", Text: l.T("admin.remove_files")}},
		})
	}
	s.Acts = append(s.Acts, again...)
	return s
}

func takeDown(ctx context.Context, a *asked) (adminDone, error) {
	pack, err := a.adminPack(ctx)
	if err == nil {
		err = a.named(pack.Title)
	}
	if err == nil {
		err = a.TakeDown(ctx, pack.ID, api.TakeDown{Reason: a.c.PostForm("reason"), RemoveFiles: a.c.PostForm("remove_files") != ""})
	}
	return adminDone{text: a.l.T("admin.did_take_down", "Title", pack.Title), undo: undoTakeDown(a, a.c.Param("id")), to: adminURL("packs", a.c.Param("id"))}, err
}

// undoTakeDown gives a pack the state back that it had.
func undoTakeDown(a *asked, packID string) *session.Undo {
	return &session.Undo{Action: adminURL("packs", packID) + "/reinstate", Label: a.l.T("undo"), Fields: []session.Field{{Name: "as_before", Value: "yes"}}}
}

func reinstate(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	did := adminDone{text: a.l.T("admin.did_reinstate"), to: adminURL("packs", id)}
	if err := a.Reinstate(ctx, id, api.Reinstate{Reason: a.c.PostForm("reason"), AsBefore: a.c.PostForm("as_before") != ""}); err != nil {
		return did, err
	}
	pack, err := a.adminPack(ctx)
	if pack.Listed {
		did.text = a.l.T("admin.did_give_back")
	}
	return did, err
}
