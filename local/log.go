package local

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// untilReady leaves out what services say about not being ready while the stack starts: it asks them all the time.
type untilReady struct {
	slog.Handler
	ready *atomic.Bool
}

// Handle drops answers to our own questions.
func (h *untilReady) Handle(ctx context.Context, r slog.Record) error {
	if !h.ready.Load() {
		if r.Message == "not ready" {
			return nil
		}
		asked := false
		r.Attrs(func(a slog.Attr) bool {
			asked = a.Key == "route" && a.Value.String() == "/readyz"
			return !asked
		})
		if asked {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the filter.
func (h *untilReady) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &untilReady{Handler: h.Handler.WithAttrs(attrs), ready: h.ready}
}

// WithGroup keeps the filter.
func (h *untilReady) WithGroup(name string) slog.Handler {
	return &untilReady{Handler: h.Handler.WithGroup(name), ready: h.ready}
}
