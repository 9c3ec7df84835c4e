package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/library"
)

// LibraryStore reads what accounts own.
type LibraryStore struct{ db *DB }

// NewLibraryStore returns a LibraryStore.
func NewLibraryStore(db *DB) *LibraryStore { return &LibraryStore{db: db} }

var _ library.Store = (*LibraryStore)(nil)

func orderNumber(n int64) string { return fmt.Sprintf("CF-%06d", n) }

const librarySQL = `
SELECT e.id, e.kind, e.pack_id, coalesce(p.slug, ol.pack_slug), coalesce(p.title, ol.pack_title), k.state,
    EXISTS (SELECT 1 FROM take_downs t WHERE t.pack_id = e.pack_id AND t.ended_at IS NULL AND NOT t.files_kept), coalesce(e.sound_id::text, ''),
    CASE e.kind WHEN 'sound' THEN ol.sound_name ELSE coalesce(p.title, ol.pack_title) END,
    a.id, a.handle, a.name, coalesce('covers/' || p.cover_sha256, ol.cover_key), ol.tier, e.edition_id, ol.edition,
    CASE e.kind WHEN 'sound' THEN coalesce(f.size_bytes, 0) ELSE coalesce(ed.zip_bytes, 0) END,
    CASE e.kind WHEN 'sound' THEN 1 ELSE (SELECT count(*) FROM edition_files x WHERE x.edition_id = e.edition_id AND x.kind = 'sound') END,
    coalesce(n.id::text, ''), coalesce(n.number, 0), coalesce(n.zip_bytes, 0),
    CASE WHEN n.id IS NULL THEN 0 ELSE (SELECT count(*) FROM edition_files x WHERE x.edition_id = n.id AND x.kind = 'sound') END,
    o.id, o.number, e.created_at, e.ended_at, CASE WHEN e.ended_at IS NULL THEN '' ELSE ol.state END
FROM entitlements e
JOIN order_lines ol ON ol.id = e.order_line_id
JOIN orders o ON o.id = e.order_id
JOIN packs k ON k.id = e.pack_id
JOIN accounts a ON a.id = e.producer_id
JOIN editions ed ON ed.id = e.edition_id
LEFT JOIN listings p ON p.pack_id = e.pack_id
LEFT JOIN edition_files f ON e.kind = 'sound' AND f.edition_id = e.edition_id AND f.sound_id = e.sound_id
LEFT JOIN editions n ON e.kind = 'pack' AND n.id = p.edition_id AND n.number > ol.edition AND n.state = 'built'
WHERE e.account_id = $1 AND ($2 = '' OR e.kind = $2) AND ($3::uuid IS NULL OR e.id < $3)
    AND ($4 = '' OR coalesce(p.title, ol.pack_title) ILIKE $4 OR ol.sound_name ILIKE $4 OR a.name ILIKE $4 OR a.handle ILIKE $4)
    AND e.ended_at IS `

// List reads a page of the library, newest first; the cursor is the last id of the page before.
func (s *LibraryStore) List(ctx context.Context, q library.Query) (api.LibraryPage, error) {
	page := api.LibraryPage{Items: []api.LibraryItem{}}
	if err := s.db.pgx(ctx).QueryRow(ctx, `SELECT count(*) FILTER (WHERE ended_at IS NULL AND kind = 'pack'),
			count(*) FILTER (WHERE ended_at IS NULL AND kind = 'sound'), count(*) FILTER (WHERE ended_at IS NOT NULL)
		FROM entitlements WHERE account_id = $1`, q.AccountID).Scan(&page.Packs, &page.Sounds, &page.Ended); err != nil {
		return page, translate(err, "library")
	}
	sql := librarySQL + "NULL ORDER BY e.id DESC LIMIT $5"
	if q.Ended {
		sql = librarySQL + "NOT NULL ORDER BY e.id DESC LIMIT $5"
	}
	rows, err := s.db.pgx(ctx).Query(ctx, sql, q.AccountID, string(q.Kind), nullable(q.Cursor), containing(q.Text), q.Limit+1)
	if err != nil {
		return page, translate(err, "library")
	}
	items, err := pgx.CollectRows(rows, scanLibraryItem)
	if err != nil {
		return page, translate(err, "library")
	}
	if len(items) > q.Limit {
		items = items[:q.Limit]
		page.NextCursor = items[q.Limit-1].ID
	}
	if items != nil {
		page.Items = items
	}
	return page, nil
}

func scanLibraryItem(row pgx.CollectableRow) (api.LibraryItem, error) {
	var i api.LibraryItem
	var newer api.NewerPart
	var newerSounds int
	var number int64
	err := row.Scan(&i.ID, &i.Kind, &i.PackID, &i.PackSlug, &i.PackTitle, &i.PackState, &i.FilesGone, &i.SoundID, &i.Title,
		&i.Seller.ID, &i.Seller.Handle, &i.Seller.Name, &i.CoverKey, &i.LicenceCode, &i.EditionID, &i.Edition,
		&i.SizeBytes, &i.Sounds, &newer.EditionID, &newer.Edition, &newer.SizeBytes, &newerSounds, &i.OrderID, &number, &i.AcquiredAt,
		&i.EndedAt, &i.Ended)
	i.EndedAt = utc(i.EndedAt)
	i.AcquiredAt, i.OrderNumber = i.AcquiredAt.UTC(), orderNumber(number)
	if newer.EditionID != "" {
		newer.MoreSounds = newerSounds - i.Sounds
		i.Newer = &newer
	}
	return i, err
}

// containing makes a pattern of what somebody typed; empty stays empty.
func containing(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

// Owned lists which of the ids are owned.
func (s *LibraryStore) Owned(ctx context.Context, accountID string, q api.OwnedQuery) (api.Owned, error) {
	out := api.Owned{SoundIDs: []string{}, PackIDs: []string{}}
	rows, err := s.db.pgx(ctx).Query(ctx, `
		SELECT 'pack', e.pack_id FROM entitlements e
		WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'pack' AND e.pack_id = ANY ($2::uuid[])
		UNION SELECT 'sound', e.sound_id FROM entitlements e
		WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'sound' AND e.sound_id = ANY ($3::uuid[])
		UNION SELECT 'sound', s.sound_id FROM listing_sounds s
		JOIN entitlements e ON e.pack_id = s.pack_id AND e.kind = 'pack' AND e.account_id = $1 AND e.ended_at IS NULL
		WHERE s.sound_id = ANY ($3::uuid[])`, accountID, q.PackIDs, q.SoundIDs)
	if err != nil {
		return out, translate(err, "library")
	}
	var kind, id string
	_, err = pgx.ForEachRow(rows, []any{&kind, &id}, func() error {
		if kind == string(api.ItemPack) {
			out.PackIDs = append(out.PackIDs, id)
		} else {
			out.SoundIDs = append(out.SoundIDs, id)
		}
		return nil
	})
	return out, translate(err, "library")
}

// PackEdition finds an edition for the owner of the pack: the asked one, or the newest that buyers ever could get.
func (s *LibraryStore) PackEdition(ctx context.Context, accountID, packID, editionID string) (library.Deliverable, error) {
	var d library.Deliverable
	err := s.db.pgx(ctx).QueryRow(ctx, `
		SELECT ed.pack_id, ed.id, ed.number, p.slug, p.producer_id, a.handle, ed.zip_key, ed.zip_bytes, ed.zip_sha256
		FROM entitlements e
		JOIN listings p ON p.pack_id = e.pack_id
		JOIN accounts a ON a.id = p.producer_id
		JOIN editions own ON own.id = e.edition_id
		JOIN editions ed ON ed.pack_id = e.pack_id AND ed.state = 'built' AND ed.number <= greatest(own.number, p.edition)
			AND edition_open_to(ed.id, e.account_id, e.created_at)
		WHERE e.account_id = $1 AND e.pack_id = $2 AND e.kind = 'pack' AND e.ended_at IS NULL AND ($3::uuid IS NULL OR ed.id = $3)
		ORDER BY ed.number DESC LIMIT 1`, accountID, packID, nullable(editionID)).
		Scan(&d.PackID, &d.EditionID, &d.Edition, &d.PackSlug, &d.ProducerID, &d.ProducerHandle, &d.ObjectKey, &d.SizeBytes, &d.SHA256)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, s.refuse(ctx, "SELECT EXISTS (SELECT 1 FROM listings WHERE pack_id = $1)", packID, "pack")
	}
	return d, translate(err, "edition")
}

// SoundFile finds the file of an owned sound: the one bought, or the newest that the owned pack had.
func (s *LibraryStore) SoundFile(ctx context.Context, accountID, soundID string) (library.Deliverable, error) {
	var d library.Deliverable
	err := s.db.pgx(ctx).QueryRow(ctx, `
		SELECT ed.pack_id, f.sound_id, ed.id, ed.number, p.slug, p.producer_id, f.path, f.sha256, f.size_bytes
		FROM entitlements e
		JOIN listings p ON p.pack_id = e.pack_id
		JOIN editions own ON own.id = e.edition_id
		JOIN editions ed ON ed.pack_id = e.pack_id AND ed.state = 'built'
			AND (e.kind = 'sound' AND ed.id = e.edition_id
				OR e.kind = 'pack' AND ed.number <= greatest(own.number, p.edition) AND edition_open_to(ed.id, e.account_id, e.created_at))
		JOIN edition_files f ON f.edition_id = ed.id AND f.sound_id = $2
		WHERE e.account_id = $1 AND e.ended_at IS NULL AND (e.kind = 'pack' OR e.sound_id = $2)
			AND e.pack_id = (SELECT pack_id FROM listing_sounds WHERE sound_id = $2)
		ORDER BY e.kind = 'sound', ed.number DESC LIMIT 1`, accountID, soundID).
		Scan(&d.PackID, &d.SoundID, &d.EditionID, &d.Edition, &d.PackSlug, &d.ProducerID, &d.Path, &d.SHA256, &d.SizeBytes)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, s.refuse(ctx, "SELECT EXISTS (SELECT 1 FROM listing_sounds WHERE sound_id = $1)", soundID, "sound")
	}
	d.ObjectKey = "media/" + d.SHA256
	return d, translate(err, "sound")
}

// FilesGone tells whether a pack was taken down with the files of those who own it.
func (s *LibraryStore) FilesGone(ctx context.Context, packID string) (bool, error) {
	var gone bool
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM take_downs WHERE pack_id = $1 AND ended_at IS NULL AND NOT files_kept)", packID).Scan(&gone)
	return gone, translate(err, "take-down")
}

// refuse tells what is not owned from what is not there.
func (s *LibraryStore) refuse(ctx context.Context, sql, id, what string) error {
	var exists bool
	if err := s.db.pgx(ctx).QueryRow(ctx, sql, id).Scan(&exists); err != nil {
		return translate(err, what)
	}
	if !exists {
		return errs.NotFound(what)
	}
	return library.ErrNotOwned()
}

// Files lists an edition's files by path.
func (s *LibraryStore) Files(ctx context.Context, editionID string) ([]api.LibrarySound, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT coalesce(sound_id::text, ''), path, size_bytes, sha256 FROM edition_files
		WHERE edition_id = $1 ORDER BY path`, editionID)
	if err != nil {
		return nil, translate(err, "files")
	}
	files, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.LibrarySound, error) {
		var f api.LibrarySound
		return f, row.Scan(&f.SoundID, &f.Path, &f.SizeBytes, &f.SHA256)
	})
	if files == nil {
		files = []api.LibrarySound{}
	}
	return files, translate(err, "files")
}

// RecordDownload keeps a download.
func (s *LibraryStore) RecordDownload(ctx context.Context, accountID, network string, d api.DownloadRecord) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO downloads (id, account_id, kind, pack_id, sound_id, edition_id, file_name, size_bytes, network)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, d.ID, accountID, d.Kind, d.PackID, nullable(d.SoundID), d.EditionID, d.FileName, d.SizeBytes, network)
	return translate(err, "download")
}

// Usage counts what was downloaded lately.
func (s *LibraryStore) Usage(ctx context.Context, accountID, network string, d api.DownloadRecord, since time.Time) (library.Usage, error) {
	var u library.Usage
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT count(DISTINCT (edition_id, sound_id)), count(DISTINCT network) FILTER (WHERE network <> ''),
			coalesce(bool_or(edition_id = $3 AND sound_id IS NOT DISTINCT FROM $4), false), coalesce(bool_or(network = $5), false)
		FROM downloads WHERE account_id = $1 AND at > $2`, accountID, since, d.EditionID, nullable(d.SoundID), network).
		Scan(&u.Things, &u.Networks, &u.HadThing, &u.AtNetwork)
	return u, translate(err, "downloads")
}

// Downloads reads a page of downloads, newest first; the cursor is the last id of the page before.
func (s *LibraryStore) Downloads(ctx context.Context, accountID, cursor string, limit int) (api.DownloadPage, error) {
	page := api.DownloadPage{Downloads: []api.DownloadRecord{}}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id, kind, pack_id, coalesce(sound_id::text, ''), edition_id, file_name, size_bytes, at
		FROM downloads WHERE account_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`, accountID, nullable(cursor), limit+1)
	if err != nil {
		return page, translate(err, "downloads")
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.DownloadRecord, error) {
		var d api.DownloadRecord
		err := row.Scan(&d.ID, &d.Kind, &d.PackID, &d.SoundID, &d.EditionID, &d.FileName, &d.SizeBytes, &d.At)
		d.At = d.At.UTC()
		return d, err
	})
	if err != nil {
		return page, translate(err, "downloads")
	}
	if len(list) > limit {
		list = list[:limit]
		page.NextCursor = list[limit-1].ID
	}
	if list != nil {
		page.Downloads = list
	}
	return page, nil
}
