package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/events"
)

// update writes golden files of new events; those of published versions are kept for ever.
var update = flag.Bool("update", false, "write golden messages that do not exist yet")

var at = time.Date(2026, 11, 21, 10, 30, 0, 123456000, time.UTC)

const (
	id1 = "0193a1b2-0000-7000-8000-000000000001"
	id2 = "0193a1b2-0000-7000-8000-000000000002"
	id3 = "0193a1b2-0000-7000-8000-000000000003"
	sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

func samples() []events.Data {
	price := &events.Money{Amount: 80, Currency: "EUR"}
	return []events.Data{
		events.PackPublishedV1{
			Pack: events.Listing{
				ID: id1, Slug: "dusty-keys", Title: "Dusty Keys", Description: "Felt piano, worn tape.", Genre: "lo-fi", Tags: []string{"piano", "tape"},
				Producer: events.Producer{ID: id2, Handle: "ada", Name: "Ada"}, Price: events.Money{Amount: 1200, Currency: "EUR"}, Licence: "standard",
				CoverKey: "covers/" + sha, DemoSoundID: id3, EditionID: id3, Edition: 2, SizeBytes: 1 << 30, Extras: events.Extras{MIDI: 12, Docs: 1},
				PublishedAt: at, UpdatedAt: at, Popularity: 1.5, Bought: 7,
				Sounds: []events.Sound{{
					ID: id3, Name: "keys_Am_92.wav", Folder: "Loops/Keys", Type: "loop", Instrument: "keys", Key: "Am", TempoBPM: 92, TempoUnsure: true,
					Tags: []string{"warm"}, Frames: 460174, SampleRateHz: 44100, Channels: 2, BitDepth: 24, Format: "wav", SizeBytes: 2761088, SHA256: sha,
					LoudnessLUFS: -14.2, TruePeakDBTP: -1.1, Price: price, PreviewKey: "previews/" + sha + "/1.mp3", Waveform: []byte{0, 128, 255},
					Features: []float32{0.25, -1}, FeatureVersion: 1, Popularity: 0.5,
				}},
				FolderCounts: []events.Folder{{Path: "Loops/Keys", Count: 1}},
			},
			RemovedSoundIDs: []string{id2},
		},
		events.PackWithdrawnV1{PackID: id1, SoundIDs: []string{id2, id3}, TakenDown: true},
		events.PackDeletedV1{PackID: id1, SoundIDs: []string{id2}},
		events.UploadCompletedV1{
			UploadID: id1, PackID: id2, OwnerID: id3, Purpose: events.PurposeSound, ObjectKey: "incoming/" + id1, ETag: "abc-3", SizeBytes: 2761088,
			Path: "Loops/keys_Am_92.wav", Attempt: 1,
		},
		events.EditionRequestedV1{
			EditionID: id1, PackID: id2, Number: 2, Title: "Dusty Keys", ProducerName: "Ada", LicenceCode: "standard", LicenceText: "You may …",
			Files:     []events.EditionFile{{Path: "Loops/keys_Am_92.wav", ObjectKey: "media/" + sha, SHA256: sha, SizeBytes: 2761088}},
			DrawCover: true, CoverSeed: id2, CoverWaveform: []byte{1, 2, 3},
		},
		events.MeasurementRequestedV1{
			UploadID: id1, PackID: id2, ObjectKey: "media/" + sha, SHA256: sha, SizeBytes: 2761088, Path: "Loops/keys_Am_92.wav", Attempt: 1,
		},
		events.InteractionRecordedV1{PersonID: id1, Kind: events.KindPreview, PackID: id2, SoundID: id3},
		events.PersonMergedV1{From: id1, Into: id2},
		events.PersonWipedV1{PersonID: id1},
		events.PersonMutedV1{
			PersonID: id1, Packs: []string{id2}, Sounds: []string{id3}, Producers: []string{id1}, Because: []string{id3},
			Reasons: []events.Reason{events.ReasonRising},
		},
	}
}

// TestGoldenMessages keeps every message ever sent readable, and today's the same as yesterday's.
func TestGoldenMessages(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, data := range samples() {
		name := data.EventType()
		seen[name+".json"] = true
		envelope, err := events.New(id3, id1, 3, at, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", data)
		if err != nil {
			t.Fatal(err)
		}
		message, err := json.MarshalIndent(envelope, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		message = append(message, '\n')
		path := filepath.Join("testdata", name+".json")
		golden, err := os.ReadFile(path)
		if os.IsNotExist(err) && *update {
			golden, err = message, os.WriteFile(path, message, 0o644)
		}
		if err != nil {
			t.Fatalf("%v (a new event? go test ./events -update)", err)
		}
		if !bytes.Equal(golden, message) {
			t.Errorf("%s is written as\n%s\nbut was\n%s", name, message, golden)
		}
		back, err := events.Parse(golden)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		decoded := reflect.New(reflect.TypeOf(data))
		if err := json.Unmarshal(back.Data, decoded.Interface()); err != nil || !reflect.DeepEqual(decoded.Elem().Interface(), data) {
			t.Errorf("%s reads as %+v (%v)", name, decoded.Elem().Interface(), err)
		}
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[filepath.Base(f)] {
			t.Errorf("%s has no sample: events are not taken away", f)
		}
	}
}

func TestParseRefusesHalfAnEnvelope(t *testing.T) {
	t.Parallel()
	whole := `{"id":"a","type":"x.v1","subject":"s","revision":1,"time":"2026-11-21T10:30:00Z","data":{}}`
	if _, err := events.Parse([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "null", "[]", whole[:len(whole)-1], strings.Replace(whole, `"a"`, `""`, 1), strings.Replace(whole, `:1,`, `:-1,`, 1),
		strings.Replace(whole, `"s"`, `""`, 1), strings.Replace(whole, "2026", "20x6", 1), strings.Replace(whole, "x.v1", "", 1),
	} {
		if _, err := events.Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	if _, err := events.Decode[events.PersonWipedV1](events.Envelope{Type: "other.v1", Data: []byte("{}")}); err == nil {
		t.Error("another type was decoded")
	}
}
