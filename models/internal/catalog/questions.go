package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// Answers to a question about a twin.
const (
	AnswerKeep   = "keep"
	AnswerRemove = "remove"
)

// Questions are what only the producer can decide: the file's name and our measurement contradict each other, or
// two files hold the same audio.
func Questions(sounds []Sound) []api.Question {
	out := []api.Question{}
	same := twins(sounds)
	for i := range sounds {
		s := &sounds[i]
		if twin := same[s.ID]; twin != nil && !s.KeepTwin {
			out = append(out, api.Question{
				ID: s.ID + ":duplicate", SoundID: s.ID, Name: s.Name(), Field: "duplicate", Options: []string{AnswerKeep, AnswerRemove},
				Of: []string{AnswerKeep, AnswerRemove}, SameAs: twin.Path,
				Detail: fmt.Sprintf("%s sounds the same as %s. Keep both, or remove this one?", s.Path, twin.Path),
			})
		}
		out = append(out, s.questions()...)
	}
	return out
}

// questions are about the sound's own values.
func (s *Sound) questions() []api.Question {
	var out []api.Question
	ask := func(field, word string) {
		c := s.candidates(field)
		if len(c) < 2 {
			return
		}
		q := api.Question{ID: s.ID + ":" + field, SoundID: s.ID, Name: s.Name(), Field: field}
		var says []string
		for _, option := range c {
			q.Options = append(q.Options, option.value)
			q.Of = append(q.Of, option.from)
			says = append(says, sourceWords[option.from]+" "+option.value)
		}
		q.Detail = "Which " + word + " is right? " + strings.Join(says, ", ") + "."
		out = append(out, q)
	}
	if s.Stated.Type == nil {
		ask("type", "type")
	}
	if s.Stated.Key == nil {
		ask("key", "key")
	}
	if s.Stated.TempoBPM == nil && s.shown().kind == TypeLoop {
		ask("tempo", "tempo")
	}
	return out
}

var sourceWords = map[string]string{"name": "File name says", "embedded": "the file says", "measured": "we measure"}

// answer takes one of the options of an open question. It tells whether the sound is to be removed.
func answer(q api.Question, s *Sound, value string) (remove bool, bad *errs.Field) {
	for _, option := range q.Options {
		if option != value {
			continue
		}
		switch q.Field {
		case "duplicate":
			if value == AnswerRemove {
				return true, nil
			}
			s.KeepTwin = true
		case "type":
			s.Stated.Type = &value
		case "key":
			s.Stated.Key = &value
		case "tempo":
			bpm, _ := parseTempo(value)
			s.Stated.TempoBPM = &bpm
		}
		return false, nil
	}
	return false, &errs.Field{Name: q.ID, Reason: "not_an_option", Detail: "Choose one of: " + strings.Join(q.Options, ", ") + "."}
}

func parseTempo(s string) (float64, bool) {
	bpm, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(bpm, 0) {
		return 0, false
	}
	return cleanTempo(bpm)
}
