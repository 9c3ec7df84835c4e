package synth

import (
	"math"
	"slices"
)

// Key of a piece: a pitch class (0 is C), minor or major.
type Key struct {
	Tonic int
	Minor bool
}

var (
	majorNames = [12]string{"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"}
	minorNames = [12]string{"Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"}
)

// String is the key as file names and pages write it.
func (k Key) String() string {
	if k.Minor {
		return minorNames[k.Tonic]
	}
	return majorNames[k.Tonic]
}

// Note is the tonic alone.
func (k Key) Note() string { return majorNames[k.Tonic] }

// low is the tonic as a MIDI note within the octave that begins at from.
func (k Key) low(from int) float64 { return float64(from + ((k.Tonic-from)%12+12)%12) }

// chord is a root above the tonic and the tones above the root, in semitones.
type chord struct {
	root  int
	tones []int
}

var (
	min7   = []int{0, 3, 7, 10}
	min9   = []int{0, 3, 7, 10, 14}
	maj7   = []int{0, 4, 7, 11}
	maj9   = []int{0, 4, 7, 11, 14}
	dom9   = []int{0, 4, 7, 10, 14}
	minor3 = []int{0, 3, 7}
	major3 = []int{0, 4, 7}
	sus2   = []int{0, 2, 7}
)

// Progressions of four chords, all of which lead back to their first.
var (
	minorTurns = [][]chord{
		{{0, min9}, {8, maj7}, {3, maj7}, {10, dom9}},
		{{0, min9}, {5, min7}, {8, maj9}, {7, min7}},
		{{0, min7}, {3, maj9}, {5, min9}, {8, maj7}},
		{{8, maj9}, {10, major3}, {0, min9}, {0, min7}},
	}
	plainTurns = [][]chord{
		{{0, minor3}, {8, major3}, {3, major3}, {10, major3}},
		{{0, minor3}, {0, minor3}, {8, major3}, {10, major3}},
		{{0, minor3}, {5, minor3}, {8, major3}, {10, sus2}},
	}
	majorTurns = [][]chord{
		{{0, maj9}, {9, min7}, {2, min9}, {7, dom9}},
		{{5, maj9}, {4, min7}, {2, min7}, {0, maj9}},
		{{0, maj7}, {5, maj9}, {9, min9}, {5, maj7}},
	}
)

// voicing lays a chord out for two hands: the root low, the rest close together from `from` up.
func (ch chord) voicing(k Key, from int) []float64 {
	root := k.low(from-14) + float64(ch.root)
	if root > float64(from-3) {
		root -= 12
	}
	notes := []float64{root}
	for _, t := range ch.tones[1:] {
		pitch := k.Tonic + ch.root + t
		notes = append(notes, float64(from+((pitch-from)%12+12)%12))
	}
	slices.Sort(notes[1:])
	return notes
}

// tune is a melody out of the chord and the pentatonic scale around it.
func (ch chord) ladder(k Key, from int) []float64 {
	var up []float64
	for octave := range 2 {
		for _, t := range ch.tones {
			pitch := k.low(from) + float64(ch.root+t+12*octave)
			for pitch >= float64(from+24) {
				pitch -= 12
			}
			up = append(up, pitch)
		}
	}
	slices.Sort(up)
	return slices.Compact(up)
}

// beatFrames is where a beat begins; the end of a loop is where its last beat ends.
func beatFrames(beats, bpm float64) int { return int(math.Round(beats * 60 / bpm * Rate)) }
