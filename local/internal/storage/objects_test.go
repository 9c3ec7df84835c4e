package storage_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"crateful.dev/kit/objects"
)

func store(t *testing.T) *objects.Store {
	t.Helper()
	s := start(t, t.TempDir())
	o, err := objects.New(objects.Config{Endpoint: s.Endpoint(), AccessKey: "local", SecretKey: "local-secret", Region: "us-east-1", Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // every service asks at its start
		if err := o.EnsureBucket(t.Context(), origin); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func body(t *testing.T, o *objects.Store, key string, opts objects.GetOptions) []byte {
	t.Helper()
	r, _, err := o.Get(t.Context(), key, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checksum(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// do sends a presigned request as a browser would.
func do(t *testing.T, p objects.Presigned, b []byte) (*http.Response, string) {
	t.Helper()
	h := http.Header{"Origin": {origin}}
	for name, v := range p.Headers {
		h.Set(name, v)
	}
	return send(t, p.Method, p.URL, b, h)
}

func TestThePlatformsClient(t *testing.T) {
	o := store(t)
	large := random(t, 20<<20)

	info, err := o.Put(t.Context(), "media/large", bytes.NewReader(large), int64(len(large)), objects.PutOptions{ContentType: "audio/wav"})
	if err != nil || info.Size != int64(len(large)) {
		t.Fatalf("%+v, %v", info, err)
	}
	if got := body(t, o, "media/large", objects.GetOptions{}); !bytes.Equal(got, large) {
		t.Error("other bytes came back")
	}
	if got := body(t, o, "media/large", objects.GetOptions{Offset: 5 << 20, Length: 100}); !bytes.Equal(got, large[5<<20:5<<20+100]) {
		t.Error("other bytes in the range")
	}
	small := []byte("beat")
	if _, err := o.Put(t.Context(), "media/small", bytes.NewReader(small), -1, objects.PutOptions{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	if _, err := o.Put(t.Context(), "media/small", bytes.NewReader(small), 4, objects.PutOptions{IfAbsent: true}); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("a taken key: %v", err)
	}
	if _, _, err := o.Get(t.Context(), "media/small", objects.GetOptions{IfMatch: "0123"}); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("another version: %v", err)
	}
	if _, err := o.Copy(t.Context(), "media/small", "media/copy", objects.CopyOptions{IfMatch: "0123"}); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("copy of another version: %v", err)
	}
	if copied, err := o.Copy(t.Context(), "media/large", "media/copy", objects.CopyOptions{IfMatch: info.ETag}); err != nil || copied.Size != info.Size || copied.ContentType != "audio/wav" {
		t.Errorf("%+v, %v", copied, err)
	}
	if _, err := o.Stat(t.Context(), "media/none"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("a missing key: %v", err)
	}
	var keys []string
	for i, err := range o.List(t.Context(), "media/") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, i.Key)
	}
	if !slices.Equal(keys, []string{"media/copy", "media/large", "media/small"}) {
		t.Errorf("listed %q", keys)
	}
	for range 2 {
		if err := o.Remove(t.Context(), "media/copy"); err != nil {
			t.Error(err)
		}
	}
}

func TestThePlatformsBrowserUploads(t *testing.T) {
	o := store(t)
	b := random(t, 6<<20)

	put, err := o.PresignPut(t.Context(), "incoming/one", int64(len(b)), "application/octet-stream", checksum(b), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if res, said := do(t, put, random(t, len(b))); res.StatusCode != http.StatusBadRequest {
		t.Errorf("other bytes than hashed: %s %s", res.Status, said)
	}
	if res, said := do(t, put, b); res.StatusCode != http.StatusOK || res.Header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("%s %s", res.Status, said)
	}
	if res, _ := do(t, put, b); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a second time: %s", res.Status)
	}

	id, err := o.CreateMultipart(t.Context(), "incoming/many", "application/octet-stream")
	if err != nil {
		t.Fatal(err)
	}
	for n, chunk := range map[int][]byte{1: b[:5<<20], 2: b[5<<20:]} {
		part, err := o.PresignPart(t.Context(), "incoming/many", id, n, int64(len(chunk)), checksum(chunk), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if res, said := do(t, part, random(t, len(chunk))); res.StatusCode != http.StatusBadRequest {
			t.Errorf("part %d, other bytes than hashed: %s %s", n, res.Status, said)
		}
		if res, said := do(t, part, chunk); res.StatusCode != http.StatusOK {
			t.Fatalf("part %d: %s %s", n, res.Status, said)
		}
	}
	parts, err := o.ListParts(t.Context(), "incoming/many", id)
	if err != nil || len(parts) != 2 {
		t.Fatalf("%+v, %v", parts, err)
	}
	for range 2 {
		if info, err := o.CompleteMultipart(t.Context(), "incoming/many", id, parts); err != nil || info.Size != int64(len(b)) {
			t.Errorf("%+v, %v", info, err)
		}
	}
	if got := body(t, o, "incoming/many", objects.GetOptions{}); !bytes.Equal(got, b) {
		t.Error("other bytes came back")
	}

	get, err := o.PresignGet(t.Context(), "incoming/many", time.Minute, objects.PresignGetOptions{Filename: "Kick “№1” ü.wav", ContentType: "audio/wav"})
	if err != nil {
		t.Fatal(err)
	}
	res, got := send(t, get.Method, get.URL, nil, http.Header{"Origin": {origin}, "Range": {"bytes=10-19"}})
	if res.StatusCode != http.StatusPartialContent || got != string(b[10:20]) || res.Header.Get("Content-Type") != "audio/wav" || res.Header.Get("Content-Disposition") == "" || res.Header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("%s %v", res.Status, res.Header)
	}

	open, err := o.CreateMultipart(t.Context(), "incoming/left", "")
	if err != nil {
		t.Fatal(err)
	}
	left, err := o.ListMultipart(t.Context(), "incoming/")
	if err != nil || len(left) != 1 || left[0].UploadID != open {
		t.Errorf("%+v, %v", left, err)
	}
	for range 2 {
		if err := o.AbortMultipart(t.Context(), "incoming/left", open); err != nil {
			t.Error(err)
		}
	}
}
