// Package telemetry is tracing by OpenTelemetry: spans of all services of a process, sent to a collector when there is
// one, and their ids in logs, headers and messages in any case.
package telemetry

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	library     = "crateful.dev/kit/telemetry"
	stopTime    = 3 * time.Second // for what is queued when the process ends
	quietFor    = time.Minute     // between two complaints about the collector
	maxAttempts = 10 * time.Second
)

// source makes the tracers of all services in this process; their spans go to processor.
type source struct {
	processor sdktrace.SpanProcessor
	tracers   sync.Map // service → trace.Tracer
}

var current atomic.Pointer[source] // nil: nobody records

// Start sends spans to the collector at OTEL_EXPORTER_OTLP_ENDPOINT by OTLP over HTTP until stop; without that variable
// it does nothing. The other variables of OpenTelemetry's specification work too: OTEL_TRACES_SAMPLER says how many
// traces are kept, OTEL_BSP_MAX_QUEUE_SIZE how many spans wait. When the queue is full spans are dropped; nobody waits
// for the collector.
func Start(ctx context.Context, log *slog.Logger) (stop func(), err error) {
	if !wanted() {
		return func() {}, nil
	}
	complain := &complaints{log: log}
	otel.SetErrorHandler(complain)
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
		Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: maxAttempts,
	}))
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	s := &source{processor: sdktrace.NewBatchSpanProcessor(exporter)}
	current.Store(s)
	return func() {
		current.CompareAndSwap(s, nil)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		if err := s.processor.Shutdown(ctx); err != nil {
			log.WarnContext(ctx, "last traces not sent", "error", err)
		}
	}, nil
}

func wanted() bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false
	}
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// tracer is a service's own: several services of one process are told apart by their resource.
func (s *source) tracer(service string) trace.Tracer {
	if t, ok := s.tracers.Load(service); ok {
		return t.(trace.Tracer) //nolint:forcetypeassert // nothing else is stored
	}
	about, err := resource.New(context.Background(),
		resource.WithHost(), resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.namespace", "crateful"), attribute.String("service.name", service)),
		resource.WithFromEnv())
	if err != nil {
		otel.Handle(err) // what was found is used
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSpanProcessor(s.processor))
	t, _ := s.tracers.LoadOrStore(service, provider.Tracer(library))
	return t.(trace.Tracer) //nolint:forcetypeassert // nothing else is stored
}

// Span begins a span of a service, in the trace that ctx carries or in a new one. End it.
func Span(ctx context.Context, service, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if s := current.Load(); s != nil {
		return s.tracer(service).Start(ctx, name, options...)
	}
	ctx = trace.ContextWithSpanContext(ctx, numbered(trace.SpanContextFromContext(ctx)))
	return ctx, trace.SpanFromContext(ctx)
}

// numbered is a span that nobody records: its ids are for logs and for those who are asked in turn.
func numbered(parent trace.SpanContext) trace.SpanContext {
	id, span := parent.TraceID(), trace.SpanID{}
	if !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())                  //nolint:gosec // ids are no secrets
		binary.NativeEndian.PutUint64(id[8:], 1+rand.Uint64N(math.MaxUint64)) //nolint:gosec // never zero
	}
	binary.NativeEndian.PutUint64(span[:], 1+rand.Uint64N(math.MaxUint64)) //nolint:gosec // the same
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: parent.TraceFlags(), TraceState: parent.TraceState()})
}

// Child begins a span below the one in ctx, of the same service. Where nothing is being recorded it begins nothing: what
// happens outside any request or message has no trace of its own.
func Child(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, silent
	}
	return parent.TracerProvider().Tracer(library).Start(ctx, name, options...)
}

// silent is the span of those who have none; ending it ends nobody else's.
var silent = trace.SpanFromContext(context.Background())

// complaints tells of trouble with the collector now and then.
type complaints struct {
	log  *slog.Logger
	last atomic.Int64
}

// Handle is what OpenTelemetry calls.
func (c *complaints) Handle(err error) {
	now, last := time.Now().UnixNano(), c.last.Load()
	if now-last > int64(quietFor) && c.last.CompareAndSwap(last, now) {
		c.log.Warn("traces not sent", "error", err)
	}
}
