package synth

// event is a note with its place in beats, for loops and for MIDI files alike.
type event struct {
	at, beats   float64
	pitch, loud float64
}

// steps reads sixteen signs a bar: X loud, x medium, o soft, - holds the note before, anything else rests.
func steps(pattern string, f func(step, length int, loud float64)) {
	for i := 0; i < len(pattern); i++ {
		loud := 0.0
		switch pattern[i] {
		case 'X':
			loud = 1
		case 'x':
			loud = 0.78
		case 'o':
			loud = 0.5
		default:
			continue
		}
		length := 1
		for i+length < len(pattern) && pattern[i+length] == '-' {
			length++
		}
		f(i, length, loud)
	}
}

// swung is a step's place in beats when every second sixteenth comes late; 0.5 is straight.
func swung(step int, swing float64) float64 {
	beat := float64(step/2) * 0.5
	if step%2 == 1 {
		beat += swing * 0.5
	}
	return beat
}

// comp plays chords in a rhythm; the rhythm is as long as one chord and repeats.
func comp(turn []chord, k Key, from int, beatsEach float64, rhythm string, swing float64) []event {
	var out []event
	for n, ch := range turn {
		steps(rhythm, func(step, length int, loud float64) {
			for i, pitch := range ch.voicing(k, from) {
				// Fingers do not land together.
				late := 0.012 * float64(i)
				out = append(out, event{float64(n)*beatsEach + swung(step, swing) + late, float64(length) * 0.25, pitch, loud * (1 - 0.05*float64(i))})
			}
		})
	}
	return out
}

// bassLine walks below the chords. Signs of the rhythm are loudness, those of the notes: r root, f fifth, o octave, s seventh below.
func bassLine(turn []chord, k Key, from int, beatsEach float64, rhythm, notes string, swing float64) []event {
	var out []event
	for n, ch := range turn {
		root := k.low(from) + float64(ch.root)
		for root >= float64(from+12) {
			root -= 12
		}
		i := 0
		steps(rhythm, func(step, length int, loud float64) {
			pitch := root
			switch notes[i%len(notes)] {
			case 'f':
				pitch += 7
			case 'o':
				pitch += 12
			case 's':
				pitch -= 2
			}
			i++
			out = append(out, event{float64(n)*beatsEach + swung(step, swing), float64(length) * 0.25 * 0.92, pitch, loud})
		})
	}
	return out
}

// arpeggio runs up and down the chord.
func arpeggio(turn []chord, k Key, from int, beatsEach float64, rhythm string, walk []int, swing float64) []event {
	var out []event
	i := 0
	for n, ch := range turn {
		ladder := ch.ladder(k, from)
		steps(rhythm, func(step, length int, loud float64) {
			at := walk[i%len(walk)] % len(ladder)
			i++
			out = append(out, event{float64(n)*beatsEach + swung(step, swing), float64(length) * 0.25, ladder[at], loud})
		})
	}
	return out
}

// play renders events as a loop of so many frames; what rings past the end goes on at the beginning.
func play(events []event, v voice, length int, bpm float64, c *chance) sound {
	s := silence(length)
	for _, e := range events {
		n := note{pitch: e.pitch, held: e.beats * 60 / bpm, loud: e.loud * c.between(0.92, 1)}
		s.wrap(v(n, c), beatFrames(e.at, bpm), 1, 0)
	}
	return s
}

// lane is one drum of a groove.
type lane struct {
	hit     sound
	pattern string
	gain    float64
	pan     float64
}

// groove renders drums as a loop. Patterns repeat until the loop is full.
func groove(lanes []lane, beats int, bpm, swing float64, c *chance) sound {
	s := silence(beatFrames(float64(beats), bpm))
	for _, l := range lanes {
		all := ""
		for len(all) < beats*4 {
			all += l.pattern
		}
		steps(all[:beats*4], func(step, _ int, loud float64) {
			at := beatFrames(swung(step, swing), bpm)
			if step > 0 {
				at += int(c.between(-0.0015, 0.0035) * Rate)
			}
			s.wrap(l.hit, at, l.gain*loud*c.between(0.9, 1), l.pan)
		})
	}
	return s
}
