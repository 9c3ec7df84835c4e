// Package library knows what accounts own for ever and what they may download of it. It leaves links to storage to the services
// above.
package library

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// Query is a checked api.LibraryQuery of one account.
type Query struct {
	AccountID string
	Text      string
	Kind      api.ItemKind
	Ended     bool
	Cursor    string
	Limit     int
}

// Deliverable is an object that may be handed to its owner.
type Deliverable struct {
	PackID, SoundID, EditionID string
	Edition                    int
	Path                       string // of a single file inside the pack
	PackSlug                   string
	ProducerID                 string
	ProducerHandle             string
	SHA256                     string
	ObjectKey                  string
	SizeBytes                  int64
}

// Store reads what is owned. Nothing that was refunded counts, but in a list of just that.
type Store interface {
	List(ctx context.Context, q Query) (api.LibraryPage, error)
	Owned(ctx context.Context, accountID string, q api.OwnedQuery) (api.Owned, error)
	// PackEdition finds the edition the owner of the pack gets: the asked one, or the newest; not_owned and not_found as errs.
	PackEdition(ctx context.Context, accountID, packID, editionID string) (Deliverable, error)
	// SoundFile finds the file of a sound that is owned singly or with its pack.
	SoundFile(ctx context.Context, accountID, soundID string) (Deliverable, error)
	// FilesGone tells whether a pack was taken down with the files of those who own it.
	FilesGone(ctx context.Context, packID string) (bool, error)
	Files(ctx context.Context, editionID string) ([]api.LibrarySound, error)
	RecordDownload(ctx context.Context, accountID, network string, d api.DownloadRecord) error
	// Usage counts what the account downloaded since a time, and whether the thing and the network are among it.
	Usage(ctx context.Context, accountID, network string, d api.DownloadRecord, since time.Time) (Usage, error)
	Downloads(ctx context.Context, accountID, cursor string, limit int) (api.DownloadPage, error)
}

// Recorder notes downloads for recommendations, inside the transaction of the context.
type Recorder interface {
	Record(ctx context.Context, who auth.Caller, data events.InteractionRecordedV1) error
}

// Service answers for libraries.
type Service struct {
	unit     tx.Runner
	store    Store
	recorder Recorder
	watch    Watch
	now      func() time.Time
}

// NewService returns a Service.
func NewService(unit tx.Runner, store Store, recorder Recorder, watch Watch) *Service {
	return &Service{unit: unit, store: store, recorder: recorder, watch: watch, now: time.Now}
}

// List reads a page of the library.
func (s *Service) List(ctx context.Context, q Query) (api.LibraryPage, error) {
	if q.Kind != "" && q.Kind != api.ItemPack && q.Kind != api.ItemSound {
		return api.LibraryPage{}, errs.Invalid(errs.Field{Name: "kind", Reason: "unknown_kind", Detail: "Kind must be pack or sound."})
	}
	if len(q.Text) > 200 {
		return api.LibraryPage{}, errs.Invalid(errs.Field{Name: "q", Reason: "too_long", Detail: "Search for at most 200 characters."})
	}
	return s.store.List(ctx, q)
}

// Owned checks many ids at once.
func (s *Service) Owned(ctx context.Context, accountID string, q api.OwnedQuery) (api.Owned, error) {
	if len(q.SoundIDs)+len(q.PackIDs) > api.MaxOwnedCheck {
		return api.Owned{}, errs.Invalid(errs.Field{Name: "sound_ids", Reason: "too_many", Detail: fmt.Sprintf("Ask about at most %d ids.", api.MaxOwnedCheck)})
	}
	for name, ids := range map[string][]string{"sound_ids": q.SoundIDs, "pack_ids": q.PackIDs} {
		for _, id := range ids {
			if !tx.ValidID(id) {
				return api.Owned{}, errs.Invalid(errs.Field{Name: name, Reason: "invalid_id", Detail: "This is not an id."})
			}
		}
	}
	return s.store.Owned(ctx, accountID, q)
}

// Download checks that the account owns what it asks for, notes the download and names the object.
func (s *Service) Download(ctx context.Context, who auth.Caller, in api.DownloadRequest) (api.DownloadGrant, error) {
	if !tx.ValidID(in.ID) || in.EditionID != "" && !tx.ValidID(in.EditionID) {
		return api.DownloadGrant{}, errs.Invalid(errs.Field{Name: "id", Reason: "invalid_id", Detail: "This is not an id."})
	}
	var grant grant
	var stopped string
	network := NetworkOf(who.ClientIP)
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		var err error
		grant, err = s.grant(ctx, who.AccountID, in)
		if err != nil {
			return err
		}
		gone, err := s.store.FilesGone(ctx, grant.PackID)
		if err != nil {
			return err
		}
		if gone {
			return errs.New(errs.CodeGone, "files_removed", "This pack was taken down, and its files cannot be downloaded for now.")
		}
		record := api.DownloadRecord{
			ID: tx.NewID(), Kind: in.Kind, PackID: grant.PackID, SoundID: grant.SoundID, EditionID: grant.EditionID,
			FileName: grant.FileName, SizeBytes: grant.SizeBytes,
		}
		usage, err := s.store.Usage(ctx, who.AccountID, network, record, s.now().Add(-Day))
		if err != nil {
			return fmt.Errorf("count downloads: %w", err)
		}
		if stopped = usage.stop(network); stopped != "" {
			return errStopped(stopped)
		}
		if err := s.store.RecordDownload(ctx, who.AccountID, network, record); err != nil {
			return fmt.Errorf("record download: %w", err)
		}
		return s.recorder.Record(ctx, who, events.InteractionRecordedV1{
			Kind: events.KindDownload, PackID: grant.PackID, SoundID: grant.SoundID, ProducerID: grant.producerID,
		})
	})
	if stopped != "" {
		if told := s.watch.Stopped(ctx, who.AccountID, stopped); told != nil {
			return api.DownloadGrant{}, errors.Join(err, told)
		}
	}
	return grant.DownloadGrant, err
}

type grant struct {
	api.DownloadGrant
	producerID string
}

func (s *Service) grant(ctx context.Context, accountID string, in api.DownloadRequest) (grant, error) {
	switch in.Kind {
	case api.ItemPack:
		d, err := s.store.PackEdition(ctx, accountID, in.ID, in.EditionID)
		if err != nil {
			return grant{}, err
		}
		return grant{producerID: d.ProducerID, DownloadGrant: api.DownloadGrant{
			ObjectKey: d.ObjectKey, FileName: zipName(d), ContentType: "application/zip", SizeBytes: d.SizeBytes,
			SHA256: d.SHA256, PackID: d.PackID, EditionID: d.EditionID, Edition: d.Edition,
		}}, nil
	case api.ItemSound:
		if in.EditionID != "" {
			return grant{}, errs.Invalid(errs.Field{Name: "edition_id", Reason: "not_for_sounds", Detail: "A sound has no editions to choose from."})
		}
		d, err := s.store.SoundFile(ctx, accountID, in.ID)
		if err != nil {
			return grant{}, err
		}
		name := path.Base(d.Path)
		return grant{producerID: d.ProducerID, DownloadGrant: api.DownloadGrant{
			ObjectKey: d.ObjectKey, FileName: name, ContentType: contentType(name), SizeBytes: d.SizeBytes, SHA256: d.SHA256,
			PackID: d.PackID, SoundID: d.SoundID, EditionID: d.EditionID, Edition: d.Edition,
		}}, nil
	default:
		return grant{}, errs.Invalid(errs.Field{Name: "kind", Reason: "unknown_kind", Detail: "Kind must be pack or sound."})
	}
}

// zipName is short, plain and tells editions apart.
func zipName(d Deliverable) string {
	return fmt.Sprintf("%s-%s-v%d.zip", d.ProducerHandle, d.PackSlug, d.Edition)
}

func contentType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".wav":
		return "audio/wav"
	case ".aif", ".aiff":
		return "audio/aiff"
	case ".flac":
		return "audio/flac"
	case ".mp3":
		return "audio/mpeg"
	case ".ogg", ".opus":
		return "audio/ogg"
	default:
		return "application/octet-stream"
	}
}

// Files lists the files of an edition the account owns with its pack.
func (s *Service) Files(ctx context.Context, accountID, packID, editionID string) (api.LibrarySounds, error) {
	d, err := s.store.PackEdition(ctx, accountID, packID, editionID)
	if err != nil {
		return api.LibrarySounds{}, err
	}
	files, err := s.store.Files(ctx, d.EditionID)
	if err != nil {
		return api.LibrarySounds{}, fmt.Errorf("list files of edition %s: %w", d.EditionID, err)
	}
	return api.LibrarySounds{EditionID: d.EditionID, Edition: d.Edition, Files: files}, nil
}

// Downloads reads a page of what the account downloaded.
func (s *Service) Downloads(ctx context.Context, accountID, cursor string, limit int) (api.DownloadPage, error) {
	return s.store.Downloads(ctx, accountID, cursor, limit)
}

// ErrNotOwned says that an account may not download something.
func ErrNotOwned() error {
	return errs.New(errs.CodeForbidden, "not_owned", "This is not in your library.")
}
