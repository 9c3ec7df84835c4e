package cf_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"crateful.dev/recommender/internal/cf"
)

// worlds are people who keep to one of some worlds of items, but for a share of strays.
func worlds(people, items, of, perPerson int, seed uint64) []cf.Entry {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []cf.Entry
	for p := range people {
		for range perPerson {
			item := r.IntN(items/of)*of + p%of
			if r.IntN(10) == 0 {
				item = r.IntN(items)
			}
			out = append(out, cf.Entry{Person: int32(p), Item: int32(item), Weight: 1})
		}
	}
	return out
}

var small = cf.ALSOptions{Dim: 16, Sweeps: 8, Unobserved: 0.1, Regularise: 0.01, Frequency: 1, Steps: 3, Seed: 3, Workers: 2}

// The factors of a person must solve the normal equations: what conjugate gradient gives is held against Gauss.
func TestFoldInSolvesTheNormalEquations(t *testing.T) {
	m := cf.NewMatrix(60, 40, worlds(60, 40, 4, 6, 1))
	f := cf.TrainALS(m, small)
	items, weights := []int32{0, 4, 8, 13}, []float32{1, 2, 1, 0.5}
	d := f.Dim
	a := make([][]float64, d)
	ridge := small.Regularise * math.Pow(float64(len(items))+small.Unobserved*40, small.Frequency)
	for k := range d {
		a[k] = make([]float64, d+1)
		a[k][k] = ridge
	}
	put := func(row []float32, by, right float64) {
		for k := range d {
			for l := range d {
				a[k][l] += by * float64(row[k]) * float64(row[l])
			}
			a[k][d] += right * float64(row[k])
		}
	}
	for i := range 40 {
		put(f.Items[i*d:(i+1)*d], small.Unobserved, 0)
	}
	for n, i := range items {
		put(f.Items[int(i)*d:(int(i)+1)*d], float64(weights[n]), float64(weights[n]))
	}
	want := gauss(a)
	got := f.FoldIn(items, weights)
	far, length := 0.0, 0.0
	for k := range d {
		far += (want[k] - float64(got[k])) * (want[k] - float64(got[k]))
		length += want[k] * want[k]
	}
	if math.Sqrt(far/length) > 0.02 {
		t.Errorf("fold-in is %.3f of its length away from the solution", math.Sqrt(far/length))
	}
}

func gauss(a [][]float64) []float64 {
	n := len(a)
	for k := range n {
		at := k
		for i := k; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[at][k]) {
				at = i
			}
		}
		a[k], a[at] = a[at], a[k]
		for i := range n {
			if i == k {
				continue
			}
			by := a[i][k] / a[k][k]
			for l := k; l <= n; l++ {
				a[i][l] -= by * a[k][l]
			}
		}
	}
	out := make([]float64, n)
	for k := range n {
		out[k] = a[k][n] / a[k][k]
	}
	return out
}

func TestFactorsAreTheSameForAnyNumberOfWorkers(t *testing.T) {
	m := cf.NewMatrix(300, 80, worlds(300, 80, 4, 8, 2))
	one, many := small, small
	one.Workers, many.Workers = 1, 5
	a, b := cf.TrainALS(m, one), cf.TrainALS(m, many)
	if !slices.Equal(a.Items, b.Items) || !slices.Equal(a.People, b.People) {
		t.Fatal("factors depend on how many work at once")
	}
}

func TestBlendForetellsWhatWasKeptBack(t *testing.T) {
	entries := worlds(400, 120, 6, 14, 4)
	train, kept := cf.Split(400, 120, entries, nil, 9)
	people := make([]int, 400)
	for p := range people {
		people[p] = p
	}
	recipe := cf.Recipe{ALS: small, Models: 2, Walk: cf.WalkOptions{Alpha: 1, Beta: 0.4, Neighbours: 50}, Constant: 10, ByWalk: 0.5}
	lists := cf.TrainBlend(train, recipe).Lists(people, 20)
	blend := cf.Judge(lists, kept)
	popular := make([][]cf.Scored, 400)
	for p := range popular {
		for i := range 20 {
			popular[p] = append(popular[p], cf.Scored{Item: int32(i), Score: 1})
		}
	}
	if other := cf.Judge(popular, kept); blend.Recall < 0.6 || blend.Recall < 2*other.Recall {
		t.Errorf("blend %+v against a fixed list %+v", blend, other)
	}
	for p, list := range lists {
		have, _ := train.Row(p)
		for _, s := range list {
			if slices.Contains(have, s.Item) {
				t.Fatalf("person %d is recommended what they have: %d", p, s.Item)
			}
		}
	}
}

func TestSplitKeepsTheLatestBack(t *testing.T) {
	var entries []cf.Entry
	var times []int64
	for i := range 10 {
		entries, times = append(entries, cf.Entry{Item: int32(i), Weight: 1}), append(times, int64(100+i))
	}
	_, kept := cf.Split(1, 10, entries, times, 1)
	if items, _ := kept.Row(0); !slices.Equal(items, []int32{8, 9}) {
		t.Errorf("kept back %v, want the two latest", items)
	}
}

func TestAWorldOfOneItemAndPeopleWithoutAny(t *testing.T) {
	m := cf.NewMatrix(3, 1, []cf.Entry{{Person: 1, Item: 0, Weight: 1}})
	b := cf.TrainBlend(m, cf.Recipe{ALS: small, Models: 1, Walk: cf.WalkOptions{Alpha: 1, Neighbours: 5}, Constant: 10, ByWalk: 1})
	for p, list := range b.Lists([]int{0, 1, 2}, 20) {
		if p == 1 && len(list) != 0 {
			t.Errorf("who has everything is offered %v", list)
		}
		for _, s := range list {
			if math.IsNaN(float64(s.Score)) {
				t.Errorf("person %d: %v", p, list)
			}
		}
	}
}

func BenchmarkALS(b *testing.B) {
	m := cf.NewMatrix(10_000, 2_000, worlds(10_000, 2_000, 20, 43, 5))
	o := small
	o.Dim, o.Sweeps, o.Workers = 64, 1, 1
	for b.Loop() {
		cf.TrainALS(m, o)
	}
}
