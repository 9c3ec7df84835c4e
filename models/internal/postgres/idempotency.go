package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/idempotency"
)

const (
	keyLife  = 24 * time.Hour
	keyLease = time.Minute // after it a call that never finished counts as dead
)

// KeyStore keeps answers under idempotency keys.
type KeyStore struct{ db *DB }

// NewKeyStore returns a KeyStore over db.
func NewKeyStore(db *DB) *KeyStore { return &KeyStore{db} }

// Begin implements idempotency.Store.
func (s *KeyStore) Begin(ctx context.Context, key idempotency.Key) (*idempotency.Answer, error) {
	running := &errs.Error{
		Code: errs.CodeInProgress, Reason: "in_progress",
		Detail: "The same request is still running.", RetryAfter: time.Second,
	}
	if t := s.db.current(ctx); t != nil {
		// The row of a concurrent call is not visible before its commit: a lock tells of it at once.
		var free bool
		err := t.pgx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))`,
			key.Owner+"\n"+key.Route+"\n"+key.Value).Scan(&free)
		if err != nil {
			return nil, translate(fmt.Errorf("lock idempotency key: %w", err), "")
		}
		if !free {
			return nil, running
		}
	}
	now := time.Now().UTC()
	var taken bool
	err := s.db.pgx(ctx).QueryRow(ctx, `INSERT INTO idempotency_keys AS k (owner, route, key, body_hash, locked_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (owner, route, key) DO UPDATE SET body_hash = $4, locked_at = $5, created_at = $5, status = NULL, headers = NULL, body = NULL
		WHERE k.created_at < $6 OR (k.status IS NULL AND k.locked_at < $7 AND k.body_hash = $4)
		RETURNING true`,
		key.Owner, key.Route, key.Value, key.RequestHash, now, now.Add(-keyLife), now.Add(-keyLease)).Scan(&taken)
	switch {
	case err == nil:
		return nil, nil
	case errs.CodeOf(translate(err, "key")) != errs.CodeNotFound:
		return nil, translate(fmt.Errorf("take idempotency key: %w", err), "")
	}
	var hash, headers, body []byte
	var status *int
	err = s.db.pgx(ctx).QueryRow(ctx, `SELECT body_hash, status, headers, body FROM idempotency_keys WHERE owner = $1 AND route = $2 AND key = $3`,
		key.Owner, key.Route, key.Value).Scan(&hash, &status, &headers, &body)
	if err != nil {
		if errs.CodeOf(translate(err, "key")) == errs.CodeNotFound {
			return nil, running // the other call failed this very moment
		}
		return nil, translate(fmt.Errorf("read idempotency key: %w", err), "")
	}
	if !bytes.Equal(hash, key.RequestHash) {
		return nil, errs.New(errs.CodeIdempotencyMismatch, "idempotency_mismatch", "This Idempotency-Key was used for another request.")
	}
	if status == nil {
		return nil, running
	}
	answer := &idempotency.Answer{Status: *status, Body: body}
	if err := json.Unmarshal(headers, &answer.Headers); err != nil {
		return nil, fmt.Errorf("read stored answer: %w", err)
	}
	return answer, nil
}

// Finish implements idempotency.Store.
func (s *KeyStore) Finish(ctx context.Context, key idempotency.Key, answer idempotency.Answer) error {
	headers, err := json.Marshal(answer.Headers)
	if err != nil {
		return fmt.Errorf("encode answer headers: %w", err)
	}
	_, err = s.db.pgx(ctx).Exec(ctx, `UPDATE idempotency_keys SET status = $5, headers = $6, body = $7
		WHERE owner = $1 AND route = $2 AND key = $3 AND body_hash = $4`,
		key.Owner, key.Route, key.Value, key.RequestHash, answer.Status, headers, answer.Body)
	return translate(err, "store answer")
}

// Forget implements idempotency.Store.
func (s *KeyStore) Forget(ctx context.Context, key idempotency.Key) error {
	if s.db.current(ctx) != nil {
		return nil // the transaction is rolled back, the key with it
	}
	_, err := s.db.pgx(ctx).Exec(ctx, `DELETE FROM idempotency_keys WHERE owner = $1 AND route = $2 AND key = $3 AND body_hash = $4 AND status IS NULL`,
		key.Owner, key.Route, key.Value, key.RequestHash)
	return translate(err, "forget key")
}

// PruneKeys deletes keys older than their life.
func (s *KeyStore) PruneKeys(ctx context.Context) error {
	_, err := s.db.pool.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`, time.Now().Add(-keyLife))
	return translate(err, "prune idempotency keys")
}
