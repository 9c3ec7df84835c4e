package header

import (
	"crateful.dev/analyzer/internal/refusal"
)

func (f file) flac(start int64) (Header, error) {
	h := Header{Format: FLAC, Encoding: Flac, Frames: Unknown}
	b, ok, err := f.at(start+4, 4+34)
	if err != nil {
		return Header{}, err
	}
	if !ok || b[0]&0x7f != 0 || int(b[1])<<16|int(b[2])<<8|int(b[3]) != 34 {
		return Header{}, refusal.New(refusal.Damaged, "at_seconds", 0.0)
	}
	s := b[4:]
	h.RateHz = int(s[10])<<12 | int(s[11])<<4 | int(s[12])>>4
	h.Channels = int(s[12]>>1)&7 + 1
	h.BitDepth = (int(s[12]&1)<<4 | int(s[13])>>4) + 1
	if total := int64(s[13]&0x0f)<<32 | int64(s[14])<<24 | int64(s[15])<<16 | int64(s[16])<<8 | int64(s[17]); total > 0 {
		h.Frames = total
	}
	return h, nil
}
