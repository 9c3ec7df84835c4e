package api

import (
	"slices"
	"strconv"
	"strings"
)

var (
	majorKeys = [12]string{"C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"}
	minorKeys = [12]string{"Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"}
	noteSteps = map[byte]int{'c': 0, 'd': 2, 'e': 4, 'f': 5, 'g': 7, 'a': 9, 'b': 11}
)

// Keys lists the 24 keys as NormalKey writes them, major and minor in turn from C upward.
func Keys() []string {
	out := make([]string, 0, 24)
	for i := range majorKeys {
		out = append(out, majorKeys[i], minorKeys[i])
	}
	return out
}

// NormalKey writes a musical key in its one form: A minor, Amin, am and 8A are Am; D sharp minor is Ebm.
func NormalKey(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 24 {
		return "", false
	}
	if key, ok := fromCamelot(s); ok {
		return key, true
	}
	step, ok := noteSteps[s[0]|0x20]
	if !ok {
		return "", false
	}
	rest := s[1:]
	for _, a := range []struct {
		sign string
		by   int
	}{{"#", 1}, {"♯", 1}, {" sharp", 1}, {"sharp", 1}, {"b", -1}, {"♭", -1}, {" flat", -1}, {"flat", -1}} {
		if after, found := strings.CutPrefix(rest, a.sign); found {
			step, rest = step+a.by+12, after
			break
		}
	}
	minor := false
	switch rest = strings.Trim(rest, " -_"); rest {
	case "m":
		minor = true
	case "M":
	default:
		switch strings.ToLower(rest) {
		case "", "maj", "major", "dur":
		case "min", "minor", "moll":
			minor = true
		default:
			return "", false
		}
	}
	if minor {
		return minorKeys[step%12], true
	}
	return majorKeys[step%12], true
}

// Camelot is a key's place on the Camelot wheel, on which neighbours fit each other: Am is 8A, C is 8B. It is empty for
// what is no key.
func Camelot(key string) string {
	step, minor, ok := stepOf(key)
	if !ok {
		return ""
	}
	if minor {
		return strconv.Itoa(camelotHour(step+3)) + "A" // as the relative major
	}
	return strconv.Itoa(camelotHour(step)) + "B"
}

// camelotHour is where a major key stands: C at 8, each fifth up one further.
func camelotHour(step int) int { return (7*step+7)%12 + 1 }

func fromCamelot(s string) (string, bool) {
	hour, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || hour < 1 || hour > 12 || s[0] == '+' {
		return "", false
	}
	fifths := hour + 4 // above C
	switch s[len(s)-1] | 0x20 {
	case 'a':
		return minorKeys[(7*fifths+9)%12], true
	case 'b':
		return majorKeys[7*fifths%12], true
	}
	return "", false
}

// Compatible lists the keys whose sounds fit one in the given key: the key itself, its relative, and its neighbours on
// the circle of fifths. It is empty for what is no key.
func Compatible(key string) []string {
	step, minor, ok := stepOf(key)
	switch {
	case !ok:
		return nil
	case minor:
		return []string{minorKeys[step], majorKeys[(step+3)%12], minorKeys[(step+7)%12], minorKeys[(step+5)%12]}
	}
	return []string{majorKeys[step], minorKeys[(step+9)%12], majorKeys[(step+7)%12], majorKeys[(step+5)%12]}
}

// stepOf is how many half tones a key's tonic stands above C.
func stepOf(key string) (step int, minor, ok bool) {
	key, ok = NormalKey(key)
	if !ok {
		return 0, false, false
	}
	if step = slices.Index(minorKeys[:], key); step >= 0 {
		return step, true, true
	}
	return slices.Index(majorKeys[:], key), false, true
}
