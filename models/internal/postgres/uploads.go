package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/upload"
)

// UploadStore keeps uploads.
type UploadStore struct{ db *DB }

// NewUploadStore returns an upload.Store over db.
func NewUploadStore(db *DB) *UploadStore { return &UploadStore{db} }

var _ upload.Store = (*UploadStore)(nil)

type uploadRow struct {
	ID          string `gorm:"primaryKey"`
	OwnerID     string
	PackID      *string
	ParentID    *string
	Replaces    *string
	Standby     bool
	Purpose     string
	Fingerprint string
	Path        string
	PathKey     string
	SizeBytes   int64
	DoneBytes   int64
	ObjectKey   string
	MultipartID string
	PartBytes   int64
	ETag        string `gorm:"column:etag"`
	State       string
	Attempt     int
	Tries       int
	Reason      string
	Params      api.Params `gorm:"serializer:json"`
	Detail      string
	MediaSHA256 *string `gorm:"column:media_sha256"`
	Picture     *string
	RemovedAt   *time.Time
	SweptAt     *time.Time
	CreatedAt   time.Time `gorm:"autoCreateTime:false"`
	CompletedAt *time.Time
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"`
}

func (uploadRow) TableName() string { return "uploads" }

func uploadRowOf(u upload.Upload) uploadRow {
	row := uploadRow{
		ID: u.ID, OwnerID: u.OwnerID, PackID: null(u.PackID), ParentID: null(u.ParentID), Replaces: null(u.Replaces), Standby: u.Standby, Purpose: u.Purpose,
		Fingerprint: u.Fingerprint, Path: u.Path, PathKey: u.PathKey, SizeBytes: u.SizeBytes, DoneBytes: u.DoneBytes, ObjectKey: u.ObjectKey,
		MultipartID: u.MultipartID, PartBytes: u.PartBytes, ETag: u.ETag, State: string(u.State), Attempt: u.Attempt, Tries: u.Tries, Reason: u.Reason,
		Params: u.Params, Detail: u.Detail, MediaSHA256: null(u.MediaSHA256), Picture: null(u.Picture), RemovedAt: u.RemovedAt, SweptAt: u.SweptAt,
		CreatedAt: u.CreatedAt, CompletedAt: u.CompletedAt, UpdatedAt: u.UpdatedAt,
	}
	if row.Params == nil {
		row.Params = api.Params{}
	}
	return row
}

const uploadColumns = `u.id::text, u.owner_id::text, coalesce(u.pack_id::text, ''), coalesce(u.parent_id::text, ''), coalesce(u.replaces::text, ''), u.standby, u.purpose,
	u.fingerprint, u.path, u.path_key, u.size_bytes, u.done_bytes, u.object_key, u.multipart_id, u.part_bytes, u.etag, u.state, u.attempt, u.tries, u.reason, u.params,
	u.detail, coalesce(u.media_sha256, ''), coalesce(u.picture, ''), u.removed_at, u.swept_at, u.created_at, u.completed_at, u.updated_at, coalesce(s.id::text, ''),
	EXISTS (SELECT 1 FROM packs p JOIN edition_files f ON f.edition_id = p.edition_id WHERE p.id = u.pack_id AND f.sound_id = s.id)`

func scanUpload(row pgx.Row) (upload.Upload, error) {
	var u upload.Upload
	var params []byte
	err := row.Scan(&u.ID, &u.OwnerID, &u.PackID, &u.ParentID, &u.Replaces, &u.Standby, &u.Purpose, &u.Fingerprint, &u.Path, &u.PathKey, &u.SizeBytes, &u.DoneBytes,
		&u.ObjectKey, &u.MultipartID, &u.PartBytes, &u.ETag, &u.State, &u.Attempt, &u.Tries, &u.Reason, &params, &u.Detail, &u.MediaSHA256, &u.Picture,
		&u.RemovedAt, &u.SweptAt, &u.CreatedAt, &u.CompletedAt, &u.UpdatedAt, &u.SoundID, &u.Kept)
	if err != nil {
		return u, err
	}
	u.RemovedAt, u.SweptAt, u.CompletedAt, u.CreatedAt, u.UpdatedAt = utc(u.RemovedAt), utc(u.SweptAt), utc(u.CompletedAt), u.CreatedAt.UTC(), u.UpdatedAt.UTC()
	return u, decodeJSON(params, &u.Params, "params")
}

func uploadsWhere(ctx context.Context, db *DB, condition string, args ...any) ([]upload.Upload, error) {
	rows, err := db.pgx(ctx).Query(ctx, "SELECT "+uploadColumns+" FROM uploads u LEFT JOIN sounds s ON s.upload_id = u.id WHERE "+condition, args...)
	if err != nil {
		return nil, translate(err, "uploads")
	}
	defer rows.Close()
	var out []upload.Upload
	for rows.Next() {
		u, err := scanUpload(rows)
		if err != nil {
			return nil, translate(err, "uploads")
		}
		out = append(out, u)
	}
	return out, translate(rows.Err(), "uploads")
}

// Create implements upload.Store.
func (s *UploadStore) Create(ctx context.Context, u upload.Upload) error {
	row := uploadRowOf(u)
	return translate(s.db.gorm(ctx).Create(&row).Error, "upload")
}

// Read implements upload.Store.
func (s *UploadStore) Read(ctx context.Context, id string) (upload.Upload, error) {
	list, err := uploadsWhere(ctx, s.db, "u.id = $1", id)
	return only(list, err, "upload")
}

// Lock implements upload.Store.
func (s *UploadStore) Lock(ctx context.Context, id string) (upload.Upload, error) {
	list, err := uploadsWhere(ctx, s.db, "u.id = $1 FOR UPDATE OF u", id)
	return only(list, err, "upload")
}

// Save implements upload.Store.
func (s *UploadStore) Save(ctx context.Context, u upload.Upload) error {
	row := uploadRowOf(u)
	return translate(s.db.gorm(ctx).Model(&uploadRow{}).Where("id = ?", u.ID).Select("*").Updates(&row).Error, "upload")
}

// Progress implements upload.Store.
func (s *UploadStore) Progress(ctx context.Context, id string, in api.UploadProgress, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE uploads SET
		multipart_id = CASE WHEN multipart_id = '' THEN coalesce($2, multipart_id) ELSE multipart_id END,
		part_bytes = CASE WHEN part_bytes = 0 THEN coalesce($3, part_bytes) ELSE part_bytes END,
		done_bytes = greatest(done_bytes, least(coalesce($4, done_bytes), size_bytes)), state = 'uploading', updated_at = $5
		WHERE id = $1 AND state IN ('waiting', 'uploading') AND removed_at IS NULL`, id, in.MultipartID, in.PartBytes, in.DoneBytes, at)
	return translate(err, "upload")
}

// Totals implements upload.Store.
func (s *UploadStore) Totals(ctx context.Context, packID string) (upload.Totals, error) {
	var t upload.Totals
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT count(*) FILTER (WHERE purpose = 'sound'), count(*) FILTER (WHERE purpose <> 'archive'),
		coalesce(sum(size_bytes) FILTER (WHERE purpose <> 'archive'), 0)::bigint
		FROM uploads WHERE pack_id = $1 AND removed_at IS NULL AND NOT standby AND purpose IN ('sound', 'extra', 'archive')`, packID).
		Scan(&t.Sounds, &t.Files, &t.Bytes)
	return t, translate(err, "uploads")
}

// ByFingerprint implements upload.Store.
func (s *UploadStore) ByFingerprint(ctx context.Context, ownerID, packID, purpose string, prints []string) (map[string]upload.Upload, error) {
	list, err := uploadsWhere(ctx, s.db, `u.owner_id = $1 AND u.pack_id IS NOT DISTINCT FROM $2::uuid AND u.purpose = $3 AND u.fingerprint = ANY($4) AND u.removed_at IS NULL
		ORDER BY u.state IN ('waiting', 'uploading'), u.created_at`, ownerID, null(packID), purpose, prints)
	if err != nil {
		return nil, err
	}
	out := make(map[string]upload.Upload, len(list))
	for _, u := range list {
		out[u.Fingerprint] = u
	}
	return out, nil
}

// ByPath implements upload.Store.
func (s *UploadStore) ByPath(ctx context.Context, packID string, keys []string) (map[string]upload.Upload, error) {
	list, err := uploadsWhere(ctx, s.db, `u.pack_id = $1 AND u.path_key = ANY($2) AND u.removed_at IS NULL AND NOT u.standby AND u.purpose IN ('sound', 'extra', 'archive')`,
		packID, orEmpty(keys))
	if err != nil {
		return nil, err
	}
	out := make(map[string]upload.Upload, len(list))
	for _, u := range list {
		out[u.PathKey] = u
	}
	return out, nil
}

// LeaveOut implements upload.Store. At most 10,000 are counted for a pack.
func (s *UploadStore) LeaveOut(ctx context.Context, packID string, files map[string]string) error {
	if len(files) == 0 {
		return nil
	}
	paths, names := make([]string, 0, len(files)), make([]string, 0, len(files))
	for p, n := range files {
		paths, names = append(paths, p), append(names, n)
	}
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO pack_left_out (pack_id, path, name) SELECT $1::uuid, * FROM unnest($2::text[], $3::text[])
		WHERE (SELECT count(*) FROM pack_left_out WHERE pack_id = $1) < 10000 ON CONFLICT DO NOTHING`, packID, paths, names)
	return translate(err, "left out files")
}

// SetPicture implements upload.Store.
func (s *UploadStore) SetPicture(ctx context.Context, accountID, purpose, coverKey string, at time.Time) error {
	column := map[string]string{"avatar": "avatar_key", "banner": "banner_key"}[purpose]
	if column == "" {
		return fmt.Errorf("set picture: purpose %q", purpose)
	}
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE accounts SET "+column+" = $2, revision = revision + 1, updated_at = $3 WHERE id = $1", accountID, coverKey, at)
	return translate(err, "account")
}

// LatestCover implements upload.Store.
func (s *UploadStore) LatestCover(ctx context.Context, packID string) (string, error) {
	var cover string
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT picture FROM uploads WHERE pack_id = $1 AND purpose = 'cover' AND state = 'ready' AND removed_at IS NULL
		ORDER BY created_at DESC, id DESC LIMIT 1`, packID).Scan(&cover)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return cover, translate(err, "cover")
}

// Expired implements upload.Store.
func (s *UploadStore) Expired(ctx context.Context, e upload.Expiry, now time.Time, limit int) ([]api.ExpiredUpload, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id::text, object_key, CASE WHEN state IN ('waiting', 'uploading') THEN multipart_id ELSE '' END FROM uploads
		WHERE swept_at IS NULL AND (state <> 'checking' OR removed_at IS NOT NULL) AND (
			state = 'ready' AND updated_at < $1 OR (state = 'refused' OR removed_at IS NOT NULL) AND updated_at < $2
			OR state IN ('waiting', 'uploading') AND updated_at < $3)
		ORDER BY updated_at LIMIT $4`, now.Add(-e.Taken), now.Add(-e.Discarded), now.Add(-e.Abandoned), limit)
	if err != nil {
		return nil, translate(err, "uploads")
	}
	defer rows.Close()
	out := []api.ExpiredUpload{}
	for rows.Next() {
		var u api.ExpiredUpload
		if err := rows.Scan(&u.ID, &u.ObjectKey, &u.MultipartID); err != nil {
			return nil, translate(err, "uploads")
		}
		out = append(out, u)
	}
	return out, translate(rows.Err(), "uploads")
}

// references are all object keys that rows refer to. A query filters it by key.
const references = `
	SELECT object_key AS key FROM uploads WHERE swept_at IS NULL AND state IN ('checking', 'refused')
	UNION SELECT 'media/' || sha256 FROM sounds
	UNION SELECT 'media/' || media_sha256 FROM uploads WHERE media_sha256 IS NOT NULL
	UNION SELECT 'media/' || sha256 FROM edition_files
	UNION SELECT preview_key FROM sounds UNION SELECT peaks_key FROM sounds
	UNION SELECT preview_key FROM listing_sounds WHERE NOT removed UNION SELECT peaks_key FROM listing_sounds WHERE NOT removed
	UNION SELECT zip_key FROM editions WHERE zip_key IS NOT NULL
	UNION SELECT picture || '/' || size || '.webp' FROM (
		SELECT 'covers/' || picture AS picture FROM uploads WHERE picture IS NOT NULL
		UNION SELECT 'covers/' || drawn_cover FROM packs WHERE drawn_cover IS NOT NULL
		UNION SELECT 'covers/' || cover_sha256 FROM packs WHERE cover_sha256 IS NOT NULL
		UNION SELECT 'covers/' || cover_sha256 FROM listings WHERE cover_sha256 IS NOT NULL
		UNION SELECT avatar_key FROM accounts WHERE avatar_key <> ''
		UNION SELECT banner_key FROM accounts WHERE banner_key <> '') p, unnest(ARRAY['96', '320', '640']) size`

// Unreferenced implements upload.Store. What is still on its way counts as referenced.
func (s *UploadStore) Unreferenced(ctx context.Context, keys []string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT k FROM unnest($1::text[]) k WHERE NOT (
		CASE split_part(k, '/', 1)
		WHEN 'incoming' THEN EXISTS (SELECT 1 FROM uploads WHERE object_key = k AND swept_at IS NULL)
		WHEN 'media' THEN EXISTS (SELECT 1 FROM sounds WHERE sha256 = split_part(k, '/', 2)) OR EXISTS (SELECT 1 FROM uploads WHERE media_sha256 = split_part(k, '/', 2))
			OR EXISTS (SELECT 1 FROM edition_files WHERE sha256 = split_part(k, '/', 2))
		WHEN 'previews' THEN EXISTS (SELECT 1 FROM sounds WHERE preview_key = k) OR EXISTS (SELECT 1 FROM listing_sounds WHERE preview_key = k)
		WHEN 'peaks' THEN EXISTS (SELECT 1 FROM sounds WHERE peaks_key = k) OR EXISTS (SELECT 1 FROM listing_sounds WHERE peaks_key = k)
		WHEN 'covers' THEN EXISTS (SELECT 1 FROM uploads WHERE picture = split_part(k, '/', 2))
			OR EXISTS (SELECT 1 FROM packs WHERE drawn_cover = split_part(k, '/', 2) OR cover_sha256 = split_part(k, '/', 2))
			OR EXISTS (SELECT 1 FROM listings WHERE cover_sha256 = split_part(k, '/', 2))
			OR EXISTS (SELECT 1 FROM accounts WHERE split_part(k, '/', 1) || '/' || split_part(k, '/', 2) IN (avatar_key, banner_key))
		WHEN 'editions' THEN EXISTS (SELECT 1 FROM editions WHERE 'editions/' || id || '.zip' = k)
		ELSE false END)`, keys)
	if err != nil {
		return nil, translate(err, "objects")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "objects")
}

// Referenced implements upload.Store.
func (s *UploadStore) Referenced(ctx context.Context, after string, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT key FROM (`+references+`) r WHERE key COLLATE "C" > $1 ORDER BY key COLLATE "C" LIMIT $2`, after, limit)
	if err != nil {
		return nil, translate(err, "objects")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "objects")
}

// ReportMissing implements upload.Store.
func (s *UploadStore) ReportMissing(ctx context.Context, keys []string, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO missing_objects (key, reported_at) SELECT k, $2 FROM unnest($1::text[]) k
		ON CONFLICT (key) DO UPDATE SET reported_at = excluded.reported_at`, keys, at)
	return translate(err, "objects")
}

// Unanswered implements upload.Store.
func (s *UploadStore) Unanswered(ctx context.Context, before time.Time, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT u.id::text FROM uploads u WHERE u.state = 'checking' AND u.removed_at IS NULL AND NOT EXISTS (
			SELECT 1 FROM outbox o WHERE o.topic = 'uploads' AND o.key = u.id::text AND (o.sent_at IS NULL OR o.sent_at >= $1))
		ORDER BY u.updated_at LIMIT $2`, before, limit)
	if err != nil {
		return nil, translate(err, "uploads")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "uploads")
}

// Prune implements upload.Store.
func (s *UploadStore) Prune(ctx context.Context) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `DELETE FROM uploads u WHERE pack_id IS NULL AND swept_at IS NOT NULL AND purpose NOT IN ('avatar', 'banner')
		AND NOT EXISTS (SELECT 1 FROM sounds s WHERE s.upload_id = u.id)`)
	return translate(err, "uploads")
}
