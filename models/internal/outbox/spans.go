package outbox

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/telemetry"
	"crateful.dev/models/events"
)

// beginSpans gives each event that knows its trace a span from its commit to Kafka's acknowledgement, and its message the
// header by which consumers go on with it.
func beginSpans(ctx context.Context, messages []kafka.Message) (end func(kafka.WriteErrors)) {
	spans := make([]trace.Span, len(messages))
	for i := range messages {
		m := &messages[i]
		if m.Header(telemetry.Header) != "" {
			continue // a dead letter keeps the trace it died in
		}
		head, err := events.Head(m.Value)
		if err != nil || head.Trace == "" {
			continue
		}
		of, span := telemetry.Span(telemetry.Continue(ctx, head.Trace), "models", m.Topic+" send",
			trace.WithSpanKind(trace.SpanKindProducer), trace.WithTimestamp(head.Time))
		if span.IsRecording() {
			span.SetAttributes(attribute.String("messaging.system", "kafka"), attribute.String("messaging.destination.name", m.Topic),
				attribute.String("messaging.message.id", head.ID), attribute.String("crateful.event_type", head.Type))
		}
		spans[i] = span
		m.Headers = append(m.Headers, kafka.Header{Key: telemetry.Header, Value: []byte(telemetry.Traceparent(of))})
	}
	return func(failed kafka.WriteErrors) {
		for i, span := range spans {
			if span == nil {
				continue
			}
			if failed != nil && failed[i] != nil {
				span.SetStatus(codes.Error, "refused by kafka")
			}
			span.End()
		}
	}
}
