package cf

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// TuneOptions bound a search for a recipe.
type TuneOptions struct {
	Seed    uint64
	Workers int
	Log     func(string) // what was found on the way; nil: nobody listens
}

// Bounds of the search.
const (
	keptShare   = 0.2   // of a person's items is kept back to judge by
	keptFrom    = 5     // items of a person from which on some are kept back
	mostJudged  = 2_000 // people whose lists are judged
	firstTries  = 20    // factorisations with parameters drawn at random
	closerTries = 8     // near the best so far, in each of two rounds
	smallWork   = 300e6 // entries × dimension² from which on the search makes do with fewer tries
	searchDim   = 48
	finalModels = 4
)

// Split keeps some of each person's items back, with all entries for them: those met last when entries have times, else some
// drawn at random.
func Split(people, items int, entries []Entry, times []int64, seed uint64) (train, kept *Matrix) {
	of := make([][]int, people)
	same := make([]int, len(entries)) // the next entry for the same pair, 0 after the last
	first := make(map[[2]int32]int, len(entries))
	for n, e := range entries {
		pair := [2]int32{e.Person, e.Item}
		at, met := first[pair]
		if !met {
			first[pair] = n
			of[e.Person] = append(of[e.Person], n)
			continue
		}
		same[n], same[at] = same[at], n
	}
	r := rand.New(rand.NewPCG(seed, 0x73706c69)) //nolint:gosec // must be the same for the same seed
	var a, b []Entry
	for _, own := range of {
		r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
		if times != nil {
			slices.SortStableFunc(own, func(i, j int) int { return cmp.Compare(times[j], times[i]) }) // an item counts as met by its first entry
		}
		back := 0
		if len(own) >= keptFrom {
			back = max(1, int(math.Round(keptShare*float64(len(own)))))
		}
		for k, n := range own {
			for e := n; ; e = same[e] {
				if k < back {
					b = append(b, entries[e])
				} else {
					a = append(a, entries[e])
				}
				if same[e] == 0 {
					break
				}
			}
		}
	}
	return NewMatrix(people, items, a), NewMatrix(people, items, b)
}

// Tune searches for the recipe whose lists foretell best what was kept back. It never sees anything else.
func Tune(train, kept *Matrix, o TuneOptions) Recipe {
	s := &search{train: train, kept: kept, o: o, random: rand.New(rand.NewPCG(o.Seed, 0x74756e65))} //nolint:gosec // must be the same for the same seed
	s.choosePeople()
	walk := s.bestWalk()
	als := s.bestALS()
	return s.bestFusion(walk, als)
}

type search struct {
	train, kept *Matrix
	o           TuneOptions
	random      *rand.Rand
	people      []int // that are judged
}

func (s *search) say(format string, args ...any) {
	if s.o.Log != nil {
		s.o.Log(fmt.Sprintf(format, args...))
	}
}

func (s *search) choosePeople() {
	for p := range s.kept.People {
		if items, _ := s.kept.Row(p); len(items) > 0 {
			s.people = append(s.people, p)
		}
	}
	if len(s.people) > mostJudged {
		s.random.Shuffle(len(s.people), func(i, j int) { s.people[i], s.people[j] = s.people[j], s.people[i] })
		s.people = s.people[:mostJudged]
		slices.Sort(s.people)
	}
}

// judge scores a recipe by the sum of both measures.
func (s *search) judge(r Recipe) float64 {
	return s.value(TrainBlend(s.train, r).Lists(s.people, recallAt))
}

func (s *search) value(lists [][]Scored) float64 {
	q := judgeSome(lists, s.kept, s.people)
	return q.Recall + q.NDCG
}

func (s *search) bestWalk() WalkOptions {
	var best WalkOptions
	most := -1.0
	try := func(o WalkOptions) {
		if v := s.judge(Recipe{Walk: o, ByWalk: 1, Constant: 1}); v > most {
			best, most = o, v
		}
	}
	for _, alpha := range []float64{0.3, 0.45, 0.6, 0.8, 1} {
		for _, beta := range []float64{0, 0.15, 0.3, 0.45, 0.6, 0.75} {
			try(WalkOptions{Alpha: alpha, Beta: beta, Neighbours: 300})
		}
	}
	centre := best
	for _, beta := range []float64{-0.08, 0.08} {
		try(WalkOptions{Alpha: centre.Alpha, Beta: centre.Beta + beta, Neighbours: centre.Neighbours})
	}
	for _, n := range []int{100, 1000} {
		try(WalkOptions{Alpha: best.Alpha, Beta: best.Beta, Neighbours: n})
	}
	s.say("walk α %.2f β %.2f neighbours %d: %.4f", best.Alpha, best.Beta, best.Neighbours, most)
	return best
}

// tries of one part of the search, fewer where each costs much.
func (s *search) tries(n int) int {
	work := float64(s.train.Len()) * searchDim * searchDim
	return max(4, int(float64(n)*min(1, math.Sqrt(smallWork/work))))
}

func (s *search) bestALS() ALSOptions {
	type tried struct {
		o     ALSOptions
		value float64
	}
	var all []tried
	try := func(o ALSOptions) float64 {
		v := s.judge(Recipe{ALS: o, Models: 1, Constant: 1})
		all = append(all, tried{o, v})
		slices.SortStableFunc(all, func(a, b tried) int { return cmp.Compare(b.value, a.value) })
		return v
	}
	base := ALSOptions{Dim: searchDim, Sweeps: 10, Steps: 3, Seed: s.o.Seed, Workers: s.o.Workers}
	draw := func(low, high float64) float64 {
		return math.Exp(math.Log(low) + s.random.Float64()*math.Log(high/low))
	}
	for range s.tries(firstTries) {
		o := base
		o.Unobserved, o.Regularise, o.Frequency = draw(0.003, 1), draw(0.001, 0.3), 0.5+0.5*s.random.Float64()
		try(o)
	}
	for _, spread := range []float64{0.5, 0.25} {
		centre := all[0].o
		for range s.tries(closerTries) {
			o := centre
			o.Unobserved *= math.Exp(spread * s.random.NormFloat64())
			o.Regularise *= math.Exp(spread * s.random.NormFloat64())
			o.Frequency = min(1.2, max(0.2, o.Frequency+0.3*spread*s.random.NormFloat64()))
			try(o)
		}
	}
	best := all[0]
	s.say("factors %+v: %.4f", best.o, best.value)
	// More dimensions want more regularisation; they are taken while they bring something.
	for _, dim := range []int{96, 160, 256} {
		if float64(s.train.Len())*float64(dim*dim) > 40*smallWork {
			break
		}
		better := false
		for _, by := range []float64{1, 1.3} {
			o := best.o
			o.Dim, o.Regularise = dim, o.Regularise*by
			if v := try(o); v > best.value+0.0005 {
				best, better = tried{o, v}, true
			}
		}
		s.say("dimension %d: best is %d with %.4f", dim, best.o.Dim, best.value)
		if !better {
			break
		}
	}
	return best.o
}

// bestFusion joins lists that are made once.
func (s *search) bestFusion(walk WalkOptions, als ALSOptions) Recipe {
	r := Recipe{ALS: als, Models: finalModels, Walk: walk, Constant: 30, ByWalk: 1}
	b := TrainBlend(s.train, r)
	voices := make([][][]Scored, len(s.people))
	inParallel(len(s.people), als.Workers, func() func(int) {
		room := NewRoom(s.train.Items)
		return func(n int) { voices[n] = b.voices(s.people[n], room) }
	})
	best, most := r, -1.0
	for _, r.Constant = range []float64{1, 3, 6, 12, 25, 60} {
		for _, r.ByWalk = range []float64{0, 0.1, 0.2, 0.3, 0.45, 0.7, 1, 2} {
			lists := make([][]Scored, s.train.People)
			for n, p := range s.people {
				lists[p] = r.fuse(voices[n], recallAt)
			}
			if v := s.value(lists); v > most {
				best, most = r, v
			}
		}
	}
	s.say("fusion constant %g walk %g: %.4f", best.Constant, best.ByWalk, most)
	return best
}
