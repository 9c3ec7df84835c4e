package synth

import "math"

// drum gives one hit; every call with the same chance gives the next variation.
type drum func(c *chance) sound

func hit(seconds float64, f func(i int, t float64) float64) sound {
	x := make([]float64, frames(seconds))
	for i := range x {
		x[i] = f(i, float64(i)/Rate)
	}
	return mono(x).fadeOut(0.006)
}

// kick falls from high to low Hz; body is its decay in seconds, click and drive 0 to 1.
func kick(high, low, body, click, drive float64) drum {
	return func(c *chance) sound {
		high, low, body := high*c.between(0.92, 1.08), low*c.between(0.97, 1.03), body*c.between(0.85, 1.15)
		pitch, amp, tick := falling(0.018), falling(body/2.4), falling(0.0016)
		beater := tuned(3800, 0.7)
		phase := 0.0
		return hit(body*1.7, func(i int, t float64) float64 {
			phase += (low + (high-low)*pitch.next()) / Rate
			noise, _, _ := beater.next(c.noise() * tick.next() * click * 1.6)
			x := sine(phase)*amp.next()*min(t/0.0006, 1) + noise
			return soft(x * (1 + 2.2*drive))
		})
	}
}

// snare is a drum head at tone Hz under a rattle that lasts rattle seconds.
func snare(tone, rattle, bright, drive float64) drum {
	return func(c *chance) sound {
		tone, rattle := tone*c.between(0.94, 1.06), rattle*c.between(0.85, 1.15)
		head, wires, bend := falling(0.055), falling(rattle/2.6), falling(0.012)
		body, top := tuned(bright*0.45, 0.8), tuned(bright, 0.9)
		a, b := 0.0, 0.0
		return hit(rattle*1.8+0.06, func(i int, t float64) float64 {
			up := 1 + 0.35*bend.next()
			a += tone * up / Rate
			b += tone * 1.83 * up / Rate
			n := c.noise()
			_, low, _ := body.next(n)
			_, _, high := top.next(n)
			h := head.next()
			x := (sine(a)*0.75+sine(b)*0.4)*h + (low*0.55+high*0.5)*wires.next()
			return soft(x * min(t/0.0004, 1) * (1 + 1.8*drive))
		})
	}
}

// clap is several hands, a few milliseconds apart.
func clap(centre, tail float64) drum {
	return func(c *chance) sound {
		centre := centre * c.between(0.9, 1.1)
		hands := []float64{0, c.between(0.008, 0.012), c.between(0.018, 0.024), c.between(0.028, 0.034)}
		tone, thin := tuned(centre, 1.6), tuned(600, 0.7)
		return hit(tail*2.2+0.05, func(i int, t float64) float64 {
			level := 0.0
			for k, at := range hands {
				if t < at {
					break
				}
				tau := 0.006
				if k == len(hands)-1 {
					tau = tail / 2.4
				}
				level = math.Exp(-(t - at) / tau)
			}
			_, band, _ := tone.next(c.noise())
			_, _, x := thin.next(band)
			return soft(x * level * 2.4)
		})
	}
}

// metal is the cluster of squares of which hats and cymbals are made, highpassed.
func metal(pitch, tau, seconds, cut, noise, rise float64) drum {
	return func(c *chance) sound {
		pitch, tau := pitch*c.between(0.93, 1.07), tau*c.between(0.85, 1.15)
		parts := []float64{205.3, 369.6, 304.4, 522.7, 540, 800}
		phases := make([]float64, len(parts))
		amp, strike := falling(tau), falling(tau/6)
		one, two := tuned(cut, 0.8), tuned(cut*0.8, 0.7)
		return hit(seconds, func(i int, t float64) float64 {
			x := 0.0
			for k := range parts {
				if phases[k] += parts[k] * pitch / Rate; phases[k] >= 1 {
					phases[k]--
				}
				if phases[k] < 0.5 {
					x += 0.16
				} else {
					x -= 0.16
				}
			}
			x = x*(1-noise) + c.noise()*noise
			_, _, x = one.next(x)
			_, _, x = two.next(x)
			return x * (amp.next()*0.75 + strike.next()*0.25) * min(t/rise, 1) * 1.4
		})
	}
}

func closedHat(bright float64) drum { return metal(bright, 0.022, 0.14, 7200, 0.35, 0.0003) }
func openHat(bright float64) drum   { return metal(bright, 0.13, 0.55, 6600, 0.4, 0.0006) }
func ride(bright float64) drum      { return metal(bright*1.6, 0.34, 1.1, 5200, 0.2, 0.0006) }
func crash(bright float64) drum     { return metal(bright*1.3, 0.5, 1.9, 3400, 0.55, 0.003) }

// tom is a kick that sings.
func tom(note float64) drum {
	return func(c *chance) sound {
		low := hz(note) * c.between(0.98, 1.02)
		bend, amp, skin := falling(0.05), falling(0.17), falling(0.01)
		phase, over := 0.0, 0.0
		return hit(0.75, func(i int, t float64) float64 {
			f := low * (1 + 0.5*bend.next())
			phase += f / Rate
			over += f * 1.593 / Rate
			return soft((sine(phase)+0.25*sine(over)*skin.level)*amp.next()*min(t/0.0008, 1)*1.5 + c.noise()*skin.next()*0.22)
		})
	}
}

// struck is wood, rims, bells and small drums: a few partials that ring, and the stroke.
func struck(base float64, ratios, taus []float64, stroke float64) drum {
	return func(c *chance) sound {
		base := base * c.between(0.97, 1.03)
		phases := make([]float64, len(ratios))
		falls := make([]decay, len(ratios))
		longest := 0.0
		for k, tau := range taus {
			falls[k] = falling(tau * c.between(0.9, 1.1))
			longest = max(longest, tau)
		}
		tick := falling(0.0025)
		tone := tuned(min(base*4, 9000), 0.8)
		return hit(longest*6+0.03, func(i int, t float64) float64 {
			_, x, _ := tone.next(c.noise() * tick.next() * stroke * 1.5)
			for k, r := range ratios {
				phases[k] += base * r / Rate
				x += sine(phases[k]) * falls[k].next() * 0.7 / float64(k+1)
			}
			return soft(x * min(t/0.0004, 1) * 1.3)
		})
	}
}

func rim() drum   { return struck(480, []float64{1, 3.54, 5.1}, []float64{0.014, 0.02, 0.012}, 0.8) }
func block() drum { return struck(1150, []float64{1, 2.4}, []float64{0.03, 0.014}, 0.5) }
func cowbell() drum {
	return struck(562, []float64{1, 1.504, 2.55, 3.7}, []float64{0.09, 0.12, 0.05, 0.03}, 0.4)
}

func bongo() drum { return struck(390, []float64{1, 1.6, 2.3}, []float64{0.07, 0.03, 0.02}, 0.5) }

func congaLow() drum { return struck(176, []float64{1, 1.52, 2.4}, []float64{0.12, 0.05, 0.03}, 0.45) }

func congaHigh() drum { return struck(236, []float64{1, 1.55, 2.6}, []float64{0.1, 0.05, 0.03}, 0.6) }

func triangle() drum { return struck(3900, []float64{1, 1.63, 2.3}, []float64{0.3, 0.24, 0.12}, 0.2) }

// shaker swells, then stops.
func shaker(length float64) drum {
	return func(c *chance) sound {
		length := length * c.between(0.85, 1.15)
		tone := tuned(c.between(5200, 6800), 1.1)
		return hit(length*2.6, func(i int, t float64) float64 {
			level := t / length
			if t > length {
				level = math.Exp(-(t - length) / (length * 0.3))
			}
			_, _, x := tone.next(c.noise())
			return x * level * level * 0.7
		})
	}
}

// tambourine jingles.
func tambourine() drum {
	ring := metal(2.3, 0.07, 0.4, 7800, 0.45, 0.0004)
	return func(c *chance) sound {
		s := silence(frames(0.45))
		for k := range 4 {
			s.add(ring(c), frames(float64(k)*c.between(0.009, 0.015)), 0.9/float64(k+1), 0)
		}
		return s
	}
}

// brush is a snare stroked with wires.
func brush() drum {
	return func(c *chance) sound {
		tone, top := tuned(c.between(2400, 3200), 0.7), tuned(700, 0.7)
		return hit(0.34, func(i int, t float64) float64 {
			_, x, _ := tone.next(c.noise())
			_, _, x = top.next(x)
			return x * (math.Exp(-t/0.05) + 0.25*math.Exp(-t/0.012)) * min(t/0.004, 1) * 1.6
		})
	}
}
