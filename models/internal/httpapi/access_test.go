package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/modelstest"
)

// Roles in the order of a row's verdicts.
const (
	stranger = iota // no account, but a visitor cookie
	buyer           // an account that has nothing to do with the thing
	other           // another producer
	owner           // whose thing it is
	admin
	roles
)

var roleNames = [roles]string{"stranger", "buyer", "other producer", "owner", "admin"}

// verdict is whether a role gets past the door and the domain's rule of ownership.
type verdict int

const (
	yes   verdict = 0   // any status but 401, 403 and 404: 409, 412 and 422 come after the question who may
	no401 verdict = 401 // sign in first
	no403 verdict = 403 // it exists, but not for this role
	no404 verdict = 404 // it does not exist for this role
)

// access is one row of the table: who may use a route.
type access struct {
	route   string
	path    func(w *world) string // a path with real ids; called anew for each role; nil: the route's own path
	body    func(w *world) any    // nil: none
	service string                // who calls; experience when empty
	header  map[string]string
	want    [roles]verdict
}

// The usual rows.
var (
	everybody = [roles]verdict{yes, yes, yes, yes, yes}
	signedIn  = [roles]verdict{no401, yes, yes, yes, yes}
	adminOnly = [roles]verdict{no401, no403, no403, no403, yes}
)

// world is what the rows speak of. Owners of rows keep things in values.
type world struct {
	*modelstest.Stack
	t      *testing.T
	people [roles]*modelstest.Someone // people[stranger] is nil
	values map[string]string
}

const visitor = "visitor-of-the-access-table"

// setups make what rows need: one line each.
var setups = []func(w *world){
	setupAccounts,
	setupCatalog,
	setupSaved,
	setupShop,
	setupModeration,
}

// accessTable is all rows: one line each.
func accessTable() []access {
	return slices.Concat(
		accountAccess,
		catalogAccess,
		savedAccess,
		shopAccess,
		operationsAccess,
		moderationAccess,
	)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Stack: modelstest.Start(t), t: t, values: map[string]string{}}
	for role := buyer; role < roles; role++ {
		w.people[role] = w.SignUp(t, "")
	}
	w.MakeAdmin(t, w.people[admin])
	for _, setup := range setups {
		setup(w)
	}
	return w
}

// TestEveryRouteHasAnAccessRow fails for a new route until somebody says who may use it.
func TestEveryRouteHasAnAccessRow(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	rows := map[string]bool{}
	for _, row := range accessTable() {
		if rows[row.route] {
			t.Errorf("two rows for %s", row.route)
		}
		rows[row.route] = true
	}
	for _, route := range w.Service.Routes() {
		if !rows[route.Name()] {
			t.Errorf("no access row for %s (%s)", route.Name(), route.Who)
		}
		delete(rows, route.Name())
	}
	for name := range rows {
		t.Errorf("access row for %s, which is no route", name)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	routes := map[string]httpapi.Route{}
	for _, route := range w.Service.Routes() {
		routes[route.Name()] = route
	}
	for _, row := range accessTable() {
		route, ok := routes[row.route]
		if !ok {
			continue // TestEveryRouteHasAnAccessRow tells
		}
		for role := range roles {
			t.Run(row.route+" as "+roleNames[role], func(t *testing.T) {
				w.t = t
				status, body := w.try(row, route, role)
				got := verdict(status)
				if status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusNotFound {
					got = yes
				}
				if got != row.want[role] || status >= 500 {
					t.Errorf("status %d, want verdict %d: %s", status, row.want[role], body)
				}
			})
		}
	}
}

func (w *world) try(row access, route httpapi.Route, role int) (int, []byte) {
	w.t.Helper()
	req := modelstest.Request{
		Method: route.Method, Path: route.Path, As: w.people[role], Service: row.service, Header: row.header, Visitor: visitor, Unchecked: true,
	}
	if row.path != nil {
		req.Path = row.path(w)
	}
	if strings.Contains(req.Path, "/:") {
		w.t.Fatalf("the row of %s needs a path", row.route)
	}
	if row.body != nil {
		req.Body = row.body(w)
	}
	res := w.Do(w.t, req)
	return res.Status, res.Body
}

// TestEveryRouteNeedsAServiceToken is also true of routes nobody has written a row for.
func TestEveryRouteNeedsAServiceToken(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	for _, route := range w.Service.Routes() {
		path := concrete(route)
		for _, header := range []map[string]string{nil, {"X-Crateful-Service": "wrong"}} {
			res := w.Do(t, modelstest.Request{Method: route.Method, Path: path, Service: "-", Header: header, Unchecked: true})
			if res.Status != http.StatusUnauthorized {
				t.Errorf("%s with service token %v: status %d, want 401", route.Name(), header, res.Status)
			}
		}
	}
}

func TestEveryRouteKeepsItsDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := map[string]*modelstest.Someone{}
	for _, scope := range api.Scopes() {
		who := w.people[buyer]
		if scope == api.ScopeAdmin {
			who = w.people[admin]
		}
		tokens[scope] = w.personal(t, who, scope)
	}
	for _, route := range w.Service.Routes() {
		path := concrete(route)
		call := func(r modelstest.Request) int {
			r.Method, r.Path, r.Unchecked = route.Method, path, true
			return w.Do(t, r).Status
		}
		if strings.HasPrefix(route.Who.String(), "services") {
			if s := call(modelstest.Request{Service: "recommender", As: w.people[admin]}); s != http.StatusForbidden && !strings.Contains(route.Who.String(), "recommender") {
				t.Errorf("%s from another service: status %d, want 403", route.Name(), s)
			}
			continue
		}
		switch route.Who.String() {
		case httpapi.SignedIn.String(), httpapi.Admin.String(), httpapi.Person.String():
			if s := call(modelstest.Request{}); s != http.StatusUnauthorized {
				t.Errorf("%s as nobody: status %d, want 401", route.Name(), s)
			}
		default:
			continue
		}
		if s := call(modelstest.Request{Token: "person.v1.e30.AAAA"}); s != http.StatusUnauthorized {
			t.Errorf("%s with a forged token: status %d, want 401", route.Name(), s)
		}
		for scope, token := range tokens {
			needed := route.Scope
			if needed == "" && route.Who.String() == httpapi.Admin.String() {
				needed = api.ScopeAdmin
			}
			allowed := scope == needed
			s := call(modelstest.Request{As: token})
			if !allowed && s != http.StatusForbidden {
				t.Errorf("%s with a personal token for %s: status %d, want 403", route.Name(), scope, s)
			}
			if allowed && (s == http.StatusUnauthorized || s >= 500 || needed == api.ScopeAdmin && s == http.StatusForbidden) {
				t.Errorf("%s with a personal token for %s: status %d", route.Name(), scope, s)
			}
		}
	}
}

// personal is p by a personal token with one scope.
func (w *world) personal(t *testing.T, p *modelstest.Someone, scope string) *modelstest.Someone {
	t.Helper()
	out := modelstest.Into[api.NewToken](t, w.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/account/tokens", As: p, Body: api.TokenRequest{Name: scope, Scopes: []string{scope}},
	}), http.StatusCreated)
	return &modelstest.Someone{Email: p.Email, Account: p.Account, Bearer: out.Secret}
}

// concrete fills parameters with an id that nothing has.
func concrete(route httpapi.Route) string {
	parts := strings.Split(route.Path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") {
			parts[i] = "01900000-0000-7000-8000-000000000000"
		}
	}
	return strings.Join(parts, "/")
}

func at(format string, keys ...string) func(w *world) string {
	return func(w *world) string {
		args := make([]any, len(keys))
		for i, k := range keys {
			if args[i] = w.values[k]; args[i] == "" {
				w.t.Fatalf("the world has no %s", k)
			}
		}
		return fmt.Sprintf(format, args...)
	}
}

func with(body any) func(w *world) any { return func(*world) any { return body } }
