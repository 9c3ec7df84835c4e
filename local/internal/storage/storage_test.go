package storage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"crateful.dev/local/internal/storage"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const (
	bucket = "crateful"
	origin = "http://127.0.0.1:8080"
)

func TestMain(m *testing.M) {
	storage.MaybeRunChild()
	os.Exit(m.Run())
}

func start(t *testing.T, dir string) *storage.Server {
	t.Helper()
	s, err := storage.Start(t.Context(), storage.Options{
		Dir: dir, Addr: "127.0.0.1:0", AccessKey: "local", SecretKey: "local-secret", AllowOrigin: origin,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func client(t *testing.T, s *storage.Server, secret string) *s3.Client {
	t.Helper()
	c := s3.New(s3.Options{
		BaseEndpoint: aws.String(s.Endpoint()), Region: storage.Region, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: secret}, nil
		}),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
	_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)})
	var owned *types.BucketAlreadyOwnedByYou
	if err != nil && secret == "local-secret" && !errors.As(err, &owned) {
		t.Fatal(err)
	}
	return c
}

func random(t *testing.T, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, c *s3.Client, key string, body []byte) {
	t.Helper()
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *s3.Client, key, bytesRange string) []byte {
	t.Helper()
	in := &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}
	if bytesRange != "" {
		in.Range = aws.String(bytesRange)
	}
	out, err := c.GetObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Body.Close() }()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func absent(t *testing.T, c *s3.Client, key string) {
	t.Helper()
	_, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	var missing *types.NotFound
	if !errors.As(err, &missing) {
		t.Errorf("%s: want not found, have %v", key, err)
	}
}

func send(t *testing.T, method, address string, body []byte, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func presignPut(t *testing.T, c *s3.Client, in *s3.PutObjectInput) string {
	t.Helper()
	in.Bucket = aws.String(bucket)
	signed, err := s3.NewPresignClient(c).PresignPutObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return signed.URL
}

func TestObjects(t *testing.T) {
	s := start(t, t.TempDir())
	c := client(t, s, "local-secret")
	body := random(t, 1<<20+17)

	t.Run("put, get, range", func(t *testing.T) {
		put(t, c, "media/a", body)
		if got := get(t, c, "media/a", ""); !bytes.Equal(got, body) {
			t.Error("other bytes came back")
		}
		if got := get(t, c, "media/a", "bytes=1000-1999"); !bytes.Equal(got, body[1000:2000]) {
			t.Error("other bytes in the range")
		}
		if got := get(t, c, "media/a", "bytes=-17"); !bytes.Equal(got, body[len(body)-17:]) {
			t.Error("other bytes at the end")
		}
	})
	t.Run("a wrong secret is refused", func(t *testing.T) {
		_, err := client(t, s, "wrong").PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("forged"), Body: bytes.NewReader(body)})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "SignatureDoesNotMatch" {
			t.Errorf("got %v", err)
		}
		absent(t, c, "forged")
	})
	t.Run("copy of exactly one version", func(t *testing.T) {
		put(t, c, "incoming/b", body)
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("incoming/b")})
		if err != nil {
			t.Fatal(err)
		}
		copyIt := func() error {
			_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String(bucket), Key: aws.String("media/b"), CopySource: aws.String(bucket + "/incoming/b"), CopySourceIfMatch: head.ETag})
			return err
		}
		if err := copyIt(); err != nil {
			t.Fatal(err)
		}
		if got := get(t, c, "media/b", ""); !bytes.Equal(got, body) {
			t.Error("the copy has other bytes")
		}
		put(t, c, "incoming/b", []byte("swapped"))
		if copyIt() == nil {
			t.Error("copied a version that was swapped meanwhile")
		}
	})
	t.Run("nothing is served as a page", func(t *testing.T) {
		put(t, c, "incoming/page", []byte("<script>alert(1)</script>"))
		signed, err := s3.NewPresignClient(c).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("incoming/page")})
		if err != nil {
			t.Fatal(err)
		}
		res, _ := send(t, http.MethodGet, signed.URL, nil, nil)
		if res.StatusCode != http.StatusOK || res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s, %v", res.Status, res.Header)
		}
	})
}

func TestSidecarFilesWithoutAttributes(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "meta"), 0o750); err != nil {
		t.Fatal(err)
	}
	c := client(t, start(t, dir), "local-secret")
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("media/s"), Body: strings.NewReader("beat"), ContentType: aws.String("audio/wav")}); err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("media/s")})
	if err != nil || aws.ToString(head.ContentType) != "audio/wav" {
		t.Fatalf("%v, %v", head, err)
	}
	found := 0
	if err := filepath.WalkDir(filepath.Join(dir, "meta"), func(string, os.DirEntry, error) error { found++; return nil }); err != nil || found < 2 {
		t.Errorf("nothing beside the objects: %d, %v", found, err)
	}
}

// TestKilledWithItsParent kills the process that owns the storage: the child must go too,
// and what was acknowledged must be there for the next one on the same port.
func TestKilledWithItsParent(t *testing.T) {
	if dir := os.Getenv("STORAGE_PARENT"); dir != "" {
		s := start(t, dir)
		put(t, client(t, s, "local-secret"), "media/kept", bytes.Repeat([]byte("kept"), 1000))
		if err := os.WriteFile(filepath.Join(dir, "addr"), []byte(s.Addr()), 0o600); err != nil {
			t.Fatal(err)
		}
		<-s.Done()
		return
	}
	dir := t.TempDir()
	parent := exec.Command(os.Args[0], "-test.run=^TestKilledWithItsParent$")
	parent.Env = append(os.Environ(), "STORAGE_PARENT="+dir)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var addr []byte
	wait(t, "the parent to store an object", func() bool {
		addr, _ = os.ReadFile(filepath.Join(dir, "addr"))
		return len(addr) > 0
	})
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	s, err := storage.Start(t.Context(), storage.Options{Dir: dir, Addr: string(addr), AccessKey: "local", SecretKey: "local-secret"})
	if err != nil {
		// The old child may hold the port for a moment; local starts on a fixed port too.
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := get(t, client(t, s, "local-secret"), "media/kept", ""); len(got) != 4000 {
		t.Errorf("%d bytes came back", len(got))
	}
}

func TestCloseEndsTheChild(t *testing.T) {
	s := start(t, t.TempDir())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Close")
	}
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		_ = conn.Close()
		t.Error("somebody still answers")
	}
}

func TestATakenPortIsSaidClearly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	s, err := storage.Start(t.Context(), storage.Options{Dir: t.TempDir(), Addr: "127.0.0.1:" + port, AccessKey: "local", SecretKey: "local-secret"})
	if err == nil {
		_ = s.Close()
		t.Fatal("started on a taken port")
	}
	if !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("unclear: %v", err)
	}
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
