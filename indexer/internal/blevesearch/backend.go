// Package blevesearch keeps the search index in bleve on disk, inside the process. It is for one copy of the indexer:
// a second one on the same folder refuses to start.
package blevesearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/blevesearch/bleve/v2"

	"crateful.dev/indexer/internal/search"
)

// ErrLocked says that another process uses the folder.
var ErrLocked = errors.New("another indexer uses this folder")

// Files and folders below the backend's own.
const (
	lockFile       = "lock"
	currentFile    = "current"
	recordFile     = "record.json"
	generationsDir = "generations"
	indexMeta      = "index_meta.json" // bleve's own, in every generation
	removedDir     = "removed"
)

// Backend is a search.Backend on bleve.
type Backend struct {
	dir  string
	lock *os.File

	mu          sync.RWMutex // guards what follows, and keeps generations open while they are used
	generations map[string]*generation
	current     string
	closed      bool

	recordMu sync.Mutex
}

// generation is one open index. Writes to it happen one after the other.
type generation struct {
	index   bleve.Index
	writeMu sync.Mutex
	counts  kept[map[string][]search.Bucket]
	pages   kept[search.Page]
}

var _ search.Backend = (*Backend)(nil)

// Open opens or creates the index in dir.
func Open(dir string) (*Backend, error) {
	if err := os.MkdirAll(filepath.Join(dir, generationsDir), 0o750); err != nil {
		return nil, fmt.Errorf("create search folder: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	b := &Backend{dir: dir, lock: lock, generations: map[string]*generation{}}
	if err := b.load(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's folder
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

func (b *Backend) load() error {
	if err := os.RemoveAll(filepath.Join(b.dir, removedDir)); err != nil {
		return fmt.Errorf("clear removed generations: %w", err)
	}
	entries, err := os.ReadDir(filepath.Join(b.dir, generationsDir))
	if err != nil {
		return fmt.Errorf("list generations: %w", err)
	}
	for _, e := range entries {
		if err := b.open(e.Name()); err != nil {
			return err
		}
	}
	current, err := os.ReadFile(filepath.Join(b.dir, currentFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read current generation: %w", err)
	}
	if _, ok := b.generations[string(current)]; ok { // else somebody removed it: there is none
		b.current = string(current)
	}
	return nil
}

// notice forgets generations whose files somebody removed under us.
func (b *Backend) notice() {
	b.mu.RLock()
	var lost []string
	for name := range b.generations {
		if _, err := os.Stat(filepath.Join(b.path(name), indexMeta)); errors.Is(err, os.ErrNotExist) {
			lost = append(lost, name)
		}
	}
	b.mu.RUnlock()
	if len(lost) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range lost {
		g, ok := b.generations[name]
		if !ok || b.closed {
			continue
		}
		delete(b.generations, name)
		if b.current == name {
			b.current = ""
		}
		_ = g.index.Close() // there is nothing left that could be saved
		_ = os.RemoveAll(b.path(name))
	}
}

func (b *Backend) path(name string) string { return filepath.Join(b.dir, generationsDir, name) }

// indexConfig is a new map each time: bleve keeps and changes what it gets. Without a timeout it waits for ever for a
// file that somebody else holds.
func indexConfig() map[string]any {
	return map[string]any{"numSnapshotsToKeep": 1, "bolt_timeout": "10s"}
}

// open opens a generation, or creates it. One whose creation was cut off holds nothing and is made again.
func (b *Backend) open(name string) error {
	path := b.path(name)
	index, err := bleve.OpenUsing(path, indexConfig())
	if errors.Is(err, bleve.ErrorIndexMetaMissing) {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove half a generation: %w", err)
		}
		err = bleve.ErrorIndexPathDoesNotExist
	}
	if errors.Is(err, bleve.ErrorIndexPathDoesNotExist) {
		index, err = bleve.NewUsing(path, newMapping(), "scorch", "scorch", indexConfig())
	}
	if err != nil {
		return fmt.Errorf("open generation %s: %w", name, err)
	}
	b.generations[name] = &generation{index: index}
	return nil
}

// use returns a generation that stays open until done is called.
func (b *Backend) use(name string) (g *generation, done func(), err error) {
	b.mu.RLock()
	g, ok := b.generations[name]
	if !ok || b.closed {
		b.mu.RUnlock()
		return nil, nil, fmt.Errorf("generation %q: %w", name, search.ErrNoGeneration)
	}
	return g, b.mu.RUnlock, nil
}

func (b *Backend) useCurrent() (*generation, func(), error) {
	b.mu.RLock()
	g, ok := b.generations[b.current]
	if !ok || b.closed {
		b.mu.RUnlock()
		return nil, nil, fmt.Errorf("no current generation: %w", search.ErrUnavailable)
	}
	return g, b.mu.RUnlock, nil
}

// EnsureGeneration implements search.Backend.
func (b *Backend) EnsureGeneration(_ context.Context, name string) error {
	if name == "" || name != filepath.Base(name) || name[0] == '.' {
		return fmt.Errorf("generation %q: not a name", name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return search.ErrUnavailable
	}
	if _, ok := b.generations[name]; ok {
		return nil
	}
	return b.open(name)
}

// Generations implements search.Backend.
func (b *Backend) Generations(context.Context) ([]string, error) {
	b.notice()
	b.mu.RLock()
	defer b.mu.RUnlock()
	names := make([]string, 0, len(b.generations))
	for name := range b.generations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// DeleteGeneration implements search.Backend.
func (b *Backend) DeleteGeneration(_ context.Context, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	g, ok := b.generations[name]
	if !ok {
		return nil
	}
	if name == b.current {
		return fmt.Errorf("delete generation %s: it is current: %w", name, search.ErrConflict)
	}
	delete(b.generations, name)
	if err := g.index.Close(); err != nil {
		return fmt.Errorf("close generation %s: %w", name, err)
	}
	// Moved away first, so that a crash in the middle leaves no half a generation behind.
	removed := filepath.Join(b.dir, removedDir)
	if err := os.MkdirAll(removed, 0o750); err != nil {
		return fmt.Errorf("delete generation %s: %w", name, err)
	}
	away := filepath.Join(removed, fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))
	if err := os.Rename(b.path(name), away); err != nil {
		return fmt.Errorf("delete generation %s: %w", name, err)
	}
	if err := os.RemoveAll(away); err != nil {
		return fmt.Errorf("delete generation %s: %w", name, err)
	}
	return nil
}

// Current implements search.Backend.
func (b *Backend) Current(context.Context) (string, error) {
	b.notice()
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.current, nil
}

// Swap implements search.Backend.
func (b *Backend) Swap(_ context.Context, from, to string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != from {
		return fmt.Errorf("swap: %q is current, not %q: %w", b.current, from, search.ErrConflict)
	}
	if _, ok := b.generations[to]; !ok {
		return fmt.Errorf("swap to %q: %w", to, search.ErrNoGeneration)
	}
	if err := writeFile(filepath.Join(b.dir, currentFile), []byte(to)); err != nil {
		return fmt.Errorf("swap to %s: %w", to, err)
	}
	b.current = to
	return nil
}

// Ready implements search.Backend.
func (b *Backend) Ready(context.Context) error {
	_, done, err := b.useCurrent()
	if err != nil {
		return err
	}
	done()
	return nil
}

// Close implements search.Backend.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	var errs []error
	for name, g := range b.generations {
		if err := g.index.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close generation %s: %w", name, err))
		}
	}
	errs = append(errs, b.lock.Close())
	return errors.Join(errs...)
}

// writeFile replaces a file so that after a crash the old or the new one is there whole.
func writeFile(path string, data []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // below the operator's folder
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path)) //nolint:gosec // the operator's folder
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
