package storefront

import (
	"container/list"
	"sync"
)

// lru keeps values up to a total cost; what was not used for longest goes first.
type lru[V any] struct {
	mu    sync.Mutex
	limit int64
	cost  int64
	order *list.List // of *lruEntry[V], latest use in front
	byKey map[string]*list.Element
}

type lruEntry[V any] struct {
	key   string
	value V
	cost  int64
}

func newLRU[V any](limit int64) *lru[V] {
	return &lru[V]{limit: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

func (l *lru[V]) get(key string) (V, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.byKey[key]; ok {
		if e, ok := at.Value.(*lruEntry[V]); ok {
			l.order.MoveToFront(at)
			return e.value, true
		}
	}
	var none V
	return none, false
}

func (l *lru[V]) put(key string, value V, cost int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(key)
	l.byKey[key] = l.order.PushFront(&lruEntry[V]{key, value, cost})
	l.cost += cost
	for l.cost > l.limit && l.order.Len() > 1 {
		if e, ok := l.order.Back().Value.(*lruEntry[V]); ok {
			l.remove(e.key)
		}
	}
}

func (l *lru[V]) drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(key)
}

func (l *lru[V]) remove(key string) {
	at, ok := l.byKey[key]
	if !ok {
		return
	}
	delete(l.byKey, key)
	if e, ok := l.order.Remove(at).(*lruEntry[V]); ok {
		l.cost -= e.cost
	}
}
