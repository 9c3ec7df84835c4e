package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
)

// PackStore keeps packs, their sounds, editions and what is on sale.
type PackStore struct{ db *DB }

// NewPackStore returns a catalog.Store over db.
func NewPackStore(db *DB) *PackStore { return &PackStore{db} }

var (
	_ catalog.Store  = (*PackStore)(nil)
	_ catalog.Tracer = (*PackStore)(nil)
)

type packRow struct {
	ID                  string `gorm:"primaryKey"`
	ProducerID          string
	Slug                string
	Title               string
	Description         string
	Genre               string
	Tags                textArray
	Currency            string
	Price               *int64
	SoundPrice          *int64
	ExtendedPrice       *int64
	ExclusivePrice      *int64
	SoundExtendedPrice  *int64
	SoundExclusivePrice *int64
	SuggestedPrice      *int64
	Licence             string
	MadeWithAI          *bool `gorm:"column:made_with_ai"`
	RightsVersion       *string
	RightsText          *string
	RightsAt            *time.Time
	DemoSoundID         *string
	CoverSHA256         *string `gorm:"column:cover_sha256"`
	DrawnCover          *string
	State               string
	Listed              bool
	Unpublished         bool
	Version             int64
	Revision            int64
	EditionID           *string
	BuildingID          *string
	Pending             *string
	PublishFailed       string
	TakenDownFor        string
	Demo                bool
	PublishedAt         *time.Time
	CreatedAt           time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt           time.Time `gorm:"autoUpdateTime:false"`
}

func (packRow) TableName() string { return "packs" }

// null is nil for "".
func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// plain is "" for nil.
func plain(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func packRowOf(p catalog.Pack) packRow {
	row := packRow{
		ID: p.ID, ProducerID: p.ProducerID, Slug: p.Slug, Title: p.Title, Description: p.Description, Genre: p.Genre, Tags: p.Tags,
		Currency: catalog.Currency, Price: p.Price, SoundPrice: p.SoundPrice, ExtendedPrice: p.Extended, ExclusivePrice: p.Exclusive,
		SoundExtendedPrice: p.SoundExtended, SoundExclusivePrice: p.SoundExclusive, SuggestedPrice: p.Suggested, Licence: p.Licence, MadeWithAI: p.MadeWithAI,
		DemoSoundID: null(p.DemoSoundID), CoverSHA256: null(p.Cover), DrawnCover: null(p.DrawnCover), State: string(p.State), Listed: p.Listed,
		Unpublished: p.Unpublished, Version: p.Version, Revision: p.Revision, EditionID: null(p.EditionID), BuildingID: null(p.BuildingID),
		Pending: null(string(p.Pending)), PublishFailed: p.PublishFailed, TakenDownFor: p.TakenDownFor, Demo: p.Demo, PublishedAt: p.PublishedAt,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if p.Rights != nil {
		row.RightsVersion, row.RightsText, row.RightsAt = &p.Rights.Version, &p.Rights.Text, &p.Rights.At
	}
	return row
}

func (r packRow) pack() catalog.Pack {
	p := catalog.Pack{
		ID: r.ID, ProducerID: r.ProducerID, Slug: r.Slug, Title: r.Title, Description: r.Description, Genre: r.Genre, Tags: r.Tags, Price: r.Price,
		SoundPrice: r.SoundPrice, Extended: r.ExtendedPrice, Exclusive: r.ExclusivePrice, SoundExtended: r.SoundExtendedPrice,
		SoundExclusive: r.SoundExclusivePrice, Suggested: r.SuggestedPrice, Licence: r.Licence, MadeWithAI: r.MadeWithAI, DemoSoundID: plain(r.DemoSoundID), Cover: plain(r.CoverSHA256),
		DrawnCover: plain(r.DrawnCover), State: api.PackState(r.State), Listed: r.Listed, Unpublished: r.Unpublished, Version: r.Version,
		Revision: r.Revision, EditionID: plain(r.EditionID), BuildingID: plain(r.BuildingID), PublishFailed: r.PublishFailed,
		TakenDownFor: r.TakenDownFor, Demo: r.Demo, PublishedAt: utc(r.PublishedAt), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.Pending != nil {
		p.Pending = []byte(*r.Pending)
	}
	if r.RightsAt != nil {
		p.Rights = &api.RightsKept{Version: plain(r.RightsVersion), Text: plain(r.RightsText), At: r.RightsAt.UTC()}
	}
	return p
}

// CreatePack implements catalog.Store.
func (s *PackStore) CreatePack(ctx context.Context, p catalog.Pack) error {
	row := packRowOf(p)
	return translate(s.db.gorm(ctx).Create(&row).Error, "pack")
}

// ReadPack implements catalog.Store.
func (s *PackStore) ReadPack(ctx context.Context, id string) (catalog.Pack, error) {
	return s.onePack(s.db.gorm(ctx).Where("id = ?", id))
}

// LockPack implements catalog.Store.
func (s *PackStore) LockPack(ctx context.Context, id string) (catalog.Pack, error) {
	// No key of a pack changes, so rows that refer to it may come meanwhile.
	return s.onePack(s.db.gorm(ctx).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id))
}

// LockPacks implements catalog.Store.
func (s *PackStore) LockPacks(ctx context.Context, producerID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "SELECT id FROM packs WHERE producer_id = $1 ORDER BY id FOR NO KEY UPDATE", producerID)
	return translate(err, "packs")
}

// SellingPacks implements catalog.Store.
func (s *PackStore) SellingPacks(ctx context.Context, producerID string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT id::text FROM packs WHERE producer_id = $1 AND (listed OR state = 'publishing') ORDER BY id", producerID)
	if err != nil {
		return nil, translate(err, "packs")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "packs")
}

func (s *PackStore) onePack(q *gorm.DB) (catalog.Pack, error) {
	var row packRow
	if err := q.Take(&row).Error; err != nil {
		return catalog.Pack{}, translate(err, "pack")
	}
	return row.pack(), nil
}

// SavePack implements catalog.Store.
func (s *PackStore) SavePack(ctx context.Context, p catalog.Pack) error {
	row := packRowOf(p)
	return translate(s.db.gorm(ctx).Model(&packRow{}).Where("id = ?", p.ID).Select("*").Updates(&row).Error, "pack")
}

// DeletePack implements catalog.Store.
func (s *PackStore) DeletePack(ctx context.Context, id string) error {
	for _, sql := range []string{
		"UPDATE uploads SET removed_at = coalesce(removed_at, now()), updated_at = now() WHERE pack_id = $1",
		"DELETE FROM sounds WHERE pack_id = $1",
		"DELETE FROM listings WHERE pack_id = $1",
		"UPDATE packs SET edition_id = NULL WHERE id = $1",
		"DELETE FROM editions WHERE pack_id = $1",
		"DELETE FROM packs WHERE id = $1",
	} {
		if _, err := s.db.pgx(ctx).Exec(ctx, sql, id); err != nil {
			return translate(fmt.Errorf("delete pack: %w", err), "")
		}
	}
	return nil
}

// SlugTaken implements catalog.Store.
func (s *PackStore) SlugTaken(ctx context.Context, slug, packID string) (bool, error) {
	var taken bool
	if _, err := s.db.pgx(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('slug ' || $1, 0))", slug); err != nil {
		return false, translate(err, "slug")
	}
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM packs WHERE slug = $1 AND id <> $2)
		OR EXISTS (SELECT 1 FROM pack_slugs WHERE slug = $1 AND pack_id <> $2) OR EXISTS (SELECT 1 FROM listings WHERE slug = $1 AND pack_id <> $2)`,
		slug, packID).Scan(&taken)
	return taken, translate(err, "slug")
}

// KeepSlug implements catalog.Store.
func (s *PackStore) KeepSlug(ctx context.Context, packID, slug string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO pack_slugs (slug, pack_id) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING", slug, packID)
	return translate(err, "slug")
}

// CountPacks implements catalog.Store.
func (s *PackStore) CountPacks(ctx context.Context, producerID string) (int, error) {
	var n int
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM packs WHERE producer_id = $1", producerID).Scan(&n)
	return n, translate(err, "packs")
}

// LeftOut implements catalog.Store.
func (s *PackStore) LeftOut(ctx context.Context, packID string) ([]api.LeftOut, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT name, count(*) FROM pack_left_out WHERE pack_id = $1 GROUP BY name ORDER BY count(*) DESC, name", packID)
	if err != nil {
		return nil, translate(err, "left out files")
	}
	defer rows.Close()
	out := []api.LeftOut{}
	for rows.Next() {
		var l api.LeftOut
		if err := rows.Scan(&l.Name, &l.Count); err != nil {
			return nil, translate(err, "left out files")
		}
		out = append(out, l)
	}
	return out, translate(rows.Err(), "left out files")
}

type editionRow struct {
	ID          string `gorm:"primaryKey"`
	PackID      string
	Number      int
	Title       string
	FilesDigest string
	SizeBytes   int64
	State       string
	Tries       int
	ZipKey      *string
	ZipBytes    *int64
	ZipSHA256   *string   `gorm:"column:zip_sha256"`
	CreatedAt   time.Time `gorm:"autoCreateTime:false"`
	BuiltAt     *time.Time
}

func (editionRow) TableName() string { return "editions" }

func editionRowOf(e catalog.Edition) editionRow {
	row := editionRow{
		ID: e.ID, PackID: e.PackID, Number: e.Number, Title: e.Title, FilesDigest: e.Digest, SizeBytes: e.SizeBytes, State: e.State, Tries: e.Tries,
		CreatedAt: e.CreatedAt, BuiltAt: e.BuiltAt,
	}
	if e.Zip != nil {
		row.ZipKey, row.ZipBytes, row.ZipSHA256 = &e.Zip.Key, &e.Zip.SizeBytes, &e.Zip.SHA256
	}
	return row
}

func (r editionRow) edition() catalog.Edition {
	e := catalog.Edition{
		ID: r.ID, PackID: r.PackID, Number: r.Number, Title: r.Title, Digest: r.FilesDigest, SizeBytes: r.SizeBytes, State: r.State, Tries: r.Tries,
		CreatedAt: r.CreatedAt.UTC(), BuiltAt: utc(r.BuiltAt),
	}
	if r.ZipKey != nil && r.ZipBytes != nil && r.ZipSHA256 != nil {
		e.Zip = &api.ZipFacts{Key: *r.ZipKey, SizeBytes: *r.ZipBytes, SHA256: *r.ZipSHA256}
	}
	return e
}

// Edition implements catalog.Store.
func (s *PackStore) Edition(ctx context.Context, id string) (catalog.Edition, error) {
	var row editionRow
	err := s.db.gorm(ctx).Where("id = ?", id).Take(&row).Error
	return row.edition(), translate(err, "edition")
}

// LockEdition implements catalog.Store.
func (s *PackStore) LockEdition(ctx context.Context, id string) (catalog.Edition, error) {
	var row editionRow
	err := s.db.gorm(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&row).Error
	return row.edition(), translate(err, "edition")
}

// CreateEdition implements catalog.Store.
func (s *PackStore) CreateEdition(ctx context.Context, e catalog.Edition) error {
	row := editionRowOf(e)
	if err := s.db.gorm(ctx).Create(&row).Error; err != nil {
		return translate(fmt.Errorf("create edition: %w", err), "")
	}
	var paths, hashes, kinds []string
	var sizes []int64
	var sounds []*string
	for _, f := range e.Files {
		paths, hashes, kinds, sizes, sounds = append(paths, f.Path), append(hashes, f.SHA256), append(kinds, f.Kind), append(sizes, f.SizeBytes), append(sounds, null(f.SoundID))
	}
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO edition_files (edition_id, path, sha256, size_bytes, kind, sound_id)
		SELECT $1::uuid, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::uuid[])`, e.ID, paths, hashes, sizes, kinds, sounds)
	return translate(err, "edition files")
}

// SaveEdition implements catalog.Store.
func (s *PackStore) SaveEdition(ctx context.Context, e catalog.Edition) error {
	row := editionRowOf(e)
	return translate(s.db.gorm(ctx).Model(&editionRow{}).Where("id = ?", e.ID).
		Select("State", "Tries", "ZipKey", "ZipBytes", "ZipSHA256", "BuiltAt").Updates(&row).Error, "edition")
}

// EditionFiles implements catalog.Store.
func (s *PackStore) EditionFiles(ctx context.Context, id string) ([]catalog.EditionFile, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT path, sha256, size_bytes, kind, coalesce(sound_id::text, '')
		FROM edition_files WHERE edition_id = $1 ORDER BY path COLLATE "C"`, id)
	if err != nil {
		return nil, translate(err, "edition files")
	}
	files, err := pgx.CollectRows(rows, pgx.RowToStructByPos[catalog.EditionFile])
	return files, translate(err, "edition files")
}

// UnansweredEditions implements catalog.Store.
func (s *PackStore) UnansweredEditions(ctx context.Context, before time.Time, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT p.building_id::text FROM packs p WHERE p.state = 'publishing' AND p.building_id IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM outbox o WHERE o.topic = 'uploads' AND o.key = p.id::text AND (o.sent_at IS NULL OR o.sent_at >= $1))
		ORDER BY p.id LIMIT $2`, before, limit)
	if err != nil {
		return nil, translate(err, "editions")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "editions")
}

// DropUnbuiltEditions implements catalog.Store.
func (s *PackStore) DropUnbuiltEditions(ctx context.Context, packID, keep string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `DELETE FROM editions e WHERE pack_id = $1 AND id::text <> $2 AND (state <> 'built'
		OR NOT EXISTS (SELECT 1 FROM listings l WHERE l.pack_id = $1) AND NOT EXISTS (SELECT 1 FROM packs p WHERE p.edition_id = e.id))`, packID, keep)
	return translate(err, "editions")
}

// LastEditionNumber implements catalog.Store.
func (s *PackStore) LastEditionNumber(ctx context.Context, packID string) (int, error) {
	var n int
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT coalesce(max(number), 0) FROM editions WHERE pack_id = $1", packID).Scan(&n)
	return n, translate(err, "editions")
}

// Seller implements catalog.Store.
func (s *PackStore) Seller(ctx context.Context, id string) (catalog.Seller, error) {
	out := catalog.Seller{ID: id}
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT handle, name, email_verified_at IS NOT NULL, demo, disabled_at IS NOT NULL,
			EXISTS (SELECT 1 FROM connected_accounts c WHERE c.producer_id = accounts.id AND c.transfers_enabled AND c.payouts_enabled)
		FROM accounts WHERE id = $1`, id).Scan(&out.Handle, &out.Name, &out.EmailVerified, &out.Demo, &out.Disabled, &out.Connected)
	return out, translate(err, "account")
}

// MarkSelling implements catalog.Store.
func (s *PackStore) MarkSelling(ctx context.Context, accountID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE accounts SET sells = true, revision = revision + 1 WHERE id = $1 AND NOT sells", accountID)
	return translate(err, "account")
}

// HasBuyers implements catalog.Store. An order that is not settled counts, for it may still be paid.
func (s *PackStore) HasBuyers(ctx context.Context, packID string) (bool, error) {
	var bought bool
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM entitlements WHERE pack_id = $1)
		OR EXISTS (SELECT 1 FROM order_lines WHERE pack_id = $1 AND state = 'pending')`, packID).Scan(&bought)
	return bought, translate(err, "entitlements")
}

// Sold implements catalog.Store. Today begins at midnight UTC.
func (s *PackStore) Sold(ctx context.Context, packIDs []string, now time.Time) (map[string]catalog.Sold, error) {
	out := map[string]catalog.Sold{}
	if len(packIDs) == 0 {
		return out, nil
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT e.pack_id::text, count(*) FILTER (WHERE e.created_at >= $2), count(*)
		FROM entitlements e JOIN packs p ON p.id = e.pack_id
		WHERE e.pack_id = ANY($1::uuid[]) AND e.created_at >= $3 AND e.ended_at IS NULL AND (p.demo OR NOT e.demo) GROUP BY e.pack_id`,
		packIDs, now.Truncate(24*time.Hour), now.Add(-30*24*time.Hour))
	if err != nil {
		return nil, translate(err, "sales")
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var sold catalog.Sold
		if err := rows.Scan(&id, &sold.Today, &sold.Month); err != nil {
			return nil, translate(err, "sales")
		}
		out[id] = sold
	}
	return out, translate(rows.Err(), "sales")
}

// StudioPacks implements catalog.Store.
func (s *PackStore) StudioPacks(ctx context.Context, producerID string, after *catalog.StudioCursor, limit int) ([]catalog.StudioLine, error) {
	q := s.db.gorm(ctx).Omit("pending").Where("producer_id = ?", producerID)
	if after != nil {
		q = q.Where("(updated_at, id) < (?, ?)", after.UpdatedAt, after.ID)
	}
	var packs []packRow
	if err := q.Order("updated_at DESC, id DESC").Limit(limit).Find(&packs).Error; err != nil {
		return nil, translate(err, "packs")
	}
	ids := make([]string, len(packs))
	for i := range packs {
		ids[i] = packs[i].ID
	}
	type counts struct{ sounds, refused int }
	found := map[string]counts{}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT pack_id::text, count(*) FILTER (WHERE purpose = 'sound' AND state = 'ready'), count(*) FILTER (WHERE state = 'refused')
		FROM uploads WHERE pack_id = ANY($1::uuid[]) AND removed_at IS NULL GROUP BY pack_id`, ids)
	if err != nil {
		return nil, translate(err, "uploads")
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var c counts
		if err := rows.Scan(&id, &c.sounds, &c.refused); err != nil {
			return nil, translate(err, "uploads")
		}
		found[id] = c
	}
	if err := rows.Err(); err != nil {
		return nil, translate(err, "uploads")
	}
	out := make([]catalog.StudioLine, 0, len(packs))
	for _, r := range packs {
		out = append(out, catalog.StudioLine{Pack: r.pack(), Sounds: found[r.ID].sounds, Refused: found[r.ID].refused})
	}
	return out, nil
}

// Listeners implements catalog.Store.
func (s *PackStore) Listeners(ctx context.Context, producerID string, since time.Time) (int64, error) {
	var n int64
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT coalesce(sum(plays), 0)::bigint FROM pack_plays y JOIN packs p ON p.id = y.pack_id
		WHERE p.producer_id = $1 AND y.day >= $2::date`, producerID, since).Scan(&n)
	return n, translate(err, "plays")
}

// PackTrace implements catalog.Tracer.
func (s *PackStore) PackTrace(ctx context.Context, packID string, revision int64) (api.Trace, error) {
	e, err := s.db.SentEvent(ctx, "packs", packID, revision)
	if err != nil {
		return api.Trace{}, err
	}
	committed := e.CommittedAt.UTC()
	return api.Trace{PackID: packID, Revision: revision, CommittedAt: &committed, SentAt: utc(e.SentAt), Partition: e.Partition, Offset: e.Offset}, nil
}

func decodeJSON(raw []byte, into any, what string) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	return nil
}
