package spark_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/spark"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func did(h *history.History, person string, kind events.Kind, pack string, age time.Duration) {
	h.Record(events.InteractionRecordedV1{PersonID: person, Kind: kind, PackID: pack}, now.Add(-age))
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func unpacked(t *testing.T, raw string) string {
	t.Helper()
	zip, err := gzip.NewReader(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An export has what a model is made of: acts of merged pseudonyms together, nothing that was wiped, and nobody's pseudonym.
func TestExportHasWhatAModelIsMadeOf(t *testing.T) {
	t.Parallel()
	h := history.New()
	did(h, "alice", events.KindPurchase, "rhodes", 0)
	did(h, "visitor", events.KindPreview, "wurli", 180*24*time.Hour)
	h.Merge("visitor", "alice")
	did(h, "bob", events.KindLike, "amen", 0)
	did(h, "carol", events.KindPurchase, "amen", time.Hour)
	h.Wipe("carol", now)
	did(h, "dora", events.KindCart, "amen", 0)
	dir := t.TempDir()
	made, err := spark.Write(t.Context(), spark.Folder(dir), h.All(), spark.Export{At: now, Kafka: "k"})
	if err != nil || made.People != 3 || made.Interests != 4 || made.Training != model.TrainingOf() {
		t.Fatalf("%+v, %v", made, err)
	}
	held := files(t, dir)
	var manifest spark.Export
	if err := json.Unmarshal([]byte(held["export.json"]), &manifest); err != nil || !reflect.DeepEqual(manifest, made) || len(held) != 2 {
		t.Errorf("%v holds %s: %v", maps.Keys(held), held["export.json"], err)
	}
	want := `{"person":0,"pack":"rhodes","weight":1}
{"person":0,"pack":"wurli","weight":0.1}
{"person":1,"pack":"amen","weight":0.6}
{"person":2,"pack":"amen","weight":0.5}
`
	if got := unpacked(t, held["interests-00000.ndjson.gz"]); got != want {
		t.Errorf("lines:\n%s\nwant:\n%s", got, want)
	}
	if _, err := spark.Write(t.Context(), spark.Folder(dir), h.All(), spark.Export{At: now}); !errors.Is(err, spark.ErrTaken) {
		t.Errorf("a second export in the same place: %v", err)
	}
	again := t.TempDir()
	if _, err := spark.Write(t.Context(), spark.Folder(again), h.All(), spark.Export{At: now, Kafka: "k"}); err != nil || !reflect.DeepEqual(files(t, again), held) {
		t.Errorf("the same tastes give other files: %v", err)
	}
}

func lines(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := io.WriteString(zip, text); err != nil || zip.Close() != nil {
		t.Fatal(err)
	}
	return out.String()
}

const manifest = `{"version": 1, "trainer": "hand", "at": "2026-06-01T00:00:00Z", "packs": 2, "models": [["a/0", "a/1"], ["b/0"]],
	"training": {"dim": 2, "sweeps": 10, "unobserved": 0.1, "regularise": 0.1, "frequency": 1, "models": 2, "seed": 1}}`

func TestFactorsAreReadWholeOrRefused(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"factors.json": manifest,
		"a/0":          lines(t, `{"pack":"x","factors":[1,0]}`+"\n"), "a/1": lines(t, `{"pack":"y","factors":[0,1]}`),
		"b/0": lines(t, `{"pack":"y","factors":[3,4]}{"pack":"x","factors":[5,6]}`),
	}
	read := func(t *testing.T, change map[string]string) (*model.Given, error) {
		dir := t.TempDir()
		held := maps.Clone(good)
		maps.Copy(held, change)
		for name, body := range held {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if body == "" {
				continue
			}
			if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, err := spark.ReadManifest(t.Context(), spark.Folder(dir))
		if err != nil {
			return nil, err
		}
		return f.Read(t.Context(), spark.Folder(dir))
	}
	given, err := read(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]float32{{1, 0, 0, 1}, {5, 6, 3, 4}}; !reflect.DeepEqual(given.Models, want) || !reflect.DeepEqual(given.Packs, []string{"x", "y"}) ||
		given.Name != "hand 2026-06-01T00:00:00Z" {
		t.Errorf("%+v", given)
	}
	for name, change := range map[string]map[string]string{
		"no manifest":                {"factors.json": ""},
		"a manifest cut off":         {"factors.json": manifest[:100]},
		"another version":            {"factors.json": strings.Replace(manifest, `"version": 1`, `"version": 2`, 1)},
		"no trainer":                 {"factors.json": strings.Replace(manifest, `"hand"`, `""`, 1)},
		"more packs told":            {"factors.json": strings.Replace(manifest, `"packs": 2`, `"packs": 3`, 1)},
		"fewer packs told":           {"factors.json": strings.Replace(manifest, `"packs": 2`, `"packs": 1`, 1)},
		"another dim":                {"factors.json": strings.Replace(manifest, `"dim": 2`, `"dim": 3`, 1)},
		"no dim":                     {"factors.json": strings.Replace(manifest, `"dim": 2`, `"dim": 0`, 1)},
		"no regularisation":          {"factors.json": strings.Replace(manifest, `"regularise": 0.1`, `"regularise": 0`, 1)},
		"fewer factorisations":       {"factors.json": strings.Replace(manifest, `"models": 2`, `"models": 1`, 1)},
		"a file missing":             {"a/1": ""},
		"a file elsewhere":           {"factors.json": strings.Replace(manifest, "a/0", "../../etc/passwd", 1)},
		"a file cut off":             {"b/0": good["b/0"][:len(good["b/0"])-9]},
		"not packed":                 {"b/0": `{"pack":"y","factors":[3,4]}`},
		"a line too short":           {"a/0": lines(t, `{"pack":"x","factors":[1]}`)},
		"a pack twice":               {"a/1": lines(t, `{"pack":"x","factors":[1,1]}`)},
		"a pack in one alone":        {"b/0": lines(t, `{"pack":"y","factors":[3,4]}{"pack":"z","factors":[5,6]}`)},
		"a number that is too large": {"a/0": lines(t, `{"pack":"x","factors":[1e39,0]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if given, err := read(t, change); err == nil {
				t.Errorf("taken: %+v", given)
			} else if missing := errors.Is(err, spark.ErrMissing); missing != (name == "no manifest" || name == "a file missing") {
				t.Errorf("missing %v: %v", missing, err)
			}
		})
	}
}
