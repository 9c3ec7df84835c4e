package mail

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"unicode"
)

type written struct {
	subject, plain, html string
	stop                 string // address that ends such mails
}

// page is the HTML of every mail: one column that works without pictures.
var page = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="margin:0;background:#F4F5F3;color:#141714;font:16px/24px system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:32px 24px">
<p style="font-weight:700;margin:0 0 24px">Crateful</p>
{{range .Before}}<p style="margin:0 0 16px">{{.}}</p>
{{end}}{{if .Rows}}<table role="presentation" style="width:100%;border-collapse:collapse;margin:0 0 16px">{{range .Rows}}
<tr><td style="padding:8px 0;border-top:1px solid #D3D7D2">{{.Left}}</td><td style="padding:8px 0;border-top:1px solid #D3D7D2;text-align:right">{{.Right}}</td></tr>{{end}}
</table>
{{end}}{{if .Button}}<p style="margin:0 0 24px"><a href="{{.Link}}" style="display:inline-block;background:#FFD21F;color:#141714;padding:10px 18px;border-radius:4px;border:1px solid #141714;text-decoration:none">{{.Button}}</a></p>
{{end}}{{range .After}}<p style="margin:0 0 16px;color:#525954">{{.}}</p>
{{end}}{{if .Stop}}<p style="margin:0"><a href="{{.StopLink}}" style="color:#525954">{{.Stop}}</a></p>
{{end}}</div></body></html>
`))

type content struct {
	Lang, Subject string
	Before, After []string
	Rows          []Row
	Button, Link  string
	Stop          string
	StopLink      string
}

func (m *Mailer) write(message Message) (written, error) {
	lang, t, ok := find(message.Locale, message.Template)
	if !ok {
		return written{}, fmt.Errorf("write mail: there is no text %q", message.Template)
	}
	fill := m.filler(message.Data)
	c := content{Lang: lang, Subject: fill(t.subject), Before: each(t.before, fill), After: each(t.after, fill), Rows: message.Rows}
	if path := message.Data["path"]; t.button != "" && path != "" {
		c.Button, c.Link = fill(t.button), m.site+path
	}
	if path := message.Data["stop"]; t.stop != "" && path != "" {
		c.Stop, c.StopLink = fill(t.stop), m.site+path
	}
	var html bytes.Buffer
	if err := page.Execute(&html, c); err != nil {
		return written{}, fmt.Errorf("write mail %s: %w", message.Template, err)
	}
	return written{subject: c.Subject, plain: plain(c), html: html.String(), stop: c.StopLink}, nil
}

func find(locale, name string) (string, text, bool) {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if t, ok := texts[lang][name]; ok {
		return lang, t, true
	}
	t, ok := texts["en"][name]
	return "en", t, ok
}

// filler replaces {word}. Values are cleaned of control characters; braces in them are left alone.
func (m *Mailer) filler(data map[string]string) func(string) string {
	pairs := []string{"{site}", m.site}
	for k, v := range data {
		pairs = append(pairs, "{"+k+"}", strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, v))
	}
	return strings.NewReplacer(pairs...).Replace
}

// each fills paragraphs and drops those that stay empty.
func each(paragraphs []string, fill func(string) string) []string {
	var out []string
	for _, p := range paragraphs {
		if s := strings.TrimSpace(fill(p)); s != "" && (!strings.HasPrefix(s, "{") || !strings.HasSuffix(s, "}")) {
			out = append(out, s)
		}
	}
	return out
}

func plain(c content) string {
	var b strings.Builder
	for _, p := range c.Before {
		b.WriteString(p + "\n\n")
	}
	for _, r := range c.Rows {
		b.WriteString(r.Left + "  " + r.Right + "\n")
	}
	if len(c.Rows) > 0 {
		b.WriteString("\n")
	}
	if c.Button != "" {
		b.WriteString(c.Button + ":\n" + c.Link + "\n\n")
	}
	for _, p := range c.After {
		b.WriteString(p + "\n\n")
	}
	if c.Stop != "" {
		b.WriteString(c.Stop + ":\n" + c.StopLink + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Amount writes an amount of minor units for mails and files: 12.80 EUR.
func Amount(minor int64, currency string) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, minor/100, minor%100, currency)
}
