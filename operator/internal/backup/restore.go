package backup

import (
	"context"
	"crypto/md5" //nolint:gosec // storages make ETags of it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/models"
)

// ErrNotEmpty refuses a target that holds something.
var ErrNotEmpty = errors.New("the target is not empty")

// Restored says what was brought back.
type Restored struct {
	Backup  string   `json:"backup"`
	AsOf    string   `json:"as_of"`
	Missing []string `json:"missing"` // keys that the database refers to and storage has not
}

// Restore brings a backup back to a site on which no service runs: objects, then Kafka, then the database in one
// transaction, so that a database with something in it is one whose restore came to its end. A restore that broke off goes
// on where it was. force replaces what the target holds.
func Restore(ctx context.Context, s Site, dir, name string, force bool) (Restored, error) {
	m, err := find(dir, name)
	if err != nil {
		return Restored{}, err
	}
	from := filepath.Join(dir, m.Name)
	out := Restored{Backup: m.Name, AsOf: m.AsOf.Format("2006-01-02 15:04:05 UTC"), Missing: []string{}}
	list, err := s.check(ctx, dir, from, m, force)
	if err != nil {
		return out, canceled(ctx, err)
	}
	s.say("checked", "backup %s of %s, as of %s: nothing is damaged", m.Name, m.Site, out.AsOf)
	if err := s.bringObjects(ctx, dir, list); err != nil {
		return out, canceled(ctx, err)
	}
	if err := s.bringKafka(ctx, from); err != nil {
		return out, canceled(ctx, err)
	}
	if err := s.bringDatabase(ctx, from, m); err != nil {
		return out, canceled(ctx, err)
	}
	s.say("database", "schema %d with the rows of all %d tables", m.Database.Schema, len(m.Database.Tables))
	renewed, err := models.AfterRestore(ctx, s.Database, unfinished(m.Groups), s.Log)
	if err != nil {
		return out, canceled(ctx, err)
	}
	s.say("work", "%d requests for work had not been finished and go out again", renewed.Resent)
	if out.Missing, err = s.missing(ctx, list); err != nil {
		return out, canceled(ctx, err)
	}
	if len(out.Missing) > 0 {
		s.say("missing", "%d objects that the database refers to are not in the backup, the first is %s", len(out.Missing), out.Missing[0])
	}
	return out, nil
}

// check finds every reason to refuse before anything is changed.
func (s *Site) check(ctx context.Context, dir, from string, m Manifest, force bool) ([]object, error) {
	for file, want := range map[string]File{databaseFile: m.Database.File, objectsFile: m.Objects.File, interactionsFile: m.Interactions.File} {
		if err := want.check(filepath.Join(from, file)); err != nil {
			return nil, err
		}
	}
	list, err := s.listed(dir, from)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, s.Database)
	if err != nil {
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	version, major, err := serverOf(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("ask the database for its version: %w", err)
	}
	if major < m.Database.Major {
		return nil, fmt.Errorf("the database was kept from PostgreSQL %s, and here is %s: a newer or the same one is needed", m.Database.Server, version)
	}
	schema, err := models.SchemaOf(ctx, s.Database, s.Log)
	if err != nil {
		return nil, err
	}
	if m.Database.Schema > schema.Newest {
		return nil, fmt.Errorf("the backup has schema %d, and this release knows none above %d: use the release that made it, or a newer one", m.Database.Schema, schema.Newest)
	}
	var held []string
	if err := s.stopped(ctx, conn); err != nil {
		return nil, err
	}
	tables, err := occupied(ctx, conn)
	if err != nil {
		return nil, err
	}
	held = append(held, tables...)
	topics, err := s.sentMessages(ctx)
	if err != nil {
		return nil, err
	}
	held = append(held, topics...)
	strangers, err := s.strangers(ctx, list)
	if err != nil {
		return nil, err
	}
	if strangers > 0 {
		held = append(held, fmt.Sprintf("%d objects that are not this backup's", strangers))
	}
	if len(held) > 0 && !force {
		return nil, fmt.Errorf("%w: it has %s; --force replaces the database and the messages and keeps such objects", ErrNotEmpty, strings.Join(held, ", "))
	}
	return list, nil
}

// listed reads the list of objects and looks whether all their bytes are there, in their length.
func (s *Site) listed(dir, from string) ([]object, error) {
	b := blobs{dir: filepath.Join(dir, blobsFolder)}
	var list []object
	err := readLines(filepath.Join(from, objectsFile), func(o object) error {
		if _, err := hex.DecodeString(o.SHA256); err != nil || len(o.SHA256) != 64 {
			return fmt.Errorf("the list of objects is damaged at %s", o.Key)
		}
		at, err := os.Stat(b.path(o.SHA256))
		if err != nil {
			return fmt.Errorf("the bytes of %s are missing: %w", o.Key, err)
		}
		if at.Size() != o.Size {
			return fmt.Errorf("%s is damaged: %d bytes, kept were %d", b.path(o.SHA256), at.Size(), o.Size)
		}
		list = append(list, o)
		return nil
	})
	return list, err
}

// lingerTime is how long the database may still list a session that has ended, our own look at its schema for one.
const lingerTime = 5 * time.Second

// stopped refuses while services still write.
func (s *Site) stopped(ctx context.Context, conn *pgx.Conn) error {
	for began := time.Now(); ; {
		var services int
		err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'crateful-models' AND pid <> pg_backend_pid()`).Scan(&services)
		if err != nil {
			return fmt.Errorf("look who uses the database: %w", err)
		}
		if services == 0 {
			break
		}
		if time.Since(began) > lingerTime {
			return errors.New("models still runs: stop every service, and let only what keeps data run (docs/operations.md, \"Bringing a backup back\")")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	groups, err := kafka.GroupStates(ctx, s.Kafka)
	if err != nil {
		return fmt.Errorf("look who reads kafka: %w", err)
	}
	for _, g := range groups {
		if g.Members > 0 {
			return fmt.Errorf("the consumer group %s still reads: stop the service (a killed one is forgotten within 10 seconds)", g.Name)
		}
	}
	return nil
}

// occupied says what of a site the database holds. A schema with nothing in it is nothing.
func occupied(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	var tables int
	err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`).Scan(&tables)
	if err != nil {
		return nil, fmt.Errorf("look into the database: %w", err)
	}
	if tables == 0 {
		return nil, nil
	}
	var ours bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('public.accounts') IS NOT NULL`).Scan(&ours); err != nil {
		return nil, fmt.Errorf("look into the database: %w", err)
	}
	if !ours {
		return []string{fmt.Sprintf("%d tables of something else", tables)}, nil
	}
	var accounts int64
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM accounts`).Scan(&accounts); err != nil {
		return nil, fmt.Errorf("look into the database: %w", err)
	}
	if accounts == 0 {
		return nil, nil
	}
	return []string{fmt.Sprintf("a database with %d accounts", accounts)}, nil
}

func (s *Site) sentMessages(ctx context.Context) ([]string, error) {
	var held []string
	for _, t := range models.Topics() {
		if err := kafka.CheckTopic(ctx, s.Kafka, t); errors.Is(err, kafka.ErrNoTopic) {
			continue
		}
		first, end, err := kafka.Bounds(ctx, s.Kafka, t.Name)
		if err != nil {
			return nil, err
		}
		n := int64(0)
		for p := range end {
			n += end[p] - first[p]
		}
		if n > 0 {
			held = append(held, fmt.Sprintf("%d messages in %s", n, t.Name))
		}
	}
	return held, nil
}

// strangers counts objects of the target that the backup has not, or has otherwise.
func (s *Site) strangers(ctx context.Context, list []object) (int, error) {
	if err := s.Objects.EnsureBucket(ctx, s.Origin); err != nil {
		return 0, err
	}
	sizes := make(map[string]int64, len(list))
	for _, o := range list {
		sizes[o.Key] = o.Size
	}
	n := 0
	for info, err := range s.Objects.List(ctx, "") {
		if err != nil {
			return 0, err
		}
		if size, ok := sizes[info.Key]; !passes(info.Key) && (!ok || size != info.Size) {
			n++
		}
	}
	return n, nil
}

// bringObjects puts back what the storage lacks, compares every byte with its sum on the way, and looks at the end whether
// all is there.
func (s *Site) bringObjects(ctx context.Context, dir string, list []object) error {
	b := blobs{dir: filepath.Join(dir, blobsFolder)}
	there := map[string]objects.Info{}
	for info, err := range s.Objects.List(ctx, "") {
		if err != nil {
			return err
		}
		there[info.Key] = info
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	put, bytes := 0, int64(0)
	for _, o := range list {
		if have, ok := there[o.Key]; ok && have.Size == o.Size && have.ETag == o.ETag {
			continue // an earlier try brought it
		}
		if gctx.Err() != nil {
			break
		}
		put, bytes = put+1, bytes+o.Size
		s.progress("objects: %d of %d", put, len(list))
		g.Go(func() error { return s.bringObject(gctx, b.path(o.SHA256), o) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("bring objects back: %w", err)
	}
	clear(there)
	for info, err := range s.Objects.List(ctx, "") {
		if err != nil {
			return err
		}
		there[info.Key] = info
	}
	for _, o := range list {
		if have, ok := there[o.Key]; !ok || have.Size != o.Size {
			return fmt.Errorf("storage has not taken %s", o.Key)
		}
	}
	s.say("objects", "all %d are there, %d of them (%s) brought now", len(list), put, Size(bytes))
	return nil
}

func (s *Site) bringObject(ctx context.Context, path string, o object) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	// Read before it is sent: wrong bytes must not get under a right name. MD5 goes along to the storage.
	have, err := sumOf(f)
	if err != nil {
		return err
	}
	if have.SHA256 != o.SHA256 {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s", path, have.SHA256)
	}
	part, err := partSize(f, o)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = s.Objects.Put(ctx, o.Key, f, o.Size, objects.PutOptions{ContentType: o.Type, CacheControl: o.Cache, ContentDisposition: o.Disposition, PartSize: part})
	return err
}

// partSize finds the parts an object was uploaded in, so that it gets the ETag it had: files that wait for the analyzer are
// known by it. 0 stands for any.
func partSize(f io.ReadSeeker, o object) (int64, error) {
	const step, least = 1 << 20, 5 << 20 // storages take no smaller parts
	_, number, ok := strings.Cut(o.ETag, "-")
	parts, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || parts < 2 {
		return 0, nil //nolint:nilerr // it did not come in parts
	}
	fits := func(size int64) bool { return size*(parts-1) < o.Size && size*parts >= o.Size }
	likely := []int64{8 << 20, 16 << 20} // as browsers and services send
	for size := max(least, (o.Size+parts-1)/parts/step*step); size*(parts-1) < o.Size; size += step {
		likely = append(likely, size)
	}
	for _, size := range likely {
		if !fits(size) {
			continue
		}
		etag, err := etagOf(f, size)
		if err != nil {
			return 0, err
		}
		if etag == o.ETag {
			return size, nil
		}
	}
	return 0, nil
}

// etagOf is what storages call an object that came in parts of a size.
func etagOf(f io.ReadSeeker, size int64) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	all := md5.New() //nolint:gosec // as storages do
	for parts := 0; ; parts++ {
		one := md5.New() //nolint:gosec // as storages do
		n, err := io.CopyN(one, f, size)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if n == 0 {
			return fmt.Sprintf("%x-%d", all.Sum(nil), parts), nil
		}
		all.Write(one.Sum(nil))
	}
}

// bringKafka makes all topics anew: messages of after the backup would speak of what is no more, and of later revisions.
// Groups go with the offsets they had there.
func (s *Site) bringKafka(ctx context.Context, from string) error {
	topics := models.Topics()
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	groups, err := kafka.GroupStates(ctx, s.Kafka)
	if err != nil {
		return err
	}
	for _, g := range groups {
		ours := slices.ContainsFunc(names, func(name string) bool { return len(g.Offsets[name]) > 0 })
		if !ours {
			continue
		}
		if err := kafka.DeleteGroup(ctx, s.Kafka, g.Name); err != nil {
			return err
		}
	}
	if err := kafka.DeleteTopics(ctx, s.Kafka, names...); err != nil {
		return err
	}
	if err := kafka.EnsureTopics(ctx, s.Kafka, topics...); err != nil {
		return err
	}
	n, err := s.bringInteractions(ctx, from)
	if err != nil {
		return err
	}
	s.say("kafka", "%d topics made anew, %d interactions sent again", len(topics), n)
	return nil
}

// unfinished is, for each partition of uploads, the first offset that some group had not worked on.
func unfinished(groups []kafka.GroupState) kafka.Offsets {
	next := kafka.Offsets{}
	for _, g := range groups {
		for p, at := range g.Offsets["uploads"] {
			if have, ok := next[p]; !ok || at < have {
				next[p] = at
			}
		}
	}
	return next
}

// missing lists what the database refers to and the backup has not.
func (s *Site) missing(ctx context.Context, list []object) ([]string, error) {
	have := make(map[string]bool, len(list))
	for _, o := range list {
		have[o.Key] = true
	}
	missing := []string{}
	err := models.ExpectedObjects(ctx, s.Database, s.Log, func(keys []string) error {
		for _, key := range keys {
			if !have[key] {
				missing = append(missing, key)
			}
		}
		return nil
	})
	return missing, err
}
