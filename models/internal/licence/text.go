package licence

import (
	"fmt"
	"strings"

	"crateful.dev/models/api"
)

// Template names the form of the text. Another form is another name: what was frozen in one stays in it.
const Template = "personal-licence/1"

// write makes the personal licence: a title, lines of facts, and the terms as they are today.
func write(f Facts, terms string) string {
	what := f.PackTitle
	if f.Kind == api.ItemSound {
		what = f.SoundName + " (from " + f.PackTitle + ")"
	}
	var text strings.Builder
	text.WriteString("PERSONAL LICENCE\n\n")
	for _, row := range [][2]string{
		{"Licence", f.Name},
		{"For", what},
		{"Edition", fmt.Sprint(f.Edition)},
		{"By", f.Producer + " (@" + f.Handle + ")"},
		{"Licensed to", f.Licensee},
		{"Date", f.GrantedAt.UTC().Format("2 January 2006")},
		{"Order", f.OrderNumber},
		{"Licence id", f.EntitlementID},
	} {
		fmt.Fprintf(&text, "%-12s %s\n", row[0]+":", oneLine(row[1]))
	}
	text.WriteString("\n" + strings.TrimSpace(terms) + "\n")
	return text.String()
}

// fileName is short, plain and tells sounds of a pack apart.
func (f Facts) fileName() string {
	if f.Kind == api.ItemSound {
		return f.PackSlug + "-" + f.EntitlementID[len(f.EntitlementID)-6:]
	}
	return f.PackSlug
}

// oneLine keeps a value on its line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}
