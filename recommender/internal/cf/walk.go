package cf

import (
	"math"
	"slices"
)

// WalkOptions tune item-to-item likeness.
type WalkOptions struct {
	Alpha      float64 // exponent of the chance of each step; above 1 it prefers the likely ones
	Beta       float64 // exponent by which popular items are tempered
	Neighbours int     // strongest kept for each item
}

// Walk is likeness of items as the chance of a random walk from one to a person who cares about it, to another item of
// theirs, tempered by the popularity of where it ends: RP³β, Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate,
// diverse, and scalable recommendations for interactive applications" (ACM TiiS 2017). Rows are derived when they are asked
// for. It is safe for concurrent use as long as each caller brings its own Room.
type Walk struct {
	opts   WalkOptions
	people *Matrix
	items  *Matrix
	away   []float32 // chance of leaving a person by one of their items
	enter  []float32 // chance of leaving an item to one of its people
	temper []float32 // of an item as the end of a walk
}

// NewWalk prepares the walks over a matrix.
func NewWalk(m *Matrix, o WalkOptions) *Walk {
	w := &Walk{opts: o, people: m, items: m.Transposed(), away: make([]float32, m.People), enter: make([]float32, m.Items), temper: make([]float32, m.Items)}
	for p := range m.People {
		if items, _ := m.Row(p); len(items) > 0 {
			w.away[p] = float32(math.Pow(1/float64(len(items)), o.Alpha))
		}
	}
	for i := range m.Items {
		if people, _ := w.items.Row(i); len(people) > 0 {
			w.enter[i] = float32(math.Pow(1/float64(len(people)), o.Alpha))
			w.temper[i] = float32(math.Pow(float64(len(people)), -o.Beta))
		}
	}
	return w
}

// Room is what deriving rows needs again and again.
type Room struct {
	sum     []float32
	touched []int32
}

// NewRoom makes room for rows of so many items.
func NewRoom(items int) *Room { return &Room{sum: make([]float32, items)} }

// Row lists the items most like one, strongest first, without itself.
func (w *Walk) Row(item int, room *Room) []Scored {
	people, _ := w.items.Row(item)
	for _, p := range people {
		by := w.away[p]
		others, _ := w.people.Row(int(p))
		for _, j := range others {
			if room.sum[j] == 0 {
				room.touched = append(room.touched, j)
			}
			room.sum[j] += by
		}
	}
	top := newTop(w.opts.Neighbours)
	for _, j := range room.touched {
		s := room.sum[j] * w.enter[item] * w.temper[j]
		room.sum[j] = 0
		if int(j) != item {
			top.offer(Scored{j, s})
		}
	}
	room.touched = room.touched[:0]
	return slices.Clone(top.sorted()) // rows are kept: without the room for what did not come
}
