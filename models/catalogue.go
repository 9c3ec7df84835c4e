package models

import (
	"context"
	"time"

	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/crate"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/tx"
	"crateful.dev/models/internal/upload"
)

// catalogue is packs, sounds, uploads and crates.
type catalogue struct {
	packs   *catalog.Service
	uploads *upload.Service
	crates  *crate.Service
}

// openCatalogue builds it and its resources.
func (s *Service) openCatalogue(work unit) {
	store, reader := postgres.NewPackStore(s.db), postgres.NewCatalogueStore(s.db)
	s.catalogue.packs = &catalog.Service{
		Store: store, States: store, Unit: work, Audit: audit.New(postgres.NewAuditStore(s.db)), Trace: store, Log: s.log, Now: time.Now,
		Follow: func(ctx context.Context, p catalog.Pack) error {
			return work.Enqueue(ctx, account.NotifyFollowers{ProducerID: p.ProducerID, PackID: p.ID, PackTitle: p.Title, PackSlug: p.Slug}, tx.Unique())
		},
	}
	s.catalogue.uploads = upload.New(
		postgres.NewUploadStore(s.db), postgres.NewMeasurementStore(s.db), s.catalogue.packs, work, audit.New(postgres.NewAuditStore(s.db)),
	)
	s.catalogue.crates = &crate.Service{
		Store: postgres.NewCrateStore(s.db), Unit: work, Records: s.accounts, Scores: s.catalogue.packs, Read: reader,
	}
	s.accounts.OnRenamed(func(ctx context.Context, accountID string) error {
		return work.Enqueue(ctx, catalog.RefreshProducer{ProducerID: accountID})
	})
	s.resources.Packs = httpapi.Packs{Service: s.catalogue.packs}
	s.resources.Catalogue = httpapi.Catalogue{Reader: reader, Library: postgres.NewLibraryStore(s.db)}
	s.resources.Replay = httpapi.Replay{Service: s.catalogue.packs}
	s.resources.Uploads = httpapi.Uploads{Service: s.catalogue.uploads, Packs: s.catalogue.packs}
	s.resources.Crates = httpapi.Crates{Service: s.catalogue.crates}
}

func (s *Service) registerCatalogueJobs(r *jobs.Registry) {
	jobs.Handle(r, s.catalogue.packs.Popularity, jobs.Timeout(5*time.Minute))
	jobs.Every(r, time.Minute, catalog.PopularityJob{})
	jobs.Handle(r, s.catalogue.packs.Refresh, jobs.Timeout(5*time.Minute))
	jobs.Handle(r, s.catalogue.packs.ComeBack, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.catalogue.packs.SendAgain, jobs.Timeout(5*time.Minute))
	jobs.Handle(r, s.catalogue.uploads.Prune, jobs.Timeout(time.Minute))
	jobs.Every(r, time.Hour, upload.PruneJob{})
	jobs.Handle(r, s.catalogue.uploads.KeepMeasuring, jobs.Timeout(5*time.Minute))
	jobs.Every(r, time.Minute, upload.MeasureJob{})
	jobs.Handle(r, s.catalogue.uploads.ShowMeasured, jobs.Timeout(time.Minute))
}
