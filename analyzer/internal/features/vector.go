package features

import "math"

// VectorSize is the number of dimensions of the similarity vector.
const VectorSize = 32

// vectorScale holds mean and spread of each raw dimension over a mixed collection of sounds; fixed by Version.
var vectorScale = [VectorSize][2]float64{
	{3.27, 6.61},
	{0.381, 2.95},
	{1.02, 1.73},
	{-0.0942, 1.36},
	{0.27, 1.11},
	{-0.0623, 1.02},
	{0.0471, 0.845},
	{-0.0693, 1},
	{0.0169, 0.799},
	{-0.0246, 0.755},
	{0.174, 0.757},
	{0.00604, 0.613},
	{1.38, 0.999},
	{0.965, 0.698},
	{0.645, 0.427},
	{0.54, 0.368},
	{0.43, 0.282},
	{0.376, 0.233},
	{0.377, 0.227},
	{0.342, 0.175},
	{9.7, 2.27},
	{0.443, 0.402},
	{-2.8, 1.67},
	{10.1, 2.43},
	{11, 2.21},
	{-0.597, 1.96},
	{-4.92, 2.54},
	{-25.7, 14.3},
	{0.349, 0.39},
	{0.21, 0.332},
	{1.71, 1.31},
	{0.478, 0.414},
}

// raw lists the measured dimensions in the order of the vector.
func (m *Meter) raw(seconds float64, r *rhythm) [VectorSize]float64 {
	s := m.spectrum
	var v [VectorSize]float64
	w := s.weight
	if w == 0 {
		w = 1
	}
	for c := 1; c < cepstra; c++ {
		v[c-1] = s.cepstrum[c] / w // 0–11: timbre
	}
	for c := 1; c <= 8; c++ {
		mean := s.cepstrum[c] / w
		v[11+c] = math.Sqrt(math.Max(0, s.squared[c]/w-mean*mean)) // 12–19: how timbre moves
	}
	centroid := s.centroid / w
	v[20] = centroid
	v[21] = math.Sqrt(math.Max(0, s.spread/w-centroid*centroid))
	v[22] = s.flatness / w
	v[23] = s.rolloff / w
	v[24] = math.Log2(float64(m.envelope.zero+1) / math.Max(seconds, 1e-3))
	v[25] = math.Log2(math.Max(seconds, 0.01))
	v[26] = math.Log2(m.envelope.attack() + 0.01)
	v[27] = math.Max(-60, m.envelope.decay())
	v[28] = s.lowShare / w
	v[29] = s.topShare / w
	v[30] = math.Min(20, float64(len(r.peaks))/math.Max(seconds, 0.5))
	v[31] = m.tones.tonality()
	return v
}

// vector brings every dimension to about −1…1, so that none outweighs the rest.
func (m *Meter) vector(seconds float64, r *rhythm) []float32 {
	raw := m.raw(seconds, r)
	out := make([]float32, VectorSize)
	for i, v := range raw {
		scale := vectorScale[i]
		out[i] = float32(math.Round(1000*clamp((v-scale[0])/scale[1]/3, -1, 1)) / 1000)
	}
	return out
}
