package search

import "strings"

// synonymGroups are words and phrases that mean the same to people who look for sounds. Each line was chosen by hand;
// every member finds every other. A new line needs a query that fails without it.
var synonymGroups = [][]string{
	{"dnb", "drum and bass", "drum n bass", "drum & bass", "d&b"},
	{"hiphop", "hip hop"},
	{"lofi", "lo fi"},
	{"rnb", "r&b", "r n b", "rhythm and blues"},
	{"hihat", "hi hat", "hat", "hh"},
	{"kick", "kick drum", "bass drum", "bd"},
	{"snare", "snare drum", "sd"},
	{"perc", "percussion"},
	{"vox", "vocal", "voice"},
	{"fx", "sfx", "effect", "sound effect"},
	{"oneshot", "one shot"},
	{"gtr", "guitar"},
	{"synth", "synthesizer", "synthesiser"},
	{"atmo", "atmosphere", "ambience"},
	{"arp", "arpeggio"},
	{"riser", "uplifter"},
	{"downlifter", "downer"},
	{"acapella", "a cappella", "acappella"},
}

// fillers say nothing by themselves in a query.
var fillers = map[string]bool{"and": true, "the": true, "of": true, "with": true, "for": true, "in": true}

// Phrase is words that stand next to each other.
type Phrase []string

// Group is one thing a query asks for: any of its phrases will do. The first is what was typed.
type Group []Phrase

var synonymPhrases, longestSynonym = func() (map[string][]Phrase, int) {
	index, longest := map[string][]Phrase{}, 1
	for _, group := range synonymGroups {
		var phrases []Phrase
		for _, member := range group {
			words := Words(member)
			longest = max(longest, len(words))
			phrases = append(phrases, words)
		}
		for _, p := range phrases {
			index[strings.Join(p, " ")] = phrases
		}
	}
	return index, longest
}()

// Groups reads a query's words: what has synonyms becomes all of them, words that were written as one and split by
// Words must stay together.
func Groups(text string) []Group {
	typed := strings.Fields(text)
	type word struct {
		text  string
		field int
	}
	var words []word
	for i, t := range typed {
		for _, w := range Words(t) {
			words = append(words, word{w, i})
		}
	}
	var groups []Group
	seen := map[string]bool{}
	add := func(key string, g Group) {
		if !seen[key] {
			seen[key] = true
			groups = append(groups, g)
		}
	}
	for i := 0; i < len(words); {
		found := 0
		for n := min(longestSynonym, len(words)-i); n > 0 && found == 0; n-- {
			phrase := make(Phrase, n)
			for k := range phrase {
				phrase[k] = words[i+k].text
			}
			key := strings.Join(phrase, " ")
			if all, ok := synonymPhrases[key]; ok {
				group := Group{phrase}
				for _, p := range all {
					if strings.Join(p, " ") != key {
						group = append(group, p)
					}
				}
				add(key, group)
				found = n
			}
		}
		if found > 0 {
			i += found
			continue
		}
		end := i + 1
		for end < len(words) && words[end].field == words[i].field {
			end++
		}
		phrase := make(Phrase, 0, end-i)
		for _, w := range words[i:end] {
			phrase = append(phrase, w.text)
		}
		add(strings.Join(phrase, " "), Group{phrase})
		i = end
	}
	kept := groups[:0:0]
	for _, g := range groups {
		if len(g) == 1 && len(g[0]) == 1 && fillers[g[0][0]] {
			continue
		}
		kept = append(kept, g)
	}
	if len(kept) == 0 {
		return groups
	}
	return kept
}
