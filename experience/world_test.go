package experience_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"crateful.dev/experience"
	"crateful.dev/kit/config"
	"crateful.dev/kit/httpx"
)

// world is the service over stand-ins of what is behind it.
type world struct {
	*upstream
	t       testing.TB
	Service *experience.Service
	storage *storage
	url     string
}

const webToken = "token-of-web"

const boundless = 1_000_000_000 // requests a minute

func start(t testing.TB) *world {
	t.Helper()
	return startLimited(t, boundless)
}

func startLimited(t testing.TB, rateLimit int) *world {
	t.Helper()
	w := &world{t: t, upstream: newUpstream(t), storage: newStorage(t)}
	svc, err := experience.New(context.Background(), experience.Config{
		PublicURL: "http://site.test", ModelsURL: w.server.URL, IndexerURL: w.server.URL, RecommenderURL: w.server.URL,
		ServiceToken: "token-of-experience", ServiceTokens: config.Tokens{"web": webToken},
		IdentityKey: base64.StdEncoding.EncodeToString(w.public),
		S3Endpoint:  w.storage.server.URL, S3Public: w.storage.server.URL, S3AccessKey: "access", S3SecretKey: "secret-secret",
		S3Region: "us-east-1", S3Bucket: "crateful", RateLimit: rateLimit,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = svc.Close() })
	w.Service = svc
	front := httptest.NewServer(svc.Handler())
	t.Cleanup(front.Close)
	w.url = front.URL
	return w
}

// request is one call. The zero one is a stranger's.
type request struct {
	method, path string
	bearer       string
	visitor      string // by cookie
	web          bool   // the site asks
	header       map[string]string
	body         any // []byte goes as it is
}

type response struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) do(r request) response {
	w.t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
	}
	var body io.Reader
	if raw, ok := r.body.([]byte); ok {
		body = bytes.NewReader(raw)
	} else if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			w.t.Fatal(err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(context.Background(), r.method, w.url+r.path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	if r.visitor != "" {
		req.AddCookie(&http.Cookie{Name: "crateful_visitor", Value: r.visitor})
	}
	if r.web {
		req.Header.Set(httpx.HeaderService, webToken)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response{res.StatusCode, res.Header, got}
}

// into decodes an answer that must have a status.
func into[T any](t testing.TB, r response, status int) T {
	t.Helper()
	var v T
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("decode %s: %v", r.body, err)
	}
	return v
}

func problem(t testing.TB, r response, status int) httpx.Problem {
	t.Helper()
	return into[httpx.Problem](t, r, status)
}

func decode(t testing.TB, body []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
}
