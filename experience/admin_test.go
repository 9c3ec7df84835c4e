package experience_test

import (
	"net/http"
	"strings"
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/describe"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

// Every route of the operator's side, as everybody who may try it.
func TestOnlyAdminsOperate(t *testing.T) {
	t.Parallel()
	w := start(t)
	prepare(w)
	seen := 0
	for _, op := range describe.Operations() {
		if !strings.HasPrefix(op.Path, "/admin/") {
			continue
		}
		seen++
		if op.Access != describe.Admin {
			t.Errorf("%s %s is described as open to: %s", op.Method, op.Path, op.Access)
		}
		for _, who := range []struct {
			name string
			request
			want int
		}{
			{"a stranger", request{}, http.StatusUnauthorized},
			{"a visitor", request{visitor: visitor}, http.StatusUnauthorized},
			{"the site for a visitor", request{visitor: visitor, web: true}, http.StatusUnauthorized},
			{"a person", request{bearer: session}, http.StatusForbidden},
			{"the site for a person", request{bearer: session, web: true}, http.StatusForbidden},
			{"a person's token of all scopes", request{bearer: "crt_read+library+studio"}, http.StatusForbidden},
			{"an admin's token without the scope", request{bearer: "crt_read+studio+sysadmin"}, http.StatusForbidden},
			{"an admin's token", request{bearer: "crt_admin"}, http.StatusOK},
			{"an admin", request{bearer: boss}, http.StatusOK},
		} {
			req := who.request
			req.method, req.path, req.body = op.Method, concrete(op), bodyOf(op)
			res := w.do(req)
			ok := res.status == who.want || who.want == http.StatusOK && res.status == http.StatusNoContent
			if !ok {
				t.Errorf("%s %s as %s: status %d, want %d: %s", op.Method, op.Path, who.name, res.status, who.want, res.body)
			}
		}
	}
	if seen < 35 {
		t.Errorf("only %d routes", seen)
	}
}

// The indexer knows no people: it is not asked before models has said that an admin asks.
func TestTheIndexIsAskedForAdminsAlone(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, route := range []struct{ method, path string }{
		{http.MethodGet, "/api/v1/admin/reindex"},
		{http.MethodPost, "/api/v1/admin/reindex"},
		{http.MethodDelete, "/api/v1/admin/reindex"},
		{http.MethodPost, "/api/v1/admin/reindex/verify"},
		{http.MethodPost, "/api/v1/admin/reindex/rollback"},
	} {
		req := request{method: route.method, path: route.path, bearer: session}
		if route.method == http.MethodPost {
			req.body = api.ActReason{Reason: "mine"}
		}
		problem(t, w.do(req), http.StatusForbidden)
	}
	for _, route := range []string{"GET /v1/reindex", "POST /v1/reindex", "DELETE /v1/reindex", "POST /v1/reindex/verify", "POST /v1/rollback"} {
		if n := w.count(route); n != 0 {
			t.Errorf("%s was asked %d times", route, n)
		}
	}
}

func TestReportsAreTakenFromVisitors(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := api.NewReport{Kind: "pack", ID: someID, Reason: "copyright", Email: "maker@example.org"}
	made := into[api.Reported](t, w.do(request{method: http.MethodPost, path: "/api/v1/reports", visitor: visitor, body: in}), http.StatusCreated)
	if made.ID == "" {
		t.Error("no id")
	}
	w.on("POST /v1/reports", func(rw http.ResponseWriter, r *http.Request) {
		httpx.WriteProblem(rw, r, errs.Invalid(errs.Field{Name: "email", Reason: "required"}))
	})
	p := problem(t, w.do(request{method: http.MethodPost, path: "/api/v1/reports", visitor: visitor, body: api.NewReport{}}), http.StatusBadRequest)
	if len(p.Fields) != 1 || p.Fields[0].Name != "email" {
		t.Errorf("%+v", p)
	}
}
