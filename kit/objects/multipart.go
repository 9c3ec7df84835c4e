package objects

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Part of a multipart upload, as storage has it.
type Part struct {
	Number int
	Size   int64
	ETag   string
}

// Multipart is an upload that has not been completed.
type Multipart struct {
	Key       string
	UploadID  string
	Initiated time.Time
}

// CreateMultipart begins an upload in parts.
func (s *Store) CreateMultipart(ctx context.Context, key, contentType string) (uploadID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{ContentType: contentType})
	return id, wrap("create multipart upload of", key, err)
}

// ListParts lists all parts that have arrived, in order. ErrNoUpload when the upload was completed or aborted.
func (s *Store) ListParts(ctx context.Context, key, uploadID string) ([]Part, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var parts []Part
	for marker := 0; ; {
		page, err := s.core.ListObjectParts(ctx, s.bucket, key, uploadID, marker, 1000)
		if err != nil {
			return nil, wrap("list parts of", key, err)
		}
		for _, p := range page.ObjectParts {
			parts = append(parts, Part{Number: p.PartNumber, Size: p.Size, ETag: unquote(p.ETag)})
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return parts, nil
		}
		marker = page.NextPartNumberMarker
	}
}

// CompleteMultipart joins the parts and gives the object. Completing twice is fine: when the upload is no longer
// known but the object is there, that object is the answer; compare its size.
func (s *Store) CompleteMultipart(ctx context.Context, key, uploadID string, parts []Part) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, copyTimeout)
	defer cancel()
	complete := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		complete[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
	}
	_, err := s.core.CompleteMultipartUpload(ctx, s.bucket, key, uploadID, complete, minio.PutObjectOptions{})
	err = wrap("complete multipart upload of", key, err)
	if err != nil && !errors.Is(err, ErrNoUpload) {
		return Info{}, err
	}
	info, statErr := s.Stat(ctx, key)
	if statErr != nil && err != nil {
		return Info{}, fmt.Errorf("%w (and %w)", err, statErr)
	}
	return info, statErr
}

// AbortMultipart throws the parts away; an upload that is not there is fine.
func (s *Store) AbortMultipart(ctx context.Context, key, uploadID string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := wrap("abort multipart upload of", key, s.core.AbortMultipartUpload(ctx, s.bucket, key, uploadID))
	if errors.Is(err, ErrNoUpload) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// ListMultipart lists the uploads under prefix that have been neither completed nor aborted.
func (s *Store) ListMultipart(ctx context.Context, prefix string) ([]Multipart, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var all []Multipart
	for keyMarker, idMarker := "", ""; ; {
		// MinIO takes a prefix for a whole key and finds nothing: all are asked for.
		page, err := s.core.ListMultipartUploads(ctx, s.bucket, "", keyMarker, idMarker, "", 1000)
		if err != nil {
			return nil, wrap("list multipart uploads of", prefix, err)
		}
		for _, u := range page.Uploads {
			if strings.HasPrefix(u.Key, prefix) {
				all = append(all, Multipart{Key: u.Key, UploadID: u.UploadID, Initiated: u.Initiated.UTC()})
			}
		}
		if !page.IsTruncated || (page.NextKeyMarker == keyMarker && page.NextUploadIDMarker == idMarker) {
			return all, nil
		}
		keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
	}
}
