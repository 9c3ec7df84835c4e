package features

import (
	"math"
	"sort"
)

// Tempos that are told, in beats per minute.
const (
	minBPM = 55.0
	maxBPM = 205.0
)

// rhythm is what the onsets say.
type rhythm struct {
	hop     float64   // seconds
	seconds float64   // length of the sound
	env     []float64 // onsets above their surroundings
	acf     []float64 // normalised autocorrelation of env
	wrapped []float64 // the same with the end joined to the beginning
	peaks   []int     // hops where something begins
	heights []float64
}

// maxOnsets bounds the work on very long sounds: about 20 minutes.
const maxOnsets = 1 << 17

func newRhythm(onset []float32, hop, seconds float64) *rhythm {
	if len(onset) > maxOnsets {
		onset = onset[:maxOnsets]
	}
	r := &rhythm{hop: hop, seconds: seconds, env: make([]float64, len(onset))}
	// Level the curve: an onset counts against the mean of the second around it.
	half := max(2, int(0.5/hop))
	sums := make([]float64, len(onset)+1)
	top := 0.0
	for i, v := range onset {
		x := float64(v)
		if i == 0 {
			x = math.Min(x, 1.5)
		}
		sums[i+1] = sums[i] + x
	}
	for i := range onset {
		from, to := max(0, i-half), min(len(onset), i+half+1)
		x := sums[i+1] - sums[i] - (sums[to]-sums[from])/float64(to-from)
		r.env[i] = math.Max(0, x)
		top = math.Max(top, r.env[i])
	}
	gap := max(1, int(0.05/hop))
	for i, v := range r.env {
		if v < 0.12*top || v < 0.05 {
			continue
		}
		peak := true
		for j := max(0, i-gap); j <= min(len(r.env)-1, i+gap) && peak; j++ {
			peak = r.env[j] < v || r.env[j] == v && j >= i
		}
		if peak {
			r.peaks = append(r.peaks, i)
			r.heights = append(r.heights, v)
		}
	}
	if len(r.env) > 8 {
		mean := 0.0
		for _, v := range r.env {
			mean += v / float64(len(r.env))
		}
		centred := make([]float64, len(r.env))
		for i, v := range r.env {
			centred[i] = v - mean
		}
		maxLag := min(len(centred)-1, int(8.2/hop))
		r.acf = autocorrelation(centred, maxLag)
		if zero := r.acf[0]; zero > 0 {
			for k := range r.acf {
				// Fewer products at longer lags must not look like less agreement.
				r.acf[k] *= float64(len(centred)) / float64(len(centred)-k) / zero
			}
		}
		r.wrapped = wrap(centred, int(math.Round(seconds/hop)))
	}
	return r
}

// wrap is the circular autocorrelation with a period of n hops.
func wrap(x []float64, n int) []float64 {
	if n < 8 || n > 1<<13 {
		return nil
	}
	y := make([]float64, n)
	for i, v := range x {
		y[i%n] += v
	}
	out := make([]float64, n/2+1)
	for lag := range out {
		sum := 0.0
		for i := range n {
			j := i + lag
			if j >= n {
				j -= n
			}
			sum += y[i] * y[j]
		}
		out[lag] = sum
	}
	if zero := out[0]; zero > 0 {
		for i := range out {
			out[i] /= zero
		}
	}
	return out
}

// at reads a curve between its points, taking the best of the nearest neighbourhood.
func at(curve []float64, pos float64) float64 {
	i := int(math.Round(pos))
	if i < 1 || i+1 >= len(curve) {
		if i >= 1 && i < len(curve) {
			return curve[i]
		}
		return 0
	}
	return math.Max(curve[i], math.Max(curve[i-1], curve[i+1]))
}

// preference for tempos that music has: a bell over the logarithm with its top at 118.
func preference(bpm float64) float64 {
	x := math.Log2(bpm/118) / 0.55
	return math.Exp(-0.5 * x * x)
}

// evenness of a number of beats: bars of four are the rule.
func evenness(beats int) float64 {
	switch {
	case beats&(beats-1) == 0:
		return 1
	case beats%8 == 0:
		return 0.75
	case beats%4 == 0:
		return 0.65
	case beats%3 == 0:
		return 0.35
	case beats%2 == 0:
		return 0.3
	}
	return 0.1
}

// whole is the best reading of the length as a whole number of beats.
type whole struct {
	beats   int
	bpm     float64
	support float64 // of the onsets, 0–1
	score   float64
}

// wholes rates the numbers of beats that the length could hold, best first.
func (r *rhythm) wholes() []whole {
	var out []whole
	for beats := 1; beats <= 128; beats++ {
		bpm := 60 * float64(beats) / r.seconds
		if bpm < minBPM || bpm > maxBPM {
			continue
		}
		lag := r.seconds / float64(beats) / r.hop
		support := 0.0
		if len(r.wrapped) > 0 {
			// A beat repeats, its half divides it, its double groups it.
			support = 0.5*at(r.wrapped, lag) + 0.25*at(r.wrapped, lag/2) + 0.25*at(r.wrapped, 2*lag)
			if 2*lag >= float64(len(r.wrapped)) {
				support = 0.65*at(r.wrapped, lag) + 0.35*at(r.wrapped, lag/2)
			}
			if beats == 1 {
				support = 0.8 * at(r.wrapped, lag/2)
			}
		} else if len(r.acf) > 0 {
			support = 0.6*at(r.acf, lag) + 0.4*at(r.acf, 2*lag)
		}
		support = clamp(support, 0, 1)
		out = append(out, whole{beats: beats, bpm: bpm, support: support, score: (0.35 + support) * (0.25 + preference(bpm)) * (0.3 + evenness(beats))})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].score > out[j].score })
	return out
}

// free is the tempo of the onsets alone and how strong it is, 0–1.
func (r *rhythm) free() (bpm, strength float64) {
	if len(r.acf) == 0 {
		return 0, 0
	}
	best, bestLag := 0.0, 0.0
	for b := minBPM; b <= maxBPM; b *= 1.005 {
		lag := 60 / b / r.hop
		if lag*1.1 > float64(len(r.acf)) {
			continue
		}
		v, w := 0.0, 0.0
		for k, weight := range []float64{1, 0.8, 0.5, 0.7} {
			if p := lag * float64(k+1); p < float64(len(r.acf)-1) {
				v += weight * at(r.acf, p)
				w += weight
			}
		}
		if w == 0 {
			continue
		}
		if s := v / w * (0.3 + preference(b)); s > best {
			best, bestLag = s, lag
		}
	}
	if bestLag == 0 {
		return 0, 0
	}
	// The farthest multiple within reach tells the period most finely.
	for _, k := range []float64{2, 4, 8, 16} {
		pos := bestLag * k
		i := int(math.Round(pos))
		if i+2 >= len(r.acf) {
			break
		}
		reach := max(1, int(0.25*bestLag))
		top := i
		for j := max(1, i-min(reach, 3)); j <= min(len(r.acf)-2, i+min(reach, 3)); j++ {
			if r.acf[j] > r.acf[top] {
				top = j
			}
		}
		a, b, c := r.acf[top-1], r.acf[top], r.acf[top+1]
		shift := 0.0
		if d := a - 2*b + c; d < 0 {
			shift = clamp(0.5*(a-c)/d, -0.5, 0.5)
		}
		if b > 0.05 {
			bestLag = (float64(top) + shift) / k
		}
	}
	return 60 / (bestLag * r.hop), clamp(best/1.1, 0, 1)
}

// strength says how regular the onsets are at the best whole number of beats, 0–1.
func (r *rhythm) strength() float64 {
	if w := r.wholes(); len(w) > 0 {
		return w[0].support
	}
	return 0
}

// tempo decides between the length and the onsets.
func (r *rhythm) tempo(kind Word, h Hints) Tempo {
	hint := h.Chunks.Tempo
	if hint == 0 && h.Chunks.Beats > 0 && kind.Value == Loop {
		hint = 60 * float64(h.Chunks.Beats) / r.seconds
	}
	if hint == 0 {
		hint = h.Name.Tempo
	}
	freeBPM, strength := r.free()
	if kind.Value == Loop && r.seconds <= 64 {
		ws := r.wholes()
		for i := range ws {
			// The onsets alone and the file's own word speak for a reading of the length, or for its octave.
			if near(ws[i].bpm, freeBPM, 0.02) {
				ws[i].score *= 1 + 0.8*strength
			} else if near(ws[i].bpm, 2*freeBPM, 0.02) || near(2*ws[i].bpm, freeBPM, 0.02) {
				ws[i].score *= 1 + 0.3*strength
			}
			if hint > 0 && near(ws[i].bpm, hint, 0.012) {
				ws[i].score *= 2
			}
		}
		sort.SliceStable(ws, func(i, j int) bool { return ws[i].score > ws[j].score })
		if len(ws) > 0 {
			w := ws[0]
			margin := 1.0
			for _, other := range ws[1:] {
				if !near(other.bpm, 2*w.bpm, 0.01) && !near(2*other.bpm, w.bpm, 0.01) {
					margin = clamp((w.score/other.score-1)/0.5, 0, 1)
					break
				}
			}
			conf := 0.2 + 0.35*clamp(w.support/0.5, 0, 1) + 0.25*margin
			if near(w.bpm, freeBPM, 0.02) {
				conf += 0.2 * clamp(strength/0.4, 0, 1)
			}
			// Half and double the tempo can sound alike; nobody can be sure then.
			for _, other := range ws[1:] {
				if near(other.bpm, 2*w.bpm, 0.01) || near(2*other.bpm, w.bpm, 0.01) {
					conf = math.Min(conf, 0.45+0.55*clamp(w.score/other.score-1, 0, 1))
					if other.support > 0.6*w.support {
						conf = math.Min(conf, 0.8)
					}
				}
			}
			if hint > 0 && near(w.bpm, hint, 0.012) {
				conf = math.Max(conf, 0.9)
			}
			conf *= clamp(0.5+kind.Confidence, 0, 1)
			if evenness(w.beats) < 0.6 {
				conf *= 0.6
			}
			return Tempo{BPM: math.Round(w.bpm*100) / 100, Confidence: clamp(conf, 0, 1)}
		}
	}
	if strength < 0.12 || len(r.peaks) < 6 {
		return Tempo{}
	}
	conf := clamp((strength-0.1)/0.4, 0, 0.9)
	if hint > 0 && near(freeBPM, hint, 0.02) {
		conf = math.Max(conf, 0.85)
	}
	return Tempo{BPM: math.Round(freeBPM*10) / 10, Confidence: conf}
}

func near(a, b, tolerance float64) bool { return b > 0 && math.Abs(a/b-1) <= tolerance }
