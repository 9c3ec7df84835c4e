package pages

import (
	"context"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminFiles() {
	p.get("/admin/files", p.adminShow(adminFilePage))
	p.post("/admin/files/:id/check", p.adminAct(adminFilePage, checkFile))
	p.post("/admin/files/:id/dismiss", p.adminAct(adminFilePage, dismissFile))
}

// adminFilePage is the files that were refused because the analyzer crashed on them, and what can be done about each.
func adminFilePage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.Reprocessing(ctx)
	if err != nil {
		return nil, "", err
	}
	l := a.l
	table := &view.AdminTable{Caption: l.T("admin.part_files"), Heads: heads(l, "file", "why_dead", "pack", "#size", "#checks", "#when")}
	for _, f := range found.Crashed {
		why := view.AdminCell{Text: l.Or("admin.file_"+f.Reason, f.Reason), Muted: true}
		dismiss := view.AdminAct{
			Action: adminURL("files", f.UploadID) + "/dismiss", Button: l.T("admin.dismiss"), Label: f.Path, Busy: l.T("admin.busy"),
		}
		row := view.AdminRow{Acts: []view.AdminAct{dismiss}}
		if f.Kept {
			row.Acts = append([]view.AdminAct{{
				Action: adminURL("files", f.UploadID) + "/check", Button: l.T("admin.check_again"), Label: f.Path, Busy: l.T("admin.busy"),
			}}, row.Acts...)
		} else {
			why.Sub = l.T("admin.file_swept")
		}
		row.Cells = []view.AdminCell{
			{Text: f.Path}, why, textAt(f.PackTitle, adminURL("packs", f.PackID)), text(l.Size(f.SizeBytes)), text(l.Number(int64(f.Attempts))), at(&f.At),
		}
		table.Row(row)
	}
	s := view.AdminSection{ID: "files", Text: l.T("admin.files_text"), Table: table}
	if len(found.Crashed) == 0 {
		s.Text, s.Empty = "", l.T("admin.no_files")
	}
	return &view.Admin{Heading: l.T("admin.part_files"), Every: 10, Sections: []view.AdminSection{s}}, "files", nil
}

func checkFile(ctx context.Context, a *asked) (adminDone, error) {
	_, err := a.Reprocess(ctx, api.Reprocess{UploadID: a.c.Param("id")})
	return adminDone{text: a.l.T("admin.did_check_file"), to: "/admin/files"}, err
}

func dismissFile(ctx context.Context, a *asked) (adminDone, error) {
	id, back := a.c.Param("id"), a.c.PostForm("undo") != ""
	did := adminDone{text: a.l.T("admin.did_undo_dismiss"), to: "/admin/files"}
	if !back {
		did.text = a.l.T("admin.did_dismiss_file")
		did.undo = &session.Undo{Action: adminURL("files", id) + "/dismiss", Label: a.l.T("undo"), Fields: []session.Field{{Name: "undo", Value: "yes"}}}
	}
	return did, a.DismissFile(ctx, id, api.Dismissal{Undo: back})
}
