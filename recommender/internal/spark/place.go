// Package spark is what the service and the job in recommender/spark hand each other: interests that the job trains on, and
// factors that the service answers with. Both are NDJSON, packed with gzip, beside a manifest that is written last: without it
// there is nothing.
package spark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"crateful.dev/kit/objects"
)

// ErrMissing says that a file is not there.
var ErrMissing = errors.New("it is not there")

// Place holds files by names with slashes.
type Place interface {
	// Write makes or replaces a file, whole or not at all.
	Write(ctx context.Context, name string, fill func(io.Writer) error) error
	// Open opens one, ErrMissing when there is none. ctx bounds the time of reading too.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// At is the place that an address names: s3://BUCKET/PREFIX in the storage, else a folder.
func At(address string, storage func(bucket string) (*objects.Store, error)) (Place, error) {
	rest, isS3 := strings.CutPrefix(address, "s3://")
	if !isS3 {
		return Folder(address), nil
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	prefix = strings.Trim(prefix, "/")
	if bucket == "" || prefix == "" {
		return nil, fmt.Errorf("%q is not s3://BUCKET/PREFIX", address)
	}
	store, err := storage(bucket)
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	return Objects{store, prefix}, nil
}

// Folder is a place on disk.
type Folder string

// Write implements Place.
func (f Folder) Write(_ context.Context, name string, fill func(io.Writer) error) error {
	to := filepath.Join(string(f), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	part, err := renameio.NewPendingFile(to, renameio.WithTempDir(filepath.Dir(to)), renameio.WithPermissions(0o600))
	if err != nil {
		return err
	}
	defer part.Cleanup() //nolint:errcheck // nothing is there then
	if err := fill(part); err != nil {
		return err
	}
	return part.CloseAtomicallyReplace()
}

// Open implements Place.
func (f Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, fmt.Errorf("%q leads out of the folder", name)
	}
	file, err := os.Open(filepath.Join(string(f), filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return file, err
}

// Objects is a place in object storage.
type Objects struct {
	Store  *objects.Store
	Prefix string
}

// Write implements Place.
func (o Objects) Write(ctx context.Context, name string, fill func(io.Writer) error) error {
	return o.Store.Write(ctx, path.Join(o.Prefix, name), objects.PutOptions{PartSize: 8 << 20}, fill)
}

// Open implements Place.
func (o Objects) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%q leads out of the prefix", name)
	}
	body, _, err := o.Store.Get(ctx, path.Join(o.Prefix, name), objects.GetOptions{})
	if errors.Is(err, objects.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return body, err
}
