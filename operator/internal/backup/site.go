// Package backup keeps what cannot be made again (the database, the objects, what people did) in a folder, and brings it
// back. The search index and the recommender's model are made again from it. docs/operations.md says in which order and why.
package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/kit/process"
)

// Site is what is kept, or brought back to.
type Site struct {
	Database string // its address
	Kafka    kafka.Config
	Objects  *objects.Store
	Origin   string            // the site's, for a bucket that has to be made
	Say      func(Step)        // told when a step is done
	Progress func(text string) // told how far a long step is; nil: nobody looks
	Log      *slog.Logger
}

// Step is one thing that was done.
type Step struct {
	Name string `json:"name"`
	Says string `json:"says"`
}

func (s *Site) say(name, format string, args ...any) {
	if s.Say != nil {
		s.Say(Step{name, fmt.Sprintf(format, args...)})
	}
}

func (s *Site) progress(format string, args ...any) {
	if s.Progress != nil {
		s.Progress(fmt.Sprintf(format, args...))
	}
}

// Files of a folder and of one backup in it.
const (
	blobsFolder      = "objects"     // bytes by their SHA-256, shared by all backups in a folder
	knownFile        = "known.jsonl" // which object has which bytes, as far as it was ever seen
	manifestFile     = "backup.json" // written last: without it a backup is not finished
	databaseFile     = "database.dump"
	objectsFile      = "objects.jsonl.gz"
	interactionsFile = "interactions.jsonl.gz"
)

// lock keeps a second backup out of the folder.
func lock(dir string) (*os.File, error) {
	f, err := process.Lock(filepath.Join(dir, "lock"))
	if errors.Is(err, process.ErrLocked) {
		return nil, fmt.Errorf("another cratefulctl uses %s", dir)
	}
	return f, err
}

// withoutPassword takes the password out of a database address: command lines can be read by everybody on a computer.
func withoutPassword(address string) (plain, password string, err error) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", "", errors.New("DATABASE_URL is not a postgres:// address")
	}
	password, _ = u.User.Password()
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	return u.String(), password, nil
}

// canceled says whether ctx ended a step, so that the reason is not taken for a fault.
func canceled(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
