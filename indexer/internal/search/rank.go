package search

import (
	"slices"
	"strings"
)

// The order by relevance is made of few plain numbers, so that every engine gives the same one and a person can follow it.
// For each thing that a query asks for, the field that says it best counts whole and the others a little; the whole
// name and words in their typed order count extra; popularity decides between what fits alike. Popularity adds at most
// WeightFame, far less than an exact name.
const (
	WeightOthers  = 0.25 // of what the fields beside the best one say
	WeightSynonym = 0.85 // of another word for what was typed
	WeightWhole   = 10   // what was typed is the whole name
	WeightInOrder = 2    // the name holds all that was typed, in its order
	WeightFame    = 2    // of the most popular, see Fame
	halfFame      = 20.0 // popularity with half of it
)

// RankFields says how much a word weighs where it stands. A description counts for being found alone.
var RankFields = []struct {
	Field  string
	Weight float64
}{
	{TextName, 8},
	{TextAbout, 6},
	{TextPack, 3},
	{TextProducer, 3},
	{TextAll, 1},
}

// Fame is a popularity, which has no upper end, as a number below 1.
func Fame(popularity float64) float64 { return popularity / (popularity + halfFame) }

// Ranked is what the order by relevance knows of a document.
type Ranked struct {
	Texts [][]string // words of RankFields
	Whole []string
	Fame  float64
}

// RankedOf reads it from a whole document.
func RankedOf(d Document) Ranked {
	r := Ranked{Whole: d.Terms[TermWhole]}
	for _, f := range RankFields {
		r.Texts = append(r.Texts, strings.Fields(d.Text[f.Field]))
	}
	if fame := d.Numbers[NumberFame]; len(fame) > 0 {
		r.Fame = fame[0]
	}
	return r
}

// Score says how well a document that the plan finds fits its words: higher is better.
func (p Plan) Score(r Ranked) float64 {
	score := WeightFame * r.Fame
	for i, any := range p.Words {
		prefix := p.prefix(i)
		best, sum := 0.0, 0.0
		for k, f := range RankFields {
			weight := 0.0
			switch {
			case any[0].in(r.Texts[k], prefix):
				weight = f.Weight
			case any[1:].in(r.Texts[k], prefix):
				weight = f.Weight * WeightSynonym
			}
			best, sum = max(best, weight), sum+weight
		}
		score += best + WeightOthers*(sum-best)
	}
	if len(p.Typed) > 0 && slices.Contains(r.Whole, strings.Join(p.Typed, " ")) {
		score += WeightWhole
	}
	if len(p.Typed) > 1 && (Phrase{Words: p.Typed}).in(r.Texts[0], false) {
		score += WeightInOrder
	}
	return score
}

// besideName reports whether a word of a name counts takes or says a tempo or a key: digits, a note, bpm.
func besideName(word string) bool {
	if word == "bpm" || strings.Trim(word, "0123456789") == "" {
		return true
	}
	if word[0] < 'a' || word[0] > 'g' {
		return false
	}
	rest := word[1:]
	if rest != "" && (rest[0] == 'b' || rest[0] == '#') {
		rest = rest[1:]
	}
	switch rest {
	case "", "m", "min", "maj", "minor", "major":
		return true
	}
	return false
}

// Whole lists the forms in which a name, split by Words, is the whole of what somebody types: all its words, and those that do
// not count takes, keys and tempos: Kick_01.wav is kick.
func Whole(words []string) []string {
	var plain []string
	for _, w := range words {
		if !besideName(w) {
			plain = append(plain, w)
		}
	}
	var out []string
	for _, form := range [][]string{words, plain} {
		if whole := strings.Join(form, " "); whole != "" && len(whole) <= maxNameBytes && !slices.Contains(out, whole) {
			out = append(out, whole)
		}
	}
	return out
}
