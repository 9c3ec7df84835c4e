// Package picture makes what pages show: covers, avatars and banners as WebP in fixed sizes, cut from a producer's
// picture without anything else that was in the file, and covers drawn for packs that have none.
package picture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/refusal"
)

// ContentType of what is made.
const ContentType = "image/webp"

// Shape is how a picture is cut.
type Shape int

// Shapes.
const (
	Square Shape = iota
	Banner       // four to one
)

// Sizes are the widths in pixels.
func (s Shape) Sizes() []int {
	if s == Banner {
		return []int{96, 320, 640, 1280}
	}
	return []int{96, 320, 640}
}

// Set is one picture in all sizes, as files in a folder.
type Set struct {
	Width, Height int // of the original, upright
	Files         map[int]string
}

// Maker runs ffmpeg on pictures.
type Maker struct{ ff *ffmpeg.Runner }

// NewMaker makes a maker.
func NewMaker(ff *ffmpeg.Runner) *Maker { return &Maker{ff: ff} }

var limits = ffmpeg.Limits{Time: 30 * time.Second, MemoryBytes: 1 << 30, OutputBytes: 8 << 20}

// Cut reads the picture at path and writes every size into dir. What is wrong with the picture comes back as a
// *refusal.Refusal.
func (m *Maker) Cut(ctx context.Context, path string, shape Shape, dir string) (Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return Set{}, fmt.Errorf("open picture: %w", err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return Set{}, fmt.Errorf("stat picture: %w", err)
	}
	p, err := read(f, st.Size())
	if err != nil {
		return Set{}, err
	}
	demuxer, codec := p.format+"_pipe", p.format
	if p.format == "jpeg" {
		codec = "mjpeg"
	}
	input := []string{
		"-threads", "1", "-filter_threads", "1", "-protocol_whitelist", "file", "-format_whitelist", demuxer, "-codec_whitelist", codec,
		"-xerror", "-err_detect", "crccheck+bitstream+buffer+explode", "-noautorotate", "-max_pixels", strconv.Itoa(MaxPixels), "-f", demuxer, "-i", "file:" + path,
	}
	crop := `crop=w='min(iw,ih)':h='min(iw,ih)'`
	if shape == Banner {
		crop = `crop=w='min(iw,4*ih)':h='min(ih,iw/4)'`
	}
	set, err := m.run(ctx, input, upright(p.orientation)+crop, shape, dir, nil)
	var exit *ffmpeg.ExitError
	if errors.As(err, &exit) && exit.Signal == "" && !strings.Contains(exit.Stderr, "No space left") {
		return Set{}, refusal.New(refusal.PictureDamaged)
	}
	if err != nil {
		return Set{}, fmt.Errorf("cut picture: %w", err)
	}
	set.Width, set.Height = p.width, p.height
	if p.orientation >= 5 {
		set.Width, set.Height = p.height, p.width
	}
	return set, nil
}

// Draw writes a drawn cover in every size into dir.
func (m *Maker) Draw(ctx context.Context, seed string, waveform []byte, dir string) (Set, error) {
	side, pixels := render(seed, waveform)
	input := []string{
		"-threads", "1", "-filter_threads", "1", "-protocol_whitelist", "pipe", "-format_whitelist", "rawvideo", "-codec_whitelist", "rawvideo",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", side, side), "-i", "pipe:0",
	}
	set, err := m.run(ctx, input, "null", Square, dir, func(w io.Writer) error {
		_, err := w.Write(pixels)
		return err
	})
	if err != nil {
		return Set{}, fmt.Errorf("draw cover: %w", err)
	}
	set.Width, set.Height = 640, 640
	return set, nil
}

func (m *Maker) run(ctx context.Context, input []string, first string, shape Shape, dir string, stdin func(io.Writer) error) (Set, error) {
	sizes := shape.Sizes()
	var graph strings.Builder
	fmt.Fprintf(&graph, "[0:v:0]%s,split=%d", first, len(sizes))
	for i := range sizes {
		fmt.Fprintf(&graph, "[s%d]", i)
	}
	set := Set{Files: map[int]string{}}
	var outputs []string
	for i, width := range sizes {
		height := width
		if shape == Banner {
			height = width / 4
		}
		fmt.Fprintf(&graph, ";[s%d]scale=%d:%d:flags=lanczos+accurate_rnd+full_chroma_int[o%d]", i, width, height, i)
		set.Files[width] = filepath.Join(dir, strconv.Itoa(width)+".webp")
		outputs = append(outputs, "-map", fmt.Sprintf("[o%d]", i), "-frames:v", "1", "-c:v", "libwebp", "-quality", "84", "-compression_level", "4",
			"-map_metadata", "-1", "-f", "webp", "file:"+set.Files[width])
	}
	args := append(append(input, "-filter_complex", graph.String()), outputs...)
	if err := m.ff.Run(ctx, ffmpeg.Command{Args: args, Limits: limits, Stdin: stdin}); err != nil {
		return Set{}, err
	}
	return set, nil
}

// upright is the filter that turns a camera's picture the right way up.
func upright(orientation int) string {
	switch orientation {
	case 2:
		return "hflip,"
	case 3:
		return "hflip,vflip,"
	case 4:
		return "vflip,"
	case 5:
		return "transpose=0,"
	case 6:
		return "transpose=1,"
	case 7:
		return "transpose=3,"
	case 8:
		return "transpose=2,"
	}
	return ""
}
