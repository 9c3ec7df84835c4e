package synth

import "math"

// Effects and textures. Seconds are lengths of what is heard.

// riser is noise and a tone that climb and then stop.
func riser(seconds float64) drum {
	return func(c *chance) sound {
		s := silence(frames(seconds))
		l, r := &filter{}, &filter{}
		o, p := saw{}, saw{0.5}
		base := c.between(90, 130)
		for i := range s.l {
			x := float64(i) / float64(s.len())
			if i%32 == 0 {
				l.tune(300*math.Pow(24, x), 2)
				r.tune(320*math.Pow(24, x), 2)
			}
			f := base * math.Pow(8, x) / Rate
			_, a, _ := l.next(c.noise()*0.7 + o.next(f)*0.35)
			_, b, _ := r.next(c.noise()*0.7 + p.next(f*1.01)*0.35)
			s.l[i], s.r[i] = a*x*x, b*x*x
		}
		return s.fadeOut(0.02)
	}
}

// fall is a riser the other way round, with a room.
func fall(seconds float64) drum {
	up := riser(seconds)
	return func(c *chance) sound {
		s := up(c)
		for i, j := 0, s.len()-1; i < j; i, j = i+1, j-1 {
			s.l[i], s.l[j] = s.l[j], s.l[i]
			s.r[i], s.r[j] = s.r[j], s.r[i]
		}
		for i := range min(200, s.len()) {
			s.l[i] *= float64(i) / 200
			s.r[i] *= float64(i) / 200
		}
		s.reverb(1.2, 0.4, 0.25)
		return s.fadeOut(0.2)
	}
}

// impact is a deep stroke in a large room.
func impact(low float64) drum {
	return func(c *chance) sound {
		s := silence(frames(2))
		s.add(kick(low*4, low, 0.9, 0.9, 0.5)(c), 0, 0.9, 0)
		s.add(snare(90, 0.5, 1800, 0.2)(c), 0, 0.4, 0.1)
		s.add(crash(0.5)(c), 0, 0.25, -0.2)
		s.reverb(2.6, 0.45, 0.6)
		return s.fadeOut(0.5)
	}
}

// crackle is a worn record: hiss and dust, as a loop.
func crackle(length int, c *chance) sound {
	s := silence(length)
	for range length / 900 {
		pop := hit(0.004, func(_ int, t float64) float64 { return c.noise() * math.Exp(-t/0.0007) })
		s.wrap(pop, c.below(length), 0.9*math.Pow(c.unit(), 3), c.between(-0.9, 0.9))
	}
	hiss := silence(length)
	for i := range length {
		hiss.l[i], hiss.r[i] = c.noise()*0.03, c.noise()*0.03
	}
	s.add(hiss, 0, 1, 0)
	return s.twice(func(s sound) {
		s.lowpass(6500, 0.7)
		s.highpass(250)
	})
}

// rain is a slow, breathing noise with drops, as a loop.
func rain(length int, c *chance) sound {
	s := silence(length)
	for i := range length {
		// One and two whole breaths a loop, so that the end meets the beginning.
		x := float64(i) / float64(length)
		breath := 0.6 + 0.3*sine(x) + 0.1*sine(2*x+0.3)
		s.l[i], s.r[i] = c.noise()*0.25*breath, c.noise()*0.25*breath
	}
	for range length / 2600 {
		drop := struck(c.between(900, 3200), []float64{1, 1.7}, []float64{0.012, 0.006}, 0.2)(c)
		s.wrap(drop, c.below(length), 0.25*c.unit(), c.between(-1, 1))
	}
	return s.twice(func(s sound) {
		s.lowpass(4200, 0.7)
		s.highpass(350)
		s.reverb(1.5, 0.5, 0.3)
	})
}

// drone is a chord that never ends: partials with a whole number of turns in the loop.
func drone(length int, pitches []float64, c *chance) sound {
	s := silence(length)
	for _, pitch := range pitches {
		for h := 1; h <= 5; h++ {
			turns := math.Round(hz(pitch) * float64(h) * float64(length) / Rate)
			if turns/float64(length) > 0.2 {
				break
			}
			level := 0.5 / math.Pow(float64(h), 1.3)
			breaths, offset := float64(1+c.below(3)), c.unit()
			a, b := c.unit(), c.unit()
			for i := range length {
				x := float64(i) / float64(length)
				swell := level * (0.62 + 0.38*sine(breaths*x+offset))
				s.l[i] += sine(turns*x+a) * swell
				s.r[i] += sine((turns+1)*x+b) * swell
			}
		}
	}
	return s.twice(func(s sound) { s.reverb(2.4, 0.5, 0.35) })
}
