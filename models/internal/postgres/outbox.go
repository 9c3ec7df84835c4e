package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"crateful.dev/kit/telemetry"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/tx"
)

// OutboxChannel is notified at the commit of every transaction that appended an event.
const OutboxChannel = "outbox"

// Append writes an event into the outbox of the running transaction.
func (db *DB) Append(ctx context.Context, subject string, revision int64, data events.Data) error {
	t := db.current(ctx)
	if t == nil {
		return fmt.Errorf("append %s: there is no transaction", data.EventType())
	}
	id := tx.NewID()
	now := time.Now().UTC().Truncate(time.Microsecond)
	envelope, err := events.New(id, subject, revision, now, telemetry.Traceparent(ctx), data)
	if err != nil {
		return err
	}
	message, err := json.Marshal(envelope)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", envelope.Type, err)
	}
	_, err = t.pgx.Exec(ctx, `WITH new AS (
		INSERT INTO outbox (event_id, topic, key, type, revision, committed_at, message) VALUES ($1, $2, $3, $4, $5, $6, $7))
		SELECT pg_notify('`+OutboxChannel+`', '')`,
		id, data.Topic(), subject, envelope.Type, revision, now, message)
	if err != nil {
		return translate(fmt.Errorf("append %s: %w", envelope.Type, err), "")
	}
	return nil
}

// SentEvent tells where an event is on its way.
type SentEvent struct {
	EventID     string
	Type        string
	CommittedAt time.Time
	SentAt      *time.Time // nil: not yet
	Partition   int
	Offset      int64
}

// SentEvent finds the event of a subject's revision. Sent events are kept for a week, the newest of a subject longer.
func (db *DB) SentEvent(ctx context.Context, topic, subject string, revision int64) (SentEvent, error) {
	var e SentEvent
	var partition *int
	var offset *int64
	err := db.pgx(ctx).QueryRow(ctx, `SELECT event_id, type, committed_at, sent_at, partition, kafka_offset
		FROM outbox WHERE topic = $1 AND key = $2 AND revision = $3 ORDER BY id DESC LIMIT 1`, topic, subject, revision).
		Scan(&e.EventID, &e.Type, &e.CommittedAt, &e.SentAt, &partition, &offset)
	if err != nil {
		return SentEvent{}, translate(err, "event")
	}
	if partition != nil && offset != nil {
		e.Partition, e.Offset = *partition, *offset
	}
	return e, nil
}

// PruneOutbox deletes events sent before the given time, but for the newest of each pack, and tells how many. Dead letters that
// were sent again are older states and do not count.
func (db *DB) PruneOutbox(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		tag, err := db.pool.Exec(ctx, `DELETE FROM outbox WHERE id IN (
			SELECT o.id FROM outbox o WHERE o.sent_at < $1
			AND (o.topic <> 'packs' OR o.headers IS NOT NULL
				OR EXISTS (SELECT 1 FROM outbox n WHERE n.topic = o.topic AND n.key = o.key AND n.id > o.id AND n.headers IS NULL))
			ORDER BY o.sent_at LIMIT 5000)`, before)
		if err != nil {
			return total, translate(fmt.Errorf("prune outbox: %w", err), "")
		}
		total += tag.RowsAffected()
		if tag.RowsAffected() < 5000 {
			return total, nil
		}
	}
}

// OutboxAge is how long the oldest unsent event has been waiting, and how many wait.
func (db *DB) OutboxAge(ctx context.Context) (oldest time.Duration, waiting int64, err error) {
	var seconds float64
	err = db.pool.QueryRow(ctx, `SELECT coalesce(extract(epoch FROM now() - min(committed_at)), 0)::float8, count(*) FROM outbox WHERE sent_at IS NULL`).
		Scan(&seconds, &waiting)
	if err != nil {
		return 0, 0, translate(fmt.Errorf("read outbox age: %w", err), "")
	}
	return time.Duration(seconds * float64(time.Second)), waiting, nil
}
