package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
)

// PruneJob forgets uploads of deleted packs once their objects are swept, and asks the analyzer again for what it never
// answered.
type PruneJob struct{}

// Kind names the job.
func (PruneJob) Kind() string { return "upload_prune" }

// Kafka keeps requests to the analyzer for a week; what was asked before askAge may be gone by the time somebody reads.
const (
	askAge   = 6 * 24 * time.Hour
	askBatch = 500
)

// Prune runs a PruneJob.
func (s *Service) Prune(ctx context.Context, _ PruneJob) error {
	before := s.now().Add(-askAge)
	return errors.Join(s.Store.Prune(ctx), s.askAgain(ctx, before), s.Packs.AskAgain(ctx, before, askBatch))
}

// askAgain has files checked whose request is older than before and was not answered.
func (s *Service) askAgain(ctx context.Context, before time.Time) error {
	ids, err := s.Store.Unanswered(ctx, before, askBatch)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
			if u.State != api.UploadChecking || u.RemovedAt != nil {
				return nil
			}
			return s.ask(ctx, u, p)
		})
		if err != nil {
			return fmt.Errorf("ask again for upload %s: %w", id, err)
		}
	}
	return nil
}
