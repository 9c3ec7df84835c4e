package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"crateful.dev/kit/postgres"
	"crateful.dev/models"
)

// serverOf asks a server for its version.
func serverOf(ctx context.Context, conn *pgx.Conn) (version string, major int, err error) {
	var number int
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int`).Scan(&version, &number)
	version, _, _ = strings.Cut(version, " ")
	return version, number / 10000, err
}

// keepDatabase dumps the database as one transaction sees it, and counts its rows in the same transaction.
func (s *Site) keepDatabase(ctx context.Context, dir string, m *Manifest) error {
	conn, err := pgx.Connect(ctx, s.Database)
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if m.Database.Server, m.Database.Major, err = serverOf(ctx, conn); err != nil {
		return fmt.Errorf("ask the database for its version: %w", err)
	}
	dump, err := postgres.Program(ctx, "pg_dump", m.Database.Major)
	if err != nil {
		return err
	}
	schema, err := models.SchemaOf(ctx, s.Database, s.Log)
	if err != nil {
		return err
	}
	m.Database.Schema = schema.Version
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only read
	var snapshot string
	if err := tx.QueryRow(ctx, `SELECT pg_export_snapshot(), now()`).Scan(&snapshot, &m.AsOf); err != nil {
		return fmt.Errorf("export a snapshot: %w", err)
	}
	m.AsOf = m.AsOf.UTC()
	address, password, err := withoutPassword(s.Database)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, databaseFile)
	err = run(ctx, password, dump, "--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data", "--snapshot="+snapshot, "--file="+path, "--dbname="+address)
	if err != nil {
		return err
	}
	if m.Database.Tables, err = rows(ctx, tx); err != nil {
		return err
	}
	m.Database.File, err = synced(path)
	return err
}

// rows counts the rows of every table that is dumped.
func rows(ctx context.Context, tx pgx.Tx) (map[string]int64, error) {
	names, err := tx.Query(ctx, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relpersistence = 'p' ORDER BY relname`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	tables, err := pgx.CollectRows(names, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	counts := make(map[string]int64, len(tables))
	for _, name := range tables {
		var n int64
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+pgx.Identifier{name}.Sanitize()).Scan(&n); err != nil {
			return nil, fmt.Errorf("count rows of %s: %w", name, err)
		}
		counts[name] = n
	}
	return counts, nil
}

// bringDatabase replaces everything in the database by the dump and compares the rows.
func (s *Site) bringDatabase(ctx context.Context, dir string, m Manifest) error {
	conn, err := pgx.Connect(ctx, s.Database)
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, major, err := serverOf(ctx, conn)
	if err != nil {
		return fmt.Errorf("ask the database for its version: %w", err)
	}
	restore, err := postgres.Program(ctx, "pg_restore", max(major, m.Database.Major))
	if err != nil {
		return err
	}
	address, password, err := withoutPassword(s.Database)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `DROP SCHEMA public CASCADE; CREATE SCHEMA public; ALTER SCHEMA public OWNER TO pg_database_owner`); err != nil {
		return fmt.Errorf("empty the database: %w", err)
	}
	// All or nothing: a database with something in it is one that was brought back whole.
	err = run(ctx, password, restore, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname="+address, filepath.Join(dir, databaseFile))
	if err != nil {
		return fmt.Errorf("%w; the database is empty now", err)
	}
	if _, err := conn.Exec(ctx, `ANALYZE`); err != nil {
		return fmt.Errorf("analyze the database: %w", err)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only reads
	have, err := rows(ctx, tx)
	if err != nil {
		return err
	}
	if !maps.Equal(have, m.Database.Tables) {
		var differ []string
		for name, n := range m.Database.Tables {
			if have[name] != n {
				differ = append(differ, fmt.Sprintf("%s has %d rows, not %d", name, have[name], n))
			}
		}
		slices.Sort(differ)
		return fmt.Errorf("the database is not what was kept: %s", strings.Join(differ, ", "))
	}
	return nil
}

// run calls a program of Postgres, with the password where other people of the computer cannot read it.
func run(ctx context.Context, password, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(said.String())
		if len(text) > 1000 {
			text = text[len(text)-1000:]
		}
		return canceled(ctx, fmt.Errorf("%s: %w: %s", filepath.Base(program), err, text))
	}
	return nil
}

// synced is the sum of a file that another program wrote, once it is on the disk.
func synced(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return File{}, err
	}
	if err := errors.Join(f.Chmod(0o600), f.Sync()); err != nil {
		return File{}, errors.Join(err, f.Close())
	}
	at, err := sumOf(f)
	return at, errors.Join(err, f.Close())
}
