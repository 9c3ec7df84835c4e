package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"crateful.dev/kit/kafka"
)

// format is the version of what a backup looks like.
const format = 1

// Manifest says what a backup holds.
type Manifest struct {
	Name     string    `json:"-"` // its folder
	Format   int       `json:"format"`
	Site     string    `json:"site"`
	BeganAt  time.Time `json:"began_at"`
	AsOf     time.Time `json:"as_of"` // what happened later is not in it
	EndedAt  time.Time `json:"ended_at"`
	Database struct {
		Major  int              `json:"major"` // of the server
		Server string           `json:"server"`
		Schema int64            `json:"schema"`
		Tables map[string]int64 `json:"tables"` // rows
		File
	} `json:"database"`
	Objects struct {
		Count int64 `json:"count"`
		Bytes int64 `json:"bytes"`
		File  `json:"list"`
	} `json:"objects"`
	Interactions struct {
		Messages int64 `json:"messages"`
		File
	} `json:"interactions"`
	Groups []kafka.GroupState `json:"groups"` // how far consumers had come just before AsOf
}

// File is a file of the backup.
type File struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// nameOf is a folder's name that sorts by time.
func nameOf(t time.Time) string { return t.UTC().Format("2006-01-02T150405Z") }

// List gives the finished backups of a folder, oldest first.
func List(dir string) ([]Manifest, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", manifestFile))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("look for backups: %w", err)
	}
	list := []Manifest{}
	for _, path := range found {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("look for backups: %w", err)
		}
		m := Manifest{Name: filepath.Base(filepath.Dir(path))}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", path, err)
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Manifest) int { return a.BeganAt.Compare(b.BeganAt) })
	return list, nil
}

// find gives one backup of a folder; the newest without a name.
func find(dir, name string) (Manifest, error) {
	list, err := List(dir)
	if err != nil {
		return Manifest{}, err
	}
	for _, m := range slices.Backward(list) {
		if name != "" && m.Name != name {
			continue
		}
		if m.Format != format {
			return m, fmt.Errorf("backup %s has format %d, and this cratefulctl reads %d: use the one of its release", m.Name, m.Format, format)
		}
		return m, nil
	}
	if name != "" {
		return Manifest{}, fmt.Errorf("%s has no finished backup %s", dir, name)
	}
	return Manifest{}, fmt.Errorf("%s has no finished backup", dir)
}

// writeJSON writes a file whole or not at all.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".part-")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// summed is the size and sum of a file.
func summed(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	return sumOf(f)
}

// check compares a file with what the manifest says.
func (f File) check(path string) error {
	have, err := summed(path)
	if err != nil {
		return err
	}
	if have != f {
		return fmt.Errorf("%s is damaged: %d bytes with SHA-256 %s, written were %d with %s", path, have.Size, have.SHA256, f.Size, f.SHA256)
	}
	return nil
}

func sumOf(r io.Reader) (File, error) {
	h := newSum()
	n, err := io.Copy(h, r)
	return File{n, h.hex()}, err
}
