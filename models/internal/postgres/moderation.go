package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/moderation"
	"crateful.dev/models/internal/tx"
)

// ModerationStore keeps take-downs, appeals and reports.
type ModerationStore struct{ db *DB }

// NewModerationStore returns a moderation.Store over db.
func NewModerationStore(db *DB) *ModerationStore { return &ModerationStore{db} }

var _ moderation.Store = (*ModerationStore)(nil)

// AddTakeDown implements moderation.Store.
func (s *ModerationStore) AddTakeDown(ctx context.Context, t moderation.TakeDown) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO take_downs (id, pack_id, with_account, reason, files_kept, listed, unpublished, by, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, t.ID, t.PackID, t.WithAccount, t.Reason, t.FilesKept, t.Listed, t.Unpublished, null(t.By), t.At)
	return translate(err, "take-down")
}

const takeDownSQL = `SELECT t.id, t.pack_id, t.with_account, t.reason, t.files_kept, t.listed, t.unpublished, coalesce(t.by::text, ''), t.at FROM take_downs t `

func scanTakeDown(row pgx.CollectableRow) (moderation.TakeDown, error) {
	var t moderation.TakeDown
	err := row.Scan(&t.ID, &t.PackID, &t.WithAccount, &t.Reason, &t.FilesKept, &t.Listed, &t.Unpublished, &t.By, &t.At)
	t.At = t.At.UTC()
	return t, err
}

func (s *ModerationStore) takeDowns(ctx context.Context, where string, args ...any) ([]moderation.TakeDown, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, takeDownSQL+where, args...)
	if err != nil {
		return nil, translate(err, "take-downs")
	}
	list, err := pgx.CollectRows(rows, scanTakeDown)
	return list, translate(err, "take-downs")
}

func (s *ModerationStore) takeDown(ctx context.Context, where string, args ...any) (moderation.TakeDown, error) {
	list, err := s.takeDowns(ctx, where, args...)
	return only(list, err, "take-down")
}

// OpenTakeDown implements moderation.Store.
func (s *ModerationStore) OpenTakeDown(ctx context.Context, packID string) (moderation.TakeDown, error) {
	return s.takeDown(ctx, "WHERE t.pack_id = $1 AND t.ended_at IS NULL", packID)
}

// TakeDownByID implements moderation.Store.
func (s *ModerationStore) TakeDownByID(ctx context.Context, id string) (moderation.TakeDown, error) {
	return s.takeDown(ctx, "WHERE t.id = $1", id)
}

// EndTakeDown implements moderation.Store.
func (s *ModerationStore) EndTakeDown(ctx context.Context, packID string, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE take_downs SET ended_at = $2 WHERE pack_id = $1 AND ended_at IS NULL", packID, at)
	return translate(err, "take-down")
}

// Suspended implements moderation.Store.
func (s *ModerationStore) Suspended(ctx context.Context, producerID string) ([]moderation.TakeDown, error) {
	return s.takeDowns(ctx, "JOIN packs p ON p.id = t.pack_id WHERE p.producer_id = $1 AND t.with_account AND t.ended_at IS NULL ORDER BY t.pack_id", producerID)
}

// Owners implements moderation.Store. The producer's own copies and locked accounts are left out.
func (s *ModerationStore) Owners(ctx context.Context, packID, after string, limit int) ([]moderation.Reader, error) {
	return s.readers(ctx, `SELECT a.id::text, a.name, a.email, a.locale FROM accounts a
		WHERE a.disabled_at IS NULL AND ($2::uuid IS NULL OR a.id > $2) AND EXISTS (
			SELECT 1 FROM entitlements e WHERE e.account_id = a.id AND e.pack_id = $1 AND e.ended_at IS NULL AND e.producer_id <> a.id)
		ORDER BY a.id LIMIT $3`, packID, null(after), limit)
}

// Reporters implements moderation.Store.
func (s *ModerationStore) Reporters(ctx context.Context, caseID, after string, limit int) ([]moderation.Reader, error) {
	return s.readers(ctx, `SELECT r.id::text, coalesce(a.name, 'there'), coalesce(a.email, r.email), coalesce(a.locale, 'en') FROM reports r
		LEFT JOIN accounts a ON a.id = r.reporter_id
		WHERE r.case_id = $1 AND ($2::uuid IS NULL OR r.id > $2) AND a.disabled_at IS NULL ORDER BY r.id LIMIT $3`, caseID, null(after), limit)
}

func (s *ModerationStore) readers(ctx context.Context, sql string, args ...any) ([]moderation.Reader, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err, "readers")
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[moderation.Reader])
	return list, translate(err, "readers")
}

// AccountFacts implements moderation.Store.
func (s *ModerationStore) AccountFacts(ctx context.Context, id string) (api.AdminAccountDetail, error) {
	out := api.AdminAccountDetail{Packs: map[api.PackState]int{}, Suspended: []api.PackName{}, Earned: map[string]api.Earning{}}
	err := s.db.Snapshot(ctx, func(ctx context.Context) error {
		q := s.db.pgx(ctx)
		if err := q.QueryRow(ctx, `SELECT (SELECT max(created_at) FROM sessions WHERE account_id = $1), (SELECT count(*) FROM sessions WHERE account_id = $1 AND expires_at > now()),
			(SELECT count(*) FROM api_tokens WHERE account_id = $1 AND (expires_at IS NULL OR expires_at > now())),
			(SELECT count(*) FROM entitlements WHERE producer_id = $1 AND ended_at IS NULL),
			(SELECT count(*) FROM entitlements WHERE account_id = $1 AND ended_at IS NULL)`, id).
			Scan(&out.LastSignInAt, &out.Sessions, &out.Tokens, &out.Sold, &out.Bought); err != nil {
			return err
		}
		out.LastSignInAt = utc(out.LastSignInAt)
		rows, err := q.Query(ctx, "SELECT state, count(*) FROM packs WHERE producer_id = $1 GROUP BY state", id)
		if err != nil {
			return err
		}
		var state api.PackState
		var n int
		if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { out.Packs[state] = n; return nil }); err != nil {
			return err
		}
		if rows, err = q.Query(ctx, `SELECT p.id::text, p.slug, p.title FROM take_downs t JOIN packs p ON p.id = t.pack_id
			WHERE p.producer_id = $1 AND t.with_account AND t.ended_at IS NULL ORDER BY lower(p.title), p.id`, id); err != nil {
			return err
		}
		suspended, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.PackName])
		if err != nil {
			return err
		}
		out.Suspended = orEmpty(suspended)
		if rows, err = q.Query(ctx, "SELECT currency, coalesce(sum(net + commission), 0)::bigint, coalesce(sum(net), 0)::bigint FROM ("+salesSQL+") s GROUP BY currency",
			string(ledger.Producer(id))); err != nil {
			return err
		}
		var currency string
		var earned api.Earning
		_, err = pgx.ForEachRow(rows, []any{&currency, &earned.Gross, &earned.Net}, func() error { out.Earned[currency] = earned; return nil })
		return err
	})
	return out, translate(err, "account")
}

// Packs implements moderation.Store.
func (s *ModerationStore) Packs(ctx context.Context, q api.AdminPackQuery) ([]api.AdminPack, error) {
	var id, producerID *string
	producer := q.Producer
	if tx.ValidID(q.Text) {
		id = &q.Text
	}
	if tx.ValidID(producer) {
		producerID, producer = &q.Producer, ""
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `
		SELECT p.id, p.slug, p.title, coalesce('covers/' || coalesce(p.cover_sha256, p.drawn_cover), ''), a.id, a.handle, a.name, a.disabled_at IS NOT NULL,
			p.state, p.listed, p.unpublished, p.taken_down_for, coalesce(t.with_account, false), coalesce(t.files_kept, true), coalesce(t.listed, false), coalesce(t.at, p.updated_at),
			coalesce(l.sounds, (SELECT count(*) FROM sounds x WHERE x.pack_id = p.id)),
			(SELECT count(DISTINCT e.account_id) FROM entitlements e WHERE e.pack_id = p.id AND e.ended_at IS NULL),
			(SELECT count(*) FROM reports r JOIN report_cases c ON c.id = r.case_id WHERE c.pack_id = p.id AND c.state = 'open'),
			coalesce((SELECT x.id::text FROM appeals x WHERE x.pack_id = p.id AND x.state = 'open'), ''),
			p.revision, p.demo, p.created_at, p.updated_at, p.published_at
		FROM packs p JOIN accounts a ON a.id = p.producer_id
		LEFT JOIN listings l ON l.pack_id = p.id
		LEFT JOIN take_downs t ON t.pack_id = p.id AND t.ended_at IS NULL
		WHERE ($1::uuid IS NULL OR p.id < $1) AND ($2 = '' OR p.state = $2)
			AND ($3::uuid IS NULL OR p.producer_id = $3) AND ($4 = '' OR a.id = (SELECT account_id FROM handles WHERE handle = lower($4)))
			AND ($5 = '' OR p.id = $6::uuid OR p.title ILIKE $5 OR p.slug ILIKE $5 OR a.handle ILIKE $5)
		ORDER BY p.id DESC LIMIT $7`, null(q.Cursor), string(q.State), producerID, producer, containing(q.Text), id, q.Limit)
	if err != nil {
		return nil, translate(err, "packs")
	}
	defer rows.Close()
	out := []api.AdminPack{}
	for rows.Next() {
		var p api.AdminPack
		var down api.TakenDown
		if err := rows.Scan(&p.ID, &p.Slug, &p.Title, &p.CoverKey, &p.Producer.ID, &p.Producer.Handle, &p.Producer.Name, &p.ProducerDisabled,
			&p.State, &p.Listed, &p.Unpublished, &down.Reason, &down.WithAccount, &down.FilesKept, &down.Listed, &down.At, &p.Sounds, &p.Owners, &p.OpenReports, &p.OpenAppeal,
			&p.Revision, &p.Demo, &p.CreatedAt, &p.UpdatedAt, &p.PublishedAt); err != nil {
			return nil, translate(err, "packs")
		}
		if p.State == api.PackTakenDown {
			down.At = down.At.UTC()
			p.TakenDown = &down
		}
		p.CreatedAt, p.UpdatedAt, p.PublishedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC(), utc(p.PublishedAt)
		out = append(out, p)
	}
	return out, translate(rows.Err(), "packs")
}

// AddAppeal implements moderation.Store.
func (s *ModerationStore) AddAppeal(ctx context.Context, a api.Appeal, takeDownID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO appeals (id, pack_id, take_down_id, text, created_at) VALUES ($1, $2, $3, $4, $5)",
		a.ID, a.PackID, takeDownID, a.Text, a.CreatedAt)
	return translate(err, "appeal")
}

const appealSQL = `SELECT x.id, x.pack_id, x.text, x.state, x.answer, x.created_at, x.resolved_at, p.id, p.slug, p.title, p.state, a.id, a.handle, a.name,
	t.reason, coalesce(b.email, '')
	FROM appeals x JOIN packs p ON p.id = x.pack_id JOIN accounts a ON a.id = p.producer_id JOIN take_downs t ON t.id = x.take_down_id
	LEFT JOIN accounts b ON b.id = x.resolved_by `

func (s *ModerationStore) appeals(ctx context.Context, where string, args ...any) ([]api.AdminAppeal, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, appealSQL+where, args...)
	if err != nil {
		return nil, translate(err, "appeals")
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.AdminAppeal, error) {
		var x api.AdminAppeal
		err := row.Scan(&x.ID, &x.PackID, &x.Text, &x.State, &x.Answer, &x.CreatedAt, &x.ResolvedAt, &x.Pack.ID, &x.Pack.Slug, &x.Pack.Title, &x.PackState,
			&x.Producer.ID, &x.Producer.Handle, &x.Producer.Name, &x.Reason, &x.ResolvedBy)
		x.CreatedAt, x.ResolvedAt = x.CreatedAt.UTC(), utc(x.ResolvedAt)
		return x, err
	})
	return orEmpty(list), translate(err, "appeals")
}

// PackAppeals implements moderation.Store.
func (s *ModerationStore) PackAppeals(ctx context.Context, packID string) ([]api.Appeal, error) {
	found, err := s.appeals(ctx, "WHERE x.pack_id = $1 ORDER BY x.id DESC LIMIT 100", packID)
	list := make([]api.Appeal, 0, len(found))
	for _, x := range found {
		list = append(list, x.Appeal)
	}
	return list, err
}

// Appeal implements moderation.Store.
func (s *ModerationStore) Appeal(ctx context.Context, id string) (api.AdminAppeal, error) {
	list, err := s.appeals(ctx, "WHERE x.id = $1", id)
	return only(list, err, "appeal")
}

// Appeals implements moderation.Store.
func (s *ModerationStore) Appeals(ctx context.Context, q api.AppealQuery) ([]api.AdminAppeal, error) {
	where, args := queue("x", string(q.State), q.Cursor, q.Limit)
	return s.appeals(ctx, where, args...)
}

// queue selects rows of a state, or all: what is open oldest first, anything else newest first.
func queue(table, state, cursor string, limit int) (where string, args []any) {
	after, order := "<", "DESC"
	if state == "open" {
		after, order = ">", "ASC"
	}
	return fmt.Sprintf("WHERE ($1 = 'all' OR %[1]s.state = $1) AND ($2::uuid IS NULL OR %[1]s.id %[2]s $2) ORDER BY %[1]s.id %[3]s LIMIT $3", table, after, order),
		[]any{state, null(cursor), limit}
}

// LockAppeal implements moderation.Store.
func (s *ModerationStore) LockAppeal(ctx context.Context, id string) (api.AppealState, error) {
	var state api.AppealState
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT state FROM appeals WHERE id = $1 FOR UPDATE", id).Scan(&state)
	return state, translate(err, "appeal")
}

// OpenAppeal implements moderation.Store.
func (s *ModerationStore) OpenAppeal(ctx context.Context, packID string) (string, error) {
	var id string
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT id FROM appeals WHERE pack_id = $1 AND state = 'open' FOR UPDATE", packID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return id, translate(err, "appeal")
}

// AnswerAppeal implements moderation.Store.
func (s *ModerationStore) AnswerAppeal(ctx context.Context, id string, a moderation.Answer) error {
	state := api.AppealRefused
	if a.Granted {
		state = api.AppealGranted
	}
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE appeals SET state = $2, answer = $3, resolved_by = $4, resolved_at = $5 WHERE id = $1",
		id, string(state), a.Text, null(a.By), a.At)
	return translate(err, "appeal")
}

// Thing implements moderation.Store.
func (s *ModerationStore) Thing(ctx context.Context, kind, id string) (moderation.Thing, error) {
	t := moderation.Thing{Kind: kind, ID: id}
	sql := "SELECT pack_id, producer_id, title FROM listings WHERE pack_id = $1"
	if kind == api.ReportSound {
		sql = "SELECT s.pack_id, l.producer_id, s.name FROM listing_sounds s JOIN listings l ON l.pack_id = s.pack_id WHERE s.sound_id = $1"
	}
	err := s.db.pgx(ctx).QueryRow(ctx, sql, id).Scan(&t.PackID, &t.ProducerID, &t.Name)
	return t, translate(err, kind)
}

// AddReport implements moderation.Store. The open case's row is locked, so that nobody answers it meanwhile.
func (s *ModerationStore) AddReport(ctx context.Context, t moderation.Thing, r moderation.Report) (string, error) {
	q := s.db.pgx(ctx)
	var caseID string
	if err := q.QueryRow(ctx, `INSERT INTO report_cases AS c (id, kind, subject_id, pack_id, producer_id, name, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (kind, subject_id) WHERE state = 'open' DO UPDATE SET name = excluded.name RETURNING id`,
		tx.NewID(), t.Kind, t.ID, t.PackID, t.ProducerID, t.Name, r.At).Scan(&caseID); err != nil {
		return "", translate(err, "report")
	}
	var id string
	err := q.QueryRow(ctx, `WITH new AS (
			INSERT INTO reports (id, case_id, reason, text, email, reporter_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (case_id, lower(email)) DO NOTHING RETURNING id)
		SELECT id FROM new UNION ALL SELECT id FROM reports WHERE case_id = $2 AND lower(email) = lower($5) LIMIT 1`,
		r.ID, caseID, r.Reason, r.Text, r.Email, null(r.ReporterID), r.At).Scan(&id)
	return id, translate(err, "report")
}

// Cases implements moderation.Store.
func (s *ModerationStore) Cases(ctx context.Context, q api.ReportQuery) ([]api.AdminReport, error) {
	where, args := queue("c", string(q.State), q.Cursor, q.Limit)
	return s.cases(ctx, where, args...)
}

// Case implements moderation.Store.
func (s *ModerationStore) Case(ctx context.Context, id string) (api.AdminReport, error) {
	list, err := s.cases(ctx, "WHERE c.id = $1", id)
	return only(list, err, "report")
}

// shownReports is how many reports of a case are read with it.
const shownReports = 20

func (s *ModerationStore) cases(ctx context.Context, where string, args ...any) ([]api.AdminReport, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT c.id, c.kind, c.subject_id, c.name, c.pack_id, coalesce(p.slug, ''), coalesce(p.title, ''), coalesce(p.state, 'deleted'),
			c.producer_id, coalesce(a.handle, ''), coalesce(a.name, ''), c.state, c.note, coalesce(b.email, ''), c.resolved_at,
			r.total, r.oldest, r.newest, r.reasons, r.shown
		FROM report_cases c
		LEFT JOIN packs p ON p.id = c.pack_id
		LEFT JOIN accounts a ON a.id = c.producer_id
		LEFT JOIN accounts b ON b.id = c.resolved_by
		CROSS JOIN LATERAL (
			SELECT sum(n)::int AS total, min(first) AS oldest, max(last) AS newest, jsonb_object_agg(reason, n) AS reasons,
				(SELECT jsonb_agg(jsonb_build_object('id', x.id, 'reason', x.reason, 'text', x.text, 'email', x.email,
					'reporter_id', coalesce(x.reporter_id::text, ''), 'at', x.created_at) ORDER BY x.id)
				FROM (SELECT * FROM reports WHERE case_id = c.id ORDER BY id LIMIT `+fmt.Sprint(shownReports)+`) x) AS shown
			FROM (SELECT reason, count(*) AS n, min(created_at) AS first, max(created_at) AS last FROM reports WHERE case_id = c.id GROUP BY reason) g) r `+
		where, args...)
	if err != nil {
		return nil, translate(err, "reports")
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.AdminReport, error) {
		var c api.AdminReport
		var reasons, shown []byte
		if err := row.Scan(&c.ID, &c.Kind, &c.SubjectID, &c.Name, &c.Pack.ID, &c.Pack.Slug, &c.Pack.Title, &c.PackState,
			&c.Producer.ID, &c.Producer.Handle, &c.Producer.Name, &c.State, &c.Note, &c.ResolvedBy, &c.ResolvedAt,
			&c.Count, &c.OldestAt, &c.NewestAt, &reasons, &shown); err != nil {
			return c, err
		}
		c.OldestAt, c.NewestAt, c.ResolvedAt = c.OldestAt.UTC(), c.NewestAt.UTC(), utc(c.ResolvedAt)
		return c, errors.Join(json.Unmarshal(reasons, &c.Reasons), json.Unmarshal(shown, &c.Reports))
	})
	return orEmpty(list), translate(err, "reports")
}

// LockCase implements moderation.Store.
func (s *ModerationStore) LockCase(ctx context.Context, id string) (api.ReportState, error) {
	var state api.ReportState
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT state FROM report_cases WHERE id = $1 FOR UPDATE", id).Scan(&state)
	return state, translate(err, "report")
}

// OpenCases implements moderation.Store.
func (s *ModerationStore) OpenCases(ctx context.Context, packID string) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT id::text FROM report_cases WHERE pack_id = $1 AND state = 'open' ORDER BY id FOR UPDATE", packID)
	if err != nil {
		return nil, translate(err, "reports")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "reports")
}

// AnswerCase implements moderation.Store.
func (s *ModerationStore) AnswerCase(ctx context.Context, id string, state api.ReportState, note string, a moderation.Answer) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE report_cases SET state = $2, note = $3, resolved_by = $4, resolved_at = $5 WHERE id = $1",
		id, string(state), note, null(a.By), a.At)
	return translate(err, "report")
}
