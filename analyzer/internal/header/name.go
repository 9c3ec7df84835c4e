package header

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// NameHints is what a file's path says about the sound.
type NameHints struct {
	Tempo     float64 // beats per minute, 0 when not said
	TempoSure bool    // written with "bpm"
	Key       string  // Am, F#, Bb …; empty when not said
	KeySure   bool    // more than a bare letter
	Type      string  // loop | one-shot | empty
}

var (
	nameBPM    = regexp.MustCompile(`(?i)(?:^|[^0-9.])(\d{2,3}(?:[.,]\d{1,2})?)\s?[_-]?bpm(?:$|[^a-z])|bpm[ _-]?(\d{2,3})(?:$|[^0-9])`)
	nameNumber = regexp.MustCompile(`^\d{2,3}$`)
	nameKey    = regexp.MustCompile(`^([A-Ga-g])(#|♯|b|♭|s|sharp|flat|Sharp|Flat)?[ -]?(m|min|minor|Min|Minor|MIN|maj|major|Maj|Major|MAJ|M)?$`)
	nameSplit  = regexp.MustCompile(`[\s_\-.,()\[\]{}+&]+`)
	camel      = regexp.MustCompile(`([a-z])([A-Z])`)
)

var (
	loopWords    = map[string]bool{"loop": true, "loops": true, "lp": true, "groove": true, "beat": true, "break": true, "breakbeat": true}
	oneShotWords = map[string]bool{
		"oneshot": true, "oneshots": true, "shot": true, "shots": true, "hit": true, "hits": true, "stab": true,
		"kick": true, "snare": true, "clap": true, "rimshot": true, "crash": true,
	}
)

// FromName reads hints from a path inside a pack. The file's own name counts before its folders.
func FromName(p string) NameHints {
	p = strings.ReplaceAll(p, `\`, "/")
	base := path.Base(p)
	base = strings.TrimSuffix(base, path.Ext(base))
	var h NameHints
	words := split(base)
	folders := split(path.Dir(p))

	if m := nameBPM.FindStringSubmatch(base); m != nil {
		v := m[1]
		if v == "" {
			v = m[2]
		}
		h.Tempo, h.TempoSure = tempo(v), true
	}
	for i, w := range words {
		if h.Tempo == 0 && i > 0 && nameNumber.MatchString(w) && w != "808" && w != "909" && w != "707" && w[0] != '0' {
			if v := tempo(w); v >= 60 && v <= 200 {
				h.Tempo = v
			}
		}
	}
	if h.Tempo < 40 || h.Tempo > 300 {
		h.Tempo, h.TempoSure = 0, false
	}
	for i := len(words) - 1; i >= 0; i-- {
		key, sure := keyOf(words[i])
		if key == "" && i+1 < len(words) {
			key, sure = keyOf(words[i] + words[i+1])
		} else if key != "" && i+1 < len(words) {
			if longer, _ := keyOf(words[i] + words[i+1]); longer != "" {
				key, sure = longer, true
			}
		}
		if key != "" && (sure || i > 0 && h.Key == "") {
			h.Key, h.KeySure = key, sure
			if sure {
				break
			}
		}
	}
	for _, set := range [][]string{words, folders} {
		if h.Type == "" {
			h.Type = typeOf(set)
		}
	}
	return h
}

func typeOf(words []string) string {
	kind := ""
	for i, w := range words {
		w = strings.ToLower(w)
		if w == "one" && i+1 < len(words) && strings.HasPrefix(strings.ToLower(words[i+1]), "shot") {
			return "one-shot"
		}
		if loopWords[w] {
			return "loop"
		}
		if oneShotWords[w] {
			kind = "one-shot"
		}
	}
	return kind
}

func split(s string) []string {
	s = camel.ReplaceAllString(s, "$1 $2")
	var out []string
	for _, w := range nameSplit.Split(s, -1) {
		if w != "" && len(out) < 64 {
			out = append(out, w)
		}
	}
	return out
}

func tempo(s string) float64 {
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", "."), 64)
	if err != nil {
		return 0
	}
	return v
}

// keyOf reads one word as a key. Bare letters are unsure; of the lower-case ones only those that no English word
// or take letter is likely to be.
func keyOf(w string) (key string, sure bool) {
	m := nameKey.FindStringSubmatch(w)
	if m == nil {
		return "", false
	}
	letter, accidental, mode := strings.ToUpper(m[1]), m[2], m[3]
	lower := letter != m[1]
	sharp := ""
	switch accidental {
	case "#", "♯", "s", "sharp", "Sharp":
		sharp = "#"
	case "b", "♭", "flat", "Flat":
		sharp = "b"
	}
	minor := mode == "m" || strings.HasPrefix(strings.ToLower(mode), "min")
	switch {
	case lower && accidental == "" && (mode == "m" || mode == "M"):
		return "", false // "am", "em", "dm" in lower case are words more often than keys
	case lower && (accidental == "s" || accidental == "b") && mode == "":
		return "", false
	case accidental == "s" && mode == "" && !lower:
		return "", false // "As", "Es"
	}
	key = Spell(letter+sharp, minor)
	return key, key != "" && (accidental != "" || mode != "")
}

// pitchClass maps note names to 0–11 from C.
var pitchClass = map[string]int{
	"C": 0, "B#": 0, "C#": 1, "Db": 1, "D": 2, "D#": 3, "Eb": 3, "E": 4, "Fb": 4, "F": 5, "E#": 5, "F#": 6, "Gb": 6,
	"G": 7, "G#": 8, "Ab": 8, "A": 9, "A#": 10, "Bb": 10, "B": 11, "Cb": 11,
}

var (
	majorNames = [12]string{"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"}
	minorNames = [12]string{"Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"}
)

// Spell gives the catalogue's one spelling of a key: enharmonic twins fall together.
func Spell(note string, minor bool) string {
	pc, ok := pitchClass[note]
	if !ok {
		return ""
	}
	return KeyName(pc, minor)
}

// KeyName is the spelling of a pitch class (0 is C) as major key or note, or as minor key.
func KeyName(pc int, minor bool) string {
	pc = ((pc % 12) + 12) % 12
	if minor {
		return minorNames[pc]
	}
	return majorNames[pc]
}

// KeyParts takes a spelled key apart.
func KeyParts(key string) (pc int, minor, ok bool) {
	note := strings.TrimSuffix(key, "m")
	pc, ok = pitchClass[note]
	return pc, note != key, ok
}
