package httpapi_test

import (
	"net/http"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
)

// setupModeration gives the owner a taken-down pack with an appeal, and reports to a pack of theirs.
func setupModeration(w *world) {
	w.values["target.id"] = w.SignUp(w.t, "").Account.ID // whom admins disable
	s := &studio{w.Stack, w.t, w.people[owner]}
	id := s.live("Access taken down", "a.wav")
	w.values["taken down"] = id
	w.admin("POST", "/v1/packs/"+id+"/take-down", api.TakeDown{Reason: "A claim."})
	w.values["appeal"] = modelstest.Into[api.Appeal](w.t, s.do("POST", "/v1/packs/"+id+"/appeal", api.NewAppeal{Text: "All of it is mine."}, ""), http.StatusCreated).ID
	into[api.Reported](w, w.Do(w.t, modelstest.Request{Method: "POST", Path: "/v1/reports", As: w.people[buyer], Body: aReport(w)}))
	w.values["report"] = into[api.AdminReports](w, w.admin("GET", "/v1/admin/reports", nil)).Reports[0].ID
}

func (w *world) admin(method, path string, body any) modelstest.Response {
	return w.Do(w.t, modelstest.Request{Method: method, Path: path, As: w.people[admin], Body: body})
}

func aReport(w *world) any {
	return api.NewReport{Kind: api.ReportPack, ID: w.values["live pack"], Reason: api.ReportSpam, Email: "visitor@example.test"}
}

var moderationAccess = []access{
	{route: "GET /v1/admin/accounts/:id", path: at("/v1/admin/accounts/%s", "target.id"), want: adminOnly},
	{route: "POST /v1/admin/accounts/:id/disable", path: at("/v1/admin/accounts/%s/disable", "target.id"), body: with(api.Disable{Reason: "spam"}), want: adminOnly},
	{route: "POST /v1/admin/accounts/:id/enable", path: at("/v1/admin/accounts/%s/enable", "target.id"), want: adminOnly},
	{route: "GET /v1/admin/packs", want: adminOnly},
	{route: "POST /v1/packs/:id/take-down", path: at("/v1/packs/%s/take-down", "draft"), body: with(api.TakeDown{Reason: "access"}), want: adminOnly},
	{route: "POST /v1/packs/:id/reinstate", path: at("/v1/packs/%s/reinstate", "draft"), want: adminOnly},
	{route: "POST /v1/packs/:id/appeal", path: at("/v1/packs/%s/appeal", "taken down"), body: with(api.NewAppeal{Text: "Once more: it is mine."}), want: own},
	{route: "GET /v1/packs/:id/appeals", path: at("/v1/packs/%s/appeals", "taken down"), want: readable},
	{route: "GET /v1/admin/appeals", want: adminOnly},
	{route: "POST /v1/admin/appeals/:id/resolve", path: at("/v1/admin/appeals/%s/resolve", "appeal"), body: with(api.ResolveAppeal{Answer: "It is not."}), want: adminOnly},
	{route: "POST /v1/reports", body: aReport, want: everybody},
	{route: "GET /v1/admin/reports", want: adminOnly},
	{route: "POST /v1/admin/reports/:id/resolve", path: at("/v1/admin/reports/%s/resolve", "report"), body: with(api.ResolveReport{Outcome: api.ReportDismissed}), want: adminOnly},
	{route: "GET /v1/admin/audit", want: adminOnly},
	{route: "POST /v1/admin/audit", body: with(api.IndexAct{Action: "index.verify"}), want: adminOnly},
}
