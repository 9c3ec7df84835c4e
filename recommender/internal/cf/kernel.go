package cf

// dot is the inner product of two vectors of the same length.
func dot(a, b []float32) float32 {
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
