package pages

import (
	"context"
	"encoding/json"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminAudit() {
	p.get("/admin/audit", p.adminShow(adminAuditPage))
}

func adminAuditPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	q := client.AuditQuery{Actor: a.c.Query("q"), Subject: a.c.Query("subject"), Action: a.c.Query("action"), Next: a.c.Query("cursor")}
	found, err := a.Audit(ctx, q)
	if err != nil {
		return nil, "", err
	}
	s := auditSection(a, found.Entries, "")
	s.Heading, s.More = "", a.goesOn(found.Page.Next)
	return &view.Admin{
		Heading: a.l.T("admin.part_audit"), Lead: a.l.T("admin.audit_lead"), Find: a.find("admin.find_audit", "subject", "action"),
		Filters:  a.filters("action", "admin.acts_on_", "", "account", "pack", "report", "appeal", "order", "job", "dead_letter", "file", "index"),
		Sections: []view.AdminSection{s},
	}, "audit", nil
}

// subjectPages are the parts whose pages show one thing.
var subjectPages = map[string]string{"account": "accounts", "pack": "packs", "order": "orders"}

// auditSection is what was done, newest first.
func auditSection(a *asked, entries []api.AuditEntry, all string) view.AdminSection {
	l := a.l
	s := view.AdminSection{ID: "audit", Heading: l.T("admin.part_audit"), More: all}
	table := &view.AdminTable{Caption: l.T("admin.part_audit"), Heads: heads(l, "when", "act", "on", "by", "reason", "request")}
	for _, e := range entries {
		on := text(orDefault(e.SubjectName, e.SubjectID))
		if part, ok := subjectPages[e.SubjectKind]; ok && e.SubjectID != "" {
			on.URL = adminURL(part, e.SubjectID)
		}
		on.Sub = l.Or("admin.kind_"+e.SubjectKind, e.SubjectKind)
		by := text(orDefault(e.ActorEmail, l.T("admin.by_nobody")))
		by.Sub = e.Via
		row := view.AdminRow{Cells: []view.AdminCell{at(&e.At), text(l.Or("admin.did."+e.Action, e.Action)), on, by, muted(e.Reason), ident(e.RequestID)}}
		if len(e.Data) > 0 {
			if raw, err := json.MarshalIndent(e.Data, "", "  "); err == nil {
				row.More = string(raw)
			}
		}
		table.Row(row)
	}
	if s.Table = table; len(entries) == 0 {
		s.Empty, s.More = l.T("admin.no_acts"), ""
	}
	return s
}
