package httpx_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/telemetry"
)

func start(t *testing.T, e http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestClientCarriesEverything(t *testing.T) {
	t.Parallel()
	e := engine(nil, httpx.Options{})
	e.Use(httpx.RequireService(map[string]string{"web": "w-token"}))
	e.POST("/notes", httpx.Handle(func(c *gin.Context) error {
		n, err := httpx.Decode[note](c)
		if err != nil {
			return err
		}
		c.Header("X-Seen", strings.Join([]string{httpx.Caller(c), c.GetHeader("Authorization"), c.Query("q"), httpx.RequestID(c), telemetry.TraceID(c), c.GetHeader("If-Match")}, "|"))
		c.JSON(201, note{Title: n.Title + "!", Count: n.Count + 1})
		return nil
	}))
	client := httpx.NewClient(httpx.ClientConfig{BaseURL: start(t, e) + "/", ServiceToken: "w-token"})
	defer client.Close()
	ctx := telemetry.Continue(httpx.WithRequestID(t.Context(), "req-12345"), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	var out note
	var resp httpx.Response
	err := client.Do(ctx, "POST", "/notes", note{Title: "a", Count: 1}, &out, httpx.WithBearer("person"), httpx.WithHeader("If-Match", `"r1"`),
		httpx.WithQuery(url.Values{"q": {"ä&b"}}), httpx.WithResponse(&resp))
	if err != nil || out != (note{Title: "a!", Count: 2}) {
		t.Fatalf("%v %+v", err, out)
	}
	if got, want := resp.Header.Get("X-Seen"), `web|Bearer person|ä&b|req-12345|0af7651916cd43dd8448eb211c80319c|"r1"`; resp.Status != 201 || got != want {
		t.Errorf("the service saw %q, want %q", got, want)
	}
}

func TestClientRebuildsErrors(t *testing.T) {
	t.Parallel()
	sent := &errs.Error{Code: errs.CodeRateLimited, Reason: "slow_down", Detail: "Wait.", RetryAfter: 3 * time.Second, Fields: []errs.Field{{Name: "a", Reason: "b"}}}
	e := engine(nil, httpx.Options{})
	e.GET("/limited", httpx.Handle(func(*gin.Context) error { return sent }))
	e.GET("/plain", func(c *gin.Context) { c.String(502, "<html>bad gateway") })
	e.GET("/cached", httpx.Handle(func(c *gin.Context) error { return httpx.JSON(c, note{}) }))
	e.GET("/huge", func(c *gin.Context) { c.String(200, strings.Repeat("x", 2000)) })
	e.GET("/slow", func(c *gin.Context) { <-c.Request.Context().Done() })
	e.Group("/inner", httpx.RequireService(map[string]string{"a": "b"})).GET("", func(c *gin.Context) { c.Status(200) })
	client := httpx.NewClient(httpx.ClientConfig{BaseURL: start(t, e), Timeout: 300 * time.Millisecond, MaxResponse: 1000})
	defer client.Close()

	got, ok := errs.As(client.Do(t.Context(), "GET", "/limited", nil, nil))
	if !ok || got.Code != sent.Code || got.Reason != sent.Reason || got.Detail != sent.Detail || got.RetryAfter != sent.RetryAfter || got.Fields[0] != sent.Fields[0] {
		t.Errorf("came back as %+v", got)
	}
	for path, want := range map[string]errs.Code{"/plain": errs.CodeUnavailable, "/huge": errs.CodeInternal, "/slow": errs.CodeTimeout, "/inner": errs.CodeInternal} {
		if err := client.Do(t.Context(), "GET", path, nil, nil); errs.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	var resp httpx.Response
	if err := client.Do(t.Context(), "GET", "/cached", nil, nil, httpx.WithResponse(&resp)); err != nil {
		t.Fatal(err)
	}
	tag := resp.Header.Get("ETag")
	if err := client.Do(t.Context(), "GET", "/cached", nil, &note{}, httpx.WithResponse(&resp), httpx.WithHeader("If-None-Match", tag)); err != nil || resp.Status != 304 {
		t.Errorf("cached: %v %d", err, resp.Status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.Do(ctx, "GET", "/slow", nil, nil); !errors.Is(err, context.Canceled) || errs.CodeOf(err) == errs.CodeUnavailable {
		t.Errorf("cancelled: %v", err)
	}
}

// A server that cuts the first connections: a GET gets through at the second try, a POST is not repeated.
func TestClientRepeatsOnlyGET(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
			return
		}
		_, _ = w.Write([]byte(`{"count":5}`))
	}))
	defer srv.Close()
	client := httpx.NewClient(httpx.ClientConfig{BaseURL: srv.URL})
	defer client.Close()
	var out note
	if err := client.Do(t.Context(), "GET", "/", nil, &out); err != nil || out.Count != 5 || calls.Load() != 2 {
		t.Errorf("GET: %v %+v after %d calls", err, out, calls.Load())
	}
	calls.Store(0)
	if err := client.Do(t.Context(), "POST", "/", note{}, nil); errs.CodeOf(err) != errs.CodeUnavailable || calls.Load() != 1 {
		t.Errorf("POST: %v after %d calls", err, calls.Load())
	}
}

func TestClientWithoutServer(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	client := httpx.NewClient(httpx.ClientConfig{BaseURL: "http://" + ln.Addr().String()})
	if err := client.Do(t.Context(), "GET", "/", nil, nil); errs.CodeOf(err) != errs.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}
