package catalog

import (
	"math"
	"strconv"
	"strings"
)

// pitch classes of the natural notes.
var naturals = map[byte]int{'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}

// ParseKey reads a key as people write it (Am, a minor, F#, Gbmaj, C♯m) and returns it as pages show it: tonic, # or b,
// and m for minor. "" stays "".
func ParseKey(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	tonic := strings.ToUpper(s[:1])
	if _, ok := naturals[tonic[0]]; !ok {
		return "", false
	}
	rest := s[1:]
	for _, a := range []struct{ from, to string }{{"♯", "#"}, {"#", "#"}, {"♭", "b"}, {"b", "b"}} {
		if after, ok := strings.CutPrefix(rest, a.from); ok {
			tonic, rest = tonic+a.to, after
			break
		}
	}
	rest = strings.TrimSpace(rest)
	if rest == "M" {
		return tonic, true
	}
	switch strings.ToLower(rest) {
	case "", "maj", "major", "dur":
		return tonic, true
	case "m", "min", "minor", "moll", "-":
		return tonic + "m", true
	}
	return "", false
}

// sameKey tells whether two keys in shown form sound the same: Gb is F#.
func sameKey(a, b string) bool {
	pa, ma := keyNumber(a)
	pb, mb := keyNumber(b)
	return pa == pb && ma == mb
}

func keyNumber(key string) (pitch int, minor bool) {
	if key == "" {
		return -1, false
	}
	key, minor = strings.CutSuffix(key, "m")
	pitch = naturals[key[0]]
	switch key[1:] {
	case "#":
		pitch++
	case "b":
		pitch--
	}
	return (pitch + 12) % 12, minor
}

// Tempos a producer may state, in beats per minute.
const (
	minTempo = 20
	maxTempo = 400
)

// cleanTempo rounds to hundredths; 0 means none.
func cleanTempo(bpm float64) (float64, bool) {
	if bpm == 0 {
		return 0, true
	}
	if math.IsNaN(bpm) || bpm < minTempo || bpm > maxTempo {
		return 0, false
	}
	return math.Round(bpm*100) / 100, true
}

func sameTempo(a, b float64) bool { return math.Abs(a-b) <= math.Max(0.5, 0.005*math.Max(a, b)) }

func tempoText(bpm float64) string {
	return strconv.FormatFloat(math.Round(bpm*100)/100, 'f', -1, 64)
}
