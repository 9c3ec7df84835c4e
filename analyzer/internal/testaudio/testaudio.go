// Package testaudio makes sounds and broken files for tests.
package testaudio

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Spec of a WAV file. Zero values mean 44.1 kHz, mono, 16-bit.
type Spec struct {
	Rate, Channels, Bits int
	Float                bool
	Extra                []byte // further chunks, before the samples
}

func (s Spec) filled() Spec {
	if s.Rate == 0 {
		s.Rate = 44100
	}
	if s.Channels == 0 {
		s.Channels = 1
	}
	if s.Bits == 0 {
		s.Bits = 16
	}
	return s
}

// WAV writes interleaved samples.
func WAV(s Spec, samples []float64) []byte {
	s = s.filled()
	var data bytes.Buffer
	for _, v := range samples {
		switch {
		case s.Float && s.Bits == 64:
			_ = binary.Write(&data, binary.LittleEndian, v)
		case s.Float:
			_ = binary.Write(&data, binary.LittleEndian, float32(v))
		case s.Bits == 8:
			data.WriteByte(byte(math.Round(v*127) + 128))
		case s.Bits == 24:
			x := int32(math.Round(v * (1<<23 - 1)))
			data.Write([]byte{byte(x), byte(x >> 8), byte(x >> 16)})
		case s.Bits == 32:
			_ = binary.Write(&data, binary.LittleEndian, int32(math.Round(v*(1<<31-1))))
		default:
			_ = binary.Write(&data, binary.LittleEndian, int16(math.Round(v*(1<<15-1))))
		}
	}
	return Raw(s, data.Bytes(), uint32(data.Len()))
}

// Raw wraps bytes as the data chunk of a WAV whose header declares a size of its own.
func Raw(s Spec, data []byte, declared uint32) []byte {
	s = s.filled()
	tag := uint16(1)
	if s.Float {
		tag = 3
	}
	var b bytes.Buffer
	le := binary.LittleEndian
	b.WriteString("RIFF")
	_ = binary.Write(&b, le, uint32(36+len(s.Extra)+len(data)))
	b.WriteString("WAVEfmt ")
	align := s.Channels * s.Bits / 8
	_ = binary.Write(&b, le, struct {
		N          uint32
		Tag, Ch    uint16
		Rate, Bps  uint32
		Align, Bit uint16
	}{16, tag, uint16(s.Channels), uint32(s.Rate), uint32(s.Rate * align), uint16(align), uint16(s.Bits)})
	b.Write(s.Extra)
	b.WriteString("data")
	_ = binary.Write(&b, le, declared)
	b.Write(data)
	if len(data)%2 == 1 {
		b.WriteByte(0)
	}
	return b.Bytes()
}

// Chunk makes one RIFF chunk.
func Chunk(id string, body []byte) []byte {
	b := append([]byte(id), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// AIFF writes 16-bit interleaved samples.
func AIFF(rate, channels int, samples []float64) []byte {
	var data bytes.Buffer
	for _, v := range samples {
		_ = binary.Write(&data, binary.BigEndian, int16(math.Round(v*(1<<15-1))))
	}
	be := binary.BigEndian
	var comm bytes.Buffer
	_ = binary.Write(&comm, be, uint16(channels))
	_ = binary.Write(&comm, be, uint32(len(samples)/channels))
	_ = binary.Write(&comm, be, uint16(16))
	frac, exp := math.Frexp(float64(rate))
	_ = binary.Write(&comm, be, uint16(exp-1+16383))
	_ = binary.Write(&comm, be, uint64(frac*math.Ldexp(1, 64)))
	var b bytes.Buffer
	chunk := func(id string, body []byte) {
		b.WriteString(id)
		_ = binary.Write(&b, be, uint32(len(body)))
		b.Write(body)
	}
	b.WriteString("AIFF")
	chunk("COMM", comm.Bytes())
	chunk("SSND", append(make([]byte, 8), data.Bytes()...))
	return append(append([]byte("FORM"), be.AppendUint32(nil, uint32(b.Len()))...), b.Bytes()...)
}

// Sine is a tone of so many frames, the same in every channel.
func Sine(rate, channels, frames int, hz, level float64) []float64 {
	out := make([]float64, 0, frames*channels)
	for i := range frames {
		v := level * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		for range channels {
			out = append(out, v)
		}
	}
	return out
}

// Noise is white noise.
func Noise(channels, frames int, level float64, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]float64, frames*channels)
	for i := range out {
		out[i] = level * (2*r.Float64() - 1)
	}
	return out
}

// Note adds a decaying tone with harmonics at a MIDI note number, from a time on.
func Note(dst []float64, rate int, at, seconds float64, midi int, level float64) {
	f := 440 * math.Pow(2, float64(midi-69)/12)
	start := int(at * float64(rate))
	for i := 0; i < int(seconds*float64(rate)) && start+i < len(dst); i++ {
		t := float64(i) / float64(rate)
		env := math.Exp(-2*t/seconds) * math.Min(1, t/0.005) * math.Min(1, (seconds-t)/0.01)
		v := 0.0
		for h := 1; h <= 6; h++ {
			if f*float64(h) < float64(rate)/2 {
				v += math.Sin(2*math.Pi*f*float64(h)*t) / float64(h*h)
			}
		}
		dst[start+i] += level * env * v
	}
}

// Drums is a beat of kick, snare and hats that holds a whole number of beats.
func Drums(rate, beats int, bpm float64) []float64 {
	n := int(math.Round(60 * float64(beats) / bpm * float64(rate)))
	out := make([]float64, n)
	r := rand.New(rand.NewPCG(7, uint64(beats)))
	hit := func(at, seconds float64, v func(t float64) float64) {
		start := int(math.Round(at * float64(rate)))
		for i := 0; i < int(seconds*float64(rate)) && start+i < n; i++ {
			t := float64(i) / float64(rate)
			out[start+i] += v(t) * math.Exp(-6*t/seconds)
		}
	}
	beat := 60 / bpm
	for b := range beats {
		at := float64(b) * beat
		if b%2 == 0 {
			hit(at, 0.2, func(t float64) float64 { return 0.8 * math.Sin(2*math.Pi*(50*t+4*(1-math.Exp(-30*t)))) })
		} else {
			hit(at, 0.15, func(float64) float64 { return 0.5 * (2*r.Float64() - 1) })
		}
		for e := range 2 {
			last := 0.0
			hit(at+float64(e)*beat/2, 0.05, func(float64) float64 {
				x := 2*r.Float64() - 1
				v := 0.25 * (x - last)
				last = x
				return v
			})
		}
	}
	return out
}
