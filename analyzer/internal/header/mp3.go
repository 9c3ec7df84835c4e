package header

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"crateful.dev/analyzer/internal/refusal"
)

// mp3Frame is one frame's header.
type mp3Frame struct {
	rate, channels, samples, bytes, side int
}

var (
	mp3Rates    = [4][3]int{{11025, 12000, 8000}, {}, {22050, 24000, 16000}, {44100, 48000, 32000}}
	mp3BitrateA = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	mp3BitrateB = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
)

func parseMP3Frame(b []byte) (mp3Frame, bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return mp3Frame{}, false
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	bitrate, rate := b[2]>>4, b[2]>>2&3
	if version == 1 || layer != 1 || bitrate == 0 || bitrate == 15 || rate == 3 {
		return mp3Frame{}, false
	}
	m := mp3Frame{rate: mp3Rates[version][rate], channels: 2}
	if b[3]>>6 == 3 {
		m.channels = 1
	}
	kbps := mp3BitrateB[bitrate]
	m.samples = 576
	m.side = 17
	if m.channels == 1 {
		m.side = 9
	}
	if version == 3 {
		kbps = mp3BitrateA[bitrate]
		m.samples = 1152
		m.side = 32
		if m.channels == 1 {
			m.side = 17
		}
	}
	m.bytes = m.samples / 8 * kbps * 1000 / m.rate
	if b[2]&2 != 0 {
		m.bytes++
	}
	return m, m.bytes > 4
}

// Gapless is what an MP3's Xing or Info frame says, and where the LAME tag's delay field lies.
type Gapless struct {
	Frames      int64 // MPEG frames, without the Info frame itself
	Delay       int   // encoder delay in samples, without the decoder's 529
	Padding     int   // padding in samples, with the decoder's 529
	HasLAME     bool
	Offset      int64 // of the Info frame in the file
	Size        int   // of the Info frame in bytes
	DelayOffset int64 // of the three bytes that hold delay and padding
	Samples     int   // per frame
}

func parseInfo(b []byte, at int64) (Gapless, bool) {
	m, ok := parseMP3Frame(b)
	if !ok || len(b) < 4+m.side+8 {
		return Gapless{}, false
	}
	p := 4 + m.side
	if tag := string(b[p : p+4]); tag != "Xing" && tag != "Info" {
		return Gapless{}, false
	}
	g := Gapless{Offset: at, Size: m.bytes, Samples: m.samples}
	flags := binary.BigEndian.Uint32(b[p+4:])
	p += 8
	take := func(n int) []byte {
		if p+n > len(b) {
			p = len(b) + 1
			return nil
		}
		p += n
		return b[p-n : p]
	}
	if flags&1 != 0 {
		if v := take(4); v != nil {
			g.Frames = int64(binary.BigEndian.Uint32(v))
		}
	}
	if flags&2 != 0 {
		take(4)
	}
	if flags&4 != 0 {
		take(100)
	}
	if flags&8 != 0 {
		take(4)
	}
	if take(21) == nil {
		return g, true
	}
	if v := take(3); v != nil {
		g.Delay = int(v[0])<<4 | int(v[1])>>4
		g.Padding = int(v[1]&0x0f)<<8 | int(v[2])
		g.DelayOffset = at + int64(p-3)
		g.HasLAME = g.Delay > 0 || g.Padding > 0
	}
	return g, true
}

// ReadGapless finds the Info frame of an MP3 file.
func ReadGapless(r io.ReaderAt, size int64) (Gapless, bool, error) {
	f := file{r: r, size: size}
	start, err := f.skipID3()
	if err != nil {
		return Gapless{}, false, err
	}
	b, err := f.upTo(start, 2048)
	if err != nil {
		return Gapless{}, false, err
	}
	g, ok := parseInfo(b, start)
	return g, ok, nil
}

// maxJunk is how far into a file the first frame may begin, and how much may lie between two.
const maxJunk = 64 << 10

func (f file) mp3(start int64) (Header, error) {
	b, err := f.upTo(start, maxJunk)
	if err != nil {
		return Header{}, err
	}
	first := -1
	for i := 0; i+4 <= len(b); i++ {
		m, ok := parseMP3Frame(b[i:])
		if !ok {
			continue
		}
		// One sync word is chance; the next frame must follow where this one ends.
		next, err := f.upTo(start+int64(i+m.bytes), 4)
		if err != nil {
			return Header{}, err
		}
		if n, ok := parseMP3Frame(next); ok && n.rate == m.rate || (len(next) == 0 && i == 0) {
			first = i
			break
		}
	}
	if first < 0 {
		return Header{}, refusal.New(refusal.NotAudio, "found", "unknown")
	}
	at := start + int64(first)
	m, _ := parseMP3Frame(b[first:])
	h := Header{Format: MP3, Encoding: Layer3, RateHz: m.rate, Channels: m.channels, Frames: Unknown}
	g, hasInfo := parseInfo(b[first:], at)
	if hasInfo {
		at += int64(g.Size)
	}
	frames, cut, err := f.walkMP3(at)
	if err != nil {
		return Header{}, err
	}
	h.CutOff = cut
	if hasInfo && g.Frames > 0 {
		h.Frames = g.Frames * int64(m.samples)
		if frames < g.Frames-1 {
			h.CutOff = true
		}
		if g.HasLAME {
			h.Frames = max(0, h.Frames-int64(g.Delay)-int64(g.Padding))
		}
	} else if !hasInfo {
		h.Frames = Unknown
	}
	if frames == 0 {
		h.Frames = 0
	}
	return h, nil
}

// walkMP3 counts the frames from an offset on and says whether the last one is not whole. Tags and junk between
// frames are stepped over.
func (f file) walkMP3(at int64) (frames int64, cut bool, err error) {
	junk := 0
	r := bufio.NewReaderSize(io.NewSectionReader(f.r, at, max(0, f.size-at)), 64<<10)
	for {
		b, err := r.Peek(4)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return frames, false, nil
			}
			return 0, false, fmt.Errorf("read header: %w", err)
		}
		m, ok := parseMP3Frame(b)
		if !ok {
			if bytes.HasPrefix(b, []byte("TAG")) || bytes.HasPrefix(b, []byte("APET")) || bytes.HasPrefix(b, []byte("LYRI")) || bytes.HasPrefix(b, []byte("ID3")) {
				return frames, false, nil
			}
			if junk++; junk > maxJunk {
				return frames, false, nil
			}
			if _, err := r.Discard(1); err != nil {
				return 0, false, fmt.Errorf("read header: %w", err)
			}
			continue
		}
		junk = 0
		n, err := r.Discard(m.bytes)
		if errors.Is(err, io.EOF) {
			return frames, n < m.bytes, nil
		}
		if err != nil {
			return 0, false, fmt.Errorf("read header: %w", err)
		}
		frames++
	}
}
