package pages

import (
	"context"
	"slices"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminIndex() {
	p.get("/admin/index", p.adminShow(adminIndexPage))
	p.post("/admin/index/rebuild", p.adminAct(adminIndexPage, startReindex))
	p.post("/admin/index/verify", p.adminAct(adminIndexPage, verifyIndex))
	p.post("/admin/index/cancel", p.adminAct(adminIndexPage, cancelReindex))
	p.post("/admin/index/rollback", p.adminAct(adminIndexPage, rollbackReindex))
	p.post("/admin/index/republish", p.adminAct(adminIndexPage, republishAll))
}

func adminIndexPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.Reindex(ctx)
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: l.T("admin.part_index"), Lead: l.T("admin.index_current", "Name", found.Current), Watch: "reindex:index", Every: 5}
	running := found.Rebuild != nil && (found.Rebuild.State == "filling" || found.Rebuild.State == "verifying")
	if found.Rebuild != nil {
		v.Replay = replay(a, found)
	}
	generations := view.AdminSection{ID: "generations", Heading: l.T("admin.generations"), Table: &view.AdminTable{Caption: l.T("admin.generations"), Heads: heads(l, "generation", "state", "#documents", "#lag")}}
	for _, g := range found.Generations {
		state := view.AdminCell{Kind: "plain", Text: l.T("admin.generation_other")}
		switch {
		case g.Name == found.Current:
			state = view.AdminCell{Kind: "ok", Text: l.T("admin.generation_current")}
		case g.Name == found.Previous:
			state.Text = l.T("admin.generation_previous")
			if found.RollbackUntil != nil {
				state.Sub = l.T("admin.generation_until", "At", l.Moment(*found.RollbackUntil))
			}
		case running && g.Name == found.Rebuild.Generation:
			state = view.AdminCell{Kind: "warn", Text: l.T("admin.generation_new")}
		}
		generations.Table.Row(view.AdminRow{Cells: []view.AdminCell{text(g.Name), state, text(l.Number(g.Documents)), text(l.Number(g.Lag))}})
	}
	act := view.AdminSection{ID: "act", Heading: l.T("admin.acts"), Text: l.T("admin.rebuild_text")}
	if !running {
		act.Acts = append(act.Acts, view.AdminAct{
			Action: "/admin/index/rebuild", Button: l.T("admin.rebuild"), Main: true, Busy: l.T("admin.busy"), Lead: l.T("admin.rebuild_lead"),
			Hidden: []view.Field{a.onceField()}, Fields: []view.Input{reasonField(l, "")},
		}, view.AdminAct{Action: "/admin/index/verify", Button: l.T("admin.verify"), Busy: l.T("admin.busy"), Hidden: []view.Field{a.onceField()}})
	}
	if found.Previous != "" && !running {
		act.Acts = append(act.Acts, view.AdminAct{
			Action: "/admin/index/rollback", Button: l.T("admin.rollback"), Danger: true, Busy: l.T("admin.busy"), Lead: l.T("admin.rollback_text", "Name", found.Previous),
			Fields: []view.Input{reasonField(l, ""), nameField(l, found.Previous)},
		})
	}
	act.Acts = append(act.Acts, view.AdminAct{
		Action: "/admin/index/republish", Button: l.T("admin.republish_all"), Busy: l.T("admin.busy"), Lead: l.T("admin.republish_text"),
		Hidden: []view.Field{a.onceField()}, Fields: []view.Input{reasonField(l, "")},
	})
	v.Sections = []view.AdminSection{generations, act}
	return v, "index", nil
}

var rebuildLooks = map[string]string{"done": "ok", "failed": "danger", "cancelled": "warn"}

// replay is the bar of the running rebuild, or what came of the last one.
func replay(a *asked, found api.Reindex) *view.Replay {
	l, b := a.l, found.Rebuild
	running := b.State == "filling" || b.State == "verifying"
	out := &view.Replay{
		Heading: l.T("admin.replay"), Aside: l.T("admin.replay_started", "At", l.Moment(b.StartedAt), "By", orDefault(b.By, l.T("admin.by_nobody"))), Running: running,
		State: l.Or("admin.rebuild_"+b.State, b.State), Kind: rebuildLooks[b.State], Value: b.Messages, Max: max(b.Total, b.Messages, 1),
	}
	share := b.Messages * 100 / out.Max
	out.Percent = l.T("admin.replay_percent", "Percent", share)
	left := "–"
	if b.SecondsLeft > 0 {
		left = l.Wait(time.Duration(b.SecondsLeft * float64(time.Second)))
	}
	out.Facts = []view.Fact{
		{Label: l.T("admin.documents_written"), Value: l.Number(b.Documents)},
		{Label: l.N("admin.of_messages", b.Total), Value: l.Number(b.Messages)},
	}
	if c := b.Verification; c != nil {
		out.Value, out.Max = c.Checked, max(c.Total, c.Checked, 1)
		out.Percent = l.T("admin.replay_percent", "Percent", out.Value*100/out.Max)
		out.Facts = append(out.Facts,
			view.Fact{Label: l.N("admin.of_packs", c.Total), Value: l.Number(c.Checked)}, view.Fact{Label: l.T("admin.differences"), Value: l.Number(c.Differences)},
			view.Fact{Label: l.T("admin.repaired"), Value: l.Number(c.Repaired)})
		out.Examples = c.Examples
	}
	if b.Kind == "verify" {
		out.Heading, out.Facts = l.T("admin.verification"), slices.Clone(out.Facts[2:])
	}
	if running && b.State == "filling" {
		out.Facts = append(out.Facts, view.Fact{Label: l.T("admin.per_second"), Value: l.Decimal(b.PerSecond, 0)}, view.Fact{Label: l.T("admin.left"), Value: left})
	}
	if running {
		out.Text = l.T("admin.replay_text", "New", b.Generation, "Old", found.Current)
		if b.Kind == "verify" {
			out.Text = l.T("admin.verify_text", "Name", b.Generation)
		}
		if b.Waiting != "" {
			out.Text = b.Waiting
		}
		out.Acts = []view.AdminAct{{Action: "/admin/index/cancel", Button: l.T("admin.cancel_replay"), Danger: true, Busy: l.T("admin.busy"), Confirm: l.T("admin.cancel_replay_sure")}}
		return out
	}
	if b.EndedAt != nil {
		out.Facts = append(out.Facts, view.Fact{Label: l.T("admin.took"), Value: took(l, b.EndedAt.Sub(b.StartedAt))})
	}
	if b.Detail != "" {
		out.Text = b.Detail
	} else if b.Reason != "" {
		out.Text = l.T("admin.replay_reason", "Reason", b.Reason)
	}
	return out
}

func took(l *messages.Locale, d time.Duration) string {
	if d < time.Minute {
		return l.Decimal(d.Seconds(), 1) + "\u00a0s"
	}
	return l.Clock(d.Seconds())
}

func startReindex(ctx context.Context, a *asked) (adminDone, error) {
	_, err := a.pressed().StartReindex(ctx, api.ActReason{Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.T("admin.did_rebuild"), to: "/admin/index"}, err
}

func verifyIndex(ctx context.Context, a *asked) (adminDone, error) {
	_, err := a.pressed().VerifyIndex(ctx, api.ActReason{Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.T("admin.did_verify"), to: "/admin/index"}, err
}

func cancelReindex(ctx context.Context, a *asked) (adminDone, error) {
	_, err := a.CancelReindex(ctx)
	return adminDone{text: a.l.T("admin.did_cancel_replay"), to: "/admin/index"}, err
}

func rollbackReindex(ctx context.Context, a *asked) (adminDone, error) {
	found, err := a.Reindex(ctx)
	if err == nil {
		err = a.named(found.Previous)
	}
	if err == nil {
		_, err = a.RollbackReindex(ctx, api.ActReason{Reason: a.c.PostForm("reason")})
	}
	return adminDone{text: a.l.T("admin.did_rollback"), to: "/admin/index"}, err
}

func republishAll(ctx context.Context, a *asked) (adminDone, error) {
	done, err := a.pressed().Republish(ctx, api.Republish{All: true, Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.N("admin.did_republish", done.Packs), to: "/admin/index"}, err
}

func republishPack(ctx context.Context, a *asked) (adminDone, error) {
	id := a.c.Param("id")
	done, err := a.pressed().Republish(ctx, api.Republish{PackIDs: []string{id}, Reason: a.c.PostForm("reason")})
	return adminDone{text: a.l.N("admin.did_republish", done.Packs), to: adminURL("packs", id)}, err
}
