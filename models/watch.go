package models

import (
	"context"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/tx"
)

// watch leaves for admins that an account was stopped from downloading, once a day each.
type watch struct {
	unit   tx.Runner
	limits order.Limiter
	audit  order.Audit
}

// Stopped implements library.Watch.
func (w watch) Stopped(ctx context.Context, accountID, reason string) error {
	err := w.limits.Take(ctx, "download-stop:"+accountID, 1, 24*time.Hour)
	if errs.CodeOf(err) == errs.CodeRateLimited {
		return nil // told today
	}
	if err != nil {
		return err
	}
	return w.unit.WithinTx(ctx, func(ctx context.Context) error {
		return w.audit.Record(ctx, audit.Entry{
			Action: "downloads.stopped", Subject: audit.Subject{Kind: "account", ID: accountID}, Reason: reason,
		})
	})
}
