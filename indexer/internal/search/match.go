package search

import (
	"slices"
	"strings"

	"crateful.dev/indexer/api"
)

// Matches reports whether one document is found by a canonical query, without an engine: what a saved search needs
// when a new pack arrives. It agrees with every engine.
func Matches(q api.Query, d Document) bool {
	if d.Gone {
		return false
	}
	kind := KindSound
	if q.Kind != api.KindSounds {
		kind = KindPack
	}
	p := PlanFor(q, kind)
	if q.Kind == api.KindProducers {
		p.In = TextProducer
	}
	return p.Matches(d)
}

// Matches reports whether the plan finds the document.
func (p Plan) Matches(d Document) bool {
	if d.Gone || p.Nothing || d.Kind != p.Kind {
		return false
	}
	for _, f := range p.Filters {
		if !f.holds(d) {
			return false
		}
	}
	if len(p.Words) == 0 {
		return true
	}
	text := strings.Fields(d.Text[p.In])
	for i, g := range p.Words {
		prefix := p.Prefix && i == len(p.Words)-1
		if !slices.ContainsFunc(g, func(ph Phrase) bool { return ph.in(text, prefix) }) {
			return false
		}
	}
	return true
}

func (f Filter) holds(d Document) bool {
	if len(f.Ranges) > 0 {
		return slices.ContainsFunc(d.Numbers[f.Field], func(n float64) bool {
			return slices.ContainsFunc(f.Ranges, func(s Span) bool { return s.Holds(n) })
		})
	}
	has := func(t string) bool { return slices.Contains(d.Terms[f.Field], t) }
	if f.All {
		return !slices.ContainsFunc(f.Terms, func(t string) bool { return !has(t) })
	}
	return slices.ContainsFunc(f.Terms, has)
}

func (ph Phrase) in(text []string, prefix bool) bool {
	if prefix { // as engines do it: the complete words anywhere, and one word that begins like the last
		last := len(ph) - 1
		return !slices.ContainsFunc(ph[:last], func(w string) bool { return !slices.Contains(text, w) }) &&
			slices.ContainsFunc(text, func(w string) bool { return strings.HasPrefix(w, ph[last]) })
	}
	for i := 0; i+len(ph) <= len(text); i++ {
		if slices.Equal(text[i:i+len(ph)], ph) {
			return true
		}
	}
	return false
}
