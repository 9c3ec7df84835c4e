package view

import (
	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// Mute is one thing that can be kept from being recommended, or is.
type Mute struct {
	Value string // kind:thing
	Text  string
	URL   string // where it can be seen; empty: nowhere
}

// mutesOf are what can be said against a recommended pack.
func mutesOf(l *messages.Locale, card api.PackCard) []Mute {
	out := []Mute{
		{Value: "pack:" + card.ID, Text: l.T("mute.pack")},
		{Value: "producer:" + card.Producer.ID, Text: l.T("mute.producer", "Name", card.Producer.Name)},
	}
	if r := card.Reason; r.PackID != "" && r.Title != "" {
		out = append(out, Mute{Value: "because:" + r.PackID, Text: l.T("mute.because", "Title", r.Title)})
	}
	if id := "mute.reason." + card.Reason.Kind; l.Has(id) {
		out = append(out, Mute{Value: "reason:" + card.Reason.Kind, Text: l.T(id)})
	}
	return out
}

// NewMute is a mute as the settings list it.
func NewMute(l *messages.Locale, m api.Mute) Mute {
	out := Mute{Value: m.Kind + ":" + m.Thing, Text: m.Title}
	switch {
	case m.Kind == "reason":
		out.Text = l.T("mute.reason." + m.Thing)
	case m.Title == "":
		out.Text = m.Thing
	case m.Kind == "because":
		out.Text = l.T("mute.because_line", "Title", m.Title)
	}
	switch {
	case m.Slug == "":
	case m.Kind == "producer":
		out.URL = "/@" + m.Slug
	default:
		out.URL = "/packs/" + m.Slug
	}
	return out
}
