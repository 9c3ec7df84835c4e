package features

import "math"

// melBands of the short spectrum and the cepstral coefficients made from them.
const (
	melBands  = 40
	melLowHz  = 30.0
	melHighHz = 16000.0
	cepstra   = 13
)

// spectrumMeter looks at windows of about 46 ms, four per window length: onsets, timbre, brightness, noisiness.
type spectrumMeter struct {
	rate, n, hop int
	window       []float64
	fft          *fft
	ring         []float64
	fill         int
	frame, power []float64
	bands        [melBands]melBand
	dct          [cepstra][melBands]float64
	last, prior  [melBands]float64
	started      int

	onset []float32 // per hop: how much louder bands became

	weight             float64
	cepstrum, squared  [cepstra]float64
	centroid, spread   float64 // log2 Hz, and its square
	flatness, rolloff  float64
	lowShare, topShare float64
}

type melBand struct {
	from    int
	weights []float64
}

func newSpectrumMeter(rate int) *spectrumMeter {
	n := powerOfTwoNear(float64(rate) * 0.0464)
	s := &spectrumMeter{rate: rate, n: n, hop: n / 4, window: hann(n), fft: newFFT(n), ring: make([]float64, n), frame: make([]float64, n), power: make([]float64, n/2+1)}
	// The first window is centred on the first sample: an onset at 0 counts like any other.
	s.fill = n / 2
	hz := float64(rate) / float64(n)
	mel := func(f float64) float64 { return 2595 * math.Log10(1+f/700) }
	inverse := func(m float64) float64 { return 700 * (math.Pow(10, m/2595) - 1) }
	low, high := mel(melLowHz), mel(melHighHz)
	for b := range s.bands {
		edge := func(i int) float64 { return inverse(low+(high-low)*float64(b+i)/(melBands+1)) / hz }
		left, centre, right := edge(0), edge(1), edge(2)
		from, to := int(math.Ceil(left)), int(math.Floor(right))
		if to < from || math.Abs(centre-math.Round(centre)) > 0 && to-from < 1 {
			from = int(math.Round(centre))
			to = from
		}
		s.bands[b].from = from
		for k := from; k <= to && k <= n/2; k++ {
			x := float64(k)
			w := 1.0
			if to > from {
				if x <= centre {
					w = (x - left) / (centre - left)
				} else {
					w = (right - x) / (right - centre)
				}
			}
			s.bands[b].weights = append(s.bands[b].weights, math.Max(w, 0))
		}
	}
	for c := range s.dct {
		for b := range melBands {
			s.dct[c][b] = math.Sqrt(2.0/melBands) * math.Cos(math.Pi*float64(c)*(float64(b)+0.5)/melBands)
		}
	}
	return s
}

func (s *spectrumMeter) hopSeconds() float64 { return float64(s.hop) / float64(s.rate) }

func (s *spectrumMeter) write(mono []float64) {
	for len(mono) > 0 {
		n := copy(s.ring[s.fill:], mono)
		s.fill += n
		mono = mono[n:]
		if s.fill == s.n {
			s.analyse()
			copy(s.ring, s.ring[s.hop:])
			s.fill = s.n - s.hop
		}
	}
}

func (s *spectrumMeter) flush() {
	// Windows go on until the last one is centred on the end.
	pending := s.fill - s.n/2
	for pending > 0 || s.started == 0 {
		clear(s.ring[s.fill:])
		s.analyse()
		copy(s.ring, s.ring[s.hop:])
		s.fill = max(0, s.fill-s.hop)
		pending -= s.hop
	}
	s.fill = 0
}

func (s *spectrumMeter) analyse() {
	for i, w := range s.window {
		s.frame[i] = s.ring[i] * w
	}
	s.fft.power(s.frame, s.power)
	scale := 4 / float64(s.n) / float64(s.n) // full-scale sine: about 1/4 of its power per band
	var logs [melBands]float64
	for b, band := range s.bands {
		sum := 0.0
		if band.from < len(s.power) {
			p := s.power[band.from:]
			for i, w := range band.weights {
				sum += w * p[i]
			}
		}
		logs[b] = math.Log10(sum*scale + 1e-9)
	}
	flux := 0.0
	if s.started > 0 {
		for b := range logs {
			if d := logs[b] - math.Max(s.last[b], s.prior[b]); d > 0 {
				flux += d
			}
		}
	} else {
		for b := range logs {
			flux += logs[b] + 9
		}
	}
	s.onset = append(s.onset, float32(flux/melBands))
	s.prior, s.last = s.last, logs
	s.started++
	if s.started%2 == 0 && s.started > 2 {
		return // timbre needs only every other window
	}

	total, weighted, logSum, low, top := 0.0, 0.0, 0.0, 0.0, 0.0
	hz := float64(s.rate) / float64(s.n)
	first := max(1, int(30/hz))
	last := min(len(s.power)-1, int(16000/hz))
	lowEnd, topStart := int(200/hz), int(5000/hz)
	for k := first; k <= last; k++ {
		p := s.power[k]
		total += p
		weighted += p * float64(k)
		if k <= lowEnd {
			low += p
		}
		if k >= topStart {
			top += p
		}
	}
	if total*scale < 1e-9 {
		return
	}
	floor := total / float64(last-first+1) * 1e-6
	step := max(1, (last-first)/128)
	n := 0
	for k := first; k <= last; k += step {
		logSum += math.Log(s.power[k] + floor)
		n++
	}
	geometric := math.Exp(logSum / float64(n))
	rolloff, sum := last, 0.0
	for k := first; k <= last; k++ {
		sum += s.power[k]
		if sum >= 0.85*total {
			rolloff = k
			break
		}
	}
	w := math.Sqrt(total * scale)
	s.weight += w
	for c := range s.dct {
		v := 0.0
		for b, l := range logs {
			v += s.dct[c][b] * l
		}
		s.cepstrum[c] += w * v
		s.squared[c] += w * v * v
	}
	centroid := math.Log2(weighted / total * hz)
	s.centroid += w * centroid
	s.spread += w * centroid * centroid
	s.flatness += w * math.Log10(geometric/(total/float64(last-first+1))+1e-6)
	s.rolloff += w * math.Log2(float64(rolloff)*hz)
	s.lowShare += w * low / total
	s.topShare += w * top / total
}
