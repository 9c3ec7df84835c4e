package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync"

	"github.com/alexedwards/argon2id"
)

// tokenPrefix starts personal API tokens, so that people and scanners recognise them.
const tokenPrefix = "crt_"

// newSecret is 256 random bits as text.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashSecret is how secrets of full entropy are stored.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// params are OWASP's first choice for argon2id but for memory, where 19 MiB and two passes cost about 30 ms of one core.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing bounds how many passwords are hashed at once: each takes 19 MiB and a core.
type hashing struct {
	slots chan struct{}
	decoy func() (string, error)
}

func newHashing() *hashing {
	return &hashing{
		slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))),
		decoy: sync.OnceValues(func() (string, error) { return argon2id.CreateHash(newSecret(), params) }),
	}
}

func (h *hashing) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hashing) leave() { <-h.slots }

func (h *hashing) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	hash, err := argon2id.CreateHash(password, params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// matches compares; an empty hash costs the same time and never matches.
func (h *hashing) matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := hash != ""
	if !known {
		decoy, err := h.decoy()
		if err != nil {
			return false, fmt.Errorf("hash password: %w", err)
		}
		hash = decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok && known, nil
}
