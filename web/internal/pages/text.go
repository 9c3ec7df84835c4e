package pages

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// textPages are the pages of words. Their texts are in the catalogue under text.<page>; parts are listed here in
// their order.
func (p *Pages) textPages() {
	p.page("text", (*view.Text)(nil))
	for path, name := range map[string]string{"/licences": "licences", "/help": "help", "/terms": "terms", "/privacy": "privacy"} {
		p.get(path, func(c *gin.Context) error {
			frame, err := p.ask(c).Frame(p.context(c))
			if err != nil {
				p.Log.WarnContext(c, "page shown without its reader's name", "path", path, "error", err) // words need nobody
			}
			l := p.locale(c)
			v := textView(l, name)
			v.Layout = p.layout(c, v.Heading, "", frame)
			v.Description = v.Lead
			return p.show(c, http.StatusOK, "text", v)
		})
	}
}

var textParts = map[string][]string{
	"licences": {"may", "mayNot", "pack", "edition", "refund"},
	"help":     {"listen", "keys", "buy", "download", "sell", "refused", "contact"},
	"terms":    {"who", "sell", "buy", "money", "takedown", "end"},
	"privacy":  {"keep", "cookies", "history", "others", "rights"},
}

func textView(l *messages.Locale, name string) *view.Text {
	at := "text." + name + "."
	v := &view.Text{Heading: l.T("text." + name + "_title"), Lead: l.T(at + "lead")}
	for _, part := range textParts[name] {
		t := view.TextPart{ID: part, Heading: l.T(at + part + ".heading")}
		if l.Has(at + part + ".text") {
			t.Paras = view.Paragraphs(l.T(at + part + ".text"))
		}
		for i := '1'; l.Has(at + part + ".yes_" + string(i)); i++ {
			t.Points = append(t.Points, api.LicenceLine{Allowed: true, Text: l.T(at + part + ".yes_" + string(i))})
		}
		for i := '1'; l.Has(at + part + ".no_" + string(i)); i++ {
			t.Points = append(t.Points, api.LicenceLine{Text: l.T(at + part + ".no_" + string(i))})
		}
		v.Parts = append(v.Parts, t)
	}
	return v
}
