package search

import (
	"encoding/json"
	"sync"
	"time"

	"crateful.dev/indexer/api"
)

// Bounds of the answers that are kept for when the engine does not answer.
const (
	maxRecent = 64
	recentFor = 10 * time.Minute // then too much can have been withdrawn
)

// recent remembers the last answers by their query. What is like a sound comes along on its page, which does without.
type recent struct {
	mu      sync.Mutex
	answers map[string]remembered
	order   []string // first asked first
}

type remembered struct {
	answer Answer
	at     time.Time
}

func (r *recent) get(q api.Query) (Answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.answers[recentKey(q)]
	return a.answer, ok && time.Since(a.at) < recentFor
}

func (r *recent) put(q api.Query, a Answer) {
	if q.Like != "" {
		return
	}
	key := recentKey(q)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[string]remembered{}
	}
	if _, ok := r.answers[key]; !ok {
		r.order = append(r.order, key)
	}
	r.answers[key] = remembered{a, time.Now()}
	if len(r.order) > maxRecent {
		delete(r.answers, r.order[0])
		r.order = r.order[1:]
	}
}

func recentKey(q api.Query) string {
	raw, err := json.Marshal(q)
	if err != nil {
		return "" // a canonical query always encodes
	}
	return string(raw)
}
