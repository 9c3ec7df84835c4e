package header

import (
	"encoding/binary"
	"math"

	"crateful.dev/analyzer/internal/refusal"
)

func (f file) aiff() (Header, error) {
	be := binary.BigEndian
	h := Header{Format: AIFF, Frames: Unknown}
	var haveCOMM, haveSSND bool
	off := int64(12)
	for range maxChunks {
		head, ok, err := f.at(off, 8)
		if err != nil {
			return Header{}, err
		}
		if !ok {
			break
		}
		id, n := string(head[:4]), int64(be.Uint32(head[4:]))
		body := off + 8
		switch id {
		case "COMM":
			b, err := f.upTo(body, int(min(n, 22)))
			if err != nil {
				return Header{}, err
			}
			if len(b) < 18 {
				return Header{}, refusal.New(refusal.NotAudio, "found", "unknown")
			}
			if err := h.aiffCommon(b); err != nil {
				return Header{}, err
			}
			haveCOMM = true
		case "SSND":
			b, ok, err := f.at(body, 8)
			if err != nil {
				return Header{}, err
			}
			if !ok || n < 8 {
				break
			}
			shift := int64(be.Uint32(b))
			if shift > n-8 {
				return Header{}, refusal.New(refusal.NotAudio, "found", "unknown")
			}
			haveSSND = true
			h.DataOffset = body + 8 + shift
			h.DataBytes = n - 8 - shift
			h.DataThere = max(0, min(h.DataBytes, f.size-h.DataOffset))
		case "INST":
			b, ok, err := f.at(body, 20)
			if err != nil {
				return Header{}, err
			}
			if ok {
				if b[0] > 0 && b[0] < 128 {
					h.Chunks.RootNote = int(b[0])
				}
				h.Chunks.Loop = h.Chunks.Loop || be.Uint16(b[8:]) != 0
			}
		case "basc":
			b, ok, err := f.at(body, 16)
			if err != nil {
				return Header{}, err
			}
			if ok {
				h.Chunks.basc(b)
			}
		}
		if n > f.size-body {
			break
		}
		off = body + n + n&1
	}
	if !haveCOMM {
		text, err := f.upTo(12, 512)
		if err != nil {
			return Header{}, err
		}
		return Header{}, refusal.New(refusal.NotAudio, "found", Sniff(text))
	}
	if !haveSSND || h.Frames == 0 {
		if h.Frames > 0 {
			return Header{}, refusal.New(refusal.CutOff, "have_seconds", 0.0, "want_seconds", round(float64(h.Frames)/float64(max(h.RateHz, 1))))
		}
		return Header{}, refusal.New(refusal.NoFrames)
	}
	// COMM counts frames, SSND bytes; the larger claim must be met.
	if want := h.Frames * int64(h.FrameBytes()); h.FrameBytes() > 0 {
		if want > h.DataBytes {
			h.DataBytes = want
		}
		h.DataThere = max(0, min(h.DataThere, h.DataBytes))
		h.DataBytes = want
		h.DataThere = min(h.DataThere, want)
	}
	return h, nil
}

func (h *Header) aiffCommon(b []byte) error {
	be := binary.BigEndian
	h.Channels = int(be.Uint16(b))
	h.Frames = int64(be.Uint32(b[2:]))
	h.BitDepth = int(be.Uint16(b[6:]))
	h.RateHz = extended(b[8:18])
	kind := "NONE"
	if len(b) >= 22 {
		kind = string(b[18:22])
	}
	bytesPer := (h.BitDepth + 7) / 8
	switch {
	case (kind == "NONE" || kind == "twos" || kind == "in24" || kind == "in32") && bytesPer == 1:
		h.Encoding = S8
	case kind == "raw " && bytesPer == 1:
		h.Encoding = U8
	case (kind == "NONE" || kind == "twos") && bytesPer == 2:
		h.Encoding = S16BE
	case (kind == "NONE" || kind == "twos" || kind == "in24") && bytesPer == 3:
		h.Encoding = S24BE
	case (kind == "NONE" || kind == "twos" || kind == "in32") && bytesPer == 4:
		h.Encoding = S32BE
	case kind == "sowt" && bytesPer == 1:
		h.Encoding = S8
	case kind == "sowt" && bytesPer == 2:
		h.Encoding = S16LE
	case kind == "sowt" && bytesPer == 3:
		h.Encoding = S24LE
	case kind == "sowt" && bytesPer == 4:
		h.Encoding = S32LE
	case kind == "fl32" || kind == "FL32":
		h.Encoding, h.BitDepth = F32BE, 32
	case kind == "fl64" || kind == "FL64":
		h.Encoding, h.BitDepth = F64BE, 64
	default:
		return refusal.New(refusal.UnsupportedEncoding, "format", "AIFF", "encoding", "an unknown encoding")
	}
	return nil
}

// extended reads the 80-bit float that AIFF uses for its rate and rounds it; nonsense becomes 0.
func extended(b []byte) int {
	exp := int(binary.BigEndian.Uint16(b)) - 16383 - 63
	if exp < -63 || exp > 0 {
		return 0
	}
	v := math.Ldexp(float64(binary.BigEndian.Uint64(b[2:])), exp)
	if !(v >= 0) || v > math.MaxInt32 {
		return 0
	}
	return int(math.Round(v))
}

// basc reads Apple's loop chunk: beats and root note.
func (c *Chunks) basc(b []byte) {
	be := binary.BigEndian
	if beats := be.Uint32(b[4:]); beats > 0 && beats < 4096 {
		c.Beats = int(beats)
		c.Loop = true
	}
	if note := be.Uint16(b[8:]); note > 0 && note < 128 {
		c.RootNote = int(note)
	}
}
