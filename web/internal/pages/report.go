package pages

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

// reportPages take reports about packs and sounds, from anybody.
func (p *Pages) reportPages() {
	p.page("report", (*view.Report)(nil))
	p.get("/report", func(c *gin.Context) error { return p.showReport(c, http.StatusOK, view.Form{}) })
	p.post("/report", p.sendReport)
}

// reportReasons in the order of the form.
var reportReasons = []string{"copyright", "stolen", "not_as_described", "offensive", "spam", "other"}

// reported is what a report is about: a pack or a sound by its id, with where it is.
type reported struct {
	kind, id, name, url string
	frame               api.Frame
}

func (p *Pages) reported(c *gin.Context) (reported, error) {
	value := func(name string) string { return orDefault(c.PostForm(name), c.Query(name)) }
	if id := value("sound"); id != "" {
		found, err := p.ask(c).Sound(p.context(c), id)
		return reported{"sound", id, found.Row.Name, "/sounds/" + id, found.Frame}, err
	}
	id := value("pack")
	if id == "" {
		return reported{}, errs.NotFound("page")
	}
	found, err := p.ask(c).Pack(p.context(c), id, false)
	return reported{"pack", found.Card.ID, found.Card.Title, "/packs/" + found.Card.Slug, found.Frame}, err
}

func (p *Pages) showReport(c *gin.Context, status int, form view.Form) error {
	what, err := p.reported(c)
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Report{
		Layout: p.layout(c, l.T("report.title"), "", what.frame), Form: form, Kind: what.kind, ID: what.id, BackURL: what.url, Name: what.name,
		Lead: l.T("report.lead_"+what.kind, "Name", what.name), Reason: c.PostForm("reason"), Wrong: form.Of("reason"),
	}
	v.NoIndex = true
	for _, reason := range reportReasons {
		v.Reasons = append(v.Reasons, view.Option{Name: "reason", Value: reason, Text: l.T("report.reason_" + reason), Selected: reason == v.Reason})
	}
	v.Fields = []view.Input{{Name: "text", Label: l.T("report.text"), Hint: l.T("report.text_hint"), Value: c.PostForm("text"), Rows: 5, MaxLength: 4000, Error: form.Of("text")}}
	if v.Viewer == nil {
		v.Fields = append(v.Fields, view.Input{Name: "email", Type: "email", Label: l.T("report.email"), Hint: l.T("report.email_hint"), Value: c.PostForm("email"), Required: true, MaxLength: 254, Autocomplete: "email", Error: form.Of("email")})
	}
	v.Form = form.For(v.Fields)
	return p.show(c, status, "report", v)
}

func (p *Pages) sendReport(c *gin.Context) error {
	what, err := p.reported(c)
	if err != nil {
		return err
	}
	in := api.NewReport{Kind: what.kind, ID: what.id, Reason: c.PostForm("reason"), Text: c.PostForm("text"), Email: c.PostForm("email")}
	if _, err := p.ask(c).Report(p.context(c), in); err != nil {
		if form, ok := p.formError(c, err); ok {
			return p.showReport(c, http.StatusUnprocessableEntity, form)
		}
		return err
	}
	p.say(c, "ok", p.locale(c).T("report.done"), nil)
	return p.redirect(c, what.url)
}

// appeal answers a take-down of one's own pack.
func (p *Pages) appeal(c *gin.Context) error {
	text := c.PostForm("appeal")
	_, err := p.ask(c).Appeal(p.context(c), c.Param("id"), api.NewAppeal{Text: text})
	if e, ok := errs.As(err); ok {
		for i, f := range e.Fields { // the page has another field of this name
			if f.Name == "text" {
				e.Fields[i].Name = "appeal"
			}
		}
	}
	if err != nil {
		return p.benched(c, "appeal", err, map[string]string{"appeal": text})
	}
	p.Cookies.SetFlash(c.Writer, session.Flash{Kind: "ok", Text: p.locale(c).T("appeal.sent")})
	return p.redirect(c, "/studio/packs/"+c.Param("id")+"#appeal")
}

func appealView(l *messages.Locale, bench api.Workbench, form view.Form, typed map[string]string) *view.Appeal {
	kinds := map[string]string{"granted": "ok", "refused": "danger"}
	v := &view.Appeal{
		Action: "/studio/packs/" + bench.Pack.ID + "/appeal", Open: true, Typed: typed["appeal"] != "",
		Text: view.Input{Name: "appeal", Label: l.T("appeal.text"), Value: typed["appeal"], Rows: 5, Required: true, MaxLength: 4000, Error: form.Of("appeal")},
	}
	for _, one := range bench.Appeals {
		past := view.PastAppeal{
			Heading: l.T("appeal.yours", "At", l.Date(one.CreatedAt)), Text: one.Text, State: l.Or("appeal.state_"+one.State, one.State), Kind: kinds[one.State],
			Answer: one.Answer,
		}
		if one.ResolvedAt != nil {
			past.Decided = l.T("appeal.decided", "At", l.Moment(*one.ResolvedAt))
		}
		v.Open = v.Open && one.State != "open"
		v.Past = append(v.Past, past)
	}
	return v
}
