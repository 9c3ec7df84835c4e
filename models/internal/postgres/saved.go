package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/saved"
)

// SavedStore keeps saved searches and what they found.
type SavedStore struct{ db *DB }

// NewSavedStore returns a saved.Store over db.
func NewSavedStore(db *DB) *SavedStore { return &SavedStore{db} }

var _ saved.Store = (*SavedStore)(nil)

// savedColumns are those of saved.Search in the order of scanSaved.
const savedColumns = `s.id::text, s.account_id::text, s.name, s.query, s.mail, s.told_at, s.mailed_at, s.mail_due, s.seen_at, s.seen_before,
	CASE WHEN isfinite(s.let_go_at) THEN s.let_go_at ELSE 'epoch' END, s.version, s.created_at, s.updated_at, s.deleted_at`

func scanSaved(row pgx.CollectableRow, more ...any) (saved.Search, error) {
	var s saved.Search
	var query string
	err := row.Scan(append([]any{
		&s.ID, &s.AccountID, &s.Name, &query, &s.Mail, &s.ToldAt, &s.MailedAt, &s.MailDue, &s.SeenAt, &s.SeenLast,
		&s.LetGoAt, &s.Version, &s.CreatedAt, &s.UpdatedAt, &s.DeletedAt,
	}, more...)...)
	s.Query = []byte(query)
	for _, t := range []*time.Time{&s.ToldAt, &s.SeenAt, &s.SeenLast, &s.LetGoAt, &s.CreatedAt, &s.UpdatedAt} {
		*t = t.UTC()
	}
	s.MailedAt, s.MailDue, s.DeletedAt = utc(s.MailedAt), utc(s.MailDue), utc(s.DeletedAt)
	return s, err
}

// onSale keeps of saved_matches m what can be found now.
const onSale = `EXISTS (SELECT FROM listings l WHERE l.pack_id = m.pack_id AND l.listed)
	AND (m.item_id = m.pack_id OR EXISTS (SELECT FROM listing_sounds x WHERE x.sound_id = m.item_id AND NOT x.removed))`

func (s *SavedStore) searches(ctx context.Context, sql string, args ...any) ([]saved.Search, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err, "saved searches")
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (saved.Search, error) { return scanSaved(row) })
	return list, translate(err, "saved searches")
}

// Clock implements saved.Store.
func (s *SavedStore) Clock(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT clock_timestamp()").Scan(&at)
	return at.UTC(), translate(err, "clock")
}

// List implements saved.Store.
func (s *SavedStore) List(ctx context.Context, accountID string) ([]saved.Search, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT `+savedColumns+`, (SELECT count(*) FROM saved_matches m WHERE m.saved_search_id = s.id AND m.at > s.seen_at AND `+onSale+`)
		FROM saved_searches s WHERE s.account_id = $1 AND s.deleted_at IS NULL ORDER BY s.created_at DESC, s.id DESC`, accountID)
	if err != nil {
		return nil, translate(err, "saved searches")
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (saved.Search, error) {
		var n int
		one, err := scanSaved(row, &n)
		one.New = n
		return one, err
	})
	return list, translate(err, "saved searches")
}

// Lock implements saved.Store.
func (s *SavedStore) Lock(ctx context.Context, id string) (saved.Search, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT `+savedColumns+` FROM saved_searches s WHERE s.id = $1 FOR NO KEY UPDATE`, id)
	if err != nil {
		return saved.Search{}, translate(err, "saved search")
	}
	one, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (saved.Search, error) { return scanSaved(row) })
	return one, translate(err, "saved search")
}

// savedTurn is the key of the lock under which numbers are drawn.
const savedTurn = 0x63726174_73617665

// Turn implements saved.Store.
func (s *SavedStore) Turn(ctx context.Context) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(savedTurn))
	return translate(err, "saved searches")
}

// Count implements saved.Store.
func (s *SavedStore) Count(ctx context.Context, accountID string) (int, error) {
	var n int
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM saved_searches WHERE account_id = $1 AND deleted_at IS NULL", accountID).Scan(&n)
	return n, translate(err, "saved searches")
}

// Create implements saved.Store.
func (s *SavedStore) Create(ctx context.Context, one saved.Search, hash []byte) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO saved_searches (id, account_id, number, name, query, query_hash, mail, told_at, seen_at, seen_before, version, created_at, updated_at)
		VALUES ($1, $2, nextval('saved_search_numbers'), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		one.ID, one.AccountID, one.Name, string(one.Query), hash, one.Mail, one.ToldAt, one.SeenAt, one.SeenLast, one.Version, one.CreatedAt, one.UpdatedAt)
	return translate(err, "saved search")
}

// Restore implements saved.Store.
func (s *SavedStore) Restore(ctx context.Context, one saved.Search) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE saved_searches SET deleted_at = NULL, number = nextval('saved_search_numbers') WHERE id = $1", one.ID)
	return translate(err, "saved search")
}

// Save implements saved.Store.
func (s *SavedStore) Save(ctx context.Context, one saved.Search) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE saved_searches SET name = $2, mail = $3, told_at = $4, mailed_at = $5, mail_due = $6, seen_at = $7, seen_before = $8,
		version = $9, updated_at = $10, deleted_at = $11 WHERE id = $1`,
		one.ID, one.Name, one.Mail, one.ToldAt, one.MailedAt, one.MailDue, one.SeenAt, one.SeenLast, one.Version, one.UpdatedAt, one.DeletedAt)
	return translate(err, "saved search")
}

// Prune implements saved.Store.
func (s *SavedStore) Prune(ctx context.Context, before time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM saved_searches WHERE deleted_at < $1", before)
	return translate(err, "saved searches")
}

// New implements saved.Store.
func (s *SavedStore) New(ctx context.Context, id string, since time.Time) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT m.item_id::text FROM saved_matches m WHERE m.saved_search_id = $1 AND m.at > $2 AND `+onSale+`
		ORDER BY m.at DESC, m.since, m.item_id`, id, since)
	if err != nil {
		return nil, translate(err, "matches")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "matches")
}

// Found implements saved.Store.
func (s *SavedStore) Found(ctx context.Context, id string, since time.Time, limit int) ([]saved.Found, int, error) {
	total := 0
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT coalesce(x.name, ''), l.title, a.name, count(*) OVER () FROM saved_matches m
		JOIN listings l ON l.pack_id = m.pack_id AND l.listed JOIN accounts a ON a.id = l.producer_id
		LEFT JOIN listing_sounds x ON x.sound_id = m.item_id AND NOT x.removed
		WHERE m.saved_search_id = $1 AND m.at > $2 AND (m.item_id = m.pack_id OR x.sound_id IS NOT NULL)
		ORDER BY m.at DESC, m.since, m.item_id LIMIT $3`, id, since, limit)
	if err != nil {
		return nil, 0, translate(err, "matches")
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (saved.Found, error) {
		var f saved.Found
		err := row.Scan(&f.Name, &f.Pack, &f.Maker, &total)
		return f, err
	})
	return list, total, translate(err, "matches")
}

// Queries implements saved.Store.
func (s *SavedStore) Queries(ctx context.Context, after int64, limit int) (api.SavedQueries, error) {
	out := api.SavedQueries{Searches: []api.SavedQuery{}}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT id::text, number, query, created_at FROM saved_searches WHERE number > $1 AND deleted_at IS NULL ORDER BY number LIMIT $2`, after, limit)
	if err != nil {
		return out, translate(err, "saved searches")
	}
	for rows.Next() {
		var q api.SavedQuery
		var query string
		if err := rows.Scan(&q.ID, &q.Number, &query, &q.CreatedAt); err != nil {
			rows.Close()
			return out, translate(err, "saved searches")
		}
		q.Query, q.CreatedAt = []byte(query), q.CreatedAt.UTC()
		out.Searches = append(out.Searches, q)
	}
	if err := rows.Err(); err != nil {
		return out, translate(err, "saved searches")
	}
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM saved_search_numbers").Scan(&out.Last)
	return out, translate(err, "saved searches")
}

// Existing implements saved.Store.
func (s *SavedStore) Existing(ctx context.Context, ids []string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT id::text FROM saved_searches WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", orEmpty(ids))
	if err != nil {
		return nil, translate(err, "saved searches")
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, translate(err, "saved searches")
}

// Add implements saved.Store.
func (s *SavedStore) Add(ctx context.Context, packID string, searches, items []string, at time.Time) (map[string]int, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `WITH there AS (
			SELECT x.sound_id AS id, x.since FROM listing_sounds x JOIN listings l USING (pack_id) WHERE x.pack_id = $1 AND NOT x.removed AND l.listed
			UNION ALL SELECT pack_id, published_at FROM listings WHERE pack_id = $1 AND listed
		), added AS (
			INSERT INTO saved_matches (saved_search_id, item_id, pack_id, since, at)
			SELECT s.id, i.id, $1, i.since, $4 FROM unnest($2::uuid[], $3::uuid[]) w (search, item) JOIN saved_searches s ON s.id = w.search JOIN there i ON i.id = w.item
			WHERE i.since > greatest(s.created_at, s.let_go) ON CONFLICT DO NOTHING RETURNING saved_search_id
		), counts AS (SELECT saved_search_id AS id, count(*)::int AS n FROM added GROUP BY 1)
		UPDATE saved_searches s SET matches = s.matches + c.n FROM counts c WHERE s.id = c.id RETURNING s.id::text, c.n`, packID, searches, items, at)
	if err != nil {
		return nil, translate(err, "matches")
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, translate(err, "matches")
		}
		out[id] = n
	}
	return out, translate(rows.Err(), "matches")
}

// Trim implements saved.Store.
func (s *SavedStore) Trim(ctx context.Context, ids []string, keep, slop int) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `WITH ranked AS (
			SELECT m.saved_search_id, m.item_id, row_number() OVER (PARTITION BY m.saved_search_id ORDER BY m.since DESC, m.item_id DESC) AS n
			FROM saved_searches s JOIN saved_matches m ON m.saved_search_id = s.id WHERE s.id = ANY($1::uuid[]) AND s.matches > $2::int + $3::int
		), gone AS (
			DELETE FROM saved_matches m USING ranked r WHERE r.n > $2::int AND m.saved_search_id = r.saved_search_id AND m.item_id = r.item_id
			RETURNING m.saved_search_id, m.since, m.at
		), sums AS (SELECT saved_search_id AS id, count(*)::int AS n, max(since) AS since, max(at) AS at FROM gone GROUP BY 1)
		UPDATE saved_searches s SET matches = s.matches - g.n, let_go = greatest(s.let_go, g.since), let_go_at = greatest(s.let_go_at, g.at) FROM sums g WHERE s.id = g.id`,
		ids, keep, slop)
	return translate(err, "matches")
}

// Mailing implements saved.Store.
func (s *SavedStore) Mailing(ctx context.Context, ids []string) ([]saved.Search, error) {
	return s.searches(ctx, `SELECT `+savedColumns+` FROM saved_searches s
		WHERE s.id = ANY($1::uuid[]) AND s.mail <> 'none' AND s.mail_due IS NULL AND s.deleted_at IS NULL ORDER BY s.id FOR NO KEY UPDATE`, ids)
}

// Daily implements saved.Store.
func (s *SavedStore) Daily(ctx context.Context, accountID string) ([]saved.Search, error) {
	return s.searches(ctx, `SELECT `+savedColumns+` FROM saved_searches s
		WHERE s.account_id = $1 AND s.mail = 'daily' AND s.deleted_at IS NULL ORDER BY s.id FOR NO KEY UPDATE`, accountID)
}

// Owner implements saved.Store.
func (s *SavedStore) Owner(ctx context.Context, accountID string) (saved.Owner, error) {
	var o saved.Owner
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT email, name, locale, email_verified_at IS NOT NULL AND disabled_at IS NULL FROM accounts WHERE id = $1", accountID).
		Scan(&o.Email, &o.Name, &o.Locale, &o.Mails)
	return o, translate(err, "account")
}
