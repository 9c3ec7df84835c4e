package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
)

// Published implements catalog.Store.
func (s *PackStore) Published(ctx context.Context, packID string) (catalog.Published, error) {
	var p catalog.Published
	var listing []byte
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT listing, revision, gone, extended_price, exclusive_price, suggested_price FROM listings WHERE pack_id = $1", packID).
		Scan(&listing, &p.Revision, &p.Gone, &p.Tiers.Extended, &p.Tiers.Exclusive, &p.Tiers.Suggested)
	if err != nil {
		return p, translate(err, "listing")
	}
	if err := decodeJSON(listing, &p.Listing, "listing"); err != nil {
		return p, err
	}
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT facts FROM listing_sounds WHERE pack_id = $1 AND NOT removed ORDER BY position", packID)
	if err != nil {
		return p, translate(err, "listing")
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		var facts catalog.SoundFactsJSON
		if err := rows.Scan(&raw); err != nil {
			return p, translate(err, "listing")
		}
		if err := decodeJSON(raw, &facts, "sound"); err != nil {
			return p, err
		}
		p.Sounds = append(p.Sounds, facts.PublishedSound)
	}
	if err := rows.Err(); err != nil {
		return p, translate(err, "listing")
	}
	if len(p.Sounds) != len(p.Listing.Sounds) {
		return p, fmt.Errorf("read listing of pack %s: %d sounds, %d rows", packID, len(p.Listing.Sounds), len(p.Sounds))
	}
	return p, nil
}

// SavePublished implements catalog.Store. Everything that pages and lists show is rendered here, once for each change.
func (s *PackStore) SavePublished(ctx context.Context, p catalog.Published) error {
	l := &p.Listing
	state := api.PackLive
	if p.Gone != "" {
		state = api.PackState(p.Gone)
	}
	card, err := json.Marshal(p.Card())
	if err != nil {
		return fmt.Errorf("encode card: %w", err)
	}
	page, err := json.Marshal(p.Page(state))
	if err != nil {
		return fmt.Errorf("encode page: %w", err)
	}
	listing, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode listing: %w", err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO listings (pack_id, listed, gone, revision, producer_id, slug, title, genre, tags, currency, price, licence, cover_sha256, edition_id, edition,
		size_bytes, sounds, popularity, bought, demo, published_at, updated_at, card, page, listing, extended_price, exclusive_price, suggested_price)
		VALUES ($1, $2 = '', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
		ON CONFLICT (pack_id) DO UPDATE SET listed = excluded.listed, gone = excluded.gone, revision = excluded.revision, slug = excluded.slug, title = excluded.title,
		genre = excluded.genre, tags = excluded.tags, currency = excluded.currency, price = excluded.price, licence = excluded.licence, cover_sha256 = excluded.cover_sha256,
		edition_id = excluded.edition_id, edition = excluded.edition, size_bytes = excluded.size_bytes, sounds = excluded.sounds, popularity = excluded.popularity,
		bought = excluded.bought, demo = excluded.demo, published_at = excluded.published_at, updated_at = excluded.updated_at, card = excluded.card,
		page = excluded.page, listing = excluded.listing, extended_price = excluded.extended_price, exclusive_price = excluded.exclusive_price,
		suggested_price = excluded.suggested_price`,
		l.ID, p.Gone, p.Revision, l.Producer.ID, l.Slug, l.Title, l.Genre, orEmpty(l.Tags), l.Price.Currency, l.Price.Amount, l.Licence,
		null(strings.TrimPrefix(l.CoverKey, "covers/")), l.EditionID, l.Edition, l.SizeBytes, len(l.Sounds), l.Popularity, l.Bought, l.Demo, l.PublishedAt, l.UpdatedAt,
		card, page, listing, p.Tiers.Extended, p.Tiers.Exclusive, p.Tiers.Suggested)
	ids := make([]string, len(l.Sounds))
	for i := range l.Sounds {
		ids[i] = l.Sounds[i].ID
	}
	batch.Queue("UPDATE listing_sounds SET removed = true WHERE pack_id = $1 AND NOT removed AND sound_id <> ALL($2::uuid[])", l.ID, ids)
	for i := range l.Sounds {
		v := &l.Sounds[i]
		row, err := json.Marshal(p.Row(i))
		if err != nil {
			return fmt.Errorf("encode row: %w", err)
		}
		facts, err := json.Marshal(p.Facts(i))
		if err != nil {
			return fmt.Errorf("encode facts: %w", err)
		}
		var price *int64
		if v.Price != nil {
			price = &v.Price.Amount
		}
		batch.Queue(`INSERT INTO listing_sounds (sound_id, pack_id, position, removed, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts,
				extended_price, exclusive_price)
			VALUES ($1, $2, $3, false, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
			ON CONFLICT (sound_id) DO UPDATE SET position = excluded.position, removed = false, name = excluded.name, folder = excluded.folder, sha256 = excluded.sha256,
			size_bytes = excluded.size_bytes, price = excluded.price, preview_key = excluded.preview_key, peaks_key = excluded.peaks_key, tags = excluded.tags,
			row = excluded.row, facts = excluded.facts, extended_price = excluded.extended_price, exclusive_price = excluded.exclusive_price`,
			v.ID, l.ID, i, v.Name, v.Folder, v.SHA256, v.SizeBytes, price, v.PreviewKey, p.Sounds[i].PeaksKey, orEmpty(v.Tags), row, facts,
			p.Sounds[i].Tiers.Extended, p.Sounds[i].Tiers.Exclusive)
	}
	return s.batch(ctx, batch, "listing")
}

// Delist implements catalog.Store.
func (s *PackStore) Delist(ctx context.Context, packID, gone string, revision int64, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE listings SET listed = false, gone = $2, revision = $3, updated_at = $4 WHERE pack_id = $1", packID, gone, revision, at)
	return translate(err, "listing")
}

// EverPublished implements catalog.Store.
func (s *PackStore) EverPublished(ctx context.Context, packID string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT sound_id::text FROM listing_sounds WHERE pack_id = $1
		UNION SELECT sound_id::text FROM stray_sounds WHERE pack_id = $1 ORDER BY 1`, packID)
	if err != nil {
		return nil, translate(err, "sounds")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "sounds")
}

// SoldHashes implements catalog.Store.
func (s *PackStore) SoldHashes(ctx context.Context, hashes []string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT DISTINCT f.sha256 FROM entitlements x
		JOIN edition_files f ON f.edition_id = x.edition_id AND f.kind = 'sound' AND (x.kind = 'pack' OR x.sound_id = f.sound_id)
		WHERE x.tier = 'exclusive' AND x.ended_at IS NULL AND f.sha256 = ANY ($1::text[])`, hashes)
	if err != nil {
		return nil, translate(err, "entitlements")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "entitlements")
}

// Bury implements catalog.Store.
func (s *PackStore) Bury(ctx context.Context, packID string, revision int64, sounds []string, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO deleted_packs (pack_id, revision, sound_ids, deleted_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (pack_id) DO UPDATE SET revision = excluded.revision, sound_ids = excluded.sound_ids`, packID, revision, orEmpty(sounds), at)
	return translate(err, "deleted pack")
}

// Buried implements catalog.Store.
func (s *PackStore) Buried(ctx context.Context, packID string) (revision int64, sounds []string, ok bool, err error) {
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT revision, sound_ids::text[] FROM deleted_packs WHERE pack_id = $1 FOR UPDATE", packID).Scan(&revision, &sounds)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil, false, nil
	}
	return revision, sounds, err == nil, translate(err, "deleted pack")
}

// Score implements catalog.Store.
func (s *PackStore) Score(ctx context.Context, packID string) (catalog.Score, error) {
	var score catalog.Score
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT score, score > -1e300, bought FROM pack_scores WHERE pack_id = $1", packID).Scan(&score.Value, &score.Some, &score.Bought)
	if errors.Is(err, pgx.ErrNoRows) {
		return score, nil
	}
	return score, translate(err, "score")
}

// addWeight adds the logarithmic weight in $2 to a score: log2(2^a + 2^b) = max + log2(1 + 2^-|a-b|).
const addWeight = `greatest(s.score, excluded.score) + CASE WHEN abs(s.score - excluded.score) > 60 THEN 0
	ELSE ln(1 + power(2::float8, -abs(s.score - excluded.score))) / ln(2::float8) END`

// AddWeights implements catalog.Store. Packs are taken in the order of their ids, so that two calls never wait for each other.
func (s *PackStore) AddWeights(ctx context.Context, acts []catalog.Weight, at time.Time) error {
	ids, weights, plays := make([]string, len(acts)), make([]float64, len(acts)), make([]int64, len(acts))
	for i, a := range acts {
		ids[i], weights[i], plays[i] = a.PackID, a.Weight, a.Plays
	}
	return s.db.WithinTx(ctx, func(ctx context.Context) error {
		_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO pack_scores AS s (pack_id, score, updated_at)
			SELECT a.id, ln(a.weight) / ln(2::float8) + $3, $4 FROM unnest($1::uuid[], $2::float8[]) a (id, weight) JOIN packs p ON p.id = a.id ORDER BY a.id
			ON CONFLICT (pack_id) DO UPDATE SET score = `+addWeight+`, updated_at = excluded.updated_at`, ids, weights, catalog.Exponent(at), at)
		if err != nil {
			return translate(err, "scores")
		}
		_, err = s.db.pgx(ctx).Exec(ctx, `INSERT INTO pack_plays AS y (pack_id, day, plays)
			SELECT a.id, $3::timestamptz::date, a.plays FROM unnest($1::uuid[], $2::bigint[]) a (id, plays) JOIN packs p ON p.id = a.id WHERE a.plays > 0 ORDER BY a.id
			ON CONFLICT (pack_id, day) DO UPDATE SET plays = y.plays + excluded.plays`, ids, plays, at)
		return translate(err, "plays")
	})
}

// CountPurchases implements catalog.Store.
func (s *PackStore) CountPurchases(ctx context.Context, weight float64, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO pack_scores AS s (pack_id, score, bought, updated_at)
		SELECT e.pack_id, ln($1 * (e.n - coalesce(o.bought, 0))) / ln(2::float8) + $2, e.n, $3
		FROM (SELECT x.pack_id, count(*) AS n FROM entitlements x JOIN packs p ON p.id = x.pack_id WHERE (p.demo OR NOT x.demo)
			AND x.pack_id IN (SELECT pack_id FROM entitlements WHERE created_at > $3::timestamptz - interval '2 days') GROUP BY x.pack_id) e
		LEFT JOIN pack_scores o ON o.pack_id = e.pack_id WHERE e.n > coalesce(o.bought, 0) ORDER BY e.pack_id
		ON CONFLICT (pack_id) DO UPDATE SET score = `+addWeight+`, bought = excluded.bought, updated_at = excluded.updated_at`, weight, catalog.Exponent(at), at)
	return translate(err, "scores")
}

// DueScores implements catalog.Store.
func (s *PackStore) DueScores(ctx context.Context, quietSince time.Time, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT s.pack_id::text FROM pack_scores s JOIN listings l ON l.pack_id = s.pack_id AND l.listed
		WHERE greatest(0, floor(s.score * 4) / 4) <> s.published AND s.published_at < $1 ORDER BY s.published_at LIMIT $2`, quietSince, limit)
	if err != nil {
		return nil, translate(err, "scores")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "scores")
}

// ScorePublished implements catalog.Store.
func (s *PackStore) ScorePublished(ctx context.Context, packID string, score float64, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE pack_scores SET published = $2, published_at = $3 WHERE pack_id = $1", packID, score, at)
	return translate(err, "score")
}

// PublishedIDs implements catalog.Store.
func (s *PackStore) PublishedIDs(ctx context.Context, after string, limit int) ([]string, error) {
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id::text FROM (SELECT pack_id AS id FROM listings UNION ALL SELECT pack_id FROM deleted_packs) x
		WHERE id > $1::uuid ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, translate(err, "listings")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "listings")
}

// PublishedBy implements catalog.Store.
func (s *PackStore) PublishedBy(ctx context.Context, producerID string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT pack_id::text FROM listings WHERE producer_id = $1 ORDER BY pack_id", producerID)
	if err != nil {
		return nil, translate(err, "listings")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "listings")
}
