package objects_test

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/objects"
)

func store(t *testing.T, endpoint, public string) *objects.Store {
	t.Helper()
	s, err := objects.New(objects.Config{Endpoint: endpoint, PublicEndpoint: public, AccessKey: "key", SecretKey: "hunter2hunter2", Bucket: "bucket"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Signing must work with no storage in reach: nothing listens at these addresses.
func TestPresignedShapes(t *testing.T) {
	t.Parallel()
	s := store(t, "127.0.0.1:1", "https://files.example")
	sum := base64.StdEncoding.EncodeToString(make([]byte, 32))
	put, err := s.PresignPut(t.Context(), "incoming/a", 10, "audio/wav", sum, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.PresignPut(t.Context(), "incoming/a", 10, "", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	part, err := s.PresignPart(t.Context(), "incoming/a", "up+1", 3, 10, sum, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	get, err := s.PresignGet(t.Context(), "media/x y", time.Hour, objects.PresignGetOptions{Filename: "Kick é.wav", ContentType: "audio/wav"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		p               objects.Presigned
		method, signed  string
		path, expires   string
		browserMustSend []string
	}{
		"put":   {put, "PUT", "content-length;content-type;host;if-none-match;x-amz-checksum-sha256", "/bucket/incoming/a", "60", []string{"Content-Type", "If-None-Match", "X-Amz-Checksum-Sha256"}},
		"plain": {plain, "PUT", "content-length;host;if-none-match", "/bucket/incoming/a", "60", []string{"If-None-Match"}},
		"part":  {part, "PUT", "content-length;host;x-amz-checksum-sha256", "/bucket/incoming/a", "60", []string{"X-Amz-Checksum-Sha256"}},
		"get":   {get, "GET", "host", "/bucket/media/x y", "3600", nil},
	} {
		u, err := url.Parse(tc.p.URL)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Scheme != "https" || u.Host != "files.example" || u.Path != tc.path || tc.p.Method != tc.method {
			t.Errorf("%s: %s %s", name, tc.p.Method, tc.p.URL)
		}
		if q.Get("X-Amz-SignedHeaders") != tc.signed || q.Get("X-Amz-Expires") != tc.expires || !strings.Contains(q.Get("X-Amz-Credential"), "/us-east-1/s3/") {
			t.Errorf("%s: signed %q for %q s", name, q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Expires"))
		}
		if len(tc.p.Headers) != len(tc.browserMustSend) {
			t.Errorf("%s: headers %v", name, tc.p.Headers)
		}
		for _, h := range tc.browserMustSend {
			if tc.p.Headers[h] == "" {
				t.Errorf("%s: no header %s", name, h)
			}
		}
		if d := time.Until(tc.p.ExpiresAt); d <= 0 || d > time.Hour {
			t.Errorf("%s: expires in %v", name, d)
		}
	}
	if q := mustQuery(t, part.URL); q.Get("uploadId") != "up+1" || q.Get("partNumber") != "3" {
		t.Errorf("part: %v", q)
	}
	_, params, err := mime.ParseMediaType(mustQuery(t, get.URL).Get("response-content-disposition"))
	if err != nil || params["filename"] != "Kick é.wav" {
		t.Errorf("disposition: %v %v", params, err)
	}
}

func TestPresignRefuses(t *testing.T) {
	t.Parallel()
	s := store(t, "127.0.0.1:1", "")
	ctx := t.Context()
	for name, sign := range map[string]func() error{
		"empty body": func() error { _, err := s.PresignPut(ctx, "a", 0, "", "", time.Minute); return err },
		"part 0":     func() error { _, err := s.PresignPart(ctx, "a", "u", 0, 1, "", time.Minute); return err },
		"part 10001": func() error { _, err := s.PresignPart(ctx, "a", "u", 10001, 1, "", time.Minute); return err },
		"no key":     func() error { _, err := s.PresignGet(ctx, "", time.Minute, objects.PresignGetOptions{}); return err },
		"8 days": func() error {
			_, err := s.PresignGet(ctx, "a", 8*24*time.Hour, objects.PresignGetOptions{})
			return err
		},
	} {
		if sign() == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestContentDispositionIsOneSafeHeader(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.wav", "a\r\nSet-Cookie: x.wav", `..\..\x`, "../x", `a"b`, "日本.zip", "\xff\xfe", strings.Repeat("é", 300)} {
		v := objects.ContentDisposition(name)
		if strings.ContainsAny(v, "\r\n") {
			t.Errorf("%q: %q", name, v)
		}
		_, params, err := mime.ParseMediaType(v)
		if err != nil || params["filename"] == "" || strings.ContainsAny(params["filename"], "/\\\"\r\n") {
			t.Errorf("%q: %v %v", name, params, err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "ftp://x", "http://", "http://x/path"} {
		if _, err := objects.New(objects.Config{Endpoint: bad, Bucket: "bucket"}); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

// What storages answer becomes errors that callers can tell apart.
func TestErrorsOfStorage(t *testing.T) {
	t.Parallel()
	s3error := func(w http.ResponseWriter, status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>`+code+`</Code><Message>m</Message></Error>`)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut && r.URL.Query().Has("cors"):
			s3error(w, 501, "NotImplemented")
		case r.Method == http.MethodHead && r.URL.Path == "/bucket/":
			w.WriteHeader(200)
		case r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, "/done"):
			w.Header().Set("Content-Length", "42")
			w.Header().Set("ETag", `"abc"`)
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		case r.Method == http.MethodHead:
			w.WriteHeader(404)
		case r.Header.Get("If-Match") != "" || r.Header.Get("X-Amz-Copy-Source-If-Match") != "":
			s3error(w, 412, "PreconditionFailed")
		case r.Header.Get("Range") != "":
			s3error(w, 416, "InvalidRange")
		case r.Method == http.MethodPost || r.Method == http.MethodDelete:
			s3error(w, 404, "NoSuchUpload")
		default:
			s3error(w, 404, "NoSuchKey")
		}
	}))
	defer srv.Close()
	s, ctx := store(t, srv.URL, ""), t.Context()
	get := func(o objects.GetOptions) error { _, _, err := s.Get(ctx, "gone", o); return err }
	for name, tc := range map[string]struct{ got, want error }{
		"get":            {get(objects.GetOptions{}), objects.ErrNotFound},
		"get version":    {get(objects.GetOptions{IfMatch: "abc"}), objects.ErrPrecondition},
		"get range":      {get(objects.GetOptions{Offset: 100}), objects.ErrRange},
		"stat":           {second(s.Stat(ctx, "gone")), objects.ErrNotFound},
		"copy version":   {second(s.Copy(ctx, "a", "b", objects.CopyOptions{IfMatch: "abc"})), objects.ErrPrecondition},
		"list parts":     {second(s.ListParts(ctx, "gone", "u")), objects.ErrNotFound},
		"complete, lost": {second(s.CompleteMultipart(ctx, "gone", "u", []objects.Part{{Number: 1, ETag: "x"}})), objects.ErrNoUpload},
	} {
		if !errors.Is(tc.got, tc.want) {
			t.Errorf("%s: %v, want %v", name, tc.got, tc.want)
		}
	}
	info, err := s.CompleteMultipart(ctx, "done", "u", []objects.Part{{Number: 1, ETag: "x"}})
	if err != nil || info.Size != 42 || info.ETag != "abc" {
		t.Errorf("complete again: %+v %v", info, err)
	}
	if err := s.AbortMultipart(ctx, "gone", "u"); err != nil {
		t.Errorf("abort again: %v", err)
	}
	if err := s.EnsureBucket(ctx, "http://site.example"); err != nil {
		t.Errorf("storage without CORS: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}
