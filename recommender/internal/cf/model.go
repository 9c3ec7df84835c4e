// Package cf is collaborative filtering on numbers: people and items are rows and columns, what they are called and where they
// come from is for others. Everything in it is a function of its input alone.
package cf

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Recipe is all that decides how a model is made.
type Recipe struct {
	ALS      ALSOptions
	Models   int // factorisations from seeds that follow each other; more agree better
	Walk     WalkOptions
	Constant float64 // of the fusion
	ByWalk   float64 // weight of the walk's list against all factorisations together
}

// Alike says whether two recipes make the same model; how many work at it makes no difference.
func (r Recipe) Alike(other Recipe) bool {
	r.ALS.Workers, other.ALS.Workers = 0, 0
	return r == other
}

// candidates is how many items each list brings to the fusion.
const candidates = 200

// Blend is likeness of items and factorisations that speak with one voice.
type Blend struct {
	recipe Recipe
	matrix *Matrix
	walk   *Walk
	rows   [][]Scored // of the walk, derived once
	models []*Factors
}

// TrainBlend makes what a recipe says. Equal input gives an equal blend.
func TrainBlend(m *Matrix, r Recipe) *Blend {
	b := walkOf(m, r)
	for n := range r.Models {
		b.models = append(b.models, TrainALS(m, r.ALS.ofModel(n)))
	}
	return b
}

// BlendOf joins the walk of a recipe with factors of the items that were trained elsewhere, a row of ALS.Dim for each item of
// the matrix. It answers ForNew; of the recipe's ALS the fold-in alone is used.
func BlendOf(m *Matrix, r Recipe, items [][]float32) *Blend {
	r.Models = len(items)
	b := walkOf(m, r)
	for n, rows := range items {
		f := &Factors{Dim: r.ALS.Dim, Items: rows, opts: r.ALS.ofModel(n)}
		f.finish()
		b.models = append(b.models, f)
	}
	return b
}

func walkOf(m *Matrix, r Recipe) *Blend {
	b := &Blend{recipe: r, matrix: m}
	if r.ByWalk > 0 {
		b.walk = NewWalk(m, r.Walk)
		b.rows = make([][]Scored, m.Items)
		inParallel(m.Items, r.ALS.Workers, func() func(int) {
			room := NewRoom(m.Items)
			return func(i int) { b.rows[i] = b.walk.Row(i, room) }
		})
	}
	return b
}

// ofModel are the options of one of several factorisations.
func (o ALSOptions) ofModel(n int) ALSOptions {
	o.Seed += uint64(n) //nolint:gosec // a few
	return o
}

// For lists items for a person of the matrix, best first, without those in their row.
func (b *Blend) For(person, most int, room *Room) []Scored {
	return b.recipe.fuse(b.voices(person, room), most)
}

// ForgetPeople gives back the room of what only For and Lists need.
func (b *Blend) ForgetPeople() {
	b.matrix, b.walk = nil, nil
	for _, f := range b.models {
		f.People = nil
	}
}

// ForNew lists items for somebody with a row of their own, items ascending: the factorisations fold them in.
func (b *Blend) ForNew(items []int32, weights []float32, most int, room *Room) []Scored {
	var lists [][]Scored
	if b.rows != nil {
		lists = append(lists, b.byWalk(items, weights, room))
	}
	for _, f := range b.models {
		lists = append(lists, strongest(f, f.FoldIn(items, weights), items, room))
	}
	return b.recipe.fuse(lists, most)
}

// Near lists the items most like one by the walk, strongest first.
func (b *Blend) Near(item int) []Scored { return b.rows[item] }

// Because finds which item of a row says most for another by the walk; ok is false when none does.
func (b *Blend) Because(items []int32, weights []float32, other int32) (item int32, ok bool) {
	most := float32(0)
	for k, i := range items {
		for _, s := range b.rows[i] {
			if s.Item != other {
				continue
			}
			if by := weights[k] * s.Score; by > most {
				item, most, ok = i, by, true
			}
			break
		}
	}
	return item, ok
}

// voices are the lists of the walk, if it is heard, and of each factorisation.
func (b *Blend) voices(person int, room *Room) [][]Scored {
	items, weights := b.matrix.Row(person)
	var lists [][]Scored
	if b.walk != nil {
		lists = append(lists, b.byWalk(items, weights, room))
	}
	for _, f := range b.models {
		lists = append(lists, strongest(f, f.People[person*f.Dim:(person+1)*f.Dim], items, room))
	}
	return lists
}

// fuse joins voices; with more lists than factorisations the first is the walk's.
func (r Recipe) fuse(voices [][]Scored, most int) []Scored {
	weights := make([]float64, len(voices))
	for n := range weights {
		weights[n] = 1
	}
	if len(voices) > r.Models {
		weights[0] = r.ByWalk * float64(max(1, r.Models))
	}
	return Fuse(most, r.Constant, voices, weights)
}

// byWalk sums the rows of a person's items.
func (b *Blend) byWalk(items []int32, weights []float32, room *Room) []Scored {
	for k, i := range items {
		for _, s := range b.rows[i] {
			if room.sum[s.Item] == 0 {
				room.touched = append(room.touched, s.Item)
			}
			room.sum[s.Item] += weights[k] * s.Score
		}
	}
	for _, i := range items {
		room.sum[i] = 0
	}
	t := newTop(candidates)
	for _, i := range room.touched {
		if room.sum[i] > 0 {
			t.offer(Scored{i, room.sum[i]})
		}
		room.sum[i] = 0
	}
	room.touched = room.touched[:0]
	return t.sorted()
}

// strongest lists the items that factors rank first, without those that the person has.
func strongest(f *Factors, person []float32, have []int32, room *Room) []Scored {
	f.Scores(person, room.sum)
	least := float32(math.Inf(-1))
	for _, i := range have {
		room.sum[i] = least
	}
	t := newTop(candidates)
	for i, s := range room.sum {
		if s <= least { // of equal ones the first counts
			continue
		}
		t.offer(Scored{int32(i), s}) //nolint:gosec // fewer than 2^31 items
		if len(t.heap) == candidates {
			least = t.heap[0].Score
		}
	}
	clear(room.sum)
	return t.sorted()
}

// Lists gives For of the people that are asked for, nil for the others.
func (b *Blend) Lists(people []int, most int) [][]Scored {
	out := make([][]Scored, b.matrix.People)
	inParallel(len(people), b.recipe.ALS.Workers, func() func(int) {
		room := NewRoom(b.matrix.Items)
		return func(n int) { out[people[n]] = b.For(people[n], most, room) }
	})
	return out
}

// yieldEvery is after how many calls a worker lets others go first: Go takes a processor from who computes only after 10 ms, and a
// model is made beside answers.
const yieldEvery = 16

// inParallel calls a function of each worker's own for 0 … n-1.
func inParallel(n, workers int, worker func() func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range max(1, workers) {
		all.Go(func() {
			do := worker()
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
				if i%yieldEvery == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	all.Wait()
}
