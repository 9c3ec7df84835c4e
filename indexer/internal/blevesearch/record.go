package blevesearch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"crateful.dev/indexer/internal/search"
)

// Record implements search.Backend. The version is a hash of the value: one process alone holds the folder.
func (b *Backend) Record(context.Context) (value []byte, version string, err error) {
	b.recordMu.Lock()
	defer b.recordMu.Unlock()
	return b.record()
}

func (b *Backend) record() ([]byte, string, error) {
	value, err := os.ReadFile(filepath.Join(b.dir, recordFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read record: %w", err)
	}
	sum := sha256.Sum256(value)
	return value, hex.EncodeToString(sum[:]), nil
}

// SetRecord implements search.Backend.
func (b *Backend) SetRecord(_ context.Context, value []byte, version string) error {
	b.recordMu.Lock()
	defer b.recordMu.Unlock()
	_, now, err := b.record()
	if err != nil {
		return err
	}
	if now != version {
		return fmt.Errorf("write record: %w", search.ErrConflict)
	}
	if err := writeFile(filepath.Join(b.dir, recordFile), value); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}
