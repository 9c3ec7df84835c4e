package ingest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/models/events"
)

// prepared is a listing with what all its documents have, made once.
type prepared struct {
	events.Listing
	words, producer string // of WordText
	common          fields
	texts           texts
}

func prepare(l events.Listing) *prepared {
	p := &prepared{Listing: l, texts: texts{}}
	p.words = p.texts.of(append([]string{l.Title, l.Genre}, l.Tags...)...)
	p.producer = p.texts.of(l.Producer.Name, l.Producer.Handle)
	p.common = fields{text: map[string]string{}, terms: map[string][]string{}, numbers: map[string][]float64{}, slugs: map[string]string{}}
	f := &p.common
	f.one(search.TermPack, l.ID)
	f.term(search.TermGenre, l.Genre)
	f.term(search.TermProducer, l.Producer.Handle)
	f.one(search.TermProducerCard, search.ProducerCard(l.Producer.ID, l.Producer.Handle, l.Producer.Name))
	f.term(search.TermLicence, l.Licence)
	ai := "no"
	if l.MadeWithAI {
		ai = "yes"
	}
	f.one(search.TermAI, ai)
	f.number(search.NumberPublished, float64(l.PublishedAt.UnixMilli()))
	f.number(search.NumberBought, float64(l.Bought))
	f.text[search.TextMore] = p.texts.of(l.Description)
	f.text[search.TextProducer] = p.producer
	return p
}

// texts remembers WordText of what the sounds of a pack share: tags, instruments, folders, keys.
type texts map[string]string

// of is search.WordText.
func (t texts) of(parts ...string) string {
	made := make([]string, len(parts))
	for i, p := range parts {
		text, known := t[p]
		if !known {
			text = search.WordText(p)
			t[p] = text
		}
		made[i] = text
	}
	return search.JoinWordTexts(made...)
}

// fields are those of one document.
type fields struct {
	text    map[string]string
	terms   map[string][]string
	numbers map[string][]float64
	slugs   map[string]string // those known; all documents of a listing share them
	// Room for the values: most fields have a single one, and each would be an allocation.
	termRoom   []string
	numberRoom []float64
}

// clone gives fields of their own to one more document.
func (f *fields) clone() fields {
	out := fields{
		text:    make(map[string]string, len(search.TextFields)),
		terms:   make(map[string][]string, len(search.TermFields)),
		numbers: make(map[string][]float64, len(search.NumberFields)),
		slugs:   f.slugs, termRoom: make([]string, 0, 16), numberRoom: make([]float64, 0, 16),
	}
	maps.Copy(out.text, f.text)
	maps.Copy(out.terms, f.terms)
	maps.Copy(out.numbers, f.numbers)
	return out
}

// pitch adds key and tempo and returns them as words.
func (f *fields) pitch(s events.Sound) (key, tempo string) {
	if normal, ok := api.NormalKey(s.Key); ok {
		f.one(search.TermKey, normal)
		key = normal
		if name := search.KeyNames(normal)[0]; name != normal {
			key += " | " + name
		}
	}
	if s.TempoBPM > 0 && s.TempoBPM <= api.MaxTempo {
		f.one(search.TermTempo, search.TempoBar(s.TempoBPM))
		f.number(search.NumberTempo, s.TempoBPM)
		tempo = fmt.Sprintf("%.0f bpm", s.TempoBPM) // as it is shown
	}
	return key, tempo
}

// maxTermRunes bounds a value as queries bound it.
const maxTermRunes = api.MaxValue

// term adds values in the form in which queries ask for them.
func (f *fields) term(name string, values ...string) {
	for _, v := range values {
		slug, known := f.slugs[v]
		if !known {
			if slug = api.Slug(v); utf8.RuneCountInString(slug) > maxTermRunes {
				slug = "" // no query can ask for it
			}
			f.slugs[v] = slug
		}
		f.one(name, slug)
	}
}

// one adds values as they are, each once.
func (f *fields) one(name string, values ...string) {
	for _, v := range values {
		if have := f.terms[name]; v != "" && !slices.Contains(have, v) {
			f.terms[name] = put(&f.termRoom, have, v)
		}
	}
}

func (f *fields) number(name string, n float64) {
	if have := f.numbers[name]; !math.IsNaN(n) && !math.IsInf(n, 0) && !slices.Contains(have, n) {
		f.numbers[name] = put(&f.numberRoom, have, n)
	}
}

// put appends to what a field has; a first value takes its place in the room.
func put[T any](room *[]T, have []T, value T) []T {
	if len(have) > 0 {
		return append(have, value)
	}
	*room = append(*room, value)
	n := len(*room)
	return (*room)[n-1 : n : n]
}
