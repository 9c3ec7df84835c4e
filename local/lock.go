package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"crateful.dev/kit/process"
)

// lockFolder keeps a second copy out: the embedded parts are for one.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := process.Lock(path)
	if errors.Is(err, process.ErrLocked) {
		who, _ := os.ReadFile(path)
		return nil, fmt.Errorf("another copy of Crateful uses %s (process %s): stop it, or choose another folder with CRATEFUL_DATA",
			dir, strings.TrimSpace(string(who)))
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintf("%d\n", os.Getpid()))); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return f, nil
}

// CheckFree says whether a copy could start on a data folder.
func CheckFree(dataDir string) error {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "lock")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	return lock.Close()
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}
