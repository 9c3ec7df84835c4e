package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/kit/telemetry"
	"crateful.dev/kit/telemetry/telemetrytest"
)

func start(t *testing.T, endpoint string, log *slog.Logger) (stop func()) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
	stop, err := telemetry.Start(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	return stop
}

// site is two services: front asks back.
func site(t *testing.T, log *slog.Logger) http.Handler {
	t.Helper()
	back := httpx.NewEngine(httpx.Options{Service: "back", Log: log})
	back.GET("/things/:id", func(c *gin.Context) {
		log.InfoContext(c.Request.Context(), "inside")
		c.Status(http.StatusNoContent)
	})
	server := httptest.NewServer(back)
	t.Cleanup(server.Close)
	client := httpx.NewClient(httpx.ClientConfig{BaseURL: server.URL, ServiceToken: "front-token"})
	t.Cleanup(client.Close)
	front := httpx.NewEngine(httpx.Options{Service: "front", Log: log, TracesFrom: map[string]string{"neighbour": "neighbour-token"}})
	front.GET("/reset/:token", httpx.Handle(func(c *gin.Context) error {
		return client.Do(c.Request.Context(), http.MethodGet, "/things/hunter2?key=hunter2", nil, nil)
	}))
	return front
}

func ask(t *testing.T, h http.Handler, header ...string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/reset/hunter2?secret=hunter2", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
}

const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestOneTraceThroughServicesWithoutSecrets(t *testing.T) {
	collector := telemetrytest.New(t)
	var lines bytes.Buffer
	log := slog.New(telemetry.Log(slog.NewJSONHandler(&lines, nil)))
	stop := start(t, collector.URL, log)
	h := site(t, log)
	ask(t, h, "Traceparent", theirs) // a stranger's
	ask(t, h, "Traceparent", theirs, httpx.HeaderService, "neighbour-token")
	stop()

	spans := collector.Spans()
	if len(spans) != 6 {
		t.Fatalf("%d spans, want 6: %+v", len(spans), spans)
	}
	continued := 0
	for _, s := range spans {
		for key, value := range s.Attributes {
			if strings.Contains(s.Name+key+value, "hunter2") {
				t.Errorf("a secret in %+v", s)
			}
		}
		if s.Trace == theirs[3:35] {
			continued++
		}
		if s.Service != "back" {
			continue
		}
		chain := collector.Chain(s)
		if len(chain) != 3 || chain[1].Service != "front" || chain[2].Name != "GET /reset/:token" || s.Name != "GET /things/:id" {
			t.Errorf("chain %+v", chain)
		}
		if !strings.Contains(lines.String(), `"msg":"inside","trace_id":"`+s.Trace+`","span_id":"`+s.ID+`"`) {
			t.Errorf("no line of trace %s in\n%s", s.Trace, lines.String())
		}
	}
	if continued != 3 {
		t.Errorf("%d spans in the neighbour's trace, want 3: a stranger's is not taken over", continued)
	}
}

func TestSamplingKeepsIDsInLogs(t *testing.T) {
	collector := telemetrytest.New(t)
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0")
	var lines bytes.Buffer
	log := slog.New(telemetry.Log(slog.NewJSONHandler(&lines, nil)))
	stop := start(t, collector.URL, log)
	ask(t, site(t, log))
	stop()
	if n := len(collector.Spans()); n != 0 {
		t.Errorf("%d spans of traces that are not kept", n)
	}
	ids := map[string]bool{}
	for line := range strings.Lines(lines.String()) {
		_, rest, ok := strings.Cut(line, `"trace_id":"`)
		if !ok {
			t.Fatalf("a line without: %s", line)
		}
		ids[rest[:32]] = true
	}
	if len(ids) != 1 {
		t.Errorf("traces %v, want one", ids)
	}
}

func TestOffWithoutCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	stop, err := telemetry.Start(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, span := telemetry.Span(context.Background(), "some", "thing")
	if span.IsRecording() || !strings.HasSuffix(telemetry.Traceparent(ctx), "-00") {
		t.Errorf("recording, trace %q", telemetry.Traceparent(ctx))
	}
	if below, child := telemetry.Child(ctx, "more"); below != ctx || child.SpanContext().IsValid() {
		t.Error("a child of what nobody records")
	}
}

// A collector that takes connections and never answers, and one that is not there, hold nobody up and are given up at stop.
func TestDeadCollectorSlowsNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	quiet := slog.New(slog.DiscardHandler)
	h := site(t, quiet)
	requests := func() time.Duration {
		began := time.Now()
		for range 2000 { // several queues of spans
			ask(t, h)
		}
		return time.Since(began)
	}
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	requests()
	off := requests()
	for name, endpoint := range map[string]string{"silent": "http://" + silent.Addr().String(), "gone": "http://" + gone.Addr().String()} {
		stop := start(t, endpoint, quiet)
		on := requests()
		began := time.Now()
		stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: stopping took %v", name, took)
		}
		t.Logf("%s: 2000 requests in %v, without traces %v", name, on, off)
		if on > 3*off+time.Second {
			t.Errorf("%s: 2000 requests took %v, without traces %v", name, on, off)
		}
	}
}
