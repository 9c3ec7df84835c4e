package features

import "math"

// envelopeMeter keeps the level in slices of 10 ms.
type envelopeMeter struct {
	rate   int
	slice  int
	in     int
	sum    float64
	levels []float32 // root mean square per slice
	zero   int64     // changes of sign
	frames int64
	total  float64
	last   float64
}

func newEnvelopeMeter(rate int) *envelopeMeter {
	return &envelopeMeter{rate: rate, slice: max(1, rate/100)}
}

func (e *envelopeMeter) write(mono []float64) {
	for _, v := range mono {
		e.sum += v * v
		if (v < 0) != (e.last < 0) {
			e.zero++
		}
		e.last = v
		if e.in++; e.in == e.slice {
			e.close()
		}
	}
	e.frames += int64(len(mono))
}

func (e *envelopeMeter) close() {
	if e.in > 0 {
		e.levels = append(e.levels, float32(math.Sqrt(e.sum/float64(e.in))))
		e.total += e.sum
	}
	e.sum, e.in = 0, 0
}

func (e *envelopeMeter) flush() {
	// A rest of a few samples would be a slice that says nothing.
	if len(e.levels) == 0 || e.in > e.slice/4 {
		e.close()
	}
}

// top is the loudest slice and where it is.
func (e *envelopeMeter) top() (level float64, at int) {
	for i, v := range e.levels {
		if float64(v) > level {
			level, at = float64(v), i
		}
	}
	return level, at
}

// tail is the level of the last 40 ms against the loudest slice, in dB (0 or less).
func (e *envelopeMeter) tail() float64 {
	top, _ := e.top()
	if top == 0 || len(e.levels) == 0 {
		return -120
	}
	from := max(0, len(e.levels)-4)
	sum := 0.0
	for _, v := range e.levels[from:] {
		sum += float64(v) * float64(v)
	}
	return math.Max(-120, 10*math.Log10(sum/float64(len(e.levels)-from)/(top*top)+1e-12))
}

// decay is how much quieter the last fifth is than the first half, in dB.
func (e *envelopeMeter) decay() float64 {
	n := len(e.levels)
	if n < 5 {
		return 0
	}
	mean := func(s []float32) float64 {
		sum := 0.0
		for _, v := range s {
			sum += float64(v) * float64(v)
		}
		return sum/float64(len(s)) + 1e-12
	}
	return 10 * math.Log10(mean(e.levels[n-max(1, n/5):])/mean(e.levels[:n/2]))
}

// attack is the time in seconds from the first slice above a tenth of the top to the first above 90 %.
func (e *envelopeMeter) attack() float64 {
	top, _ := e.top()
	first := -1
	for i, v := range e.levels {
		if first < 0 && float64(v) >= 0.1*top {
			first = i
		}
		if float64(v) >= 0.9*top {
			return float64(i-max(first, 0)) * 0.01
		}
	}
	return 0
}
