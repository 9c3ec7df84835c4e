// Package caller finds out for whom a request is: a signed-in person, a personal API token, an anonymous visitor or a
// stranger, and carries that on to models.
package caller

import (
	"context"
	"crypto/ed25519"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// Cookies of the browser.
const (
	SessionCookie = "crateful_session" // with __Host- in front on https
	VisitorCookie = "crateful_visitor"
	hostPrefix    = "__Host-"
)

// TokenPrefix is how personal API tokens begin; sessions do not.
const TokenPrefix = "crt_"

// Bounds of what browsers and programs show us.
const (
	maxSession = 200
	minVisitor = 16 // shorter ids could be guessed; models knows no such visitor
	maxVisitor = 200
)

// Caller is for whom a request is.
type Caller struct {
	Session string            // opaque session or personal token, as it came
	Token   string            // signed person token; empty for strangers
	Person  *api.PersonClaims // what it says; nil for strangers
	Visitor string
	IP      string
	Device  string

	refused error // why what they showed does not count
}

// SignedIn says whether there is an account behind the call.
func (w *Caller) SignedIn() bool { return w.Person != nil }

// ByToken says whether a program asks with a personal API token, which has no cart and only the rights of its scopes.
func (w *Caller) ByToken() bool { return w.Person != nil && w.Person.TokenID != "" }

// May says whether models will do for the caller what needs a scope. Sessions have all of them.
func (w *Caller) May(scope string) bool {
	return w.Person != nil && (w.Person.TokenID == "" || slices.Contains(w.Person.Scopes, scope))
}

// HasCart says whether there is somebody to keep a cart for.
func (w *Caller) HasCart() bool { return !w.ByToken() && (w.Person != nil || w.Visitor != "") }

// Known says whether anything can be kept for the caller.
func (w *Caller) Known() bool { return w.Person != nil || w.Visitor != "" }

// AccountID is empty for strangers.
func (w *Caller) AccountID() string {
	if w.Person == nil {
		return ""
	}
	return w.Person.AccountID
}

const contextKey = "experience.caller"

// From is the caller that Identify found.
func From(c *gin.Context) *Caller {
	if v, ok := c.Get(contextKey); ok {
		if w, ok := v.(*Caller); ok {
			return w
		}
	}
	return &Caller{}
}

// Identifier finds out who calls.
type Identifier struct {
	exchanges *exchanges
	secure    bool
}

// NewIdentifier makes one. key checks what models signs; secure is true on https.
func NewIdentifier(models Exchanger, key ed25519.PublicKey, secure bool) *Identifier {
	return &Identifier{exchanges: newExchanges(models, key), secure: secure}
}

// Identify is the middleware that finds out who calls. A session that models does not know any more makes a browser's
// person a stranger, so that they can go on reading and sign in again; a program that shows one is refused by Admit.
func (i *Identifier) Identify(c *gin.Context) {
	w := &Caller{IP: httpx.ClientIP(c), Device: c.Request.UserAgent()}
	service := httpx.Caller(c) != ""
	browser := service // the site asks for browsers
	if bearer, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer "); ok {
		w.Session = strings.TrimSpace(bearer)
	} else if cookie := i.cookie(c, SessionCookie); cookie != "" {
		w.Session, browser = cookie, true
	}
	if strings.HasPrefix(w.Session, TokenPrefix) {
		browser = false
	}
	// The header counts from our own services alone; what the site merely passes on has the cookie instead.
	if service {
		w.Visitor = c.GetHeader(api.HeaderVisitor)
	}
	if w.Visitor == "" {
		w.Visitor = i.cookie(c, VisitorCookie)
	}
	if len(w.Visitor) < minVisitor || len(w.Visitor) > maxVisitor {
		w.Visitor = ""
	}
	if w.Session != "" {
		k, err := i.exchanges.get(c.Request.Context(), w.Session)
		switch {
		case err == nil:
			w.Token, w.Person = k.token, &k.person
		case errs.CodeOf(err) == errs.CodeUnauthenticated && browser:
			w.Session = ""
		default:
			w.refused = err
		}
	}
	c.Set(contextKey, w)
}

// Admit is the middleware that refuses whom Identify could not make out.
func Admit(c *gin.Context) {
	if w := From(c); w.refused != nil {
		httpx.Fail(c, w.refused)
	}
}

// Renew gives w a person token that is good for another while, for work that takes longer than one request may.
func (i *Identifier) Renew(ctx context.Context, w *Caller) error {
	k, err := i.exchanges.get(ctx, w.Session)
	if err != nil {
		return err
	}
	w.Token, w.Person = k.token, &k.person
	return nil
}

func (i *Identifier) cookie(c *gin.Context, name string) string {
	if i.secure {
		name = hostPrefix + name
	}
	value, err := c.Cookie(name)
	if err != nil || len(value) > maxSession {
		return ""
	}
	return value
}

// Forget drops a session at once, at sign-out and after changes of the account.
func (i *Identifier) Forget(session string) { i.exchanges.forget(session) }

// ForgetAccount drops all sessions and tokens of an account, when some of them ended. Other copies of this service
// notice within half a minute; what costs money, downloads and admins is looked up each time anyway.
func (i *Identifier) ForgetAccount(id string) { i.exchanges.forgetAccount(id) }
