package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

// Schema compares the migrations of a database with those of this program.
type Schema struct {
	Version int64   // the newest in the database; 0 when it has none
	Newest  int64   // of this program
	Missing []int64 // this program has them, the database has not
	Unknown []int64 // the database has them, this program has not: it is older
}

// SchemaAt reads the schema's version and changes nothing.
func SchemaAt(ctx context.Context, q querier) (Schema, error) {
	var s Schema
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return s, fmt.Errorf("read migrations: %w", err)
	}
	var known []int64
	for _, e := range entries {
		version, err := goose.NumericComponent(e.Name())
		if err != nil {
			return s, fmt.Errorf("read migrations: %w", err)
		}
		known, s.Newest = append(known, version), max(s.Newest, version)
	}
	var applied []int64
	var exists bool
	if err := q.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&exists); err != nil {
		return s, fmt.Errorf("read schema version: %w", err)
	}
	if exists {
		// The last word about a version counts: it may have been taken back.
		rows, err := q.Query(ctx, `SELECT version_id FROM (SELECT DISTINCT ON (version_id) version_id, is_applied FROM goose_db_version
			ORDER BY version_id, id DESC) v WHERE is_applied AND version_id > 0 ORDER BY version_id`)
		if err == nil {
			applied, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		if err != nil {
			return s, fmt.Errorf("read schema version: %w", err)
		}
	}
	if len(applied) > 0 {
		s.Version = applied[len(applied)-1]
	}
	for _, v := range known {
		if !slices.Contains(applied, v) {
			s.Missing = append(s.Missing, v)
		}
	}
	for _, v := range applied {
		if !slices.Contains(known, v) {
			s.Unknown = append(s.Unknown, v)
		}
	}
	return s, nil
}

// Resend marks sent events of a topic as not sent, those at or after an offset of their partition: partitions that are not
// in from are sent again whole. The relay sends them at its next look. It tells how many.
func (db *DB) Resend(ctx context.Context, topic string, from map[int]int64) (int64, error) {
	partitions, offsets := make([]int32, 0, len(from)), make([]int64, 0, len(from))
	for p, at := range from {
		partitions, offsets = append(partitions, int32(p)), append(offsets, at)
	}
	tag, err := db.pgx(ctx).Exec(ctx, `UPDATE outbox o SET sent_at = NULL, partition = NULL, kafka_offset = NULL
		WHERE o.topic = $1 AND o.sent_at IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM unnest($2::int[], $3::bigint[]) AS done (partition, next)
			WHERE done.partition = o.partition AND o.kafka_offset < done.next)`, topic, partitions, offsets)
	return tag.RowsAffected(), translate(err, "outbox")
}

// ForgetDeadLetters forgets which dead letters were dealt with. A database of before there were any notes has none.
func (db *DB) ForgetDeadLetters(ctx context.Context) error {
	var exists bool
	if err := db.pgx(ctx).QueryRow(ctx, `SELECT to_regclass('dead_letters') IS NOT NULL`).Scan(&exists); err != nil || !exists {
		return translate(err, "dead letters")
	}
	_, err := db.pgx(ctx).Exec(ctx, `DELETE FROM dead_letters`)
	return translate(err, "dead letters")
}
