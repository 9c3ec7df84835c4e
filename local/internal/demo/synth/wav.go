package synth

import (
	"encoding/binary"
	"math"
)

// wav writes 24-bit PCM. tempo and beats, when given, go into an ACID chunk, as audio workstations write them.
func wav(s sound, channels int, tempo float64, beats, root int) []byte {
	const bytesPerSample = 3
	n := s.len()
	data := n * channels * bytesPerSample
	pad := data & 1
	acid := 0
	if beats > 0 {
		acid = 8 + 24
	}
	out := make([]byte, 0, 44+data+pad+acid)
	u32 := func(v uint32) { out = binary.LittleEndian.AppendUint32(out, v) }
	u16 := func(v uint16) { out = binary.LittleEndian.AppendUint16(out, v) }
	out = append(out, "RIFF"...)
	u32(uint32(36 + acid + data + pad))
	out = append(out, "WAVEfmt "...)
	u32(16)
	u16(1)
	u16(uint16(channels))
	u32(Rate)
	u32(uint32(Rate * channels * bytesPerSample))
	u16(uint16(channels * bytesPerSample))
	u16(24)
	if beats > 0 {
		out = append(out, "acid"...)
		u32(24)
		flags, note := uint32(4), uint16(60) // may be stretched
		if root >= 0 {
			flags |= 2
			note = uint16(60 + root)
		}
		u32(flags)
		u16(note)
		u16(0x8000)
		u32(0)
		u32(uint32(beats))
		u16(4)
		u16(4)
		u32(math.Float32bits(float32(tempo)))
	}
	out = append(out, "data"...)
	u32(uint32(data))
	sample := func(x float64) {
		v := int32(math.Round(min(max(x, -1), 1) * (1<<23 - 1)))
		out = append(out, byte(v), byte(v>>8), byte(v>>16))
	}
	for i := range n {
		if channels == 1 {
			sample((s.l[i] + s.r[i]) / 2)
			continue
		}
		sample(s.l[i])
		sample(s.r[i])
	}
	if pad == 1 {
		out = append(out, 0)
	}
	return out
}
