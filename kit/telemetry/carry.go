package telemetry

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Header carries a W3C trace context in HTTP and in messages.
const Header = "traceparent"

var w3c propagation.TraceContext

// Traceparent is the W3C trace context of the span in ctx, or "".
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier[Header]
}

// Continue puts somebody else's W3C trace context into ctx, so that the next span is its child. What has not the right
// shape is ignored.
func Continue(ctx context.Context, traceparent string) context.Context {
	return w3c.Extract(ctx, propagation.MapCarrier{Header: traceparent})
}

// FromHeader is Continue for a request that came.
func FromHeader(ctx context.Context, h http.Header) context.Context {
	return w3c.Extract(ctx, propagation.HeaderCarrier(h))
}

// IntoHeader writes the trace of ctx into a request that leaves, and takes any other out of it.
func IntoHeader(ctx context.Context, h http.Header) {
	for _, name := range w3c.Fields() {
		h.Del(name)
	}
	w3c.Inject(ctx, propagation.HeaderCarrier(h))
}

// TraceID is the id of the trace in ctx, or "".
func TraceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}

// Sampled says whether the trace in ctx is being recorded somewhere.
func Sampled(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsSampled() }
