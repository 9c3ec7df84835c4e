package models

import (
	"time"

	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/saved"
)

// registerJobs says what work there is and what comes again: one line each.
func (s *Service) registerJobs(r *jobs.Registry) {
	jobs.Handle(r, s.mailer.Deliver, jobs.Timeout(30*time.Second))
	jobs.Handle(r, s.accounts.SendVerify, jobs.Timeout(30*time.Second))
	jobs.Handle(r, s.accounts.SendReset, jobs.Timeout(30*time.Second))
	jobs.Handle(r, s.accounts.NotifyAll, jobs.Timeout(5*time.Minute))
	jobs.Handle(r, s.prune, jobs.Timeout(5*time.Minute))
	jobs.Every(r, time.Hour, pruneJob{})

	// catalogue
	s.registerCatalogueJobs(r)

	// shop
	s.registerShopJobs(r)

	jobs.Handle(r, s.saved.SendInstant, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.saved.SendDaily, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.saved.Prune, jobs.Timeout(time.Minute))
	jobs.Every(r, time.Hour, saved.PruneJob{})

	s.registerOperationsJobs(r)

	s.registerModerationJobs(r)
}
