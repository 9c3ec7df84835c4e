package picture

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// DrawVersion is part of a drawn cover's name; it rises when the same seed gives another picture.
const DrawVersion = 1

// palettes are ground, first and second colour of flat posters.
var palettes = [][3]uint32{
	{0xe4502e, 0x141714, 0xf4ead5},
	{0x0e5a46, 0xf3a6bd, 0xf4ead5},
	{0x1f45c8, 0x8fc7e6, 0xff8f73},
	{0xf4ead5, 0x3f9a4a, 0x141714},
	{0xd9c7a0, 0x8e3418, 0xf2792b},
	{0xf3a6bd, 0x5c1230, 0xf4ead5},
	{0xb7a3e6, 0x3b1f5b, 0xff8f73},
	{0x0d7f8c, 0xf4ead5, 0x141714},
	{0xff8f73, 0x5c1230, 0xf4ead5},
	{0xa9d9bd, 0x0e5a46, 0xe4502e},
	{0x3b1f5b, 0xf2792b, 0xf3a6bd},
	{0x8fc7e6, 0x0d7f8c, 0xe4502e},
	{0xf4ead5, 0x1f45c8, 0xe4502e},
	{0x141714, 0xf4ead5, 0xff8f73},
	{0xf2b632, 0x141714, 0xe4502e},
	{0x5c1230, 0xff8f73, 0xa9d9bd},
}

// painter says which of the three colours a point of the 96 × 96 field has.
type painter func(x, y float64) int

// field is the side of the drawing in its own units.
const field = 96.0

// renderSide is three times the largest size; scaling down smooths the edges.
const renderSide = 1920

// render draws a cover: the seed chooses motif and colours, the waveform gives the heights. It returns RGB rows.
func render(seed string, waveform []byte) (side int, pixels []byte) {
	sum := sha256.Sum256([]byte("crateful cover 1\x00" + seed))
	r := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
	palette := palettes[r.IntN(len(palettes))]
	paint := motifs[r.IntN(len(motifs))](r, levels(waveform, r))
	pixels = make([]byte, 0, renderSide*renderSide*3)
	for py := range renderSide {
		y := (float64(py) + 0.5) * field / renderSide
		for px := range renderSide {
			c := palette[paint((float64(px)+0.5)*field/renderSide, y)]
			pixels = append(pixels, byte(c>>16), byte(c>>8), byte(c))
		}
	}
	return renderSide, pixels
}

// levels reads a waveform at n points, 0.15–1, the differences drawn larger than they are. Without a waveform the seed
// invents one.
func levels(waveform []byte, r *rand.Rand) level {
	if len(waveform) == 0 {
		waveform = make([]byte, 12)
		for i := range waveform {
			waveform[i] = byte(40 + r.IntN(216))
		}
	}
	cache := map[int][]float64{}
	return func(i, n int) float64 {
		if cache[n] == nil {
			cache[n] = spread(waveform, n)
		}
		return cache[n][i]
	}
}

func spread(waveform []byte, n int) []float64 {
	out := make([]float64, n)
	low, high := 1.0, 0.0
	for i := range out {
		from := min(i*len(waveform)/n, len(waveform)-1)
		to := min(max((i+1)*len(waveform)/n, from+1), len(waveform))
		for _, v := range waveform[from:to] {
			out[i] += float64(v) / 255 / float64(to-from)
		}
		low, high = math.Min(low, out[i]), math.Max(high, out[i])
	}
	for i, v := range out {
		wide := 0.5
		if high-low > 0.01 {
			wide = (v - low) / (high - low)
		}
		out[i] = 0.15 + 0.85*(0.4*v+0.6*wide)
	}
	return out
}

type level = func(i, n int) float64

// motifs are the families of drawings.
var motifs = []func(*rand.Rand, level) painter{bars, arcs, pills, tiles, steps, lines, waves, dots, ellipses, hills, mirror}

func inCircle(x, y, cx, cy, radius float64) bool {
	return (x-cx)*(x-cx)+(y-cy)*(y-cy) <= radius*radius
}

// bars stand at the foot before a disc.
func bars(r *rand.Rand, at level) painter {
	n := 7 + r.IntN(4)
	pitch := 82.0 / float64(n)
	cx, cy, radius := 24+r.Float64()*48, 26+r.Float64()*14, 16+r.Float64()*10
	return func(x, y float64) int {
		i := int((x - 8) / pitch)
		if x >= 8 && i < n && x-8-float64(i)*pitch < 0.7*pitch && y > field-80*at(i, n) {
			return 1
		}
		if inCircle(x, y, cx, cy, radius) {
			return 2
		}
		return 0
	}
}

// arcs lie around a corner.
func arcs(r *rand.Rand, at level) painter {
	cx, cy := field*float64(r.IntN(2)), field*float64(r.IntN(2))
	outer := 70 + 18*at(0, 4)
	rings := []float64{outer, outer * (0.62 + 0.15*at(1, 4)), outer * (0.3 + 0.2*at(2, 4))}
	sx, sy, small := field-cx+(cx-48)*0.5, field-cy+(cy-48)*0.5, 9+5*at(3, 4)
	return func(x, y float64) int {
		d := math.Hypot(x-cx, y-cy)
		switch {
		case d < rings[2]:
			return 2
		case d < rings[1]:
			return 0
		case d < rings[0]:
			return 1
		case inCircle(x, y, sx, sy, small/3):
			return 0
		case inCircle(x, y, sx, sy, small):
			return 1
		}
		return 0
	}
}

// pills are rounded bars that lie.
func pills(r *rand.Rand, at level) painter {
	n, odd := 6, r.IntN(6)
	right := r.IntN(2) == 0
	return func(x, y float64) int {
		i := int((y - 9) / 13.5)
		if i < 0 || i >= n {
			return 0
		}
		length := 22 + 60*at(i, n)
		if right {
			x = field - x
		}
		top := 9 + 13.5*float64(i)
		if y-top > 10 || y < top {
			return 0
		}
		cy := top + 5
		if x >= 13 && x <= 8+length-5 || inCircle(x, y, 13, cy, 5) || inCircle(x, y, 8+length-5, cy, 5) {
			if i == odd {
				return 2
			}
			return 1
		}
		return 0
	}
}

// tiles hold quarter discs and diamonds.
func tiles(r *rand.Rand, at level) painter {
	const n = 3
	var kind, turn, ink [n * n]int
	for i := range kind {
		kind[i], turn[i] = r.IntN(4), r.IntN(4)
		if at(i, n*n) > 0.55 {
			ink[i] = 1
		} else {
			ink[i] = 2
		}
	}
	return func(x, y float64) int {
		cell := field / n
		i := min(int(y/cell), n-1)*n + min(int(x/cell), n-1)
		u, v := math.Mod(x, cell)/cell, math.Mod(y, cell)/cell
		if turn[i]&1 != 0 {
			u = 1 - u
		}
		if turn[i]&2 != 0 {
			v = 1 - v
		}
		switch kind[i] {
		case 0, 1:
			if u*u+v*v <= 1 {
				return ink[i]
			}
		case 2:
			if math.Abs(u-0.5)+math.Abs(v-0.5) <= 0.5 {
				return ink[i]
			}
		}
		return 0
	}
}

// steps climb from one side.
func steps(r *rand.Rand, at level) painter {
	n := 4 + r.IntN(3)
	left := r.IntN(2) == 0
	lift := 0.85 + 0.15*at(0, 1)
	return func(x, y float64) int {
		if left {
			x = field - x
		}
		row := int((field - y) / field * float64(n) / lift)
		if row >= n || x < field*float64(row)/float64(n) {
			return 0
		}
		return 1 + row%2
	}
}

// lines end in a disc each.
func lines(r *rand.Rand, at level) painter {
	n, odd := 6, r.IntN(6)
	return func(x, y float64) int {
		i := min(int(y/16), n-1)
		cy, length := float64(i)*16+8, 24+62*at(i, n)
		if math.Abs(y-cy) <= 4 && x <= length || inCircle(x, y, length, cy, 4) {
			if i == odd {
				return 2
			}
			return 1
		}
		return 0
	}
}

// waves lie before each other.
func waves(r *rand.Rand, at level) painter {
	phase, count := r.Float64()*2*math.Pi, 2+r.IntN(3)
	return func(x, y float64) int {
		c := 0
		for k := range count {
			top := 26 + float64(k)*64/float64(count) + (4+6*at(k, count))*math.Sin(2*math.Pi*x/48+phase*float64(k+1))
			if y > top {
				c = 1 + k%2
			}
		}
		return c
	}
}

// dots grow with the level.
func dots(r *rand.Rand, at level) painter {
	accent := r.IntN(36)
	return func(x, y float64) int {
		i, j := min(int((x-3)/15), 5), min(int((y-3)/15), 5)
		if x < 3 || y < 3 {
			return 0
		}
		k := j*6 + i
		if inCircle(x, y, 10.5+15*float64(i), 10.5+15*float64(j), 1.5+5.5*at(k, 36)) {
			if k == accent {
				return 2
			}
			return 1
		}
		return 0
	}
}

// ellipses stand in a row.
func ellipses(r *rand.Rand, at level) painter {
	n, odd := 5, r.IntN(5)
	return func(x, y float64) int {
		i := min(max(int(math.Round((x-14)/17)), 0), n-1)
		cx, ry := 14+17*float64(i), 10+34*at(i, n)
		dx, dy := (x-cx)/7, (y-48)/ry
		if dx*dx+dy*dy <= 1 {
			if i == odd {
				return 2
			}
			return 1
		}
		return 0
	}
}

// hills lie under a sun.
func hills(r *rand.Rand, at level) painter {
	cx, cy, radius := 20+56*r.Float64(), 16+10*r.Float64(), 7+5*r.Float64()
	ridge := func(x, base, height float64, from, n int) float64 {
		pos := x / field * float64(n)
		i := int(pos)
		a, b := at((from+i)%12, 12), at((from+i+1)%12, 12)
		return base - height*(a+(b-a)*(pos-float64(i)))
	}
	return func(x, y float64) int {
		switch {
		case y > ridge(x, 102, 34, 5, 4):
			return 2
		case y > ridge(x, 84, 44, 0, 4):
			return 1
		case inCircle(x, y, cx, cy, radius):
			return 2
		}
		return 0
	}
}

// mirror is the waveform itself about a line.
func mirror(r *rand.Rand, at level) painter {
	n, mid := 16+4*r.IntN(3), 40+16*r.Float64()
	from := r.IntN(n - 4)
	pitch := field / float64(n)
	return func(x, y float64) int {
		i := min(int(x/pitch), n-1)
		if x-float64(i)*pitch < 0.3*pitch || math.Abs(y-mid) > 38*at(i, n) {
			return 0
		}
		if i >= from && i < from+4 {
			return 2
		}
		return 1
	}
}
