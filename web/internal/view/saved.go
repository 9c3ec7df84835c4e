package view

import (
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// SavedSearches is the list of one's saved searches.
type SavedSearches struct {
	Layout
	Form
	Searches []SavedSearch
}

// SavedSearch is one of them in the list.
type SavedSearch struct {
	ID    string
	Name  string
	URL   string
	Query string // as one types it
	New   string // "12 new"; empty: nothing
	Since string // "since Tuesday"
	Mail  string // "A mail a day"; empty: none
	ETag  string
	Named Input
	Mails []Option
	Open  bool // its form has something to say
}

// SavedFound is a saved search with what it finds.
type SavedFound struct {
	Layout
	Search   SavedSearch
	Sounds   SoundList
	Packs    []PackCard
	More     string // address of the next page of packs
	Empty    bool
	Degraded bool
	SearchIn string // the same on the search page, the newest first
}

// SaveSearch asks under which name a search is kept.
type SaveSearch struct {
	Layout
	Form
	ID    string // of its fields
	Query string
	Next  string
	Name  Input
	Mails []Option
	Once  string
}

// SavedMail is the page behind the link of a mail.
type SavedMail struct {
	Layout
	Heading string
	Text    string
	Token   string // to stop with; empty: it is stopped
}

// MailOptions are the choices of when mails come.
func MailOptions(l *messages.Locale, chosen string) []Option {
	var out []Option
	for _, value := range []string{"none", "instant", "daily"} {
		out = append(out, Option{Name: "mail", Value: value, Text: l.T("saved.mail_" + value), Selected: value == chosen || chosen == "" && value == "none"})
	}
	return out
}

// NewSavedSearch shows one.
func NewSavedSearch(l *messages.Locale, s api.SavedSearch, now time.Time) SavedSearch {
	out := SavedSearch{
		ID: s.ID, Name: s.Name, URL: "/saved/" + s.ID, Query: s.Language, Since: l.Since(s.Since, now), ETag: s.ETag,
		Named: Input{Name: "name", Label: l.T("saved.name"), Value: s.Name, Required: true, MaxLength: 80, Autocomplete: "off"},
		Mails: MailOptions(l, s.Mail),
	}
	switch {
	case s.NewMore:
		out.New = l.T("saved.new_more", "Count", l.Number(int64(s.New)))
	case s.New > 0:
		out.New = l.N("saved.new", int64(s.New))
	}
	if s.Mail == "instant" || s.Mail == "daily" {
		out.Mail = l.T("saved.mails_" + s.Mail)
	}
	return out
}
