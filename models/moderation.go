package models

import (
	"time"

	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/moderation"
	"crateful.dev/models/internal/postgres"
)

// openModeration builds what admins do to accounts and packs, and its resource. Accounts and catalogue come before.
func (s *Service) openModeration(work unit) {
	s.moderation = &moderation.Service{
		Unit: work, Store: postgres.NewModerationStore(s.db), Packs: s.catalogue.packs, Accounts: s.accounts,
		Log: audit.New(postgres.NewAuditStore(s.db)), Limits: s.limiter,
	}
	s.resources.Moderation = httpapi.Moderation{Service: s.moderation}
}

func (s *Service) registerModerationJobs(r *jobs.Registry) {
	jobs.Handle(r, s.moderation.OwnersTold, jobs.Timeout(5*time.Minute))
	jobs.Handle(r, s.moderation.ReportersTold, jobs.Timeout(5*time.Minute))
}
