package history

import (
	"maps"
	"slices"
)

// Compact lays the facts of many people side by side. Grown one by one they leave holes that together take as much memory as the
// facts themselves; who acts later has room of their own again until the next time.
func (h *History) Compact() {
	h.mu.RLock()
	ids := slices.Sorted(maps.Keys(h.people))
	h.mu.RUnlock()
	for some := range slices.Chunk(ids, savedAtOnce) {
		h.compact(some)
	}
}

func (h *History) compact(ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, id := range ids {
		n += len(h.people[id].facts)
	}
	all := make([]fact, 0, n)
	for _, id := range ids {
		p := h.people[id]
		from := len(all)
		all = append(all, p.facts...)
		p.facts = all[from:len(all):len(all)] // none grows into the next one's
	}
}
