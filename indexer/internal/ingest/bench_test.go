package ingest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"crateful.dev/models/events"
)

// BenchmarkDocuments makes the documents of one pack of 20 sounds: what a replay costs beside the engine.
func BenchmarkDocuments(b *testing.B) {
	price := events.Money{Amount: 80, Currency: "EUR"}
	pack := events.Listing{
		ID: "p1", Slug: "dusty-keys", Title: "Dusty Keys", Description: "Rhodes and uprights recorded to tape in a cold basement.", Genre: "lo-fi",
		Tags: []string{"dusty", "tape"}, Producer: events.Producer{ID: "a1", Handle: "maker", Name: "The Maker"}, Price: events.Money{Amount: 1200, Currency: "EUR"},
		Licence: "standard", Edition: 1, PublishedAt: time.Now(), UpdatedAt: time.Now(),
	}
	for i := range 20 {
		pack.Sounds = append(pack.Sounds, events.Sound{
			ID: fmt.Sprint("s", i), Name: fmt.Sprintf("Dusty_Rhodes_Chords_%02d_92_Am.wav", i), Folder: "Loops/Keys", Type: "loop", Instrument: "keys", Key: "Am", TempoBPM: 92,
			Tags: []string{"warm", "dusty"}, Frames: 480000, SampleRateHz: 48000, Channels: 2, BitDepth: 24, Format: "wav", SHA256: fmt.Sprintf("%064x", i),
			Price: &price, PreviewKey: "previews/x.mp3", Waveform: make([]byte, 96), Features: make([]float32, 32), FeatureVersion: 1,
		})
	}
	envelope, err := events.New("e1", "p1", 7, time.Now(), "", events.PackPublishedV1{Pack: pack, RemovedSoundIDs: []string{}})
	if err != nil {
		b.Fatal(err)
	}
	message, err := json.Marshal(envelope)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		docs, err := Documents(message)
		if err != nil || len(docs) != 21 {
			b.Fatal(len(docs), err)
		}
	}
}
