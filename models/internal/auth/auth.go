// Package auth says who is calling and what that allows. It leaves finding out to httpapi and account.
package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"crateful.dev/models/api"
)

// Scopes of personal API tokens. A signed-in session has all of them.
const (
	ScopeRead    = api.ScopeRead
	ScopeLibrary = api.ScopeLibrary
	ScopeStudio  = api.ScopeStudio
	ScopeAdmin   = api.ScopeAdmin
)

// Caller is the person behind a request and the service that hands it over. The zero value is a stranger.
type Caller struct {
	AccountID string
	SessionID string   // empty with a personal token
	TokenID   string   // personal token, empty with a session
	Scopes    []string // of the personal token
	Admin     bool
	PersonID  string // pseudonym of the account; empty for visitors
	Visitor   string // SHA-256 in hex of the visitor cookie, empty without one
	ClientIP  string // as experience saw it
	Device    string // user agent of the browser
	Service   string // web, experience, analyzer …
}

// SignedIn tells whether an account stands behind the request.
func (c Caller) SignedIn() bool { return c.AccountID != "" }

// Known tells whether anything can belong to the caller: an account or a visitor.
func (c Caller) Known() bool { return c.AccountID != "" || c.Visitor != "" }

// Can tells whether the caller holds scope. A session holds every scope, a personal token what it was given.
func (c Caller) Can(scope string) bool {
	if !c.SignedIn() {
		return false
	}
	if c.TokenID == "" {
		return true
	}
	return scope != "" && slices.Contains(c.Scopes, scope)
}

// VisitorKey is the form in which a visitor's secret cookie value is stored and compared.
func VisitorKey(cookie string) string {
	if cookie == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}

type contextKey struct{}

// Into returns ctx with the caller in it.
func Into(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// From returns the caller of ctx, a stranger when there is none.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(contextKey{}).(Caller)
	return c
}
