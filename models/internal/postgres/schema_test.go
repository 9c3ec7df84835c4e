package postgres_test

import (
	"context"
	"testing"

	"crateful.dev/models/events"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func TestSchemaAt(t *testing.T) {
	t.Parallel()
	db, ctx := postgrestest.New(t), t.Context()
	schema, err := postgres.SchemaAt(ctx, db.Pool())
	if err != nil {
		t.Fatal(err)
	}
	if schema.Version == 0 || schema.Version != schema.Newest || len(schema.Missing)+len(schema.Unknown) > 0 {
		t.Errorf("a migrated database has %+v", schema)
	}
	if _, err := db.Pool().Exec(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, true), ($1, false)`, schema.Newest); err != nil {
		t.Fatal(err)
	}
	later, err := postgres.SchemaAt(ctx, db.Pool())
	if err != nil {
		t.Fatal(err)
	}
	if later.Version != 999999 || len(later.Unknown) != 1 || len(later.Missing) != 1 || later.Missing[0] != schema.Newest {
		t.Errorf("with a migration of a later release, and one taken back, it has %+v", later)
	}
	if _, err := db.Pool().Exec(ctx, `DROP TABLE goose_db_version`); err != nil {
		t.Fatal(err)
	}
	for range 2 { // looking makes nothing
		if none, err := postgres.SchemaAt(ctx, db.Pool()); err != nil || none.Version != 0 || len(none.Missing) < 10 {
			t.Errorf("without migrations it has %+v (%v)", none, err)
		}
	}
}

// After a restore what lies at or after the consumers' offsets is sent again, and nothing else.
func TestResend(t *testing.T) {
	t.Parallel()
	db, ctx := postgrestest.New(t), t.Context()
	for i, at := range []struct{ partition, offset any }{{0, 4}, {0, 5}, {1, 9}, {2, 0}, {nil, nil}} {
		err := db.WithinTx(ctx, func(ctx context.Context) error {
			return db.Append(ctx, "0198c0de-0000-7000-8000-00000000000"+string(rune('0'+i)), 1, events.UploadCompletedV1{})
		})
		if err != nil {
			t.Fatal(err)
		}
		if at.partition == nil {
			continue
		}
		if _, err := db.Pool().Exec(ctx, `UPDATE outbox SET sent_at = now(), partition = $1, kafka_offset = $2 WHERE id = (SELECT max(id) FROM outbox)`, at.partition, at.offset); err != nil {
			t.Fatal(err)
		}
	}
	n, err := db.Resend(ctx, events.TopicUploads, map[int]int64{0: 5, 1: 10})
	if err != nil || n != 2 {
		t.Errorf("%d go out again (%v), want 0/5 and 2/0", n, err)
	}
	var done int
	if err := db.Pool().QueryRow(ctx, `SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL AND (partition, kafka_offset) IN ((0, 4), (1, 9))`).Scan(&done); err != nil || done != 2 {
		t.Errorf("%d of the finished ones stay as they are (%v)", done, err)
	}
}
