package pages

import (
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/view"
)

func TestOpenLinesOfTheChecklistLeadSomewhere(t *testing.T) {
	t.Parallel()
	l := english(t)
	bench := api.Workbench{Pack: api.WorkbenchPack{StudioPack: api.StudioPack{State: "ready"}}, Checklist: []api.Check{
		{Name: "title", State: "done", Anchor: "title"},
		{Name: "genre", State: "open", Reason: "genre_missing", Detail: "In English.", Anchor: "genre"},
		{Name: "ai", State: "open", Reason: "ai_unanswered", Detail: "In English.", Anchor: "made-with-ai"},
		{Name: "email", State: "open", Reason: "email_unverified", Detail: "In English.", Anchor: "email"},
	}}
	v := &view.Bench{}
	fillChecklist(l, v, bench)
	for i, want := range []string{"", "#f-genre", "#f-ai", "/settings/account"} {
		if got := v.Checklist[i]; got.URL != want || got.Detail == "In English." || !l.Has("bench.check_"+bench.Checklist[i].Name) {
			t.Errorf("%s leads to %q: %+v", bench.Checklist[i].Name, want, got)
		}
	}
	if v.CanPublish {
		t.Error("a pack can be published before the address is confirmed")
	}
	for i := range bench.Checklist {
		bench.Checklist[i].State, bench.Checklist[i].Reason = "done", ""
	}
	v = &view.Bench{}
	fillChecklist(l, v, bench)
	if !v.CanPublish || v.Checklist[3].URL != "" {
		t.Errorf("all done: %t, %+v", v.CanPublish, v.Checklist[3])
	}
}

func TestAPreviewSaysWhatBuyersSee(t *testing.T) {
	t.Parallel()
	l := english(t)
	notes := map[string]bool{}
	for _, tc := range []struct {
		pack  api.Pack
		state string
	}{
		{api.Pack{State: "draft"}, "Draft"},
		{api.Pack{State: "live"}, "Live"},
		{api.Pack{State: "live", Unpublished: true}, "Live with unpublished changes"},
	} {
		tc.pack.Preview = true
		v := packView(l, tc.pack, nil)
		if v.State != tc.state || v.PreviewNote == "" || notes[v.PreviewNote] {
			t.Errorf("%s: %q, %q", tc.state, v.State, v.PreviewNote)
		}
		notes[v.PreviewNote] = true
	}
	if v := packView(l, api.Pack{State: "live"}, nil); v.State != "" || v.PreviewNote != "" {
		t.Errorf("buyers read %q, %q", v.State, v.PreviewNote)
	}
}
