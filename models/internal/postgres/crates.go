package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/clause"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/crate"
	"crateful.dev/models/internal/tx"
)

// CrateStore keeps crates.
type CrateStore struct{ db *DB }

// NewCrateStore returns a crate.Store over db.
func NewCrateStore(db *DB) *CrateStore { return &CrateStore{db} }

var _ crate.Store = (*CrateStore)(nil)

type crateRow struct {
	ID         string `gorm:"primaryKey"`
	OwnerID    string
	Name       string
	Note       string
	Liked      bool
	ShareToken *string
	Items      int
	Version    int64
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  time.Time `gorm:"autoUpdateTime:false"`
}

func (crateRow) TableName() string { return "crates" }

func crateRowOf(c crate.Crate) crateRow {
	return crateRow{
		ID: c.ID, OwnerID: c.OwnerID, Name: c.Name, Note: c.Note, Liked: c.Liked, ShareToken: null(c.ShareToken), Items: c.Items, Version: c.Version,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

func (r crateRow) crate() crate.Crate {
	return crate.Crate{
		ID: r.ID, OwnerID: r.OwnerID, Name: r.Name, Note: r.Note, Liked: r.Liked, ShareToken: plain(r.ShareToken), Items: r.Items, Version: r.Version,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// List implements crate.Store.
func (s *CrateStore) List(ctx context.Context, ownerID string) ([]crate.Crate, error) {
	var rows []crateRow
	err := s.db.gorm(ctx).Where("owner_id = ?", ownerID).Order("liked DESC, updated_at DESC, id DESC").Limit(api.MaxCrates + 1).Find(&rows).Error
	if err != nil {
		return nil, translate(err, "crates")
	}
	out := make([]crate.Crate, len(rows))
	for i, r := range rows {
		out[i] = r.crate()
	}
	return out, s.covers(ctx, out)
}

// covers fills in up to four covers of each crate.
func (s *CrateStore) covers(ctx context.Context, list []crate.Crate) error {
	ids, at := make([]string, len(list)), make(map[string]int, len(list))
	for i := range list {
		ids[i], at[list[i].ID] = list[i].ID, i
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT c.id::text, 'covers/' || x.cover_sha256 FROM unnest($1::uuid[]) c (id), LATERAL (
		SELECT cover_sha256, min(position) AS n FROM (SELECT pack_id, position FROM crate_items i WHERE i.crate_id = c.id ORDER BY position LIMIT 60) i
		JOIN listings l USING (pack_id) WHERE l.cover_sha256 IS NOT NULL GROUP BY cover_sha256 ORDER BY n LIMIT 4) x ORDER BY c.id, x.n`, ids)
	if err != nil {
		return translate(err, "covers")
	}
	defer rows.Close()
	for rows.Next() {
		var id, cover string
		if err := rows.Scan(&id, &cover); err != nil {
			return translate(err, "covers")
		}
		list[at[id]].Covers = append(list[at[id]].Covers, cover)
	}
	return translate(rows.Err(), "covers")
}

// Count implements crate.Store.
func (s *CrateStore) Count(ctx context.Context, ownerID string) (int, error) {
	var n int
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM crates WHERE owner_id = $1", ownerID).Scan(&n)
	return n, translate(err, "crates")
}

func (s *CrateStore) one(ctx context.Context, row crateRow) (crate.Crate, error) {
	list := []crate.Crate{row.crate()}
	err := s.covers(ctx, list)
	return list[0], err
}

// Read implements crate.Store.
func (s *CrateStore) Read(ctx context.Context, id string) (crate.Crate, error) {
	var row crateRow
	if err := s.db.gorm(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return crate.Crate{}, translate(err, "crate")
	}
	return s.one(ctx, row)
}

// ByToken implements crate.Store.
func (s *CrateStore) ByToken(ctx context.Context, token string) (crate.Crate, error) {
	var row crateRow
	if err := s.db.gorm(ctx).Where("share_token = ?", token).Take(&row).Error; err != nil {
		return crate.Crate{}, translate(err, "crate")
	}
	return s.one(ctx, row)
}

// Lock implements crate.Store.
func (s *CrateStore) Lock(ctx context.Context, id string) (crate.Crate, error) {
	var row crateRow
	err := s.db.gorm(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&row).Error
	return row.crate(), translate(err, "crate")
}

// Liked implements crate.Store.
func (s *CrateStore) Liked(ctx context.Context, fresh crate.Crate) (crate.Crate, error) {
	var row crateRow
	find := func() error {
		return s.db.gorm(ctx).Where("owner_id = ? AND liked", fresh.OwnerID).Take(&row).Error
	}
	err := find()
	if err != nil {
		made := crateRowOf(fresh)
		conflict := clause.OnConflict{Columns: []clause.Column{{Name: "owner_id"}}, TargetWhere: clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "liked"}}}, DoNothing: true}
		if err := s.db.gorm(ctx).Clauses(conflict).Create(&made).Error; err != nil {
			return crate.Crate{}, translate(err, "crate")
		}
		err = find()
	}
	return row.crate(), translate(err, "crate")
}

// Create implements crate.Store.
func (s *CrateStore) Create(ctx context.Context, c crate.Crate) error {
	row := crateRowOf(c)
	return translate(s.db.gorm(ctx).Create(&row).Error, "crate")
}

// Save implements crate.Store.
func (s *CrateStore) Save(ctx context.Context, c crate.Crate) error {
	row := crateRowOf(c)
	return translate(s.db.gorm(ctx).Model(&crateRow{}).Where("id = ?", c.ID).Select("*").Updates(&row).Error, "crate")
}

// Delete implements crate.Store.
func (s *CrateStore) Delete(ctx context.Context, id string) error {
	return translate(s.db.gorm(ctx).Where("id = ?", id).Delete(&crateRow{}).Error, "crate")
}

// Items implements crate.Store.
func (s *CrateStore) Items(ctx context.Context, crateID string, after int64, limit int) ([]crate.Item, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id::text, pack_id::text, coalesce(sound_id::text, ''), note, position, added_at FROM crate_items
		WHERE crate_id = $1 AND ($2 = 0 OR position > $2) ORDER BY position LIMIT $3`, crateID, after, limit)
	if err != nil {
		return nil, translate(err, "items")
	}
	defer rows.Close()
	var out []crate.Item
	for rows.Next() {
		var i crate.Item
		if err := rows.Scan(&i.ID, &i.PackID, &i.SoundID, &i.Note, &i.Position, &i.AddedAt); err != nil {
			return nil, translate(err, "items")
		}
		i.AddedAt = i.AddedAt.UTC()
		out = append(out, i)
	}
	return out, translate(rows.Err(), "items")
}

// ItemIDs implements crate.Store.
func (s *CrateStore) ItemIDs(ctx context.Context, crateID string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT id::text FROM crate_items WHERE crate_id = $1 ORDER BY position", crateID)
	if err != nil {
		return nil, translate(err, "items")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "items")
}

func things(rows pgx.Rows, err error) ([]crate.Thing, error) {
	if err != nil {
		return nil, translate(err, "items")
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[crate.Thing])
	return list, translate(err, "items")
}

// Known implements crate.Store.
func (s *CrateStore) Known(ctx context.Context, sounds, packs []string) ([]crate.Thing, error) {
	return things(s.db.pgx(ctx).Query(ctx, `SELECT pack_id::text, sound_id FROM (
		SELECT s.pack_id, s.sound_id::text AS sound_id, w.n FROM unnest($1::uuid[]) WITH ORDINALITY w (id, n) JOIN listing_sounds s ON s.sound_id = w.id
		UNION ALL SELECT l.pack_id, '', 1000 + w.n FROM unnest($2::uuid[]) WITH ORDINALITY w (id, n) JOIN listings l ON l.pack_id = w.id) x ORDER BY n`,
		orEmpty(sounds), orEmpty(packs)))
}

// Add implements crate.Store. Positions grow downwards from the front, so that new things are first.
func (s *CrateStore) Add(ctx context.Context, crateID string, list []crate.Thing, at time.Time) ([]crate.Thing, error) {
	ids, packs, sounds := make([]string, len(list)), make([]string, len(list)), make([]*string, len(list))
	for i, t := range list {
		ids[i], packs[i], sounds[i] = tx.NewID(), t.PackID, null(t.SoundID)
	}
	return things(s.db.pgx(ctx).Query(ctx, `INSERT INTO crate_items (id, crate_id, pack_id, sound_id, position, added_at)
		SELECT w.id, $1, w.pack_id, w.sound_id, coalesce((SELECT min(position) FROM crate_items WHERE crate_id = $1), 0) - 1 - cardinality($2::uuid[]) + w.n, $5
		FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) WITH ORDINALITY w (id, pack_id, sound_id, n)
		ON CONFLICT (crate_id, coalesce(sound_id, pack_id)) DO NOTHING RETURNING pack_id::text, coalesce(sound_id::text, '')`, crateID, ids, packs, sounds, at))
}

// Remove implements crate.Store.
func (s *CrateStore) Remove(ctx context.Context, crateID string, sounds, packs []string) ([]crate.Thing, error) {
	return things(s.db.pgx(ctx).Query(ctx, `DELETE FROM crate_items WHERE crate_id = $1
		AND (sound_id = ANY($2::uuid[]) OR sound_id IS NULL AND pack_id = ANY($3::uuid[])) RETURNING pack_id::text, coalesce(sound_id::text, '')`,
		crateID, orEmpty(sounds), orEmpty(packs)))
}

// Order implements crate.Store. Positions stay below 0, which stands for the start of a list.
func (s *CrateStore) Order(ctx context.Context, crateID string, ids []string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE crate_items i SET position = w.n - 1 - cardinality($2::uuid[]) FROM unnest($2::uuid[]) WITH ORDINALITY w (id, n) WHERE i.crate_id = $1 AND i.id = w.id`,
		crateID, ids)
	return translate(err, "items")
}

// SaveNote implements crate.Store.
func (s *CrateStore) SaveNote(ctx context.Context, crateID, itemID, note string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE crate_items SET note = $3 WHERE crate_id = $1 AND id = $2", crateID, itemID, note)
	return translate(err, "item")
}

// Holding implements crate.Store.
func (s *CrateStore) Holding(ctx context.Context, crateID string, sounds, packs []string) (api.LikedThings, error) {
	out := api.LikedThings{SoundIDs: []string{}, PackIDs: []string{}}
	list, err := things(s.db.pgx(ctx).Query(ctx, `SELECT pack_id::text, coalesce(sound_id::text, '') FROM crate_items WHERE crate_id = $1
		AND (sound_id = ANY($2::uuid[]) OR sound_id IS NULL AND pack_id = ANY($3::uuid[]))`, crateID, orEmpty(sounds), orEmpty(packs)))
	for _, t := range list {
		if t.SoundID != "" {
			out.SoundIDs = append(out.SoundIDs, t.SoundID)
		} else {
			out.PackIDs = append(out.PackIDs, t.PackID)
		}
	}
	return out, err
}

// Owner implements crate.Store.
func (s *CrateStore) Owner(ctx context.Context, accountID string) (api.ProducerRef, error) {
	var ref api.ProducerRef
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT id::text, handle, name FROM accounts WHERE id = $1", accountID).Scan(&ref.ID, &ref.Handle, &ref.Name)
	return ref, translate(err, "account")
}
