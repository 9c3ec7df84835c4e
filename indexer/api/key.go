package api

import "strings"

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

// NormalKey writes a musical key in its one form: A minor, Amin and am are Am; D sharp minor is Ebm.
func NormalKey(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 24 {
		return "", false
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
