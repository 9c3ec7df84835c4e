package edition_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"crateful.dev/analyzer/internal/edition"
)

// folder is storage on a disk.
type folder string

func (f folder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(f), key))
}

// packOnDisk is a pack of count files of size bytes that no compression could make smaller.
func packOnDisk(tb testing.TB, count, size int) (folder, edition.Edition) {
	tb.Helper()
	dir := tb.TempDir()
	e := edition.Edition{ID: "e", PackID: "p", Number: 1, Title: "Speed", LicenceText: "You may."}
	random := rand.NewChaCha8([32]byte{1})
	buffer := make([]byte, size)
	for i := range count {
		_, _ = random.Read(buffer)
		name := fmt.Sprintf("sound %03d.wav", i)
		if err := os.WriteFile(filepath.Join(dir, name), buffer, 0o600); err != nil {
			tb.Fatal(err)
		}
		sum := sha256.Sum256(buffer)
		e.Files = append(e.Files, edition.File{Path: name, Key: name, SHA256: hex.EncodeToString(sum[:]), SizeBytes: int64(size)})
	}
	return folder(dir), e
}

func build(tb testing.TB, src folder, e edition.Edition, to io.Writer) {
	tb.Helper()
	z, err := edition.Plan(e)
	if err != nil {
		tb.Fatal(err)
	}
	if err := z.Write(tb.Context(), to, src); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkBesideZip takes turns with `zip -0` on the same 300 MiB, each into a file of its own. What it reports is our speed as a
// share of the other's: the median of the rounds. We check the SHA-256 of every file on the way, zip does not.
func BenchmarkBesideZip(b *testing.B) {
	tool, err := exec.LookPath("zip")
	if err != nil {
		b.Skip("zip is not installed")
	}
	src, e := packOnDisk(b, 100, 3<<20)
	out := b.TempDir()
	var shares []float64
	for b.Loop() {
		var took [2]time.Duration
		for side := range took {
			target := filepath.Join(out, "out.zip")
			_ = os.Remove(target)
			began := time.Now()
			if side == 0 {
				cmd := exec.CommandContext(b.Context(), tool, "-0", "-q", "-r", target, ".")
				cmd.Dir = string(src)
				if text, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, text)
				}
			} else {
				f, err := os.Create(target)
				if err != nil {
					b.Fatal(err)
				}
				build(b, src, e, f)
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
			took[side] = time.Since(began)
		}
		shares = append(shares, took[0].Seconds()/took[1].Seconds())
	}
	slices.Sort(shares)
	b.ReportMetric(shares[len(shares)/2], "of-zip-0")
	b.ReportMetric(0, "ns/op")
}

// The heap while a pack four times as large is zipped is no larger.
func TestMemoryIsFlat(t *testing.T) {
	peak := func(files int) uint64 {
		src, e := packOnDisk(t, files, 1<<20)
		var w watching
		build(t, src, e, &w)
		return w.most
	}
	small, large := peak(16), peak(64)
	if small == 0 || large > small+8<<20 {
		t.Errorf("the heap grew from %d to %d KiB with the pack", small>>10, large>>10)
	}
}

// watching looks at the live heap now and then while it is written to.
type watching struct {
	writes int
	most   uint64
}

func (w *watching) Write(p []byte) (int, error) {
	if w.writes++; w.writes%32 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.most = max(w.most, m.HeapAlloc)
	}
	return len(p), nil
}
