package view

import (
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// Enter is one of the pages in one column: sign-up, sign-in, forgot, reset, verify.
type Enter struct {
	Layout
	Form
	Heading string
	Lead    string
	Action  string // where the form goes; empty: no form
	Button  string
	Busy    string
	Fields  []Input
	Hidden  []Field
	Other   []Link // what else one might want here
	Done    string // what to say instead of the form
	DoneURL Link
}

// Settings are the pages of one's own account.
type Settings struct {
	Layout
	Form
	Part      string // profile | account | sessions | privacy | tokens
	Parts     []Tab
	ETag      string
	Fields    []Input
	Email     string
	Verified  bool
	Avatar    string // covers/<sha256>
	Banner    string
	Initials  string
	Switches  []Switch
	Mutes     []Mute
	Sessions  []SessionLine
	Others    int // sessions besides this one
	Tokens    []TokenLine
	NewSecret string
	Scopes    []Option
	Days      []Option
}

// Switch is a setting that is on or off.
type Switch struct {
	Name string
	Text string
	Hint string
	On   bool
}

// SessionLine is one place a person is signed in.
type SessionLine struct {
	ID      string
	Device  string
	IP      string
	Seen    string // already formatted
	Since   string
	Current bool
}

// TokenLine is a personal API token.
type TokenLine struct {
	ID      string
	Name    string
	Prefix  string
	Scopes  string
	Used    string
	Expires string
}

// NewSessionLine shows a session; the browser is named as far as its user agent tells.
func NewSessionLine(l *messages.Locale, s api.SessionInfo) SessionLine {
	return SessionLine{ID: s.ID, Device: Device(l, s.Device), IP: s.IP, Seen: l.Moment(s.SeenAt), Since: l.Date(s.CreatedAt), Current: s.Current}
}

// Device names a browser and its system from a User-Agent header.
func Device(l *messages.Locale, agent string) string {
	find := func(names ...string) string {
		for i := 0; i+1 < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl", "Go-http-client", "Go")
	system := find("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return l.T("settings.device", "Browser", browser, "System", system)
	case browser+system != "":
		return browser + system
	}
	return l.T("settings.unknown_device")
}

// Developers is the page about the API.
type Developers struct {
	Layout
	Curl   string
	Groups []APIGroup
}

// APIGroup is the operations of one part of the API.
type APIGroup struct {
	Name string
	ID   string
	Ops  []APIOperation
}

// APIOperation is one method of one path.
type APIOperation struct {
	Method  string
	Path    string
	Summary string
	Auth    string
}
