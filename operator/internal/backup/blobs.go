package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/kit/objects"
)

// atOnce is how many objects travel at a time.
const atOnce = 8

// passing are the prefixes of what no backup keeps: probes of doctor, and what the recommender makes again from Kafka.
var passing = []string{"doctor/", "recommender/"}

func passes(key string) bool {
	return slices.ContainsFunc(passing, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// object is one object of the storage and where its bytes are.
type object struct {
	Key         string    `json:"key"`
	Size        int64     `json:"size"`
	ETag        string    `json:"etag"`
	Modified    time.Time `json:"modified"`
	SHA256      string    `json:"sha256"`
	Type        string    `json:"type,omitempty"`
	Cache       string    `json:"cache,omitempty"`
	Disposition string    `json:"disposition,omitempty"`
}

// blobs are the bytes of all objects of all backups in a folder.
type blobs struct {
	dir     string
	mu      sync.Mutex
	known   map[string]object // by key, as last seen
	journal *os.File
}

func openBlobs(dir string) (*blobs, error) {
	b := &blobs{dir: filepath.Join(dir, blobsFolder), known: map[string]object{}}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if b.journal, err = os.OpenFile(filepath.Join(dir, knownFile), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	// It ends at its end, or at a line that was cut short: that object is fetched again.
	var o object
	for from := json.NewDecoder(b.journal); from.Decode(&o) == nil; {
		b.known[o.Key] = o
		o = object{}
	}
	return b, nil
}

// rewrite leaves each key once in the journal, and no line that was cut short.
func (b *blobs) rewrite() error {
	path := b.journal.Name()
	next, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	to := json.NewEncoder(next)
	for _, key := range slices.Sorted(maps.Keys(b.known)) {
		if err := to.Encode(b.known[key]); err != nil {
			return errors.Join(err, next.Close())
		}
	}
	if err := errors.Join(next.Sync(), os.Rename(path+".part", path), b.journal.Close()); err != nil {
		return errors.Join(err, next.Close())
	}
	b.journal = next
	return nil
}

func (b *blobs) close() error { return b.journal.Close() }

func (b *blobs) path(sha256 string) string { return filepath.Join(b.dir, sha256[:2], sha256) }

// has says whether the bytes of an object are here already.
func (b *blobs) has(info objects.Info) (object, bool) {
	b.mu.Lock()
	o, ok := b.known[info.Key]
	b.mu.Unlock()
	// A listing tells parts of a second, an object's own answer does not.
	when := info.LastModified.Truncate(time.Second)
	if !ok || o.Size != info.Size || o.ETag != info.ETag || !o.Modified.Truncate(time.Second).Equal(when) || len(o.SHA256) != 64 {
		return o, false
	}
	at, err := os.Stat(b.path(o.SHA256))
	return o, err == nil && at.Size() == o.Size
}

// fetched counts what a pass did.
type fetched struct{ objects, bytes, reused atomic.Int64 }

// fetch brings every object of the storage that is not here yet, and adds all it saw to seen.
func (b *blobs) fetch(ctx context.Context, s *Site, seen map[string]object) (*fetched, error) {
	n := &fetched{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	var mu sync.Mutex
	var failed error
	for info, err := range s.Objects.List(ctx, "") {
		if err != nil {
			failed = err
			break
		}
		if passes(info.Key) {
			continue
		}
		g.Go(func() error {
			o, ok := b.has(info)
			if ok {
				n.reused.Add(1)
			} else {
				var err error
				o, err = b.take(ctx, s.Objects, info.Key)
				if errors.Is(err, objects.ErrNotFound) {
					return nil // removed since it was listed: nothing refers to it
				}
				if err != nil {
					return err
				}
				n.objects.Add(1)
				s.progress("objects: %d fetched, %s", n.objects.Load(), Size(n.bytes.Add(o.Size)))
			}
			mu.Lock()
			seen[o.Key] = o
			mu.Unlock()
			return nil
		})
	}
	if err := errors.Join(g.Wait(), failed); err != nil {
		return n, fmt.Errorf("keep objects: %w", err)
	}
	return n, nil
}

// take brings one object, under the sum of its bytes.
func (b *blobs) take(ctx context.Context, from *objects.Store, key string) (object, error) {
	body, info, err := from.Get(ctx, key, objects.GetOptions{})
	if err != nil {
		return object{}, err
	}
	defer body.Close()
	part, err := os.CreateTemp(b.dir, ".part-")
	if err != nil {
		return object{}, err
	}
	defer func() { _ = os.Remove(part.Name()) }() // renamed when all went well
	h := newSum()
	size, err := io.Copy(io.MultiWriter(part, h), body)
	if err == nil && size != info.Size {
		err = fmt.Errorf("%s ended after %d of %d bytes", key, size, info.Size)
	}
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return object{}, err
	}
	o := object{
		Key: key, Size: size, ETag: info.ETag, Modified: info.LastModified, SHA256: h.hex(),
		Type: info.ContentType, Cache: info.CacheControl, Disposition: info.ContentDisposition,
	}
	if err := os.MkdirAll(filepath.Dir(b.path(o.SHA256)), 0o700); err != nil {
		return o, err
	}
	if err := os.Rename(part.Name(), b.path(o.SHA256)); err != nil {
		return o, err
	}
	line, err := json.Marshal(o)
	if err != nil {
		return o, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[key] = o
	_, err = b.journal.Write(append(line, '\n'))
	return o, err
}

// Size is a number of bytes for people.
func Size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, at := float64(n), 0
	for value >= 1024 && at < len(units)-1 {
		value, at = value/1024, at+1
	}
	if at == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, units[at])
}
