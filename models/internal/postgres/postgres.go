// Package postgres keeps everything models knows: a pgx pool, gorm on top of it, the stores of all domain packages and
// the migrations. gorm and its errors go no further than this package.
package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	pgdialect "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// DB is the database. It is safe for use by several goroutines.
type DB struct {
	pool *pgxpool.Pool
	sql  *sql.DB
	orm  *gorm.DB
	log  *slog.Logger
}

// Options tune Open. Zero values have defaults.
type Options struct {
	MaxConns         int32         // default 20
	StatementTimeout time.Duration // of one statement, default 15 s
}

// Open connects to the database at url. Close it after use.
func Open(ctx context.Context, url string, opts Options, log *slog.Logger) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", err)
	}
	if opts.MaxConns <= 0 {
		opts.MaxConns = 20
	}
	if opts.StatementTimeout <= 0 {
		opts.StatementTimeout = 15 * time.Second
	}
	cfg.MaxConns = opts.MaxConns
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	params := cfg.ConnConfig.RuntimeParams
	params["timezone"] = "UTC"
	params["application_name"] = "crateful-models"
	params["statement_timeout"] = fmt.Sprint(opts.StatementTimeout.Milliseconds())
	params["idle_in_transaction_session_timeout"] = "60000"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	std := stdlib.OpenDBFromPool(pool)
	orm, err := gorm.Open(pgdialect.New(pgdialect.Config{Conn: std}), &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard,
		NowFunc:                func() time.Time { return time.Now().UTC() },
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{pool: pool, sql: std, orm: orm, log: log}, nil
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// Pool is the pool of connections, for the job queue and the relay.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Close waits for connections in use and closes them.
func (db *DB) Close() {
	if err := db.sql.Close(); err != nil {
		db.log.Warn("close database", "error", err)
	}
	db.pool.Close()
}

// querier is what hand-written SQL needs; a pool and a transaction have it.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
