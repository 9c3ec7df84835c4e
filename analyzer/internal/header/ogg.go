package header

import (
	"bytes"
	"encoding/binary"

	"crateful.dev/analyzer/internal/refusal"
)

// oggTail is more than the largest page, so that the last one begins inside it.
const oggTail = 70_000

func (f file) ogg() (Header, error) {
	le := binary.LittleEndian
	b, err := f.upTo(0, 27+255+64)
	if err != nil {
		return Header{}, err
	}
	if len(b) < 28 || len(b) < 27+int(b[26]) {
		return Header{}, refusal.New(refusal.Damaged, "at_seconds", 0.0)
	}
	h := Header{Format: Ogg, Frames: Unknown}
	packet := b[27+int(b[26]):]
	preSkip := int64(0)
	switch {
	case bytes.HasPrefix(packet, []byte("\x01vorbis")) && len(packet) >= 16:
		h.Encoding = Vorbis
		h.Channels = int(packet[11])
		h.RateHz = int(le.Uint32(packet[12:]) & 0x7fffffff)
	case bytes.HasPrefix(packet, []byte("OpusHead")) && len(packet) >= 19:
		h.Encoding = Opus
		h.Channels = int(packet[9])
		preSkip = int64(le.Uint16(packet[10:]))
		h.RateHz = 48_000
	default:
		return Header{}, refusal.New(refusal.UnsupportedEncoding, "format", "Ogg", "encoding", "an unknown encoding")
	}
	serial := le.Uint32(b[14:])

	from := max(0, f.size-oggTail)
	tail, err := f.upTo(from, oggTail)
	if err != nil {
		return Header{}, err
	}
	h.CutOff = true
	for i := 0; ; {
		j := bytes.Index(tail[i:], []byte("OggS"))
		if j < 0 {
			break
		}
		page := tail[i+j:]
		i += j + 4
		if len(page) < 27 || page[4] != 0 || le.Uint32(page[14:]) != serial {
			continue
		}
		segments := int(page[26])
		if len(page) < 27+segments {
			h.CutOff = true
			break
		}
		body := 0
		for _, n := range page[27 : 27+segments] {
			body += int(n)
		}
		if len(page) < 27+segments+body {
			h.CutOff = true
			break
		}
		if granule := int64(le.Uint64(page[6:])); granule >= 0 && granule < 1<<40 {
			h.Frames = max(0, granule-preSkip)
		}
		h.CutOff = page[5]&0x04 == 0
	}
	if h.CutOff {
		h.Frames = Unknown
	}
	return h, nil
}
