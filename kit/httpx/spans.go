package httpx

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/telemetry"
)

// serverSpan begins the span of a request. Its attributes are few on purpose: addresses and queries can hold secrets.
func serverSpan(o Options, known func(header string) string, c *gin.Context) (context.Context, trace.Span) {
	ctx, route := c.Request.Context(), c.FullPath()
	if route == "/healthz" || route == "/readyz" || route == "/metrics" {
		return ctx, trace.SpanFromContext(ctx)
	}
	if o.TracesFrom == nil || known(c.GetHeader(HeaderService)) != "" {
		ctx = telemetry.FromHeader(ctx, c.Request.Header)
	}
	method := knownMethod(c.Request.Method)
	ctx, span := telemetry.Span(ctx, o.Service, method, ofServer)
	if span.IsRecording() {
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route))
		if route != "" {
			span.SetName(method + " " + route)
		}
	}
	return ctx, span
}

var (
	ofServer = trace.WithSpanKind(trace.SpanKindServer)
	ofClient = trace.WithSpanKind(trace.SpanKindClient)
)

func endServerSpan(span trace.Span, c *gin.Context, requestID string) {
	if !span.IsRecording() {
		return
	}
	status := c.Writer.Status()
	span.SetAttributes(attribute.Int("http.response.status_code", status), attribute.String("crateful.request_id", requestID))
	if caller := Caller(c); caller != "" {
		span.SetAttributes(attribute.String("crateful.caller", caller))
	}
	if last := c.Errors.Last(); last != nil {
		span.SetAttributes(attribute.String("error.type", string(errs.CodeOf(last.Err))))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// traced sends a request below the span in its context, if there is one.
func traced(do func(*http.Request) (*http.Response, error), req *http.Request) (*http.Response, error) {
	ctx, span := telemetry.Child(req.Context(), req.Method, ofClient)
	defer span.End()
	telemetry.IntoHeader(ctx, req.Header)
	if !span.IsRecording() {
		return do(req)
	}
	span.SetName(req.Method + " " + req.URL.Host)
	span.SetAttributes(attribute.String("http.request.method", req.Method), attribute.String("server.address", req.URL.Hostname()),
		attribute.String("server.port", Port(req.URL)))
	resp, err := do(req.WithContext(ctx))
	if err != nil {
		span.SetStatus(codes.Error, "no answer")
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
	if resp.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, "")
	}
	return resp, nil
}
