// Package header reads what audio files say about themselves: container, encoding, rate, channels, length, and the
// hints of sampler chunks and file names. It believes nothing beyond the bytes that are there; whether the sound
// behind the header is whole is for package decode to find out.
package header

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"crateful.dev/analyzer/internal/refusal"
)

// Format is a container.
type Format string

// The containers that are taken.
const (
	WAV  Format = "wav"
	AIFF Format = "aiff"
	FLAC Format = "flac"
	MP3  Format = "mp3"
	Ogg  Format = "ogg"
)

// Encoding is how samples are stored.
type Encoding string

// The encodings that are taken. PCM ones carry their byte order.
const (
	U8     Encoding = "u8"
	S8     Encoding = "s8"
	S16LE  Encoding = "s16le"
	S16BE  Encoding = "s16be"
	S24LE  Encoding = "s24le"
	S24BE  Encoding = "s24be"
	S32LE  Encoding = "s32le"
	S32BE  Encoding = "s32be"
	F32LE  Encoding = "f32le"
	F32BE  Encoding = "f32be"
	F64LE  Encoding = "f64le"
	F64BE  Encoding = "f64be"
	Flac   Encoding = "flac"
	Layer3 Encoding = "mp3"
	Vorbis Encoding = "vorbis"
	Opus   Encoding = "opus"
)

// Limits of what is taken.
const (
	MinRate     = 8_000
	MaxRate     = 192_000
	MaxChannels = 2
	MaxSeconds  = 30 * 60
	MaxBytes    = 2 << 30
)

// Unknown stands for a length that the file does not tell.
const Unknown int64 = -1

// Header is what a file says about itself.
type Header struct {
	Format     Format
	Encoding   Encoding
	RateHz     int
	Channels   int
	BitDepth   int   // 0 for lossy encodings
	Frames     int64 // as declared; Unknown when the file does not tell
	DataOffset int64 // PCM only: where samples begin
	DataBytes  int64 // PCM only: bytes of samples as declared
	DataThere  int64 // PCM only: bytes of samples that the file really holds
	CutOff     bool  // compressed only: the last frame or page is not whole
	Chunks     Chunks
}

// PCM says whether samples lie in the file as they are.
func (h Header) PCM() bool { return h.DataOffset > 0 }

// FrameBytes is the size of one frame of PCM.
func (h Header) FrameBytes() int { return h.Channels * sampleBytes(h.Encoding) }

// Chunks holds the hints of `acid`, `smpl`, `inst` and their AIFF kin.
type Chunks struct {
	Tempo    float64 `json:"tempo,omitempty"`     // beats per minute
	Beats    int     `json:"beats,omitempty"`     // of the whole file
	RootNote int     `json:"root_note,omitempty"` // MIDI note number, 0 when not set
	Loop     bool    `json:"loop,omitempty"`      // has a sustain loop or says that it is one
	OneShot  bool    `json:"one_shot,omitempty"`  // says that it is one
}

func sampleBytes(e Encoding) int {
	switch e {
	case U8, S8:
		return 1
	case S16LE, S16BE:
		return 2
	case S24LE, S24BE:
		return 3
	case S32LE, S32BE, F32LE, F32BE:
		return 4
	case F64LE, F64BE:
		return 8
	}
	return 0
}

// Read recognises a file of size bytes by its content and reads its header. What is wrong with the file comes back
// as a *refusal.Refusal; any other error is the reader's.
func Read(r io.ReaderAt, size int64) (Header, error) {
	switch {
	case size <= 0:
		return Header{}, refusal.New(refusal.Empty)
	case size > MaxBytes:
		return Header{}, refusal.New(refusal.TooLarge, "bytes", size, "max_bytes", int64(MaxBytes))
	}
	f := file{r: r, size: size}
	head, err := f.upTo(0, 512)
	if err != nil {
		return Header{}, err
	}
	start := int64(0)
	if bytes.HasPrefix(head, []byte("ID3")) {
		if start, err = f.skipID3(); err != nil {
			return Header{}, err
		}
		if head, err = f.upTo(start, 512); err != nil {
			return Header{}, err
		}
	}
	var h Header
	switch {
	case has(head, "RIFF", 8, "WAVE"), has(head, "RF64", 8, "WAVE"), has(head, "BW64", 8, "WAVE"):
		h, err = f.wav()
	case has(head, "FORM", 8, "AIFF"), has(head, "FORM", 8, "AIFC"):
		h, err = f.aiff()
	case bytes.HasPrefix(head, []byte("fLaC")):
		h, err = f.flac(start)
	case bytes.HasPrefix(head, []byte("OggS")):
		h, err = f.ogg()
	default:
		if kind := Sniff(head); kind != "unknown" {
			return Header{}, refusal.New(refusal.NotAudio, "found", kind)
		}
		h, err = f.mp3(start)
	}
	if err != nil {
		return Header{}, err
	}
	return h, check(h)
}

func check(h Header) error {
	switch {
	case h.RateHz < MinRate || h.RateHz > MaxRate:
		return refusal.New(refusal.SampleRate, "rate", h.RateHz, "min", MinRate, "max", MaxRate)
	case h.Channels < 1 || h.Channels > MaxChannels:
		return refusal.New(refusal.Channels, "channels", h.Channels, "max", MaxChannels)
	}
	rate := float64(h.RateHz)
	if h.PCM() && h.DataThere < h.DataBytes {
		per := float64(h.FrameBytes())
		return refusal.New(refusal.CutOff, "have_seconds", round(float64(h.DataThere)/per/rate), "want_seconds", round(float64(h.DataBytes)/per/rate))
	}
	if h.Frames == 0 {
		return refusal.New(refusal.NoFrames)
	}
	if seconds := float64(h.Frames) / rate; seconds > MaxSeconds {
		return refusal.New(refusal.TooLong, "seconds", round(seconds), "max_seconds", MaxSeconds)
	}
	return nil
}

// round keeps milliseconds.
func round(seconds float64) float64 { return float64(int64(seconds*1000+0.5)) / 1000 }

// file reads from outside input with bounds.
type file struct {
	r    io.ReaderAt
	size int64
}

// at reads exactly n bytes or says false when the file ends before.
func (f file) at(off int64, n int) ([]byte, bool, error) {
	if off < 0 || n < 0 || off > f.size-int64(n) {
		return nil, false, nil
	}
	b, err := f.upTo(off, n)
	return b, len(b) == n, err
}

// upTo reads at most n bytes.
func (f file) upTo(off int64, n int) ([]byte, error) {
	if off < 0 || off >= f.size {
		return nil, nil
	}
	if rest := f.size - off; int64(n) > rest {
		n = int(rest)
	}
	b := make([]byte, n)
	got, err := f.r.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read header: %w", err)
	}
	return b[:got], nil
}

// skipID3 returns where the tags in front of the sound end.
func (f file) skipID3() (int64, error) {
	off := int64(0)
	for range 8 {
		b, ok, err := f.at(off, 10)
		if err != nil {
			return 0, err
		}
		if !ok || string(b[:3]) != "ID3" {
			break
		}
		n := int64(b[6]&0x7f)<<21 | int64(b[7]&0x7f)<<14 | int64(b[8]&0x7f)<<7 | int64(b[9]&0x7f)
		off += 10 + n
		if b[5]&0x10 != 0 {
			off += 10
		}
	}
	return off, nil
}

func has(b []byte, magic string, off int, kind string) bool {
	return len(b) >= off+len(kind) && string(b[:len(magic)]) == magic && string(b[off:off+len(kind)]) == kind
}

// Sniff names what bytes that are not audio look like: html, text, zip, pdf, … or "unknown".
func Sniff(head []byte) string {
	trimmed := bytes.ToLower(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"))
	for _, m := range []struct{ magic, kind string }{
		{"<!doctype html", "html"}, {"<html", "html"}, {"<script", "html"}, {"<head", "html"}, {"<body", "html"}, {"<?xml", "xml"}, {"<svg", "svg"},
	} {
		if bytes.HasPrefix(trimmed, []byte(m.magic)) {
			return m.kind
		}
	}
	for _, m := range []struct{ magic, kind string }{
		{"PK\x03\x04", "zip"},
		{"PK\x05\x06", "zip"},
		{"Rar!", "rar"},
		{"7z\xbc\xaf", "7z"},
		{"\x1f\x8b", "gzip"},
		{"BZh", "bzip2"},
		{"%PDF", "pdf"},
		{"MThd", "midi"},
		{"\x89PNG", "png"},
		{"\xff\xd8\xff", "jpeg"},
		{"GIF8", "gif"},
		{"\x1aE\xdf\xa3", "webm"},
		{"\x7fELF", "program"},
		{"MZ", "program"},
		{"wvpk", "wavpack"},
		{"MAC ", "ape"},
		{"caff", "caf"},
		{"RIFF", "riff"},
		{".snd", "au"},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind
		}
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		return "mp4"
	}
	if printable(head) {
		return "text"
	}
	return "unknown"
}

// printable says whether bytes are ASCII text; short ones never are.
func printable(b []byte) bool {
	if len(b) < 16 {
		return false
	}
	for _, c := range b {
		if (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c > '~' {
			return false
		}
	}
	return true
}
