package screen

import (
	"context"
	"time"

	"crateful.dev/experience/api"
	models "crateful.dev/models/api"
)

const traceTime = time.Second // a page goes on without it

// Sent is what models knows of a listing's way.
func Sent(t *models.Trace) *api.Trace {
	if t == nil {
		return nil
	}
	return &api.Trace{Revision: t.Revision, CommittedAt: t.CommittedAt, SentAt: t.SentAt, Partition: t.Partition, Offset: t.Offset}
}

// Trace adds to it when search showed the revision. What has not been sent yet cannot be found, so that the index is not asked.
func (s *Services) Trace(ctx context.Context, t *models.Trace) *api.Trace {
	out := Sent(t)
	if t == nil || t.SentAt == nil {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, traceTime)
	defer cancel()
	found, err := s.Indexer.Trace(ctx, t.PackID)
	if err == nil && found.Revision >= t.Revision {
		at := found.SearchableAt
		out.SearchableAt = &at
	}
	return out
}
