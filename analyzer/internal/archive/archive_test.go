package archive_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"testing"

	"crateful.dev/analyzer/internal/archive"
	"crateful.dev/analyzer/internal/refusal"
)

type item struct {
	name   string
	body   []byte
	change func(*zip.FileHeader)
}

func build(tb testing.TB, items ...item) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, it := range items {
		h := &zip.FileHeader{Name: it.name, Method: zip.Deflate}
		if it.change != nil {
			it.change(h)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := f.Write(it.body); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// raw adds one entry whose header says what the test wants.
func raw(tb testing.TB, name string, packed []byte, declared uint64, crc uint32, flags uint16) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, Flags: flags, CRC32: crc, CompressedSize64: uint64(len(packed)), UncompressedSize64: declared})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := f.Write(packed); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func deflate(tb testing.TB, body []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// many is a zip of so many empty entries, made by hand because it has to be quick.
func many(n int) []byte {
	var files, dir bytes.Buffer
	le := binary.LittleEndian
	for i := range n {
		name := fmt.Sprintf("%06d.wav", i)
		at := files.Len()
		local := make([]byte, 30)
		copy(local, "PK\x03\x04")
		le.PutUint16(local[26:], uint16(len(name)))
		files.Write(local)
		files.WriteString(name)
		central := make([]byte, 46)
		copy(central, "PK\x01\x02")
		le.PutUint16(central[28:], uint16(len(name)))
		le.PutUint32(central[42:], uint32(at))
		dir.Write(central)
		dir.WriteString(name)
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	le.PutUint16(end[8:], uint16(n))
	le.PutUint16(end[10:], uint16(n))
	le.PutUint32(end[12:], uint32(dir.Len()))
	le.PutUint32(end[16:], uint32(files.Len()))
	return append(append(files.Bytes(), dir.Bytes()...), end...)
}

// overlapping has two directory entries for the same bytes.
func overlapping(tb testing.TB) []byte {
	z := build(tb, item{name: "a.wav", body: bytes.Repeat([]byte("x"), 1000), change: func(h *zip.FileHeader) { h.Method = zip.Store }})
	at := bytes.Index(z, []byte("PK\x01\x02"))
	end := bytes.Index(z, []byte("PK\x05\x06"))
	entry := z[at:end]
	out := append(append(append([]byte{}, z[:end]...), bytes.Replace(entry, []byte("a.wav"), []byte("b.wav"), 1)...), z[end:]...)
	tail := out[len(out)-22:]
	binary.LittleEndian.PutUint16(tail[8:], 2)
	binary.LittleEndian.PutUint16(tail[10:], 2)
	binary.LittleEndian.PutUint32(tail[12:], uint32(2*len(entry)))
	return out
}

func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	wav := []byte("RIFF....WAVE")
	named := func(n string) []byte { return build(t, item{name: n, body: wav}, item{name: "ok.wav", body: wav}) }
	mode := func(m fs.FileMode) func(*zip.FileHeader) { return func(h *zip.FileHeader) { h.SetMode(m) } }
	good := named("fine.wav")
	for _, tc := range []struct {
		name string
		zip  []byte
		want refusal.Code
	}{
		{"../../x", named("../../x"), refusal.ZipUnsafePath},
		{"dots inside", named("a/../../x.wav"), refusal.ZipUnsafePath},
		{`a\..\b`, named(`a\..\b`), refusal.ZipUnsafePath},
		{"absolute", named("/etc/passwd"), refusal.ZipUnsafePath},
		{"drive", named(`C:\x.wav`), refusal.ZipUnsafePath},
		{"share", named(`\\host\x.wav`), refusal.ZipUnsafePath},
		{"control character", named("a\x00b.wav"), refusal.ZipUnsafePath},
		{"line break", named("a\r\nb.wav"), refusal.ZipUnsafePath},
		{"very long", named(strings.Repeat("a/", 600) + "x.wav"), refusal.ZipUnsafePath},
		{"symlink", build(t, item{name: "link", body: []byte("/etc/passwd"), change: mode(fs.ModeSymlink | 0o777)}), refusal.ZipLink},
		{"device", build(t, item{name: "null", change: mode(fs.ModeDevice | 0o666)}), refusal.ZipLink},
		{"pipe", build(t, item{name: "fifo", change: mode(fs.ModeNamedPipe | 0o666)}), refusal.ZipLink},
		{"encrypted", raw(t, "a.wav", []byte("xxxxxxxxxxxxxxxx"), 4, 0, 1), refusal.ZipEncrypted},
		{"3,001 files", many(3001), refusal.ZipTooManyFiles},
		{"100,000 entries, 34,464 said", many(100_000), refusal.ZipTooManyFiles},
		{"65,536 more than said", many(65536 + 5), refusal.ZipTooManyFiles},
		{"bomb by ratio", raw(t, "a.wav", make([]byte, 1000), 1<<30, 0, 0), refusal.ZipBomb},
		{"larger than a file may be", raw(t, "a.wav", make([]byte, 1000), 3<<30, 0, 0), refusal.ZipTooLarge},
		{"overlapping", overlapping(t), refusal.ZipBomb},
		{"only junk", build(t, item{name: "__MACOSX/._a.wav", body: wav}, item{name: ".DS_Store", body: wav}), refusal.ZipNothingInside},
		{"empty zip", build(t), refusal.ZipNothingInside},
		{"no bytes", nil, refusal.Empty},
		{"html", []byte("<!doctype html><title>404</title>"), refusal.NotZip},
		{"cut off", good[:len(good)-10], refusal.ZipDamaged},
		{"only the end", []byte("PK\x05\x06\x00\x00\x00\x00\x05\x00\x05\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00"), refusal.ZipDamaged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := archive.Open(bytes.NewReader(tc.zip), int64(len(tc.zip)))
			r, ok := refusal.As(err)
			if !ok || r.Code != tc.want {
				t.Fatalf("got %v, want %s", err, tc.want)
			}
			if strings.ContainsAny(r.Detail(), "\r\n\x00") {
				t.Errorf("a control character reaches people: %q", r.Detail())
			}
		})
	}
}

func TestGoodArchive(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("sound "), 1000)
	z := build(
		t,
		item{name: "Pack/"},
		item{name: "Pack/Loops/b.wav", body: body},
		item{name: `Pack\Windows\c.wav`, body: body},
		item{name: "Pack/e\u0301.wav", body: body}, // as macOS writes é
		item{name: "Pack/\x82t\x82.wav", body: body, change: func(h *zip.FileHeader) { h.NonUTF8 = true }},
		item{name: "Pack/inner.zip", body: build(t, item{name: "../x"})},
		item{name: "Pack/.DS_Store", body: body},
		item{name: "__MACOSX/Pack/._b.wav", body: body},
		item{name: "Pack/b.wav.asd", body: body},
		item{name: "Pack/Thumbs.db", body: body},
	)
	a, err := archive.Open(bytes.NewReader(z), int64(len(z)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range a.Entries {
		got = append(got, e.Path)
	}
	want := "Loops/b.wav|Windows/c.wav|é.wav|été.wav|inner.zip"
	if strings.Join(got, "|") != want || a.LeftOut != 4 {
		t.Errorf("entries %q, %d left out; want %q, 4", strings.Join(got, "|"), a.LeftOut, want)
	}
	var out bytes.Buffer
	if err := a.Entries[0].Read(func(r io.Reader) error { _, err := io.Copy(&out, r); return err }); err != nil || !bytes.Equal(out.Bytes(), body) {
		t.Errorf("read %d bytes, %v", out.Len(), err)
	}
}

func TestOnlyTheFolderThatHoldsEverythingIsEntered(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, files, want string
	}{
		{"the folder itself", "Pack/a.wav Pack/Loops/b.wav", "a.wav Loops/b.wav"},
		{"with junk beside it", ".DS_Store Pack/a.wav Pack/Loops/b.wav __MACOSX/Pack/._a.wav", "a.wav Loops/b.wav"},
		{"one level alone", "Pack/Loops/a.wav Pack/Loops/b.wav", "Loops/a.wav Loops/b.wav"},
		{"with a file beside it", "Pack/a.wav licence.pdf", "Pack/a.wav licence.pdf"},
		{"two folders", "Loops/a.wav Hits/b.wav", "Loops/a.wav Hits/b.wav"},
		{"names that begin alike", "Pack/a.wav Pack2/b.wav", "Pack/a.wav Pack2/b.wav"},
		{"no folder", "a.wav b.wav", "a.wav b.wav"},
		{"a file of a folder's name", "Pack Pack/a.wav", "Pack Pack/a.wav"},
	} {
		var items []item
		for name := range strings.SplitSeq(tc.files, " ") {
			items = append(items, item{name: name, body: []byte("x")})
		}
		z := build(t, items...)
		a, err := archive.Open(bytes.NewReader(z), int64(len(z)))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		var got []string
		for _, e := range a.Entries {
			got = append(got, e.Path)
		}
		if g := strings.Join(got, " "); g != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, g, tc.want)
		}
	}
}

func TestEntriesThatLieAreRefusedWhileReading(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("0123456789"), 100)
	packed, crc := deflate(t, body), crc32.ChecksumIEEE(body)
	for name, z := range map[string][]byte{
		"longer than declared":  raw(t, "a.wav", packed, 500, crc, 0),
		"shorter than declared": raw(t, "a.wav", packed, 2000, crc, 0),
		"wrong checksum":        raw(t, "a.wav", packed, 1000, crc+1, 0),
		"not deflate":           raw(t, "a.wav", []byte("\xff\xff\xff\xff"), 1000, crc, 0),
	} {
		a, err := archive.Open(bytes.NewReader(z), int64(len(z)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		err = a.Entries[0].Read(func(r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			if n > a.Entries[0].Size {
				t.Errorf("%s: %d bytes of %d handed on", name, n, a.Entries[0].Size)
			}
			return err
		})
		if r, ok := refusal.As(err); !ok || r.Code != refusal.ZipDamaged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzArchive holds that no zip breaks the reader, leads out of its folder or unpacks to more than declared.
func FuzzArchive(f *testing.F) {
	f.Add(build(f, item{name: "a/b.wav", body: []byte("x")}))
	f.Add(build(f, item{name: "../x", body: []byte("x")}))
	f.Add(overlapping(f))
	f.Add(many(3))
	f.Add([]byte("PK\x06\x06" + strings.Repeat("\x00", 60) + "PK\x06\x07" + strings.Repeat("\x00", 16) + "PK\x05\x06" + strings.Repeat("\xff", 16) + "\x00\x00"))
	f.Fuzz(func(t *testing.T, z []byte) {
		a, err := archive.Open(bytes.NewReader(z), int64(len(z)))
		if err != nil {
			if _, ok := refusal.As(err); !ok {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		for _, e := range a.Entries {
			if !fs.ValidPath(e.Path) || strings.ContainsAny(e.Path, "\\\x00\r\n") {
				t.Fatalf("path %q", e.Path)
			}
			err := e.Read(func(r io.Reader) error {
				n, err := io.Copy(io.Discard, io.LimitReader(r, 1<<20))
				if n > e.Size {
					t.Fatalf("%d bytes of %d", n, e.Size)
				}
				return err
			})
			if _, ok := refusal.As(err); err != nil && !ok {
				t.Fatalf("not a refusal: %v", err)
			}
		}
	})
}
