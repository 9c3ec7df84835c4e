package features

import (
	"math"
	"math/bits"
)

// fft transforms real input of one fixed power-of-two size.
type fft struct {
	n        int
	re, im   []float64 // work space, n/2
	cos, sin []float64 // of −2πk/(n/2)
	tc, ts   []float64 // of −2πk/n, to unpack
	reverse  []int32
}

func newFFT(n int) *fft {
	h := n / 2
	f := &fft{n: n, re: make([]float64, h), im: make([]float64, h), cos: make([]float64, max(h/2, 1)), sin: make([]float64, max(h/2, 1)), tc: make([]float64, h), ts: make([]float64, h), reverse: make([]int32, h)}
	for k := range h / 2 {
		f.sin[k], f.cos[k] = math.Sincos(-2 * math.Pi * float64(k) / float64(h))
	}
	for k := range h {
		f.ts[k], f.tc[k] = math.Sincos(-2 * math.Pi * float64(k) / float64(n))
	}
	shift := 32 - bits.Len32(uint32(h-1))
	for i := range h {
		if h > 1 {
			f.reverse[i] = int32(bits.Reverse32(uint32(i)) >> shift)
		}
	}
	return f
}

// power fills out (n/2+1 values) with |X|² of x (n values).
func (f *fft) power(x, out []float64) {
	f.forward(x)
	h := f.n / 2
	re, im := f.re, f.im
	out[0] = (re[0] + im[0]) * (re[0] + im[0])
	out[h] = (re[0] - im[0]) * (re[0] - im[0])
	for k := 1; k < h; k++ {
		a, b, c, d := re[k], im[k], re[h-k], im[h-k]
		er, ei := 0.5*(a+c), 0.5*(b-d)
		or, oi := 0.5*(b+d), -0.5*(a-c)
		xr := er + or*f.tc[k] - oi*f.ts[k]
		xi := ei + or*f.ts[k] + oi*f.tc[k]
		out[k] = xr*xr + xi*xi
	}
}

// forward transforms n real values packed as n/2 complex ones.
func (f *fft) forward(x []float64) {
	h := f.n / 2
	re, im := f.re[:h], f.im[:h]
	for i, j := range f.reverse {
		re[i], im[i] = x[2*j], x[2*j+1]
	}
	// Sizes 1 and 2 need no multiplication.
	for i := 0; i+1 < h; i += 2 {
		re[i], re[i+1] = re[i]+re[i+1], re[i]-re[i+1]
		im[i], im[i+1] = im[i]+im[i+1], im[i]-im[i+1]
	}
	for i := 0; i+3 < h; i += 4 {
		re[i], re[i+2] = re[i]+re[i+2], re[i]-re[i+2]
		im[i], im[i+2] = im[i]+im[i+2], im[i]-im[i+2]
		tr, ti := im[i+3], -re[i+3]
		re[i+3], im[i+3] = re[i+1]-tr, im[i+1]-ti
		re[i+1], im[i+1] = re[i+1]+tr, im[i+1]+ti
	}
	for size := 8; size <= h; size *= 2 {
		half, step := size/2, h/size
		for start := 0; start < h; start += size {
			ar, ai := re[start:start+half], im[start:start+half]
			br, bi := re[start+half:start+size], im[start+half:start+size]
			br, ai, bi = br[:len(ar)], ai[:len(ar)], bi[:len(ar)]
			w := 0
			for k := range ar {
				c, s := f.cos[w], f.sin[w]
				w += step
				tr := br[k]*c - bi[k]*s
				ti := br[k]*s + bi[k]*c
				br[k], bi[k] = ar[k]-tr, ai[k]-ti
				ar[k] += tr
				ai[k] += ti
			}
		}
	}
}

// autocorrelation returns r[0…maxLag] of x, without wrapping around.
func autocorrelation(x []float64, maxLag int) []float64 {
	n := 2
	for n < len(x)+maxLag+1 {
		n *= 2
	}
	f := newFFT(n)
	buf := make([]float64, n)
	copy(buf, x)
	p := make([]float64, n/2+1)
	f.power(buf, p)
	// The power spectrum is real and even, so a second forward transform inverts it up to scale.
	for i := range n/2 + 1 {
		buf[i] = p[i]
	}
	for i := 1; i < n/2; i++ {
		buf[n-i] = p[i]
	}
	f.forward(buf)
	out := make([]float64, maxLag+1)
	h := n / 2
	for k := range out {
		if k >= h {
			break
		}
		j := (h - k) % h
		a, b, c, d := f.re[k], f.im[k], f.re[j], f.im[j]
		er := 0.5 * (a + c)
		or, oi := 0.5*(b+d), -0.5*(a-c)
		out[k] = (er + or*f.tc[k] - oi*f.ts[k]) / float64(n)
	}
	return out
}

// hann fills a window.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
	}
	return w
}

// powerOfTwoNear is the power of two next to v on a logarithmic scale, at least 64.
func powerOfTwoNear(v float64) int {
	return 1 << int(math.Max(6, math.Round(math.Log2(v))))
}
