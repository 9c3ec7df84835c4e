package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/packpath"
)

const soundColumns = `s.id::text, s.pack_id::text, s.upload_id::text, u.path, s.sha256, s.audio_sha256, s.size_bytes, s.format, s.sample_rate, s.channels, s.bit_depth,
	s.frames, s.loudness, s.true_peak, s.waveform, s.peaks_key, s.preview_key, s.measured_type, s.type_confidence::float8, s.measured_key,
	s.key_confidence::float8, s.measured_tempo, s.tempo_confidence::float8, s.hints, s.features, s.feature_version, s.analyzer, s.stated_type, s.stated_key,
	s.stated_tempo, s.instrument, s.tags, s.price_set, s.price, s.keep_twin, s.created_at`

func scanSound(row pgx.Row) (catalog.Sound, error) {
	var s catalog.Sound
	f := &s.Facts
	var hints, features []byte
	err := row.Scan(&s.ID, &s.PackID, &s.UploadID, &s.Path, &f.SHA256, &f.AudioSHA256, &f.SizeBytes, &f.Format, &f.SampleRateHz, &f.Channels, &f.BitDepth,
		&f.Frames, &f.LoudnessLUFS, &f.TruePeakDBTP, &f.Waveform, &f.PeaksKey, &f.PreviewKey, &f.Type.Value, &f.Type.Confidence, &f.Key.Value,
		&f.Key.Confidence, &f.Tempo.BPM, &f.Tempo.Confidence, &hints, &features, &f.FeatureVersion, &f.Analyzer, &s.Stated.Type, &s.Stated.Key,
		&s.Stated.TempoBPM, &s.Instrument, &s.Tags, &s.PriceSet, &s.Price, &s.KeepTwin, &s.CreatedAt)
	if err != nil {
		return s, err
	}
	s.CreatedAt = s.CreatedAt.UTC()
	if err := decodeJSON(hints, &f.Hints, "hints"); err != nil {
		return s, err
	}
	return s, decodeJSON(features, &f.Features, "features")
}

// Sounds implements catalog.Store.
func (s *PackStore) Sounds(ctx context.Context, packID string) ([]catalog.Sound, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT "+soundColumns+` FROM sounds s JOIN uploads u ON u.id = s.upload_id
		WHERE s.pack_id = $1 AND u.removed_at IS NULL AND u.state = 'ready' ORDER BY u.path COLLATE "C"`, packID)
	if err != nil {
		return nil, translate(err, "sounds")
	}
	defer rows.Close()
	out := []catalog.Sound{}
	for rows.Next() {
		sound, err := scanSound(rows)
		if err != nil {
			return nil, translate(err, "sounds")
		}
		out = append(out, sound)
	}
	return out, translate(rows.Err(), "sounds")
}

// SaveSounds implements catalog.Store: what a producer can edit, and the path.
func (s *PackStore) SaveSounds(ctx context.Context, sounds []catalog.Sound) error {
	if len(sounds) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	// Names may be swapped among each other: all leave their place before any takes a new one.
	for i := range sounds {
		batch.Queue("UPDATE uploads SET path_key = '/moving/' || id WHERE id = $1 AND path <> $2", sounds[i].UploadID, sounds[i].Path)
	}
	for i := range sounds {
		v := &sounds[i]
		batch.Queue("UPDATE uploads SET path = $2, path_key = $3 WHERE id = $1 AND path <> $2", v.UploadID, v.Path, packpath.Fold(v.Path))
		batch.Queue(`UPDATE sounds SET stated_type = $2, stated_key = $3, stated_tempo = $4, instrument = $5, tags = $6, price_set = $7, price = $8, keep_twin = $9
			WHERE id = $1`, v.ID, v.Stated.Type, v.Stated.Key, v.Stated.TempoBPM, v.Instrument, orEmpty(v.Tags), v.PriceSet, v.Price, v.KeepTwin)
	}
	return s.batch(ctx, batch, "sounds")
}

func (s *PackStore) batch(ctx context.Context, batch *pgx.Batch, what string) error {
	t, ok := s.db.Tx(ctx)
	if !ok {
		return fmt.Errorf("save %s: there is no transaction", what)
	}
	return translate(t.SendBatch(ctx, batch).Close(), what)
}

// RemoveUploads implements catalog.Store.
func (s *PackStore) RemoveUploads(ctx context.Context, ids []string, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE uploads SET removed_at = $2, updated_at = $2 WHERE id = ANY($1::uuid[]) AND removed_at IS NULL", ids, at)
	return translate(err, "uploads")
}

// SaveSound implements upload.Store.
func (s *UploadStore) SaveSound(ctx context.Context, v catalog.Sound) error {
	f := &v.Facts
	hints, err := json.Marshal(orEmpty(f.Hints))
	if err != nil {
		return fmt.Errorf("encode hints: %w", err)
	}
	features, err := json.Marshal(orEmpty(f.Features))
	if err != nil {
		return fmt.Errorf("encode features: %w", err)
	}
	key, _ := catalog.ParseKey(f.Key.Value)
	_, err = s.db.pgx(ctx).Exec(ctx, `INSERT INTO sounds (id, pack_id, upload_id, sha256, audio_sha256, size_bytes, format, sample_rate, channels, bit_depth, frames,
		loudness, true_peak, waveform, peaks_key, preview_key, measured_type, type_confidence, measured_key, key_confidence, measured_tempo, tempo_confidence,
		hints, features, feature_version, analyzer, stated_type, stated_key, stated_tempo, instrument, tags, price_set, price, keep_twin, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)
		ON CONFLICT (upload_id) DO UPDATE SET sha256 = excluded.sha256, audio_sha256 = excluded.audio_sha256, size_bytes = excluded.size_bytes, format = excluded.format,
		sample_rate = excluded.sample_rate, channels = excluded.channels, bit_depth = excluded.bit_depth, frames = excluded.frames, loudness = excluded.loudness,
		true_peak = excluded.true_peak, waveform = excluded.waveform, peaks_key = excluded.peaks_key, preview_key = excluded.preview_key,
		measured_type = excluded.measured_type, type_confidence = excluded.type_confidence, measured_key = excluded.measured_key,
		key_confidence = excluded.key_confidence, measured_tempo = excluded.measured_tempo, tempo_confidence = excluded.tempo_confidence, hints = excluded.hints,
		features = excluded.features, feature_version = excluded.feature_version, analyzer = excluded.analyzer`,
		v.ID, v.PackID, v.UploadID, f.SHA256, f.AudioSHA256, f.SizeBytes, f.Format, f.SampleRateHz, f.Channels, f.BitDepth, f.Frames, f.LoudnessLUFS, f.TruePeakDBTP,
		f.Waveform, f.PeaksKey, f.PreviewKey, f.Type.Value, f.Type.Confidence, key, f.Key.Confidence, f.Tempo.BPM, f.Tempo.Confidence, string(hints),
		string(features), f.FeatureVersion, f.Analyzer, v.Stated.Type, v.Stated.Key, v.Stated.TempoBPM, v.Instrument, orEmpty(v.Tags), v.PriceSet, v.Price, v.KeepTwin,
		v.CreatedAt)
	return translate(err, "sound")
}

// SoundOf implements upload.Store.
func (s *UploadStore) SoundOf(ctx context.Context, uploadID string) (catalog.Sound, error) {
	sound, err := scanSound(s.db.pgx(ctx).QueryRow(ctx, "SELECT "+soundColumns+" FROM sounds s JOIN uploads u ON u.id = s.upload_id WHERE s.upload_id = $1", uploadID))
	return sound, translate(err, "sound")
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// FilesComing implements catalog.Store.
func (s *PackStore) FilesComing(ctx context.Context, packID string) (bool, error) {
	var coming bool
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM uploads WHERE pack_id = $1 AND removed_at IS NULL
		AND state IN ('waiting', 'uploading', 'checking'))`, packID).Scan(&coming)
	return coming, translate(err, "uploads")
}

// Uploads implements catalog.Store.
func (s *PackStore) Uploads(ctx context.Context, packID string, removed bool) ([]api.Upload, error) {
	condition := "u.pack_id = $1 AND u.removed_at IS NULL"
	if removed {
		condition = "u.pack_id = $1"
	}
	rows, err := uploadsWhere(ctx, s.db, condition+` ORDER BY u.path COLLATE "C", u.id`, packID)
	if err != nil {
		return nil, err
	}
	out := make([]api.Upload, 0, len(rows))
	for i := range rows {
		v := rows[i].View()
		if p := packpath.Portable(v.Path); p != v.Path {
			v.ZipPath = p
		}
		out = append(out, v)
	}
	return out, nil
}
