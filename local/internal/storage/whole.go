package storage

import (
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// whole refuses a body that ends early. Without it a connection that drops inside a body
// leaves an object of the announced size with bytes missing, answered 200: the HTTP server
// below reports a plain end of file then, and posix does not count what it copied.
type whole struct{ *posix.Posix }

func (w whole) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	in.Body = exactly(in.Body, in.ContentLength)
	return w.Posix.UploadPart(ctx, in)
}

func (w whole) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	in.Body = exactly(in.Body, in.ContentLength)
	return w.Posix.PutObject(ctx, in)
}

func exactly(r io.Reader, length *int64) io.Reader {
	if r == nil || length == nil {
		return r
	}
	return &exact{from: r, left: *length}
}

type exact struct {
	from io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	return n, err
}
