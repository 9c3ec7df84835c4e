package catalog

import (
	"regexp"
	"strings"
	"unicode"
)

// instrumentWords maps words of file and folder names to instruments. Two words may stand apart: "bass drum", "hi-hat".
var instrumentWords = map[string]string{
	"kick": "kick", "kicks": "kick", "bd": "kick", "bassdrum": "kick", "drumbass": "kick", "snare": "snare", "snares": "snare", "sd": "snare", "rim": "snare", "rimshot": "snare",
	"clap": "clap", "claps": "clap", "snap": "clap", "hat": "hat", "hats": "hat", "hihat": "hat", "hihats": "hat", "hh": "hat", "openhat": "hat", "closedhat": "hat",
	"cymbal": "cymbal", "cymbals": "cymbal", "crash": "cymbal", "ride": "cymbal", "splash": "cymbal", "tom": "tom", "toms": "tom",
	"perc": "percussion", "percs": "percussion", "percussion": "percussion", "shaker": "percussion", "conga": "percussion", "bongo": "percussion",
	"cowbell": "percussion", "tambourine": "percussion", "tabla": "percussion", "drum": "drums", "drums": "drums", "amen": "drums", "breakbeat": "drums", "break": "drums",
	"beat": "drums", "beats": "drums", "top": "drums", "toploop": "drums", "bass": "bass", "basses": "bass", "sub": "bass", "808": "bass", "reese": "bass",
	"synth": "synth", "synths": "synth", "arp": "synth", "stab": "synth", "chord": "synth", "chords": "synth", "pad": "pad", "pads": "pad", "drone": "pad",
	"lead": "lead", "leads": "lead", "pluck": "pluck", "plucks": "pluck", "keys": "keys", "rhodes": "keys", "wurli": "keys", "epiano": "keys", "piano": "piano",
	"organ": "organ", "guitar": "guitar", "guitars": "guitar", "gtr": "guitar", "strings": "strings", "string": "strings", "violin": "strings", "cello": "strings",
	"brass": "brass", "trumpet": "brass", "horn": "brass", "sax": "woodwind", "flute": "woodwind", "clarinet": "woodwind", "bell": "mallet", "bells": "mallet",
	"mallet": "mallet", "marimba": "mallet", "vibraphone": "mallet", "kalimba": "mallet", "vocal": "vocal", "vocals": "vocal", "vox": "vocal", "voice": "vocal",
	"acapella": "vocal", "choir": "choir", "fx": "fx", "sfx": "fx", "effect": "fx", "effects": "fx", "sweep": "fx", "whoosh": "fx", "woosh": "fx", "swoosh": "fx",
	"riser": "riser", "uplifter": "riser", "impact": "impact", "hit": "impact", "boom": "impact", "texture": "texture", "ambience": "texture", "ambient": "texture",
	"atmos": "texture", "noise": "texture", "field": "field", "foley": "field",
}

// broadWords say what family a sound is of, or how it is played. Beside a word for an instrument they say nothing: a
// drum_snare is a snare, a synth_bass a bass.
var broadWords = map[string]bool{
	"drum": true, "drums": true, "beat": true, "beats": true, "top": true, "break": true, "perc": true, "percs": true, "percussion": true,
	"synth": true, "synths": true, "stab": true, "chord": true, "chords": true, "808": true, "fx": true, "sfx": true, "effect": true, "effects": true,
	"hit": true, "noise": true, "texture": true, "ambient": true, "ambience": true, "atmos": true,
}

// drumAndBass is the name of a genre, which says nothing of an instrument.
var drumAndBass = regexp.MustCompile(`drum[\W_]*(&|\+|n|and)[\W_]*bass`)

// GuessInstrument reads the instrument out of a path: words of the file name count before those of its folders, the
// last folder before the first, and in each of them words for an instrument before broad ones. "" when nothing is known.
func GuessInstrument(path string) string {
	segments := strings.Split(path, "/")
	for i := len(segments) - 1; i >= 0; i-- {
		words := strings.FieldsFunc(drumAndBass.ReplaceAllString(strings.ToLower(segments[i]), " "), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		broad := ""
		for j, w := range words {
			if j+1 < len(words) {
				if instrument, ok := instrumentWords[w+words[j+1]]; ok {
					return instrument
				}
			}
			if _, ok := instrumentWords[w]; !ok {
				w = strings.TrimRight(w, "0123456789")
			}
			instrument, ok := instrumentWords[w]
			if ok && !broadWords[w] {
				return instrument
			}
			if broad == "" {
				broad = instrument
			}
		}
		if broad != "" {
			return broad
		}
	}
	return ""
}
