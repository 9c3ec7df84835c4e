package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

func (p *Pages) errorPages() {
	p.page("error", (*view.Failure)(nil))
}

func (p *Pages) notFound(*gin.Context) error { return errs.NotFound("page") }

// fail answers an error in the form that the caller reads: a page, a way to sign in, or a problem for scripts.
func (p *Pages) fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
	if c.Writer.Written() || errors.Is(c.Request.Context().Err(), context.Canceled) {
		return
	}
	code := errs.CodeOf(err)
	if wantsJSON(c) {
		httpx.WriteProblem(c.Writer, c.Request, inWords(p.locale(c), err))
		return
	}
	if code == errs.CodeUnauthenticated {
		if err := p.signIn(c, p.wayBack(c)); err == nil {
			return
		}
	}
	status := httpx.Status(code)
	var retry time.Duration
	if e, ok := errs.As(err); ok {
		retry = e.RetryAfter
	}
	if retry > 0 {
		c.Header("Retry-After", strconv.Itoa(int(retry.Seconds())+1))
	}
	if rendered := p.show(c, status, "error", p.failure(c, err, status, retry)); rendered != nil && !c.Writer.Written() {
		p.Log.ErrorContext(c, "error page failed", "error", rendered)
		c.String(status, http.StatusText(status))
	}
}

// wayBack is where a person goes on after signing in: the page itself, or the one whose form they sent.
func (p *Pages) wayBack(c *gin.Context) string {
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		return c.Request.URL.RequestURI()
	}
	if next := c.PostForm("next"); session.Local(next) {
		return next
	}
	if ref, err := url.Parse(c.Request.Referer()); err == nil && ref.Host == c.Request.Host && session.Local(ref.RequestURI()) {
		return ref.RequestURI()
	}
	return "/"
}

// inWords says in the reader's language what an error says for people.
func inWords(l *messages.Locale, err error) error {
	e, ok := errs.As(err)
	if !ok {
		return err
	}
	said := *e
	said.Detail = view.ReasonText(l, e.Reason, e.Detail)
	said.Fields = slices.Clone(e.Fields)
	for i, f := range said.Fields {
		said.Fields[i].Detail = view.ReasonText(l, f.Reason, f.Detail)
	}
	return &said
}

// failure is the page for a status. Where the site itself works, it also knows who asks.
func (p *Pages) failure(c *gin.Context, err error, status int, retry time.Duration) *view.Failure {
	l := p.locale(c)
	kind := strconv.Itoa(status)
	switch {
	case status == http.StatusBadRequest, status == http.StatusMethodNotAllowed, status == http.StatusConflict, status == http.StatusPreconditionFailed:
		kind = "422"
	case status == http.StatusGatewayTimeout || status == http.StatusBadGateway:
		kind = "503"
	case !l.Has("error." + kind + "_heading"):
		kind = "500"
	}
	var f api.Frame
	if status < http.StatusInternalServerError {
		ctx, cancel := context.WithTimeout(p.context(c), time.Second)
		defer cancel()
		f, _ = p.ask(c).Frame(ctx) // an error page without a name on it is still one
	}
	if retry <= 0 {
		retry = 30 * time.Second
	}
	v := &view.Failure{
		Layout: p.layout(c, l.T("error."+kind+"_heading"), "", f), Status: status, Heading: l.T("error." + kind + "_heading"),
		Text: l.T("error."+kind+"_text", "Wait", l.Wait(retry)), Search: kind == "404", Number: status >= http.StatusInternalServerError,
	}
	if e, ok := errs.As(err); ok && l.Has("error."+e.Reason) {
		v.Text = l.T("error." + e.Reason)
	}
	v.NoIndex, v.Canonical = true, ""
	return v
}

// Unreachable answers for the proxy when the service behind does not.
func (p *Pages) Unreachable(w http.ResponseWriter, r *http.Request, err error) {
	httpx.WriteProblem(w, r, errs.Wrap(errs.CodeUnavailable, err, "upstream_unreachable", "This part of the site does not answer just now."))
}
