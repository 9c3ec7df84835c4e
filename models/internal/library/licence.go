package library

import (
	"context"
	"fmt"
	"html"
	"strings"

	"crateful.dev/models/api"
)

// Licence writes the personal licence of one entitlement. The same entitlement always gives the same text.
func (s *Service) Licence(ctx context.Context, accountID, entitlementID string) (api.LicenceFile, error) {
	facts, err := s.store.Licence(ctx, accountID, entitlementID)
	if err != nil {
		return api.LicenceFile{}, err
	}
	terms, ok := s.terms(facts.LicenceCode)
	if !ok {
		return api.LicenceFile{}, fmt.Errorf("licence %q of entitlement %s is not known", facts.LicenceCode, entitlementID)
	}
	return licenceFile(facts, terms.Name, terms.Text), nil
}

type licenceRow struct{ label, value string }

func licenceFile(f LicenceFacts, name, terms string) api.LicenceFile {
	what := f.PackTitle
	if f.Kind == api.ItemSound {
		what = f.SoundName + " (from " + f.PackTitle + ")"
	}
	rows := []licenceRow{
		{"Licence", name},
		{"For", what},
		{"Edition", fmt.Sprint(f.Edition)},
		{"By", f.Producer + " (@" + f.Handle + ")"},
		{"Licensed to", licensee(f)},
		{"Date", f.GrantedAt.UTC().Format("2 January 2006")},
		{"Order", f.OrderNumber},
		{"Licence id", f.EntitlementID},
	}
	var text, page strings.Builder
	text.WriteString("PERSONAL LICENCE\n\n")
	page.WriteString("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Licence: " + html.EscapeString(what) +
		"</title></head>\n<body>\n<h1>Personal licence</h1>\n<dl>\n")
	for _, r := range rows {
		value := plain(r.value)
		fmt.Fprintf(&text, "%-12s %s\n", r.label+":", value)
		fmt.Fprintf(&page, "<dt>%s</dt><dd>%s</dd>\n", html.EscapeString(r.label), html.EscapeString(value))
	}
	page.WriteString("</dl>\n")
	text.WriteString("\n" + strings.TrimSpace(terms) + "\n")
	for _, paragraph := range strings.Split(strings.TrimSpace(terms), "\n\n") {
		fmt.Fprintf(&page, "<p>%s</p>\n", html.EscapeString(paragraph))
	}
	page.WriteString("</body>\n</html>\n")
	fileName := "licence-" + f.PackSlug
	if f.Kind == api.ItemSound {
		fileName += "-" + f.EntitlementID[len(f.EntitlementID)-6:]
	}
	return api.LicenceFile{FileName: fileName, Text: text.String(), HTML: page.String()}
}

func licensee(f LicenceFacts) string {
	if f.Licensee == "" {
		return f.Email
	}
	return f.Licensee + " <" + f.Email + ">"
}

// plain keeps a value on its line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}
