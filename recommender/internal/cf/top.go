package cf

import (
	"cmp"
	"slices"
)

// Scored is an item with how strongly it is meant.
type Scored struct {
	Item  int32
	Score float32
}

// stronger orders by score, then by item, so that equal input gives equal lists.
func stronger(a, b Scored) int {
	switch {
	case a.Score > b.Score:
		return -1
	case a.Score < b.Score:
		return 1
	}
	return cmp.Compare(a.Item, b.Item)
}

// top keeps the strongest of all that it is offered, in a heap with the weakest on top.
type top struct {
	most int
	heap []Scored
}

func newTop(most int) *top { return &top{most: most, heap: make([]Scored, 0, most)} }

func (t *top) offer(s Scored) {
	switch {
	case len(t.heap) < t.most:
		t.heap = append(t.heap, s)
		if len(t.heap) == t.most {
			for at := t.most/2 - 1; at >= 0; at-- {
				t.sink(at)
			}
		}
	case t.most > 0 && stronger(s, t.heap[0]) < 0:
		t.heap[0] = s
		t.sink(0)
	}
}

// sink moves what stands at a place below all that is weaker.
func (t *top) sink(at int) {
	s := t.heap[at]
	for {
		child := 2*at + 1
		if child >= len(t.heap) {
			break
		}
		if right := child + 1; right < len(t.heap) && stronger(t.heap[right], t.heap[child]) > 0 {
			child = right
		}
		if stronger(s, t.heap[child]) >= 0 {
			break
		}
		t.heap[at], at = t.heap[child], child
	}
	t.heap[at] = s
}

func (t *top) sorted() []Scored {
	slices.SortFunc(t.heap, stronger)
	return t.heap
}
