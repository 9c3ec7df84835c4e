package search

import (
	_ "embed"
	"slices"
	"strings"

	"crateful.dev/indexer/api"
)

//go:embed synonyms.txt
var synonymFile string

// synonymGroups are the lines of the file, and the ways in which each key is written.
var synonymGroups = func() [][]string {
	var out [][]string
	for line := range strings.Lines(synonymFile) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, strings.Split(line, ","))
		}
	}
	for _, k := range api.Keys() {
		out = append(out, KeyNames(k))
	}
	return out
}()

var enharmonic = map[string]string{"Db": "C#", "Eb": "D#", "F#": "Gb", "Ab": "G#", "Bb": "A#", "C#": "Db", "G#": "Ab"}

// KeyNames lists how people write a key, the form that documents hold first. A major key's letter alone is no name: it
// could be any word.
func KeyNames(key string) []string {
	tonic, minor := strings.CutSuffix(key, "m")
	tonics := []string{tonic}
	if other, ok := enharmonic[tonic]; ok {
		tonics = append(tonics, other)
	}
	var out []string
	for _, t := range tonics {
		if minor {
			out = append(out, t+"m", t+" minor", t+" min", t+"min", t+"minor", "key of "+t+"m", "key of "+t+" minor")
		} else {
			out = append(out, t+" major", t+" maj", t+"maj", t+"major", "key of "+t, "key of "+t+" major")
		}
	}
	return out
}

// fillers say nothing by themselves in a query.
var fillers = map[string]bool{"and": true, "the": true, "of": true, "with": true, "for": true, "in": true, "a": true, "an": true, "to": true, "on": true}

// Phrase is words that stand next to each other, or, apart, anywhere in the same text.
type Phrase struct {
	Words []string
	Apart bool
}

func (ph Phrase) key() string { return strings.Join(ph.Words, " ") }

// member reads one of a group's members: closed+hat may stand apart, closed hat may not.
func member(text string) Phrase {
	if !strings.Contains(text, "+") {
		return Phrase{Words: Words(text)}
	}
	return Phrase{Words: Words(strings.ReplaceAll(text, "+", " ")), Apart: true}
}

// AnyOf is one thing a query asks for: any of its phrases will do. The first is what was typed.
type AnyOf []Phrase

var synonymPhrases, longestSynonym = func() (map[string][]Phrase, int) {
	index, longest := map[string][]Phrase{}, 1
	for _, group := range synonymGroups {
		var phrases []Phrase
		for _, text := range group {
			ph := member(text)
			longest = max(longest, len(ph.Words))
			if !slices.ContainsFunc(phrases, func(p Phrase) bool { return p.key() == ph.key() }) { // plurals become one
				phrases = append(phrases, ph)
			}
		}
		for _, p := range phrases {
			index[p.key()] = phrases
		}
	}
	return index, longest
}()

// synonyms are what was typed, first, and all that means the same.
func synonyms(words []string) (AnyOf, bool) {
	typed := strings.Join(words, " ")
	all, ok := synonymPhrases[typed]
	if !ok {
		return nil, false
	}
	out := make(AnyOf, 1, len(all))
	for _, p := range all {
		if p.key() == typed {
			out[0] = p
		} else {
			out = append(out, p)
		}
	}
	return out, true
}

// part is a word, or a phrase in quotation marks, of a canonical query's words.
type part struct {
	text   string
	quoted bool
}

func parts(text string) []part {
	var out []part
	for fields := strings.Fields(text); len(fields) > 0; fields = fields[1:] {
		inside, opens := strings.CutPrefix(fields[0], `"`)
		if !opens {
			out = append(out, part{text: fields[0]})
			continue
		}
		var phrase []string
		for !strings.HasSuffix(inside, `"`) && len(fields) > 1 {
			phrase, fields = append(phrase, inside), fields[1:]
			inside = fields[0]
		}
		phrase = append(phrase, strings.TrimSuffix(inside, `"`))
		out = append(out, part{strings.Join(phrase, " "), true})
	}
	return out
}

// typedWords are all words of a query in their order.
func typedWords(text string) []string {
	var out []string
	for _, p := range parts(text) {
		out = append(out, Words(p.text)...)
	}
	return out
}

// Unwanted reads a word or phrase that must not be there, with its synonyms.
func Unwanted(text string) AnyOf {
	words := Words(text)
	if len(words) == 0 {
		return nil
	}
	if all, ok := synonyms(words); ok {
		return all
	}
	return AnyOf{{Words: words}}
}

// Groups reads a query's words: what has synonyms becomes all of them, words that were written as one and split by
// Words must stay together, and so must those in quotation marks, which mean themselves alone.
func Groups(text string) []AnyOf {
	type word struct {
		text   string
		part   int
		quoted bool
	}
	var words []word
	for i, p := range parts(text) {
		for _, w := range Words(p.text) {
			words = append(words, word{w, i, p.quoted})
		}
	}
	var groups []AnyOf
	seen := map[string]bool{}
	add := func(g AnyOf) {
		if key := g[0].key(); !seen[key] {
			seen[key] = true
			groups = append(groups, g)
		}
	}
	for i := 0; i < len(words); {
		found := 0
		for n := min(longestSynonym, len(words)-i); n > 0 && found == 0; n-- {
			phrase := make([]string, n)
			quoted := false
			for k := range phrase {
				phrase[k] = words[i+k].text
				quoted = quoted || words[i+k].quoted
			}
			if quoted {
				continue
			}
			if all, ok := synonyms(phrase); ok {
				add(all)
				found = n
			}
		}
		if found > 0 {
			i += found
			continue
		}
		end := i + 1
		for end < len(words) && words[end].part == words[i].part {
			end++
		}
		phrase := make([]string, 0, end-i)
		for _, w := range words[i:end] {
			phrase = append(phrase, w.text)
		}
		add(AnyOf{{Words: phrase}})
		i = end
	}
	kept := groups[:0:0]
	for _, g := range groups {
		if len(g) == 1 && len(g[0].Words) == 1 && fillers[g[0].Words[0]] {
			continue
		}
		kept = append(kept, g)
	}
	if len(kept) == 0 {
		return groups
	}
	return kept
}
