package httpapi_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/identity"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// things is a resource whose handlers each leave one row in the outbox.
type things struct {
	db      *postgres.DB
	calls   atomic.Int64
	fail    atomic.Bool
	panics  atomic.Bool
	entered chan struct{}
	release chan struct{}
}

func (h *things) Routes() []httpapi.Route {
	return []httpapi.Route{
		{Method: "POST", Path: "/v1/in-tx", Who: httpapi.Person, Idempotent: httpapi.KeyInTx, Handle: h.handle},
		{Method: "POST", Path: "/v1/after", Who: httpapi.Person, Idempotent: httpapi.KeyAfter, Handle: h.handle},
		{Method: "POST", Path: "/v1/slow", Who: httpapi.Person, Idempotent: httpapi.KeyInTx, Handle: h.slow},
		{Method: "POST", Path: "/v1/slow-after", Who: httpapi.Person, Idempotent: httpapi.KeyAfter, Handle: h.slow},
	}
}

func (h *things) handle(c *gin.Context) error {
	ctx := c.Request.Context()
	n := h.calls.Add(1)
	err := h.db.WithinTx(ctx, func(ctx context.Context) error {
		return h.db.Append(ctx, "thing", n, events.PersonWipedV1{PersonID: auth.From(ctx).AccountID})
	})
	if err != nil {
		return err
	}
	if h.panics.Load() {
		panic("on purpose")
	}
	if h.fail.Load() {
		return errs.New(errs.CodeConflict, "not_today", "Not today.")
	}
	c.Header("Location", fmt.Sprintf("/v1/things/%d", n))
	c.JSON(http.StatusCreated, map[string]int64{"n": n})
	return nil
}

func (h *things) slow(c *gin.Context) error {
	h.entered <- struct{}{}
	<-h.release
	return h.handle(c)
}

type noSessions struct{}

func (noSessions) Live(_ context.Context, who auth.Caller) (auth.Caller, error) { return who, nil }

type door struct {
	*things
	handler http.Handler
	signer  *identity.Signer
	t       *testing.T
}

func newDoor(t *testing.T) *door {
	t.Helper()
	db := postgrestest.New(t)
	signer, err := identity.NewSigner(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	d := &door{things: &things{db: db, entered: make(chan struct{}), release: make(chan struct{})}, signer: signer, t: t}
	d.handler, err = httpapi.New(httpapi.Config{
		ServiceTokens: map[string]string{"experience": "token"}, PersonKey: signer.PublicKey(), Sessions: noSessions{}, Tx: db,
		Keys: postgres.NewKeyStore(db), Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	}, []httpapi.Resource{d.things})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type reply struct {
	status int
	body   string
	header http.Header
}

func (d *door) post(path, account, key, body string) reply {
	d.t.Helper()
	token, _, err := d.signer.Sign(api.PersonClaims{AccountID: account, SessionID: "s"}, time.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	req := httptest.NewRequest("POST", path, strings.NewReader(body))
	req.Header.Set(httpx.HeaderService, "token")
	req.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, req)
	raw, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{rec.Code, string(raw), rec.Header()}
}

func (d *door) rows() (n int) {
	d.t.Helper()
	if err := d.db.Pool().QueryRow(d.t.Context(), "SELECT count(*) FROM outbox").Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/in-tx", "/v1/after"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			first := d.post(path, "a", "k1", `{"x":1}`)
			again := d.post(path, "a", "k1", `{"x":1}`)
			if first.status != 201 || again.status != 201 || again.body != first.body || d.rows() != 1 ||
				again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Idempotent-Replayed") != "true" {
				t.Fatalf("first %+v, again %+v, %d rows", first, again, d.rows())
			}
			if other := d.post(path, "a", "k1", `{"x":2}`); other.status != 422 || !strings.Contains(other.body, "idempotency_mismatch") {
				t.Errorf("another body: %+v", other)
			}
			if query := d.post(path+"?y=1", "a", "k1", `{"x":1}`); query.status != 422 {
				t.Errorf("another query: %+v", query)
			}
			if b := d.post(path, "b", "k1", `{"x":1}`); b.status != 201 || b.body == first.body {
				t.Errorf("the same key of somebody else: %+v", b)
			}
			if a, b := d.post(path, "a", "", `{}`), d.post(path, "a", "", `{}`); a.body == b.body {
				t.Error("two calls without a key had one effect")
			}
			d.fail.Store(true)
			before := d.rows()
			if failed := d.post(path, "a", "k2", `{}`); failed.status != 409 {
				t.Errorf("failing call: %+v", failed)
			}
			if path == "/v1/in-tx" && d.rows() != before {
				t.Errorf("a failed call left %d rows", d.rows()-before)
			}
			d.fail.Store(false)
			d.panics.Store(true)
			if broken := d.post(path, "a", "k3", `{}`); broken.status != 500 || !strings.Contains(broken.body, "internal") {
				t.Errorf("panicking call: %+v", broken)
			}
			d.panics.Store(false)
			if retried := d.post(path, "a", "k2", `{}`); retried.status != 201 {
				t.Errorf("retry after a failure: %+v", retried)
			}
			if long := d.post(path, "a", strings.Repeat("k", 256), `{}`); long.status != 400 {
				t.Errorf("endless key: %+v", long)
			}
			if _, err := d.db.Pool().Exec(t.Context(), "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'"); err != nil {
				t.Fatal(err)
			}
			if late := d.post(path, "a", "k1", `{"x":1}`); late.status != 201 || late.body == first.body {
				t.Errorf("a day later: %+v", late)
			}
		})
	}
}

func TestIdempotencyKeyWhileTheFirstCallRuns(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/slow", "/v1/slow-after"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			done := make(chan reply, 1)
			go func() { done <- d.post(path, "a", "k", `{}`) }()
			<-d.entered
			if second := d.post(path, "a", "k", `{}`); second.status != 409 || !strings.Contains(second.body, "in_progress") {
				t.Errorf("while the first runs: %+v", second)
			}
			close(d.release)
			first := <-done
			go func() { <-d.entered }() // in case it should run again
			if third := d.post(path, "a", "k", `{}`); first.status != 201 || third.body != first.body || d.rows() != 1 {
				t.Errorf("first %+v, third %+v, %d rows", first, third, d.rows())
			}
		})
	}
}

// A process that died in the middle of a call does not hold its key for ever.
func TestIdempotencyKeyOfADeadCall(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	if r := d.post("/v1/after", "a", "k", `{}`); r.status != 201 {
		t.Fatalf("%+v", r)
	}
	exec := func(sql string) {
		if _, err := d.db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")
	if r := d.post("/v1/after", "a", "k", `{}`); r.status != 409 {
		t.Errorf("a moment later: %+v", r)
	}
	exec("UPDATE idempotency_keys SET locked_at = now() - interval '2 minutes'")
	if r := d.post("/v1/after", "a", "k", `{}`); r.status != 201 {
		t.Errorf("two minutes later: %+v", r)
	}
}
