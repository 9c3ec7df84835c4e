package features_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"crateful.dev/analyzer/internal/features"
	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/testaudio"
)

func measure(rate, channels int, samples []float64, h features.Hints) features.Facts {
	m := features.NewMeter(rate, channels)
	block := make([]float32, 0, 4096*channels)
	for len(samples) > 0 {
		n := min(len(samples), 4096*channels)
		block = block[:0]
		for _, v := range samples[:n] {
			block = append(block, float32(v))
		}
		m.Write(block)
		samples = samples[n:]
	}
	return m.Facts(h)
}

var (
	ebuLoudness = regexp.MustCompile(`I:\s+(-?[0-9.]+) LUFS`)
	ebuPeak     = regexp.MustCompile(`Peak:\s+(-?[0-9.]+) dBFS`)
)

// TestLoudnessAgreesWithFFmpeg compares with ffmpeg's ebur128 filter, an independent implementation of the standard.
func TestLoudnessAgreesWithFFmpeg(t *testing.T) {
	t.Parallel()
	gated := append(testaudio.Sine(44100, 2, 5*44100, 997, 0.5), make([]float64, 2*5*44100)...)
	mixed := testaudio.Noise(2, 6*48000, 0.3, 1)
	for i := range mixed {
		if i > len(mixed)/2 {
			mixed[i] *= 0.05
		}
	}
	nearNyquist := testaudio.Sine(44100, 1, 44100, 11025, 0.9)
	for i := range nearNyquist {
		nearNyquist[i] = 0.9 * math.Min(1, float64(i)/4410) * math.Min(1, float64(44100-i)/4410) * math.Sin(2*math.Pi*float64(i)/4+math.Pi/4)
	}
	for _, tc := range []struct {
		name           string
		rate, channels int
		samples        []float64
		peak           float64 // tolerance in dB
	}{
		{"full-scale sine", 48000, 2, testaudio.Sine(48000, 2, 3*48000, 997, 1), 0.2},
		{"mono", 44100, 1, testaudio.Sine(44100, 1, 2*44100, 200, 0.25), 0.2},
		{"silence is gated out", 44100, 2, gated, 0.2},
		{"quiet half is gated out", 48000, 2, mixed, 1.2}, // noise up to the very edge of the band: filters differ there
		{"peak between samples", 44100, 1, nearNyquist, 0.2},
		{"drums", 44100, 1, testaudio.Drums(44100, 8, 120), 0.6},
		{"96 kHz", 96000, 2, testaudio.Noise(2, 96000, 0.5, 2), 1.2},
		{"192 kHz", 192000, 1, testaudio.Sine(192000, 1, 192000, 5000, 0.7), 0.2},
		{"8 kHz", 8000, 1, testaudio.Sine(8000, 1, 16000, 440, 0.3), 0.2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "a.wav")
			if err := os.WriteFile(path, testaudio.WAV(testaudio.Spec{Rate: tc.rate, Channels: tc.channels, Bits: 32, Float: true}, tc.samples), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("ffmpeg", "-nostdin", "-hide_banner", "-i", path, "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-").CombinedOutput()
			if err != nil {
				t.Fatalf("ffmpeg is needed for this test: %v: %s", err, out)
			}
			read := func(re *regexp.Regexp) float64 {
				all := re.FindAllSubmatch(out, -1)
				if len(all) == 0 {
					t.Fatalf("no value in %s", out)
				}
				v, err := strconv.ParseFloat(string(all[len(all)-1][1]), 64)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			f := measure(tc.rate, tc.channels, tc.samples, features.Hints{})
			// ffmpeg counts a mono file as one channel, as we do.
			if want := read(ebuLoudness); math.Abs(f.LoudnessLUFS-want) > 0.1 {
				t.Errorf("%.2f LUFS, ffmpeg %.2f", f.LoudnessLUFS, want)
			}
			if want := read(ebuPeak); math.Abs(f.TruePeakDBTP-want) > tc.peak {
				t.Errorf("%.2f dBTP, ffmpeg %.2f", f.TruePeakDBTP, want)
			}
		})
	}
}

func TestLoudnessOfShortAndSilentSounds(t *testing.T) {
	t.Parallel()
	long := measure(48000, 1, testaudio.Sine(48000, 1, 48000, 997, 0.5), features.Hints{})
	short := measure(48000, 1, testaudio.Sine(48000, 1, 9600, 997, 0.5), features.Hints{})
	if math.Abs(long.LoudnessLUFS-short.LoudnessLUFS) > 0.3 {
		t.Errorf("200 ms of a tone: %.1f LUFS, a second of it: %.1f", short.LoudnessLUFS, long.LoudnessLUFS)
	}
	silent := measure(44100, 2, make([]float64, 44100), features.Hints{})
	if silent.LoudnessLUFS != features.SilenceLUFS || silent.TruePeakDBTP != features.SilenceDBTP || silent.Key.Value != "" || silent.Tempo.BPM != 0 {
		t.Errorf("silence: %+v", silent)
	}
}

func TestTempoOfMadeLoops(t *testing.T) {
	t.Parallel()
	right, octave, all := 0, 0, 0
	for _, beats := range []int{4, 8, 16, 32} {
		for _, bpm := range []float64{70, 84.5, 92, 97, 110, 120, 126, 128, 140, 150, 174} {
			f := measure(44100, 1, testaudio.Drums(44100, beats, bpm), features.Hints{})
			all++
			if math.Abs(f.Tempo.BPM-bpm) < 0.1 && f.Kind.Value == features.Loop {
				right++
				continue
			}
			if r := f.Tempo.BPM / bpm; f.Kind.Value == features.Loop && (math.Abs(r-2) < 0.01 || math.Abs(r-0.5) < 0.01) {
				octave++
				if f.Tempo.Confidence > 0.85 {
					t.Errorf("%d beats at %v: too sure of %v (%.2f)", beats, bpm, f.Tempo.BPM, f.Tempo.Confidence)
				}
			} else {
				t.Logf("%d beats at %v: %s, measured %v (%.2f)", beats, bpm, f.Kind.Value, f.Tempo.BPM, f.Tempo.Confidence)
			}
		}
	}
	t.Logf("%d of %d right, %d half or double", right, all, octave)
	if right*100 < all*75 || right+octave < all-1 {
		t.Errorf("%d of %d right, %d half or double", right, all, octave)
	}
	// A tempo that the name says decides about octaves that sound alike.
	f := measure(44100, 1, testaudio.Drums(44100, 8, 174), features.Hints{Name: header.NameHints{Tempo: 174, TempoSure: true}})
	if math.Abs(f.Tempo.BPM-174) > 0.1 || f.Tempo.Confidence < 0.8 {
		t.Errorf("with a hint: %+v", f.Tempo)
	}
}

func TestTempoOfALongTrack(t *testing.T) {
	t.Parallel()
	loop := testaudio.Drums(22050, 16, 103)
	var track []float64
	for len(track) < 95*22050 {
		track = append(track, loop...)
	}
	f := measure(22050, 1, track[:95*22050+1234], features.Hints{})
	if math.Abs(f.Tempo.BPM-103) > 0.5 {
		t.Errorf("measured %+v, want 103", f.Tempo)
	}
}

// chords plays a cadence with a melody of the scale.
func chords(rate, tonic int, minor bool, seed uint64) []float64 {
	out := make([]float64, 8*rate)
	third, degrees, scale := 4, []int{0, 5, 7, 0}, []int{0, 2, 4, 5, 7, 9, 11}
	if minor {
		third, scale = 3, []int{0, 2, 3, 5, 7, 8, 10}
	}
	r := rand.New(rand.NewPCG(seed, 5))
	for i, d := range degrees {
		at := float64(i) * 2
		root := 48 + tonic + d
		t3 := third
		if minor && d == 7 {
			t3 = 3
		}
		for _, n := range []int{0, t3, 7} {
			testaudio.Note(out, rate, at, 2, root+n, 0.15)
		}
		testaudio.Note(out, rate, at, 2, root-12, 0.2)
		for k := range 4 {
			testaudio.Note(out, rate, at+float64(k)*0.5, 0.45, 72+tonic+scale[r.IntN(len(scale))], 0.08)
		}
	}
	return out
}

func TestKeyOfMadeChords(t *testing.T) {
	t.Parallel()
	right := 0
	for tonic := range 12 {
		for _, minor := range []bool{false, true} {
			f := measure(44100, 1, chords(44100, tonic, minor, uint64(tonic)), features.Hints{})
			if want := header.KeyName(tonic, minor); f.Key.Value == want {
				right++
			} else {
				t.Logf("%s measured as %s (%.2f)", want, f.Key.Value, f.Key.Confidence)
			}
		}
	}
	t.Logf("%d of 24 right", right)
	if right < 21 {
		t.Errorf("%d of 24 right", right)
	}
}

func TestNoteOfOneShots(t *testing.T) {
	t.Parallel()
	right, all := 0, 0
	for midi := 28; midi <= 84; midi++ {
		out := make([]float64, 44100)
		testaudio.Note(out, 44100, 0, 0.9, midi, 0.5)
		f := measure(44100, 1, out, features.Hints{})
		all++
		if f.Key.Value == header.KeyName(midi%12, false) && f.Kind.Value == features.OneShot {
			right++
		} else {
			t.Logf("note %d measured as %s %s", midi, f.Kind.Value, f.Key.Value)
		}
	}
	if right*100 < all*95 {
		t.Errorf("%d of %d right", right, all)
	}
	if f := measure(44100, 1, testaudio.Noise(1, 44100, 0.5, 9), features.Hints{}); f.Key.Value != "" {
		t.Errorf("noise has the key %+v", f.Key)
	}
}

func TestWaveformAndPeaks(t *testing.T) {
	t.Parallel()
	for _, frames := range []int{1, 95, 97, 4096, 100_003, 2_000_000} {
		samples := make([]float64, frames)
		for i := range samples {
			samples[i] = 0.25
			if i >= frames/2 {
				samples[i] = -0.5
			}
		}
		f := measure(44100, 1, samples, features.Hints{})
		if len(f.Waveform) != features.Bars || f.Waveform[95] != 255 || frames > 1 && f.Waveform[0] < 127 || frames > 1 && f.Waveform[0] > 128 {
			t.Errorf("%d frames: bars %v", frames, f.Waveform)
		}
		if n := len(f.Peaks.Top); n < 400 || n > 2400 || n != len(f.Peaks.Bottom) || frames > 1 && f.Peaks.Top[0] != 0.25 || f.Peaks.Bottom[n-1] != -0.5 {
			t.Errorf("%d frames: %d columns", frames, n)
		}
	}
}

// TestVectorTellsSoundsApart holds that a sound's neighbour is its like, whatever the level and the rate.
func TestVectorTellsSoundsApart(t *testing.T) {
	t.Parallel()
	distance := func(a, b []float32) float64 {
		sum := 0.0
		for i := range a {
			sum += float64(a[i]-b[i]) * float64(a[i]-b[i])
		}
		return math.Sqrt(sum)
	}
	note := func(rate, midi int, level float64) []float32 {
		out := make([]float64, rate)
		testaudio.Note(out, rate, 0, 0.9, midi, level)
		return measure(rate, 1, out, features.Hints{}).Vector
	}
	bass, quiet, other := note(44100, 33, 0.6), note(44100, 33, 0.3), note(48000, 34, 0.6)
	noise := measure(44100, 1, testaudio.Noise(1, 44100, 0.5, 4), features.Hints{}).Vector
	drums := measure(44100, 1, testaudio.Drums(44100, 4, 120), features.Hints{}).Vector
	if like, unlike := math.Max(distance(bass, quiet), distance(bass, other)), math.Min(distance(bass, noise), distance(bass, drums)); like*2 > unlike {
		t.Errorf("like %.2f, unlike %.2f", like, unlike)
	}
}

func TestMeasuringDoesNotDependOnBlocks(t *testing.T) {
	t.Parallel()
	samples := testaudio.Drums(44100, 4, 120)
	whole := measure(44100, 1, samples, features.Hints{})
	m := features.NewMeter(44100, 1)
	r := rand.New(rand.NewPCG(1, 1))
	for len(samples) > 0 {
		n := min(len(samples), 1+r.IntN(3000))
		block := make([]float32, n)
		for i, v := range samples[:n] {
			block[i] = float32(v)
		}
		m.Write(block)
		samples = samples[n:]
	}
	if got := m.Facts(features.Hints{}); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", whole) {
		t.Errorf("in other blocks: %+v\nwhole: %+v", got, whole)
	}
}
