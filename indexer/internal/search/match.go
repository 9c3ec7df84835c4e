package search

import (
	"slices"
	"strings"

	"crateful.dev/indexer/api"
)

// Matches reports whether one document is found by a canonical query, without an engine: what a saved search needs
// when a new pack arrives. It agrees with every engine, except that engines also try other spellings when nothing at all
// is found. No document matches a query that is not Standing.
func Matches(q api.Query, d Document) bool {
	if d.Gone || !q.Standing() {
		return false
	}
	kind := KindSound
	if q.Kind != api.KindSounds {
		kind = KindPack
	}
	p := PlanFor(q, kind)
	if q.Kind == api.KindProducers {
		p = p.named(TextProducer)
	}
	return p.Matches(d)
}

// Matches reports whether the plan finds the document.
func (p Plan) Matches(d Document) bool {
	return p.matches(d, func(field string) []string { return strings.Fields(d.Text[field]) })
}

// matches is Matches with the words of the document's text fields from elsewhere.
func (p *Plan) matches(d Document, words func(field string) []string) bool {
	if d.Gone || p.Nothing || d.Kind != p.Kind {
		return false
	}
	for _, f := range p.Filters {
		if !f.holds(d) {
			return false
		}
	}
	if len(p.Words) == 0 && len(p.Not) == 0 {
		return true
	}
	if len(p.Not) > 0 {
		for _, field := range p.Excluding() {
			text := words(field)
			if slices.ContainsFunc(p.Not, func(unwanted AnyOf) bool { return unwanted.in(text, false) }) {
				return false
			}
		}
	}
	in, more := words(p.In), words(p.More)
	missing := 0
	for i, wanted := range p.Words {
		prefix := p.prefix(i)
		if !wanted.in(in, prefix) && (p.More == "" || !wanted.in(more, prefix)) {
			missing++
		}
	}
	return missing <= p.Missing
}

// Excluding lists the text fields that hold none of Not. The description of a pack says what else is in it, which speaks
// against the pack and not against each of its sounds.
func (p Plan) Excluding() []string {
	if p.Kind == KindPack {
		return []string{TextAll, TextMore}
	}
	return []string{TextAll}
}

// prefix reports whether a part of Words may be the beginning of a word.
func (p Plan) prefix(i int) bool { return p.Prefix && i == len(p.Words)-1 }

func (f Filter) holds(d Document) bool {
	if len(f.Ranges) > 0 {
		return slices.ContainsFunc(d.Numbers[f.Field], func(n float64) bool {
			return slices.ContainsFunc(f.Ranges, func(s Span) bool { return s.Holds(n) })
		})
	}
	has := func(t string) bool { return slices.Contains(d.Terms[f.Field], t) }
	switch {
	case f.Begin != "":
		return slices.ContainsFunc(d.Terms[f.Field], func(t string) bool { return strings.HasPrefix(t, f.Begin) })
	case f.All:
		return !slices.ContainsFunc(f.Terms, func(t string) bool { return !has(t) })
	case f.Not:
		return !slices.ContainsFunc(f.Terms, has)
	}
	return slices.ContainsFunc(f.Terms, has)
}

func (a AnyOf) in(text []string, prefix bool) bool {
	return slices.ContainsFunc(a, func(ph Phrase) bool { return ph.in(text, prefix) })
}

func (ph Phrase) in(text []string, prefix bool) bool {
	last := len(ph.Words) - 1
	switch {
	case prefix: // as engines do it: the complete words anywhere, and one word that begins like the last
		return !slices.ContainsFunc(ph.Words[:last], func(w string) bool { return !slices.Contains(text, w) }) &&
			slices.ContainsFunc(text, func(w string) bool { return strings.HasPrefix(w, ph.Words[last]) })
	case ph.Apart:
		return !slices.ContainsFunc(ph.Words, func(w string) bool { return !slices.Contains(text, w) })
	}
	for i := 0; i+len(ph.Words) <= len(text); i++ {
		if slices.Equal(text[i:i+len(ph.Words)], ph.Words) {
			return true
		}
	}
	return false
}
