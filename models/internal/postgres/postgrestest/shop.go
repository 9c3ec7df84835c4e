package postgrestest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/tx"
)

// Account stores an account and returns its id.
func Account(t testing.TB, db *postgres.DB, handle string) string {
	t.Helper()
	id := tx.NewID()
	now := time.Now().UTC()
	exec(t, db, `WITH h AS (INSERT INTO handles (handle, account_id, since) VALUES ($2, $1, $4))
		INSERT INTO accounts (id, email, password_hash, handle, name, person_id, created_at, updated_at)
		VALUES ($1, $3, '$argon2id$v=19$test', $2, $5, gen_random_uuid(), $4, $4)`,
		id, handle, handle+"@example.test", now, "Name of "+handle)
	return id
}

// Listing is a pack on sale.
type Listing struct {
	PackID     string
	EditionID  string
	ProducerID string
	Sounds     []string // ids
}

// Pack connects the producer for payouts where that is needed and puts a pack on sale for price, with one sound for each of prices; a price of -1 is sold with the pack only.
func Pack(t testing.TB, db *postgres.DB, producerID string, price int64, prices ...int64) Listing {
	t.Helper()
	now := time.Now().UTC()
	exec(t, db, `INSERT INTO connected_accounts (producer_id, country, idempotency_key, provider_id, transfers_enabled, payouts_enabled)
		SELECT $1::uuid, 'DE', 'test:' || $1::uuid, 'acct_' || $1::uuid, true, true FROM selling_rule WHERE paid_needs_payouts ON CONFLICT DO NOTHING`, producerID)
	l := Listing{PackID: tx.NewID(), ProducerID: producerID}
	slug := "pack-" + l.PackID[24:]
	exec(t, db, `INSERT INTO packs (id, producer_id, slug, title, price, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`,
		l.PackID, producerID, slug, "Pack "+l.PackID[30:], price, now)
	for range prices {
		l.Sounds = append(l.Sounds, tx.NewID())
	}
	l.EditionID = Edition(t, db, l, 1)
	exec(t, db, "UPDATE packs SET state = 'ready' WHERE id = $1", l.PackID)
	exec(t, db, "UPDATE packs SET state = 'publishing', building_id = $2, pending = '{}' WHERE id = $1", l.PackID, l.EditionID)
	exec(t, db, `UPDATE packs SET state = 'live', building_id = NULL, pending = NULL, listed = true, edition_id = $2, published_at = $3,
		revision = 1 WHERE id = $1`, l.PackID, l.EditionID, now)
	exec(t, db, `INSERT INTO listings (pack_id, listed, revision, producer_id, slug, title, genre, tags, currency, price, licence, edition_id,
			edition, size_bytes, sounds, published_at, updated_at, card, page, listing)
		SELECT id, true, 1, producer_id, slug, title, 'techno', '{}', 'EUR', price, 'standard', $2, 1, 1000, $4, $3, $3, '{}', '{}', '{}' FROM packs WHERE id = $1`,
		l.PackID, l.EditionID, now, len(prices))
	for i, p := range prices {
		single := &p
		if p < 0 {
			single = nil
		}
		exec(t, db, `INSERT INTO listing_sounds (sound_id, pack_id, position, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts)
			VALUES ($1, $2, $3, $4, '', $5, 500, $6, '', '', '{}', '{}', '{}')`,
			l.Sounds[i], l.PackID, i, fmt.Sprintf("sound %d.wav", i+1), SHA256(l.Sounds[i]), single)
	}
	return l
}

// Edition stores a built edition of the pack with all its sounds.
func Edition(t testing.TB, db *postgres.DB, l Listing, number int) string {
	t.Helper()
	id := tx.NewID()
	exec(t, db, `INSERT INTO editions (id, pack_id, number, title, files_digest, size_bytes, created_at) VALUES ($1, $2, $3, 'title', 'digest', 1000, now())`,
		id, l.PackID, number)
	for i, s := range l.Sounds {
		exec(t, db, `INSERT INTO edition_files (edition_id, path, sha256, size_bytes, kind, sound_id) VALUES ($1, $2, $3, 500, 'sound', $4)`,
			id, fmt.Sprintf("Loops/sound %d.wav", i+1), SHA256(s), s)
	}
	if len(l.Sounds) == 0 { // no edition is empty
		exec(t, db, `INSERT INTO edition_files (edition_id, path, sha256, size_bytes, kind) VALUES ($1, 'Read me.txt', $2, 500, 'extra')`, id, SHA256(id))
	}
	exec(t, db, `UPDATE editions SET state = 'built', zip_key = 'editions/' || id || '.zip', zip_bytes = 2000, zip_sha256 = $2, built_at = now() WHERE id = $1`,
		id, SHA256(id))
	return id
}

// SHA256 is a made-up hash of something with this id.
func SHA256(id string) string {
	return fmt.Sprintf("%064x", []byte(id)[8:36])[:64]
}

// Withdraw takes a pack off sale.
func Withdraw(t testing.TB, db *postgres.DB, packID string) {
	t.Helper()
	exec(t, db, `WITH p AS (UPDATE packs SET state = 'withdrawn', listed = false WHERE id = $1)
		UPDATE listings SET listed = false, gone = 'withdrawn' WHERE pack_id = $1`, packID)
}

// Exec runs one statement.
func Exec(t testing.TB, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	exec(t, db, sql, args...)
}

func exec(t testing.TB, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Pool().Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// One reads one value.
func One[T any](t testing.TB, db *postgres.DB, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := db.Pool().QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}
