package ingest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/models/events"
)

func message(t testing.TB, data events.Data) []byte {
	t.Helper()
	e, err := events.New("e1", "p1", 7, time.Unix(1_700_000_000, 0), "", data)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func pack() events.PackPublishedV1 {
	price := events.Money{Amount: 80, Currency: "EUR"}
	return events.PackPublishedV1{
		Pack: events.Listing{
			ID: "p1", Slug: "p", Title: "Dusty Keys", Description: "For rainy nights.", Genre: "lo-fi", Tags: []string{"Dusty", "dusty"}, Price: events.Money{Amount: 1200, Currency: "EUR"},
			Producer: events.Producer{ID: "m", Handle: "Maker", Name: "The Maker"}, Licence: "standard", DemoSoundID: "s2",
			Sounds: []events.Sound{
				{ID: "s1", Name: "Rhodes_Am_92.wav", Type: "loop", Key: "A minor", TempoBPM: 92, Frames: 44_100, SampleRateHz: 44_100, Format: "wav", Price: &price, Features: append([]float32{0.5}, make([]float32, 31)...), FeatureVersion: 3},
				{ID: "s2", Name: "Kick.wav", Type: "one-shot", Frames: 4410, SampleRateHz: 44_100, Format: "wav", Tags: []string{"Hard"}, Features: append([]float32{2}, make([]float32, 31)...)},
			},
		},
		RemovedSoundIDs: []string{"s0", "s1"}, // s1 came back
	}
}

func TestPublishedDocuments(t *testing.T) {
	t.Parallel()
	docs, err := Documents(message(t, pack()))
	if err != nil || len(docs) != 4 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	byID := map[string]search.Document{}
	for _, d := range docs {
		if d.Version != 7 || d.PackID != "p1" || d.Digest == "" {
			t.Errorf("document %+v", d)
		}
		byID[d.ID] = d
	}
	if !byID["s-s0"].Gone || byID["s-s1"].Gone {
		t.Error("removed and returned sounds are mixed up")
	}
	four, hundred := int64(80), 1.0
	for _, q := range []api.Query{
		{Words: "rhodes am 92 bpm dusty maker"},
		{Keys: []string{"Am"}, Genres: []string{"lo-fi"}, Tags: []string{"dusty"}, Producers: []string{"maker"}},
		{Price: &api.Price{Min: &four, Max: &four}, Length: &api.Range{Min: &hundred, Max: &hundred}},
		{Kind: api.KindPacks, Types: []string{"loop", "one-shot"}, Tags: []string{"dusty"}, Words: "keys"},
		{Kind: api.KindProducers, Words: "the maker"},
		{Words: "rhodes a minor"},
		{Kind: api.KindPacks, Words: "rainy nights"},
		{Keys: []string{"Em"}, KeyFits: true, Not: &api.Exclusions{Words: []string{"hard"}}},
	} {
		q, err := q.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		id := "s-s1"
		if q.Kind != api.KindSounds {
			id = "p-p1"
		}
		if !search.Matches(q, byID[id]) {
			t.Errorf("%+v does not find %s: %+v", q, id, byID[id])
		}
		if search.Matches(q, byID["s-s2"]) || search.Matches(q, byID["s-s0"]) {
			t.Errorf("%+v finds too much", q)
		}
	}
	if v := byID["s-s1"].Vector; len(v) != search.VectorSize || v[0] != 0.5 || byID["s-s1"].Terms[search.TermFeatures][0] != "3" {
		t.Errorf("vector %v of features %v", v, byID["s-s1"].Terms[search.TermFeatures])
	}
	if byID["s-s2"].Vector != nil {
		t.Error("a vector of the wrong size, or out of its range, was taken")
	}
	var row api.PackRow
	if err := json.Unmarshal(byID["p-p1"].Row, &row); err != nil || row.PreviewSound.ID != "s2" || row.Loops != 1 || row.OneShots != 1 {
		t.Errorf("row of the pack: %+v, %v", row, err)
	}
	again, err := Documents(message(t, pack()))
	if err != nil || again[0].Digest != docs[0].Digest || again[3].Digest != docs[3].Digest {
		t.Errorf("digests differ between two readings: %v", err)
	}
}

func TestUselessEvents(t *testing.T) {
	t.Parallel()
	twice := pack()
	twice.Pack.Sounds[1].ID = "s1"
	foreign := pack()
	foreign.Pack.ID = "p2"
	nameless := pack()
	nameless.Pack.Sounds[0].ID = ""
	for name, raw := range map[string][]byte{
		"not json":          []byte("{"),
		"no envelope":       []byte("{}"),
		"sound twice":       message(t, twice),
		"other subject":     message(t, foreign),
		"sound without id":  message(t, nameless),
		"too many":          message(t, events.PackDeletedV1{PackID: "p1", SoundIDs: make([]string, MaxSounds+1)}),
		"version too great": []byte(strings.Replace(string(message(t, pack())), `"revision":7`, `"revision":9007199254740993`, 1)),
	} {
		if docs, err := Documents(raw); !errors.Is(err, errNoUse) {
			t.Errorf("%s: %d documents, %v", name, len(docs), err)
		}
	}
	if docs, err := Documents([]byte(`{"id":"e","type":"pack.sung.v1","subject":"p","time":"2026-01-01T00:00:00Z","data":{}}`)); err != nil || len(docs) != 0 {
		t.Errorf("unknown type: %d documents, %v", len(docs), err)
	}
}

// TestGoldenMessages reads the messages that models promises to keep.
func TestGoldenMessages(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "models", "events", "testdata", "pack.*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if docs, err := Documents(raw); err != nil || len(docs) == 0 {
			t.Errorf("%s: %d documents, %v", filepath.Base(file), len(docs), err)
		}
	}
	t.Logf("%d golden messages", len(files))
}

func FuzzDocuments(f *testing.F) {
	f.Add(message(f, pack()))
	f.Add(message(f, events.PackWithdrawnV1{PackID: "p1", SoundIDs: []string{"s1"}}))
	f.Add(message(f, events.PackDeletedV1{PackID: "p1"}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		docs, err := Documents(raw)
		if err != nil && !errors.Is(err, errNoUse) {
			t.Fatalf("error without a mark: %v", err)
		}
		for _, d := range docs {
			if err := d.Check(); err != nil || d.Digest == "" {
				t.Fatalf("document %+v: %v", d, err)
			}
			for _, field := range []string{search.TermName, search.TermPrice} {
				if !d.Gone && len(d.Terms[field]) != 1 {
					t.Fatalf("document %s: %s is %v", d.ID, field, d.Terms[field])
				}
			}
			for _, field := range []string{search.NumberPopularity, search.NumberPublished, search.NumberTempoUp, search.NumberTempoDown, search.NumberLengthSort, search.NumberPrice} {
				if !d.Gone && len(d.Numbers[field]) != 1 {
					t.Fatalf("document %s: %s is %v", d.ID, field, d.Numbers[field])
				}
			}
		}
	})
}
