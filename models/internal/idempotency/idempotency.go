// Package idempotency says what is kept under an Idempotency-Key. httpapi uses it, postgres keeps it.
package idempotency

import "context"

// Store keeps answers under keys for 24 hours.
type Store interface {
	// Begin takes the key. It answers the stored answer of an earlier call with the same body, or nil when the caller is
	// to go on; errors: idempotency_mismatch for another body, in_progress while another call runs.
	Begin(ctx context.Context, key Key) (*Answer, error)
	// Finish stores the answer.
	Finish(ctx context.Context, key Key, answer Answer) error
	// Forget gives the key up after a failure, so that the call can be tried again.
	Forget(ctx context.Context, key Key) error
}

// Key is an Idempotency-Key with its owner, route and the hash of the request it came with.
type Key struct {
	Owner       string // account:<id>, visitor:<key> or service:<name>
	Route       string
	Value       string
	RequestHash []byte
}

// Answer is what was answered.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}
