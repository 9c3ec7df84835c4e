// Package bounded bounds what is remembered of callers.
package bounded

// MakeRoom drops what is over, and when that leaves more than nine tenths of most, others until it does not.
func MakeRoom[K comparable, V any](entries map[K]V, most int, over func(V) bool) {
	for key, entry := range entries {
		if over(entry) {
			delete(entries, key)
		}
	}
	for key := range entries {
		if len(entries) < most*9/10 {
			return
		}
		delete(entries, key)
	}
}
