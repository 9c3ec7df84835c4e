package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/google/renameio/v2"

	"crateful.dev/kit/process"
)

// Phases of a catalogue.
const (
	phaseSeeding = "seeding"
	phaseDone    = "done"
	phaseRemoved = "removed"
)

// memory is what must be known at the next start. What packs there are and how far, the site itself knows best.
type memory struct {
	Phase    string   `json:"phase"`
	Password string   `json:"password"` // of all demo accounts, good on this computer alone
	Packs    int      `json:"packs"`    // of the catalogue and after it
	Buyers   []string `json:"buyers"`   // whose history is written
}

type state struct {
	path string
	mu   sync.Mutex
	kept memory
}

func openState(path string) (*state, error) {
	s := &state{path: path}
	return s, s.load()
}

func (s *state) load() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read what the demo catalogue did: %w", err)
	}
	var kept memory
	if err := json.Unmarshal(text, &kept); err != nil {
		return fmt.Errorf("read what the demo catalogue did: %s: %w", s.path, err)
	}
	s.kept = kept
	return nil
}

// alone keeps other processes from working on the catalogue until unlock, and reads what they left.
func (s *state) alone() (unlock func(), err error) {
	f, err := process.Lock(s.path + ".lock")
	if errors.Is(err, process.ErrLocked) {
		return nil, errors.New("the demo catalogue is being worked on by another process: try again when it is done")
	}
	if err != nil {
		return nil, fmt.Errorf("lock the demo catalogue: %w", err)
	}
	return func() { _ = f.Close() }, s.load()
}

func (s *state) read() memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept
	k.Buyers = slices.Clone(k.Buyers)
	return k
}

// change writes a whole new file, so that a crash leaves the old one or the new one.
func (s *state) change(f func(*memory)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.kept)
	text, err := json.MarshalIndent(s.kept, "", "  ")
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(s.path, append(text, '\n'), 0o600, renameio.WithTempDir(filepath.Dir(s.path))); err != nil {
		return fmt.Errorf("keep what the demo catalogue did: %w", err)
	}
	return nil
}
