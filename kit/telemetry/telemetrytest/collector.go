// Package telemetrytest is a collector for tests: it takes spans by OTLP over HTTP and keeps them.
package telemetrytest

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it arrived.
type Span struct {
	Trace, ID, Parent string
	Service, Name     string
	Attributes        map[string]string
}

// Collector keeps what arrives.
type Collector struct {
	URL string

	mu    sync.Mutex
	spans []Span
}

// New starts a collector until the test ends.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Errorf("spans not read: %v", err)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func (c *Collector) take(r *http.Request) error {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body = unpacked
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var sent collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(raw, &sent); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range sent.GetResourceSpans() {
		service := texts(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, Span{
					Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
					Service: service, Name: s.GetName(), Attributes: texts(s.GetAttributes()),
				})
			}
		}
	}
	return nil
}

func texts(in []*common.KeyValue) map[string]string {
	out := make(map[string]string, len(in))
	for _, a := range in {
		out[a.GetKey()] = a.GetValue().String()
		if text, ok := a.GetValue().GetValue().(*common.AnyValue_StringValue); ok {
			out[a.GetKey()] = text.StringValue
		}
	}
	return out
}

// Spans lists what arrived so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}

// Chain leads from a span up to the root of its trace.
func (c *Collector) Chain(from Span) []Span {
	byID := map[string]Span{}
	for _, s := range c.Spans() {
		if s.Trace == from.Trace {
			byID[s.ID] = s
		}
	}
	chain := []Span{from}
	for from.Parent != "" {
		parent, ok := byID[from.Parent]
		if !ok {
			break
		}
		chain, from = append(chain, parent), parent
		delete(byID, parent.ID)
	}
	return chain
}
