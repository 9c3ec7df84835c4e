// Package session reads and writes the site's cookies: the opaque session, the visitor, preferences and the one
// message that survives a redirect. It leaves what a session may do to the services behind.
package session

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	year       = 365 * 24 * time.Hour
	maxFlash   = 2048 // bytes of a flash cookie
	visitorLen = 26   // characters of rand.Text
)

// Cookies names and guards the cookies of one site.
type Cookies struct {
	secure bool
	prefix string
}

// New makes cookies for a site; secure says that it is served over https, which gives the __Host- prefix.
func New(secure bool) Cookies {
	if secure {
		return Cookies{secure: true, prefix: "__Host-"}
	}
	return Cookies{}
}

// Session is the opaque session of a request, empty when signed out.
func (k Cookies) Session(r *http.Request) string { return k.read(r, "crateful_session") }

// SetSession signs a browser in until expires.
func (k Cookies) SetSession(w http.ResponseWriter, token string, expires time.Time) {
	c := k.cookie("crateful_session", token, 0)
	c.Expires = expires
	http.SetCookie(w, c)
}

// ClearSession signs a browser out.
func (k Cookies) ClearSession(w http.ResponseWriter) { k.clear(w, "crateful_session") }

// Visitor is the random id of a browser, which owns the cart of people who are signed out. It is made when missing.
func (k Cookies) Visitor(w http.ResponseWriter, r *http.Request) string {
	if v := k.read(r, "crateful_visitor"); len(v) == visitorLen && isBase32(v) {
		return v
	}
	v := rand.Text()
	http.SetCookie(w, k.cookie("crateful_visitor", v, year))
	r.AddCookie(&http.Cookie{Name: k.prefix + "crateful_visitor", Value: v}) // later reads in this request agree
	return v
}

// ClearVisitor forgets the browser's id.
func (k Cookies) ClearVisitor(w http.ResponseWriter) { k.clear(w, "crateful_visitor") }

func isBase32(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// Preferences are what the first paint must know.
type Preferences struct {
	Theme   string // light | dark; empty: as the system says
	Density string // compact; empty: comfortable
}

// Preferences reads them; unknown values count as unset.
func (k Cookies) Preferences(r *http.Request) Preferences {
	var p Preferences
	if v := k.read(r, "crateful_theme"); v == "light" || v == "dark" {
		p.Theme = v
	}
	if v := k.read(r, "crateful_density"); v == "compact" {
		p.Density = v
	}
	return p
}

// SetPreferences keeps them for a year.
func (k Cookies) SetPreferences(w http.ResponseWriter, p Preferences) {
	http.SetCookie(w, k.cookie("crateful_theme", p.Theme, year))
	http.SetCookie(w, k.cookie("crateful_density", p.Density, year))
}

// Flash is one message for the next page, with an optional way back.
type Flash struct {
	Kind string `json:"k"`           // ok | warn | danger
	Text string `json:"t"`           // what happened, in the reader's language
	Undo *Undo  `json:"u,omitempty"` // a form that takes it back
}

// Undo is a form of one button.
type Undo struct {
	Action string  `json:"a"` // path on this site
	Label  string  `json:"l"`
	Fields []Field `json:"f"`
}

// Field is one hidden field.
type Field struct {
	Name  string `json:"n"`
	Value string `json:"v"`
}

// SetFlash keeps a message for the next page; one that is too long to keep is dropped.
func (k Cookies) SetFlash(w http.ResponseWriter, f Flash) {
	raw, err := json.Marshal(f)
	if err != nil || len(raw) > maxFlash {
		return
	}
	http.SetCookie(w, k.cookie("crateful_flash", base64.RawURLEncoding.EncodeToString(raw), 5*time.Minute))
}

// TakeFlash reads the message and removes it.
func (k Cookies) TakeFlash(w http.ResponseWriter, r *http.Request) *Flash {
	v := k.read(r, "crateful_flash")
	if v == "" {
		return nil
	}
	k.clear(w, "crateful_flash")
	raw, err := base64.RawURLEncoding.DecodeString(v)
	if err != nil || len(raw) > maxFlash {
		return nil
	}
	var f Flash
	if json.Unmarshal(raw, &f) != nil || f.Text == "" {
		return nil
	}
	if f.Undo != nil && !Local(f.Undo.Action) {
		f.Undo = nil
	}
	return &f
}

// Local says whether a path stays on this site, for next= and the like.
func Local(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t\x00")
}

func (k Cookies) read(r *http.Request, name string) string {
	c, err := r.Cookie(k.prefix + name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (k Cookies) clear(w http.ResponseWriter, name string) {
	c := k.cookie(name, "", 0)
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func (k Cookies) cookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: k.prefix + name, Value: value, Path: "/", MaxAge: int(age / time.Second),
		Secure: k.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
