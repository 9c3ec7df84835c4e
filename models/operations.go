package models

import (
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/operations"
	"crateful.dev/models/internal/postgres"
)

// openOperations builds the operator's side. Catalogue and shop are there already.
func (s *Service) openOperations(work unit, brokers kafka.Config) {
	s.operations = operations.New(operations.Config{
		Unit: work, Store: postgres.NewOperationsStore(s.db), Queue: s.queue, Audit: audit.New(postgres.NewAuditStore(s.db)), Kafka: brokers, Log: s.log,
	})
	s.resources.Operations = httpapi.Operations{
		Service: s.operations, Uploads: s.catalogue.uploads, Orders: s.shop.orders, Sandbox: s.shop.sandbox,
	}
}

func (s *Service) registerOperationsJobs(r *jobs.Registry) {
	jobs.Handle(r, s.operations.Prune, jobs.Timeout(time.Minute))
	jobs.Every(r, 24*time.Hour, operations.PruneJob{})
}
