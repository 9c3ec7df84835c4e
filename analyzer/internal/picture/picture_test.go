package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/refusal"
)

// halves is red on the left and blue on the right.
func halves(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{220, 20, 20, 255}
			if x >= w/2 {
				c = color.RGBA{20, 20, 220, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func pngOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(tb testing.TB, m image.Image, orientation byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		tb.Fatal(err)
	}
	if orientation == 0 {
		return b.Bytes()
	}
	exif := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	exif[6+8+2+8+1] = orientation
	app1 := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(append([]byte{0xff, 0xd8}, app1...), exif...), b.Bytes()[2:]...)
}

func maker(tb testing.TB) *Maker {
	tb.Helper()
	ff, err := ffmpeg.Find("", 2)
	if err != nil {
		tb.Fatal(err)
	}
	return NewMaker(ff)
}

func cut(t *testing.T, file []byte, shape Shape) (Set, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "in")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return maker(t).Cut(t.Context(), path, shape, dir)
}

// pixels decodes one of our WebP files with ffmpeg.
func pixels(t *testing.T, file string) *image.NRGBA {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readWebP(b)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	m := image.NewNRGBA(image.Rect(0, 0, p.width, p.height))
	ff, err := ffmpeg.Find("", 1)
	if err != nil {
		t.Fatal(err)
	}
	raw := file + ".raw"
	if err := ff.Run(t.Context(), ffmpeg.Command{Args: []string{"-i", file, "-f", "rawvideo", "-pix_fmt", "rgba", "file:" + raw}, Limits: limits}); err != nil {
		t.Fatal(err)
	}
	if m.Pix, err = os.ReadFile(raw); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPicturesAreCutToTheirSizes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		file  []byte
		shape Shape
		red   [2]float64 // where red is expected, as parts of the side
		blue  [2]float64
	}{
		{"png, wide", pngOf(t, halves(1000, 500)), Square, [2]float64{0.2, 0.5}, [2]float64{0.8, 0.5}},
		{"png, small", pngOf(t, halves(120, 120)), Square, [2]float64{0.2, 0.5}, [2]float64{0.8, 0.5}},
		{"jpeg", jpegOf(t, halves(700, 900), 0), Square, [2]float64{0.2, 0.5}, [2]float64{0.8, 0.5}},
		{"jpeg of a turned camera", jpegOf(t, halves(800, 600), 6), Square, [2]float64{0.5, 0.2}, [2]float64{0.5, 0.8}},
		{"jpeg upside down", jpegOf(t, halves(800, 600), 3), Square, [2]float64{0.8, 0.5}, [2]float64{0.2, 0.5}},
		{"banner", pngOf(t, halves(1600, 900)), Banner, [2]float64{0.2, 0.5}, [2]float64{0.8, 0.5}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			set, err := cut(t, tc.file, tc.shape)
			if err != nil {
				t.Fatal(err)
			}
			for _, width := range tc.shape.Sizes() {
				m := pixels(t, set.Files[width])
				height := width
				if tc.shape == Banner {
					height /= 4
				}
				if m.Rect.Dx() != width || m.Rect.Dy() != height {
					t.Fatalf("%v, want %d × %d", m.Rect, width, height)
				}
				at := func(p [2]float64) color.NRGBA { return m.NRGBAAt(int(p[0]*float64(width)), int(p[1]*float64(height))) }
				if r, b := at(tc.red), at(tc.blue); r.R < 180 || r.B > 60 || b.B < 180 || b.R > 60 {
					t.Errorf("%d: %v should be red, %v blue", width, r, b)
				}
			}
		})
	}
}

func TestBadPicturesAreRefused(t *testing.T) {
	t.Parallel()
	good := pngOf(t, halves(300, 300))
	bomb := bytes.Clone(good)
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	many := bytes.Clone(good)
	binary.BigEndian.PutUint32(many[16:], 5000)
	binary.BigEndian.PutUint32(many[20:], 5000)
	lies := bytes.Clone(good)
	binary.BigEndian.PutUint32(lies[16:], 400)
	photo := jpegOf(t, halves(600, 600), 0)
	for _, tc := range []struct {
		name string
		file []byte
		want refusal.Code
	}{
		{"no bytes", nil, refusal.Empty},
		{"html", []byte("<html><script>alert(1)</script></html>"), refusal.NotPicture},
		{"svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), refusal.NotPicture},
		{"gif", []byte("GIF89a" + strings.Repeat("\x00", 100)), refusal.NotPicture},
		{"sound", []byte("RIFF\x00\x00\x00\x00WAVEfmt " + strings.Repeat("\x00", 60)), refusal.NotPicture},
		{"3.6 gigapixels", bomb, refusal.PictureTooLarge},
		{"25 megapixels", many, refusal.PictureTooLarge},
		{"tiny", pngOf(t, halves(20, 300)), refusal.PictureTooSmall},
		{"png with a wrong size", lies, refusal.PictureDamaged},
		{"png cut off", good[:len(good)/2], refusal.PictureDamaged},
		{"jpeg cut in its header", photo[:100], refusal.PictureDamaged},
		{"jpeg without an image", []byte("\xff\xd8\xff\xd9" + strings.Repeat("\x00", 40)), refusal.PictureDamaged},
	} {
		_, err := cut(t, tc.file, Square)
		if r, ok := refusal.As(err); !ok || r.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}

func TestDrawnCoversAreStableAndDiffer(t *testing.T) {
	t.Parallel()
	waveform := bytes.Repeat([]byte{20, 90, 255, 130}, 24)
	_, first := render("pack 1", waveform)
	if _, again := render("pack 1", waveform); !bytes.Equal(first, again) {
		t.Error("the same seed draws another cover")
	}
	distinct := map[string]bool{}
	for i := range 8 {
		_, p := render(strings.Repeat("x", i), waveform)
		colours := map[[3]byte]bool{}
		for k := 0; k < len(p); k += 3 {
			colours[[3]byte(p[k:k+3])] = true
		}
		if len(colours) < 2 || len(colours) > 3 {
			t.Errorf("seed %d: %d colours", i, len(colours))
		}
		distinct[string(p[:len(p)/2])] = true
	}
	if len(distinct) < 6 {
		t.Errorf("%d of 8 covers differ", len(distinct))
	}
	set, err := maker(t).Draw(t.Context(), "pack 1", waveform, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range Square.Sizes() {
		if m := pixels(t, set.Files[width]); m.Rect.Dx() != width || m.Rect.Dy() != width {
			t.Errorf("%v, want %d", m.Rect, width)
		}
	}
}

// FuzzPicture holds that no header breaks the parsers and that what they accept is bounded.
func FuzzPicture(f *testing.F) {
	f.Add(pngOf(f, halves(100, 100)))
	f.Add(jpegOf(f, halves(100, 100), 6))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x7f\x02\x00\x7f\x02\x00"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x2f\x7f\x42\x9f\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if _, ok := refusal.As(err); !ok {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if p.width < MinSide || p.height < MinSide || p.width*p.height > MaxPixels || p.orientation < 1 || p.orientation > 8 {
			t.Fatalf("accepted %+v", p)
		}
	})
}
