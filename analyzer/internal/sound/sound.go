// Package sound checks one audio file from its first byte to its last: header, every sample, measurements and the
// preview, in one pass. Where files come from and where results go is left to package ingest.
package sound

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"time"

	"crateful.dev/analyzer/internal/decode"
	"crateful.dev/analyzer/internal/features"
	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/preview"
)

// Limits of one ffmpeg process on a sound.
const (
	processTime   = 5 * time.Minute
	processMemory = 768 << 20
	previewBytes  = 256 << 20
)

// Checker checks sounds.
type Checker struct {
	ff     *ffmpeg.Runner
	limits ffmpeg.Limits
}

// NewChecker makes a checker on a runner, whose bound on processes is the checker's too.
func NewChecker(ff *ffmpeg.Runner) *Checker {
	return &Checker{ff: ff, limits: ffmpeg.Limits{Time: processTime, MemoryBytes: processMemory, OutputBytes: previewBytes}}
}

// Result is what became of a file that is whole.
type Result struct {
	Header      header.Header
	Name        header.NameHints
	Facts       features.Facts
	AudioSHA256 string // hex, of rate, channels and the decoded samples
	Preview     preview.Preview
}

// Check reads the file at path whole and writes its preview to previewPath. name is the path inside the pack, read
// for hints. What is wrong with the file comes back as a *refusal.Refusal.
func (c *Checker) Check(ctx context.Context, path, name, previewPath string) (Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return Result{}, fmt.Errorf("open sound: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Result{}, fmt.Errorf("stat sound: %w", err)
	}
	h, err := header.Read(f, info.Size())
	if err != nil {
		return Result{}, err
	}
	m := newListener(h)
	var frames int64
	if h.PCM() {
		frames, err = c.plain(ctx, f, h, previewPath, m)
	} else {
		frames, err = decode.Compressed(ctx, c.ff, c.limits, path, h, preview.Output(previewPath, h.RateHz), m.hear)
	}
	if err != nil {
		return Result{}, err
	}
	r := Result{Header: h, Name: header.FromName(name), AudioSHA256: hex.EncodeToString(m.digest.Sum(nil))}
	r.Header.Frames = frames
	r.Facts = m.meter.Facts(features.Hints{Name: r.Name, Chunks: h.Chunks})
	if r.Preview, err = preview.Finish(previewPath, frames, h.RateHz); err != nil {
		return Result{}, err
	}
	return r, nil
}

// plain reads PCM here and feeds the preview's encoder with the same samples.
func (c *Checker) plain(ctx context.Context, f io.ReaderAt, h header.Header, previewPath string, m *listener) (frames int64, err error) {
	var soundErr error
	err = preview.Encode(ctx, c.ff, c.limits, previewPath, h.RateHz, h.Channels, func(w io.Writer) error {
		frames, soundErr = decode.PCM(f, h, func(block []float32) error {
			if err := m.hear(block); err != nil {
				return err
			}
			if _, err := w.Write(m.raw[:4*len(block)]); err != nil {
				return fmt.Errorf("feed preview: %w", err)
			}
			return nil
		})
		return soundErr
	})
	if soundErr != nil && !errors.Is(soundErr, os.ErrClosed) {
		return 0, soundErr
	}
	return frames, err
}

// listener measures and hashes every block.
type listener struct {
	meter  *features.Meter
	digest hash.Hash
	raw    []byte
}

func newListener(h header.Header) *listener {
	l := &listener{meter: features.NewMeter(h.RateHz, h.Channels), digest: sha256.New()}
	_ = binary.Write(l.digest, binary.LittleEndian, [2]uint32{uint32(h.RateHz), uint32(h.Channels)})
	return l
}

func (l *listener) hear(block []float32) error {
	if cap(l.raw) < 4*len(block) {
		l.raw = make([]byte, 4*len(block))
	}
	raw := l.raw[:4*len(block)]
	for i, v := range block {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	l.digest.Write(raw)
	l.meter.Write(block)
	return nil
}
