package cf

import "slices"

// Entry is one person's interest in one item.
type Entry struct {
	Person, Item int32
	Weight       float32 // above 0; 1 where all acts weigh the same
}

// Matrix holds the interest of people (rows) in items (columns), the rows one after another with their items ascending. Read only.
type Matrix struct {
	People, Items int
	start         []int32 // of each row, and the end of the last
	item          []int32
	weight        []float32
}

// NewMatrix makes a matrix of entries, in any order; of two entries for one pair the heavier counts.
func NewMatrix(people, items int, entries []Entry) *Matrix {
	m := &Matrix{People: people, Items: items, start: make([]int32, people+1)}
	byPair := func(a, b Entry) int {
		if a.Person != b.Person {
			return int(a.Person - b.Person)
		}
		return int(a.Item - b.Item)
	}
	sorted := entries
	if !slices.IsSortedFunc(entries, byPair) {
		sorted = slices.Clone(entries)
		slices.SortFunc(sorted, byPair)
	}
	for i, e := range sorted {
		if i > 0 && sorted[i-1].Person == e.Person && sorted[i-1].Item == e.Item {
			last := len(m.weight) - 1
			m.weight[last] = max(m.weight[last], e.Weight)
			continue
		}
		m.item, m.weight = append(m.item, e.Item), append(m.weight, e.Weight)
		m.start[e.Person+1]++
	}
	for p := range people {
		m.start[p+1] += m.start[p]
	}
	return m
}

// Row gives a person's items, ascending, and their weights, if the matrix has any.
func (m *Matrix) Row(person int) (items []int32, weights []float32) {
	from, to := m.start[person], m.start[person+1]
	if m.weight == nil {
		return m.item[from:to], nil
	}
	return m.item[from:to], m.weight[from:to]
}

// Len is the number of entries.
func (m *Matrix) Len() int { return len(m.item) }

// Places is the matrix without its weights, which take half of its room.
func (m *Matrix) Places() *Matrix {
	return &Matrix{People: m.People, Items: m.Items, start: m.start, item: m.item}
}

// Transposed has a row for each item.
func (m *Matrix) Transposed() *Matrix {
	t := &Matrix{
		People: m.Items, Items: m.People, start: make([]int32, m.Items+1),
		item: make([]int32, len(m.item)), weight: make([]float32, len(m.weight)),
	}
	for _, i := range m.item {
		t.start[i+1]++
	}
	for i := range m.Items {
		t.start[i+1] += t.start[i]
	}
	next := slices.Clone(t.start[:m.Items])
	for p := range m.People {
		items, weights := m.Row(p)
		for k, i := range items {
			t.item[next[i]], t.weight[next[i]] = int32(p), weights[k] //nolint:gosec // fewer than 2^31 people
			next[i]++
		}
	}
	return t
}
