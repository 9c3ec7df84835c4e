package recommender_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/ingest"
	"crateful.dev/recommender/internal/model"
)

// What Kafka holds, a cut-off time and the seed of the recipe decide about a model to the last bit, in whichever order the partitions
// are read: factors, walks and what is rising.
func TestTheSameOffsetsAndCutOffGiveTheSameModel(t *testing.T) {
	w := start(t, nil)
	r := rand.New(rand.NewPCG(8, 8))
	kinds := []events.Kind{events.KindView, events.KindPreview, events.KindLike, events.KindUnlike, events.KindPurchase}
	for range 600 {
		person := fmt.Sprint("person", r.IntN(60))
		w.send(person, 0, events.InteractionRecordedV1{PersonID: person, Kind: kinds[r.IntN(len(kinds))], PackID: fmt.Sprint("pack", r.IntN(25))})
	}
	w.send("person1", 0, events.PersonMergedV1{From: "person2", Into: "person1"})
	w.send("person3", 0, events.PersonWipedV1{PersonID: "person3"})
	cutoff := time.Now().Add(24 * time.Hour)
	replayed := func(at time.Time) []byte {
		t.Helper()
		reader := &ingest.Reader{Kafka: w.kafka, History: history.New(), Shelf: content.NewShelf(), Log: w.kafka.Log, Changed: func() {}}
		if err := reader.Run(t.Context(), false); err != nil || reader.Messages() != 602 {
			t.Fatal(reader.Messages(), err)
		}
		var out bytes.Buffer
		if err := gob.NewEncoder(&out).Encode(model.Build(reader.History.All(), at).Save()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	first := replayed(cutoff)
	for range 3 {
		if !bytes.Equal(first, replayed(cutoff)) {
			t.Fatal("another replay gives another model")
		}
	}
	if bytes.Equal(first, replayed(cutoff.AddDate(1, 0, 0))) {
		t.Error("a year later interests have not faded")
	}
}
