package cf

import (
	"math"
	"math/rand/v2"
	"testing"
)

func random(r *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

// exact are the kernels as one would write them down, in float64.
func exactDot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// Both twins of each kernel are held against float64, at every length that leaves another rest, and at addresses that are no
// multiple of anything.
func TestKernels(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	near := func(name string, d int, got float32, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 1e-4*(1+math.Abs(want)) {
			t.Fatalf("%s of %d: %v, want %v", name, d, got, want)
		}
	}
	for d := range 70 {
		a, b := random(r, d+1)[1:], random(r, d+3)[3:]
		near("dot", d, dot(a, b), exactDot(a, b))
		near("scalar dot", d, dotScalar(a, b), exactDot(a, b))
		for _, sum := range []func([]float32, float32, []float32){add, addScalar} {
			y := random(r, d+2)
			before := append([]float32(nil), y...)
			sum(y[1:d+1], 0.7, a)
			for k := range d {
				near("add", d, y[k+1], float64(before[k+1])+0.7*float64(a[k]))
			}
			if y[0] != before[0] || y[d+1] != before[d+1] {
				t.Fatalf("add of %d wrote beside", d)
			}
		}
		for n := range 11 {
			rows, weights := random(r, n*d+1)[1:], random(r, n)
			out := random(r, n+2)
			left, right := out[0], out[n+1]
			dots(out[1:n+1], rows, a)
			for k := range n {
				near("dots", d, out[k+1], exactDot(rows[k*d:(k+1)*d], a))
			}
			if out[0] != left || out[n+1] != right {
				t.Fatalf("dots of %d × %d wrote beside", n, d)
			}
			sums := random(r, d+2)
			want := make([]float64, d+2)
			for k := range want {
				want[k] = float64(sums[k])
			}
			addProjections(sums[1:d+1], a, rows, weights, -1)
			for k := range n {
				row := rows[k*d : (k+1)*d]
				by := float64(weights[k]) * (exactDot(row, a) - 1)
				for l := range d {
					want[l+1] += by * float64(row[l])
				}
			}
			for k := range want {
				if math.Abs(float64(sums[k])-want[k]) > 1e-3*(1+math.Abs(want[k])) {
					t.Fatalf("projections of %d × %d, %d: %v, want %v", n, d, k, sums[k], want[k])
				}
			}
		}
	}
}

func TestTopKeepsTheStrongestInOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for most := range 12 {
		for n := range 40 {
			kept := newTop(most)
			all := make([]Scored, n)
			for i := range all {
				all[i] = Scored{int32(i), float32(r.IntN(8))} // some are equal
				kept.offer(all[i])
			}
			want := newTop(n)
			for _, s := range all {
				want.offer(s)
			}
			got, rest := kept.sorted(), want.sorted()
			if len(got) != min(most, n) {
				t.Fatalf("%d of %d kept, want %d", len(got), n, most)
			}
			for i := range got {
				if got[i] != rest[i] || i > 0 && stronger(got[i-1], got[i]) >= 0 {
					t.Fatalf("%v of %v", got, rest)
				}
			}
		}
	}
}

func BenchmarkDots(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	rows, v, out := random(r, 20_000*48), random(r, 48), make([]float32, 20_000)
	for b.Loop() {
		dots(out, rows, v)
	}
}

func BenchmarkAddProjections(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	rows, v, out, weights := random(r, 43*48), random(r, 48), make([]float32, 48), random(r, 43)
	for b.Loop() {
		addProjections(out, v, rows, weights, 0)
	}
}
