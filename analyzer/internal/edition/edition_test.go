package edition_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"crateful.dev/analyzer/internal/edition"
)

type files map[string][]byte

func (f files) Open(_ context.Context, key string) (io.ReadCloser, error) {
	b, ok := f[key]
	if !ok {
		return nil, errors.New("no such object")
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func example() (edition.Edition, files) {
	stored := files{}
	e := edition.Edition{ID: "0190-e", PackID: "0190-p", Number: 2, Title: "Dusty <Keys>", Producer: "Juno", LicenceCode: "standard", LicenceText: "Line one\nLine two\n"}
	for i, p := range []string{
		"Loops/b.wav", "Loops/a.wav", "kick.wav", "Kick.wav", "con.wav", "what?.wav", "trailing. /x.wav", "日本/音.wav", "LICENCE.TXT", "empty.mid", "large.wav",
	} {
		body := bytes.Repeat([]byte(fmt.Sprintf("%d:%s;", i, p)), 100+i)
		switch p {
		case "empty.mid":
			body = nil
		case "large.wav":
			body = bytes.Repeat(body, 9<<20/len(body)+1)
		}
		key := "media/" + hash(body)
		stored[key] = body
		e.Files = append(e.Files, edition.File{Path: p, Key: key, SHA256: hash(body), SizeBytes: int64(len(body))})
	}
	return e, stored
}

func write(t *testing.T, e edition.Edition, src edition.Source) []byte {
	t.Helper()
	plan, err := edition.Plan(e)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := plan.Write(t.Context(), &b, src); err != nil {
		t.Fatal(err)
	}
	if int64(b.Len()) != plan.Size {
		t.Errorf("%d bytes, planned %d", b.Len(), plan.Size)
	}
	return b.Bytes()
}

// The same edition must give the same bytes for ever: buyers compare hashes, and a rebuild must not change them.
func TestBytesAreStable(t *testing.T) {
	t.Parallel()
	e, stored := example()
	first := write(t, e, stored)
	e.Files[0], e.Files[3] = e.Files[3], e.Files[0]
	if !bytes.Equal(first, write(t, e, stored)) {
		t.Error("another order of the files gives another zip")
	}
	const golden = "a30c0f44299169ad05ad795c83ab10cf8ebc9b2d7e9b2c3a3b2e5086d2ad388d"
	if got := hash(first); got != golden {
		t.Errorf("zip has the hash %s, want %s", got, golden)
	}
}

func TestEverySystemCanUnpackIt(t *testing.T) {
	t.Parallel()
	e, stored := example()
	b := write(t, e, stored)
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	last := ""
	for _, f := range z.File {
		if f.Method != zip.Store || f.Flags&0x8 != 0 || f.Name <= last {
			t.Errorf("%s: method %d, flags %x after %s", f.Name, f.Method, f.Flags, last)
		}
		last = f.Name
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(rc)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		got[f.Name] = body
	}
	for _, want := range []string{"Kick.wav", "kick (2).wav", "_con.wav", "what_.wav", "trailing__/x.wav", "日本/音.wav", "LICENCE.TXT", "LICENCE (2).txt", "manifest.json"} {
		if _, ok := got[want]; !ok {
			t.Errorf("no %s in %v", want, keys(got))
		}
	}
	if string(got["LICENCE (2).txt"]) != "Line one\r\nLine two\r\n" {
		t.Errorf("licence %q", got["LICENCE (2).txt"])
	}
	var m struct {
		Title string
		Files []struct {
			Path, SHA256 string
			Original     string `json:"original_path"`
		}
	}
	if err := json.Unmarshal(got["manifest.json"], &m); err != nil || m.Title != e.Title || len(m.Files) != len(e.Files) {
		t.Fatalf("manifest %s: %v", got["manifest.json"], err)
	}
	for _, f := range m.Files {
		if hash(got[f.Path]) != f.SHA256 {
			t.Errorf("%s: hash of the manifest does not fit", f.Path)
		}
	}
}

func keys(m map[string][]byte) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestChangedFilesBreakTheBuild(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]byte) []byte{
		"other bytes": func(b []byte) []byte { return append([]byte("X"), b[1:]...) },
		"shorter":     func(b []byte) []byte { return b[:len(b)-1] },
		"longer":      func(b []byte) []byte { return append(bytes.Clone(b), 'x') },
	} {
		for _, which := range []string{"kick.wav", "large.wav"} {
			e, stored := example()
			for _, f := range e.Files {
				if f.Path == which {
					stored[f.Key] = change(stored[f.Key])
				}
			}
			plan, err := edition.Plan(e)
			if err != nil {
				t.Fatal(err)
			}
			if err := plan.Write(t.Context(), io.Discard, stored); !errors.Is(err, edition.ErrChanged) {
				t.Errorf("%s, %s: %v", which, name, err)
			}
		}
	}
}

// Beyond 4 GiB the zip needs its 64-bit form; only lengths are written here.
func TestLargeEditionIsPlannedExactly(t *testing.T) {
	t.Parallel()
	e := edition.Edition{ID: "e"}
	for i := range 3 {
		e.Files = append(e.Files, edition.File{Path: fmt.Sprintf("%d.wav", i), Key: "k", SHA256: strings.Repeat("0", 64), SizeBytes: 2 << 30})
	}
	plan, err := edition.Plan(e)
	if err != nil || plan.Size < 6<<30 || plan.Size > 6<<30+4096 {
		t.Errorf("%d bytes, %v", plan.Size, err)
	}
}

func FuzzSafePath(f *testing.F) {
	for _, s := range []string{"a/b.wav", `..\..\x`, "CON", "nul.wav", "a. /b.", "a:b|c", "\x00", "e\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		s := edition.SafePath(p)
		if again := edition.SafePath(s); again != s {
			t.Fatalf("%q becomes %q, then %q", p, s, again)
		}
		for segment := range strings.SplitSeq(s, "/") {
			if segment == "" || segment == "." || segment == ".." || strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, " ") || strings.ContainsAny(segment, "<>:\"|?*\\\x00\n") {
				t.Fatalf("%q becomes %q", p, s)
			}
		}
	})
}
