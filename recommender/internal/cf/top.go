package cf

import (
	"cmp"
	"container/heap"
	"slices"
)

// Scored is an item with how strongly it is meant.
type Scored struct {
	Item  int32
	Score float32
}

// stronger orders by score, then by item, so that equal input gives equal lists.
func stronger(a, b Scored) int {
	if c := cmp.Compare(b.Score, a.Score); c != 0 {
		return c
	}
	return cmp.Compare(a.Item, b.Item)
}

// top keeps the strongest of all that it is offered.
type top struct {
	most int
	list weakestFirst
}

func newTop(most int) *top { return &top{most: most} }

func (t *top) offer(s Scored) {
	switch {
	case t.most <= 0:
	case len(t.list) < t.most:
		heap.Push(&t.list, s)
	case stronger(s, t.list[0]) < 0:
		t.list[0] = s
		heap.Fix(&t.list, 0)
	}
}

func (t *top) sorted() []Scored {
	out := []Scored(t.list)
	slices.SortFunc(out, stronger)
	return out
}

type weakestFirst []Scored

func (w weakestFirst) Len() int           { return len(w) }
func (w weakestFirst) Less(i, j int) bool { return stronger(w[i], w[j]) > 0 }
func (w weakestFirst) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *weakestFirst) Push(x any)        { *w = append(*w, x.(Scored)) } //nolint:forcetypeassert // heap gives what offer took
func (w *weakestFirst) Pop() any {
	old := *w
	last := old[len(old)-1]
	*w = old[:len(old)-1]
	return last
}
