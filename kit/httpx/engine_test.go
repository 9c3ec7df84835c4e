package httpx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/telemetry"
)

type note struct {
	Title string `json:"title"`
	Count int    `json:"count"`
}

func engine(log *bytes.Buffer, o httpx.Options) *gin.Engine {
	o.Service = "test"
	if log != nil {
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}
	return httpx.NewEngine(o)
}

func serve(e http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func problem(t *testing.T, w *httptest.ResponseRecorder) httpx.Problem {
	t.Helper()
	if ct := w.Header().Get("Content-Type"); ct != httpx.ProblemType {
		t.Errorf("media type %q", ct)
	}
	var p httpx.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v in %q", err, w.Body)
	}
	if p.Status != w.Code || p.RequestID == "" || p.RequestID != w.Header().Get(httpx.HeaderRequestID) {
		t.Errorf("problem %+v with status %d", p, w.Code)
	}
	return p
}

func TestErrorsBecomeProblems(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := engine(&log, httpx.Options{})
	for path, err := range map[string]error{
		"/taken": errs.New(errs.CodeConflict, "name_taken", "Taken."),
		"/slow":  &errs.Error{Code: errs.CodeRateLimited, Reason: "slow_down", RetryAfter: 1500 * time.Millisecond},
		"/field": errs.Invalid(errs.Field{Name: "title", Reason: "too_long"}),
		"/bare":  errors.New("password hunter2 is wrong"),
		"/late":  fmt.Errorf("ask: %w", context.DeadlineExceeded),
	} {
		e.GET(path, httpx.Handle(func(*gin.Context) error { return err }))
	}
	e.GET("/panic", func(*gin.Context) { panic("hunter2") })
	for _, tc := range []struct {
		path, reason string
		status       int
	}{
		{"/taken", "name_taken", 409},
		{"/slow", "slow_down", 429},
		{"/field", "invalid_fields", 400},
		{"/bare", "internal", 500},
		{"/late", "timeout", 504},
		{"/panic", "internal", 500},
		{"/nowhere", "no_such_route", 404},
	} {
		w := serve(e, "GET", tc.path, "")
		p := problem(t, w)
		if w.Code != tc.status || p.Reason != tc.reason {
			t.Errorf("%s: %d %s, want %d %s", tc.path, w.Code, p.Reason, tc.status, tc.reason)
		}
		if strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: the cause reached the caller: %s", tc.path, w.Body)
		}
		if tc.path == "/slow" && w.Header().Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
		}
	}
	if !strings.Contains(log.String(), "hunter2 is wrong") {
		t.Error("the cause did not reach the log")
	}
	if p := problem(t, serve(e, "DELETE", "/taken", "")); p.Status != 405 {
		t.Errorf("wrong method: %+v", p)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	e := engine(nil, httpx.Options{MaxBody: 64, Routes: map[string]httpx.Route{"/big": {MaxBody: 4096}}})
	h := httpx.Handle(func(c *gin.Context) error {
		n, err := httpx.Decode[note](c)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, n)
		return nil
	})
	e.POST("/", h)
	e.POST("/big", h)
	long := `{"title":"` + strings.Repeat("x", 100) + `"}`
	for name, tc := range map[string]struct {
		path, body, media, reason string
		status                    int
	}{
		"good":           {"/", `{"title":"a","count":2}`, "application/json; charset=utf-8", "", 200},
		"unknown field":  {"/", `{"title":"a","role":"admin"}`, "", "invalid_fields", 400},
		"wrong type":     {"/", `{"count":"many"}`, "", "invalid_fields", 400},
		"two values":     {"/", `{}{}`, "", "malformed_json", 400},
		"cut":            {"/", `{"title":`, "", "malformed_json", 400},
		"empty":          {"/", ``, "", "empty_body", 400},
		"form":           {"/", `title=a`, "application/x-www-form-urlencoded", "not_json", 400},
		"too large":      {"/", long, "", "body_too_large", 413},
		"large is fine":  {"/big", long, "", "", 200},
		"not a number":   {"/", `{"count":1e99}`, "", "invalid_fields", 400},
		"trailing space": {"/", "{}\n ", "", "", 200},
	} {
		w := serve(e, "POST", tc.path, tc.body, "Content-Type", tc.media)
		if w.Code != tc.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		} else if tc.status >= 400 && problem(t, w).Reason != tc.reason {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

func TestServiceTokens(t *testing.T) {
	t.Parallel()
	tokens := map[string]string{"web": "w-token", "jobs": "j-token", "broken": ""}
	who := func(c *gin.Context) { c.String(200, httpx.Caller(c)+" "+httpx.ClientIP(c)) }
	inner, outer := engine(nil, httpx.Options{}), engine(nil, httpx.Options{})
	inner.Use(httpx.RequireService(tokens)).GET("/who", who)
	outer.Use(httpx.IdentifyService(tokens)).GET("/who", who)
	for name, tc := range map[string]struct {
		e      *gin.Engine
		header []string
		status int
		body   string
	}{
		"none":                      {inner, nil, 401, ""},
		"wrong":                     {inner, []string{httpx.HeaderService, "w-toke"}, 401, ""},
		"empty":                     {inner, []string{httpx.HeaderService, ""}, 401, ""},
		"right":                     {inner, []string{httpx.HeaderService, "j-token"}, 200, "jobs 192.0.2.1"},
		"trusted address":           {inner, []string{httpx.HeaderService, "w-token", "X-Forwarded-For", "1.1.1.1, 203.0.113.9"}, 200, "web 203.0.113.9"},
		"trusted rubbish":           {inner, []string{httpx.HeaderService, "w-token", "X-Forwarded-For", "\nrubbish"}, 200, "web 192.0.2.1"},
		"person":                    {outer, nil, 200, " 192.0.2.1"},
		"person forges an address":  {outer, []string{"X-Forwarded-For", "203.0.113.9"}, 200, " 192.0.2.1"},
		"forged token at the front": {outer, []string{httpx.HeaderService, "x"}, 401, ""},
	} {
		w := serve(tc.e, "GET", "/who", "", tc.header...)
		if w.Code != tc.status || (tc.status == 200 && w.Body.String() != tc.body) {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
	if w := serve(inner, "GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("healthz asks for a token: %d", w.Code)
	}
}

func TestETags(t *testing.T) {
	t.Parallel()
	e := engine(nil, httpx.Options{})
	e.GET("/", httpx.Handle(func(c *gin.Context) error { return httpx.JSON(c, note{Title: "a"}) }))
	e.PUT("/", httpx.Handle(func(c *gin.Context) error {
		n, err := httpx.IfMatchRevision(c)
		if err != nil {
			return err
		}
		if err := httpx.CheckIfMatch(c, httpx.ETagRevision(7)); err != nil {
			return err
		}
		c.String(200, "%d", n)
		return nil
	}))
	first := serve(e, "GET", "/", "")
	tag := first.Header().Get("ETag")
	if first.Code != 200 || len(tag) < 10 {
		t.Fatalf("%d %q", first.Code, tag)
	}
	for _, h := range []string{tag, `"x", W/` + tag, "*"} {
		if w := serve(e, "GET", "/", "", "If-None-Match", h); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("If-None-Match %s: %d %q", h, w.Code, w.Body)
		}
	}
	if w := serve(e, "GET", "/", "", "If-None-Match", `"x"`); w.Code != 200 {
		t.Errorf("another ETag: %d", w.Code)
	}
	for h, want := range map[string]int{`"r7"`: 200, `"r6"`: 412, "": 412, `"7"`: 412, `W/"r7"`: 412} {
		if w := serve(e, "PUT", "/", "", "If-Match", h); w.Code != want {
			t.Errorf("If-Match %s: %d, want %d", h, w.Code, want)
		}
	}
}

func TestLogHoldsNoSecretAndNoControlCharacter(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := engine(&log, httpx.Options{})
	e.GET("/reset/:token", func(c *gin.Context) { c.Status(200) })
	e.GET("/names/:name", func(c *gin.Context) { c.Status(200) })
	serve(e, "GET", "/reset/hunter2?key=hunter2", "", "Authorization", "Bearer hunter2", "Cookie", "s=hunter2")
	serve(e, "GET", "/names/a%0Alevel=ERROR%1b[31m", "", "X-Request-Id", "bad id\n")
	if s := log.String(); strings.Contains(s, "hunter2") || strings.Count(s, "\n") != 2 || strings.Contains(s, "\x1b") {
		t.Errorf("log: %q", s)
	}
}

func TestRequestIDAndTraceTravel(t *testing.T) {
	t.Parallel()
	e := engine(nil, httpx.Options{})
	e.GET("/", func(c *gin.Context) { c.String(200, telemetry.Traceparent(c)+" "+httpx.RequestID(c)) })
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	w := serve(e, "GET", "/", "", "traceparent", parent, "X-Request-Id", "req-12345")
	tp, id, _ := strings.Cut(w.Body.String(), " ")
	if id != "req-12345" || !strings.HasPrefix(tp, parent[:36]) || strings.HasPrefix(tp, parent[:52]) || !strings.HasSuffix(tp, "-00") {
		t.Errorf("got %q", w.Body)
	}
}

func TestDeadlineAndReadiness(t *testing.T) {
	t.Parallel()
	var broken error
	e := engine(nil, httpx.Options{
		Deadline: 20 * time.Millisecond,
		Routes:   map[string]httpx.Route{"/stream": {Streaming: true}},
		Ready:    map[string]func(context.Context) error{"db": func(context.Context) error { return broken }},
	})
	wait := httpx.Handle(func(c *gin.Context) error {
		if _, has := c.Request.Context().Deadline(); !has {
			c.Status(http.StatusOK)
			return nil
		}
		<-c.Request.Context().Done()
		return c.Request.Context().Err()
	})
	e.GET("/slow", wait)
	e.GET("/stream", wait)
	if w := serve(e, "GET", "/slow", ""); w.Code != 504 {
		t.Errorf("slow: %d", w.Code)
	}
	if w := serve(e, "GET", "/stream", ""); w.Code != 200 {
		t.Errorf("stream: %d", w.Code)
	}
	if w := serve(e, "GET", "/readyz", ""); w.Code != 200 {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
	broken = errors.New("secret dsn")
	if w := serve(e, "GET", "/readyz", ""); w.Code != 503 || strings.Contains(w.Body.String(), "dsn") {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	m := serve(e, "GET", "/metrics", "").Body.String()
	for _, want := range []string{
		`crateful_http_requests_total{method="GET",route="/slow",status="504"} 1`,
		`crateful_http_request_errors_total{code="timeout",method="GET",route="/slow"} 1`,
		`crateful_http_request_duration_seconds_count{method="GET",route="/stream"} 1`,
	} {
		if !strings.Contains(m, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}
