package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/kafka"
)

const (
	relayLock    = 0x6f757462 // "outb": who holds this advisory lock relays
	channel      = "outbox"   // postgres.OutboxChannel
	batchRows    = 500
	batchBytes   = 8 << 20
	pollInterval = 500 * time.Millisecond
	gatherTime   = 10 * time.Millisecond // after a first event, for those that are committed with it
	drainTime    = 5 * time.Second       // for a batch under way when the service stops
)

// Writer sends messages and fills in where they went.
type Writer interface {
	Write(ctx context.Context, msgs ...kafka.Message) error
}

// Relay sends events in the order they were appended. Of all copies of the service one relays: the holder of an advisory
// lock that lives and dies with the connection all its reading and marking goes through. Each wave holds one event per
// key, and the next one of that key goes only after Kafka acknowledged it. An event may be sent twice, when the relay
// dies between sending and marking.
type Relay struct {
	pool   *pgxpool.Pool
	kafka  kafka.Config
	writer Writer
	log    *slog.Logger

	sent, refused prometheus.Counter
	leading       prometheus.Gauge
	blocked       map[string]block // by lane
}

// NewRelay returns a relay of the outbox in pool's database.
func NewRelay(pool *pgxpool.Pool, cfg kafka.Config, writer Writer, metrics prometheus.Registerer, log *slog.Logger) *Relay {
	r := &Relay{pool: pool, kafka: cfg, writer: writer, log: log, blocked: map[string]block{}}
	r.sent = prometheus.NewCounter(prometheus.CounterOpts{Name: "crateful_outbox_sent_total", Help: "Events acknowledged by Kafka."})
	r.refused = prometheus.NewCounter(prometheus.CounterOpts{Name: "crateful_outbox_refused_total", Help: "Tries to send an event that failed."})
	r.leading = prometheus.NewGauge(prometheus.GaugeOpts{Name: "crateful_outbox_leading", Help: "1 where this copy relays."})
	metrics.MustRegister(r.sent, r.refused, r.leading)
	return r
}

// Run relays whenever this copy holds the lock, until ctx ends.
func (r *Relay) Run(ctx context.Context) error {
	wait := 100 * time.Millisecond
	for ctx.Err() == nil {
		start := time.Now()
		broke := r.lead(ctx)
		r.leading.Set(0)
		if ctx.Err() != nil {
			break
		}
		r.log.WarnContext(ctx, "relay stopped", "error", broke) // and begins again
		if time.Since(start) > time.Minute {
			wait = 100 * time.Millisecond
		}
		pause(ctx, wait)
		wait = min(wait*2, 5*time.Second)
	}
	return nil //nolint:nilerr // why a relay broke was logged; it ends because it was told to
}

// lead waits for the lock and relays until the connection or something else breaks.
func (r *Relay) lead(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, r.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect relay: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = conn.Close(closing) // the lock goes with the connection either way
	}()
	for {
		var mine bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", relayLock).Scan(&mine); err != nil {
			return fmt.Errorf("take relay lock: %w", err)
		}
		if mine {
			break
		}
		if !pause(ctx, pollInterval) {
			return ctx.Err()
		}
	}
	for {
		ready, err := EnsureTopics(ctx, r.kafka, r.log)
		if err != nil {
			return err
		}
		if ready {
			break
		}
		if !pause(ctx, 2*time.Second) {
			return ctx.Err()
		}
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen to the outbox: %w", err)
	}
	r.leading.Set(1)
	r.log.InfoContext(ctx, "relay leads")
	for {
		sent, failed, err := r.drain(ctx, conn)
		if err != nil {
			return err
		}
		switch {
		case failed > 0 && sent == 0:
			if !pause(ctx, time.Second) {
				return ctx.Err()
			}
		case sent > 0: // there may be more
		default:
			if err := waitForNotice(ctx, conn); err != nil {
				return err
			}
		}
	}
}

func waitForNotice(ctx context.Context, conn *pgx.Conn) error {
	wait, cancel := context.WithTimeout(ctx, pollInterval)
	defer cancel()
	_, err := conn.WaitForNotification(wait)
	switch {
	case err == nil:
		pause(ctx, gatherTime)
		return ctx.Err()
	case ctx.Err() == nil && pgconn.Timeout(err):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("wait for events: %w", err)
}

// block holds a lane back after Kafka refused its first event, longer each time.
type block struct {
	until time.Time
	wait  time.Duration
}

func (b block) again() block {
	wait := min(max(2*b.wait, time.Second), time.Minute)
	return block{until: time.Now().Add(wait), wait: wait}
}

type row struct {
	id         int64
	topic, key string
	kind       string
	message    []byte
	headers    []kafka.Header // of a dead letter that is sent again; nil: the event's type alone
}

// lane is what keeps its order.
func (e row) lane() string { return e.topic + "\n" + e.key }

// drain sends one batch in waves and counts what was sent and what failed.
func (r *Relay) drain(ctx context.Context, conn *pgx.Conn) (sent, failed int, err error) {
	var blocked []string
	for lane, b := range r.blocked {
		if time.Now().Before(b.until) {
			blocked = append(blocked, lane)
		}
	}
	rows, err := fetch(ctx, conn, blocked)
	if err != nil {
		return 0, 0, err
	}
	for len(rows) > 0 {
		var wave, later []row
		taken := map[string]bool{}
		for _, e := range rows {
			switch lane := e.lane(); {
			case time.Now().Before(r.blocked[lane].until): // failed in an earlier wave
			case taken[lane]:
				later = append(later, e)
			default:
				taken[lane] = true
				wave = append(wave, e)
			}
		}
		rows = later
		if len(wave) == 0 {
			continue
		}
		ok, bad, err := r.send(ctx, conn, wave)
		sent, failed = sent+ok, failed+bad
		if err != nil {
			return sent, failed, err
		}
	}
	return sent, failed, nil
}

func fetch(ctx context.Context, conn *pgx.Conn, blocked []string) ([]row, error) {
	if blocked == nil {
		blocked = []string{}
	}
	rows, err := conn.Query(ctx, `
		SELECT id, topic, key, type, message, headers FROM (
			SELECT *, row_number() OVER (ORDER BY id) AS n, sum(octet_length(message)) OVER (ORDER BY id) AS bytes
			FROM (SELECT id, topic, key, type, message, headers FROM outbox
				WHERE sent_at IS NULL AND topic || E'\n' || key <> ALL ($1) ORDER BY id LIMIT $2) AS next
		) AS sized WHERE n = 1 OR bytes <= $3 ORDER BY id`, blocked, batchRows, batchBytes)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(c pgx.CollectableRow) (row, error) {
		var e row
		return e, c.Scan(&e.id, &e.topic, &e.key, &e.kind, &e.message, &e.headers)
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return list, nil
}

// send writes one wave and marks what Kafka acknowledged.
func (r *Relay) send(ctx context.Context, conn *pgx.Conn, wave []row) (sent, failed int, err error) {
	messages := make([]kafka.Message, len(wave))
	for i, e := range wave {
		messages[i] = kafka.Message{Topic: e.topic, Key: []byte(e.key), Value: e.message, Headers: e.headers}
		if e.headers == nil {
			messages[i].Headers = []kafka.Header{{Key: "type", Value: []byte(e.kind)}}
		}
	}
	// A write that was begun is waited for, so that nothing of an abandoned one arrives after its successors.
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, cancel) })
	endSpans := beginSpans(ctx, messages)
	each, writeErr := r.write(writing, messages)
	endSpans(each)
	stop()
	cancel()
	var ids, offsets, refused []int64
	var partitions []int32
	var reasons []string
	for i, e := range wave {
		if each != nil && each[i] != nil {
			failed++
			refused, reasons = append(refused, e.id), append(reasons, shorten(each[i].Error()))
			r.blocked[e.lane()] = r.blocked[e.lane()].again()
			continue
		}
		delete(r.blocked, e.lane())
		ids = append(ids, e.id)
		partitions = append(partitions, int32(messages[i].Partition))
		offsets = append(offsets, messages[i].Offset)
	}
	r.sent.Add(float64(len(ids)))
	r.refused.Add(float64(failed))
	if failed > 0 {
		r.log.WarnContext(ctx, "events not sent", "failed", failed, "sent", len(ids), "error", writeErr)
	}
	marking, cancelMark := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancelMark()
	if len(refused) > 0 {
		if _, err := conn.Exec(marking, `UPDATE outbox SET refusals = refusals + 1, refused_at = clock_timestamp(), refusal = u.reason
			FROM unnest($1::bigint[], $2::text[]) AS u (id, reason) WHERE outbox.id = u.id`, refused, reasons); err != nil {
			return len(ids), failed, fmt.Errorf("note refused events: %w", err)
		}
	}
	if len(ids) == 0 {
		return 0, failed, nil
	}
	if _, err := conn.Exec(marking, `UPDATE outbox SET sent_at = clock_timestamp(), partition = u.partition, kafka_offset = u.kafka_offset
		FROM unnest($1::bigint[], $2::int[], $3::bigint[]) AS u (id, partition, kafka_offset) WHERE outbox.id = u.id`,
		ids, partitions, offsets); err != nil {
		return len(ids), failed, fmt.Errorf("mark events as sent: %w", err)
	}
	return len(ids), failed, nil
}

const maxRefusal = 500 // bytes of why Kafka refused an event

func shorten(reason string) string {
	if len(reason) > maxRefusal {
		reason = reason[:maxRefusal]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(reason, "\x00", ""), "")
}

// write sends messages and answers an error for each of them, nil when all were sent. An event that is too large keeps Kafka's
// client from sending any, so they go one by one then.
func (r *Relay) write(ctx context.Context, messages []kafka.Message) (kafka.WriteErrors, error) {
	err := r.writer.Write(ctx, messages...)
	if err == nil {
		return nil, nil
	}
	var each kafka.WriteErrors
	if errors.As(err, &each) && len(each) == len(messages) {
		return each, err
	}
	each = make(kafka.WriteErrors, len(messages))
	alone := errors.Is(err, kafka.ErrTooLarge) && len(messages) > 1
	for i := range messages {
		each[i] = err
		if alone {
			each[i] = r.writer.Write(ctx, messages[i:i+1]...)
		}
	}
	return each, err
}

// pause waits and tells whether ctx is still on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
