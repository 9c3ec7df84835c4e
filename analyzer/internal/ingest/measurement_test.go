package ingest_test

import (
	"bytes"
	"testing"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

func (b bench) kept(t *testing.T, id string, body []byte) kafka.Message {
	t.Helper()
	key := "media/" + hash(body)
	b.store.put(key, body)
	return message(t, id, events.MeasurementRequestedV1{
		UploadID: id, PackID: "p", ObjectKey: key, SHA256: hash(body), SizeBytes: int64(len(body)), Path: "Loops/drums_120.wav", Attempt: 2,
	})
}

func TestAKeptSoundIsMeasuredAgainAndStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	wav := loop()
	m := b.kept(t, "loop", wav)
	for range 2 { // a message can come twice
		if err := b.worker.Handle(t.Context(), []kafka.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	r := b.ledger.measured["loop"]
	if r.Attempt != 2 || r.Refusal != nil || r.Sound == nil || r.Sound.SHA256 != hash(wav) || r.Sound.Tempo.BPM != 120 {
		t.Fatalf("report %+v", r)
	}
	for _, key := range []string{r.Sound.PreviewKey, r.Sound.PeaksKey} {
		if got, ok := b.store.get(key); !ok || len(got) < 100 {
			t.Errorf("%s has %d bytes", key, len(got))
		}
	}
	if kept, _ := b.store.get("media/" + hash(wav)); !bytes.Equal(kept, wav) {
		t.Error("the kept bytes are not there any more")
	}
	if len(b.store.copied) != 0 || len(b.ledger.uploads) != 0 {
		t.Errorf("copied %v, reported as uploads %v", b.store.copied, b.ledger.uploads)
	}
}

func TestWhatCannotBeMeasuredAgainIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	lost, damaged, html := b.kept(t, "lost", []byte("RIFF gone")), b.kept(t, "damaged", loop()), b.kept(t, "html", []byte("<html></html>"))
	if err := b.store.Remove(t.Context(), "media/"+hash([]byte("RIFF gone"))); err != nil {
		t.Fatal(err)
	}
	other := loop()
	other[len(other)-1] ^= 1
	b.store.put("media/"+hash(loop()), other)
	gone := b.kept(t, "gone", []byte("x"))
	if err := b.worker.Handle(t.Context(), []kafka.Message{lost, damaged, html, gone}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"lost": "media_missing", "damaged": "media_damaged", "html": "not_audio"} {
		if r := b.ledger.measured[id].Refusal; r == nil || r.Reason != want {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if _, told := b.ledger.measured["gone"]; told {
		t.Error("a report about an upload that is gone")
	}
	if kept, _ := b.store.get("media/" + hash([]byte("<html></html>"))); kept == nil {
		t.Error("a refused measurement took the kept object away")
	}
	bad := message(t, "bad", events.MeasurementRequestedV1{UploadID: "bad", ObjectKey: "incoming/bad", SHA256: hash([]byte("x"))})
	if err := b.worker.Handle(t.Context(), []kafka.Message{bad}); !kafka.IsPoison(err) {
		t.Errorf("a request about an object that is not kept media: %v", err)
	}
}
