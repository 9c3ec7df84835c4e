// Package objects is S3-compatible storage: one bucket, exact versions by ETag, multipart uploads that browsers
// fill, and presigned addresses. What the keys mean is left to others.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// What callers tell apart.
var (
	ErrNotFound     = errors.New("object not found")
	ErrPrecondition = errors.New("object is not the expected version")
	ErrNoUpload     = errors.New("multipart upload not found")
	ErrRange        = errors.New("range is outside of the object")
)

const (
	callTimeout = 15 * time.Second // for calls without a body
	copyTimeout = 5 * time.Minute  // storage moves the bytes before it answers
	partSize    = 16 << 20
)

// Config says where the storage is, for us and for browsers. An endpoint is host:port or an http(s) URL.
type Config struct {
	Endpoint       string
	PublicEndpoint string // Endpoint when empty
	AccessKey      string
	SecretKey      string
	Region         string // us-east-1 when empty
	Bucket         string
	Secure         bool // https for endpoints without a scheme
}

// Store is one bucket.
type Store struct {
	core   minio.Core
	public *minio.Client // signs only: its region is known, so that it never asks
	bucket string
	region string
}

// Info is what storage knows about an object.
type Info struct {
	Key          string
	Size         int64
	ETag         string // without quotes
	LastModified time.Time
	// What was said when it was put. List leaves these out.
	ContentType        string
	CacheControl       string
	ContentDisposition string
}

// New makes a Store. It sends nothing yet.
func New(cfg Config) (*Store, error) {
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.PublicEndpoint == "" {
		cfg.PublicEndpoint = cfg.Endpoint
	}
	if cfg.Bucket == "" {
		return nil, errors.New("objects: no bucket")
	}
	private, err := newClient(cfg, cfg.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("objects: endpoint: %w", err)
	}
	public, err := newClient(cfg, cfg.PublicEndpoint)
	if err != nil {
		return nil, fmt.Errorf("objects: public endpoint: %w", err)
	}
	return &Store{core: minio.Core{Client: private}, public: public, bucket: cfg.Bucket, region: cfg.Region}, nil
}

func newClient(cfg Config, endpoint string) (*minio.Client, error) {
	secure := cfg.Secure
	if strings.Contains(endpoint, "://") {
		u, err := url.Parse(endpoint)
		if err != nil {
			return nil, err
		}
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("%q is not http(s)://host:port", endpoint)
		}
		endpoint, secure = u.Host, u.Scheme == "https"
	}
	return minio.New(endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Region: cfg.Region, Secure: secure,
		BucketLookup: minio.BucketLookupPath, MaxRetries: 3,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ExpectContinueTimeout: time.Second,
			ResponseHeaderTimeout: copyTimeout,
			IdleConnTimeout:       90 * time.Second,
			MaxIdleConns:          512,
			MaxIdleConnsPerHost:   256,
			DisableCompression:    true, // bytes as they are
		},
	})
}

// EnsureBucket makes the bucket when it is missing and lets pages of these origins read and write by presigned
// addresses. A storage that cannot set CORS per bucket is configured by its operator instead.
func (s *Store) EnsureBucket(ctx context.Context, corsOrigins ...string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	exists, err := s.core.BucketExists(ctx, s.bucket)
	if err != nil {
		return fmt.Errorf("look for bucket %s: %w", s.bucket, err)
	}
	if !exists {
		err := s.core.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
		if code := minio.ToErrorResponse(err).Code; err != nil && code != minio.BucketAlreadyOwnedByYou && code != minio.BucketAlreadyExists {
			return fmt.Errorf("make bucket %s: %w", s.bucket, err)
		}
	}
	if len(corsOrigins) == 0 {
		return nil
	}
	err = s.core.SetBucketCors(ctx, s.bucket, cors.NewConfig([]cors.Rule{{
		AllowedOrigin: corsOrigins,
		AllowedMethod: []string{http.MethodPut, http.MethodGet, http.MethodHead},
		AllowedHeader: []string{"content-type", "if-none-match", "x-amz-checksum-sha256", "range"},
		ExposeHeader:  []string{"ETag", "Content-Length", "Content-Range", "Accept-Ranges"},
		MaxAgeSeconds: 3600,
	}}))
	if err != nil && !unsupported(err) {
		return fmt.Errorf("set CORS of bucket %s: %w", s.bucket, err)
	}
	return nil
}

func unsupported(err error) bool {
	e := minio.ToErrorResponse(err)
	return e.Code == minio.NotImplemented || e.StatusCode == http.StatusNotImplemented || e.StatusCode == http.StatusMethodNotAllowed
}

// Ping asks whether the bucket is there.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	exists, err := s.core.BucketExists(ctx, s.bucket)
	if err != nil {
		return fmt.Errorf("look for bucket %s: %w", s.bucket, err)
	}
	if !exists {
		return fmt.Errorf("bucket %s does not exist", s.bucket)
	}
	return nil
}

// PutOptions of Put.
type PutOptions struct {
	ContentType        string
	CacheControl       string
	ContentDisposition string
	IfAbsent           bool  // ErrPrecondition when the key is taken
	PartSize           int64 // bodies over it go in parts of it; 16 MiB when 0
}

// Put stores size bytes of r; -1 when the size is not known. ctx bounds the time.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, opts PutOptions) (Info, error) {
	if opts.PartSize == 0 {
		opts.PartSize = partSize
	}
	o := minio.PutObjectOptions{
		ContentType: opts.ContentType, CacheControl: opts.CacheControl, ContentDisposition: opts.ContentDisposition,
		PartSize: uint64(opts.PartSize), NumThreads: 2, SendContentMd5: true,
	}
	if opts.IfAbsent {
		o.SetMatchETagExcept("*")
	}
	up, err := s.core.Client.PutObject(ctx, s.bucket, key, r, size, o)
	if err != nil {
		return Info{}, wrap("put", key, err)
	}
	return Info{Key: key, Size: up.Size, ETag: unquote(up.ETag), ContentType: opts.ContentType, LastModified: up.LastModified}, nil
}

// Write stores what fill writes, whatever size that has. When fill fails, nothing appears under the key. ctx bounds the time.
func (s *Store) Write(ctx context.Context, key string, opts PutOptions, fill func(io.Writer) error) error {
	body, to := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		to.CloseWithError(fill(to))
	}()
	_, err := s.Put(ctx, key, body, -1, opts)
	body.CloseWithError(errors.New("storage takes no more"))
	<-ended
	return err
}

// GetOptions of Get.
type GetOptions struct {
	IfMatch string // ETag: ErrPrecondition when the object is another version
	Offset  int64  // bytes to skip
	Length  int64  // bytes to read; 0 reads to the end
}

// Get opens an object in one request. Close the body; ctx bounds the time of reading too. Info.Size is
// the length of the body.
func (s *Store) Get(ctx context.Context, key string, opts GetOptions) (io.ReadCloser, Info, error) {
	var o minio.GetObjectOptions
	if opts.IfMatch != "" {
		if err := o.SetMatchETag(opts.IfMatch); err != nil {
			return nil, Info{}, wrap("get", key, err)
		}
	}
	if opts.Offset > 0 || opts.Length > 0 {
		end := int64(0) // to the end
		if opts.Length > 0 {
			end = opts.Offset + opts.Length - 1
		}
		if err := o.SetRange(opts.Offset, end); err != nil {
			return nil, Info{}, wrap("get", key, err)
		}
	}
	body, info, _, err := s.core.GetObject(ctx, s.bucket, key, o)
	if err != nil {
		return nil, Info{}, wrap("get", key, err)
	}
	return body, fromObject(key, info), nil
}

// Stat looks at an object without reading it.
func (s *Store) Stat(ctx context.Context, key string) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, wrap("stat", key, err)
	}
	return fromObject(key, info), nil
}

// CopyOptions of Copy.
type CopyOptions struct {
	IfMatch      string // ETag of the source: ErrPrecondition when it is another version
	ContentType  string // both empty: as the source has them
	CacheControl string
}

// Copy copies inside of the storage, up to 5 GiB.
func (s *Store) Copy(ctx context.Context, from, to string, opts CopyOptions) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, copyTimeout)
	defer cancel()
	dst := minio.CopyDestOptions{Bucket: s.bucket, Object: to}
	if opts.ContentType != "" || opts.CacheControl != "" {
		dst.ReplaceMetadata, dst.ContentType, dst.CacheControl = true, opts.ContentType, opts.CacheControl
	}
	_, err := s.core.Client.CopyObject(ctx, dst, minio.CopySrcOptions{Bucket: s.bucket, Object: from, MatchETag: opts.IfMatch})
	if err != nil {
		return Info{}, wrap("copy to "+to, from, err)
	}
	return s.Stat(ctx, to)
}

// Remove removes an object; one that is not there is fine.
func (s *Store) Remove(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := wrap("remove", key, s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// List walks over all objects whose keys begin with prefix, in order of keys.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends the listing's goroutine when the walk is left early
		for o := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if o.Err != nil {
				yield(Info{}, wrap("list", prefix, o.Err))
				return
			}
			if !yield(fromObject(o.Key, o), nil) {
				return
			}
		}
	}
}

func fromObject(key string, o minio.ObjectInfo) Info {
	return Info{
		Key: key, Size: o.Size, ETag: unquote(o.ETag), LastModified: o.LastModified.UTC(), ContentType: o.ContentType,
		CacheControl: o.Metadata.Get("Cache-Control"), ContentDisposition: o.Metadata.Get("Content-Disposition"),
	}
}

func unquote(etag string) string { return strings.Trim(etag, `"`) }

// wrap says what was attempted and turns storage's codes into errors of ours.
func wrap(what, key string, err error) error {
	if err == nil {
		return nil
	}
	e := minio.ToErrorResponse(err)
	kind := error(nil)
	switch {
	case e.Code == minio.NoSuchUpload:
		kind = ErrNoUpload
	case e.Code == minio.NoSuchKey || e.Code == "NotFound" || (e.StatusCode == http.StatusNotFound && e.Code != minio.NoSuchBucket):
		kind = ErrNotFound
	case e.Code == minio.PreconditionFailed || e.StatusCode == http.StatusPreconditionFailed:
		kind = ErrPrecondition
	case e.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		kind = ErrRange
	}
	if kind == nil {
		return fmt.Errorf("%s %s: %w", what, key, err)
	}
	return fmt.Errorf("%s %s: %w: %w", what, key, kind, err)
}
