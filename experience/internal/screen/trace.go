package screen

import (
	"context"
	"time"

	"crateful.dev/experience/api"
	models "crateful.dev/models/api"
)

const traceTime = time.Second // a page goes on without it

// Trace adds to what models knows of a listing's way when search showed the revision.
func (s *Services) Trace(ctx context.Context, t *models.Trace) *api.Trace {
	if t == nil {
		return nil
	}
	out := &api.Trace{Revision: t.Revision, CommittedAt: t.CommittedAt, SentAt: t.SentAt, Partition: t.Partition, Offset: t.Offset}
	ctx, cancel := context.WithTimeout(ctx, traceTime)
	defer cancel()
	found, err := s.Indexer.Trace(ctx, t.PackID)
	if err == nil && found.Revision >= t.Revision {
		at := found.SearchableAt
		out.SearchableAt = &at
	}
	return out
}
