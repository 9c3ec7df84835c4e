// Package features measures a sound in one pass over its samples: waveform and peaks, loudness and true peak, tempo,
// key, loop or one-shot, and a vector by which sounds are compared. It knows nothing of files.
package features

import (
	"math"

	"crateful.dev/analyzer/internal/header"
)

// Version of the measurements. It rises with every change that gives other values.
const Version = 1

// Kinds of sound.
const (
	Loop    = "loop"
	OneShot = "one-shot"
)

// Floors of levels: silence has no logarithm.
const (
	SilenceLUFS = -70.0
	SilenceDBTP = -120.0
)

// Facts is what was measured.
type Facts struct {
	Frames       int64
	RateHz       int
	Channels     int
	Waveform     []byte // 96 bars, 0–255
	Peaks        Peaks
	LoudnessLUFS float64 // integrated; of the whole sound, ungated, when it is shorter than 400 ms
	TruePeakDBTP float64
	Kind         Word  // Loop or OneShot
	Key          Word  // Am, F#, …; of a single note its name; empty when there is none
	Tempo        Tempo // zero when there is none
	Vector       []float32
}

// Word is a measured word and how sure the measurement is, 0–1.
type Word struct {
	Value      string
	Confidence float64
}

// Tempo is a measured tempo.
type Tempo struct {
	BPM        float64
	Confidence float64 // 0–1
}

// Hints is what the file says about itself. It breaks ties; it never overrules what is heard.
type Hints struct {
	Name   header.NameHints
	Chunks header.Chunks
}

// Meter measures. It is fed blocks of interleaved samples in order and then asked once.
type Meter struct {
	rate, channels int
	frames         int64
	mono           []float64

	peaks    *peakMeter
	loudness *loudnessMeter
	truePeak *truePeakMeter
	spectrum *spectrumMeter
	tones    *toneMeter
	envelope *envelopeMeter
}

// NewMeter makes a meter for a rate in Hz and 1 or 2 channels.
func NewMeter(rate, channels int) *Meter {
	return &Meter{
		rate: rate, channels: channels,
		peaks:    newPeakMeter(channels),
		loudness: newLoudnessMeter(rate, channels),
		truePeak: newTruePeakMeter(rate, channels),
		spectrum: newSpectrumMeter(rate),
		tones:    newToneMeter(rate),
		envelope: newEnvelopeMeter(rate),
	}
}

// Write takes a block of interleaved samples.
func (m *Meter) Write(block []float32) {
	n := len(block) / m.channels
	if cap(m.mono) < n {
		m.mono = make([]float64, n)
	}
	mono := m.mono[:n]
	if m.channels == 1 {
		for i, v := range block[:n] {
			mono[i] = float64(v)
		}
	} else {
		for i := range mono {
			mono[i] = 0.5 * (float64(block[2*i]) + float64(block[2*i+1]))
		}
	}
	m.frames += int64(n)
	m.peaks.write(block)
	m.loudness.write(block)
	m.truePeak.write(block)
	m.spectrum.write(mono)
	m.tones.write(mono)
	m.envelope.write(mono)
}

// Facts ends the measurement.
func (m *Meter) Facts(h Hints) Facts {
	m.spectrum.flush()
	m.tones.flush()
	m.envelope.flush()
	f := Facts{
		Frames: m.frames, RateHz: m.rate, Channels: m.channels,
		Waveform:     m.peaks.waveform(),
		Peaks:        m.peaks.fine(m.rate),
		LoudnessLUFS: m.loudness.integrated(),
		TruePeakDBTP: m.truePeak.dbtp(m.peaks.highest()),
	}
	seconds := float64(m.frames) / float64(m.rate)
	r := newRhythm(m.spectrum.onset, m.spectrum.hopSeconds(), seconds)
	k := kindOf(seconds, r, m.envelope, h)
	f.Kind = k
	if k.Value == Loop || seconds > 8 {
		f.Tempo = r.tempo(k, h)
	}
	f.Key = m.tones.key(k.Value == OneShot, seconds, len(r.peaks), h)
	f.Vector = m.vector(seconds, r)
	return f
}

func db(power float64) float64 {
	if power <= 0 {
		return math.Inf(-1)
	}
	return 10 * math.Log10(power)
}

func clamp(v, low, high float64) float64 { return math.Max(low, math.Min(high, v)) }
