package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"crateful.dev/models/api"
)

// Types of sound.
const (
	TypeLoop    = "loop"
	TypeOneShot = "one-shot"
)

// How the price of a sound comes about.
const (
	PriceDefault = "default" // the pack's
	PricePack    = "pack"    // not sold alone
	PriceOwn     = "own"
)

// How sure the analyzer must be.
const (
	confidenceToAsk  = 0.5 // below, a measurement does not contradict the file's name
	confidenceToShow = 0.7 // below, a shown measurement is marked unsure
)

// Sound is a checked sound of the working copy.
type Sound struct {
	ID         string
	PackID     string
	UploadID   string
	Path       string // inside the pack, with the name
	Facts      api.SoundFacts
	Stated     api.StatedFacts
	Instrument *string // nil: guessed from the path
	Tags       []string
	PriceSet   string
	Price      *int64 // with PriceOwn
	KeepTwin   bool   // the producer wants it although another has the same audio
	CreatedAt  time.Time
}

// Name is the file name with its ending, Folder the path without it.
func (s *Sound) Name() string { return s.Path[strings.LastIndexByte(s.Path, '/')+1:] }

func (s *Sound) Folder() string {
	return strings.TrimSuffix(s.Path[:strings.LastIndexByte(s.Path, '/')+1], "/")
}

// shown are the values that pages show.
type shown struct {
	kind        string
	key         string
	keyUnsure   bool
	keyFrom     string // measured | producer
	tempo       float64
	tempoUnsure bool
	tempoFrom   string
}

// candidate is a possible value and where it comes from.
type candidate struct {
	value string
	from  string // name | embedded | measured
}

// candidates lists the values that speak for themselves, the file's name first, without repeats.
func (s *Sound) candidates(field string) []candidate {
	var all []candidate
	add := func(value, from string) {
		if value == "" || slices.ContainsFunc(all, func(c candidate) bool { return sameValue(field, c.value, value) }) {
			return
		}
		all = append(all, candidate{value, from})
	}
	hints := slices.Clone(s.Facts.Hints)
	slices.SortStableFunc(hints, func(a, b api.Hint) int { return cmp.Compare(hintRank(a.From), hintRank(b.From)) })
	for _, h := range hints {
		if h.Field == field {
			from := "embedded"
			if h.From == "name" {
				from = "name"
			}
			add(normalValue(field, h.Value), from)
		}
	}
	switch field {
	case "type":
		if s.Facts.Type.Confidence >= confidenceToAsk || len(all) == 0 {
			add(s.Facts.Type.Value, "measured")
		}
	case "key":
		if s.Facts.Key.Confidence >= confidenceToAsk || len(all) == 0 {
			add(normalValue(field, s.Facts.Key.Value), "measured")
		}
	case "tempo":
		if bpm, ok := cleanTempo(s.Facts.Tempo.BPM); ok && bpm > 0 && (s.Facts.Tempo.Confidence >= confidenceToAsk || len(all) == 0) {
			add(tempoText(bpm), "measured")
		}
	}
	return all
}

func hintRank(from string) int {
	if from == "name" {
		return 0
	}
	return 1
}

// normalValue brings a hint into the form that is compared and shown; "" when it makes no sense.
func normalValue(field, value string) string {
	switch field {
	case "type":
		if value == TypeLoop || value == TypeOneShot {
			return value
		}
	case "key":
		if key, ok := ParseKey(value); ok {
			return key
		}
	case "tempo":
		if bpm, ok := parseTempo(value); ok && bpm > 0 {
			return tempoText(bpm)
		}
	}
	return ""
}

func sameValue(field, a, b string) bool {
	switch field {
	case "key":
		return sameKey(a, b)
	case "tempo":
		x, _ := parseTempo(a)
		y, _ := parseTempo(b)
		return sameTempo(x, y)
	}
	return a == b
}

// shown decides what pages show: stated before the file's own words before measured.
func (s *Sound) shown() shown {
	var v shown
	if s.Stated.Type != nil {
		v.kind = *s.Stated.Type
	} else if c := s.candidates("type"); len(c) > 0 {
		v.kind = c[0].value
	}
	if v.kind == "" {
		v.kind = TypeOneShot
	}
	if s.Stated.Key != nil {
		v.key, v.keyFrom = *s.Stated.Key, "producer"
	} else if c := s.candidates("key"); len(c) > 0 {
		v.key, v.keyFrom = c[0].value, fromWords(c[0].from)
		v.keyUnsure = c[0].from == "measured" && s.Facts.Key.Confidence < confidenceToShow
	}
	if s.Stated.TempoBPM != nil {
		v.tempo, v.tempoFrom = *s.Stated.TempoBPM, "producer"
	} else if c := s.candidates("tempo"); len(c) > 0 && (v.kind == TypeLoop || c[0].from == "name") {
		v.tempo, _ = parseTempo(c[0].value)
		v.tempoFrom = fromWords(c[0].from)
		v.tempoUnsure = c[0].from == "measured" && s.Facts.Tempo.Confidence < confidenceToShow
	}
	if v.key == "" {
		v.keyFrom = ""
	}
	if v.tempo == 0 {
		v.tempoFrom = ""
	}
	return v
}

func fromWords(from string) string {
	if from == "measured" {
		return "measured"
	}
	return "producer"
}

// instrument is the stated or guessed one.
func (s *Sound) instrument() string {
	if s.Instrument != nil {
		return *s.Instrument
	}
	return GuessInstrument(s.Path)
}

// price is what the sound costs alone; nil: sold only with the pack.
func (s *Sound) price(p *Pack) *api.Money {
	switch s.PriceSet {
	case PriceOwn:
		return money(s.Price)
	case PriceDefault:
		return money(p.SoundPrice)
	}
	return nil
}

// audio identifies what is heard, whatever the header says.
func (s *Sound) audio() string {
	if s.Facts.AudioSHA256 != "" {
		return s.Facts.AudioSHA256
	}
	return s.Facts.SHA256
}

// twins maps the id of every sound to the first sound of the pack with the same audio, where there is an earlier one.
func twins(sounds []Sound) map[string]*Sound {
	first := map[string]*Sound{}
	order := make([]*Sound, len(sounds))
	for i := range sounds {
		order[i] = &sounds[i]
	}
	slices.SortFunc(order, func(a, b *Sound) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	out := map[string]*Sound{}
	for _, s := range order {
		if f, ok := first[s.audio()]; ok {
			out[s.ID] = f
		} else {
			first[s.audio()] = s
		}
	}
	return out
}
