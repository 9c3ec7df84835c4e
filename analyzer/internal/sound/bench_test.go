package sound_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/sound"
	"crateful.dev/analyzer/internal/testaudio"
)

func cpu() time.Duration {
	total := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return total
}

// BenchmarkCheck reports CPU time of ours and of ffmpeg together: x-real-time and files per second of one core.
func BenchmarkCheck(b *testing.B) {
	ff, err := ffmpeg.Find("", 4)
	if err != nil {
		b.Fatal(err)
	}
	checker := sound.NewChecker(ff)
	dir := b.TempDir()
	music := func(seconds int) []float64 {
		const rate = 44100
		out := make([]float64, 0, 2*rate*seconds)
		beat := testaudio.Drums(rate, 16, 120)
		for i := 0; i < 12*seconds; i++ {
			testaudio.Note(beat, rate, float64(i%32)/4, 0.4, 45+(i*7)%24, 0.2)
		}
		noise := testaudio.Noise(2, rate*seconds, 0.02, 3)
		for i := range rate * seconds {
			v := 0.6 * beat[i%len(beat)]
			out = append(out, v+noise[2*i], v+noise[2*i+1])
		}
		return out
	}
	for _, c := range []struct {
		name    string
		file    string
		seconds int
		frames  int
	}{{"wav-60s", "a.wav", 60, 0}, {"one-shot-wav", "b.wav", 0, 22050}, {"flac-60s", "c.flac", 60, 0}, {"one-shot-flac", "d.flac", 0, 22050}} {
		b.Run(c.name, func(b *testing.B) {
			samples := music(max(c.seconds, 1))
			if c.frames > 0 {
				samples = samples[:2*c.frames]
			}
			path := filepath.Join(dir, c.file)
			wav := testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 24}, samples)
			if filepath.Ext(c.file) == ".flac" {
				wav = convert(b, wav, "flac", "-c:a", "flac")
			}
			if err := os.WriteFile(path, wav, 0o600); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			start := cpu()
			for range b.N {
				if _, err := checker.Check(b.Context(), path, c.file, filepath.Join(dir, "p.mp3")); err != nil {
					b.Fatal(err)
				}
			}
			spent := (cpu() - start).Seconds() / float64(b.N)
			length := float64(len(samples)) / 2 / 44100
			b.ReportMetric(length/spent, "x-real-time/core")
			b.ReportMetric(1/spent, "files/s/core")
		})
	}
}
