package mailbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/renameio/v2"
)

const extension = ".eml"

// idPattern is what keep makes: a time that sorts, and a random part.
var idPattern = regexp.MustCompile(`^\d{8}T\d{6}\.\d{9}-[A-Z2-7]{8}$`)

// store is a folder of mails.
type store struct {
	dir string
	mu  sync.Mutex // one write at a time, so that names are in the order of arrival
}

// keep writes a mail that is complete and on disk, or not there at all.
func (s *store) keep(mail []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := time.Now().UTC().Format("20060102T150405.000000000") + "-" + rand.Text()[:8]
	if err := renameio.WriteFile(filepath.Join(s.dir, id+extension), mail, 0o600, renameio.WithTempDir(s.dir)); err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	return s.prune()
}

func (s *store) prune() error {
	ids, err := s.ids()
	if err != nil {
		return err
	}
	for _, id := range ids[min(len(ids), maxKept):] {
		if err := os.Remove(filepath.Join(s.dir, id+extension)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove an old mail: %w", err)
		}
	}
	return nil
}

// ids of all mails, newest first.
func (s *store) ids() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), extension); ok && idPattern.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, nil
}

// read returns the mail as it came; os.ErrNotExist when there is none with that id.
func (s *store) read(id string) ([]byte, error) {
	if !idPattern.MatchString(id) {
		return nil, os.ErrNotExist
	}
	return os.ReadFile(filepath.Join(s.dir, id+extension))
}
