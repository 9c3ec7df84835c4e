package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// CatalogueStore answers what buyers read.
type CatalogueStore struct{ db *DB }

// NewCatalogueStore returns a catalog.Reader over db.
func NewCatalogueStore(db *DB) *CatalogueStore { return &CatalogueStore{db} }

var _ catalog.Reader = (*CatalogueStore)(nil)

// Page implements catalog.Reader: one row by slug or id, the former slugs only when that finds nothing.
func (s *CatalogueStore) Page(ctx context.Context, ref string) (catalog.Page, error) {
	var p catalog.Page
	column := "slug"
	if tx.ValidID(ref) {
		column = "pack_id"
	}
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT pack_id::text, gone, revision, page FROM listings WHERE "+column+" = $1 ORDER BY listed DESC LIMIT 1", ref).
		Scan(&p.PackID, &p.Gone, &p.Revision, &p.Body)
	if !errors.Is(err, pgx.ErrNoRows) || column == "pack_id" {
		return p, translate(err, "pack")
	}
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT l.slug FROM pack_slugs o JOIN listings l ON l.pack_id = o.pack_id WHERE o.slug = $1 AND l.slug <> $1", ref).Scan(&p.Moved)
	return p, translate(err, "pack")
}

// Gone implements catalog.Reader.
func (s *CatalogueStore) Gone(ctx context.Context, ref string) (api.GonePack, error) {
	var g api.GonePack
	column := "l.slug"
	if tx.ValidID(ref) {
		column = "l.pack_id"
	}
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT l.pack_id::text, l.slug, l.title, l.genre, l.gone, a.id::text, a.handle, a.name,
			EXISTS (SELECT 1 FROM entitlements e WHERE e.pack_id = l.pack_id AND e.kind = 'pack' AND e.tier = 'exclusive' AND e.ended_at IS NULL)
		FROM listings l JOIN accounts a ON a.id = l.producer_id WHERE NOT l.listed AND `+column+" = $1 LIMIT 1", ref).
		Scan(&g.ID, &g.Slug, &g.Title, &g.Genre, &g.Gone, &g.Producer.ID, &g.Producer.Handle, &g.Producer.Name, &g.SoldOnce)
	return g, translate(err, "pack")
}

// conditions collects the WHERE of a list and its numbered arguments.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) add(part string, args ...any) {
	for range args {
		part = strings.Replace(part, "?", fmt.Sprintf("$%d", len(c.args)+1), 1)
		c.args = append(c.args, args[0])
		args = args[1:]
	}
	c.parts = append(c.parts, part)
}

func (c *conditions) where() string { return strings.Join(c.parts, " AND ") }

// packFilter is what lists of packs and of sounds filter packs by.
func packFilter(c *conditions, genre, tag, producer string, among []string) {
	c.add("l.listed")
	if genre != "" {
		c.add("l.genre = ?", genre)
	}
	if tag != "" {
		c.add("l.tags @> ARRAY[?]::text[]", tag)
	}
	if producer != "" {
		c.add("l.producer_id = ?", producer)
	}
	if len(among) > 0 {
		c.add("l.producer_id = ANY(?::uuid[])", among)
	}
}

// Packs implements catalog.Reader.
func (s *CatalogueStore) Packs(ctx context.Context, q api.PackQuery, after *catalog.ListCursor) ([]api.PackCard, error) {
	var c conditions
	packFilter(&c, q.Genre, q.Tag, q.Producer, q.Among)
	if q.Free {
		c.add("l.price = 0")
	}
	order := "l.published_at DESC, l.pack_id DESC"
	if q.Sort == "popular" {
		order = "l.popularity DESC, l.pack_id DESC"
		if after != nil {
			c.add("(l.popularity, l.pack_id) < (?, ?::uuid)", after.Score, after.ID)
		}
	} else if after != nil {
		c.add("(l.published_at, l.pack_id) < (?, ?::uuid)", after.At, after.ID)
	}
	return s.cards(ctx, "SELECT l.card, '' FROM listings l WHERE "+c.where()+fmt.Sprintf(" ORDER BY %s LIMIT %d", order, q.Limit), c.args...)
}

func (s *CatalogueStore) cards(ctx context.Context, sql string, args ...any) ([]api.PackCard, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err, "packs")
	}
	defer rows.Close()
	out := []api.PackCard{}
	for rows.Next() {
		var raw []byte
		var gone string
		if err := rows.Scan(&raw, &gone); err != nil {
			return nil, translate(err, "packs")
		}
		var card api.PackCard
		if err := decodeJSON(raw, &card, "card"); err != nil {
			return nil, err
		}
		if card.Gone = gone; gone != "" && card.Demo != nil {
			card.Demo.Gone = gone
		}
		out = append(out, card)
	}
	return out, translate(rows.Err(), "packs")
}

// PacksByID implements catalog.Reader.
func (s *CatalogueStore) PacksByID(ctx context.Context, ids []string) ([]api.PackCard, error) {
	return s.cards(ctx, `SELECT l.card, l.gone FROM unnest($1::uuid[]) WITH ORDINALITY w (id, n) JOIN listings l ON l.pack_id = w.id ORDER BY w.n`, ids)
}

// SoundsByID implements catalog.Reader.
func (s *CatalogueStore) SoundsByID(ctx context.Context, ids []string) ([]api.SoundRow, error) {
	return s.soundRows(ctx, `SELECT s.row, CASE WHEN l.gone <> '' THEN l.gone WHEN s.removed THEN 'removed' ELSE '' END
		FROM unnest($1::uuid[]) WITH ORDINALITY w (id, n) JOIN listing_sounds s ON s.sound_id = w.id JOIN listings l ON l.pack_id = s.pack_id ORDER BY w.n`, ids)
}

func (s *CatalogueStore) soundRows(ctx context.Context, sql string, args ...any) ([]api.SoundRow, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err, "sounds")
	}
	defer rows.Close()
	out := []api.SoundRow{}
	for rows.Next() {
		row, err := scanSoundRow(rows)
		if err != nil {
			return nil, translate(err, "sounds")
		}
		out = append(out, row)
	}
	return out, translate(rows.Err(), "sounds")
}

func scanSoundRow(rows pgx.Rows, more ...any) (api.SoundRow, error) {
	var raw []byte
	var gone string
	if err := rows.Scan(append([]any{&raw, &gone}, more...)...); err != nil {
		return api.SoundRow{}, err
	}
	var row api.SoundRow
	if err := decodeJSON(raw, &row, "sound"); err != nil {
		return row, err
	}
	row.Gone = gone
	return row, nil
}

// Sounds implements catalog.Reader. Lists go from pack to pack in the order asked for and through each by position; with
// PerPack the demo of a pack comes first.
func (s *CatalogueStore) Sounds(ctx context.Context, q api.SoundQuery, after *catalog.SoundCursor) ([]api.SoundRow, *catalog.SoundCursor, error) {
	var c conditions
	packTag := q.Tag
	if q.Tag != "" {
		c.add("(l.tags @> ARRAY[?]::text[] OR s.tags @> ARRAY[?]::text[])", q.Tag, q.Tag)
		packTag = ""
	}
	packFilter(&c, q.Genre, packTag, q.Producer, nil)
	c.add("NOT s.removed")
	if q.Free {
		c.add("(s.price = 0 OR s.price IS NULL AND l.price = 0)")
	}
	order, key := "l.popularity DESC, l.pack_id DESC", "l.popularity"
	if q.Sort == "newest" {
		order, key = "l.published_at DESC, l.pack_id DESC", "l.published_at"
	}
	if q.PerPack > 0 {
		rows, err := s.soundRows(ctx, fmt.Sprintf(`SELECT row, '' FROM (
			SELECT s.row, l.popularity, l.published_at, l.pack_id, s.position, row_number() OVER (PARTITION BY l.pack_id
				ORDER BY (convert_from(l.card, 'UTF8')::json #>> '{demo,id}') = s.sound_id::text DESC NULLS LAST, s.position) AS n
			FROM (SELECT * FROM listings l WHERE l.listed ORDER BY %s LIMIT %d) l JOIN listing_sounds s ON s.pack_id = l.pack_id WHERE %s) l
			WHERE n <= %d ORDER BY %s, n LIMIT %d`, order, 20*q.Limit, c.where(), q.PerPack, order, q.Limit), c.args...)
		return rows, nil, err
	}
	if after != nil {
		var at any = after.Score
		if q.Sort == "newest" {
			at = after.At
		}
		c.add("(("+key+", l.pack_id) < (?, ?::uuid) OR l.pack_id = ?::uuid AND s.position > ?)", at, after.ID, after.ID, after.Position)
	}
	rows, err := s.db.pgx(ctx).Query(ctx, fmt.Sprintf(`SELECT s.row, '', l.published_at, l.popularity, l.pack_id::text, s.position
		FROM listings l JOIN listing_sounds s ON s.pack_id = l.pack_id WHERE %s ORDER BY %s, s.position LIMIT %d`, c.where(), order, q.Limit+1), c.args...)
	if err != nil {
		return nil, nil, translate(err, "sounds")
	}
	defer rows.Close()
	out := []api.SoundRow{}
	var last, next *catalog.SoundCursor
	for rows.Next() {
		var at catalog.SoundCursor
		row, err := scanSoundRow(rows, &at.At, &at.Score, &at.ID, &at.Position)
		if err != nil {
			return nil, nil, translate(err, "sounds")
		}
		if len(out) == q.Limit {
			next = last
			continue
		}
		out, last = append(out, row), &at
	}
	return out, next, translate(rows.Err(), "sounds")
}

// Sound implements catalog.Reader.
func (s *CatalogueStore) Sound(ctx context.Context, id string) (api.SoundPage, error) {
	var page api.SoundPage
	var row, facts, card []byte
	var gone string
	var removed bool
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT s.row, s.facts, s.removed, l.card, l.gone, l.licence FROM listing_sounds s JOIN listings l ON l.pack_id = s.pack_id
		WHERE s.sound_id = $1`, id).Scan(&row, &facts, &removed, &card, &gone, &page.Licence)
	if err != nil {
		return page, translate(err, "sound")
	}
	if gone == "" && removed {
		gone = "removed"
	}
	if gone != "" {
		var once bool
		if err := s.db.pgx(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM entitlements e JOIN listing_sounds s ON s.pack_id = e.pack_id
			WHERE s.sound_id = $1 AND (e.kind = 'pack' OR e.sound_id = s.sound_id) AND e.tier = 'exclusive' AND e.ended_at IS NULL)`, id).Scan(&once); err != nil {
			return page, translate(err, "sound")
		}
		if once {
			gone = "sold_exclusively"
		}
		return page, errs.New(errs.CodeGone, gone, "This sound is not offered any more.")
	}
	var f catalog.SoundFactsJSON
	for _, d := range []struct {
		raw  []byte
		into any
	}{{row, &page.Row}, {facts, &f}, {card, &page.Pack}} {
		if err := decodeJSON(d.raw, d.into, "sound"); err != nil {
			return page, err
		}
	}
	page.Tiers = f.Tiers.Offered(page.Row.Price)
	page.Format, page.SampleRateHz, page.Channels, page.BitDepth, page.Frames = f.Format, f.SampleRateHz, f.Channels, f.BitDepth, f.Frames
	page.SizeBytes, page.SHA256, page.PeaksKey, page.KeyFrom, page.TempoFrom = f.SizeBytes, f.SHA256, f.PeaksKey, f.KeyFrom, f.TempoFrom
	return page, nil
}

// Preview implements catalog.Reader: what is on sale before the working copy.
func (s *CatalogueStore) Preview(ctx context.Context, soundID string) (catalog.Preview, error) {
	var p catalog.Preview
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT id, pack_id, preview_key, peaks_key, producer_id, gone FROM (
		SELECT s.sound_id::text AS id, s.pack_id::text AS pack_id, s.preview_key, s.peaks_key, l.producer_id::text AS producer_id,
			CASE WHEN l.gone <> '' THEN l.gone WHEN s.removed THEN 'removed' ELSE '' END AS gone, 1 AS n
		FROM listing_sounds s JOIN listings l ON l.pack_id = s.pack_id WHERE s.sound_id = $1
		UNION ALL SELECT s.id::text, s.pack_id::text, s.preview_key, s.peaks_key, p.producer_id::text, 'draft', 2 FROM sounds s JOIN packs p ON p.id = s.pack_id WHERE s.id = $1) x
		ORDER BY n LIMIT 1`, soundID).Scan(&p.SoundID, &p.PackID, &p.PreviewKey, &p.PeaksKey, &p.ProducerID, &p.Gone)
	p.Listed = p.Gone == ""
	return p, translate(err, "sound")
}

// GenreCounts implements catalog.Reader.
func (s *CatalogueStore) GenreCounts(ctx context.Context) (map[string]int, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT genre, count(*) FROM listings WHERE listed GROUP BY genre")
	if err != nil {
		return nil, translate(err, "genres")
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var genre string
		var n int
		if err := rows.Scan(&genre, &n); err != nil {
			return nil, translate(err, "genres")
		}
		out[genre] = n
	}
	return out, translate(rows.Err(), "genres")
}

// Tags implements catalog.Reader.
func (s *CatalogueStore) Tags(ctx context.Context, limit int) ([]api.TagCount, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT tag, count(*) FROM listings, unnest(tags) tag WHERE listed GROUP BY tag ORDER BY count(*) DESC, tag LIMIT $1", limit)
	if err != nil {
		return nil, translate(err, "tags")
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.TagCount])
	return orEmpty(list), translate(err, "tags")
}

// Totals implements catalog.Reader.
func (s *CatalogueStore) Totals(ctx context.Context) (api.PackTotals, error) {
	var t api.PackTotals
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT count(*), coalesce(sum(sounds), 0)::bigint, count(DISTINCT producer_id), count(*) FILTER (WHERE price = 0)
		FROM listings WHERE listed`).Scan(&t.Packs, &t.Sounds, &t.Producers, &t.FreePacks)
	return t, translate(err, "totals")
}

// ProducerTotals implements catalog.Reader.
func (s *CatalogueStore) ProducerTotals(ctx context.Context, ids []string) ([]api.ProducerTotals, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT w.id::text, count(l.pack_id)::int, coalesce(sum(l.sounds), 0)::int
		FROM unnest($1::uuid[]) WITH ORDINALITY w (id, n) LEFT JOIN listings l ON l.producer_id = w.id AND l.listed GROUP BY w.id, w.n ORDER BY w.n`, ids)
	if err != nil {
		return nil, translate(err, "totals")
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.ProducerTotals])
	return orEmpty(list), translate(err, "totals")
}
