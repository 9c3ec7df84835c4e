package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"crateful.dev/indexer/api"
)

// How spelling is tried. Other spellings never mix into what the words as typed find: a correct query shows nothing but
// what it asks for, a wrong one shows what was meant and says so.
const (
	fewResults   = 3  // from so few on the words are looked at
	oneEdit      = 4  // letters from which one may be wrong
	twoEdits     = 8  // letters from which two may be
	lastResort   = 5  // letters from which two may be, but not the first, of a word that nothing is nearer to: snair is snare
	tryNear      = 4  // near words of each to try
	moreFrequent = 10 // times as many results make a word that exists a mistake
)

// respelt gives the answer a correction when its words are rare or unknown and others are near, and shows what that
// finds when the words as typed find nothing.
func (s *Searcher) respelt(ctx context.Context, q api.Query, answer Answer) (Answer, error) {
	other, err := s.correction(ctx, q, answer.Total)
	if err != nil || other == nil {
		return answer, err
	}
	if answer.Total == 0 {
		corrected := other.Query
		corrected.Cursor, corrected.Size, corrected.NoFacets = q.Cursor, q.Size, q.NoFacets
		if answer, err = s.find(ctx, corrected); err != nil {
			return answer, err
		}
		answer.Query, answer.Typos = q, true
	}
	if q.Cursor == "" {
		answer.DidYouMean = other
	}
	return answer, nil
}

// correction is the best other spelling that finds more, nil when there is none.
func (s *Searcher) correction(ctx context.Context, q api.Query, found int64) (*api.Correction, error) {
	typed := parts(q.Words)
	tries, err := s.spellings(ctx, typed)
	if err != nil || len(tries) == 0 {
		return nil, err
	}
	var queries []api.Query
	var plans []Plan
	for _, t := range tries {
		other := q.Filter()
		other.Words = wordsOf(t)
		other, err := other.Canonical()
		if err != nil {
			continue // grew too long
		}
		queries, plans = append(queries, other), append(plans, countPlan(other))
	}
	counts, err := s.backend.Count(ctx, plans)
	if err != nil {
		return nil, err
	}
	for i, count := range counts { // the nearest first
		if count > 0 && count >= found*moreFrequent {
			return &api.Correction{Words: queries[i].Words, Query: queries[i], Count: count}, nil
		}
	}
	return nil, nil
}

// respelling is what could stand in place of some of the parts.
type respelling struct {
	from, to int
	texts    []string // best first
}

// spellings lists the typed parts in other spellings, best first.
func (s *Searcher) spellings(ctx context.Context, typed []part) ([][]part, error) {
	var asked []Unsure
	at := map[string]int{}
	ask := func(word string, edits int) {
		if i, ok := at[word]; ok {
			asked[i].Edits = max(asked[i].Edits, edits)
			return
		}
		at[word] = len(asked)
		asked = append(asked, Unsure{word, edits})
	}
	words := make([]string, len(typed)) // "" where nothing can be wrong
	for i, p := range typed {
		if words[i] = simple(p); words[i] == "" {
			continue
		}
		ask(words[i], reach(words[i]))
		for _, halves := range splits(words[i]) {
			ask(halves[0], 0)
			ask(halves[1], 0)
		}
		if i > 0 && words[i-1] != "" {
			ask(words[i-1]+words[i], 0)
		}
	}
	if len(asked) == 0 || len(asked) > maxAsked {
		return nil, nil
	}
	known, err := s.backend.Spell(ctx, asked)
	if err != nil {
		return nil, err
	}
	count := func(word string) int64 { return known[at[word]].Count }
	var changes []respelling
	for i, w := range words {
		if w == "" {
			continue
		}
		if i > 0 && words[i-1] != "" && count(words[i-1]+w) > 0 {
			changes = append(changes, respelling{i - 1, i + 1, []string{words[i-1] + w}})
		}
		if texts := instead(w, known[at[w]], count); len(texts) > 0 {
			changes = append(changes, respelling{i, i + 1, texts})
		}
	}
	return combine(typed, changes), nil
}

// maxAsked bounds the words that are looked up for one query.
const maxAsked = 60

// simple is the word of a part that can be spelt wrong: one of letters alone that has no synonyms.
func simple(p part) string {
	words := Words(p.text)
	if p.quoted || len(words) != 1 || strings.ContainsFunc(words[0], func(r rune) bool { return !unicode.IsLetter(r) }) {
		return ""
	}
	if _, ok := synonyms(words); ok || fillers[words[0]] {
		return ""
	}
	return words[0]
}

func edits(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n >= twoEdits:
		return 2
	case n >= oneEdit:
		return 1
	}
	return 0
}

// reach is how many letters may differ at the most.
func reach(word string) int {
	if utf8.RuneCountInString(word) >= lastResort {
		return 2
	}
	return edits(word)
}

// splits are the two words that a word could be, if they are long enough to be ones.
func splits(word string) [][2]string {
	var out [][2]string
	runes := []rune(word)
	for i := 3; i <= len(runes)-3 && len(runes) <= 16; i++ {
		out = append(out, [2]string{string(runes[:i]), string(runes[i:])})
	}
	return out
}

// instead lists what a word could be: near words, then two words.
func instead(word string, s Spelling, count func(string) int64) []string {
	type near struct {
		text  string
		far   int
		count int64
	}
	var all []near
	var far []near
	for _, b := range s.Near {
		switch d := distance(word, b.Value); {
		case b.Value == word || b.Count <= s.Count:
		case d <= edits(word):
			all = append(all, near{b.Value, d, b.Count})
		case d <= reach(word) && s.Count == 0 && b.Value[0] == word[0]:
			far = append(far, near{b.Value, d, b.Count})
		}
	}
	if len(all) == 0 {
		all = far
	}
	for _, h := range splits(word) {
		if n := min(count(h[0]), count(h[1])); n > 0 && s.Count == 0 {
			all = append(all, near{h[0] + " " + h[1], 2, n})
		}
	}
	slices.SortFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(b.count, a.count), strings.Compare(a.text, b.text))
	})
	var out []string
	for _, n := range all[:min(len(all), tryNear)] {
		out = append(out, n.text)
	}
	return out
}

// combine writes the parts with each change alone, and with the best of all changes together.
func combine(typed []part, changes []respelling) [][]part {
	var out [][]part
	with := func(changes []respelling) {
		var parts []part
		next := 0
		for _, c := range changes {
			if c.from < next {
				continue // of a pair whose first word is changed
			}
			parts = append(append(parts, typed[next:c.from]...), part{text: c.texts[0]})
			next = c.to
		}
		out = append(out, append(parts, typed[next:]...))
	}
	if len(changes) > 1 {
		with(changes)
	}
	for _, c := range changes {
		for i := range c.texts {
			with([]respelling{{c.from, c.to, c.texts[i:]}})
		}
	}
	return out
}

// distance counts the letters to put in, take out, change or swap.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	last := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
