package catalog

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// hiddenDirection tells whether r changes the direction of text without being seen. Marks that scripts need (the
// left-to-right and right-to-left mark, joiners) are not among them.
func hiddenDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// CleanLine normalises one line of text: NFC, every run of white space one blank, hidden direction changes and
// byte order marks dropped. Control characters and broken encoding are an error.
func CleanLine(field, s string, maxRunes int) (string, *errs.Field) {
	s, bad := cleanText(field, s, false)
	if bad != nil {
		return "", bad
	}
	s = strings.Join(strings.Fields(s), " ")
	if n := utf8.RuneCountInString(s); n > maxRunes {
		return "", &errs.Field{Name: field, Reason: "too_long", Detail: fmt.Sprintf("At most %d characters; this has %d.", maxRunes, n)}
	}
	return s, nil
}

// CleanText is CleanLine for text of several lines.
func CleanText(field, s string, maxRunes int) (string, *errs.Field) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s, bad := cleanText(field, s, true)
	if bad != nil {
		return "", bad
	}
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n > maxRunes {
		return "", &errs.Field{Name: field, Reason: "too_long", Detail: fmt.Sprintf("At most %d characters; this has %d.", maxRunes, n)}
	}
	return s, nil
}

func cleanText(field, s string, lines bool) (string, *errs.Field) {
	if !utf8.ValidString(s) {
		return "", &errs.Field{Name: field, Reason: "bad_encoding", Detail: "This is not valid UTF-8 text."}
	}
	s = norm.NFC.String(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t', r == '\n' && lines:
			b.WriteRune(r)
		case r == '\n', r == '\r', r == '\u2028', r == '\u2029':
			if lines {
				b.WriteRune('\n')
			} else {
				b.WriteRune(' ')
			}
		case unicode.IsControl(r):
			return "", &errs.Field{Name: field, Reason: "control_characters", Detail: "Control characters are not allowed."}
		case hiddenDirection(r), r == '\ufeff':
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), nil
}

// CleanTitle is a pack's title: one line that shows something, up to 120 characters.
func CleanTitle(s string) (string, *errs.Field) {
	s, bad := CleanLine("title", s, api.MaxTitleRunes)
	if bad != nil {
		return "", bad
	}
	if !visible(s) {
		return "", &errs.Field{Name: "title", Reason: "required", Detail: "A pack needs a title."}
	}
	return s, nil
}

// visible tells whether s has at least one character that shows.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsPunct(r) || unicode.IsSymbol(r)
	})
}

// CleanTags normalises tags: lower case, blanks for what is neither letter nor digit, no repeats, in the order given.
func CleanTags(field string, tags []string) ([]string, *errs.Field) {
	out := make([]string, 0, len(tags))
	seen := map[string]bool{}
	for _, raw := range tags {
		if !utf8.ValidString(raw) || len(raw) > 400 {
			return nil, &errs.Field{Name: field, Reason: "tag_too_long", Detail: fmt.Sprintf("A tag has at most %d characters.", api.MaxTagRunes)}
		}
		tag := cleanTag(raw)
		if tag == "" || seen[tag] {
			continue
		}
		if utf8.RuneCountInString(tag) > api.MaxTagRunes {
			return nil, &errs.Field{Name: field, Reason: "tag_too_long", Detail: fmt.Sprintf("A tag has at most %d characters.", api.MaxTagRunes)}
		}
		seen[tag] = true
		if out = append(out, tag); len(out) > api.MaxTags {
			return nil, &errs.Field{Name: field, Reason: "too_many_tags", Detail: fmt.Sprintf("At most %d tags.", api.MaxTags)}
		}
	}
	return out, nil
}

func cleanTag(raw string) string {
	words := strings.FieldsFunc(norm.NFKC.String(strings.ToLower(strings.TrimPrefix(strings.TrimSpace(raw), "#"))), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && !strings.ContainsRune("-&+'", r)
	})
	return strings.Trim(strings.Join(words, " "), "-&+' ")
}

// CheckPrice refuses amounts that cannot be charged.
func CheckPrice(field string, m api.Money) *errs.Field {
	if m.Currency != Currency {
		return &errs.Field{Name: field, Reason: "currency", Detail: "Prices are in " + Currency + "."}
	}
	switch {
	case m.Amount == 0, m.Amount >= api.MinPriceMinor && m.Amount <= api.MaxPriceMinor:
		return nil
	case m.Amount < api.MinPriceMinor:
		return &errs.Field{Name: field, Reason: "price_too_low", Detail: "Price must be 0 or at least 0.50 €."}
	}
	return &errs.Field{Name: field, Reason: "price_too_high", Detail: "Price must be at most 1,000.00 €."}
}

// checkOptionalPrice refuses amounts that cannot be charged for something that need not be offered; a tier above Standard
// may cost more than a pack.
func checkOptionalPrice(field string, m api.Money, higher bool) *errs.Field {
	if m.Amount == 0 {
		return &errs.Field{Name: field, Reason: "price_too_low", Detail: "This must be at least 0.50 €. Leave it empty to not offer it."}
	}
	if higher && m.Amount > api.MaxPriceMinor && m.Currency == Currency {
		if m.Amount > api.MaxTierPriceMinor {
			return &errs.Field{Name: field, Reason: "price_too_high", Detail: "Price must be at most 10,000.00 €."}
		}
		return nil
	}
	return CheckPrice(field, m)
}

// Currency of all prices.
const Currency = "EUR"
