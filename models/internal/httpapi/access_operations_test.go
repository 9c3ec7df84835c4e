package httpapi_test

import (
	"fmt"
	"net/http"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
)

var operationsAccess = []access{
	{route: "GET /v1/admin/needs", want: adminOnly},
	{route: "GET /v1/admin/outbox", want: adminOnly},
	{route: "GET /v1/admin/lag", want: adminOnly},
	{route: "GET /v1/admin/dead", want: adminOnly},
	{route: "POST /v1/admin/dead/redrive", body: with(api.DeadSelection{Topic: "packs.dead", All: true}), want: adminOnly},
	{route: "POST /v1/admin/dead/dismiss", body: with(api.DeadSelection{Topic: "packs.dead", All: true, Reason: "access"}), want: adminOnly},
	{route: "GET /v1/admin/jobs", want: adminOnly},
	{route: "POST /v1/admin/jobs/:id/retry", path: anyJob("retry"), body: with(api.JobAct{}), want: adminOnly},
	{route: "POST /v1/admin/jobs/:id/cancel", path: anyJob("cancel"), body: with(api.JobAct{}), want: adminOnly},
	{route: "GET /v1/admin/reprocess", want: adminOnly},
	{route: "POST /v1/admin/reprocess", body: with(api.Reprocess{OlderThanAnalyzer: 1}), want: adminOnly},
	{route: "POST /v1/admin/uploads/:id/dismiss", path: at("/v1/admin/uploads/%s/dismiss", "upload"), body: with(api.Dismissal{}), want: adminOnly},
	{route: "GET /v1/admin/objects", want: adminOnly},
	{route: "POST /v1/admin/objects/sweep", want: adminOnly},
	{route: "GET /v1/admin/orders", want: adminOnly},
	{route: "GET /v1/admin/orders/:id", path: at("/v1/admin/orders/%s", "waiting order"), want: adminOnly},
	{route: "POST /v1/admin/orders/:id/check", path: at("/v1/admin/orders/%s/check", "waiting order"), body: with(api.OrderAct{}), want: adminOnly},
	{route: "POST /v1/admin/orders/:id/attended", path: at("/v1/admin/orders/%s/attended", "waiting order"), body: with(api.OrderAct{Reason: "access"}), want: adminOnly},
	{route: "POST /v1/admin/orders/:id/refund", path: at("/v1/admin/orders/%s/refund", "order"), body: func(w *world) any {
		return api.GiveRefund{LineID: w.values["line"], Reason: "access"}
	}, want: adminOnly},
	{route: "POST /v1/admin/orders/:id/refunds/:refund/again", path: aRefund("again"), body: with(api.SettleRefund{Reason: "access"}), want: adminOnly},
	{route: "POST /v1/admin/orders/:id/refunds/:refund/assign", path: aRefund("assign"), body: func(w *world) any {
		return api.SettleRefund{LineID: w.values["line"], Reason: "access"}
	}, want: adminOnly},
	{route: "POST /v1/admin/orders/:id/lines/:line/decline", path: lineOf("/v1/admin/orders/%s/lines/%s/decline"), body: with(api.DeclineRefund{Answer: "access"}), want: adminOnly},
	{route: "POST /v1/uploads/:id/measurement/begin", path: at("/v1/uploads/%s/measurement/begin", "upload"), service: "analyzer", body: with(api.MeasureBegin{}), want: analyzerOnly},
	{route: "POST /v1/uploads/:id/measurement", path: at("/v1/uploads/%s/measurement", "upload"), service: "analyzer", body: with(api.MeasureReport{}), want: analyzerOnly},
	{route: "POST /v1/objects/sweeps", service: "analyzer", body: with(api.SweepBegin{}), want: analyzerOnly},
	{route: "POST /v1/objects/sweeps/:id/end", path: aSweep, service: "analyzer", body: with(api.SweepEnd{}), want: analyzerOnly},
}

// aRefund is a path of a refund that has arrived.
func aRefund(act string) func(w *world) string {
	return func(w *world) string {
		return fmt.Sprintf("/v1/admin/orders/%s/refunds/%s/%s", w.values["order"], w.values["refund"], act)
	}
}

// anyJob is a path of a job that there is: every stack has some.
func anyJob(act string) func(w *world) string {
	return func(w *world) string {
		var id string
		if err := w.DB.Pool().QueryRow(w.t.Context(), "SELECT id::text FROM river_job ORDER BY id LIMIT 1").Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		return "/v1/admin/jobs/" + id + "/" + act
	}
}

// aSweep is a path of one that has begun.
func aSweep(w *world) string {
	begun := modelstest.Into[api.SweepBegun](w.t, w.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/objects/sweeps", Service: "analyzer", Body: api.SweepBegin{Due: true},
	}), http.StatusOK)
	return "/v1/objects/sweeps/" + begun.ID + "/end"
}
