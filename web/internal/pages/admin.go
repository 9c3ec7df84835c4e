package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

// adminPages are the operator's side. All of them are one template over view.Admin; each part has a file of its own.
func (p *Pages) adminPages() {
	p.page("admin", (*view.Admin)(nil))
	p.get("/admin", p.adminShow(adminNeeds))
	p.adminAccounts()
	p.adminPacks()
	p.adminReports()
	p.adminOrders()
	p.adminMoney()
	p.adminFiles()
	p.adminIndex()
	p.adminQueues()
	p.adminRecommendations()
	p.adminStorage()
	p.adminAudit()
}

// adminPart is a line of the navigation, and the kinds of needs that its count is about.
type adminPart struct {
	name, path string
	needs      []string
}

var adminParts = []adminPart{
	{"needs", "/admin", nil},
	{"accounts", "/admin/accounts", nil},
	{"packs", "/admin/packs", nil},
	{"orders", "/admin/orders", []string{"stuck_orders"}},
	{"money", "/admin/money", []string{"book_differences", "stopped_accounts"}},
	{"coupons", "/admin/coupons", nil},
	{"reports", "/admin/reports", []string{"reports"}},
	{"appeals", "/admin/appeals", []string{"appeals"}},
	{"files", "/admin/files", []string{"refused_files"}},
	{"index", "/admin/index", nil},
	{"dead", "/admin/dead", []string{"dead_letters"}},
	{"jobs", "/admin/jobs", []string{"failed_jobs"}},
	{"queues", "/admin/queues", []string{"consumer_lag", "outbox"}},
	{"recommendations", "/admin/recommendations", nil},
	{"storage", "/admin/storage", []string{"missing_objects"}},
	{"audit", "/admin/audit", nil},
}

// asked is a request for a page of the operator's side.
type asked struct {
	*client.Asking
	p *Pages
	c *gin.Context
	l *messages.Locale
}

func (p *Pages) askedBy(c *gin.Context) *asked {
	return &asked{Asking: p.ask(c), p: p, c: c, l: p.locale(c)}
}

// adminContent is what makes a page: the name of its part, and its view.
type adminContent func(ctx context.Context, a *asked) (*view.Admin, string, error)

func (p *Pages) adminShow(content adminContent) func(*gin.Context) error {
	return func(c *gin.Context) error { return p.showAdmin(c, http.StatusOK, content, nil) }
}

const countsTime = 700 * time.Millisecond // the counts beside the parts may be missing

// showAdmin asks for a page's content, for who looks at it and for what waits, all at once. refused is the form that was
// sent with something wrong in it.
func (p *Pages) showAdmin(c *gin.Context, status int, content adminContent, refused error) error {
	a, ctx := p.askedBy(c), p.context(c)
	var frame api.Frame
	var frameErr error
	var wait sync.WaitGroup
	wait.Go(func() { frame, frameErr = a.Frame(ctx) })
	var needs api.AdminNeeds
	wait.Go(func() { needs = a.soonNeeds(ctx) })
	v, part, err := content(ctx, a)
	wait.Wait()
	if err = errors.Join(err, frameErr); err != nil {
		return err
	}
	v.Layout = p.layout(c, v.Heading+" · "+a.l.T("admin.title"), "admin", frame)
	v.Full, v.NoIndex, v.Bundle = true, true, "admin"
	v.Side = adminSide(a.l, part, needs.Needs)
	v.Number(func(n int) string { return "a" + strconv.Itoa(n) })
	if refused != nil {
		form := view.FieldErrors(a.l, refused)
		if !v.Refused(c.Request.URL.Path, form, c.PostForm) {
			v.Form = form
		}
	}
	return p.show(c, status, "admin", v)
}

// soonNeeds is what waits, when it is told in time; what cannot be asked stands on the first page.
func (a *asked) soonNeeds(ctx context.Context) api.AdminNeeds {
	soon, cancel := context.WithTimeout(ctx, countsTime)
	defer cancel()
	needs, _ := a.AdminNeeds(soon)
	return needs
}

// side is the navigation for a page that is not made of sections.
func (a *asked) side(ctx context.Context, part string) []view.Tab {
	return adminSide(a.l, part, a.soonNeeds(ctx).Needs)
}

func adminSide(l *messages.Locale, current string, needs []api.AdminNeed) []view.Tab {
	var side []view.Tab
	for _, part := range adminParts {
		tab := view.Tab{Text: l.T("admin.part_" + part.name), URL: part.path, Current: part.name == current}
		var count int64
		for _, n := range needs {
			for _, kind := range part.needs {
				if n.Kind == kind {
					count += n.Count
				}
			}
		}
		if part.name == "needs" {
			count = int64(len(needs))
		}
		if count > 0 {
			tab.Count = l.Number(count)
		}
		side = append(side, tab)
	}
	return side
}

// adminDone is what an act has to say: words, how to take it back, and where to go instead of back to the page.
type adminDone struct {
	text string
	undo *session.Undo
	to   string
}

// adminAct is a form of the operator's side: done, said and back; or its page again with what is wrong in the form.
func (p *Pages) adminAct(page adminContent, act func(ctx context.Context, a *asked) (adminDone, error)) func(*gin.Context) error {
	return func(c *gin.Context) error {
		did, err := act(p.context(c), p.askedBy(c))
		if err != nil {
			if _, ok := p.formError(c, err); ok && errs.CodeOf(err) != errs.CodeUnauthenticated && errs.CodeOf(err) != errs.CodeForbidden {
				return p.showAdmin(c, http.StatusUnprocessableEntity, page, err)
			}
			return err
		}
		p.say(c, "ok", did.text, did.undo)
		if did.to != "" {
			return p.redirect(c, did.to)
		}
		return p.back(c, "/admin")
	}
}

// named refuses an act whose sender did not type the name of what it is about.
func (a *asked) named(name string) error {
	if strings.TrimSpace(a.c.PostForm("name")) != name {
		return errs.Invalid(errs.Field{Name: "name", Reason: "other_name"})
	}
	return nil
}

// reasonField and nameField are what dangerous acts ask for.
func reasonField(l *messages.Locale, hint string) view.Input {
	return view.Input{Name: "reason", Label: l.T("admin.reason"), Hint: hint, Rows: 3, Required: true, MaxLength: 2000}
}

func nameField(l *messages.Locale, name string) view.Input {
	return view.Input{Name: "name", Label: l.T("admin.type_name", "Name", name), Required: true, MaxLength: 300}
}

// onceField makes the second press of a form do nothing new.
func (a *asked) onceField() view.Field { return view.Field{Name: "once", Value: a.p.once()} }

// pressed is the caller for a form with such a field; what tells one use of it from another is its reason.
func (a *asked) pressed() *client.Asking { return a.Once(onceFor(a.c, a.c.PostForm("reason"))) }

func heads(l *messages.Locale, names ...string) []view.AdminHead {
	out := make([]view.AdminHead, len(names))
	for i, name := range names {
		name, num := strings.CutPrefix(name, "#")
		out[i] = view.AdminHead{Text: l.T("admin.col_" + name), Num: num}
	}
	return out
}

func text(s string) view.AdminCell { return view.AdminCell{Text: orDefault(s, "–")} }

func textAt(s, url string) view.AdminCell { return view.AdminCell{Text: orDefault(s, "–"), URL: url} }

func muted(s string) view.AdminCell { return view.AdminCell{Text: orDefault(s, "–"), Muted: true} }

func at(t *time.Time) view.AdminCell {
	if t == nil || t.IsZero() {
		return view.AdminCell{Text: "–"}
	}
	return view.AdminCell{At: *t}
}

func ident(id string) view.AdminCell {
	if id == "" {
		return view.AdminCell{Text: "–"}
	}
	return view.AdminCell{ID: id}
}

// goesOn is the address of the next part of the list in the request; "" at its end.
func (a *asked) goesOn(next string) string {
	if next == "" {
		return ""
	}
	query := a.c.Request.URL.Query()
	query.Set("cursor", next)
	return a.c.Request.URL.Path + "?" + query.Encode()
}

// listed is the section of a list: its table and the way on, or what is said when nothing is in it.
func (a *asked) listed(id string, table *view.AdminTable, page api.Page, empty string) view.AdminSection {
	s := view.AdminSection{ID: id, Table: table, More: a.goesOn(page.Next)}
	if len(table.Rows) == 0 {
		s.Empty = a.l.T(empty)
	}
	return s
}

// filters are links that set one parameter of the list and keep the others.
func (a *asked) filters(name, texts string, values ...string) []view.Tab {
	current := a.c.Query(name)
	tabs := make([]view.Tab, len(values))
	for i, value := range values {
		query := a.c.Request.URL.Query()
		query.Del("cursor")
		if query.Del(name); value != "" {
			query.Set(name, value)
		}
		address := a.c.Request.URL.Path
		if len(query) > 0 {
			address += "?" + query.Encode()
		}
		tabs[i] = view.Tab{Text: a.l.T(texts + orDefault(value, "any")), URL: address, Current: value == current}
	}
	return tabs
}

// find is the search field of a list; it keeps the filters named.
func (a *asked) find(label string, keep ...string) *view.AdminFind {
	f := &view.AdminFind{Action: a.c.Request.URL.Path, Label: a.l.T(label), Words: a.c.Query("q")}
	for _, name := range keep {
		if value := a.c.Query(name); value != "" {
			f.Hidden = append(f.Hidden, view.Field{Name: name, Value: value})
		}
	}
	return f
}

func adminURL(part, id string) string { return "/admin/" + part + "/" + url.PathEscape(id) }

// needLooks are, for each kind of need, how bad it is and where it is dealt with.
var needLooks = map[string]struct{ kind, path string }{
	"book_differences": {"danger", "/admin/money"},
	"stopped_accounts": {"warn", "/admin/money#stopped"},
	"stuck_orders":     {"danger", "/admin/orders?attention=yes"},
	"reports":          {"warn", "/admin/reports"},
	"appeals":          {"warn", "/admin/appeals"},
	"refused_files":    {"warn", "/admin/files"},
	"dead_letters":     {"danger", "/admin/dead"},
	"consumer_lag":     {"warn", "/admin/queues"},
	"outbox":           {"danger", "/admin/queues#outbox"},
	"failed_jobs":      {"warn", "/admin/jobs?state=failed"},
	"missing_objects":  {"danger", "/admin/storage"},
}

// adminNeeds is the first page: what waits for somebody, with one thing to do about each.
func adminNeeds(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.AdminNeeds(ctx)
	if err != nil {
		return nil, "", err
	}
	l, now := a.l, a.p.Now()
	v := &view.Admin{Heading: l.T("admin.part_needs"), Lead: l.T("admin.checked", "Time", now.UTC().Format("15:04:05")), Every: 10}
	table := &view.AdminTable{Caption: l.T("admin.needs_caption"), Heads: heads(l, "what", "#count", "#oldest", "detail")}
	for _, n := range found.Needs {
		look, known := needLooks[n.Kind]
		if !known {
			look.kind, look.path = "warn", "/admin/queues"
		}
		row := view.AdminRow{
			Cells: []view.AdminCell{{Kind: look.kind, Text: l.Or("admin.need_"+n.Kind, n.Kind)}, {Text: l.Number(n.Count), Big: true}, at(n.OldestAt), muted(n.Detail)},
			Way:   &view.Link{Text: l.Or("admin.way_"+n.Kind, l.T("admin.open")), URL: look.path},
		}
		table.Row(row)
	}
	v.Sections = []view.AdminSection{a.listed("needs", table, api.Page{}, "admin.calm")}
	return v, "needs", nil
}
