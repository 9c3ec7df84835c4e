package search

import (
	"encoding/json"
	"sync"

	"crateful.dev/indexer/api"
)

// maxRecent bounds the answers that are kept for when the engine does not answer.
const maxRecent = 64

// recent remembers the last answers by their query, each at most as old as maxRecent others.
type recent struct {
	mu      sync.Mutex
	answers map[string]Answer
	order   []string // oldest first
}

func (r *recent) get(q api.Query) (Answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.answers[recentKey(q)]
	return a, ok
}

func (r *recent) put(q api.Query, a Answer) {
	key := recentKey(q)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[string]Answer{}
	}
	if _, ok := r.answers[key]; !ok {
		r.order = append(r.order, key)
	}
	r.answers[key] = a
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
