package ingest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/ingest"
	"crateful.dev/analyzer/internal/picture"
	"crateful.dev/analyzer/internal/sound"
	"crateful.dev/analyzer/internal/testaudio"
)

type bench struct {
	store   *memory
	ledger  *ledger
	worker  *ingest.Worker
	scratch string
}

func newBench(t *testing.T, k kafka.Config) bench {
	t.Helper()
	ff, err := ffmpeg.Find("", 4)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{store: newMemory(), ledger: newLedger(), scratch: t.TempDir()}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	b.worker = ingest.New(ingest.Config{Kafka: k, AtOnce: 4, Scratch: b.scratch, ScratchBytes: 64 << 20, Log: log}, b.store, b.ledger, sound.NewChecker(ff), picture.NewMaker(ff))
	return b
}

func message(t *testing.T, subject string, data events.Data) kafka.Message {
	t.Helper()
	e, err := events.New("0190-"+subject, subject, 0, time.Now(), "", data)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return kafka.Message{Topic: events.TopicUploads, Key: []byte(subject), Value: raw}
}

func (b bench) uploaded(t *testing.T, id string, purpose events.Purpose, path string, body []byte) kafka.Message {
	t.Helper()
	tag := b.store.put("incoming/"+id, body)
	return message(t, id, events.UploadCompletedV1{
		UploadID: id, PackID: "p", OwnerID: "o", Purpose: purpose, ObjectKey: "incoming/" + id, ETag: tag, SizeBytes: int64(len(body)), Path: path, Attempt: 1,
	})
}

func (b bench) report(t *testing.T, id string) api.UploadReport {
	t.Helper()
	r, ok := b.ledger.upload(id)
	if !ok {
		t.Fatalf("no report of %s", id)
	}
	return r
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func loop() []byte { return testaudio.WAV(testaudio.Spec{}, testaudio.Drums(44100, 4, 120)) }

func TestUploadsBecomeReports(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	wav := loop()
	var cover bytes.Buffer
	if err := png.Encode(&cover, image.NewRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	html := []byte("<html><script>alert(1)</script></html>")
	msgs := []kafka.Message{
		b.uploaded(t, "loop", events.PurposeSound, "Loops/drums_120.wav", wav),
		b.uploaded(t, "html", events.PurposeSound, "x.wav", html),
		b.uploaded(t, "midi", events.PurposeExtra, "x.mid", []byte("MThd")),
		b.uploaded(t, "cover", events.PurposeCover, "cover.png", cover.Bytes()),
		b.uploaded(t, "banner", events.PurposeBanner, "banner.png", cover.Bytes()),
		b.uploaded(t, "gone", events.PurposeSound, "x.wav", wav),
	}
	msgs = append(msgs, msgs[0]) // a message can come twice
	for range 2 {
		if err := b.worker.Handle(t.Context(), msgs); err != nil {
			t.Fatal(err)
		}
	}

	s := b.report(t, "loop").Sound
	if s == nil || s.SHA256 != hash(wav) || s.Type.Value != "loop" || s.Tempo.BPM != 120 || s.Format != "wav" || len(s.Waveform) != 96 || len(s.Features) != 32 {
		t.Fatalf("sound %+v", s)
	}
	if kept, _ := b.store.get("media/" + s.SHA256); !bytes.Equal(kept, wav) {
		t.Error("the checked bytes were not kept")
	}
	for _, key := range []string{s.PreviewKey, s.PeaksKey} {
		if got, ok := b.store.get(key); !ok || len(got) < 100 {
			t.Errorf("%s has %d bytes", key, len(got))
		}
	}
	if _, still := b.store.get("incoming/loop"); still {
		t.Error("the raw upload stays after its report")
	}
	if fmt.Sprint(s.Hints) != "[{name tempo 120} {name type loop}]" {
		t.Errorf("hints %v", s.Hints)
	}
	r := b.report(t, "html").Refusal
	if r == nil || r.Reason != "not_audio" || r.Params["found"] != "html" || r.Detail == "" {
		t.Errorf("refusal %+v", r)
	}
	if _, kept := b.store.get("media/" + hash(html)); kept {
		t.Error("a refused file was kept")
	}
	if x := b.report(t, "midi").Extra; x == nil || x.SHA256 != hash([]byte("MThd")) {
		t.Errorf("extra %+v", x)
	}
	c, banner := b.report(t, "cover").Picture, b.report(t, "banner").Picture
	if c == nil || banner == nil || c.Width != 300 || c.CoverKey == banner.CoverKey {
		t.Fatalf("pictures %+v %+v", c, banner)
	}
	for _, size := range []string{"96", "320", "640"} {
		if _, ok := b.store.get(c.CoverKey + "/" + size + ".webp"); !ok {
			t.Errorf("no cover of %s", size)
		}
	}
	if left, err := os.ReadDir(b.scratch); err != nil || len(left) > 0 {
		t.Errorf("scratch holds %v, %v", left, err)
	}
}

// What lies in storage from an earlier upload is used as it is, but written anew where the sweep may be about to remove it.
func TestOldCopiesAreWrittenAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	wav := loop()
	key := "media/" + hash(wav)
	for id, want := range map[string]struct {
		age    time.Duration
		copies int
	}{"fresh": {time.Hour, 0}, "old": {13 * time.Hour, 1}} {
		b.store.put(key, wav)
		b.store.age, b.store.copied = map[string]time.Duration{key: want.age}, nil
		if err := b.worker.Handle(t.Context(), []kafka.Message{b.uploaded(t, id, events.PurposeSound, id+".wav", wav)}); err != nil {
			t.Fatal(err)
		}
		if s := b.report(t, id).Sound; s == nil || s.SHA256 != hash(wav) || len(b.store.copied) != want.copies {
			t.Errorf("%s: copied %v, report %+v", id, b.store.copied, s)
		}
	}
}

func TestAnotherVersionOfTheObjectIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	swapped := b.uploaded(t, "swapped", events.PurposeSound, "x.wav", loop())
	b.store.put("incoming/swapped", append(loop(), 0))
	missing := b.uploaded(t, "missing", events.PurposeSound, "x.wav", loop())
	if err := b.store.Remove(t.Context(), "incoming/missing"); err != nil {
		t.Fatal(err)
	}
	if err := b.worker.Handle(t.Context(), []kafka.Message{swapped, missing}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"swapped", "missing"} {
		if r := b.report(t, id).Refusal; r == nil || r.Reason != "size_differs" {
			t.Errorf("%s: %+v", id, r)
		}
	}
}

func TestOutagesAreNotTheFilesFault(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	m := b.uploaded(t, "a", events.PurposeSound, "x.wav", loop())
	b.store.down = errors.New("connection refused")
	for range 5 {
		if err := b.worker.Handle(t.Context(), []kafka.Message{m}); err == nil || kafka.IsPoison(err) {
			t.Fatalf("storage is down: %v", err)
		}
	}
	b.store.down = nil
	b.ledger.busy = 2
	if err := b.worker.Handle(t.Context(), []kafka.Message{m}); err != nil {
		t.Fatal(err)
	}
	if r := b.report(t, "a"); r.Sound == nil || b.ledger.tries["a"] != 1 {
		t.Errorf("%d tries, %+v", b.ledger.tries["a"], r.Refusal)
	}
}

func TestFilesThatCrashThreeTimesAreLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	m := b.uploaded(t, "a", events.PurposeSound, "x.wav", loop())
	b.ledger.tries["a"] = 3 // begun three times, never reported
	if err := b.worker.Handle(t.Context(), []kafka.Message{m}); err != nil {
		t.Fatal(err)
	}
	if _, reported := b.ledger.upload("a"); reported {
		t.Error("a fourth try was made")
	}
}

func archiveOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestArchivesBecomeUploads(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	files := []string{"Pack/.DS_Store", "x", "Pack/setup.exe", "MZ"}
	for i := range 30 {
		files = append(files, fmt.Sprintf("Pack/%02d.wav", i), strings.Repeat(fmt.Sprint(i), 100+i))
	}
	good := b.uploaded(t, "zip", events.PurposeArchive, "Pack.zip", archiveOf(t, files...))
	bad := b.uploaded(t, "bad", events.PurposeArchive, "Bad.zip", archiveOf(t, "a.wav", "x", "../../x", "y"))
	whole := archiveOf(t, "a.wav", strings.Repeat("abc", 50), "b.wav", strings.Repeat("stored wrong", 90))
	whole[bytes.LastIndex(whole, []byte("PK\x01\x02"))+16] ^= 1 // the second entry's checksum
	torn := b.uploaded(t, "torn", events.PurposeArchive, "Torn.zip", whole)
	if err := b.worker.Handle(t.Context(), []kafka.Message{good, bad, torn}); err != nil {
		t.Fatal(err)
	}
	a := b.report(t, "zip").Archive
	if a == nil || a.Entries != 30 || a.LeftOut != 1 || len(b.ledger.completed) != 30 {
		t.Fatalf("%+v, %d completed", a, len(b.ledger.completed))
	}
	for id, done := range b.ledger.completed {
		body, _ := b.store.get(b.ledger.children[id].ObjectKey)
		if done.ETag != etag(body) || done.SizeBytes != int64(len(body)) || len(body) < 100 {
			t.Errorf("%s: %+v for %d bytes", id, done, len(body))
		}
	}
	if r := b.report(t, "bad").Refusal; r == nil || r.Reason != "zip_unsafe_path" {
		t.Errorf("hostile zip: %+v", r)
	}
	if r := b.report(t, "torn").Refusal; r == nil || r.Reason != "zip_damaged" || len(b.ledger.children) != 30 {
		t.Errorf("torn zip: %+v, %d registered", r, len(b.ledger.children))
	}
}

func TestEditionsAreBuiltOnceAndChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, kafka.Config{})
	request := events.EditionRequestedV1{
		EditionID: "e1", PackID: "p", Number: 1, Title: "T", ProducerName: "P", LicenceCode: "standard", LicenceText: "Yours.",
		DrawCover: true, CoverSeed: "p", CoverWaveform: bytes.Repeat([]byte{9, 200}, 48),
	}
	for i := range 5 {
		body := bytes.Repeat([]byte{byte(i)}, 1000*(i+1))
		b.store.put("media/"+hash(body), body)
		request.Files = append(request.Files, events.EditionFile{Path: fmt.Sprintf("%d.wav", i), ObjectKey: "media/" + hash(body), SHA256: hash(body), SizeBytes: int64(len(body))})
	}
	m := message(t, "e1", request)
	var first api.ZipFacts
	for try := range 2 {
		if err := b.worker.Handle(t.Context(), []kafka.Message{m}); err != nil {
			t.Fatal(err)
		}
		z := b.ledger.editions["e1"].Zip
		body, _ := b.store.get("editions/e1.zip")
		if z == nil || z.SHA256 != hash(body) || z.SizeBytes != int64(len(body)) || z.CoverKey == "" {
			t.Fatalf("%+v for %d bytes", z, len(body))
		}
		if _, ok := b.store.get(z.CoverKey + "/320.webp"); !ok {
			t.Error("no drawn cover")
		}
		if try == 0 {
			first = *z
		} else if *z != first {
			t.Errorf("the second try gives %+v, the first %+v", *z, first)
		}
	}

	for id, want := range map[string]string{"changed": "file_changed", "missing": "file_missing"} {
		other := request
		other.EditionID = id
		other.Files = append([]events.EditionFile(nil), request.Files...)
		other.Files[2].ObjectKey = "media/" + id
		if id == "changed" {
			b.store.put("media/changed", bytes.Repeat([]byte{7}, int(other.Files[2].SizeBytes)))
		}
		if err := b.worker.Handle(t.Context(), []kafka.Message{message(t, id, other)}); err != nil {
			t.Fatal(err)
		}
		if r := b.ledger.editions[id].Refusal; r == nil || r.Reason != want {
			t.Errorf("%s: %+v", id, r)
		}
		if _, there := b.store.get("editions/" + id + ".zip"); there {
			t.Errorf("%s: a zip was left behind", id)
		}
	}
}

// TestOverKafka runs the group against a broker: work is done, poison goes to the dead topic, the partition moves on.
func TestOverKafka(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	k := kafka.Config{Brokers: cluster.ListenAddrs()}
	dead := events.TopicUploads + events.DeadSuffix
	if err := kafka.EnsureTopics(ctx, k, kafka.Topic{Name: events.TopicUploads, Partitions: 6}, kafka.Topic{Name: dead, Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, k)
	var msgs []kafka.Message
	for i := range 8 {
		msgs = append(msgs, b.uploaded(t, fmt.Sprintf("u%d", i), events.PurposeSound, "kick.wav", testaudio.WAV(testaudio.Spec{}, testaudio.Sine(44100, 1, 4000+i, 60, 0.5))))
		if i%3 == 0 {
			msgs = append(msgs, kafka.Message{Topic: events.TopicUploads, Key: []byte(fmt.Sprintf("u%d", i)), Value: []byte("{broken")})
		}
	}
	msgs = append(msgs, message(t, "other", other{}))
	w := kafka.NewWriter(k)
	if err := w.Write(ctx, msgs...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- b.worker.Run(running) }()
	for range 8 {
		select {
		case <-b.ledger.reported:
		case <-ctx.Done():
			t.Fatalf("%d of 8 reported", len(b.ledger.uploads))
		}
	}
	buried := make(chan string, 16)
	go func() {
		_ = kafka.ConsumeGroup(running, kafka.GroupConfig{Config: k, Group: "watch", Topic: dead, Handle: func(_ context.Context, msgs []kafka.Message) error {
			for _, m := range msgs {
				buried <- string(m.Value)
			}
			return nil
		}})
		close(buried)
	}()
	for range 3 {
		select {
		case v := <-buried:
			if v != "{broken" {
				t.Errorf("buried %q", v)
			}
		case <-ctx.Done():
			t.Fatal("poison did not reach the dead topic")
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	for range buried {
		t.Error("more was buried than was broken")
	}
}

type other struct{}

func (other) EventType() string { return "something.happened.v9" }
func (other) Topic() string     { return events.TopicUploads }
