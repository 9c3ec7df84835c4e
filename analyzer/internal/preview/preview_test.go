package preview_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/preview"
)

func tone(frames, channels int) []byte {
	var b bytes.Buffer
	for i := range frames {
		v := float32(0.4 * math.Sin(float64(i)*0.05))
		for range channels {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	return b.Bytes()
}

func TestPreviewDecodesToTheExactFrameCount(t *testing.T) {
	t.Parallel()
	ff, err := ffmpeg.Find("", 2)
	if err != nil {
		t.Fatal(err)
	}
	limits := ffmpeg.Limits{Time: 20 * time.Second, MemoryBytes: 1 << 30, OutputBytes: 64 << 20}
	cases := []struct{ rate, channels, frames int }{
		{192000, 1, 19084}, {96000, 2, 19891}, {88200, 2, 88201}, {37800, 1, 5000}, {176400, 1, 1},
	}
	for _, rate := range []int{8000, 11025, 22050, 32000, 44100, 48000} {
		for _, frames := range []int{1, 2, 47, 575, 577, 1151, 1152, 1153, 1199, 5000, 2*rate + 1} {
			cases = append(cases, struct{ rate, channels, frames int }{rate, 1 + frames%2, frames})
		}
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%dHz/%dch/%d", c.rate, c.channels, c.frames), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "p.mp3")
			feed := func(w io.Writer) error { _, err := w.Write(tone(c.frames, c.channels)); return err }
			if err := preview.Encode(context.Background(), ff, limits, path, c.rate, c.channels, feed); err != nil {
				t.Fatal(err)
			}
			p, err := preview.Finish(path, int64(c.frames), c.rate)
			if err != nil {
				t.Fatal(err)
			}
			if want := preview.Frames(int64(c.frames), c.rate); p.Frames != want || p.RateHz != preview.Rate(c.rate) {
				t.Errorf("preview has %d frames at %d Hz, want %d at %d", p.Frames, p.RateHz, want, preview.Rate(c.rate))
			}
			raw, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "f32le", "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			if got := int64(len(raw) / 4 / c.channels); got != p.Frames {
				t.Errorf("decodes to %d frames, want %d", got, p.Frames)
			}
		})
	}
}
