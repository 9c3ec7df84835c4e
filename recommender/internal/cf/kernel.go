package cf

// The four loops that all time goes into. Each has a scalar twin, and one of eight lanes where the processor has them
// (kernel_amd64.s); sums are taken in another order there, so that results differ in the last digits.

// lanes is how many numbers the wide kernels take at once: what they are given is cut to multiples of it.
const lanes = 8

// dot is the inner product of two vectors of the same length.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	if wide := len(a) &^ (lanes - 1); hasWide && wide > 0 {
		return dotWide(&a[0], &b[0], wide) + dotScalar(a[wide:], b[wide:])
	}
	return dotScalar(a, b)
}

func dotScalar(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+8 <= len(a); i += 8 {
		x, y := a[i:i+8:i+8], b[i:i+8:i+8]
		s0 += x[0]*y[0] + x[4]*y[4]
		s1 += x[1]*y[1] + x[5]*y[5]
		s2 += x[2]*y[2] + x[6]*y[6]
		s3 += x[3]*y[3] + x[7]*y[7]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// add puts by·x on top of y.
func add(y []float32, by float32, x []float32) {
	x = x[:len(y)]
	wide := len(y) &^ (lanes - 1)
	if !hasWide {
		wide = 0
	}
	if wide > 0 {
		addWide(&y[0], by, &x[0], wide)
	}
	addScalar(y[wide:], by, x[wide:])
}

func addScalar(y []float32, by float32, x []float32) {
	x = x[:len(y)]
	i := 0
	for ; i+8 <= len(y); i += 8 {
		v, w := y[i:i+8:i+8], x[i:i+8:i+8]
		v[0] += by * w[0]
		v[1] += by * w[1]
		v[2] += by * w[2]
		v[3] += by * w[3]
		v[4] += by * w[4]
		v[5] += by * w[5]
		v[6] += by * w[6]
		v[7] += by * w[7]
	}
	for ; i < len(y); i++ {
		y[i] += by * x[i]
	}
}

// dots puts the inner product of each row with v into out; rows lie one after another, each as long as v.
func dots(out, rows, v []float32) {
	d := len(v)
	rows = rows[:len(out)*d]
	done := 0
	if hasWide && d > 0 && d%lanes == 0 {
		if done = len(out) &^ 3; done > 0 {
			dotsWide(&out[0], &rows[0], &v[0], done, d)
		}
	}
	for i := done; i < len(out); i++ {
		out[i] = dot(rows[i*d:(i+1)*d], v)
	}
}

// addProjections puts Σ weight·(shift + ⟨row, v⟩)·row on top of out; rows lie one after another, each as long as v.
func addProjections(out, v, rows, weights []float32, shift float32) {
	d := len(v)
	out, rows = out[:d], rows[:len(weights)*d]
	if hasWide && d > 0 && d%lanes == 0 && len(weights) > 0 {
		addProjectionsWide(&out[0], &v[0], &rows[0], &weights[0], shift, len(weights), d)
		return
	}
	for k, w := range weights {
		row := rows[k*d : (k+1)*d]
		add(out, w*(shift+dot(row, v)), row)
	}
}

// gram is the d × d matrix of the inner products of columns of rows that are d wide, times by.
func gram(rows []float32, d int, by float32) []float32 {
	g := make([]float32, d*d)
	for at := 0; at < len(rows); at += d {
		row := rows[at : at+d]
		for k, v := range row {
			add(g[k*d:k*d+k+1], v, row[:k+1])
		}
	}
	for k := range d {
		for l := range k + 1 {
			v := g[k*d+l] * by
			g[k*d+l], g[l*d+k] = v, v
		}
	}
	return g
}
