package api

import (
	"slices"
	"time"
)

// Headers between services.
const (
	HeaderVisitor  = "X-Crateful-Visitor"   // the visitor cookie's value
	HeaderClientIP = "X-Crateful-Client-IP" // the browser's address as experience saw it
	HeaderDevice   = "X-Crateful-Device"    // the browser's user agent
)

// Scopes of personal API tokens.
const (
	ScopeRead    = "read"    // what the person can see: crates, follows, profile
	ScopeLibrary = "library" // owned packs, downloads
	ScopeStudio  = "studio"  // uploads, packs, sales
	ScopeAdmin   = "admin"   // what admins do; for admins alone, and as long as they are
)

// Scopes lists all of them.
func Scopes() []string { return []string{ScopeRead, ScopeLibrary, ScopeStudio, ScopeAdmin} }

// RoleAdmin is the role of people who keep the catalogue honest.
const RoleAdmin = "admin"

// PersonClaims is what a person token says: signed by models, valid for a minute, checked with models' public key.
type PersonClaims struct {
	AccountID string    `json:"sub"`
	SessionID string    `json:"sid,omitempty"`
	TokenID   string    `json:"tid,omitempty"`    // a personal API token instead of a session
	Scopes    []string  `json:"scopes,omitempty"` // of the personal API token
	Roles     []string  `json:"roles,omitempty"`
	PersonID  string    `json:"person_id,omitempty"` // pseudonym for recommendations; empty when history is off
	ExpiresAt time.Time `json:"exp"`
}

// Admin tells whether the person has the admin role.
func (p PersonClaims) Admin() bool { return slices.Contains(p.Roles, RoleAdmin) }
