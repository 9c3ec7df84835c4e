package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

// constraint is the one that an error broke, "" for none.
func constraint(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

// The state machine stands twice, in Go and in a trigger: every pair of states is tried against both.
func TestPackMovesAreTheSameInTheDatabase(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	producer := postgrestest.Account(t, db, "mover")
	for _, from := range catalog.States {
		for _, to := range catalog.States {
			if from == to {
				continue
			}
			l := postgrestest.Pack(t, db, producer, 900, 80)
			toState(t, db, l, from)
			_, err := db.Pool().Exec(t.Context(), update, l.PackID, string(to), l.EditionID)
			if allowed := constraint(err) != "packs_transition_check"; allowed != catalog.CanMove(from, to) || allowed && err != nil {
				t.Errorf("%s → %s: domain says %t, database says %v", from, to, catalog.CanMove(from, to), err)
			}
		}
	}
	_, err := db.Pool().Exec(t.Context(), "INSERT INTO packs (id, producer_id, slug, title, state, created_at, updated_at) VALUES ($1, $2, 'x', 'x', 'ready', now(), now())", tx.NewID(), producer)
	if constraint(err) != "packs_transition_check" {
		t.Errorf("a pack was born ready: %v", err)
	}
}

const update = `UPDATE packs SET state = $2, listed = $2 = 'live', building_id = CASE WHEN $2 = 'publishing' THEN $3::uuid END,
	pending = CASE WHEN $2 = 'publishing' THEN '{}'::jsonb END, taken_down_for = CASE WHEN $2 = 'taken_down' THEN 'x' ELSE '' END WHERE id = $1`

// toState brings a live pack into a state, past the guard where no way leads there.
func toState(t *testing.T, db *postgres.DB, l postgrestest.Listing, state api.PackState) {
	t.Helper()
	conn, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, sql := range []string{"SET session_replication_role = replica", "update", "SET session_replication_role = DEFAULT"} {
		if sql == "update" {
			_, err = conn.Exec(t.Context(), update, l.PackID, string(state), l.EditionID)
		} else {
			_, err = conn.Exec(t.Context(), sql)
		}
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestTheDatabaseHoldsTheRules(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	producer := postgrestest.Account(t, db, "ruled")
	l := postgrestest.Pack(t, db, producer, 900, 80)
	for name, c := range map[string]struct{ sql, want string }{
		"price of 49":              {"UPDATE packs SET price = 49 WHERE id = $1", "packs_price_check"},
		"price of 10^12":           {"UPDATE packs SET price = 1000000000000 WHERE id = $1", "packs_price_check"},
		"negative sound price":     {"UPDATE packs SET sound_price = -1 WHERE id = $1", "packs_sound_price_check"},
		"empty title":              {"UPDATE packs SET title = '' WHERE id = $1", "packs_title_check"},
		"title with control":       {"UPDATE packs SET title = E'a\\u0007b' WHERE id = $1", "packs_title_check"},
		"long description":         {"UPDATE packs SET description = repeat('a', 5001) WHERE id = $1", "packs_description_check"},
		"too many tags":            {"UPDATE packs SET tags = array_fill('x'::text, ARRAY[16]) WHERE id = $1", "packs_tags_check"},
		"live but not listed":      {"UPDATE packs SET listed = false WHERE id = $1", "packs_listed_check"},
		"revision back":            {"UPDATE packs SET revision = 0 WHERE id = $1", "packs_revision_check"},
		"other producer":           {"UPDATE packs SET producer_id = gen_random_uuid() WHERE id = $1", "packs_fixed_check"},
		"half a rights statement":  {"UPDATE packs SET rights_version = 'x' WHERE id = $1", "packs_rights_check"},
		"edition changed":          {"UPDATE editions SET title = 'x' WHERE pack_id = $1", "editions_immutable_check"},
		"file of edition changed":  {"UPDATE edition_files SET sha256 = repeat('0', 64) WHERE edition_id IN (SELECT id FROM editions WHERE pack_id = $1)", "edition_files_immutable_check"},
		"listing price of 7 cents": {"UPDATE listings SET price = 7 WHERE pack_id = $1", "listings_price_check"},
	} {
		if _, err := db.Pool().Exec(t.Context(), c.sql, l.PackID); constraint(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	insert := `INSERT INTO uploads (id, owner_id, pack_id, purpose, fingerprint, path, path_key, size_bytes, object_key, created_at, updated_at)
		VALUES (gen_random_uuid(), $1, $2, 'sound', $3, $4, lower($4), 10, 'incoming/' || gen_random_uuid(), now(), now())`
	for _, c := range []struct{ name, print, path, want string }{
		{"first", "a", "a/b.wav", ""},
		{"same place", "b", "A/B.wav", "uploads_path_key"},
		{"same file while open", "a", "c.wav", "uploads_open_key"},
		{"up", "d", "../x.wav", "uploads_path_check"},
		{"absolute", "e", "/x.wav", "uploads_path_check"},
		{"empty segment", "f", "a//b.wav", "uploads_path_check"},
		{"backslash", "g", `a\b.wav`, "uploads_path_check"},
	} {
		if _, err := db.Pool().Exec(t.Context(), insert, producer, l.PackID, c.print, c.path); constraint(err) != c.want {
			t.Errorf("upload %s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestScoresGrowWithActsAndTime(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store := postgres.NewPackStore(db)
	l := postgrestest.Pack(t, db, postgrestest.Account(t, db, "popular"), 900, 80)
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	score := func() catalog.Score {
		t.Helper()
		s, err := store.Score(t.Context(), l.PackID)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	add := func(weight float64, at time.Time) {
		t.Helper()
		if err := store.AddWeights(t.Context(), []catalog.Weight{{PackID: l.PackID, Weight: weight, Plays: 1}, {PackID: tx.NewID(), Weight: 1}}, at); err != nil {
			t.Fatal(err)
		}
	}
	if score().Some {
		t.Error("a score out of nothing")
	}
	add(8, at)
	first := score().Value
	if want := 3 + catalog.Exponent(at); fmt.Sprintf("%.6f", first) != fmt.Sprintf("%.6f", want) {
		t.Errorf("score %f, want %f", first, want)
	}
	add(8, at)
	if got := score().Value - first; fmt.Sprintf("%.6f", got) != "1.000000" {
		t.Errorf("twice as much adds %f, want 1", got)
	}
	add(16, at.Add(14*24*time.Hour))
	if got := score().Value - first; fmt.Sprintf("%.4f", got) != fmt.Sprintf("%.4f", 2.585) { // log2((16 + 2·16)/8)
		t.Errorf("a half-life later: %f", got)
	}
	due, err := store.DueScores(t.Context(), at, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("due: %v, %v", due, err)
	}
	if err := store.ScorePublished(t.Context(), l.PackID, score().Quantised(), at); err != nil {
		t.Fatal(err)
	}
	if due, err := store.DueScores(t.Context(), at.Add(time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("due after publication: %v, %v", due, err)
	}
	if plays, err := store.Listeners(t.Context(), l.ProducerID, at.Add(-time.Hour)); err != nil || plays != 3 {
		t.Errorf("plays %d, %v", plays, err)
	}
}
