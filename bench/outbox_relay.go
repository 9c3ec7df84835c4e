package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// relayLock is the advisory lock that models' relay holds while it sends.
const relayLock = 0x6f757462

// relaySwitch lets the relay rest by holding its lock.
type relaySwitch struct {
	pool *pgxpool.Pool
	conn *pgx.Conn
	held bool
}

func newRelaySwitch(ctx context.Context, database string) (*relaySwitch, error) {
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &relaySwitch{pool: pool, conn: conn}, nil
}

func (r *relaySwitch) close() error {
	r.pool.Close()
	return r.conn.Close(context.Background())
}

// off waits in line for the lock and ends the connection of who has it.
func (r *relaySwitch) off(ctx context.Context) error {
	if r.held {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	got := make(chan error, 1)
	go func() {
		_, err := r.conn.Exec(ctx, "SELECT pg_advisory_lock($1)", relayLock)
		got <- err
	}()
	for {
		select {
		case err := <-got:
			r.held = err == nil
			return err
		case <-time.After(20 * time.Millisecond):
		}
		if _, err := r.pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = $1
			AND pid <> $2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, relayLock, r.conn.PgConn().PID()); err != nil {
			cancel()
			return errors.Join(fmt.Errorf("stop the relay: %w", err), <-got)
		}
	}
}

// on gives the lock back; the relay asks for it twice a second.
func (r *relaySwitch) on(ctx context.Context) error {
	if !r.held {
		return nil
	}
	r.held = false
	_, err := r.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", relayLock)
	return err
}

// drained waits until the relay has sent everything.
func (r *relaySwitch) drained(ctx context.Context) error {
	return wait(ctx, time.Minute, 10*time.Millisecond, "the relay", func() (bool, error) {
		var waiting int
		err := r.pool.QueryRow(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL").Scan(&waiting)
		return waiting == 0, err
	})
}
