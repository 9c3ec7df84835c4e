// Package pages answers browsers: it asks the experience service for what a screen needs, turns it into a view and
// renders it. It leaves rules to the services behind, markup to the templates and words to the catalogue.
package pages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/web/internal/assets"
	"crateful.dev/web/internal/edge"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
	"crateful.dev/web/templates"
)

// Config is what the pages stand on.
type Config struct {
	API       *client.Client
	Assets    *assets.Assets
	Cookies   session.Cookies
	PublicURL string // of the site, without a slash at its end
	Storage   string // origin of the storage as browsers see it
	Log       *slog.Logger
	Now       func() time.Time
}

// Pages are all pages and forms of the site.
type Pages struct {
	Config
	texts  *messages.Catalogue
	engine *engine
	views  map[string]view.View
	routes []route
}

type route struct {
	method, path string
	handler      func(*gin.Context) error
}

// modules are the parts of the site, each in the file of its name: it declares its pages and its routes.
var modules = []func(*Pages){
	(*Pages).errorPages,
	(*Pages).homePages,
	(*Pages).searchPages,
	(*Pages).packPages,
	(*Pages).soundPages,
	(*Pages).producerPages,
	(*Pages).landingPages,
	(*Pages).textPages,
	(*Pages).enterPages,
	(*Pages).settingsPages,
	(*Pages).developerPages,
	(*Pages).cartPages,
	(*Pages).orderPages,
	(*Pages).libraryPages,
	(*Pages).licencePages,
	(*Pages).cratePages,
	(*Pages).savedPages,
	(*Pages).studioPages,
	(*Pages).payoutPages,
	(*Pages).benchPages,
	(*Pages).salesPages,
	(*Pages).refundPages,
	(*Pages).couponPages,
	(*Pages).reportPages,
	(*Pages).adminPages,
	(*Pages).actions,
	(*Pages).preferences,
	(*Pages).robots,
}

// New parses everything; what is wrong with a template or a text is an error here, not for a visitor.
func New(cfg Config) (*Pages, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	texts, err := messages.Load()
	if err != nil {
		return nil, err
	}
	p := &Pages{Config: cfg, texts: texts, views: map[string]view.View{}}
	for _, module := range modules {
		module(p)
	}
	p.engine, err = newEngine(templates.Files, texts, cfg.Assets, p.views, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return p, nil
}

// Register adds all routes to an engine, and pages for what is not there.
func (p *Pages) Register(e *gin.Engine) {
	for _, r := range p.routes {
		e.Handle(r.method, r.path, p.handle(r.handler))
	}
	e.NoRoute(p.handle(p.notFound))
	e.NoMethod(p.handle(p.notFound))
}

// page declares a page: name is its file in templates/pages, zero a nil pointer of its view.
func (p *Pages) page(name string, zero view.View) { p.views[name] = zero }

// get and post declare routes.
func (p *Pages) get(path string, h func(*gin.Context) error) {
	p.routes = append(p.routes, route{http.MethodGet, path, h}, route{http.MethodHead, path, h})
}

func (p *Pages) post(path string, h func(*gin.Context) error) {
	p.routes = append(p.routes, route{http.MethodPost, path, h})
}

// handle turns a returned error, and a panic, into an error page.
func (p *Pages) handle(h func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			p.Log.ErrorContext(c, "panic", "error", fmt.Sprint(v), "request_id", httpx.RequestID(c.Request.Context()), "stack", string(debug.Stack()))
			p.fail(c, fmt.Errorf("panic: %v", v))
		}()
		err := httpx.Form(c)
		if err == nil {
			err = h(c)
		}
		if err != nil {
			p.fail(c, err)
		}
	}
}

// ask is the experience service on behalf of the browser that sent the request.
func (p *Pages) ask(c *gin.Context) *client.Asking {
	return p.API.For(client.Caller{
		Session: p.Cookies.Session(c.Request), Visitor: p.Cookies.Visitor(c.Writer, c.Request), IP: httpx.ClientIP(c),
		Agent: c.Request.UserAgent(), Locale: c.GetHeader("Accept-Language"),
	})
}

// locale is the reader's language: their setting is not known before the answer, so the browser's wish counts.
func (p *Pages) locale(c *gin.Context) *messages.Locale {
	return p.texts.Match(c.GetHeader("Accept-Language"))
}

// layout starts a view: title without the site's name, section for the navigation, frame from the answer.
func (p *Pages) layout(c *gin.Context, title, section string, f api.Frame) view.Layout {
	prefs := p.Cookies.Preferences(c.Request)
	if f.Viewer != nil { // a device that never chose follows the account
		if prefs.Theme == "" && f.Viewer.Settings.Theme != "system" {
			prefs.Theme = f.Viewer.Settings.Theme
		}
		if prefs.Density == "" && f.Viewer.Settings.Density == "compact" {
			prefs.Density = "compact"
		}
	}
	return view.Layout{
		L: p.locale(c), Title: title, Section: section, Path: c.Request.URL.RequestURI(), Canonical: p.PublicURL + c.Request.URL.Path,
		Nonce: edge.Nonce(c.Request.Context()), Theme: prefs.Theme, Density: prefs.Density, Viewer: view.NewViewer(f.Viewer),
		CartCount: f.CartCount, SoundCount: f.SoundCount, RequestID: httpx.RequestID(c.Request.Context()),
	}
}

// show renders a declared page.
func (p *Pages) show(c *gin.Context, status int, page string, v view.View) error {
	base := v.Base()
	if base.L == nil {
		base.L = p.locale(c)
	}
	inFrame := c.GetHeader("Turbo-Frame") != ""
	if base.Flash == nil && !inFrame && c.Request.Method == http.MethodGet && !prefetch(c.Request) {
		base.Flash = p.Cookies.TakeFlash(c.Writer, c.Request)
	}
	body, err := p.engine.render(base.L, page, v, inFrame)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
	h.Add("Vary", "Cookie, Turbo-Frame, Accept-Language")
	return edge.WriteHTML(c.Writer, c.Request, status, body)
}

// prefetch says that a browser fetches ahead of a click: nothing may be used up.
func prefetch(r *http.Request) bool {
	return strings.Contains(r.Header.Get("X-Sec-Purpose")+r.Header.Get("Sec-Purpose"), "prefetch")
}

// redirect leads to a page of this site after a form.
func (p *Pages) redirect(c *gin.Context, path string) error {
	if !session.Local(path) {
		path = "/"
	}
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, path)
	return nil
}

// back leads to where the form was, or to fallback.
func (p *Pages) back(c *gin.Context, fallback string) error {
	if next := c.PostForm("next"); session.Local(next) {
		return p.redirect(c, next)
	}
	if ref, err := url.Parse(c.Request.Referer()); err == nil && ref.Host == c.Request.Host && session.Local(ref.RequestURI()) {
		return p.redirect(c, ref.RequestURI())
	}
	return p.redirect(c, fallback)
}

// say leaves a message for the next page.
func (p *Pages) say(c *gin.Context, kind, text string, undo *session.Undo) {
	p.Cookies.SetFlash(c.Writer, session.Flash{Kind: kind, Text: text, Undo: undo})
}

// signIn leads to the sign-in page and back to path afterwards.
func (p *Pages) signIn(c *gin.Context, path string) error {
	return p.redirect(c, "/sign-in?next="+url.QueryEscape(path))
}

// wantsJSON says that a script sent the form and shows the result itself.
func wantsJSON(c *gin.Context) bool {
	return strings.HasPrefix(c.GetHeader("Accept"), "application/json")
}

// context is the request's, with its deadline.
func (p *Pages) context(c *gin.Context) context.Context { return c.Request.Context() }

// Addresses lists what takes a method, all pages or all forms, in gin's form: for checks that must not miss one.
func Addresses(method string) []string {
	p := &Pages{views: map[string]view.View{}}
	for _, module := range modules {
		module(p)
	}
	var paths []string
	for _, r := range p.routes {
		if r.method == method {
			paths = append(paths, r.path)
		}
	}
	slices.Sort(paths)
	return paths
}
