package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/upload"
)

// MeasurementStore keeps sounds that are to be measured again.
type MeasurementStore struct{ db *DB }

// NewMeasurementStore returns an upload.Measurements over db.
func NewMeasurementStore(db *DB) *MeasurementStore { return &MeasurementStore{db} }

var _ upload.Measurements = (*MeasurementStore)(nil)

// chosen are the uploads that a request is about; it begins at the given parameter.
func chosen(in api.Reprocess, first int) (condition string, arg any) {
	switch {
	case in.PackID != "":
		return fmt.Sprintf("u.pack_id = $%d", first), in.PackID
	case in.UploadID != "":
		return fmt.Sprintf("u.id = $%d", first), in.UploadID
	}
	return fmt.Sprintf("s.feature_version < $%d", first), in.OlderThanAnalyzer
}

// Queue implements upload.Measurements.
func (s *MeasurementStore) Queue(ctx context.Context, in api.Reprocess, at time.Time) (int, error) {
	condition, arg := chosen(in, 2)
	tag, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO measurements AS m (upload_id, pack_id, created_at, updated_at)
		SELECT u.id, u.pack_id, $1, $1 FROM uploads u JOIN sounds s ON s.upload_id = u.id
		WHERE u.state = 'ready' AND u.removed_at IS NULL AND u.pack_id IS NOT NULL AND `+condition+` ORDER BY u.id
		ON CONFLICT (upload_id) DO UPDATE SET state = 'waiting', tries = 0, reason = '', detail = '', created_at = $1, updated_at = $1
			WHERE m.state IN ('measured', 'failed')`, at, arg)
	return int(tag.RowsAffected()), translate(err, "measurements")
}

// Crashed implements upload.Measurements. A file without facts was measured by no version.
func (s *MeasurementStore) Crashed(ctx context.Context, in api.Reprocess, limit int) ([]string, error) {
	if in.OlderThanAnalyzer != 0 {
		return nil, nil
	}
	condition, arg := chosen(in, 2)
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT u.id::text FROM uploads u LEFT JOIN sounds s ON s.upload_id = u.id
		WHERE u.state = 'refused' AND u.reason = 'analyzer_crashed' AND u.removed_at IS NULL AND u.swept_at IS NULL AND `+condition+`
		ORDER BY u.pack_id, u.id LIMIT $1`, limit, arg)
	if err != nil {
		return nil, translate(err, "uploads")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "uploads")
}

// measureLock is held by who asks for measurements, so that two do not fill the window twice.
const measureLock = 0x6d656173 // "meas"

// Take implements upload.Measurements.
func (s *MeasurementStore) Take(ctx context.Context, window int, at time.Time) ([]events.MeasurementRequestedV1, error) {
	var mine bool
	if err := s.db.pgx(ctx).QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", measureLock).Scan(&mine); err != nil || !mine {
		return nil, translate(err, "measurements")
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `WITH next AS (
			SELECT upload_id FROM measurements WHERE state = 'waiting' ORDER BY created_at, upload_id FOR UPDATE SKIP LOCKED
			LIMIT greatest(0, $1 - (SELECT count(*) FROM measurements WHERE state = 'asked'))),
		taken AS (
			UPDATE measurements m SET state = 'asked', attempt = attempt + 1, tries = 0, updated_at = $2 FROM next WHERE m.upload_id = next.upload_id
			RETURNING m.upload_id, m.pack_id, m.attempt)
		SELECT t.upload_id::text, t.pack_id::text, 'media/' || s.sha256, s.sha256, s.size_bytes, u.path, t.attempt
		FROM taken t JOIN uploads u ON u.id = t.upload_id JOIN sounds s ON s.upload_id = u.id ORDER BY t.upload_id`, window, at)
	if err != nil {
		return nil, translate(err, "measurements")
	}
	taken, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (events.MeasurementRequestedV1, error) {
		var m events.MeasurementRequestedV1
		return m, row.Scan(&m.UploadID, &m.PackID, &m.ObjectKey, &m.SHA256, &m.SizeBytes, &m.Path, &m.Attempt)
	})
	return taken, translate(err, "measurements")
}

// Overdue implements upload.Measurements.
func (s *MeasurementStore) Overdue(ctx context.Context, before, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE measurements SET state = 'waiting', updated_at = $2 WHERE state = 'asked' AND updated_at < $1", before, at)
	return translate(err, "measurements")
}

// LockMeasurement implements upload.Measurements.
func (s *MeasurementStore) LockMeasurement(ctx context.Context, uploadID string) (upload.Measurement, error) {
	m := upload.Measurement{UploadID: uploadID}
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT pack_id::text, state, attempt, tries, reason, detail, updated_at FROM measurements WHERE upload_id = $1 FOR UPDATE`, uploadID).
		Scan(&m.PackID, &m.State, &m.Attempt, &m.Tries, &m.Reason, &m.Detail, &m.UpdatedAt)
	return m, translate(err, "measurement")
}

// SaveMeasurement implements upload.Measurements.
func (s *MeasurementStore) SaveMeasurement(ctx context.Context, m upload.Measurement) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE measurements SET state = $2, tries = $3, reason = $4, detail = $5, updated_at = $6 WHERE upload_id = $1",
		m.UploadID, m.State, m.Tries, m.Reason, m.Detail, m.UpdatedAt)
	return translate(err, "measurement")
}

// Forget implements upload.Measurements.
func (s *MeasurementStore) Forget(ctx context.Context, uploadID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM measurements WHERE upload_id = $1", uploadID)
	return translate(err, "measurement")
}

// UnderWay implements upload.Measurements.
func (s *MeasurementStore) UnderWay(ctx context.Context, packID string) (bool, error) {
	var some bool
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM measurements WHERE pack_id = $1 AND state IN ('waiting', 'asked'))", packID).Scan(&some)
	return some, translate(err, "measurements")
}

// Settled implements upload.Measurements.
func (s *MeasurementStore) Settled(ctx context.Context, before time.Time, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT m.pack_id::text FROM measurements m WHERE m.state = 'measured'
			AND (m.updated_at < $1 OR NOT EXISTS (SELECT 1 FROM measurements o WHERE o.pack_id = m.pack_id AND o.state IN ('waiting', 'asked')))
		GROUP BY m.pack_id ORDER BY min(m.updated_at) LIMIT $2`, before, limit)
	if err != nil {
		return nil, translate(err, "measurements")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "measurements")
}

// ForgetMeasured implements upload.Measurements.
func (s *MeasurementStore) ForgetMeasured(ctx context.Context, packID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM measurements WHERE pack_id = $1 AND state = 'measured'", packID)
	return translate(err, "measurements")
}

// Dismiss implements upload.Measurements.
func (s *MeasurementStore) Dismiss(ctx context.Context, uploadID string, at *time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE uploads SET dismissed_at = $2 WHERE id = $1", uploadID, at)
	return translate(err, "upload")
}

// Progress implements upload.Measurements.
func (s *MeasurementStore) Progress(ctx context.Context) (api.Reprocessing, error) {
	out := api.Reprocessing{}
	err := s.db.Snapshot(ctx, func(ctx context.Context) error {
		q := s.db.pgx(ctx)
		if err := q.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'asked'), count(*) FILTER (WHERE state = 'failed')
			FROM measurements`).Scan(&out.Waiting, &out.Asked, &out.Failed); err != nil {
			return err
		}
		rows, err := q.Query(ctx, `SELECT m.upload_id::text, m.pack_id::text, u.path, m.reason, m.detail, m.updated_at FROM measurements m JOIN uploads u ON u.id = m.upload_id
			WHERE m.state = 'failed' ORDER BY m.updated_at DESC, m.upload_id LIMIT 50`)
		if err != nil {
			return err
		}
		if out.Failures, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.MeasureFailure, error) {
			var f api.MeasureFailure
			err := row.Scan(&f.UploadID, &f.PackID, &f.Path, &f.Reason, &f.Detail, &f.At)
			f.At = f.At.UTC()
			return f, err
		}); err != nil {
			return err
		}
		if rows, err = q.Query(ctx, `SELECT u.id::text, coalesce(u.pack_id::text, ''), coalesce(p.title, ''), u.path, u.size_bytes, u.swept_at IS NULL, u.attempt, u.reason, u.updated_at
			FROM uploads u LEFT JOIN packs p ON p.id = u.pack_id WHERE `+crashedFiles+` ORDER BY u.updated_at DESC, u.id LIMIT 50`); err != nil {
			return err
		}
		if out.Crashed, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.CrashedFile, error) {
			var f api.CrashedFile
			err := row.Scan(&f.UploadID, &f.PackID, &f.PackTitle, &f.Path, &f.SizeBytes, &f.Kept, &f.Attempts, &f.Reason, &f.At)
			f.At = f.At.UTC()
			return f, err
		}); err != nil {
			return err
		}
		if rows, err = q.Query(ctx, "SELECT feature_version, count(*) FROM sounds GROUP BY 1 ORDER BY 1"); err != nil {
			return err
		}
		out.Versions, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.AnalyzerVersion, error) {
			var v api.AnalyzerVersion
			return v, row.Scan(&v.Version, &v.Sounds)
		})
		return err
	})
	out.Failures, out.Crashed, out.Versions = orEmpty(out.Failures), orEmpty(out.Crashed), orEmpty(out.Versions)
	return out, translate(err, "measurements")
}
