package header

import (
	"bytes"
	"encoding/binary"
	"math"

	"crateful.dev/analyzer/internal/refusal"
)

// maxChunks bounds the walk through a file made of nothing but tiny chunks.
const maxChunks = 4096

// guidTail is what follows the format tag in the sub-format of an extensible WAV.
var guidTail = []byte{0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71}

func (f file) wav() (Header, error) {
	le := binary.LittleEndian
	h := Header{Format: WAV, Frames: Unknown}
	var haveFmt, haveData, unfinished bool
	var data64 uint64
	var align int
	off := int64(12)
	for range maxChunks {
		head, ok, err := f.at(off, 8)
		if err != nil {
			return Header{}, err
		}
		if !ok {
			break
		}
		id, n := string(head[:4]), int64(le.Uint32(head[4:]))
		body := off + 8
		switch id {
		case "ds64":
			b, ok, err := f.at(body, 24)
			if err != nil {
				return Header{}, err
			}
			if ok {
				data64 = le.Uint64(b[8:])
			}
		case "fmt ":
			b, err := f.upTo(body, int(min(n, 64)))
			if err != nil {
				return Header{}, err
			}
			if len(b) < 16 {
				return Header{}, refusal.New(refusal.NotAudio, "found", "unknown")
			}
			if align, err = h.wavFormat(b); err != nil {
				return Header{}, err
			}
			haveFmt = true
		case "data":
			if haveData {
				break
			}
			haveData = true
			if n == math.MaxUint32 {
				switch {
				case data64 > 0 && data64 < math.MaxInt64:
					n = int64(data64)
				default:
					unfinished = true
				}
			}
			h.DataOffset, h.DataBytes = body, n
			h.DataThere = max(0, min(n, f.size-body))
			if text, err := f.upTo(body, 512); err != nil {
				return Header{}, err
			} else if kind := Sniff(text); kind == "html" || (printable(text) && bytes.IndexByte(text, '<') >= 0) {
				return Header{}, refusal.New(refusal.NotAudio, "found", "html")
			}
		case "smpl":
			b, err := f.upTo(body, int(min(n, 60)))
			if err != nil {
				return Header{}, err
			}
			h.Chunks.smpl(b)
		case "acid":
			b, err := f.upTo(body, int(min(n, 24)))
			if err != nil {
				return Header{}, err
			}
			h.Chunks.acid(b)
		case "inst":
			b, err := f.upTo(body, int(min(n, 7)))
			if err != nil {
				return Header{}, err
			}
			if len(b) == 7 && b[0] > 0 && b[0] < 128 && h.Chunks.RootNote == 0 {
				h.Chunks.RootNote = int(b[0])
			}
		}
		if unfinished || n > f.size-body {
			break
		}
		off = body + n + n&1
	}
	switch {
	case !haveFmt:
		text, err := f.upTo(12, 512)
		if err != nil {
			return Header{}, err
		}
		return Header{}, refusal.New(refusal.NotAudio, "found", Sniff(text))
	case !haveData:
		return Header{}, refusal.New(refusal.NoFrames)
	case unfinished:
		return Header{}, refusal.New(refusal.LengthUnknown)
	}
	if h.Channels > 0 && h.Channels <= MaxChannels && align != h.FrameBytes() {
		return Header{}, refusal.New(refusal.UnsupportedEncoding, "format", "WAV", "encoding", "padded PCM")
	}
	if n := h.FrameBytes(); n > 0 {
		h.Frames = h.DataBytes / int64(n)
	}
	return h, nil
}

// wavFormat reads a `fmt ` chunk of at least 16 bytes and returns the block alignment.
func (h *Header) wavFormat(b []byte) (int, error) {
	le := binary.LittleEndian
	tag := le.Uint16(b)
	h.Channels = int(le.Uint16(b[2:]))
	rate := le.Uint32(b[4:])
	h.RateHz = int(min(rate, math.MaxInt32))
	align, container := int(le.Uint16(b[12:])), int(le.Uint16(b[14:]))
	bits := container
	if tag == 0xfffe && len(b) >= 40 && bytes.Equal(b[26:40], guidTail) {
		tag = le.Uint16(b[24:])
		if valid := int(le.Uint16(b[18:])); valid > 0 && valid <= container {
			bits = valid
		}
	}
	h.BitDepth = bits
	// 12- and 20-bit samples lie left-aligned in the next larger container.
	bytesPer := (container + 7) / 8
	switch {
	case tag == 1 && bytesPer == 1:
		h.Encoding = U8
	case tag == 1 && bytesPer == 2:
		h.Encoding = S16LE
	case tag == 1 && bytesPer == 3:
		h.Encoding = S24LE
	case tag == 1 && bytesPer == 4:
		h.Encoding = S32LE
	case tag == 3 && container == 32:
		h.Encoding = F32LE
	case tag == 3 && container == 64:
		h.Encoding = F64LE
	default:
		return 0, refusal.New(refusal.UnsupportedEncoding, "format", "WAV", "encoding", wavTag(tag, container))
	}
	return align, nil
}

func wavTag(tag uint16, bits int) string {
	switch tag {
	case 1:
		return "PCM of this depth"
	case 2, 0x11:
		return "ADPCM"
	case 3:
		return "float of this depth"
	case 6:
		return "A-law"
	case 7:
		return "µ-law"
	case 0x55:
		return "MP3"
	case 0x674f, 0x6750, 0x6751, 0x676f, 0x6770, 0x6771:
		return "Ogg Vorbis"
	}
	_ = bits
	return "an unknown encoding"
}

// smpl reads a sampler chunk: MIDI unity note and the number of sustain loops.
func (c *Chunks) smpl(b []byte) {
	if len(b) < 36 {
		return
	}
	le := binary.LittleEndian
	if note := le.Uint32(b[12:]); note > 0 && note < 128 {
		c.RootNote = int(note)
	}
	if loops := le.Uint32(b[28:]); loops > 0 && loops < 1024 {
		c.Loop = true
	}
}

// acid reads Sony's loop chunk: flags, root note, beats, metre, tempo.
func (c *Chunks) acid(b []byte) {
	if len(b) < 24 {
		return
	}
	le := binary.LittleEndian
	flags := le.Uint32(b)
	if flags&0x01 != 0 {
		c.OneShot = true
	} else {
		c.Loop = true
	}
	if note := le.Uint16(b[4:]); flags&0x02 != 0 && note > 0 && note < 128 {
		c.RootNote = int(note)
	}
	if beats := le.Uint32(b[12:]); beats > 0 && beats < 4096 {
		c.Beats = int(beats)
	}
	if tempo := float64(math.Float32frombits(le.Uint32(b[20:]))); tempo >= 20 && tempo <= 400 {
		c.Tempo = math.Round(tempo*100) / 100
	}
}
