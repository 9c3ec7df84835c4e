package caller

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"crateful.dev/experience/internal/bounded"
	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/client"
)

// Exchanger turns opaque sessions and personal tokens into signed person tokens.
type Exchanger interface {
	Exchange(ctx context.Context, in api.Exchange) (api.Exchanged, error)
}

// exchanges keeps exchanged tokens for at most 30 seconds.
type exchanges struct {
	models Exchanger
	key    ed25519.PublicKey
	now    func() time.Time
	flight singleflight.Group

	mu   sync.Mutex
	kept map[secret]kept
	// ended counts what was forgotten, so that an exchange that began before does not bring it back.
	ended uint64
}

// secret stands for a session, so that a dump of the memory holds fewer of them.
type secret [sha256.Size]byte

type kept struct {
	token  string
	person api.PersonClaims
	until  time.Time
}

const (
	keepFor      = 30 * time.Second
	keepMargin   = 15 * time.Second // before the token runs out: the longest a request may take
	keepAt       = 50_000           // tokens at most
	exchangeTime = 5 * time.Second
)

func newExchanges(models Exchanger, key ed25519.PublicKey) *exchanges {
	return &exchanges{models: models, key: key, now: time.Now, kept: map[secret]kept{}}
}

func (x *exchanges) get(ctx context.Context, session string) (kept, error) {
	if len(session) > maxSession {
		return kept{}, errs.New(errs.CodeUnauthenticated, "session_unknown", "Sign in again.")
	}
	sum := secret(sha256.Sum256([]byte(session)))
	x.mu.Lock()
	k, ok := x.kept[sum]
	ended := x.ended
	x.mu.Unlock()
	if ok && x.now().Before(k.until) {
		return k, nil
	}
	// One caller's cancelled request must not fail the others that wait for the same answer.
	found := x.flight.DoChan(string(sum[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
		defer cancel()
		return x.ask(ctx, session, sum, ended)
	})
	select {
	case <-ctx.Done():
		return kept{}, fmt.Errorf("exchange session: %w", ctx.Err())
	case r := <-found:
		if r.Err != nil {
			return kept{}, r.Err
		}
		k, _ = r.Val.(kept)
		return k, nil
	}
}

func (x *exchanges) ask(ctx context.Context, session string, sum secret, ended uint64) (kept, error) {
	out, err := x.models.Exchange(ctx, api.Exchange{Token: session})
	if err != nil {
		return kept{}, err
	}
	now := x.now()
	claims, err := client.VerifyPerson(x.key, out.PersonToken, now)
	if err != nil { // our set-up or our clock is wrong, not the person's sign-in
		return kept{}, errs.Wrap(errs.CodeInternal, err, "person_token", "")
	}
	k := kept{out.PersonToken, claims, now.Add(keepFor)}
	if early := claims.ExpiresAt.Add(-keepMargin); early.Before(k.until) {
		k.until = early
	}
	x.keep(sum, k, now, ended)
	return k, nil
}

func (x *exchanges) keep(sum secret, k kept, now time.Time, ended uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended != ended {
		return
	}
	if len(x.kept) >= keepAt {
		bounded.MakeRoom(x.kept, keepAt, func(k kept) bool { return !now.Before(k.until) })
	}
	x.kept[sum] = k
}

func (x *exchanges) forget(session string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended++
	sum := secret(sha256.Sum256([]byte(session)))
	x.flight.Forget(string(sum[:]))
	delete(x.kept, sum)
}

func (x *exchanges) forgetAccount(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended++
	for sum, k := range x.kept {
		if k.person.AccountID == id {
			x.flight.Forget(string(sum[:]))
			delete(x.kept, sum)
		}
	}
}
