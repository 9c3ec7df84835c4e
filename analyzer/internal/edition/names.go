package edition

import (
	"fmt"
	"path"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// reserved are the device names that Windows refuses with any ending.
var reserved = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true,
	"com0": true, "com1": true, "com2": true, "com3": true, "com4": true, "com5": true, "com6": true, "com7": true, "com8": true, "com9": true,
	"lpt0": true, "lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true, "lpt5": true, "lpt6": true, "lpt7": true, "lpt8": true, "lpt9": true,
}

// SafePath is a path that Windows, macOS and Linux can all unpack. Safe paths stay as they are.
func SafePath(p string) string {
	segments := strings.Split(norm.NFC.String(strings.ReplaceAll(p, `\`, "/")), "/")
	out := segments[:0]
	for _, s := range segments {
		if s == "" || s == "." || s == ".." {
			continue
		}
		out = append(out, safeSegment(s))
	}
	if len(out) == 0 {
		return "_"
	}
	return strings.Join(out, "/")
}

func safeSegment(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"|?*`, r) || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, s)
	trimmed := strings.TrimRight(s, ". ")
	s = trimmed + strings.Repeat("_", len(s)-len(trimmed))
	stem, _, _ := strings.Cut(s, ".")
	if reserved[strings.ToLower(strings.TrimRight(stem, " "))] {
		s = "_" + s
	}
	return s
}

// taken remembers paths the way file systems without upper and lower case do.
type taken map[string]bool

// name gives p, or p with a number when something of that name is there.
func (t taken) name(p string) string {
	ext := path.Ext(p)
	stem := strings.TrimSuffix(p, ext)
	for n := 2; t[strings.ToLower(p)]; n++ {
		p = fmt.Sprintf("%s (%d)%s", stem, n, ext)
	}
	t[strings.ToLower(p)] = true
	return p
}
