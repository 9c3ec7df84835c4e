package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

type txKey struct{}

// transaction is one pgx transaction and gorm bound to the same connection, so that stores, the outbox and the job
// queue commit together.
type transaction struct {
	db  *DB
	pgx pgx.Tx
	orm *gorm.DB
}

// txConn offers gorm a connection without letting it begin or end transactions of its own.
type txConn struct{ conn *sql.Conn }

func (c txConn) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.conn.PrepareContext(ctx, query)
}

func (c txConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.conn.ExecContext(ctx, query, args...)
}

func (c txConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.conn.QueryContext(ctx, query, args...)
}

func (c txConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.conn.QueryRowContext(ctx, query, args...)
}

// WithinTx runs fn in a transaction carried by the context that fn gets; a nested call joins the outer one. It commits
// when fn returns nil and rolls back otherwise, also when fn panics.
func (db *DB) WithinTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.within(ctx, pgx.TxOptions{}, fn)
}

// Snapshot runs fn, which only reads, on the database as it is at one moment: what takes several statements to read is
// never half of before and half of after somebody's change. Inside a transaction it joins that one.
func (db *DB) Snapshot(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.within(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, fn)
}

func (db *DB) within(ctx context.Context, options pgx.TxOptions, fn func(ctx context.Context) error) (err error) {
	if t := db.current(ctx); t != nil {
		return fn(ctx)
	}
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return translate(fmt.Errorf("begin transaction: %w", err), "")
	}
	defer func() { err = errors.Join(err, closeConn(conn)) }()
	var raw *pgx.Conn
	if err := conn.Raw(func(driverConn any) error {
		std, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("begin transaction: unexpected connection %T", driverConn)
		}
		raw = std.Conn()
		return nil
	}); err != nil {
		return err
	}
	tx, err := raw.BeginTx(ctx, options)
	if err != nil {
		return translate(fmt.Errorf("begin transaction: %w", err), "")
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		rollbackCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if e := tx.Rollback(rollbackCtx); e != nil && !errors.Is(e, pgx.ErrTxClosed) && !raw.IsClosed() {
			db.log.WarnContext(ctx, "roll back transaction", "error", e)
		}
	}()
	orm := db.orm.Session(&gorm.Session{NewDB: true, Context: ctx}) // with a context the statement is a copy
	orm.Statement.ConnPool = txConn{conn}
	if err := fn(context.WithValue(ctx, txKey{}, &transaction{db: db, pgx: tx, orm: orm})); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return translate(fmt.Errorf("commit transaction: %w", err), "")
	}
	committed = true
	return nil
}

func closeConn(conn *sql.Conn) error {
	if err := conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("return connection: %w", err)
	}
	return nil
}

func (db *DB) current(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{}).(*transaction)
	if t == nil || t.db != db {
		return nil
	}
	return t
}

// Tx is the transaction of ctx, for libraries that speak pgx. It must not be ended.
func (db *DB) Tx(ctx context.Context) (pgx.Tx, bool) {
	if t := db.current(ctx); t != nil {
		return t.pgx, true
	}
	return nil, false
}

// gorm is bound to ctx and to its transaction when there is one.
func (db *DB) gorm(ctx context.Context) *gorm.DB {
	if t := db.current(ctx); t != nil {
		return t.orm.WithContext(ctx)
	}
	return db.orm.WithContext(ctx)
}

// pgx runs hand-written SQL in the transaction of ctx, on the pool without one.
func (db *DB) pgx(ctx context.Context) querier {
	if t := db.current(ctx); t != nil {
		return t.pgx
	}
	return db.pool
}
