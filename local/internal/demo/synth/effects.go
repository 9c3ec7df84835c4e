package synth

import "math"

// comb is a feedback delay with damped highs, the grain of the reverb.
type comb struct {
	line       []float64
	at         int
	back, damp float64
	store      float64
}

func (c *comb) next(x float64) float64 {
	y := c.line[c.at]
	c.store = y*(1-c.damp) + c.store*c.damp
	c.line[c.at] = x + c.store*c.back
	if c.at++; c.at == len(c.line) {
		c.at = 0
	}
	return y
}

// allpass smears what comes without colouring it.
type allpass struct {
	line []float64
	at   int
}

func (a *allpass) next(x float64) float64 {
	y := a.line[a.at]
	a.line[a.at] = x + y*0.5
	if a.at++; a.at == len(a.line) {
		a.at = 0
	}
	return y - x
}

// reverb adds a room to s in place: size in seconds to -60 dB, damp 0 (bright) to 1 (dull).
func (s sound) reverb(size, damp, wet float64) {
	channel := func(x []float64, spread int) []float64 {
		var combs []*comb
		for _, n := range []int{1215, 1293, 1390, 1476} {
			n += spread
			combs = append(combs, &comb{line: make([]float64, n), back: math.Pow(10, -3*float64(n)/Rate/size), damp: damp})
		}
		smear := []*allpass{{line: make([]float64, 605+spread)}, {line: make([]float64, 480+spread)}}
		out := make([]float64, len(x))
		for i := range x {
			y := 0.0
			in := (s.l[i] + s.r[i]) * 0.5
			for _, c := range combs {
				y += c.next(in)
			}
			for _, a := range smear {
				y = a.next(y)
			}
			out[i] = y * 0.35
		}
		return out
	}
	left, right := channel(s.l, 0), channel(s.r, 23)
	for i := range s.l {
		s.l[i] += left[i] * wet
		s.r[i] += right[i] * wet
	}
}

// echo adds a delay that changes sides.
func (s sound) echo(seconds, back, wet float64) {
	n := max(frames(seconds), 1)
	left, right := make([]float64, n), make([]float64, n)
	tone := tuned(3200, 0.7)
	at := 0
	for i := range s.l {
		a, b := left[at], right[at]
		low, _, _ := tone.next((s.l[i]+s.r[i])*0.5 + b*back)
		left[at], right[at] = low, a
		s.l[i] += a * wet
		s.r[i] += b * wet
		if at++; at == n {
			at = 0
		}
	}
}

// duck presses a loop down on every beat, as a compressor keyed by the kick does.
func (s sound) duck(beats int, depth float64) {
	n := float64(s.len()) / float64(beats)
	for i := range s.l {
		x := math.Mod(float64(i), n) / n
		// Falling fast, not at once: a step would click.
		g := 1 - depth*math.Exp(-x*5)*min(x*60, 1)
		s.l[i] *= g
		s.r[i] *= g
	}
}

// chorus thickens a loop: a copy whose delay sways by a few milliseconds, the other way in the other channel. It runs
// under twice, so it sways a whole number of times in half of s.
func (s sound) chorus(rateHz, wet float64) {
	loop := float64(s.len() / 2)
	perFrame := max(math.Round(rateHz*loop/Rate), 1) / loop
	const depth, base = 0.0024 * Rate, 0.011 * Rate
	sway := func(x []float64, offset float64) {
		size := 1 << 10
		line := make([]float64, size)
		for i := range x {
			line[i&(size-1)] = x[i]
			d := base + depth*sine(perFrame*float64(i)+offset)
			whole := int(d)
			part := d - float64(whole)
			a, b := line[(i-whole)&(size-1)], line[(i-whole-1)&(size-1)]
			x[i] += (a + (b-a)*part) * wet
		}
	}
	sway(s.l, 0)
	sway(s.r, 0.5)
}
