// Package httpapi is the REST door of models: one file per resource, its routes on top. A handler decodes, calls one domain
// method and encodes; rules live in the domain packages.
package httpapi

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/models/internal/auth"
)

// Who says who may call a route. A valid service token is needed for all of them.
type Who struct {
	kind     string
	services []string
}

// Everybody who can be allowed. Ownership of the thing asked for is the domain's business.
var (
	Anyone   = Who{kind: "anyone"}    // also strangers
	Person   = Who{kind: "person"}    // an account or a visitor
	SignedIn = Who{kind: "signed in"} // an account
	Admin    = Who{kind: "admin"}     // an account with the admin role, session checked live
)

// Services allows the named services alone, whoever stands behind them.
func Services(names ...string) Who { return Who{kind: "services", services: names} }

func (w Who) String() string {
	if w.kind == "services" {
		return "services " + strings.Join(w.services, ", ")
	}
	return w.kind
}

func (w Who) allowsService(name string) bool {
	return w.kind != "services" || slices.Contains(w.services, name)
}

// Idempotency says how a route treats the Idempotency-Key header.
type Idempotency string

// Ways to treat it.
const (
	KeyIgnored Idempotency = ""
	KeyInTx    Idempotency = "tx"    // the whole handler and its stored answer are one transaction
	KeyAfter   Idempotency = "after" // the answer is stored after the handler; for handlers that call other systems
)

// Route is one method and path and who may use it.
type Route struct {
	Method     string
	Path       string // gin's form: /v1/packs/:id
	Who        Who
	Scope      string // what a personal API token needs; empty: personal tokens are refused, but for Admin routes
	Live       bool   // the session or token is looked up in the database; Admin routes always do
	Idempotent Idempotency
	Handle     func(*gin.Context) error
}

// Name is the method and the path, unique among routes.
func (r Route) Name() string { return r.Method + " " + r.Path }

// scope is what a personal API token needs; empty: none will do.
func (r Route) scope() string {
	if r.Scope == "" && r.Who.kind == Admin.kind {
		return auth.ScopeAdmin
	}
	return r.Scope
}

// OpenAPIPath is the path as openapi writes it: /v1/packs/{id}.
func (r Route) OpenAPIPath() string {
	parts := strings.Split(r.Path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// Resource is one file's worth of routes.
type Resource interface{ Routes() []Route }
