// Package upload brings files into packs: what may be announced, how an announced file becomes bytes in storage and
// how the analyzer's word on those bytes is taken. What the files mean for a listing belongs to package catalog.
package upload

import (
	"context"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
)

// Upload is one file on its way, or a picture.
type Upload struct {
	ID          string
	OwnerID     string
	PackID      string // empty for avatar and banner
	ParentID    string // the archive it came in
	Replaces    string // upload whose place it takes
	Standby     bool   // has not taken it yet
	Purpose     string
	Fingerprint string
	Path        string
	PathKey     string
	SizeBytes   int64
	DoneBytes   int64
	ObjectKey   string
	MultipartID string
	PartBytes   int64
	ETag        string
	State       api.UploadState // waiting | uploading | checking | ready | refused
	Attempt     int             // of checking, as the event says
	Tries       int             // begun by the analyzer in this attempt
	Reason      string
	Params      api.Params
	Detail      string
	MediaSHA256 string
	Picture     string // SHA-256 of a picture
	SoundID     string // read only
	Kept        bool   // read only: part of the edition on sale
	RemovedAt   *time.Time
	SweptAt     *time.Time
	CompletedAt *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// open tells whether bytes are still expected.
func (u *Upload) open() bool {
	return u.State == api.UploadWaiting || u.State == api.UploadUploading
}

// View is the upload as callers see it.
func (u *Upload) View() api.Upload {
	v := api.Upload{
		ID: u.ID, PackID: u.PackID, OwnerID: u.OwnerID, Purpose: u.Purpose, Path: u.Path, SizeBytes: u.SizeBytes, DoneBytes: u.DoneBytes,
		ObjectKey: u.ObjectKey, MultipartID: u.MultipartID, PartBytes: u.PartBytes, State: u.State, Reason: u.Reason, Params: u.Params, Detail: u.Detail,
		SoundID: u.SoundID, SHA256: u.MediaSHA256, ParentID: u.ParentID, Replaces: u.Replaces, Attempt: u.Attempt, Removed: u.RemovedAt != nil,
		Kept: u.Kept, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
	}
	if len(v.Params) == 0 {
		v.Params = nil
	}
	return v
}

// picture tells whether the purpose is a picture.
func picture(purpose string) bool {
	return purpose == "cover" || purpose == "avatar" || purpose == "banner"
}

// Totals are what a pack holds already.
type Totals struct {
	Sounds int
	Files  int
	Bytes  int64
}

// Expiry says how long objects under incoming/ are kept.
type Expiry struct {
	Taken     time.Duration // after the analyzer kept a copy
	Discarded time.Duration // after refusal or removal
	Abandoned time.Duration // after the last sign of life of an open upload
}

// DefaultExpiry leaves time for undo and for coming back after a holiday weekend.
var DefaultExpiry = Expiry{Taken: time.Hour, Discarded: 24 * time.Hour, Abandoned: 7 * 24 * time.Hour}

// Store keeps uploads. Methods that change something run inside a transaction.
type Store interface {
	Create(ctx context.Context, u Upload) error
	Read(ctx context.Context, id string) (Upload, error)
	Lock(ctx context.Context, id string) (Upload, error)
	Save(ctx context.Context, u Upload) error
	// Progress notes parts that arrived, if the upload is still open.
	Progress(ctx context.Context, id string, in api.UploadProgress, at time.Time) error
	Totals(ctx context.Context, packID string) (Totals, error)
	// ByFingerprint finds the present upload of the same file, open ones first.
	ByFingerprint(ctx context.Context, ownerID, packID, purpose string, fingerprints []string) (map[string]Upload, error)
	// ByPath finds present uploads by folded path.
	ByPath(ctx context.Context, packID string, keys []string) (map[string]Upload, error)
	LeaveOut(ctx context.Context, packID string, files map[string]string) error // path → name

	// SaveSound stores what became of an upload. Values stated for the sound of the upload it replaces are carried over.
	SaveSound(ctx context.Context, s catalog.Sound) error
	SoundOf(ctx context.Context, uploadID string) (catalog.Sound, error)
	SetPicture(ctx context.Context, accountID, purpose, coverKey string, at time.Time) error
	// LatestPicture is the id of the newest present and ready or open picture of that purpose.
	LatestCover(ctx context.Context, packID string) (string, error)

	Expired(ctx context.Context, e Expiry, now time.Time, limit int) ([]api.ExpiredUpload, error)
	Unreferenced(ctx context.Context, keys []string) ([]string, error)
	Referenced(ctx context.Context, after string, limit int) ([]string, error)
	ReportMissing(ctx context.Context, keys []string, at time.Time) error
	// Unanswered lists present files that are being checked and whose request was sent before.
	Unanswered(ctx context.Context, before time.Time, limit int) ([]string, error)
	Prune(ctx context.Context) error
}
