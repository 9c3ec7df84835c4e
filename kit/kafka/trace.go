package kafka

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"crateful.dev/kit/telemetry"
)

// Context is ctx in the trace that the message belongs to: below the span of handling it, where a group handles it.
func (m Message) Context(ctx context.Context) context.Context {
	if m.span != nil {
		return trace.ContextWithSpan(ctx, m.span)
	}
	if parent := m.Header(telemetry.Header); parent != "" {
		return telemetry.Continue(ctx, parent)
	}
	return ctx
}

// beginSpans gives each message that came with a trace a span of handling it; end tells how that went.
func (g *group) beginSpans(ctx context.Context, msgs []Message) (end func(err error)) {
	var spans []trace.Span
	for i := range msgs {
		m := &msgs[i]
		parent := m.Header(telemetry.Header)
		if parent == "" {
			continue
		}
		_, m.span = telemetry.Span(telemetry.Continue(ctx, parent), g.cfg.Service, m.Topic+" process", trace.WithSpanKind(trace.SpanKindConsumer))
		spans = append(spans, m.span)
		if m.span.IsRecording() {
			m.span.SetAttributes(attribute.String("messaging.system", "kafka"), attribute.String("messaging.destination.name", m.Topic),
				attribute.String("messaging.consumer.group.name", g.cfg.Group), attribute.Int("messaging.destination.partition.id", m.Partition),
				attribute.Int64("messaging.kafka.offset", m.Offset), attribute.Int("messaging.batch.message_count", len(msgs)))
		}
	}
	return func(err error) {
		for _, span := range spans {
			if err != nil {
				span.SetStatus(codes.Error, "not handled")
			}
			span.End()
		}
	}
}
