package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/local"
	"crateful.dev/operator"
)

// ctl runs cratefulctl on a data folder. Without an answer nothing is confirmed.
func ctl(t testing.TB, data string, args ...string) (string, error) {
	t.Helper()
	environ := []string{"PATH=" + os.Getenv("PATH")}
	if token := tokens[data]; token != "" {
		environ = append(environ, "CRATEFUL_TOKEN="+token)
	}
	return operate(deadline(t, 2*time.Minute), environ, append([]string{"--data", data}, args...)...)
}

// operate runs cratefulctl in an environment.
func operate(ctx context.Context, environ []string, args ...string) (string, error) {
	var out, said bytes.Buffer
	err := operator.Run(ctx, append([]string{"cratefulctl"}, args...), operator.Terminal{In: strings.NewReader(""), Out: &out, Err: &said, Environ: environ})
	return out.String(), err
}

// tokens are of admins, by the data folder they are for.
var tokens = map[string]string{}

func mustCtl(t testing.TB, data string, args ...string) string {
	t.Helper()
	out, err := ctl(t, data, args...)
	if err != nil {
		t.Fatalf("cratefulctl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// dataFolder is one that the database's account may walk through.
func dataFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

func startOn(t testing.TB, dir string, parts bool) *local.Stack {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	stack, err := local.Start(ctx, local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, PartsOnly: parts, Tune: []string{"MODELS_LIMIT_FACTOR=100"}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Errorf("close the stack: %v", err)
		}
	})
	return stack
}

// found is what a search answers, whatever its order.
func found(t testing.TB, s site, query string) string {
	t.Helper()
	http := httpx.NewClient(httpx.ClientConfig{BaseURL: s.URL, Timeout: 20 * time.Second})
	defer http.Close()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.New(http).For(client.Caller{Agent: "e2e"}).Search(deadline(t, 20*time.Second), values)
	if err != nil {
		return "error: " + err.Error()
	}
	var ids []string
	for _, p := range got.Packs {
		ids = append(ids, "pack "+p.ID+" "+p.Title)
	}
	for _, r := range got.Sounds {
		ids = append(ids, "sound "+r.ID+" "+r.Name)
	}
	slices.Sort(ids)
	return fmt.Sprintf("%+v\n%s", got.Totals, strings.Join(ids, "\n"))
}

// A site is kept while it runs, lost altogether, and brought back on new parts: what was sold can be downloaded as it was,
// and search answers as it did.
func TestBackupAndRestore(t *testing.T) {
	if os.Getenv("CRATEFUL_URL") != "" {
		t.Skip("it needs a stack of its own")
	}
	dir, kept := dataFolder(t), t.TempDir()
	stack := startOn(t, dir, false)
	s := site{URL: stack.URL(), Mail: stack.MailURL()}
	made, word := samplePack(t, "dusty", 31)
	free, freeWord := samplePack(t, "paper", 32)
	producer, buyer, listener := s.newPerson(t, "Backup Producer"), s.newPerson(t, "Backup Buyer"), s.newPerson(t, "Backup Listener")
	bench := producer.newPack(t, made, listing{Title: "Kept " + word, Price: 900, SoundPrice: 70})
	producer.newPack(t, free, listing{Title: "Given " + freeWord})
	page, err := listener.Pack(deadline(t, 20*time.Second), bench.Pack.Slug, false)
	if err != nil {
		t.Fatal(err)
	}
	sound := page.Sounds[0]
	buyer.buy(t, api.Things{PackIDs: []string{bench.Pack.ID}})
	listener.buy(t, api.Things{SoundIDs: []string{sound.ID}})
	download := func(p person, what api.DownloadRequest) string {
		link, err := p.Download(deadline(t, 20*time.Second), what)
		if err != nil {
			t.Fatalf("download: %v", explain(err))
		}
		body, err := get(link.URL)
		if err != nil {
			t.Fatalf("download: %v", err)
		}
		return sum(body)
	}
	zip, single := download(buyer, api.DownloadRequest{PackID: bench.Pack.ID}), download(listener, api.DownloadRequest{SoundID: sound.ID})
	queries := []string{"q=" + word, "q=" + freeWord, "in=packs", "in=packs&genre=lo-fi", "in=sounds&type=loop"}
	before := map[string]string{}
	for _, q := range queries {
		before[q] = found(t, s, q)
	}
	mustCtl(t, dir, "admin", "grant", producer.Email)

	if out, err := ctl(t, dir, "--yes", "restore", "--force", kept); err == nil || !strings.Contains(err.Error(), "no finished backup") {
		t.Errorf("restored from nothing: %v\n%s", err, out)
	}
	t.Log(mustCtl(t, dir, "backup", kept))
	if out := mustCtl(t, dir, "backup", kept); !strings.Contains(out, "0 of them (0 B) new") {
		t.Errorf("the second backup brought objects again:\n%s", out)
	}
	if out := mustCtl(t, dir, "backups", kept); strings.Count(out, "\n") != 3 {
		t.Errorf("not two backups:\n%s", out)
	}
	if out, err := ctl(t, dir, "--yes", "restore", "--force", kept); err == nil || !strings.Contains(err.Error(), "models still runs") {
		t.Errorf("restored below a running site: %v\n%s", err, out)
	}
	interactions := manifest(t, kept).Interactions.Messages
	if interactions == 0 {
		t.Error("nobody did anything that was kept")
	}
	if err := stack.Close(); err != nil {
		t.Fatal(err)
	}

	// Nothing of it is left but the backup.
	dir = dataFolder(t)
	parts := startOn(t, dir, true)
	mended := damage(t, kept)
	if out, err := ctl(t, dir, "restore", kept); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("restored wrong bytes: %v\n%s", err, out)
	}
	mended()
	t.Log(mustCtl(t, dir, "restore", kept)) // goes on where the damage stopped it
	if out, err := ctl(t, dir, "restore", kept); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restored over something: %v\n%s", err, out)
	}
	if out, err := ctl(t, dir, "restore", "--force", kept); err == nil || !strings.Contains(err.Error(), "not confirmed") {
		t.Errorf("restored over something without being sure: %v\n%s", err, out)
	}
	mustCtl(t, dir, "--yes", "restore", "--force", kept)
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}

	stack = startOn(t, dir, false)
	s = site{URL: stack.URL(), Mail: stack.MailURL()}
	secret(strings.TrimSpace(mustCtl(t, dir, "admin", "token", producer.Email)))
	tokens[dir] = strings.TrimSpace(mustCtl(t, dir, "admin", "token", "--days", "1", producer.Email))
	if out, err := ctl(t, dir, "admin", "token", buyer.Email); err == nil || !strings.Contains(err.Error(), "no admin") {
		t.Errorf("made an admin's token for a buyer: %v\n%s", err, out)
	}
	mustCtl(t, dir, "republish", "--all", "--reason", "restored from a backup")
	mustCtl(t, dir, "reindex", "start", "--watch", "--reason", "restored from a backup")
	for _, q := range queries {
		after := ""
		eventually(t, 20*time.Second, "search to answer as before to "+q, func() (bool, error) {
			after = found(t, s, q)
			return after == before[q], fmt.Errorf("it answers %s, before it was %s", after, before[q])
		})
	}
	buyer, listener = s.signedIn(t, buyer), s.signedIn(t, listener)
	if now := download(buyer, api.DownloadRequest{PackID: bench.Pack.ID}); now != zip {
		t.Errorf("the zip has the hash %s, before it was %s", now, zip)
	}
	if now := download(listener, api.DownloadRequest{SoundID: sound.ID}); now != single {
		t.Errorf("the sound has the hash %s, before it was %s", now, single)
	}
	if out, err := ctl(t, dir, "doctor"); err != nil {
		t.Errorf("the doctor finds: %v\n%s", err, out)
	}
	again := t.TempDir()
	mustCtl(t, dir, "backup", again)
	if n := manifest(t, again).Interactions.Messages; n < interactions {
		t.Errorf("%d of %d interactions came back", n, interactions)
	}
}

type kept struct {
	Interactions struct{ Messages int64 }
	Objects      struct{ Count int64 }
}

// manifest is what the newest backup of a folder holds.
func manifest(t testing.TB, dir string) kept {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "backup.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no backup in %s (%v)", dir, err)
	}
	slices.Sort(paths)
	raw, err := os.ReadFile(paths[len(paths)-1])
	if err != nil {
		t.Fatal(err)
	}
	var m kept
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// damage turns one bit of an object's bytes, and back.
func damage(t testing.TB, dir string) (mend func()) {
	t.Helper()
	var path string
	err := filepath.WalkDir(filepath.Join(dir, "objects"), func(at string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path = at
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatalf("no object in %s (%v)", dir, err)
	}
	flip := func() {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		body[len(body)/2] ^= 1
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flip()
	return flip
}
