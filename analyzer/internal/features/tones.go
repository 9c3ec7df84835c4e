package features

import (
	"math"

	"crateful.dev/analyzer/internal/header"
)

// Tones are kept on a logarithmic scale of frequency: tenths of a semitone from A0.
const (
	toneBins   = 10 // per semitone
	toneLowHz  = 27.5
	toneNotes  = 84 // seven octaves up to A7
	toneSlots  = toneBins * toneNotes
	toneWindow = 0.372 // seconds
)

// toneMeter collects the steady partials of long windows.
type toneMeter struct {
	rate, n, hop int
	window       []float64
	fft          *fft
	ring         []float64
	fill         int
	frame, power []float64
	mag          []float64
	slots        [toneSlots]float64 // compressed strength of partials
	opening      [toneSlots]float64 // the same of the first window alone
	windows      int
	tonal, all   float64 // power in partials, and in all of the band
}

func newToneMeter(rate int) *toneMeter {
	n := powerOfTwoNear(float64(rate) * toneWindow)
	return &toneMeter{rate: rate, n: n, hop: n / 2, window: hann(n), fft: newFFT(n), ring: make([]float64, n), frame: make([]float64, n), power: make([]float64, n/2+1), mag: make([]float64, n/2+1)}
}

func (t *toneMeter) write(mono []float64) {
	for len(mono) > 0 {
		n := copy(t.ring[t.fill:], mono)
		t.fill += n
		mono = mono[n:]
		if t.fill == t.n {
			t.analyse(t.n)
			copy(t.ring, t.ring[t.hop:])
			t.fill = t.n - t.hop
		}
	}
}

func (t *toneMeter) flush() {
	// What is left counts only when it is most of a window, or all there is.
	if t.windows == 0 && t.fill > 0 {
		t.analyse(t.fill)
	} else if t.fill > t.n*3/4 {
		t.analyse(t.fill)
	}
	t.fill = 0
}

func (t *toneMeter) analyse(filled int) {
	t.windows++
	if filled == t.n {
		for i, w := range t.window {
			t.frame[i] = t.ring[i] * w
		}
	} else {
		clear(t.frame)
		// A short sound gets a window of its own length, leaning towards its beginning.
		for i := range filled {
			x := float64(i) / float64(filled)
			t.frame[i] = t.ring[i] * math.Sin(math.Pi*math.Sqrt(x)) * math.Sin(math.Pi*math.Sqrt(x))
		}
	}
	t.fft.power(t.frame, t.power)
	hz := float64(t.rate) / float64(t.n)
	first := max(2, int(toneLowHz*1.1/hz))
	last := min(len(t.power)-3, int(4500/hz))
	if last <= first {
		return
	}
	top, all := 0.0, 0.0
	for k := first - 2; k <= last+2; k++ {
		t.mag[k] = math.Sqrt(t.power[k])
		top = math.Max(top, t.mag[k])
		all += t.power[k]
	}
	if top < 1e-3*float64(t.n)/1000 {
		return
	}
	spread := max(1, t.n/filled) // zero padding widens every partial
	reach := 3 * spread
	frameWeight := math.Sqrt(top)
	for k := first; k <= last; k++ {
		m := t.mag[k]
		if m < top*0.005 || m <= t.mag[k-1] || m < t.mag[k+1] {
			continue
		}
		// A partial stands well above both valleys beside it; noise does not.
		floor, count := 0.0, 0
		for j := max(first, k-4*reach); j <= min(last, k+4*reach); j++ {
			if j < k-reach || j > k+reach {
				floor += t.mag[j]
				count++
			}
		}
		if count > 0 && m < 3.5*floor/float64(count) {
			continue
		}
		a, b, c := math.Log(t.mag[k-1]+1e-12), math.Log(m+1e-12), math.Log(t.mag[k+1]+1e-12)
		shift := 0.0
		if d := a - 2*b + c; d < 0 {
			shift = clamp(0.5*(a-c)/d, -0.5, 0.5)
		}
		f := (float64(k) + shift) * hz
		slot := int(math.Round(12 * toneBins * math.Log2(f/toneLowHz)))
		if slot < 0 || slot >= toneSlots {
			continue
		}
		t.slots[slot] += math.Sqrt(m) * frameWeight
		for j := max(first, k-2*spread); j <= min(last, k+2*spread); j++ {
			t.tonal += t.power[j]
		}
	}
	t.all += all
	if t.windows == 1 {
		t.opening = t.slots
	}
}

// tonality is the share of power that lies in steady partials, 0–1.
func (t *toneMeter) tonality() float64 {
	if t.all == 0 {
		return 0
	}
	return math.Min(1, t.tonal/t.all)
}

// tuning is how far partials lie off the tempered scale at 440 Hz, in tenths of a semitone.
func (t *toneMeter) tuning() float64 {
	x, y := 0.0, 0.0
	for i, v := range t.slots {
		s, c := math.Sincos(2 * math.Pi * float64(i) / toneBins)
		x += v * c
		y += v * s
	}
	if x == 0 && y == 0 {
		return 0
	}
	return math.Atan2(y, x) / (2 * math.Pi) * toneBins
}

// notes folds slots into semitones from A0, with the tuning taken out.
func (t *toneMeter) notes(slots *[toneSlots]float64) [toneNotes]float64 {
	var out [toneNotes]float64
	off := t.tuning()
	for i, v := range slots {
		note := int(math.Round((float64(i) - off) / toneBins))
		if note >= 0 && note < toneNotes {
			out[note] += v
		}
	}
	return out
}

// harmonics in semitones above the fundamental and what each adds to its salience.
var harmonics = []struct {
	semitones int
	weight    float64
}{{0, 1}, {12, 0.8}, {19, 0.6}, {24, 0.5}, {28, 0.36}, {31, 0.3}, {34, 0.2}, {36, 0.2}}

// salience says how much each note explains of the partials as a fundamental.
func salience(notes [toneNotes]float64) [toneNotes]float64 {
	var out [toneNotes]float64
	for n := range out {
		if notes[n] == 0 && (n+12 >= toneNotes || notes[n+12] == 0) {
			continue
		}
		for _, h := range harmonics {
			if n+h.semitones < toneNotes {
				out[n] += h.weight * notes[n+h.semitones]
			}
		}
	}
	return out
}

// Key profiles of Krumhansl and Kessler, and of Temperley, from the tonic up.
var (
	krumhanslMajor = [12]float64{6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88}
	krumhanslMinor = [12]float64{6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17}
	temperleyMajor = [12]float64{0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400}
	temperleyMinor = [12]float64{0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330}
)

// key finds the key, or of a one-shot with one pitch its note.
func (t *toneMeter) key(single bool, seconds float64, onsets int, h Hints) Word {
	notes := t.notes(&t.slots)
	chroma := chromaOf(notes)
	total := 0.0
	for _, v := range chroma {
		total += v
	}
	tonality := t.tonality()
	if total == 0 || tonality < 0.15 {
		return Word{}
	}
	sal := salience(notes)
	best := 0
	for n, v := range sal {
		if v > sal[best] {
			best = n
		}
	}
	pc := (best + 9) % 12 // A0 is slot 0
	// One pitch: its harmonics explain nearly all there is.
	explained, all := 0.0, 0.0
	for n, v := range notes {
		all += v
		for _, hm := range harmonics {
			if (n-best-hm.semitones)%12 == 0 && n >= best-12 || n == best+hm.semitones {
				explained += v
				break
			}
		}
	}
	clear := 0.0
	if all > 0 {
		clear = explained / all
	}
	hintPC, hintMinor, hinted := hintedKey(h)

	if clear > 0.8 || single && clear > 0.6 {
		conf := clamp((clear-0.5)/0.4, 0, 1) * clamp((tonality-0.1)/0.5, 0, 1) * clamp(seconds/0.15, 0, 1)
		if !single {
			conf *= 0.6 // one pitch tells the tonic, not whether the key is major or minor
		}
		if onsets >= 6 && best < 27 {
			conf *= 0.4 // one low pitch under a beat is the kick more often than the music
		}
		if hinted && hintPC == pc {
			conf = math.Min(1, conf+0.3)
			return Word{header.KeyName(pc, hintMinor), conf}
		}
		if single && conf < 0.25 {
			return Word{}
		}
		return Word{header.KeyName(pc, false), conf}
	}
	if single && tonality < 0.5 {
		return Word{}
	}

	type candidate struct {
		pc    int
		minor bool
		score float64
	}
	roots, start := bass(notes), bass(t.notes(&t.opening))
	rate := func(pc int, minor bool) float64 {
		k, p := krumhanslMajor, temperleyMajor
		if minor {
			k, p = krumhanslMinor, temperleyMinor
		}
		score := 0.5*correlation(chroma, k, pc) + 0.5*correlation(chroma, p, pc)
		// A key and its relative share all notes; music tends to begin and to rest on the tonic.
		score += 0.1*roots[pc] + 0.2*start[pc]
		if hinted && hintPC == pc && hintMinor == minor {
			score += 0.1
		}
		return score
	}
	first, second := candidate{score: -2}, candidate{score: -2}
	for pc := range 12 {
		for _, minor := range []bool{false, true} {
			c := candidate{pc, minor, rate(pc, minor)}
			if c.score > first.score {
				first, second = c, first
			} else if c.score > second.score {
				second = c
			}
		}
	}
	conf := clamp((first.score-0.5)/0.4, 0, 1) * clamp((first.score-second.score)/0.15+0.3, 0, 1) * clamp((tonality-0.05)/0.3, 0, 1)
	relative := (first.pc + 9) % 12
	if first.minor {
		relative = (first.pc + 3) % 12
	}
	conf = math.Min(conf, 0.3+2*math.Max(0, first.score-rate(relative, !first.minor)))
	if hinted && hintPC == first.pc && hintMinor == first.minor {
		conf = math.Min(1, conf+0.3)
	}
	least := 0.15
	if single { // what the partials of one stroke make of a key is often chance, the more so the shorter it is
		least = 0.3
		conf *= clamp(seconds/0.8, 0, 1)
	}
	if conf < least {
		return Word{}
	}
	return Word{header.KeyName(first.pc, first.minor), conf}
}

// bass is how much each pitch class, from C, lies under the rest; the strongest is 1.
func bass(notes [toneNotes]float64) [12]float64 {
	var out [12]float64
	sal := salience(notes)
	top := 0.0
	for n, v := range sal {
		if n > 40 {
			break // up to C#4
		}
		pc := (n + 9) % 12
		out[pc] += v
		top = math.Max(top, out[pc])
	}
	if top > 0 {
		for i := range out {
			out[i] /= top
		}
	}
	return out
}

// hintedKey is the key that the name says. Root notes of samplers are notes, not keys.
func hintedKey(h Hints) (pc int, minor, ok bool) {
	if h.Name.Key != "" {
		return header.KeyParts(h.Name.Key)
	}
	if n := h.Chunks.RootNote; n > 0 {
		return n % 12, false, true
	}
	return 0, false, false
}

// chromaOf folds notes into pitch classes from C. What a partial would be as a third or fifth harmonic counts too.
func chromaOf(notes [toneNotes]float64) [12]float64 {
	var c [12]float64
	for n, v := range notes {
		if n > 72 {
			v *= 0.3
		}
		pc := (n + 9) % 12
		c[pc] += v
		c[(pc+5)%12] += 0.2 * v // a third harmonic's fundamental
		c[(pc+8)%12] += 0.1 * v // a fifth harmonic's
	}
	return c
}

func correlation(chroma, profile [12]float64, tonic int) float64 {
	mc, mp := 0.0, 0.0
	for i := range 12 {
		mc += chroma[i] / 12
		mp += profile[i] / 12
	}
	num, dc, dp := 0.0, 0.0, 0.0
	for i := range 12 {
		a, b := chroma[(tonic+i)%12]-mc, profile[i]-mp
		num += a * b
		dc += a * a
		dp += b * b
	}
	if dc == 0 || dp == 0 {
		return 0
	}
	return num / math.Sqrt(dc*dp)
}
