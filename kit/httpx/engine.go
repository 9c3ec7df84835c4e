// Package httpx is HTTP as every service speaks it: one engine, one shape of errors, one client.
package httpx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/service"
)

// Defaults of Options.
const (
	DefaultMaxBody  = 1 << 20 // bytes
	DefaultDeadline = 15 * time.Second
)

// Route overrides the engine's limits for one route.
type Route struct {
	MaxBody   int64         // bytes; 0 keeps the engine's
	Deadline  time.Duration // 0 keeps the engine's
	Streaming bool          // no deadline at all: event streams and long downloads
}

// Options of an engine. Only Service and Log are needed.
type Options struct {
	Service        string
	Log            *slog.Logger
	Metrics        *prometheus.Registry                       // nil: a registry of its own
	Ready          map[string]func(ctx context.Context) error // what /readyz asks, by name; each gets 2 s
	MaxBody        int64                                      // bytes, DefaultMaxBody when 0
	Deadline       time.Duration                              // for one request, DefaultDeadline when 0
	Routes         map[string]Route                           // by route template, for example "/live"
	TrustedProxies []string                                   // CIDRs of balancers whose X-Forwarded-For counts
	HideMetrics    bool                                       // no /metrics on this port
	TracesFrom     map[string]string                          // service tokens whose holders' traces go on here, where strangers call too; nil: everybody's
}

var releaseMode = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// NewEngine makes an engine with recovery, request ids, access log, metrics, /healthz, /readyz, /metrics,
// a body limit and a deadline for every request.
func NewEngine(o Options) *gin.Engine {
	releaseMode()
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Deadline == 0 {
		o.Deadline = DefaultDeadline
	}
	e := gin.New()
	e.ContextWithFallback = true
	e.HandleMethodNotAllowed = true
	if err := e.SetTrustedProxies(o.TrustedProxies); err != nil {
		o.Log.Error("trusted proxies ignored", "error", err)
		_ = e.SetTrustedProxies(nil)
	}
	e.Use(observe(o, newMetrics(o.Metrics)), recovery(o.Log), limits(o))
	e.NoRoute(func(c *gin.Context) {
		Fail(c, errs.New(errs.CodeNotFound, "no_such_route", "There is nothing at this address."))
	})
	e.NoMethod(func(c *gin.Context) {
		err := &errs.Error{Code: errs.CodeInvalid, Reason: "method_not_allowed", Detail: "This address does not take this method."}
		_ = c.Error(err)
		c.Header("Content-Type", ProblemType)
		c.AbortWithStatusJSON(http.StatusMethodNotAllowed, Problem{
			Title: http.StatusText(http.StatusMethodNotAllowed), Status: http.StatusMethodNotAllowed, Code: err.Code,
			Reason: err.Reason, Detail: err.Detail, RequestID: RequestID(c.Request.Context()),
		})
	})
	e.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", ready(o))
	if !o.HideMetrics {
		e.GET("/metrics", gin.WrapH(promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{})))
	}
	return e
}

// observe is outermost: it names the request, and logs and counts it when all is over.
func observe(o Options, m metrics) gin.HandlerFunc {
	known := holder(o.TracesFrom)
	return func(c *gin.Context) {
		start := time.Now()
		id := requestIDFrom(c.GetHeader(HeaderRequestID))
		ctx, span := serverSpan(o, known, c)
		c.Request = c.Request.WithContext(WithRequestID(ctx, id))
		c.Header(HeaderRequestID, id)
		m.inFlight.Inc()
		defer func() {
			m.inFlight.Dec()
			took, status, route, method := time.Since(start), c.Writer.Status(), c.FullPath(), knownMethod(c.Request.Method)
			if route == "" {
				route = "none"
			}
			m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
			m.durations.WithLabelValues(route, method).Observe(took.Seconds())
			level, attrs := slog.LevelInfo, []slog.Attr{
				slog.String("method", method), slog.String("route", route), slog.String("path", safePath(c)),
				slog.Int("status", status), slog.Float64("duration_ms", float64(took.Microseconds())/1000),
				slog.Int("bytes", max(0, c.Writer.Size())), slog.String("client_ip", ClientIP(c)),
				slog.String("request_id", id),
			}
			if caller := Caller(c); caller != "" {
				attrs = append(attrs, slog.String("caller", caller))
			}
			if last := c.Errors.Last(); last != nil {
				code := errs.CodeOf(last.Err)
				m.errors.WithLabelValues(route, method, string(code)).Inc()
				attrs = append(attrs, slog.String("code", string(code)), slog.String("error", truncate(last.Error(), 2000)))
			}
			switch {
			case status >= http.StatusInternalServerError:
				level = slog.LevelError
			case route == "/healthz" || route == "/readyz" || route == "/metrics":
				level = slog.LevelDebug
			}
			o.Log.LogAttrs(ctx, level, "request", attrs...)
			endServerSpan(span, c, id)
		}()
		c.Next()
	}
}

func recovery(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			err, ok := v.(error)
			if ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler) // net/http's own way to cut an answer
			}
			if !ok {
				err = fmt.Errorf("%v", v)
			}
			log.ErrorContext(c.Request.Context(), "panic", "error", err, "request_id", RequestID(c.Request.Context()), "stack", string(debug.Stack()))
			Fail(c, errs.Wrap(errs.CodeInternal, fmt.Errorf("panic: %w", err), "internal", ""))
		}()
		c.Next()
	}
}

// limits bounds the body and the time. The connection's own deadlines follow a little later, so that a peer
// that stops reading or writing does not hold a goroutine.
func limits(o Options) gin.HandlerFunc {
	const grace = 5 * time.Second
	return func(c *gin.Context) {
		route := o.Routes[c.FullPath()]
		body, deadline := o.MaxBody, o.Deadline
		if route.MaxBody > 0 {
			body = route.MaxBody
		}
		if route.Deadline > 0 {
			deadline = route.Deadline
		}
		if c.Request.Body != nil && c.Request.Body != http.NoBody {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, body)
		}
		if route.Streaming {
			c.Next()
			return
		}
		ctx, cancel := context.WithTimeout(c.Request.Context(), deadline)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		rc := http.NewResponseController(c.Writer)
		end := time.Now().Add(deadline + grace)
		_ = rc.SetReadDeadline(end) // test recorders have no connection
		_ = rc.SetWriteDeadline(end)
		c.Next()
	}
}

func ready(o Options) gin.HandlerFunc {
	return func(c *gin.Context) {
		select {
		case <-service.Draining(c.Request.Context()):
			c.JSON(http.StatusServiceUnavailable, gin.H{"status": "draining"})
			return
		default:
		}
		ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
		defer cancel()
		type result struct {
			name string
			err  error
		}
		results := make(chan result, len(o.Ready))
		for name, check := range o.Ready {
			go func() { results <- result{name, check(ctx)} }()
		}
		status, parts := http.StatusOK, make(map[string]string, len(o.Ready))
		for range o.Ready {
			r := <-results
			parts[r.name] = "ok"
			if r.err != nil {
				status, parts[r.name] = http.StatusServiceUnavailable, "unavailable"
				o.Log.Warn("not ready", "part", r.name, "error", r.err)
			}
		}
		c.JSON(status, gin.H{"status": http.StatusText(status), "parts": parts})
	}
}

// safePath is the path, escaped, without what may be a secret in it; the query is never logged.
func safePath(c *gin.Context) string {
	path := c.Request.URL.Path
	for _, p := range c.Params {
		switch p.Key {
		case "token", "secret", "code":
			if p.Value != "" {
				path = strings.ReplaceAll(path, p.Value, "-")
			}
		}
	}
	return truncate((&url.URL{Path: path}).EscapedPath(), 300)
}

func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// knownMethod bounds the label: anybody can send any word as a method.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
