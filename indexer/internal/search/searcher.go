package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"crateful.dev/indexer/api"
)

// Answer is an api.Response whose rows are passed on as the index holds them.
type Answer struct {
	api.Response
	Sounds []json.RawMessage `json:"sounds,omitempty"`
	Packs  []json.RawMessage `json:"packs,omitempty"`
	Groups []AnswerGroup     `json:"groups,omitempty"`
}

// AnswerGroup is an api.PackGroup in the same way.
type AnswerGroup struct {
	Pack     json.RawMessage   `json:"pack"`
	Producer json.RawMessage   `json:"producer"`
	Count    int64             `json:"count"`
	Sounds   []json.RawMessage `json:"sounds"`
}

// Searcher answers queries from a Backend.
type Searcher struct {
	backend  Backend
	pressure *Pressure
	recent   recent
}

// NewSearcher returns a Searcher that notes in pressure how long searches take.
func NewSearcher(backend Backend, pressure *Pressure) *Searcher {
	return &Searcher{backend: backend, pressure: pressure}
}

// Search answers a query. What is wrong with it is an *api.QueryError or ErrBadCursor. While the engine does not answer,
// what the same query found a while ago is the answer, marked as stale.
func (s *Searcher) Search(ctx context.Context, q api.Query) (Answer, error) {
	start := time.Now()
	q, err := q.Canonical()
	if err != nil {
		return Answer{}, err
	}
	answer, err := s.answer(ctx, q)
	took := time.Since(start)
	if errors.Is(err, ErrUnavailable) {
		if old, ok := s.recent.get(q); ok {
			old.Stale, old.TookMS = true, milliseconds(took)
			return old, nil
		}
	}
	if err != nil {
		return Answer{}, fmt.Errorf("search: %w", err)
	}
	s.pressure.Note(took)
	answer.TookMS = milliseconds(took)
	s.recent.put(q, answer)
	return answer, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *Searcher) answer(ctx context.Context, q api.Query) (Answer, error) {
	answer, err := s.find(ctx, q)
	if err != nil {
		return answer, err
	}
	if q.Words != "" && q.Like == "" && answer.Total <= fewResults {
		if answer, err = s.respelt(ctx, q, answer); err != nil {
			return answer, fmt.Errorf("try other spellings: %w", err)
		}
	}
	if answer.Total == 0 && q.Cursor == "" && !q.NoFacets {
		if answer.Loosen, err = s.loosen(ctx, q); err != nil {
			return answer, fmt.Errorf("look for what to loosen: %w", err)
		}
	}
	if answer.Total == 0 && q.Cursor == "" && q.Words != "" && q.Like == "" {
		if err = s.findNearest(ctx, q, &answer); err != nil {
			return answer, fmt.Errorf("look for what comes near: %w", err)
		}
	}
	return answer, nil
}

// find answers a query as it is spelt.
func (s *Searcher) find(ctx context.Context, q api.Query) (answer Answer, err error) {
	answer.Query = q
	switch {
	case q.Like != "":
		err = s.findLike(ctx, q, &answer)
	case q.Kind == api.KindProducers:
		err = s.findProducers(ctx, q, &answer)
	default:
		err = s.findRows(ctx, q, &answer)
	}
	return answer, err
}

// Ready says why searches cannot be answered.
func (s *Searcher) Ready(ctx context.Context) error { return s.backend.Ready(ctx) }
