package sound_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// convert runs ffmpeg over a WAV and returns the file it makes.
func convert(tb testing.TB, wav []byte, ext string, args ...string) []byte {
	tb.Helper()
	dir := tb.TempDir()
	in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out."+ext)
	if err := os.WriteFile(in, wav, 0o600); err != nil {
		tb.Fatal(err)
	}
	all := append([]string{"-nostdin", "-v", "error", "-i", in}, args...)
	if msg, err := exec.Command("ffmpeg", append(all, out)...).CombinedOutput(); err != nil {
		tb.Fatalf("ffmpeg is needed for this test: %v: %s", err, msg)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
