package caller

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/client"
)

// issuer signs as models does.
type issuer struct {
	key  ed25519.PrivateKey
	gate chan struct{} // nil: open

	mu    sync.Mutex
	calls int
	ended bool
}

func (i *issuer) Exchange(ctx context.Context, in api.Exchange) (api.Exchanged, error) {
	i.mu.Lock()
	i.calls++
	ended := i.ended
	i.mu.Unlock()
	if i.gate != nil {
		select {
		case <-i.gate:
		case <-ctx.Done():
			return api.Exchanged{}, ctx.Err()
		}
	}
	if ended {
		return api.Exchanged{}, errs.New(errs.CodeUnauthenticated, "session_unknown", "")
	}
	claims := api.PersonClaims{AccountID: "account of " + in.Token, ExpiresAt: time.Now().Add(time.Minute)}
	payload, err := json.Marshal(claims)
	if err != nil {
		return api.Exchanged{}, err
	}
	text := client.PersonTokenPrefix + base64.RawURLEncoding.EncodeToString(payload)
	return api.Exchanged{PersonToken: text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(i.key, []byte(text))), ExpiresAt: claims.ExpiresAt}, nil
}

func newIssuer(t *testing.T) (*issuer, *exchanges) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: private}
	return i, newExchanges(i, public)
}

func TestExchangesAreKeptForHalfAMinuteAtMost(t *testing.T) {
	t.Parallel()
	i, x := newIssuer(t)
	start := time.Now()
	now := start
	x.now = func() time.Time { return now }
	for _, tt := range []struct {
		after time.Duration
		calls int
	}{{0, 1}, {keepFor - time.Millisecond, 1}, {keepFor, 2}} {
		now = start.Add(tt.after)
		k, err := x.get(context.Background(), "s")
		if err != nil || k.person.AccountID != "account of s" {
			t.Fatalf("%+v, %v", k.person, err)
		}
		if i.calls != tt.calls {
			t.Errorf("after %v: %d calls, want %d", tt.after, i.calls, tt.calls)
		}
	}
}

func TestEndedSessionsEndAtOnceHere(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(x *exchanges){
		"the session":                 func(x *exchanges) { x.forget("s") },
		"all sessions of the account": func(x *exchanges) { x.forgetAccount("account of s") },
	} {
		i, x := newIssuer(t)
		if _, err := x.get(context.Background(), "s"); err != nil {
			t.Fatal(err)
		}
		i.ended = true
		forget(x)
		if _, err := x.get(context.Background(), "s"); errs.CodeOf(err) != errs.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnExchangeUnderWayDoesNotBringBackWhatEnded(t *testing.T) {
	t.Parallel()
	i, x := newIssuer(t)
	i.gate = make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := x.get(context.Background(), "s")
		done <- err
	}()
	for i.count() == 0 {
		time.Sleep(time.Millisecond) // until the exchange is under way
	}
	x.forget("s")
	close(i.gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(x.kept) != 0 {
		t.Error("it is kept")
	}
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls
}

func TestManyRequestsOfOneSessionCauseOneExchange(t *testing.T) {
	t.Parallel()
	i, x := newIssuer(t)
	i.gate = make(chan struct{})
	first, leave := context.WithCancel(context.Background())
	left := make(chan error, 1)
	go func() {
		_, err := x.get(first, "s")
		left <- err
	}()
	for i.count() == 0 {
		time.Sleep(time.Millisecond) // until the exchange is under way
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := x.get(context.Background(), "s"); err != nil {
				t.Error(err)
			}
		})
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(i.gate)
	wg.Wait()
	if n := i.count(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

func TestKeptExchangesAreBounded(t *testing.T) {
	t.Parallel()
	_, x := newIssuer(t)
	now := time.Now()
	for n := range keepAt + 10 {
		x.keep(secret{byte(n), byte(n >> 8), byte(n >> 16)}, kept{until: now.Add(time.Minute)}, now, 0)
	}
	if len(x.kept) > keepAt || len(x.kept) < keepAt*8/10 {
		t.Errorf("%d are kept", len(x.kept))
	}
}

func TestForgedAndOverlongTokens(t *testing.T) {
	t.Parallel()
	_, x := newIssuer(t)
	other, _ := newIssuer(t)
	x.models = other // signs with another key
	if _, err := x.get(context.Background(), "s"); errs.CodeOf(err) != errs.CodeInternal {
		t.Errorf("a person token by another key: %v", err)
	}
	if _, err := x.get(context.Background(), strings.Repeat("x", maxSession+1)); errs.CodeOf(err) != errs.CodeUnauthenticated || other.calls != 1 {
		t.Errorf("an overlong session: %v after %d calls", err, other.calls)
	}
}
