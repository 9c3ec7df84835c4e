package objects

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const headerChecksum = "X-Amz-Checksum-Sha256"

// Presigned is an address that stands for one request, for a short time. Whoever uses it must send
// Headers exactly; Content-Length is signed too and comes from the body itself.
type Presigned struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers,omitempty"`
	ExpiresAt time.Time         `json:"expires_at"`
}

// PresignGetOptions of PresignGet.
type PresignGetOptions struct {
	Filename     string // makes it a download under that name
	ContentType  string // instead of the stored one
	CacheControl string
}

// PresignGet signs reading one object, with ranges.
func (s *Store) PresignGet(ctx context.Context, key string, ttl time.Duration, opts PresignGetOptions) (Presigned, error) {
	q := url.Values{}
	if opts.Filename != "" {
		q.Set("response-content-disposition", ContentDisposition(opts.Filename))
	}
	if opts.ContentType != "" {
		q.Set("response-content-type", opts.ContentType)
	}
	if opts.CacheControl != "" {
		q.Set("response-cache-control", opts.CacheControl)
	}
	return s.presign(ctx, http.MethodGet, key, ttl, q, nil)
}

// PresignPut signs writing a whole object of exactly size bytes (at least 1: an empty length cannot be signed),
// once: a second try gets 412. sha256b64 is the base64 SHA-256 of the body; "" leaves the body unchecked.
func (s *Store) PresignPut(ctx context.Context, key string, size int64, contentType, sha256b64 string, ttl time.Duration) (Presigned, error) {
	h := http.Header{"If-None-Match": {"*"}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return s.presignBody(ctx, key, size, sha256b64, ttl, nil, h)
}

// PresignPart signs writing part n (1 to 10000) of a multipart upload, of exactly size bytes.
func (s *Store) PresignPart(ctx context.Context, key, uploadID string, n int, size int64, sha256b64 string, ttl time.Duration) (Presigned, error) {
	if n < 1 || n > 10000 {
		return Presigned{}, fmt.Errorf("presign %s: no part %d", key, n)
	}
	q := url.Values{"uploadId": {uploadID}, "partNumber": {strconv.Itoa(n)}}
	return s.presignBody(ctx, key, size, sha256b64, ttl, q, http.Header{})
}

func (s *Store) presignBody(ctx context.Context, key string, size int64, sha256b64 string, ttl time.Duration, q url.Values, h http.Header) (Presigned, error) {
	if size < 1 {
		return Presigned{}, fmt.Errorf("presign %s: %w", key, errors.New("an empty body cannot be signed"))
	}
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	if sha256b64 != "" {
		h.Set(headerChecksum, sha256b64)
	}
	return s.presign(ctx, http.MethodPut, key, ttl, q, h)
}

func (s *Store) presign(ctx context.Context, method, key string, ttl time.Duration, q url.Values, h http.Header) (Presigned, error) {
	if key == "" {
		return Presigned{}, errors.New("presign: no key")
	}
	u, err := s.public.PresignHeader(ctx, method, s.bucket, key, ttl, q, h)
	if err != nil {
		return Presigned{}, wrap("presign", key, err)
	}
	p := Presigned{Method: method, URL: u.String(), ExpiresAt: time.Now().Add(ttl).UTC().Truncate(time.Second)}
	for name := range h {
		if name == "Content-Length" {
			continue
		}
		if p.Headers == nil {
			p.Headers = map[string]string{}
		}
		p.Headers[name] = h.Get(name)
	}
	return p, nil
}

// ContentDisposition offers a download under a name in any script.
func ContentDisposition(filename string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' || r == '"' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(filename, "_"))
	if v := mime.FormatMediaType("attachment", map[string]string{"filename": clean}); v != "" {
		return v
	}
	return "attachment"
}
