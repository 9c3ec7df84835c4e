package cf

import (
	"math"
	"math/rand/v2"
)

// ALSOptions tune a factorisation.
type ALSOptions struct {
	Dim        int     // factors of a person and of an item
	Sweeps     int     // each solves for all people, then for all items
	Unobserved float64 // weight of a pair without an act against one with; α₀
	Regularise float64 // λ
	Frequency  float64 // ν: a row of n acts is regularised by λ·(n + α₀·columns)^ν
	Steps      int     // of conjugate gradient in each solution
	Seed       uint64
	Workers    int // that work at once; the result is the same for any number
}

// Factors is a matrix as the product of two narrow ones.
type Factors struct {
	Dim    int
	People []float32 // a row of Dim for each person
	Items  []float32 // a row of Dim for each item
	opts   ALSOptions
	gram   []float32 // of Items, times the weight of the unobserved
}

// TrainALS factorises implicit feedback by alternating least squares: Hu, Koren, Volinsky, "Collaborative filtering for
// implicit feedback datasets" (ICDM 2008), solved by conjugate gradient as in Takács, Pilászy, Tikk, "Applications of the
// conjugate gradient method for implicit feedback collaborative filtering" (RecSys 2011), with the weight of the unobserved and
// the regularisation by frequency of Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item
// recommendation benchmarks" (RecSys 2022). Equal input gives equal factors.
func TrainALS(m *Matrix, o ALSOptions) *Factors {
	f := &Factors{Dim: o.Dim, People: make([]float32, m.People*o.Dim), Items: make([]float32, m.Items*o.Dim), opts: o}
	r := rand.New(rand.NewPCG(o.Seed, 0x616c73)) //nolint:gosec // must be the same for the same seed
	spread := 0.1 / math.Sqrt(float64(o.Dim))
	for i := range f.Items {
		f.Items[i] = float32(r.NormFloat64() * spread)
	}
	items := m.Transposed()
	for range o.Sweeps {
		o.solve(m, f.People, f.Items)
		o.solve(items, f.Items, f.People)
	}
	f.finish()
	return f
}

// finish prepares the fold-in.
func (f *Factors) finish() { f.gram = gram(f.Items, f.Dim, float32(f.opts.Unobserved)) }

// solve sets each row of x to what fits best while y stands still.
func (o ALSOptions) solve(m *Matrix, x, y []float32) {
	g := gram(y, o.Dim, float32(o.Unobserved))
	inParallel(m.People, o.Workers, func() func(int) {
		s := newSolver(o)
		return func(p int) {
			items, weights := m.Row(p)
			s.row(x[p*o.Dim:(p+1)*o.Dim], g, y, items, weights)
		}
	})
}

// solver has the room that one solution after another needs.
type solver struct {
	o        ALSOptions
	r, p, ap []float32
	gathered []float32 // factors of the row's items beside each other
}

func newSolver(o ALSOptions) *solver {
	return &solver{o: o, r: make([]float32, o.Dim), p: make([]float32, o.Dim), ap: make([]float32, o.Dim)}
}

// row improves x, the factors of a row, by steps of conjugate gradient from where it is.
func (s *solver) row(x, g, y []float32, items []int32, weights []float32) {
	d := s.o.Dim
	if len(items) == 0 {
		clear(x)
		return
	}
	columns := float64(len(y) / d)
	ridge := float32(s.o.Regularise * math.Pow(float64(len(items))+s.o.Unobserved*columns, s.o.Frequency))
	if need := len(items) * d; cap(s.gathered) < need {
		s.gathered = make([]float32, need)
	}
	near := s.gathered[:len(items)*d]
	for k, i := range items {
		copy(near[k*d:(k+1)*d], y[int(i)*d:(int(i)+1)*d])
	}
	apply := func(out, v []float32, shift float32) { // (α₀G + ΣwyyT + ridge)·v + shift·Σwy
		dots(out, g, v)
		add(out, ridge, v)
		addProjections(out, v, near, weights, shift)
	}
	apply(s.r, x, -1)
	for k := range s.r {
		s.r[k] = -s.r[k]
	}
	copy(s.p, s.r)
	before := dot(s.r, s.r)
	for range s.o.Steps {
		if before < 1e-20 {
			return
		}
		apply(s.ap, s.p, 0)
		step := before / dot(s.p, s.ap)
		add(x, step, s.p)
		add(s.r, -step, s.ap)
		after := dot(s.r, s.r)
		turn := after / before
		for k := range s.p {
			s.p[k] = s.r[k] + turn*s.p[k]
		}
		before = after
	}
}

// FoldIn gives the factors of somebody who was not there when the model was trained.
func (f *Factors) FoldIn(items []int32, weights []float32) []float32 {
	x := make([]float32, f.Dim)
	o := f.opts
	o.Steps = max(o.Steps, 8)
	newSolver(o).row(x, f.gram, f.Items, items, weights)
	return x
}

// Scores puts the strength of each item for a person with these factors into out.
func (f *Factors) Scores(person, out []float32) {
	dots(out, f.Items, person)
}
