package view

import (
	"strings"
	"unicode"
)

const (
	maxTail  = 18 // characters of a name's ending that never shorten
	hardTail = 12 // of a name without separators
)

// SplitName cuts a file name so that its ending (_Am_92.wav) stays whole when the front shortens.
// A name too short to need it comes back with an empty tail.
func SplitName(name string) (head, tail string) {
	runes := []rune(name)
	stem := len(runes)
	for i := len(runes) - 1; i > 0 && len(runes)-i <= 6; i-- {
		if runes[i] == '.' {
			stem = i
			break
		}
	}
	cut, seen := 0, 0
	for i := stem - 1; i > 0 && seen < 2; i-- {
		if strings.ContainsRune("_- ", runes[i]) && !strings.ContainsRune("_- ", runes[i-1]) {
			if len(runes)-i > maxTail {
				break
			}
			cut = i
			seen++
		}
	}
	if cut == 0 {
		if len(runes) <= maxTail {
			return name, ""
		}
		cut = len(runes) - hardTail
		for cut > 0 && (unicode.Is(unicode.M, runes[cut]) || runes[cut] == '\u200d') {
			cut--
		}
	}
	return string(runes[:cut]), string(runes[cut:])
}
