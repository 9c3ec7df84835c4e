package synth

import "math"

// filter is a state variable filter that stays stable while its cutoff moves.
type filter struct{ g, k, a1, a2, a3, ic1, ic2 float64 }

// tune sets cutoff in Hz and resonance, 0.5 (none) to 10.
func (f *filter) tune(cutoff, resonance float64) {
	f.g = math.Tan(math.Pi * min(max(cutoff, 10), 0.45*Rate) / Rate)
	f.k = 1 / resonance
	f.a1 = 1 / (1 + f.g*(f.g+f.k))
	f.a2 = f.g * f.a1
	f.a3 = f.g * f.a2
}

func (f *filter) next(x float64) (low, band, high float64) {
	v3 := x - f.ic2
	v1 := f.a1*f.ic1 + f.a2*v3
	v2 := f.ic2 + f.a2*f.ic1 + f.a3*v3
	f.ic1, f.ic2 = 2*v1-f.ic1, 2*v2-f.ic2
	return v2, v1, x - f.k*v1 - v2
}

func tuned(cutoff, resonance float64) *filter {
	f := &filter{}
	f.tune(cutoff, resonance)
	return f
}

// soft bends x like tanh does, for a fraction of its cost.
func soft(x float64) float64 {
	x = min(max(x, -3), 3)
	return x * (27 + x*x) / (27 + 9*x*x)
}

func (s sound) drive(amount float64) sound {
	for i := range s.l {
		s.l[i] = soft(s.l[i] * amount)
		s.r[i] = soft(s.r[i] * amount)
	}
	return s
}

// lowpass and highpass run over both channels.
func (s sound) lowpass(cutoff, resonance float64) {
	l, r := tuned(cutoff, resonance), tuned(cutoff, resonance)
	for i := range s.l {
		s.l[i], _, _ = l.next(s.l[i])
		s.r[i], _, _ = r.next(s.r[i])
	}
}

func (s sound) highpass(cutoff float64) {
	l, r := tuned(cutoff, 0.7), tuned(cutoff, 0.7)
	for i := range s.l {
		_, _, s.l[i] = l.next(s.l[i])
		_, _, s.r[i] = r.next(s.r[i])
	}
}
