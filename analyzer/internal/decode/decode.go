// Package decode turns a checked header and the file behind it into samples: all of them, in blocks, in constant
// memory. Plain PCM is read here; compressed sound goes through ffmpeg. What is not whole is refused.
package decode

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/refusal"
)

// blockFrames is the number of frames handed on at a time.
const blockFrames = 4096

// Sink takes interleaved samples in −1…1 (floats may go beyond). It must not keep the slice.
type Sink func(block []float32) error

// PCM reads the samples of an uncompressed file and returns the number of frames.
func PCM(r io.ReaderAt, h header.Header, sink Sink) (int64, error) {
	frame := h.FrameBytes()
	total := h.Frames
	raw := make([]byte, blockFrames*frame)
	block := make([]float32, blockFrames*h.Channels)
	c := checker{rate: h.RateHz, channels: h.Channels, sink: sink}
	for c.frames < total {
		n := int(min(blockFrames, total-c.frames))
		b := raw[:n*frame]
		if got, err := r.ReadAt(b, h.DataOffset+c.frames*int64(frame)); got < len(b) {
			if err != nil && !errors.Is(err, io.EOF) {
				return c.frames, fmt.Errorf("read samples: %w", err)
			}
			return c.frames, cutOff(c.frames, total, h.RateHz)
		}
		out := block[:n*h.Channels]
		convert(out, b, h.Encoding)
		if err := c.take(out); err != nil {
			return c.frames, err
		}
	}
	if c.frames == 0 {
		return 0, refusal.New(refusal.NoFrames)
	}
	return c.frames, nil
}

// Compressed decodes a FLAC, MP3 or Ogg file with ffmpeg. outputs are arguments of further outputs of the same run.
func Compressed(ctx context.Context, ff *ffmpeg.Runner, limits ffmpeg.Limits, path string, h header.Header, outputs []string, sink Sink) (int64, error) {
	c := checker{rate: h.RateHz, channels: h.Channels, sink: sink}
	strict := h.Format == header.FLAC
	err := runDecoder(ctx, ff, limits, path, h, strict, outputs, c.read)
	if err != nil {
		return c.frames, explain(ctx, err, ff, limits, path, h, &c)
	}
	switch {
	case c.frames == 0:
		if h.Frames > 0 {
			return 0, refusal.New(refusal.Damaged, "at_seconds", 0.0)
		}
		return 0, refusal.New(refusal.NoFrames)
	case h.CutOff:
		return c.frames, cutOff(c.frames, h.Frames, h.RateHz)
	case h.Frames != header.Unknown && c.frames < h.Frames-slack(h):
		return c.frames, cutOff(c.frames, h.Frames, h.RateHz)
	}
	return c.frames, nil
}

// slack is how many frames a decoder may honestly give less than the header says.
func slack(h header.Header) int64 {
	switch h.Encoding {
	case header.Layer3:
		return 2 * 1152
	case header.Vorbis, header.Opus:
		return 8192
	}
	return 0
}

func runDecoder(ctx context.Context, ff *ffmpeg.Runner, limits ffmpeg.Limits, path string, h header.Header, strict bool, outputs []string, read func(io.Reader) error) error {
	demuxer, codecs := string(h.Format), string(h.Encoding)
	if h.Encoding == header.Layer3 {
		codecs = "mp3,mp3float"
	}
	args := []string{"-threads", "1", "-filter_threads", "1"}
	if strict {
		args = append(args, "-xerror", "-err_detect", "crccheck+bitstream+buffer+explode")
	}
	args = append(args,
		"-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer, "-codec_whitelist", codecs,
		"-f", demuxer, "-vn", "-sn", "-dn", "-i", "file:"+path,
		"-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1")
	args = append(args, outputs...)
	return ff.Run(ctx, ffmpeg.Command{Args: args, Limits: limits, Stdout: read})
}

// explain finds out whether a failed run is the file's fault and how.
func explain(ctx context.Context, err error, ff *ffmpeg.Runner, limits ffmpeg.Limits, path string, h header.Header, c *checker) error {
	if _, ok := refusal.As(err); ok {
		return err
	}
	var exit *ffmpeg.ExitError
	if !errors.As(err, &exit) || exit.Signal != "" || strings.Contains(exit.Stderr, "No space left") || strings.Contains(exit.Stderr, "Cannot allocate memory") {
		return fmt.Errorf("decode %s: %w", h.Format, err)
	}
	// A stream that goes on after the break is damaged; one that ends there was cut off.
	again := checker{rate: h.RateHz, channels: h.Channels, sink: func([]float32) error { return nil }}
	if err := runDecoder(ctx, ff, limits, path, h, false, nil, again.read); err != nil {
		if r, ok := refusal.As(err); ok {
			return r
		}
		if !errors.As(err, &exit) {
			return fmt.Errorf("decode %s: %w", h.Format, err)
		}
	}
	if h.Frames != header.Unknown && again.frames < h.Frames && again.frames <= c.frames+2*65535 && c.frames+65535 < h.Frames {
		return cutOff(again.frames, h.Frames, h.RateHz)
	}
	return refusal.New(refusal.Damaged, "at_seconds", seconds(c.frames, h.RateHz))
}

func cutOff(have, want int64, rate int) error {
	if want < have {
		want = 0
	}
	return refusal.New(refusal.CutOff, "have_seconds", seconds(have, rate), "want_seconds", seconds(want, rate))
}

func seconds(frames int64, rate int) float64 {
	return math.Round(float64(frames)/float64(rate)*1000) / 1000
}

// checker counts frames, refuses what is not a number or too long, and hands the rest on.
type checker struct {
	rate, channels int
	frames         int64
	sink           Sink
}

func (c *checker) take(block []float32) error {
	for i, v := range block {
		if v-v != 0 { // only NaN and the infinities
			at := c.frames + int64(i/c.channels)
			return refusal.New(refusal.NotFinite, "at_seconds", seconds(at, c.rate))
		}
	}
	c.frames += int64(len(block) / c.channels)
	if c.frames > int64(header.MaxSeconds)*int64(c.rate) {
		return refusal.New(refusal.TooLong, "seconds", seconds(c.frames, c.rate), "max_seconds", header.MaxSeconds)
	}
	return c.sink(block)
}

// read takes little-endian float samples until the stream ends.
func (c *checker) read(r io.Reader) error {
	raw := make([]byte, blockFrames*c.channels*4)
	block := make([]float32, blockFrames*c.channels)
	for {
		n, err := io.ReadFull(r, raw)
		n -= n % (4 * c.channels)
		if n > 0 {
			convert(block[:n/4], raw[:n], header.F32LE)
			if err := c.take(block[:n/4]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read decoded samples: %w", err)
		}
	}
}

// convert fills out from b, which holds as many samples.
func convert(out []float32, b []byte, e header.Encoding) {
	le, be := binary.LittleEndian, binary.BigEndian
	switch e {
	case header.U8:
		for i := range out {
			out[i] = (float32(b[i]) - 128) / (1 << 7)
		}
	case header.S8:
		for i := range out {
			out[i] = float32(int8(b[i])) / (1 << 7)
		}
	case header.S16LE:
		for i := range out {
			out[i] = float32(int16(le.Uint16(b[2*i:]))) / (1 << 15)
		}
	case header.S16BE:
		for i := range out {
			out[i] = float32(int16(be.Uint16(b[2*i:]))) / (1 << 15)
		}
	case header.S24LE:
		for i := range out {
			s := b[3*i : 3*i+3 : 3*i+3]
			out[i] = float32(int32(s[0])<<8|int32(s[1])<<16|int32(s[2])<<24) / (1 << 31)
		}
	case header.S24BE:
		for i := range out {
			s := b[3*i : 3*i+3 : 3*i+3]
			out[i] = float32(int32(s[2])<<8|int32(s[1])<<16|int32(s[0])<<24) / (1 << 31)
		}
	case header.S32LE:
		for i := range out {
			out[i] = float32(int32(le.Uint32(b[4*i:]))) / (1 << 31)
		}
	case header.S32BE:
		for i := range out {
			out[i] = float32(int32(be.Uint32(b[4*i:]))) / (1 << 31)
		}
	case header.F32LE:
		for i := range out {
			out[i] = math.Float32frombits(le.Uint32(b[4*i:]))
		}
	case header.F32BE:
		for i := range out {
			out[i] = math.Float32frombits(be.Uint32(b[4*i:]))
		}
	case header.F64LE:
		for i := range out {
			out[i] = float32(math.Float64frombits(le.Uint64(b[8*i:])))
		}
	case header.F64BE:
		for i := range out {
			out[i] = float32(math.Float64frombits(be.Uint64(b[8*i:])))
		}
	}
}
