package api

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quotes are written in many ways on many keyboards.
var quotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`)

// canonicalWords writes words in their one form: single spaces, phrases in straight quotation marks, and what would read
// as a field of the language as a phrase, which means the same. Words with "-" before them are handed back.
func canonicalWords(bad *QueryError, text string) (wanted string, unwanted []string) {
	var b strings.Builder
	room := MaxWords
	for _, t := range tokens([]rune(quotes.Replace(visible(text)))) {
		word := t.text
		if t.quoted || strings.Contains(word, ":") {
			if word = phraseText(word); word != "" {
				word = `"` + word + `"`
			}
		}
		if t.minus {
			unwanted = append(unwanted, t.text)
			continue
		}
		if word == "" {
			continue
		}
		if b.Len() > 0 {
			room--
		}
		n := utf8.RuneCountInString(word)
		if n > room {
			bad.add(paramWords, ReasonTooLong, fmt.Sprintf("at most %d characters", MaxWords))
			if word = cut(word, room); word == "" {
				break
			}
			n = room
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		if room -= n; room < 2 {
			room = 0
		}
	}
	return b.String(), unwanted
}

// cut shortens a word or a phrase.
func cut(word string, room int) string {
	if word[0] != '"' {
		return string([]rune(word)[:max(room, 0)])
	}
	if room < 3 {
		return ""
	}
	inside := strings.TrimSpace(string([]rune(word)[1 : room-1]))
	if inside == "" {
		return ""
	}
	return `"` + inside + `"`
}

// phraseText is what stands between quotation marks.
func phraseText(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\\' }), " ")
}

// unwantedForm is a word or phrase of Exclusions: it carries no signs of the language.
func unwantedForm(s string) (string, bool) {
	s = strings.TrimLeft(phraseText(quotes.Replace(visible(s))), "- ")
	return s, s != ""
}

// token is a word or a phrase of the text.
type token struct {
	text     string // without its signs
	minus    bool
	quoted   bool
	open     bool // the quotation mark has no end
	from, to int
}

// tokens splits words and phrases. A quotation mark begins a phrase only where a word could begin: 7" is a word.
func tokens(text []rune) []token {
	var out []token
	for i := 0; i < len(text); {
		if unicode.IsSpace(text[i]) {
			i++
			continue
		}
		t := token{from: i}
		for i < len(text) && text[i] == '-' {
			t.minus = true
			i++
		}
		if i < len(text) && text[i] == '"' {
			t.quoted = true
			t.text, i, t.open = quoted(text, i)
		} else {
			start := i
			for i < len(text) && !unicode.IsSpace(text[i]) {
				i++
			}
			t.text = string(text[start:i])
		}
		t.to = i
		if t.text != "" {
			out = append(out, t)
		}
	}
	return out
}

// quoted reads from a quotation mark to the next one, or to the end. A backslash lets one stand inside.
func quoted(text []rune, i int) (inside string, next int, open bool) {
	var b strings.Builder
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), i + 1, false
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
		}
		b.WriteRune(text[i])
	}
	return b.String(), i, true
}
