package catalog

import (
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// reservedSlugs are words that addresses use in the place of a slug.
var reservedSlugs = []string{"batch", "new", "edit", "search", "studio", "packs", "admin", "api"}

// letters that decomposition leaves whole.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i", "&", " and ")

// Slugify makes the address of a title: "Dusty Keys Vol. 2" becomes dusty-keys-vol-2. A title without Latin letters or
// digits gives "".
func Slugify(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(letters.Replace(strings.ToLower(title))) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.IsMark(r) || r == '\'' || r == '’':
		default:
			gap = true
		}
		if b.Len() >= 60 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// slugCandidates are the addresses to try for a title, best first. The last is free for all practical purposes.
func slugCandidates(title string) []string {
	base := Slugify(title)
	if base == "" || slices.Contains(reservedSlugs, base) || looksLikeID(base) {
		base = strings.Trim("pack-"+base, "-")
		if len(base) > 60 {
			base = strings.Trim(base[:60], "-")
		}
		if base == "pack" {
			return []string{"pack-" + randomTail(8)}
		}
	}
	return []string{base, base + "-2", base + "-3", base + "-" + randomTail(4), base + "-" + randomTail(10)}
}

// looksLikeID tells whether a slug could be taken for an id.
func looksLikeID(s string) bool { return len(s) == 36 && strings.Count(s, "-") == 4 }

func randomTail(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw)[:n])
}
