package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/local"
)

// wave describes a WAV file, possible or not.
type wave struct {
	Rate, Channels, Bits, Frames int
	Float                        bool
	Sample                       func(frame int) float64
	DataBytes                    int // what the header says; 0: the truth
}

func (w wave) bytes() []byte {
	if w.Sample == nil {
		w.Sample = func(i int) float64 { return 0.5 * math.Sin(2*math.Pi*220*float64(i)/float64(max(w.Rate, 1))) }
	}
	var data bytes.Buffer
	for i := range w.Frames {
		v := w.Sample(i)
		for range w.Channels {
			switch {
			case w.Float:
				_ = binary.Write(&data, binary.LittleEndian, float32(v))
			case w.Bits == 24:
				n := int32(v * (1<<23 - 1))
				data.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16)})
			default:
				_ = binary.Write(&data, binary.LittleEndian, int16(v*(1<<15-1)))
			}
		}
	}
	size := w.DataBytes
	if size == 0 {
		size = data.Len()
	}
	kind := 1
	if w.Float {
		kind = 3
	}
	var out bytes.Buffer
	put := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) }
	out.WriteString("RIFF")
	put(uint32(36 + size))
	out.WriteString("WAVEfmt ")
	put(uint32(16))
	put(uint16(kind))
	put(uint16(w.Channels))
	put(uint32(w.Rate))
	put(uint32(w.Rate * w.Channels * w.Bits / 8))
	put(uint16(w.Channels * w.Bits / 8))
	put(uint16(w.Bits))
	out.WriteString("data")
	put(uint32(size))
	out.Write(data.Bytes())
	return out.Bytes()
}

// good is a short sound that nobody else sent.
func good() []byte {
	pitch := 100 + 300*rand.Float64()
	return wave{Rate: 44100, Channels: 1, Bits: 16, Frames: 22050, Sample: func(i int) float64 {
		return 0.6 * math.Exp(-float64(i)/6000) * math.Sin(2*math.Pi*pitch*float64(i)/44100)
	}}.bytes()
}

// long is a stereo WAV of at least so many bytes that does not compress.
func long(size int) []byte {
	dice := rand.New(rand.NewPCG(uint64(size), rand.Uint64()))
	return wave{Rate: 48000, Channels: 2, Bits: 24, Frames: size/6 + 1, Sample: func(i int) float64 {
		return 0.4*math.Sin(2*math.Pi*110*float64(i)/48000) + 0.1*(dice.Float64()-0.5)
	}}.bytes()
}

// announce offers one file for a pack.
func (p person) announce(t testing.TB, pack, path string, data []byte) api.Upload {
	t.Helper()
	got, err := p.Upload(deadline(t, 20*time.Second), pack, api.UploadRequest{Files: []api.UploadFile{{Fingerprint: sum(data), Path: path, SizeBytes: int64(len(data))}}})
	if err != nil {
		t.Fatalf("announce %s: %v", path, explain(err))
	}
	return got.Uploads[0]
}

// signed asks for the address of one part.
func (p person) signed(t testing.TB, upload string, n int, part []byte) api.SignedPart {
	t.Helper()
	hash := sha256.Sum256(part)
	got, err := p.Sign(deadline(t, 20*time.Second), upload, api.SignRequest{Parts: []api.SignPart{{Number: n, SHA256: base64.StdEncoding.EncodeToString(hash[:])}}})
	if err != nil {
		t.Fatalf("sign part %d: %v", n, explain(err))
	}
	return got.Parts[0]
}

// put sends bytes to a presigned address.
func put(t testing.TB, to api.SignedPart, body []byte) answer {
	t.Helper()
	return raw(t, request{Method: http.MethodPut, URL: to.URL, Body: body, Header: to.Headers})
}

// A file of several parts that is cut, refused and begun again is stored as it was sent or not at all.
func TestCutUploadResumes(t *testing.T) {
	s := visit(t)
	p := s.newPerson(t, "Cut Maker")
	ctx := deadline(t, 2*time.Minute)
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Cut"})
	if err != nil {
		t.Fatal(err)
	}
	id, data := bench.Pack.ID, long(24<<20)
	up := p.announce(t, id, "Field/Rain_long.wav", data)
	if up.UploadID == "" || up.PartBytes <= 0 || int64(len(data)) <= 2*up.PartBytes {
		t.Fatalf("a file of %d bytes goes in parts of %d", len(data), up.PartBytes)
	}
	part := func(n int) []byte {
		from := (int64(n) - 1) * up.PartBytes
		return data[from:min(from+up.PartBytes, int64(len(data)))]
	}
	_, err = p.CompleteUpload(ctx, up.ID)
	refused(t, "completing with nothing sent", err, errs.CodeConflict)
	// The line breaks in the middle of every part in turn: what came before stays, nothing of the part does.
	parts := int((int64(len(data)) + up.PartBytes - 1) / up.PartBytes)
	for n := 1; n <= parts; n++ {
		cut(t, p.signed(t, up.ID, n, part(n)), part(n))
		_, err = p.CompleteUpload(ctx, up.ID)
		refused(t, fmt.Sprintf("completing when part %d broke off", n), err, errs.CodeConflict)
		held, err := p.Parts(ctx, up.ID)
		if err != nil || len(held.Parts) != n-1 {
			t.Fatalf("when part %d broke off storage holds %+v (%v)", n, held.Parts, err)
		}
		if n == parts {
			break
		}
		if got := put(t, p.signed(t, up.ID, n, part(n)), part(n)); got.Status != http.StatusOK {
			t.Fatalf("part %d: %d %s", n, got.Status, got.Body)
		}
	}
	// The last part arrives with other bytes than were signed.
	wrong := bytes.Clone(part(parts))
	wrong[len(wrong)/2] ^= 1
	if got := put(t, p.signed(t, up.ID, parts, part(parts)), wrong); got.Status < 400 || got.Status >= 500 {
		t.Errorf("a part with other bytes was answered %d", got.Status)
	}
	_, err = p.CompleteUpload(ctx, up.ID)
	refused(t, "completing with other bytes", err, errs.CodeConflict)
	// The same folder is picked again another day.
	again := p.announce(t, id, "Field/Rain_long.wav", data)
	if again.ID != up.ID || !again.Resumed || again.UploadID != up.UploadID {
		t.Errorf("picked again it is %+v, was %+v", again, up)
	}
	sent := &counting{}
	if _, err := p.Deliver(ctx, &http.Client{Transport: sent}, again, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	if want := int64(len(part(parts))); sent.bytes != want {
		t.Errorf("%d bytes were sent again, %d were missing", sent.bytes, want)
	}
	// Pressed again, once and several times at once.
	p.completeAtOnce(t, up.ID, 1)
	p.completeAtOnce(t, up.ID, 4)
	// A short file goes in one piece, which is there whole or not at all.
	kick := good()
	one := p.announce(t, id, "Kick.wav", kick)
	cut(t, p.signed(t, one.ID, 1, kick), kick)
	_, err = p.CompleteUpload(ctx, one.ID)
	refused(t, "completing a short file that broke off", err, errs.CodeConflict)
	if got := put(t, p.signed(t, one.ID, 1, kick), kick); got.Status != http.StatusOK {
		t.Fatalf("the short file: %d %s", got.Status, got.Body)
	}
	p.completeAtOnce(t, one.ID, 4)
	bench = p.checked(t, ctx, id)
	if len(bench.Files) != 2 {
		t.Fatalf("the pack holds %+v", bench.Files)
	}
	for _, f := range bench.Files {
		if f.State != "ready" && f.State != "needs_look" {
			t.Errorf("%s is %s: %s", f.Path, f.State, f.ReasonText)
		}
	}
	if shared.stack != nil {
		stored(t, data)
		stored(t, kick)
	}
	_, err = p.Sign(ctx, up.ID, api.SignRequest{Parts: []api.SignPart{{Number: 1}}})
	refused(t, "sending bytes for a file that was checked", err, errs.CodeConflict)
}

// completeAtOnce presses "complete" several times at the same moment.
func (p person) completeAtOnce(t testing.TB, upload string, times int) {
	t.Helper()
	var presses sync.WaitGroup
	for range times {
		presses.Go(func() {
			if _, err := p.CompleteUpload(deadline(t, 20*time.Second), upload); err != nil {
				t.Errorf("completing again: %v", explain(err))
			}
		})
	}
	presses.Wait()
}

// stored checks that storage holds exactly these bytes where they belong.
func stored(t testing.TB, data []byte) {
	t.Helper()
	body, info, err := storage(t).Get(deadline(t, 20*time.Second), "media/"+sum(data), objects.GetOptions{})
	if err != nil {
		t.Errorf("storage does not hold media/%s: %v", sum(data), err)
		return
	}
	defer body.Close()
	hash := sha256.New()
	if n, err := io.Copy(hash, body); err != nil || n != int64(len(data)) || n != info.Size || fmt.Sprintf("%x", hash.Sum(nil)) != sum(data) {
		t.Errorf("storage holds %d bytes with hash %x, sent were %d with %s (%v)", n, hash.Sum(nil), len(data), sum(data), err)
	}
}

// counting counts the bytes of request bodies.
type counting struct{ bytes int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.bytes += r.ContentLength
	return http.DefaultTransport.RoundTrip(r)
}

// cut announces a whole part and goes away after half of it.
func cut(t testing.TB, to api.SignedPart, body []byte) {
	t.Helper()
	u, err := url.Parse(to.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var head strings.Builder
	fmt.Fprintf(&head, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", u.RequestURI(), u.Host, len(body))
	for name, v := range to.Headers {
		if !strings.EqualFold(name, "content-length") && !strings.EqualFold(name, "host") {
			fmt.Fprintf(&head, "%s: %s\r\n", name, v)
		}
	}
	head.WriteString("\r\n")
	if _, err := conn.Write(append([]byte(head.String()), body[:len(body)/2]...)); err != nil {
		t.Fatal(err)
	}
}

// A presigned address is for one key, one method, one size, one body and a short time.
func TestPresignedAddresses(t *testing.T) {
	s := visit(t)
	p := s.newPerson(t, "Signed Maker")
	ctx := deadline(t, time.Minute)
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Signed"})
	if err != nil {
		t.Fatal(err)
	}
	data := good()
	up := p.announce(t, bench.Pack.ID, "Kick.wav", data)
	to := p.signed(t, up.ID, 1, data)
	if life := time.Until(to.ExpiresAt); life <= 0 || life > time.Hour {
		t.Errorf("the address lives for %v", life)
	}
	other := to
	other.URL = strings.Replace(to.URL, up.Key, "media/"+sum(data), 1)
	if other.URL == to.URL {
		t.Fatalf("the address %s does not hold the key %s", to.URL, up.Key)
	}
	longer := strings.Replace(to.URL, "X-Amz-Expires=", "X-Amz-Expires=9", 1)
	late, err := url.Parse(to.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := late.Query()
	query.Set("X-Amz-Date", "20200101T000000Z")
	late.RawQuery = query.Encode()
	for name, r := range map[string]request{
		"another key":      {Method: http.MethodPut, URL: other.URL, Body: data, Header: to.Headers},
		"another method":   {Method: http.MethodGet, URL: to.URL},
		"deleting":         {Method: http.MethodDelete, URL: to.URL},
		"a larger body":    {Method: http.MethodPut, URL: to.URL, Body: append(bytes.Clone(data), 0), Header: to.Headers},
		"a smaller body":   {Method: http.MethodPut, URL: to.URL, Body: data[:len(data)-1], Header: to.Headers},
		"a longer life":    {Method: http.MethodPut, URL: longer, Body: data, Header: to.Headers},
		"another day":      {Method: http.MethodPut, URL: late.String(), Body: data, Header: to.Headers},
		"no signature":     {Method: http.MethodPut, URL: strings.SplitN(to.URL, "?", 2)[0], Body: data, Header: to.Headers},
		"listing the rest": {Method: http.MethodGet, URL: to.URL[:strings.Index(to.URL, "/crateful/")] + "/crateful/"},
	} {
		if got := raw(t, r); got.Status != http.StatusForbidden && got.Status != http.StatusBadRequest {
			t.Errorf("%s: answered %d %.200s", name, got.Status, got.Body)
		}
	}
	changed := bytes.Clone(data)
	changed[len(changed)-1] ^= 0xff
	if got := put(t, to, changed); got.Status < 400 || got.Status >= 500 {
		t.Errorf("another body: answered %d", got.Status)
	}
	if got := put(t, to, data); got.Status != http.StatusOK {
		t.Fatalf("the file itself: %d %s", got.Status, got.Body)
	}
	if got := put(t, to, data); got.Status != http.StatusPreconditionFailed {
		t.Errorf("the file a second time: %d, want 412", got.Status)
	}

	// An address whose time is over.
	if shared.stack == nil {
		return
	}
	store := storage(t)
	short, err := store.PresignPut(ctx, "incoming/01900000-0000-7000-8000-000000000000", int64(len(data)), "application/octet-stream", "", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	link, err := store.PresignGet(ctx, up.Key, time.Second, objects.PresignGetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the addresses' time to be over", func() (bool, error) {
		return time.Now().After(short.ExpiresAt.Add(2 * time.Second)), nil
	})
	if got := raw(t, request{Method: http.MethodPut, URL: short.URL, Body: data, Header: short.Headers}); got.Status != http.StatusForbidden {
		t.Errorf("a late try was answered %d", got.Status)
	}
	if got := raw(t, request{URL: link.URL}); got.Status != http.StatusForbidden {
		t.Errorf("a link shared after its time was answered %d", got.Status)
	}
}

// Objects that nothing refers to go once they are a day old, and what should be there and is not gets reported.
func TestStorageAndCatalogueAreKeptInStep(t *testing.T) {
	ours(t)
	s, store := visit(t), storage(t)
	ctx := deadline(t, 2*time.Minute)
	p := s.newPerson(t, "Sweep Maker")
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Swept"})
	if err != nil {
		t.Fatal(err)
	}
	kept, lost := good(), good()
	p.send(t, ctx, bench.Pack.ID, []local.SampleFile{{Path: "Kept.wav", Data: kept}, {Path: "Lost.wav", Data: lost}})
	p.checked(t, ctx, bench.Pack.ID)
	// A crash between writing and reporting leaves objects without rows.
	orphan, young := "media/"+sum(good()), "media/"+sum(good())
	for _, key := range []string{orphan, young} {
		if _, err := store.Put(ctx, key, strings.NewReader("orphan"), 6, objects.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	for _, key := range []string{orphan, "media/" + sum(kept)} {
		if err := os.Chtimes(filepath.Join(shared.dir, "storage", "objects", "crateful", filepath.FromSlash(key)), yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	// A disk that loses a file leaves a row without an object.
	if err := store.Remove(ctx, "media/"+sum(lost)); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the orphan to be swept", func() (bool, error) {
		_, err := store.Stat(ctx, orphan)
		return errors.Is(err, objects.ErrNotFound), err
	})
	eventually(t, time.Minute, "the lost file to be reported", func() (bool, error) {
		log, err := os.ReadFile(shared.log)
		return bytes.Contains(log, []byte(`"msg":"object is missing"`)) && bytes.Contains(log, []byte(`"key":"media/`+sum(lost)+`"`)), err
	})
	for what, key := range map[string]string{"a young orphan": young, "an old file of a pack": "media/" + sum(kept)} {
		if _, err := store.Stat(ctx, key); err != nil {
			t.Errorf("%s is gone: %v", what, err)
		}
	}
}

// Files that are no sounds, or bombs, are refused with a reason that says what to do. The others go on.
func TestHostileFiles(t *testing.T) {
	s := visit(t)
	p := s.newPerson(t, "Hostile Maker")
	ctx := deadline(t, 3*time.Minute)
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Hostile"})
	if err != nil {
		t.Fatal(err)
	}
	id := bench.Pack.ID
	whole := good()
	hostile := []local.SampleFile{
		{Path: "html.wav", Data: []byte("<!doctype html><script>alert(1)</script>" + strings.Repeat(" ", 2000))},
		{Path: "html_in_a_coat.wav", Data: append(append([]byte("RIFF\x24\x08\x00\x00WAVE"), "<script>alert(1)</script>"...), make([]byte, 2000)...)},
		{Path: "truncated.wav", Data: whole[:60]},
		{Path: "half.flac", Data: append([]byte("fLaC\x00\x00\x00\x22"), make([]byte, 20)...)},
		{Path: "no_samples.wav", Data: wave{Rate: 44100, Channels: 1, Bits: 16}.bytes()},
		{Path: "nan.wav", Data: wave{Rate: 44100, Channels: 1, Bits: 32, Float: true, Frames: 4410, Sample: func(int) float64 { return math.NaN() }}.bytes()},
		{Path: "slow_1kHz.wav", Data: wave{Rate: 1000, Channels: 1, Bits: 16, Frames: 1000}.bytes()},
		{Path: "fast_768kHz.wav", Data: wave{Rate: 768000, Channels: 1, Bits: 16, Frames: 76800}.bytes()},
		{Path: "wide_32_channels.wav", Data: wave{Rate: 44100, Channels: 32, Bits: 16, Frames: 4410}.bytes()},
		{Path: "noise.mp3", Data: long(3000)[44:]},
		{Path: "climbing.zip", Data: zipOf(t, map[string][]byte{"../../x.wav": whole, "fine.wav": whole})},
		{Path: "backslash.zip", Data: zipOf(t, map[string][]byte{`a\..\..\b.wav`: whole})},
		{Path: "bomb.zip", Data: bomb(t)},
		{Path: "torn.zip", Data: zipOf(t, map[string][]byte{"Snare.wav": whole})[:200]},
		{Path: "crowd.zip", Data: crowd(t, 100_000)},
	}
	fine := []local.SampleFile{{Path: "Kick_Fine.wav", Data: whole}, {Path: "Loops/Bass_Fine_Am_100.wav", Data: wave{Rate: 48000, Channels: 2, Bits: 24, Frames: 48000 * 12 / 5}.bytes()}}
	p.send(t, ctx, id, append(hostile, fine...))
	bench = p.checked(t, ctx, id)
	states := map[string]api.StudioFile{}
	for _, f := range bench.Files {
		states[f.Path] = f
	}
	for _, f := range hostile {
		got := states[f.Path]
		if got.State != "refused" || got.Reason == "" || got.ReasonText == "" || strings.Contains(got.ReasonText, "{") {
			t.Errorf("%s is %q: %s %q", f.Path, got.State, got.Reason, got.ReasonText)
			continue
		}
		t.Logf("%-22s %-20s %s", f.Path, got.Reason, got.ReasonText)
	}
	for _, f := range fine {
		if got := states[f.Path]; got.State != "ready" && got.State != "needs_look" {
			t.Errorf("%s is %q: %s", f.Path, got.State, got.ReasonText)
		}
	}
	if len(bench.Files) != len(hostile)+len(fine) {
		t.Errorf("the pack holds %d files, sent were %d", len(bench.Files), len(hostile)+len(fine))
	}
	// An empty file, one of 3 GB and one of minus one byte are refused before a byte is sent.
	for _, size := range []int64{0, 3 << 30, -1, math.MaxInt64} {
		got, err := p.Upload(ctx, id, api.UploadRequest{Files: []api.UploadFile{{Fingerprint: sum([]byte(fmt.Sprint(size))), Path: "size.wav", SizeBytes: size}}})
		if err == nil && (got.Uploads[0].Refused == "" || got.Uploads[0].Detail == "") {
			t.Errorf("a file of %d bytes is taken: %+v", size, got.Uploads[0])
		}
		if err != nil && errs.CodeOf(err) != errs.CodeInvalid && errs.CodeOf(err) != errs.CodeTooLarge {
			t.Errorf("a file of %d bytes: %v", size, explain(err))
		}
	}
	// Without the refused ones the pack can be sold.
	for _, f := range hostile {
		if err := p.RemoveUpload(ctx, states[f.Path].UploadID); err != nil {
			t.Errorf("remove %s: %v", f.Path, err)
		}
	}
	eventually(t, 10*time.Second, "the files to count as checked", func() (bool, error) {
		bench, err = p.Workbench(ctx, id)
		for _, c := range bench.Checklist {
			if c.Name == "files" {
				return c.State == "done", fmt.Errorf("%+v", c)
			}
		}
		return false, err
	})
}

func zipOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, data := range files {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bomb is a small archive of 8 GB: many sounds that are nearly all silence.
func bomb(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	zeros := make([]byte, 1<<20)
	head := wave{Rate: 44100, Channels: 2, Bits: 16, DataBytes: 256 << 20}.bytes()
	f, err := z.Create("silence.wav")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(head)
	for range 256 {
		if _, err := f.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// crowd is an archive with far too many entries.
func crowd(t testing.TB, entries int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range entries {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%06d.wav", i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
