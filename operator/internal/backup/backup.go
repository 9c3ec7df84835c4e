package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"crateful.dev/kit/kafka"
)

// Make adds a backup to a folder while the site runs. What an earlier one, finished or not, has brought already is not
// brought again.
//
// The order makes it one consistent whole. Objects are written before the database refers to them and never change, so all
// that a snapshot of the database refers to is in storage by then: they are kept before the snapshot, and once more after
// it for what came meanwhile. How far consumers have come is read before the snapshot: work they finish in between is done
// twice after a restore, which they bear, and none is forgotten.
func Make(ctx context.Context, s Site, dir string) (Manifest, error) {
	m := Manifest{Format: format, Site: s.Origin, BeganAt: time.Now().UTC().Truncate(time.Second)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, fmt.Errorf("make the folder: %w", err)
	}
	locked, err := lock(dir)
	if err != nil {
		return m, err
	}
	defer locked.Close()
	m.Name = nameOf(m.BeganAt)
	to := filepath.Join(dir, m.Name)
	if err := os.Mkdir(to, 0o700); err != nil {
		return m, fmt.Errorf("make the folder: %w", err)
	}
	if err := s.keep(ctx, dir, to, &m); err != nil {
		// What was fetched of the objects stays for the next try.
		return m, errors.Join(canceled(ctx, err), os.RemoveAll(to))
	}
	return m, nil
}

func (s *Site) keep(ctx context.Context, dir, to string, m *Manifest) (err error) {
	kept, err := openBlobs(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.close()) }()
	if err := kept.rewrite(); err != nil {
		return err
	}
	seen := map[string]object{}
	first, err := kept.fetch(ctx, s, seen)
	if err != nil {
		return err
	}
	if m.Groups, err = kafka.GroupStates(ctx, s.Kafka); err != nil {
		return fmt.Errorf("keep offsets: %w", err)
	}
	s.say("offsets", "of %d consumer groups", len(m.Groups))
	if err := s.keepDatabase(ctx, to, m); err != nil {
		return err
	}
	total := int64(0)
	for _, n := range m.Database.Tables {
		total += n
	}
	s.say("database", "%d rows of %d tables, %s, as of %s", total, len(m.Database.Tables), Size(m.Database.Size), m.AsOf.Format(time.RFC3339))
	if err := s.keepInteractions(ctx, to, m); err != nil {
		return err
	}
	s.say("interactions", "%d messages, %s", m.Interactions.Messages, Size(m.Interactions.Size))
	second, err := kept.fetch(ctx, s, seen)
	if err != nil {
		return err
	}
	list, err := writeLines(filepath.Join(to, objectsFile))
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		o := seen[key]
		m.Objects.Count++
		m.Objects.Bytes += o.Size
		if err := list.add(o); err != nil {
			return err
		}
	}
	if m.Objects.File, err = list.close(); err != nil {
		return err
	}
	s.say("objects", "%d of %s, %d of them (%s) new", m.Objects.Count, Size(m.Objects.Bytes),
		first.objects.Load()+second.objects.Load(), Size(first.bytes.Load()+second.bytes.Load()))
	m.EndedAt = time.Now().UTC().Truncate(time.Second)
	return writeJSON(filepath.Join(to, manifestFile), m)
}
