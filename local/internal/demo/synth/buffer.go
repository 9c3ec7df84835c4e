package synth

import "math"

// Rate of everything here, in frames per second.
const Rate = 44_100

// sound is audio in two channels of the same length.
type sound struct{ l, r []float64 }

func silence(frames int) sound {
	return sound{make([]float64, frames), make([]float64, frames)}
}

func frames(seconds float64) int { return int(math.Round(seconds * Rate)) }

func (s sound) len() int { return len(s.l) }

// mono makes both channels the same.
func mono(x []float64) sound {
	r := make([]float64, len(x))
	copy(r, x)
	return sound{x, r}
}

// add mixes x into s from frame at, as far as s goes.
func (s sound) add(x sound, at int, gain, pan float64) {
	left, right := panned(gain, pan)
	for i := 0; i < x.len() && at+i < s.len(); i++ {
		s.l[at+i] += x.l[i] * left
		s.r[at+i] += x.r[i] * right
	}
}

// wrap mixes x into s, where what hangs over the end goes on at the beginning: s is a loop.
func (s sound) wrap(x sound, at int, gain, pan float64) {
	left, right := panned(gain, pan)
	n := s.len()
	j := ((at % n) + n) % n
	for i := range x.l {
		s.l[j] += x.l[i] * left
		s.r[j] += x.r[i] * right
		if j++; j == n {
			j = 0
		}
	}
}

// panned keeps the power of both channels together; pan is -1 to 1.
func panned(gain, pan float64) (left, right float64) {
	angle := (pan + 1) * math.Pi / 4
	return gain * math.Sqrt2 * math.Cos(angle), gain * math.Sqrt2 * math.Sin(angle)
}

func (s sound) peak() float64 {
	top := 0.0
	for i := range s.l {
		top = max(top, math.Abs(s.l[i]), math.Abs(s.r[i]))
	}
	return top
}

// normalise brings the peak to so many dBFS. Silence stays silence.
func (s sound) normalise(dB float64) sound {
	top := s.peak()
	if top == 0 {
		return s
	}
	return s.gain(math.Pow(10, dB/20) / top)
}

func (s sound) gain(g float64) sound {
	for i := range s.l {
		s.l[i] *= g
		s.r[i] *= g
	}
	return s
}

// fadeOut makes the last seconds end in silence.
func (s sound) fadeOut(seconds float64) sound {
	n := min(frames(seconds), s.len())
	for i := range n {
		g := float64(n-1-i) / float64(n)
		s.l[s.len()-n+i] *= g
		s.r[s.len()-n+i] *= g
	}
	return s
}

// atMost cuts what is longer, with a fade.
func (s sound) atMost(seconds float64) sound {
	if n := frames(seconds); s.len() > n {
		s = sound{s.l[:n], s.r[:n]}
		return s.fadeOut(seconds * 0.3)
	}
	return s.fadeOut(0.01)
}

func (s sound) clone() sound {
	c := silence(s.len())
	copy(c.l, s.l)
	copy(c.r, s.r)
	return c
}

// twice runs an effect over the loop two times and keeps the second: then what rings on at the end is there at the
// beginning too.
func (s sound) twice(effect func(sound)) sound {
	n := s.len()
	long := silence(2 * n)
	for _, at := range []int{0, n} {
		copy(long.l[at:], s.l)
		copy(long.r[at:], s.r)
	}
	effect(long)
	return sound{long.l[n:], long.r[n:]}
}
