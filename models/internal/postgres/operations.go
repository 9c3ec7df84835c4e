package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/operations"
)

// OperationsStore tells operators how things stand.
type OperationsStore struct{ db *DB }

// NewOperationsStore returns an operations.Store over db.
func NewOperationsStore(db *DB) *OperationsStore { return &OperationsStore{db} }

var _ operations.Store = (*OperationsStore)(nil)

// failedJobs are jobs that failed for the last time or three times in a row, and whose work was not done later.
const failedJobs = `(j.state = 'discarded' OR j.state = 'retryable' AND j.attempt >= 3) AND NOT EXISTS (
	SELECT 1 FROM river_job l WHERE l.kind = j.kind AND l.args = j.args AND l.state = 'completed' AND l.id > j.id)`

// crashedFiles are files that were refused because the analyzer crashed on them, and that no admin has looked at since.
const crashedFiles = `u.state = 'refused' AND u.reason = 'analyzer_crashed' AND u.removed_at IS NULL
	AND u.updated_at > now() - interval '7 days' AND (u.dismissed_at IS NULL OR u.dismissed_at < u.updated_at)`

// Needs implements operations.Store.
func (s *OperationsStore) Needs(ctx context.Context) ([]api.OperatorNeed, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT kind, n, oldest, detail FROM (
		SELECT 'stuck_orders' AS kind, count(DISTINCT order_id) AS n, min(at) AS oldest, '' AS detail FROM (`+stuckOrders+`) stuck
		UNION ALL SELECT 'book_differences', count(*), min(found_at), coalesce(mode() WITHIN GROUP (ORDER BY kind), '') FROM book_differences WHERE cleared_at IS NULL
		UNION ALL SELECT 'stopped_accounts', count(*), NULL, coalesce(mode() WITHIN GROUP (ORDER BY disabled_reason), '') FROM connected_accounts WHERE `+stoppedAccounts+`
		UNION ALL SELECT 'refused_files', count(*), min(updated_at), '' FROM uploads u WHERE `+crashedFiles+`
		UNION ALL SELECT 'outbox', count(*), min(committed_at), coalesce((array_agg(topic || ': ' || refusal ORDER BY id) FILTER (WHERE refusals > 0))[1], '')
			FROM outbox WHERE sent_at IS NULL HAVING min(committed_at) < now() - interval '30 seconds'
		UNION ALL SELECT 'failed_jobs', count(*), min(j.created_at), coalesce(mode() WITHIN GROUP (ORDER BY j.kind), '') FROM river_job j WHERE `+failedJobs+`
		UNION ALL SELECT 'missing_objects', count(*), min(first_reported_at), '' FROM missing_objects
		UNION ALL SELECT 'appeals', count(*), min(created_at), '' FROM appeals WHERE state = 'open'
		UNION ALL SELECT 'reports', count(*), min(opened_at), '' FROM report_cases WHERE state = 'open'
		) needs WHERE n > 0`)
	if err != nil {
		return nil, translate(err, "needs")
	}
	defer rows.Close()
	out := []api.OperatorNeed{}
	for rows.Next() {
		var n api.OperatorNeed
		if err := rows.Scan(&n.Kind, &n.Count, &n.OldestAt, &n.Detail); err != nil {
			return nil, translate(err, "needs")
		}
		n.OldestAt = utc(n.OldestAt)
		out = append(out, n)
	}
	return out, translate(rows.Err(), "needs")
}

// Outbox implements operations.Store.
func (s *OperationsStore) Outbox(ctx context.Context, lanes int) (api.Outbox, error) {
	out := api.Outbox{Lanes: []api.OutboxLane{}}
	err := s.db.Snapshot(ctx, func(ctx context.Context) error {
		if err := s.db.pgx(ctx).QueryRow(ctx, `SELECT count(*), min(committed_at), (SELECT max(sent_at) FROM outbox WHERE sent_at IS NOT NULL)
			FROM outbox WHERE sent_at IS NULL`).Scan(&out.Waiting, &out.OldestAt, &out.LastSentAt); err != nil {
			return err
		}
		rows, err := s.db.pgx(ctx).Query(ctx, `SELECT l.topic, l.key, l.waiting, o.committed_at, o.event_id, o.type, o.revision, octet_length(o.message),
			o.refusals, o.refused_at, o.refusal
			FROM (SELECT topic, key, count(*) AS waiting, min(id) AS first FROM outbox WHERE sent_at IS NULL GROUP BY topic, key ORDER BY first LIMIT $1) l
			JOIN outbox o ON o.id = l.first ORDER BY o.id`, lanes)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l api.OutboxLane
			if err := rows.Scan(&l.Topic, &l.Key, &l.Waiting, &l.OldestAt, &l.EventID, &l.Type, &l.Revision, &l.Bytes, &l.Refusals, &l.RefusedAt, &l.Refusal); err != nil {
				return err
			}
			l.OldestAt, l.RefusedAt = l.OldestAt.UTC(), utc(l.RefusedAt)
			out.Lanes = append(out.Lanes, l)
		}
		return rows.Err()
	})
	out.OldestAt, out.LastSentAt = utc(out.OldestAt), utc(out.LastSentAt)
	return out, translate(err, "outbox")
}

// NextOpen implements operations.Store.
func (s *OperationsStore) NextOpen(ctx context.Context, topic string, from int64) (int64, error) {
	var next int64
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM dead_letters WHERE topic = $1 AND partition = 0 AND "offset" = $2) THEN $2 ELSE (
		SELECT d."offset" + 1 FROM dead_letters d WHERE d.topic = $1 AND d.partition = 0 AND d."offset" >= $2 AND NOT EXISTS (
			SELECT 1 FROM dead_letters n WHERE n.topic = $1 AND n.partition = 0 AND n."offset" = d."offset" + 1)
		ORDER BY d."offset" LIMIT 1) END`, topic, from).Scan(&next)
	return next, translate(err, "dead letters")
}

// Dealt implements operations.Store.
func (s *OperationsStore) Dealt(ctx context.Context, topic string, from int64) (int64, error) {
	var n int64
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT count(*) FROM dead_letters WHERE topic = $1 AND partition = 0 AND "offset" >= $2`, topic, from).Scan(&n)
	return n, translate(err, "dead letters")
}

// Outcomes implements operations.Store.
func (s *OperationsStore) Outcomes(ctx context.Context, topic string, offsets []int64) (map[int64]operations.Dealt, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT "offset", outcome, dealt_at FROM dead_letters WHERE topic = $1 AND partition = 0 AND "offset" = ANY ($2)`, topic, offsets)
	if err != nil {
		return nil, translate(err, "dead letters")
	}
	out := map[int64]operations.Dealt{}
	var offset int64
	var d operations.Dealt
	_, err = pgx.ForEachRow(rows, []any{&offset, &d.Outcome, &d.At}, func() error {
		d.At = d.At.UTC()
		out[offset] = d
		return nil
	})
	return out, translate(err, "dead letters")
}

// Deal implements operations.Store.
func (s *OperationsStore) Deal(ctx context.Context, topic string, offset int64, outcome api.DeadOutcome, eventID string) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO dead_letters (topic, partition, "offset", outcome, event_id, actor_id, dealt_at)
		VALUES ($1, 0, $2, $3, $4, $5, clock_timestamp()) ON CONFLICT DO NOTHING`, topic, offset, string(outcome), null(eventID), null(auth.From(ctx).AccountID))
	return tag.RowsAffected() == 1, translate(err, "dead letter")
}

// Resend implements operations.Store. Its revision is 0: it is no new state of its subject.
func (s *OperationsStore) Resend(ctx context.Context, m operations.Resent) error {
	headers, err := json.Marshal(m.Headers)
	if err != nil {
		return fmt.Errorf("encode headers: %w", err)
	}
	_, err = s.db.pgx(ctx).Exec(ctx, `WITH new AS (
		INSERT INTO outbox (event_id, topic, key, type, revision, committed_at, message, headers) VALUES ($1, $2, $3, $4, 0, clock_timestamp(), $5, $6))
		SELECT pg_notify('`+OutboxChannel+`', '')`, m.EventID, m.Topic, m.Key, m.Type, m.Value, headers)
	return translate(err, "dead letter")
}

// Newest implements operations.Store.
func (s *OperationsStore) Newest(ctx context.Context, packID string) (int64, error) {
	var row, event int64
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT revision FROM packs WHERE id = $1 FOR UPDATE", packID).Scan(&row)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, translate(err, "pack")
	}
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT coalesce(max(revision), 0) FROM outbox WHERE topic = $1 AND key = $2", events.TopicPacks, packID).Scan(&event)
	if row == 0 {
		return event, translate(err, "event")
	}
	// A pack's row may be ahead of what was ever told of it: what counts is the newest event.
	if event == 0 {
		event = row
	}
	return event, translate(err, "event")
}

// ForgetDead implements operations.Store. What lies past the end was in a topic that is gone.
func (s *OperationsStore) ForgetDead(ctx context.Context, topic string, first, end int64) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `DELETE FROM dead_letters WHERE topic = $1 AND partition = 0 AND ("offset" < $2 OR "offset" >= $3)
		AND dealt_at < now() - interval '1 minute'`, topic, first, end)
	return translate(err, "dead letters")
}

const jobColumns = `j.id, j.kind, j.state::text, j.attempt, j.max_attempts, coalesce(j.errors[array_upper(j.errors, 1)]->>'error', ''), j.created_at, j.scheduled_at,
	j.attempted_at, j.finalized_at`

func scanJob(row pgx.CollectableRow) (api.Job, error) {
	var j api.Job
	err := row.Scan(&j.ID, &j.Kind, &j.State, &j.Attempt, &j.MaxAttempts, &j.Error, &j.CreatedAt, &j.ScheduledAt, &j.AttemptedAt, &j.FinalizedAt)
	j.CreatedAt, j.ScheduledAt, j.AttemptedAt, j.FinalizedAt = j.CreatedAt.UTC(), j.ScheduledAt.UTC(), utc(j.AttemptedAt), utc(j.FinalizedAt)
	return j, err
}

// Jobs implements operations.Store.
func (s *OperationsStore) Jobs(ctx context.Context, q operations.JobQuery) (api.Jobs, error) {
	out := api.Jobs{Counts: map[string]int64{}, Kinds: []string{}}
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT kind, state::text, count(*) FROM river_job GROUP BY kind, state ORDER BY kind")
	if err != nil {
		return out, translate(err, "jobs")
	}
	var kind, state string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&kind, &state, &n}, func() error {
		out.Counts[state] += n
		if len(out.Kinds) == 0 || out.Kinds[len(out.Kinds)-1] != kind {
			out.Kinds = append(out.Kinds, kind)
		}
		return nil
	}); err != nil {
		return out, translate(err, "jobs")
	}
	where := "($1 = '' OR j.state::text = $1) AND ($2 = '' OR j.kind = $2) AND ($3 = 0 OR j.id < $3)"
	if q.Failed {
		where += " AND " + failedJobs
	}
	rows, err = s.db.pgx(ctx).Query(ctx, "SELECT "+jobColumns+" FROM river_job j WHERE "+where+" ORDER BY j.id DESC LIMIT $4", q.State, q.Kind, q.Before, q.Limit)
	if err != nil {
		return out, translate(err, "jobs")
	}
	out.Jobs, err = pgx.CollectRows(rows, scanJob)
	out.Jobs = orEmpty(out.Jobs)
	return out, translate(err, "jobs")
}

// Job implements operations.Store. In a transaction it stays as it is until that ends.
func (s *OperationsStore) Job(ctx context.Context, id int64) (api.Job, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT "+jobColumns+" FROM river_job j WHERE j.id = $1 FOR UPDATE", id)
	if err != nil {
		return api.Job{}, translate(err, "job")
	}
	j, err := pgx.CollectExactlyOneRow(rows, scanJob)
	return j, translate(err, "job")
}

// GiveUp implements operations.Store.
func (s *OperationsStore) GiveUp(ctx context.Context, id int64) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE river_job SET state = 'cancelled' WHERE id = $1 AND state = 'discarded'", id)
	return translate(err, "job")
}

// sweepTime is how long a sweep may take; one that has not ended then never will.
const sweepTime = 5 * time.Hour

const sweepColumns = "id::text, asked, asked_at, begun_at, ended_at, removed, missing, error"

func scanSweep(row pgx.CollectableRow) (api.Sweep, error) {
	var w api.Sweep
	err := row.Scan(&w.ID, &w.Asked, &w.AskedAt, &w.BegunAt, &w.EndedAt, &w.Removed, &w.Missing, &w.Error)
	w.AskedAt, w.BegunAt, w.EndedAt = w.AskedAt.UTC(), utc(w.BegunAt), utc(w.EndedAt)
	w.Abandoned = w.EndedAt == nil && w.BegunAt != nil && time.Since(*w.BegunAt) > sweepTime
	return w, err
}

func (s *OperationsStore) sweep(ctx context.Context, condition string) (*api.Sweep, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT "+sweepColumns+" FROM sweeps WHERE "+condition+" LIMIT 1")
	if err != nil {
		return nil, translate(err, "sweeps")
	}
	found, err := pgx.CollectRows(rows, scanSweep)
	if err != nil || len(found) == 0 {
		return nil, translate(err, "sweeps")
	}
	return &found[0], nil
}

// AskSweep implements operations.Store.
func (s *OperationsStore) AskSweep(ctx context.Context, id string) (api.Sweep, error) {
	if _, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO sweeps (id, asked, asked_at) VALUES ($1, true, clock_timestamp()) ON CONFLICT DO NOTHING", id); err != nil {
		return api.Sweep{}, translate(err, "sweep")
	}
	found, err := s.sweep(ctx, "begun_at IS NULL ORDER BY asked_at FOR UPDATE")
	if err != nil {
		return api.Sweep{}, err
	}
	if found == nil { // taken in this moment
		return s.AskSweep(ctx, id)
	}
	return *found, nil
}

// BeginSweep implements operations.Store.
func (s *OperationsStore) BeginSweep(ctx context.Context, id string, due bool) (string, error) {
	var begun string
	err := s.db.pgx(ctx).QueryRow(ctx, `UPDATE sweeps SET begun_at = clock_timestamp() WHERE id = (
		SELECT id FROM sweeps WHERE begun_at IS NULL ORDER BY asked_at FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id::text`).Scan(&begun)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return begun, translate(err, "sweep")
	}
	if !due {
		return "", nil
	}
	if _, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM sweeps WHERE asked_at < now() - interval '90 days'"); err != nil {
		return "", translate(err, "sweeps")
	}
	_, err = s.db.pgx(ctx).Exec(ctx, "INSERT INTO sweeps (id, asked, asked_at, begun_at) VALUES ($1, false, clock_timestamp(), clock_timestamp())", id)
	return id, translate(err, "sweep")
}

// EndSweep implements operations.Store.
func (s *OperationsStore) EndSweep(ctx context.Context, id string, in api.SweepEnd) error {
	var begun time.Time
	err := s.db.pgx(ctx).QueryRow(ctx, `UPDATE sweeps SET ended_at = coalesce(ended_at, clock_timestamp()), removed = $2, missing = $3, error = $4
		WHERE id = $1 AND begun_at IS NOT NULL RETURNING begun_at`, id, in.Removed, in.Missing, in.Error).Scan(&begun)
	if err != nil || in.Error != "" {
		return translate(err, "sweep")
	}
	_, err = s.db.pgx(ctx).Exec(ctx, "DELETE FROM missing_objects WHERE reported_at < $1", begun)
	return translate(err, "missing objects")
}

// Objects implements operations.Store.
func (s *OperationsStore) Objects(ctx context.Context, after string, limit int) (api.StoredObjects, error) {
	var out api.StoredObjects
	err := s.db.Snapshot(ctx, func(ctx context.Context) (err error) {
		if out.LastSweep, err = s.sweep(ctx, "ended_at IS NOT NULL ORDER BY ended_at DESC"); err != nil {
			return err
		}
		if out.Running, err = s.sweep(ctx, "ended_at IS NULL ORDER BY begun_at IS NULL, begun_at DESC, asked_at DESC"); err != nil {
			return err
		}
		if err = s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM missing_objects").Scan(&out.Count); err != nil {
			return err
		}
		rows, err := s.db.pgx(ctx).Query(ctx, `SELECT m.key, m.first_reported_at, m.reported_at, coalesce(p.id::text, ''), coalesce(p.title, '') FROM (
				SELECT * FROM missing_objects WHERE key COLLATE "C" > $1 ORDER BY key COLLATE "C" LIMIT $2) m
			LEFT JOIN packs p ON p.id = CASE split_part(m.key, '/', 1)
				WHEN 'media' THEN coalesce((SELECT pack_id FROM sounds WHERE sha256 = split_part(m.key, '/', 2) LIMIT 1),
					(SELECT pack_id FROM uploads WHERE media_sha256 = split_part(m.key, '/', 2) AND pack_id IS NOT NULL LIMIT 1),
					(SELECT e.pack_id FROM edition_files f JOIN editions e ON e.id = f.edition_id WHERE f.sha256 = split_part(m.key, '/', 2) LIMIT 1))
				WHEN 'previews' THEN coalesce((SELECT pack_id FROM sounds WHERE preview_key = m.key LIMIT 1), (SELECT pack_id FROM listing_sounds WHERE preview_key = m.key LIMIT 1))
				WHEN 'peaks' THEN coalesce((SELECT pack_id FROM sounds WHERE peaks_key = m.key LIMIT 1), (SELECT pack_id FROM listing_sounds WHERE peaks_key = m.key LIMIT 1))
				WHEN 'incoming' THEN (SELECT pack_id FROM uploads WHERE object_key = m.key)
				WHEN 'editions' THEN (SELECT pack_id FROM editions WHERE zip_key = m.key LIMIT 1)
				WHEN 'covers' THEN coalesce((SELECT pack_id FROM uploads WHERE picture = split_part(m.key, '/', 2) AND pack_id IS NOT NULL LIMIT 1),
					(SELECT id FROM packs WHERE drawn_cover = split_part(m.key, '/', 2) OR cover_sha256 = split_part(m.key, '/', 2) LIMIT 1))
				END
			ORDER BY m.key COLLATE "C"`, after, limit)
		if err != nil {
			return err
		}
		out.Missing, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.MissingObject, error) {
			var m api.MissingObject
			err := row.Scan(&m.Key, &m.FirstAt, &m.LastAt, &m.PackID, &m.PackTitle)
			m.FirstAt, m.LastAt = m.FirstAt.UTC(), m.LastAt.UTC()
			return m, err
		})
		return err
	})
	out.Missing = orEmpty(out.Missing)
	return out, translate(err, "missing objects")
}
