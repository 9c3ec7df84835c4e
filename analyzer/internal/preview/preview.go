// Package preview encodes what buyers hear before they buy: an MP3 whose gapless header makes decoders give exactly
// as many frames as the original has, so that loops repeat without a gap.
package preview

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/header"
)

// ContentType of a preview.
const ContentType = "audio/mpeg"

// decoderDelay is what every MP3 decoder adds on its own, by the format's filter bank.
const decoderDelay = 529

// Preview describes a finished file.
type Preview struct {
	RateHz int
	Frames int64 // that a gapless decoder gives
	Bytes  int64
}

// mp3Rates are those of MPEG-1. MP3 has lower ones too, but with their short frames decoders trim the start and the
// end of a very short sound wrongly.
var mp3Rates = []int{32000, 44100, 48000}

// Rate is the preview's sample rate: the original's where MPEG-1 has it, else that of its family.
func Rate(original int) int {
	switch {
	case slices.Contains(mp3Rates, original):
		return original
	case original%11025 == 0:
		return 44100
	}
	return 48000
}

// Frames is the length of a preview of so many original frames.
func Frames(frames int64, original int) int64 {
	if r := Rate(original); r != original {
		return max(1, int64(math.Round(float64(frames)*float64(r)/float64(original))))
	}
	return frames
}

// Output is the part of an ffmpeg command that writes the preview of the first input to path.
func Output(path string, original int) []string {
	args := []string{"-map", "0:a:0", "-c:a", "libmp3lame", "-q:a", "3", "-compression_level", "7"}
	// Padding reaches into the shortest sounds only: a decoder cannot trim a file that is one frame long.
	filter := "apad=whole_len=1152"
	if r := Rate(original); r != original {
		filter = "aresample=" + strconv.Itoa(r) + "," + filter
	}
	args = append(args, "-af", filter)
	return append(args, "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact",
		"-id3v2_version", "0", "-write_id3v1", "0", "-write_xing", "1", "-f", "mp3", "file:"+path)
}

// Encode runs ffmpeg on samples that feed writes as little-endian interleaved floats.
func Encode(ctx context.Context, ff *ffmpeg.Runner, limits ffmpeg.Limits, path string, rate, channels int, feed func(io.Writer) error) error {
	args := []string{
		"-threads", "1", "-filter_threads", "1", "-protocol_whitelist", "pipe", "-format_whitelist", "f32le", "-codec_whitelist", "pcm_f32le",
		"-f", "f32le", "-ar", strconv.Itoa(rate), "-ac", strconv.Itoa(channels), "-i", "pipe:0",
	}
	if err := ff.Run(ctx, ffmpeg.Command{Args: append(args, Output(path, rate)...), Limits: limits, Stdin: feed}); err != nil {
		return fmt.Errorf("encode preview: %w", err)
	}
	return nil
}

// Finish writes the exact length into the gapless header: the muxer's own is wrong when the last frame is nearly full.
func Finish(path string, frames int64, original int) (p Preview, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Preview{}, fmt.Errorf("open preview: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close preview: %w", cerr)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return Preview{}, fmt.Errorf("stat preview: %w", err)
	}
	g, ok, err := header.ReadGapless(f, info.Size())
	if err != nil {
		return Preview{}, err
	}
	if !ok || g.DelayOffset == 0 || g.Frames == 0 {
		return Preview{}, fmt.Errorf("finish preview: no gapless header")
	}
	p = Preview{RateHz: Rate(original), Frames: Frames(frames, original), Bytes: info.Size()}
	room := g.Frames*int64(g.Samples) - int64(g.Delay) - decoderDelay
	padding := room - p.Frames
	if padding < 0 && -padding < int64(g.Samples) && p.RateHz != original {
		p.Frames, padding = room, 0 // the resampler may end a few frames early
	}
	if padding < 0 || padding+decoderDelay > 0xfff {
		return Preview{}, fmt.Errorf("finish preview: %d frames in room for %d", p.Frames, room)
	}
	padding += decoderDelay

	end := g.DelayOffset + 13 // the tag's own checksum follows
	head := make([]byte, end-g.Offset)
	if _, err := f.ReadAt(head, g.Offset); err != nil {
		return Preview{}, fmt.Errorf("read preview: %w", err)
	}
	d := head[g.DelayOffset-g.Offset:]
	d[1] = d[1]&0xf0 | byte(padding>>8)
	d[2] = byte(padding)
	head = binary.BigEndian.AppendUint16(head, crc16(head))
	if _, err := f.WriteAt(head, g.Offset); err != nil {
		return Preview{}, fmt.Errorf("write preview: %w", err)
	}
	return p, nil
}

// crc16 is CRC-16/ARC, the checksum of the LAME tag.
func crc16(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xa001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}
