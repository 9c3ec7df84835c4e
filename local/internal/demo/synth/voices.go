package synth

import "math"

// note is what a voice plays: a MIDI pitch for so many seconds, loud 0 to 1.
type note struct{ pitch, held, loud float64 }

// voice plays one note with all that rings on after it.
type voice func(n note, c *chance) sound

// rhodes is a tine piano: a soft fundamental, a bell that dies early, tremolo from side to side.
func rhodes(bell float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.003, tau: 1.1, held: n.held, release: 0.09}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		tine, bite := falling(0.16), falling(0.55)
		a, b, d, lfo := 0.0, 0.0, 0.0, c.unit()
		e.over(func(i int, level float64) {
			a, b, d = a+f, b+f*1.0006, d+f*14
			index := (0.28 + 0.5*n.loud) * bite.next()
			x := sine(a+index*sine(b)*0.35) + 0.05*bell*n.loud*tine.next()*sine(d)
			sway := 0.16 * sine(lfo+4.6*float64(i)/Rate)
			s.l[i] = x * level * n.loud * (1 + sway)
			s.r[i] = x * level * n.loud * (1 - sway)
		})
		return s
	}
}

// piano is a felted upright: few partials, slightly stretched, dark.
func piano() voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.006, tau: 0.9, held: n.held, release: 0.12}
		s := silence(e.frames())
		const partials = 7
		var phase, step [partials]float64
		var fall [partials]decay
		for k := range partials {
			h := float64(k + 1)
			step[k] = hz(n.pitch) * h * math.Sqrt(1+0.0006*h*h) / Rate
			phase[k] = c.unit()
			fall[k] = falling(1.6 / (1 + 0.9*float64(k)))
		}
		felt, tone := falling(0.012), tuned(1400, 0.7)
		side := (n.pitch - 60) / 60
		e.over(func(i int, level float64) {
			x := 0.0
			for k := range partials {
				phase[k] += step[k]
				x += sine(phase[k]) * fall[k].next() / float64(k+1) / float64(k/2+1)
			}
			thud, _, _ := tone.next(c.noise() * felt.next() * 0.5)
			x = (x*0.7 + thud*0.5) * level * n.loud
			s.l[i], s.r[i] = x*(1-side*0.4), x*(1+side*0.4)
		})
		return s
	}
}

// organ is drawbars: sines at whole ratios, with a key click.
func organ(bars []float64) voice {
	ratios := []float64{0.5, 1, 1.5, 2, 3, 4}
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.004, tau: 1, sustain: 1, held: n.held, release: 0.02}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		phases := make([]float64, len(bars))
		click, spin := falling(0.002), c.unit()
		e.over(func(i int, level float64) {
			x := c.noise() * click.next() * 0.12
			wow := 1 + 0.0016*sine(spin+6.1*float64(i)/Rate)
			for k, b := range bars {
				phases[k] += f * ratios[k] * wow
				x += b * sine(phases[k])
			}
			sway := 0.12 * sine(spin+6.1*float64(i)/Rate)
			x *= level * n.loud * 0.5
			s.l[i], s.r[i] = x*(1+sway), x*(1-sway)
		})
		return s
	}
}

// pad is a bank of saws a few cents apart under a filter that opens slowly.
func pad(cutoff, attack, release float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: attack, tau: 1, sustain: 1, held: n.held, release: release}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		cents := []float64{-7, 0, 8}
		var left, right [3]saw
		for k := range cents {
			left[k].phase, right[k].phase = c.unit(), c.unit()
		}
		l, r := &filter{}, &filter{}
		sway := c.unit()
		var steps [3]float64
		for k, ct := range cents {
			steps[k] = f * math.Pow(2, ct/1200)
		}
		e.over(func(i int, level float64) {
			if i%32 == 0 {
				open := cutoff * (0.55 + 0.45*level) * (1 + 0.25*sine(sway+0.23*float64(i)/Rate))
				l.tune(open, 0.8)
				r.tune(open*1.06, 0.8)
			}
			a, b := 0.0, 0.0
			for k := range steps {
				a += left[k].next(steps[k])
				b += right[k].next(steps[k] * 1.0008)
			}
			a, _, _ = l.next(a * 0.33)
			b, _, _ = r.next(b * 0.33)
			s.l[i], s.r[i] = a*level*n.loud, b*level*n.loud
		})
		return s
	}
}

// glass is a frequency-modulated bell.
func glass(ratio, depth, ring float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.002, tau: ring * 0.45, held: min(n.held+ring*0.4, ring), release: ring * 0.22}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		a, b, side := 0.0, 0.0, c.between(-0.25, 0.25)
		bright := falling(ring * 0.2)
		e.over(func(i int, level float64) {
			a, b = a+f, b+f*ratio
			x := sine(a+depth*bright.next()*sine(b)) * level * n.loud
			s.l[i], s.r[i] = x*(1-side), x*(1+side)
		})
		return s
	}
}

// mallet is a wooden bar with a resonator.
func mallet() voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.0015, tau: 0.28, held: min(n.held, 0.7) + 0.3, release: 0.08}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		a, b, over, stick := 0.0, 0.0, falling(0.04), falling(0.002)
		side := c.between(-0.3, 0.3)
		e.over(func(i int, level float64) {
			a, b = a+f, b+f*3.93
			x := (sine(a) + 0.35*sine(b)*over.next() + 0.3*c.noise()*stick.next()) * level * n.loud
			s.l[i], s.r[i] = x*(1-side), x*(1+side)
		})
		return s
	}
}

// plucked is a string: noise that runs round a delay and loses its highs.
func plucked(bright, sustain float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.001, tau: 30, sustain: 1, held: n.held, release: 0.05}
		s := silence(e.frames())
		period := Rate/hz(n.pitch) - 0.5
		size := max(int(period), 2)
		part := period - float64(size)
		line := make([]float64, size)
		soften, mean := tuned(400+5200*bright*n.loud, 0.7), 0.0
		for i := range line {
			line[i], _, _ = soften.next(c.noise())
			mean += line[i] / float64(size)
		}
		for i := range line {
			line[i] -= mean
		}
		back := math.Pow(10, -3/(sustain*hz(n.pitch)))
		at, last, all := 0, 0.0, 0.0
		side := c.between(-0.2, 0.2)
		e.over(func(i int, level float64) {
			y := line[at]
			averaged := (y + last) * 0.5 * back
			last = y
			// What is left of the period between two frames, by an allpass.
			g := (1 - part) / (1 + part)
			out := g*averaged + all
			all = averaged - g*out
			line[at] = out
			if at++; at == size {
				at = 0
			}
			x := y * level * n.loud
			s.l[i], s.r[i] = x*(1-side), x*(1+side)
		})
		return s
	}
}

// square is a lead with vibrato that comes late.
func square(width, cutoff float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.006, tau: 0.4, sustain: 0.6, held: n.held, release: 0.06}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		a, b := pulse{c.unit()}, saw{c.unit()}
		tone := &filter{}
		e.over(func(i int, level float64) {
			t := float64(i) / Rate
			if i%16 == 0 {
				tone.tune(cutoff*(0.5+level), 1.1)
			}
			bend := 1 + 0.005*sine(5.2*t)*min(t/0.5, 1)
			x, _, _ := tone.next(a.next(f*bend, width)*0.5 + b.next(f*bend*1.004)*0.3)
			x *= level * n.loud
			s.l[i], s.r[i] = x, x
		})
		return s
	}
}

// stab is a short chord tone: two saws through a filter that shuts.
func stab(cutoff float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.002, tau: 0.22, sustain: 0.1, held: min(n.held, 0.34), release: 0.05}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		a, b, d := saw{c.unit()}, saw{c.unit()}, saw{c.unit()}
		l, r := &filter{}, &filter{}
		shut := falling(0.12)
		e.over(func(i int, level float64) {
			open := 0.25 + shut.next()
			if i%16 == 0 {
				l.tune(cutoff*open, 1.3)
				r.tune(cutoff*open, 1.3)
			}
			mid := a.next(f)
			x, _, _ := l.next(mid + b.next(f*1.006))
			y, _, _ := r.next(mid + d.next(f*0.994))
			s.l[i], s.r[i] = x*level*n.loud*0.4, y*level*n.loud*0.4
		})
		return s
	}
}

// sub is a sine with just enough harmonics for small speakers.
func sub(drive float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.005, tau: 0.7, sustain: 0.45, held: n.held, release: 0.05}
		x := make([]float64, e.frames())
		f, phase := hz(n.pitch)/Rate, 0.0
		e.over(func(i int, level float64) {
			phase += f
			x[i] = soft((sine(phase)+0.12*sine(2*phase))*(1+drive*2)) * level * n.loud
		})
		return mono(x)
	}
}

// reese is saws that beat against each other under a moving filter.
func reese(cutoff, movement float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.008, tau: 1, sustain: 1, held: n.held, release: 0.06}
		s := silence(e.frames())
		f := hz(n.pitch) / Rate
		a, b, d := saw{c.unit()}, saw{c.unit()}, saw{c.unit()}
		l, r := &filter{}, &filter{}
		low := 0.0
		e.over(func(i int, level float64) {
			if i%32 == 0 {
				open := cutoff * (1 + 0.7*sine(movement*float64(i)/Rate-0.25))
				l.tune(open, 1.6)
				r.tune(open*1.04, 1.6)
			}
			low += f
			mid := a.next(f)
			x, _, _ := l.next(mid + b.next(f*1.0075))
			y, _, _ := r.next(mid + d.next(f*0.9925))
			root := sine(low) * 0.5
			s.l[i] = soft(x*0.7+root) * level * n.loud
			s.r[i] = soft(y*0.7+root) * level * n.loud
		})
		return s
	}
}

// acid is one saw through a filter that squelches with every note.
func acid(cutoff, resonance float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.002, tau: 0.3, sustain: 0.35, held: n.held, release: 0.025}
		x := make([]float64, e.frames())
		f, o := hz(n.pitch)/Rate, saw{}
		tone, shut := &filter{}, falling(0.09+0.08*(1-n.loud))
		open := 0.0
		e.over(func(i int, level float64) {
			open = shut.next()
			if i%8 == 0 {
				tone.tune(cutoff*(0.3+4.2*open*n.loud), resonance)
			}
			y, _, _ := tone.next(o.next(f) * 0.5)
			x[i] = soft(y*2.2) * level * (0.5 + 0.5*n.loud)
		})
		return mono(x)
	}
}

// rubber is a round bass of two operators, with a finger's attack.
func rubber(bite float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.003, tau: 0.45, sustain: 0.2, held: n.held, release: 0.04}
		x := make([]float64, e.frames())
		f, a, b := hz(n.pitch)/Rate, 0.0, 0.0
		finger, tick := falling(0.08), falling(0.003)
		e.over(func(i int, level float64) {
			a, b = a+f, b+2*f
			y := sine(a + bite*(0.08+finger.next())*0.45*sine(b))
			x[i] = soft((y+0.15*c.noise()*tick.next())*1.4) * level * n.loud
		})
		return mono(x)
	}
}

// boom is a long, bent, driven kick that plays notes.
func boom(drive float64) voice {
	return func(n note, c *chance) sound {
		e := envelope{attack: 0.002, tau: 0.9, held: max(n.held, 0.3), release: 0.05}
		x := make([]float64, e.frames())
		f, phase, bend := hz(n.pitch)/Rate, 0.0, falling(0.022)
		e.over(func(i int, level float64) {
			phase += f * (1 + 2.6*bend.next())
			x[i] = soft(sine(phase)*(1.2+2.6*drive)) * level * n.loud
		})
		return mono(x)
	}
}
