package pages

import (
	"context"
	"strconv"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminStorage() {
	p.get("/admin/storage", p.adminShow(adminStoragePage))
	p.post("/admin/storage/sweep", p.adminAct(adminStoragePage, sweepObjects))
	p.post("/admin/storage/reprocess", p.adminAct(adminStoragePage, reprocessOld))
	p.post("/admin/storage/files/:id/reprocess", p.adminAct(adminStoragePage, reprocessFile))
}

// adminStoragePage is what storage lacks, and audio that is measured again.
func adminStoragePage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	objects, err := a.StoredObjects(ctx, a.c.Query("cursor"))
	if err != nil {
		return nil, "", err
	}
	audio, err := a.Reprocessing(ctx)
	if err != nil {
		return nil, "", err
	}
	return &view.Admin{
		Heading: a.l.T("admin.part_storage"), Every: 10,
		Sections: append([]view.AdminSection{sweepSection(a, objects)}, audioSections(a, audio)...),
	}, "storage", nil
}

func sweepSection(a *asked, o api.StoredObjects) view.AdminSection {
	l, now := a.l, a.p.Now()
	s := view.AdminSection{ID: "sweep", Heading: l.T("admin.sweep"), Text: l.T("admin.sweep_text"), More: a.goesOn(o.Page.Next)}
	s.Table = &view.AdminTable{Caption: l.T("admin.missing"), Heads: heads(l, "object", "pack", "#first_missed", "#last_missed")}
	for _, m := range o.Missing {
		pack := text("")
		if m.PackID != "" {
			pack = textAt(m.PackTitle, adminURL("packs", m.PackID))
		}
		s.Table.Row(view.AdminRow{Cells: []view.AdminCell{ident(m.Key), pack, at(&m.FirstAt), at(&m.LastAt)}})
	}
	switch last := o.LastSweep; {
	case o.Running != nil && o.Running.BegunAt != nil:
		s.Aside = l.T("admin.sweep_running", "At", l.Ago(*o.Running.BegunAt, now))
	case o.Running != nil:
		s.Aside = l.T("admin.sweep_asked", "At", l.Ago(o.Running.AskedAt, now))
	case last != nil && last.Error != "":
		s.Aside = l.T("admin.sweep_failed", "Error", last.Error)
	case last != nil && last.EndedAt != nil:
		s.Aside = l.T("admin.sweep_ended", "At", l.Ago(*last.EndedAt, now), "Removed", l.Number(last.Removed))
	}
	if o.Count == 0 {
		s.Empty = l.T("admin.nothing_missing")
		if o.LastSweep == nil {
			s.Empty = l.T("admin.never_swept")
		}
	}
	if o.Running == nil {
		s.Acts = []view.AdminAct{{Action: "/admin/storage/sweep", Button: l.T("admin.sweep_now"), Busy: l.T("admin.busy")}}
	}
	return s
}

func audioSections(a *asked, r api.Reprocessing) []view.AdminSection {
	l := a.l
	s := view.AdminSection{
		ID: "audio", Heading: l.T("admin.audio"), Aside: l.T("admin.audio_state", "Waiting", l.Number(r.Waiting), "Asked", l.Number(r.Asked), "Failed", l.Number(r.Failed)),
		Table: &view.AdminTable{Caption: l.T("admin.audio_failed"), Heads: heads(l, "file", "why_dead", "pack", "#when")},
	}
	for _, f := range r.Failures {
		s.Table.Row(view.AdminRow{
			Cells: []view.AdminCell{{Text: f.Path}, {Text: f.Reason, Sub: f.Detail, Muted: true}, {ID: f.PackID}, at(&f.At)},
			Acts:  []view.AdminAct{{Action: "/admin/storage/files/" + f.UploadID + "/reprocess", Button: l.T("admin.reprocess_file"), Label: f.Path, Busy: l.T("admin.busy")}},
		})
	}
	if len(r.Failures) == 0 {
		s.Empty = l.T("admin.audio_fine")
	}
	versions := view.AdminSection{ID: "versions", Heading: l.T("admin.versions"), Text: l.T("admin.versions_text"), Table: &view.AdminTable{Caption: l.T("admin.versions"), Heads: heads(l, "version", "#sounds")}}
	newest := 0
	for _, v := range r.Versions {
		newest = max(newest, v.Version)
		versions.Table.Row(view.AdminRow{Cells: []view.AdminCell{text(l.T("admin.version", "Version", v.Version)), text(l.Number(v.Sounds))}})
	}
	if len(r.Versions) == 0 {
		return []view.AdminSection{s}
	}
	if len(r.Versions) > 1 {
		versions.Acts = []view.AdminAct{{
			Action: "/admin/storage/reprocess", Button: l.T("admin.reprocess_old", "Version", newest), Hidden: []view.Field{{Name: "version", Value: strconv.Itoa(newest)}},
			Busy: l.T("admin.busy"), Fields: []view.Input{reasonField(l, "")},
		}}
	}
	return []view.AdminSection{s, versions}
}

func sweepObjects(ctx context.Context, a *asked) (adminDone, error) {
	_, err := a.SweepObjects(ctx)
	return adminDone{text: a.l.T("admin.did_sweep"), to: "/admin/storage"}, err
}

func (a *asked) reprocessed(ctx context.Context, in api.Reprocess, to string) (adminDone, error) {
	in.Reason = a.c.PostForm("reason")
	done, err := a.Reprocess(ctx, in)
	return adminDone{text: a.l.N("admin.did_reprocess", int64(done.Queued+done.Checked)), to: to}, err
}

func reprocessOld(ctx context.Context, a *asked) (adminDone, error) {
	version, err := strconv.Atoi(a.c.PostForm("version"))
	if err != nil {
		return adminDone{}, errs.NotFound("version")
	}
	return a.reprocessed(ctx, api.Reprocess{OlderThanAnalyzer: version}, "/admin/storage#audio")
}

func reprocessFile(ctx context.Context, a *asked) (adminDone, error) {
	return a.reprocessed(ctx, api.Reprocess{UploadID: a.c.Param("id")}, "/admin/storage#audio")
}

func reprocessPack(ctx context.Context, a *asked) (adminDone, error) {
	return a.reprocessed(ctx, api.Reprocess{PackID: a.c.Param("id")}, adminURL("packs", a.c.Param("id")))
}
