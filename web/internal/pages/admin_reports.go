package pages

import (
	"context"
	"maps"
	"slices"
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminReports() {
	p.get("/admin/reports", p.adminShow(adminReportList))
	p.post("/admin/reports/:id/dismiss", p.adminAct(adminReportList, resolveReport("dismissed")))
	p.post("/admin/reports/:id/take-down", p.adminAct(adminReportList, resolveReport("taken_down")))
	p.get("/admin/appeals", p.adminShow(adminAppealList))
	p.post("/admin/appeals/:id/grant", p.adminAct(adminAppealList, resolveAppeal(true)))
	p.post("/admin/appeals/:id/refuse", p.adminAct(adminAppealList, resolveAppeal(false)))
}

func adminReportList(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminReports(ctx, a.c.Query("state"), a.c.Query("cursor"))
	if err != nil {
		return nil, "", err
	}
	l := a.l
	table := &view.AdminTable{Caption: l.T("admin.part_reports"), Heads: heads(l, "reported", "producer", "why", "#count", "state", "#oldest")}
	for _, r := range found.Reports {
		thing := view.AdminCell{Text: r.Name, URL: adminURL("packs", r.Pack.ID), Sub: l.T("admin.a_pack")}
		if r.Kind == "sound" {
			thing.Sub = l.T("admin.a_sound_of", "Pack", r.Pack.Title)
		}
		row := view.AdminRow{
			Cells: []view.AdminCell{
				thing,
				{Text: r.Producer.Name, URL: adminURL("accounts", r.Producer.ID), Sub: "@" + r.Producer.Handle},
				text(reasonsOf(a, r.Reasons)),
				{Text: l.Number(int64(r.Count)), Big: true},
				reportState(a, r), at(&r.OldestAt),
			},
			Name: l.T("admin.what_they_write"), More: reportTexts(a, r), Open: r.State == "open",
		}
		if r.State == "open" {
			path := adminURL("reports", r.ID)
			row.Acts = []view.AdminAct{
				{
					Action: path + "/dismiss", Button: l.T("admin.dismiss"), Lead: l.T("admin.dismiss_text"), Busy: l.T("admin.busy"),
					Fields: []view.Input{{Name: "note", Label: l.T("admin.note"), Hint: l.T("admin.note_hint"), Rows: 2, MaxLength: 2000}},
				},
				{
					Action: path + "/take-down", Button: l.T("admin.take_down_pack"), Lead: l.T("admin.take_down_text"), Danger: true, Busy: l.T("admin.busy"),
					Fields: []view.Input{
						{Name: "note", Label: l.T("admin.reason"), Hint: l.T("admin.take_down_hint"), Rows: 3, Required: true, MaxLength: 2000}, titleField(l, r.Pack.Title),
					},
				},
			}
		}
		table.Row(row)
	}
	return &view.Admin{
		Heading: l.T("admin.part_reports"), Filters: a.filters("state", "admin.reports_", "", "dismissed", "taken_down", "all"),
		Sections: []view.AdminSection{a.listed("reports", table, found.Page, "admin.no_reports")},
	}, "reports", nil
}

func reasonsOf(a *asked, reasons map[string]int) string {
	var list []string
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		list = append(list, a.l.Number(int64(reasons[reason]))+" "+strings.ToLower(a.l.Or("report.reason_"+reason, reason)))
	}
	return strings.Join(list, ", ")
}

func reportState(a *asked, r api.AdminReport) view.AdminCell {
	kinds := map[string]string{"open": "warn", "taken_down": "danger", "dismissed": "plain"}
	return view.AdminCell{Kind: orDefault(kinds[r.State], "plain"), Text: a.l.Or("admin.report_"+r.State, r.State), Sub: r.Note}
}

// reportTexts is what people wrote, each under who and when.
func reportTexts(a *asked, r api.AdminReport) string {
	var b strings.Builder
	for i, one := range r.Reports {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(a.l.T("admin.report_by", "Reason", a.l.Or("report.reason_"+one.Reason, one.Reason), "By", orDefault(one.Email, one.ReporterID), "At", a.l.Moment(one.At)))
		if one.Text != "" {
			b.WriteString("\n" + one.Text)
		}
	}
	return b.String()
}

func resolveReport(outcome string) func(context.Context, *asked) (adminDone, error) {
	return func(ctx context.Context, a *asked) (adminDone, error) {
		in := api.ResolveReport{Outcome: outcome, Note: a.c.PostForm("note")}
		if outcome == "taken_down" {
			in.Title = new(a.c.PostForm("title"))
		}
		answered, err := a.ResolveReport(ctx, a.c.Param("id"), in)
		did := adminDone{text: a.l.T("admin.did_report_" + outcome), to: "/admin/reports"}
		if outcome == "taken_down" {
			did.undo = undoTakeDown(a, answered.Pack.ID)
		}
		return did, err
	}
}

// titleField asks for the title of the pack that would be taken down; the service knows which one it is.
func titleField(l *messages.Locale, title string) view.Input {
	in := nameField(l, title)
	in.Name = "title"
	return in
}

func adminAppealList(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminAppeals(ctx, a.c.Query("state"), a.c.Query("cursor"))
	if err != nil {
		return nil, "", err
	}
	l := a.l
	table := &view.AdminTable{Caption: l.T("admin.part_appeals"), Heads: heads(l, "pack", "producer", "taken_down_for", "state", "#since")}
	for _, one := range found.Appeals {
		kinds := map[string]string{"open": "warn", "granted": "ok", "refused": "plain"}
		row := view.AdminRow{
			Cells: []view.AdminCell{
				{Text: one.Pack.Title, URL: adminURL("packs", one.Pack.ID), Sub: l.T("state." + one.PackState)},
				{Text: one.Producer.Name, URL: adminURL("accounts", one.Producer.ID), Sub: "@" + one.Producer.Handle},
				muted(one.Reason),
				{Kind: orDefault(kinds[one.State], "plain"), Text: l.Or("appeal.state_"+one.State, one.State), Sub: one.Answer},
				at(&one.CreatedAt),
			},
			Name: l.T("admin.what_they_write"), More: one.Text, Open: one.State == "open",
		}
		if one.State == "open" {
			path := adminURL("appeals", one.ID)
			answer := []view.Input{{Name: "answer", Label: l.T("admin.answer"), Hint: l.T("admin.answer_hint"), Rows: 3, Required: true, MaxLength: 2000}}
			row.Acts = []view.AdminAct{
				{Action: path + "/grant", Button: l.T("admin.grant"), Lead: l.T("admin.grant_text"), Busy: l.T("admin.busy"), Fields: slices.Clone(answer)},
				{Action: path + "/refuse", Button: l.T("admin.refuse"), Lead: l.T("admin.refuse_text"), Danger: true, Busy: l.T("admin.busy"), Fields: answer},
			}
		}
		table.Row(row)
	}
	return &view.Admin{
		Heading: l.T("admin.part_appeals"), Filters: a.filters("state", "admin.appeals_", "", "granted", "refused", "all"),
		Sections: []view.AdminSection{a.listed("appeals", table, found.Page, "admin.no_appeals")},
	}, "appeals", nil
}

func resolveAppeal(granted bool) func(context.Context, *asked) (adminDone, error) {
	return func(ctx context.Context, a *asked) (adminDone, error) {
		said := "admin.did_refuse"
		if granted {
			said = "admin.did_grant"
		}
		_, err := a.ResolveAppeal(ctx, a.c.Param("id"), api.ResolveAppeal{Granted: granted, Answer: a.c.PostForm("answer")})
		return adminDone{text: a.l.T(said), to: "/admin/appeals"}, err
	}
}
