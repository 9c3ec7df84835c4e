// Package objectstest is what the platform expects of a storage. Every storage that it is meant to run on passes.
package objectstest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/objects"
)

// Storage is one to be tested.
type Storage struct {
	Config objects.Config // the bucket is the suite's choice
	Origin string         // the site whose pages may ask; others may not
}

// Run runs the suite. Each test has a bucket of its own.
func Run(t *testing.T, s Storage) {
	t.Run("Objects", func(t *testing.T) { testObjects(t, s.open(t)) })
	t.Run("SignedPut", func(t *testing.T) { testSignedPut(t, s.open(t)) })
	t.Run("RefusedPut", func(t *testing.T) { testRefusedPut(t, s.open(t)) })
	t.Run("Multipart", func(t *testing.T) { testMultipart(t, s.open(t)) })
	t.Run("OpenUploads", func(t *testing.T) { testOpenUploads(t, s.open(t)) })
	t.Run("Ranges", func(t *testing.T) { testRanges(t, s.open(t)) })
	t.Run("Written", func(t *testing.T) { testWritten(t, s.open(t)) })
	t.Run("CutBody", func(t *testing.T) { testCutBody(t, s.open(t)) })
	t.Run("Forged", func(t *testing.T) { testForged(t, s) })
	t.Run("Origins", func(t *testing.T) { testOrigins(t, s.open(t)) })
}

type bucket struct {
	*objects.Store
	origin string
}

func (s Storage) open(t *testing.T) bucket {
	t.Helper()
	s.Config.Bucket = "test-" + strings.ToLower(rand.Text())
	store, err := objects.New(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	if store.Ping(t.Context()) == nil {
		t.Error("a bucket that nobody made is there")
	}
	for range 2 { // every service asks at its start
		if err := store.EnsureBucket(t.Context(), s.Origin); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	return bucket{store, s.Origin}
}

func testObjects(t *testing.T, b bucket) {
	ctx := t.Context()
	large := random(20 << 20)
	info, err := b.Put(ctx, "media/large", bytes.NewReader(large), int64(len(large)), objects.PutOptions{ContentType: "audio/wav"})
	if err != nil || info.Size != int64(len(large)) {
		t.Fatalf("%+v, %v", info, err)
	}
	if got := b.read(t, "media/large", objects.GetOptions{IfMatch: info.ETag}); !bytes.Equal(got, large) {
		t.Error("other bytes came back")
	}
	if got := b.read(t, "media/large", objects.GetOptions{Offset: 5 << 20, Length: 100}); !bytes.Equal(got, large[5<<20:5<<20+100]) {
		t.Error("other bytes in the range")
	}
	if _, _, err := b.Get(ctx, "media/large", objects.GetOptions{Offset: int64(len(large)) + 1}); !errors.Is(err, objects.ErrRange) {
		t.Errorf("a range behind the end: %v", err)
	}
	small := []byte("beat")
	if _, err := b.Put(ctx, "media/small", bytes.NewReader(small), -1, objects.PutOptions{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	if _, err := b.Put(ctx, "media/small", bytes.NewReader(small), 4, objects.PutOptions{IfAbsent: true}); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("a taken key: %v", err)
	}
	if _, _, err := b.Get(ctx, "media/small", objects.GetOptions{IfMatch: "0123"}); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("another version: %v", err)
	}
	if _, err := b.Copy(ctx, "media/small", "media/copy", objects.CopyOptions{IfMatch: "0123"}); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("copy of another version: %v", err)
	}
	if copied, err := b.Copy(ctx, "media/large", "media/copy", objects.CopyOptions{IfMatch: info.ETag}); err != nil || copied.Size != info.Size || copied.ContentType != "audio/wav" {
		t.Errorf("%+v, %v", copied, err)
	}
	b.absent(t, "media/none")
	var keys []string
	for i, err := range b.List(ctx, "media/") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, i.Key)
	}
	if !slices.Equal(keys, []string{"media/copy", "media/large", "media/small"}) {
		t.Errorf("listed %q", keys)
	}
	for range 2 {
		if err := b.Remove(ctx, "media/copy"); err != nil {
			t.Error(err)
		}
	}
	b.absent(t, "media/copy")
}

func testSignedPut(t *testing.T, b bucket) {
	body := random(6 << 20)
	put := b.signPut(t, "incoming/one", body, time.Minute)
	if a := send(t, put, body, b.origin); a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != b.origin {
		t.Fatalf("%v", a)
	}
	if a := send(t, put, body, b.origin); a.status != http.StatusPreconditionFailed {
		t.Errorf("a second time: %v", a)
	}
	if got := b.read(t, "incoming/one", objects.GetOptions{}); !bytes.Equal(got, body) {
		t.Error("other bytes came back")
	}
	info, err := b.Stat(t.Context(), "incoming/one")
	if err != nil || info.Size != int64(len(body)) || info.ContentType != "application/octet-stream" {
		t.Errorf("%+v, %v", info, err)
	}
}

func testRefusedPut(t *testing.T, b bucket) {
	body := random(10_000)
	put := b.signPut(t, "incoming/refused", body, time.Minute)
	unhashed, err := b.PresignPut(t.Context(), "incoming/refused", int64(len(body)), "", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][]byte{body[:len(body)-1], append(bytes.Clone(body), 0)} {
		for _, p := range []objects.Presigned{put, unhashed} {
			if a := send(t, p, wrong, b.origin); a.status != http.StatusForbidden {
				t.Errorf("%d bytes for %d signed: %v", len(wrong), len(body), a)
			}
		}
	}
	if a := send(t, put, random(len(body)), b.origin); a.status != http.StatusBadRequest {
		t.Errorf("other bytes than hashed: %v", a)
	}
	for left := range put.Headers {
		without := put
		without.Headers = map[string]string{}
		for name, v := range put.Headers {
			if name != left {
				without.Headers[name] = v
			}
		}
		if a := send(t, without, body, b.origin); a.status != http.StatusForbidden && a.status != http.StatusBadRequest {
			t.Errorf("without %s: %v", left, a)
		}
	}
	elsewhere := put
	elsewhere.URL = strings.Replace(put.URL, "incoming/refused", "media/refused", 1)
	if a := send(t, elsewhere, body, b.origin); a.status != http.StatusForbidden {
		t.Errorf("to another key: %v", a)
	}
	late := b.signPut(t, "incoming/refused", body, time.Second)
	time.Sleep(time.Until(late.ExpiresAt) + 2*time.Second) // the storage counts in seconds
	if a := send(t, late, body, b.origin); a.status != http.StatusForbidden {
		t.Errorf("too late: %v", a)
	}
	b.absent(t, "incoming/refused")
	b.absent(t, "media/refused")
}

func testMultipart(t *testing.T, b bucket) {
	ctx, key, body := t.Context(), "incoming/many", random(11<<20)
	id, err := b.CreateMultipart(ctx, key, "application/octet-stream")
	if err != nil {
		t.Fatal(err)
	}
	for n, chunk := range map[int][]byte{1: body[:5<<20], 2: body[5<<20 : 10<<20], 3: body[10<<20:]} {
		part := b.signPart(t, key, id, n, chunk)
		if a := send(t, part, random(len(chunk)), b.origin); a.status != http.StatusBadRequest {
			t.Errorf("part %d, other bytes than hashed: %v", n, a)
		}
		if a := send(t, part, chunk[1:], b.origin); a.status != http.StatusForbidden {
			t.Errorf("part %d, one byte less: %v", n, a)
		}
		for range 2 { // a part may be sent again
			if a := send(t, part, chunk, b.origin); a.status != http.StatusOK || a.header.Get("ETag") == "" {
				t.Fatalf("part %d: %v", n, a)
			}
		}
	}
	parts, err := b.ListParts(ctx, key, id)
	if err != nil || len(parts) != 3 || parts[0].Size != 5<<20 || parts[2].Size != 1<<20 || parts[2].Number != 3 {
		t.Fatalf("%+v, %v", parts, err)
	}
	b.absent(t, key)
	for range 2 { // completing again is fine
		if info, err := b.CompleteMultipart(ctx, key, id, parts); err != nil || info.Size != int64(len(body)) {
			t.Errorf("%+v, %v", info, err)
		}
	}
	if got := b.read(t, key, objects.GetOptions{}); !bytes.Equal(got, body) {
		t.Error("other bytes came back")
	}
	if _, err := b.ListParts(ctx, key, id); !errors.Is(err, objects.ErrNoUpload) {
		t.Errorf("parts of a completed upload: %v", err)
	}
}

func testOpenUploads(t *testing.T, b bucket) {
	ctx := t.Context()
	ids := map[string]string{}
	for _, key := range []string{"incoming/left", "incoming/left/too", "media/other"} {
		id, err := b.CreateMultipart(ctx, key, "")
		if err != nil {
			t.Fatal(err)
		}
		ids[key] = id
	}
	open, err := b.ListMultipart(ctx, "incoming/")
	if err != nil || len(open) != 2 {
		t.Fatalf("%+v, %v", open, err)
	}
	for _, u := range open {
		if ids[u.Key] != u.UploadID || time.Since(u.Initiated).Abs() > time.Minute {
			t.Errorf("%+v, want %v", u, ids)
		}
		for range 2 {
			if err := b.AbortMultipart(ctx, u.Key, u.UploadID); err != nil {
				t.Error(err)
			}
		}
	}
	if open, err := b.ListMultipart(ctx, "incoming/"); err != nil || len(open) != 0 {
		t.Errorf("still open: %+v, %v", open, err)
	}
	if open, err := b.ListMultipart(ctx, "media/"); err != nil || len(open) != 1 {
		t.Errorf("the other one: %+v, %v", open, err)
	}
}

func testRanges(t *testing.T, b bucket) {
	body := random(1<<20 + 17)
	if _, err := b.Put(t.Context(), "media/x y", bytes.NewReader(body), int64(len(body)), objects.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	get, err := b.PresignGet(t.Context(), "media/x y", time.Minute, objects.PresignGetOptions{Filename: "Kick “№1” ü.wav", ContentType: "audio/wav"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		bytes  string
		status int
		want   []byte
	}{
		{"", http.StatusOK, body},
		{"bytes=0-", http.StatusPartialContent, body},
		{"bytes=1000-1999", http.StatusPartialContent, body[1000:2000]},
		{"bytes=-17", http.StatusPartialContent, body[len(body)-17:]},
		{fmt.Sprintf("bytes=%d-", len(body)), http.StatusRequestedRangeNotSatisfiable, nil},
	} {
		ranged := get
		if r.bytes != "" {
			ranged.Headers = map[string]string{"Range": r.bytes}
		}
		a := send(t, ranged, nil, b.origin)
		if a.status != r.status || r.want != nil && !bytes.Equal(a.body, r.want) || a.header.Get("Access-Control-Allow-Origin") != b.origin {
			t.Errorf("%q: %v", r.bytes, a)
		}
		if r.want != nil && (a.header.Get("Content-Type") != "audio/wav" || a.header.Get("Content-Disposition") == "" || a.header.Get("ETag") == "") {
			t.Errorf("%q: %v", r.bytes, a.header)
		}
	}
}

// A line that breaks within a body leaves nothing that passes for the whole.
// What a function writes is there whole, in one part or several, or not at all.
func testWritten(t *testing.T, b bucket) {
	for _, size := range []int{0, 1000, 12 << 20} {
		body := random(size)
		options := objects.PutOptions{PartSize: 5 << 20}
		if err := b.Write(t.Context(), "written/whole", options, func(to io.Writer) error { _, err := to.Write(body); return err }); err != nil {
			t.Fatal(err)
		}
		if got := b.read(t, "written/whole", objects.GetOptions{}); !bytes.Equal(got, body) {
			t.Errorf("of %d bytes others came back", size)
		}
		broken := errors.New("broken")
		err := b.Write(t.Context(), "written/broken", options, func(to io.Writer) error { _, _ = to.Write(body); return broken })
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", size, err)
		}
		b.absent(t, "written/broken")
	}
}

func testCutBody(t *testing.T, b bucket) {
	body := random(6 << 20)
	id, err := b.CreateMultipart(t.Context(), "incoming/cut", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{checksum(body), ""} {
		put, err := b.PresignPut(t.Context(), "incoming/cut", int64(len(body)), "", hash, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, sent := range []int{0, 1, 3 << 20, len(body) - 1} {
			cut(t, put, body, sent)
		}
		part, err := b.PresignPart(t.Context(), "incoming/cut", id, 1, int64(len(body)), hash, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		cut(t, part, body, 4<<20)
	}
	b.absent(t, "incoming/cut")
	if parts, err := b.ListParts(t.Context(), "incoming/cut", id); err != nil || len(parts) != 0 {
		t.Errorf("a cut part is listed: %+v, %v", parts, err)
	}
}

func testForged(t *testing.T, s Storage) {
	b := s.open(t)
	if _, err := b.Put(t.Context(), "media/a", strings.NewReader("beat"), 4, objects.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	get, err := b.PresignGet(t.Context(), "media/a", time.Minute, objects.PresignGetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plain, _, _ := strings.Cut(get.URL, "?")
	for what, address := range map[string]string{"unsigned": plain, "changed": strings.Replace(get.URL, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1)} {
		if a := send(t, objects.Presigned{Method: http.MethodGet, URL: address}, nil, b.origin); a.status != http.StatusForbidden {
			t.Errorf("%s: %v", what, a)
		}
	}
	s.Config.SecretKey += "-not"
	wrong := s.Config
	wrong.Bucket = "test-" + strings.ToLower(rand.Text())
	store, err := objects.New(wrong)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.EnsureBucket(t.Context()); err == nil {
		t.Error("a wrong secret makes buckets")
	}
}

func testOrigins(t *testing.T, b bucket) {
	put := b.signPut(t, "incoming/x", []byte("x"), time.Minute)
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		for from, want := range map[string]string{b.origin: b.origin, "http://evil.example": ""} {
			a := send(t, objects.Presigned{Method: http.MethodOptions, URL: put.URL, Headers: map[string]string{
				"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,if-none-match,x-amz-checksum-sha256",
			}}, nil, from)
			if got := a.header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("preflight for %s from %s allows %q, want %q: %v", method, from, got, want, a)
			}
		}
	}
	a := send(t, put, []byte("x"), b.origin)
	exposed := strings.ToLower(a.header.Get("Access-Control-Expose-Headers"))
	if a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != b.origin || !strings.Contains(exposed, "etag") {
		t.Errorf("%v, %v", a, a.header)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func checksum(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (b bucket) signPut(t *testing.T, key string, body []byte, ttl time.Duration) objects.Presigned {
	t.Helper()
	p, err := b.PresignPut(t.Context(), key, int64(len(body)), "application/octet-stream", checksum(body), ttl)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b bucket) signPart(t *testing.T, key, id string, n int, body []byte) objects.Presigned {
	t.Helper()
	p, err := b.PresignPart(t.Context(), key, id, n, int64(len(body)), checksum(body), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b bucket) read(t *testing.T, key string, opts objects.GetOptions) []byte {
	t.Helper()
	r, _, err := b.Get(t.Context(), key, opts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bucket) absent(t *testing.T, key string) {
	t.Helper()
	if info, err := b.Stat(t.Context(), key); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("%s: %+v, %v, want not found", key, info, err)
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %.300q", a.status, a.body) }

// send sends a presigned request as a browser on a page of origin would.
func send(t *testing.T, p objects.Presigned, body []byte, origin string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), p.Method, p.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	for name, v := range p.Headers {
		req.Header.Set(name, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, got}
}

// cut sends the head of a request and some of its body, hangs up, and waits until the server has done the same.
func cut(t *testing.T, p objects.Presigned, body []byte, sent int) {
	t.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", p.Method, u.RequestURI(), u.Host, len(body))
	for name, v := range p.Headers {
		head += name + ": " + v + "\r\n"
	}
	if _, err := conn.Write(append([]byte(head+"\r\n"), body[:sent]...)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(said), "HTTP/1.1 200") {
		t.Errorf("a body cut after %d bytes was answered with %.60q", sent, said)
	}
}
