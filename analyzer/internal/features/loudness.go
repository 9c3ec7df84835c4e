package features

import "math"

// biquad is one second-order section in transposed direct form II.
type biquad struct {
	b0, b1, b2, a1, a2 float64
}

type biquadState struct{ z1, z2 float64 }

// kWeighting returns the two filters of ITU-R BS.1770 for a rate, from their analogue forms.
func kWeighting(rate float64) (shelf, highPass biquad) {
	{
		const f0, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
		k := math.Tan(math.Pi * f0 / rate)
		vh := math.Pow(10, gain/20)
		vb := math.Pow(vh, 0.4996667741545416)
		a0 := 1 + k/q + k*k
		shelf = biquad{
			b0: (vh + vb*k/q + k*k) / a0, b1: 2 * (k*k - vh) / a0, b2: (vh - vb*k/q + k*k) / a0,
			a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0,
		}
	}
	{
		const f0, q = 38.13547087602444, 0.5003270373238773
		k := math.Tan(math.Pi * f0 / rate)
		a0 := 1 + k/q + k*k
		highPass = biquad{b0: 1, b1: -2, b2: 1, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	}
	return shelf, highPass
}

// loudnessMeter is the integrated loudness of EBU R 128: K-weighted power in blocks of 400 ms that overlap by three
// quarters, gated at −70 LUFS and at 10 LU below the mean.
type loudnessMeter struct {
	channels    int
	shelf, high biquad
	state       [2][2]biquadState
	step        int       // frames in 100 ms
	in          int       // frames in the open step
	sum         float64   // weighted power of the open step
	steps       []float64 // summed power of each whole step
	total       float64
	frames      int64
}

func newLoudnessMeter(rate, channels int) *loudnessMeter {
	l := &loudnessMeter{channels: channels, step: max(1, rate/10)}
	l.shelf, l.high = kWeighting(float64(rate))
	return l
}

func (l *loudnessMeter) write(block []float32) {
	for len(block) > 0 {
		n := min((l.step-l.in)*l.channels, len(block))
		for c := range l.channels {
			l.sum += l.filter(c, block[:n])
		}
		l.in += n / l.channels
		l.frames += int64(n / l.channels)
		block = block[n:]
		if l.in == l.step {
			l.steps = append(l.steps, l.sum)
			l.total += l.sum
			l.sum, l.in = 0, 0
		}
	}
}

func (l *loudnessMeter) filter(c int, block []float32) float64 {
	s, h := l.shelf, l.high
	a, b := l.state[c][0], l.state[c][1]
	sum := 0.0
	for i := c; i < len(block); i += l.channels {
		x := float64(block[i])
		y := s.b0*x + a.z1
		a.z1 = s.b1*x - s.a1*y + a.z2
		a.z2 = s.b2*x - s.a2*y
		w := y + b.z1
		b.z1 = -2*y - h.a1*w + b.z2
		b.z2 = y - h.a2*w
		sum += w * w
	}
	// Denormal numbers in a long silence would make this ten times slower.
	for _, z := range []*float64{&a.z1, &a.z2, &b.z1, &b.z2} {
		if math.Abs(*z) < 1e-30 {
			*z = 0
		}
	}
	l.state[c] = [2]biquadState{a, b}
	return sum
}

func lufs(power float64) float64 { return -0.691 + db(power) }

func (l *loudnessMeter) integrated() float64 {
	if len(l.steps) < 4 {
		if l.frames == 0 {
			return SilenceLUFS
		}
		return math.Max(SilenceLUFS, lufs((l.total+l.sum)/float64(l.frames)))
	}
	blocks := make([]float64, 0, len(l.steps)-3)
	for i := range len(l.steps) - 3 {
		blocks = append(blocks, (l.steps[i]+l.steps[i+1]+l.steps[i+2]+l.steps[i+3])/float64(4*l.step))
	}
	gate := math.Pow(10, (-70+0.691)/10)
	mean, ok := meanAbove(blocks, gate)
	if !ok {
		return SilenceLUFS
	}
	mean, ok = meanAbove(blocks, math.Max(gate, mean/10))
	if !ok {
		return SilenceLUFS
	}
	return math.Max(SilenceLUFS, lufs(mean))
}

func meanAbove(blocks []float64, gate float64) (float64, bool) {
	sum, n := 0.0, 0
	for _, b := range blocks {
		if b > gate {
			sum += b
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}
