package features

import "math"

// truePeakTaps per phase of the interpolator.
const truePeakTaps = 12

// truePeakMeter finds the highest level between samples (BS.1770 annex 2): four times oversampled up to 48 kHz, twice
// up to 96 kHz, beyond that the samples themselves are close enough.
type truePeakMeter struct {
	channels int
	phases   [][truePeakTaps]float64
	bound    float64      // the interpolator's highest gain
	history  [2][]float64 // the last taps−1 samples and the block
	peak     float64
}

func newTruePeakMeter(rate, channels int) *truePeakMeter {
	t := &truePeakMeter{channels: channels}
	over := 1
	switch {
	case rate <= 48000:
		over = 4
	case rate <= 96000:
		over = 2
	}
	for p := 1; p < over; p++ {
		var h [truePeakTaps]float64
		sum, gain := 0.0, 0.0
		for k := range h {
			// Tap k weighs the sample k; the point lies p/over after sample 5 of 0…11.
			x := float64(k) - 5 - float64(p)/float64(over)
			h[k] = sinc(x) * kaiser(x/6.0, 5)
			sum += h[k]
		}
		for k := range h {
			h[k] /= sum
			gain += math.Abs(h[k])
		}
		t.phases = append(t.phases, h)
		t.bound = math.Max(t.bound, gain)
	}
	for c := range t.history {
		t.history[c] = make([]float64, truePeakTaps-1, truePeakTaps-1+8192)
	}
	return t
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x in −1…1.
func kaiser(x, beta float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta)
}

func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1; k < 40; k++ {
		term *= (x / 2) / float64(k)
		sum += term * term
	}
	return sum
}

func (t *truePeakMeter) write(block []float32) {
	if len(t.phases) == 0 {
		return
	}
	for c := range t.channels {
		h := t.history[c][:truePeakTaps-1]
		for i := c; i < len(block); i += t.channels {
			h = append(h, float64(block[i]))
		}
		t.scan(h)
		copy(h, h[len(h)-(truePeakTaps-1):])
		t.history[c] = h[:truePeakTaps-1]
	}
}

// scan looks between the samples where the neighbourhood is loud enough to matter.
func (t *truePeakMeter) scan(x []float64) {
	const stretch = 32
	for start := 0; start+truePeakTaps <= len(x); start += stretch {
		end := min(start+stretch, len(x)-truePeakTaps+1)
		top := 0.0
		for _, v := range x[start : end+truePeakTaps-1] {
			if v < 0 {
				v = -v
			}
			if v > top {
				top = v
			}
		}
		if top*t.bound <= t.peak {
			continue
		}
		for i := start; i < end; i++ {
			w := (*[truePeakTaps]float64)(x[i:])
			for p := range t.phases {
				h := &t.phases[p]
				y := w[0]*h[0] + w[1]*h[1] + w[2]*h[2] + w[3]*h[3] + w[4]*h[4] + w[5]*h[5] +
					w[6]*h[6] + w[7]*h[7] + w[8]*h[8] + w[9]*h[9] + w[10]*h[10] + w[11]*h[11]
				if y < 0 {
					y = -y
				}
				if y > t.peak {
					t.peak = y
				}
			}
		}
	}
}

// dbtp needs the sample peak too: at the samples nothing is interpolated.
func (t *truePeakMeter) dbtp(samplePeak float64) float64 {
	// The sound rings out after its last sample.
	if len(t.phases) > 0 {
		t.write(make([]float32, truePeakTaps*t.channels))
	}
	top := math.Max(t.peak, samplePeak)
	if top <= 0 {
		return SilenceDBTP
	}
	return math.Max(SilenceDBTP, 20*math.Log10(top))
}
