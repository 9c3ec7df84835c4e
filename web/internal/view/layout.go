// Package view holds what templates show: one struct per page, ready to print. It turns the experience API's answers
// into words and numbers for a reader and leaves markup to the templates and fetching to the pages.
package view

import (
	"strings"
	"unicode"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
)

// View is a page's struct. Embedding Layout makes one.
type View interface{ Base() *Layout }

// Layout is what every page shows around its content.
type Layout struct {
	L           *messages.Locale
	Title       string // of the document, without the site's name; empty on the home page
	Description string // for search engines and shared links
	Canonical   string // absolute address; empty: none
	Path        string // path and query of this page, for next=
	Nonce       string // of this document's content security policy
	Theme       string // light | dark; empty: as the system says
	Density     string // compact; empty: comfortable
	Section     string // home | search | crates | library | studio | admin: what the navigation marks
	Words       string // in the search box
	Body        string // classes of body: has-find, has-buy
	Full        bool   // as wide as the window: studio and admin
	NoIndex     bool
	Picture     string // absolute address of the picture for shared links
	Viewer      *Viewer
	CartCount   int
	SoundCount  int64
	Flash       *session.Flash
	RequestID   string
	Bundle      string // name of a second script and style sheet: studio
}

// Base makes an embedding struct a View.
func (l *Layout) Base() *Layout { return l }

// Viewer is the signed-in person.
type Viewer struct {
	Name          string
	Handle        string
	Initials      string
	Admin         bool
	Sells         bool
	EmailVerified bool
	SingleKeys    bool
	LevelMatching bool
}

// NewViewer shows a person; nil stays nil.
func NewViewer(v *api.Viewer) *Viewer {
	if v == nil {
		return nil
	}
	name := v.Name
	if name == "" {
		name = v.Handle
	}
	return &Viewer{
		Name: name, Handle: v.Handle, Initials: Initials(name), Admin: v.Admin, Sells: v.Sells,
		EmailVerified: v.EmailVerified, SingleKeys: v.Settings.SingleKeys, LevelMatching: v.Settings.LevelMatching,
	}
}

// Initials are up to two letters for a name.
func Initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				out = append(out, unicode.ToUpper(r))
				break
			}
		}
		if len(out) == 2 {
			break
		}
	}
	return string(out)
}

// Link is words with an address.
type Link struct {
	Text string
	URL  string
}
