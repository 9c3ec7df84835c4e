package ingest

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/telemetry"
)

// beginWrites gives each message's trace a span of the one write that they share.
func beginWrites(ctx context.Context, msgs []kafka.Message, generation string, docs int) (end func(error)) {
	spans := make([]oteltrace.Span, len(msgs))
	for i, m := range msgs {
		_, spans[i] = telemetry.Child(m.Context(ctx), "write index", oteltrace.WithAttributes(
			attribute.String("crateful.generation", generation), attribute.Int("crateful.documents", docs)))
	}
	return func(err error) {
		for _, span := range spans {
			if err != nil {
				span.SetStatus(codes.Error, "not written")
			}
			span.End()
		}
	}
}

// observe tells how long revisions took. A batch that came twice counts again, which is rare.
func (c *consumer) observe(visible []write, now time.Time) {
	if c.ingest.cfg.Searchable == nil {
		return
	}
	for _, w := range visible {
		c.ingest.cfg.Searchable.Observe(max(0, now.Sub(time.UnixMilli(w.committed)).Seconds()))
	}
}
