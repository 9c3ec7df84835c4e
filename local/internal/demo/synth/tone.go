package synth

import "math"

const tableSize = 4096

var sineTable = func() (t [tableSize + 1]float64) {
	for i := range t {
		t[i] = math.Sin(2 * math.Pi * float64(i) / tableSize)
	}
	return t
}()

// sine of a phase in turns.
func sine(phase float64) float64 {
	phase -= math.Floor(phase)
	at := phase * tableSize
	i := int(at)
	return sineTable[i] + (sineTable[i+1]-sineTable[i])*(at-float64(i))
}

// blep smooths the step of a saw or pulse at a turn, so that it does not alias harshly.
func blep(phase, step float64) float64 {
	switch {
	case phase < step:
		x := phase / step
		return x + x - x*x - 1
	case phase > 1-step:
		x := (phase - 1) / step
		return x*x + x + x + 1
	}
	return 0
}

// saw is an oscillator with phase in turns.
type saw struct{ phase float64 }

func (o *saw) next(step float64) float64 {
	v := 2*o.phase - 1 - blep(o.phase, step)
	if o.phase += step; o.phase >= 1 {
		o.phase--
	}
	return v
}

// pulse is a rectangle of a given width.
type pulse struct{ phase float64 }

func (o *pulse) next(step, width float64) float64 {
	v := -1.0
	if o.phase < width {
		v = 1
	}
	other := o.phase - width
	if other < 0 {
		other++
	}
	v += blep(o.phase, step) - blep(other, step)
	if o.phase += step; o.phase >= 1 {
		o.phase--
	}
	return v
}

// decay is the level of an exponential fall to 1/e in tau seconds, one step a frame.
type decay struct{ level, factor float64 }

func falling(tau float64) decay { return decay{1, math.Exp(-1 / (tau * Rate))} }

func (d *decay) next() float64 {
	v := d.level
	d.level *= d.factor
	return v
}

// envelope rises in attack, falls with tau to sustain while held, and falls with release after.
type envelope struct{ attack, tau, sustain, held, release float64 }

// over calls f with every frame's level, until the release has died away.
func (e envelope) over(f func(i int, level float64)) {
	rise, hold := max(frames(e.attack), 1), frames(e.held)
	fall, gone := math.Exp(-1/(max(e.tau, 1e-4)*Rate)), math.Exp(-1/(max(e.release, 1e-4)*Rate))
	level, above := 0.0, 1-e.sustain
	for i := range e.frames() {
		switch {
		case i < rise && i < hold:
			x := float64(i+1) / float64(rise)
			level = x * (2 - x)
		case i < hold:
			above *= fall
			level = e.sustain + above
		default:
			level *= gone
		}
		f(i, level)
	}
}

func (e envelope) frames() int { return frames(e.held) + frames(6*max(e.release, 1e-3)) }

// hz of a MIDI note; 69 is 440.
func hz(note float64) float64 { return 440 * math.Pow(2, (note-69)/12) }
