package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Break is a word no query can hold: it keeps phrases from reaching across the parts of TextAll.
const Break = "|"

// maxWordBytes bounds a word as engines bound terms.
const maxWordBytes = 64

var letters = strings.NewReplacer("ß", "ss", "ø", "o", "Ø", "o", "ł", "l", "Ł", "l", "æ", "ae", "Æ", "ae", "œ", "oe", "Œ", "oe",
	"đ", "d", "Đ", "d", "ı", "i", "♯", "#", "♭", "b", "’", "'")

// Words turns text into words, the same way for documents and queries, whichever engine keeps them: accents and case
// fold, anything but letters and digits separates, so do turns between letters and digits (TR808) and from small to
// capital letters between longer parts (DustyRhodes); plurals lose their ending; F# stays one word.
func Words(text string) []string {
	if !plain(text) { // broken text first: norm leaves what follows a broken byte as it is
		text = norm.NFKD.String(letters.Replace(strings.ToValidUTF8(text, "\uFFFD")))
	}
	out := make([]string, 0, 8)
	var room [maxWordBytes]byte
	word := room[:0] // in small letters
	var last rune    // of word, as it was written
	length := 0      // of word, in runes
	afterDigit := false
	flush := func() {
		if length > 0 && (!afterDigit || string(word) != "s") { // 808s, 80s
			out = append(out, shorten(stem(string(word))))
		}
		word, length = word[:0], 0
	}
	for i, r := range text {
		switch {
		case r > unicode.MaxASCII && unicode.Is(unicode.Mn, r), r == '\'' && length > 0:
			continue // accents; don't is dont
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if length > 0 {
				turn := unicode.IsDigit(last) != unicode.IsDigit(r)
				if turn || unicode.IsLower(last) && unicode.IsUpper(r) && length >= 3 && lettersFollow(text[i:], 3) {
					flush()
					afterDigit = turn && unicode.IsDigit(last)
				}
			}
			word, last = utf8.AppendRune(word, unicode.ToLower(r)), r
			length++
		case r == '#' && length == 1 && isNote(last):
			word, last = append(word, '#'), r
			length++
		default:
			flush()
			afterDigit = false
		}
	}
	flush()
	return out
}

// plain reports whether text has nothing to fold but case.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// WordText is Words as engines keep them.
func WordText(parts ...string) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = strings.Join(Words(p), " ")
	}
	return JoinWordTexts(texts...)
}

// JoinWordTexts puts texts of WordText beside each other.
func JoinWordTexts(texts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return t == "" }), " "+Break+" ")
}

// shorten keeps a word within what engines take as one term.
func shorten(w string) string {
	if len(w) <= maxWordBytes {
		return w
	}
	return strings.ToValidUTF8(w[:maxWordBytes], "")
}

func isNote(r rune) bool {
	r |= 0x20
	return r >= 'a' && r <= 'g'
}

// lettersFollow reports whether text begins with so many letters.
func lettersFollow(text string, n int) bool {
	for _, r := range text {
		if !unicode.IsLetter(r) {
			return false
		}
		if n--; n == 0 {
			return true
		}
	}
	return false
}

// stem takes the plural's ending off English words; more would join words that sound people keep apart.
func stem(w string) string {
	n := len(w)
	if n < 4 || w[n-1] != 's' {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "uses"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "xes"):
		return w[:n-2]
	case strings.HasSuffix(w, "ies") && n > 4:
		return w[:n-3] + "y"
	}
	return w[:n-1]
}

// maxNameBytes bounds the name that results are sorted by.
const maxNameBytes = 96

// NameKey is the form of a name by which names are sorted: without case and accents, digits as they are.
func NameKey(name string) string {
	if !plain(name) {
		name = norm.NFKD.String(letters.Replace(strings.ToValidUTF8(name, "\uFFFD")))
	}
	folded := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.IsControl(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	folded = strings.TrimSpace(folded)
	if len(folded) > maxNameBytes {
		folded = strings.ToValidUTF8(folded[:maxNameBytes], "")
	}
	return folded
}
