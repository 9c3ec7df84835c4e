package edge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"crateful.dev/kit/httpx"
	"crateful.dev/kit/service"
	"crateful.dev/kit/telemetry"
)

// Proxied are the paths that belong to the experience service.
var Proxied = []string{"/api/", "/live", "/webhooks/", "/covers/", "/previews/"}

// ours are headers that every answer of this service carries already: the ones from behind would be said twice.
var ours = []string{httpx.HeaderRequestID, "X-Content-Type-Options"}

// Proxy passes a request on to the experience service. Everything but the live stream ends after timeout.
type Proxy struct {
	forward *httputil.ReverseProxy
	timeout time.Duration
	fail    func(w http.ResponseWriter, r *http.Request, err error)
}

type addressKey struct{}

// From notes whose request it is: the service behind cannot see through a balancer in front of us.
func From(r *http.Request, ip string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), addressKey{}, ip))
}

// NewProxy makes one. fail answers when the service cannot be reached.
func NewProxy(target *url.URL, serviceToken string, timeout time.Duration, log *slog.Logger,
	fail func(w http.ResponseWriter, r *http.Request, err error),
) *Proxy {
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       60 * time.Second,
		ResponseHeaderTimeout: timeout,
	}
	p := &Proxy{timeout: timeout, fail: fail}
	p.forward = &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // events leave at once
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // origin checks behind compare with the public host
			r.SetXForwarded()
			if ip, ok := r.In.Context().Value(addressKey{}).(string); ok {
				r.Out.Header.Set("X-Forwarded-For", ip)
			}
			if serviceToken != "" {
				r.Out.Header.Set("X-Crateful-Service", serviceToken)
			}
			if id := httpx.RequestID(r.In.Context()); id != "" {
				r.Out.Header.Set(httpx.HeaderRequestID, id)
			}
			telemetry.IntoHeader(r.In.Context(), r.Out.Header)
			r.Out.Header.Del("X-Crateful-Visitor") // comes from the cookie, never from a browser's header
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Server")
			for _, name := range ours {
				r.Header.Del(name)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(r.Context().Err(), context.Canceled) {
				return // the browser went away
			}
			log.WarnContext(r.Context(), "proxy request failed", "path", r.URL.EscapedPath(), "error", err)
			p.fail(w, r, err)
		},
	}
	return p
}

// Close drops idle connections.
func (p *Proxy) Close() {
	if t, ok := p.forward.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Del("Content-Security-Policy") // of pages; answers behind are not documents
	if r.URL.Path == "/live" {
		clearDeadlines(w)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() { // a stream never ends by itself: let the server drain
			select {
			case <-service.Draining(ctx):
				cancel()
			case <-ctx.Done():
			}
		}()
		p.forward.ServeHTTP(w, r.WithContext(ctx))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.timeout)
	defer cancel()
	p.forward.ServeHTTP(w, r.WithContext(ctx))
}

// clearDeadlines lifts the server's own deadlines for a stream; not every writer has them.
func clearDeadlines(w http.ResponseWriter) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	_ = rc.SetWriteDeadline(time.Time{})
}

// IsProxied says whether a path belongs to the experience service.
func IsProxied(path string) bool {
	for _, p := range Proxied {
		if path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
