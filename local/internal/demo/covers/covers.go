// Package covers draws covers for demo packs: flat posters of two to four colours. The same design and seed give the
// same picture.
package covers

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// Inks of all posters.
var (
	ink    = rgb(0x141714)
	cream  = rgb(0xf4ead5)
	white  = rgb(0xffffff)
	red    = rgb(0xe4502e)
	coral  = rgb(0xff8f73)
	orange = rgb(0xf2792b)
	rust   = rgb(0x8e3418)
	sand   = rgb(0xd9c7a0)
	wine   = rgb(0x5c1230)
	pink   = rgb(0xf3a6bd)
	lilac  = rgb(0xb7a3e6)
	plum   = rgb(0x3b1f5b)
	blue   = rgb(0x1f45c8)
	sky    = rgb(0x8fc7e6)
	teal   = rgb(0x0d7f8c)
	forest = rgb(0x0e5a46)
	leaf   = rgb(0x3f9a4a)
	mint   = rgb(0xa9d9bd)
	yellow = rgb(0xffd21f)
)

// design draws with a palette of four: ground first.
type design struct {
	palettes [][4]color.RGBA
	draw     func(c *canvas, p [4]color.RGBA, r *rand.Rand)
}

// Designs lists what Draw knows.
func Designs() []string { return slices.Sorted(maps.Keys(designs)) }

// Draw makes a square PNG of so many pixels.
func Draw(name string, seed uint64, pixels int) ([]byte, error) {
	d, ok := designs[name]
	if !ok {
		return nil, fmt.Errorf("draw a cover: there is no design %q", name)
	}
	r := rand.New(rand.NewPCG(seed, 96)) //nolint:gosec // the same seed draws the same picture
	p := d.palettes[int(seed%uint64(len(d.palettes)))]
	c := newCanvas(pixels, p[0])
	d.draw(c, p, r)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, c.picture); err != nil {
		return nil, fmt.Errorf("draw cover %s: %w", name, err)
	}
	return out.Bytes(), nil
}

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

var designs = map[string]design{
	"dusty":    {[][4]color.RGBA{{cream, red, ink, sand}, {sand, orange, rust, cream}, {pink, wine, red, cream}}, blinds},
	"house":    {[][4]color.RGBA{{blue, cream, coral, sky}, {red, cream, ink, pink}, {forest, mint, cream, coral}}, arches},
	"techno":   {[][4]color.RGBA{{ink, yellow, cream, red}, {cream, ink, red, sand}, {blue, ink, white, sky}}, tunnel},
	"breaks":   {[][4]color.RGBA{{teal, cream, ink, coral}, {orange, ink, cream, rust}, {plum, lilac, coral, cream}}, shards},
	"trap":     {[][4]color.RGBA{{plum, lilac, sky, cream}, {ink, sky, white, blue}, {wine, pink, coral, cream}}, crescent},
	"ambient":  {[][4]color.RGBA{{sky, white, teal, coral}, {lilac, cream, plum, orange}, {mint, cream, forest, red}}, valleys},
	"garden":   {[][4]color.RGBA{{cream, leaf, forest, orange}, {mint, forest, red, cream}, {yellow, forest, leaf, ink}}, leaves},
	"disco":    {[][4]color.RGBA{{wine, pink, cream, coral}, {ink, lilac, white, pink}, {blue, sky, white, yellow}}, mirrorball},
	"garage":   {[][4]color.RGBA{{sand, ink, red, cream}, {sky, blue, yellow, white}, {coral, wine, cream, ink}}, shutter},
	"electro":  {[][4]color.RGBA{{forest, mint, yellow, cream}, {ink, coral, cream, sky}, {blue, sky, coral, white}}, circuit},
	"street":   {[][4]color.RGBA{{yellow, red, blue, cream}, {coral, wine, cream, teal}, {cream, blue, red, yellow}}, bunting},
	"film":     {[][4]color.RGBA{{ink, cream, red, sand}, {wine, sand, orange, cream}, {teal, ink, cream, mint}}, beam},
	"club":     {[][4]color.RGBA{{orange, ink, cream, wine}, {forest, ink, cream, yellow}, {plum, ink, cream, coral}}, keyboard},
	"paper":    {[][4]color.RGBA{{coral, cream, wine, white}, {sky, white, blue, cream}, {mint, white, forest, cream}}, plane},
	"dubplate": {[][4]color.RGBA{{leaf, ink, yellow, red}, {cream, ink, red, orange}, {lilac, plum, cream, coral}}, record},
}

// blinds is an evening sun behind slats that thin out.
func blinds(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	x, y := between(r, 38, 60), between(r, 34, 46)
	c.circle(x, y, 30, p[1])
	top := y + 2
	for i := range 7 {
		c.rect(0, top, 96, 1.6+float64(i)*1.1, p[0])
		top += 6.5
	}
	c.rect(0, 84, 96, 12, p[2])
	c.rect(between(r, 10, 60), 74, 22, 10, p[2])
}

// arches are windows of a block at night, one of them lit otherwise.
func arches(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	lit := r.IntN(9)
	for n := range 9 {
		x, y := 9+float64(n%3)*28, 8+float64(n/3)*29
		shade := p[1]
		switch {
		case n == lit:
			shade = p[2]
		case r.IntN(4) == 0:
			shade = p[3]
		}
		c.sector(x+11, y+11, 11, 0.5, 1, shade)
		c.rect(x, y+10.6, 22, 13.4, shade)
	}
}

// tunnel is squares within squares, each a little off.
func tunnel(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	dx, dy := between(r, -0.09, 0.09), between(r, -0.09, 0.09)
	for i := range 6 {
		side := 84 - float64(i)*14
		shade := p[1]
		if i%2 == 1 {
			shade = p[0]
		}
		if i == 4 {
			shade = p[3]
		}
		c.rect(48-side/2+dx*float64(i)*14, 48-side/2+dy*float64(i)*14, side, side, shade)
	}
}

// shards are a disc cut by slanted bands that slipped.
func shards(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	for i := range 6 {
		y := float64(i) * 16
		slip := between(r, -16, 16)
		c.poly(p[1], 20+slip, y+12, 62+slip, y, 80+slip, y, 80+slip, y+4, 38+slip, y+16, 20+slip, y+16)
		if i%2 == 0 {
			c.poly(p[3], 62+slip, y+4, 80+slip, y, 80+slip, y+6, 62+slip, y+11)
		}
	}
	c.poly(p[2], 0, 96, 0, 78, 96, 52, 96, 62)
}

// crescent is a moon over ice.
func crescent(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	x := between(r, 40, 62)
	c.circle(x, 34, 24, p[3])
	c.circle(x+between(r, 8, 12), 29, 21, p[0])
	for i := range 7 {
		at := -6 + float64(i)*16
		top := between(r, 50, 74)
		c.poly(p[1], at, 96, at+8, top, at+16, 96)
		c.poly(p[2], at+8, top, at+16, 96, at+8, 96)
	}
}

// valleys are rows of hills with a low sun.
func valleys(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	c.circle(between(r, 26, 70), between(r, 22, 32), 11, p[3])
	c.hill(50, 7, 1.3, r.Float64(), p[1])
	c.hill(64, 6, 1.7, r.Float64(), p[0])
	c.hill(72, 6, 1.1, r.Float64(), p[2])
	c.hill(87, 3, 2.2, r.Float64(), p[1])
}

// leaves grow in a grid, all ways.
func leaves(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	fruit := r.IntN(9)
	for n := range 9 {
		x, y := 6+float64(n%3)*28, 6+float64(n/3)*28
		if n == fruit {
			c.circle(x+14, y+14, 11, p[3])
			continue
		}
		shade := p[1+r.IntN(2)]
		c.leaf(x+1, y+1, 26, r.IntN(2) == 0, shade)
	}
}

// mirrorball is a ball of tiles that throws light.
func mirrorball(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	const x, y, size = 48.0, 52.0, 34.0
	c.rect(47, 0, 2, 20, p[2])
	c.circle(x, y, size, p[1])
	for row := range 8 {
		a := (float64(row)+0.5)/8*math.Pi - math.Pi/2
		h := size * math.Cos(a) * 0.36
		v := y + size*math.Sin(a)
		reach := math.Abs(v-y) + h/2
		w := math.Sqrt(max(size*size-reach*reach, 0)) // so that corners stay inside of the ball
		for col := range 8 {
			from, to := -math.Cos(float64(col)/8*math.Pi), -math.Cos(float64(col+1)/8*math.Pi)
			shade := p[1]
			switch r.IntN(5) {
			case 0:
				shade = p[2]
			case 1:
				shade = p[3]
			}
			if w*(to-from) < 2 {
				continue
			}
			c.rect(x+w*from+0.6, v-h/2+0.5, w*(to-from)-1.2, h-1, shade)
		}
	}
	for range 7 {
		c.circle(between(r, 4, 92), between(r, 4, 92), between(r, 1, 2), p[2])
	}
}

// shutter is a garage door, half open, with a lamp over it.
func shutter(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	c.circle(between(r, 34, 62), 15, 8, p[2])
	c.rect(14, 30, 68, 66, p[1])
	open := 1 + r.IntN(3)
	for i := range 7 - open {
		c.rect(18, 34+float64(i)*8.4, 60, 6, p[3])
	}
	c.rect(18, 34+float64(7-open)*8.4, 60, 1.6, p[2])
}

// circuit is lines that turn at right angles and end in dots.
func circuit(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	for i := range 6 {
		x := 12 + float64(i)*14.4
		turn, shift := between(r, 22, 70), 14.4*float64(r.IntN(3)-1)
		if x+shift < 8 || x+shift > 88 {
			shift = 0
		}
		shade := p[1]
		if i%3 == r.IntN(3) {
			shade = p[2]
		}
		c.rect(x-1.6, 10, 3.2, turn-10, shade)
		c.rect(min(x, x+shift)-1.6, turn-1.6, math.Abs(shift)+3.2, 3.2, shade)
		c.rect(x+shift-1.6, turn, 3.2, 86-turn, shade)
		c.circle(x, 10, 4.4, p[3])
		c.circle(x+shift, 86, 4.4, p[3])
	}
}

// bunting is flags over a street.
func bunting(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	shift := r.IntN(3)
	for row := range 4 {
		y := 4 + float64(row)*24
		for i := range 5 {
			x := -10 + float64(i)*24 + float64(row%2)*12
			shade := p[1+(i+row+shift)%3]
			c.poly(shade, x, y, x+22, y, x+11, y+20)
		}
		c.rect(0, y-1, 96, 1.6, ink)
	}
}

// beam is a projector's light over rows of heads.
func beam(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	y := between(r, 10, 22)
	c.poly(p[1], 92, y, 92, y+4, 0, 66, 0, 14)
	c.circle(between(r, 14, 26), 38, 11, p[2])
	for row := range 3 {
		for i := range 8 {
			x := float64(i)*14 - 2 + float64(row%2)*7
			shade := p[3]
			if row%2 == 1 {
				shade = p[0]
			}
			if row == 2 {
				shade = p[2]
			}
			top := 70 + float64(row)*10
			c.circle(x, top, 5, shade)
			c.rect(x-6, top+3, 12, 30, shade)
		}
	}
}

// keyboard is the keys of a piano under a lamp.
func keyboard(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	c.circle(between(r, 24, 72), 24, 15, p[3])
	for i := range 7 {
		c.rect(4+float64(i)*12.7, 46, 11.9, 46, p[2])
	}
	for _, i := range []int{0, 1, 3, 4, 5} {
		c.rect(4+float64(i)*12.7+8.6, 46, 7.6, 27, p[1])
	}
	c.rect(4+float64(r.IntN(7))*12.7, 84, 11.9, 8, p[3])
}

// plane is a folded sheet in flight.
func plane(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	y := between(r, -8, 8)
	c.poly(p[1], 10, 44+y, 88, 18+y, 48, 62+y)
	c.poly(p[3], 88, 18+y, 48, 62+y, 60, 76+y)
	c.poly(p[2], 88, 18+y, 38, 55+y, 40, 76+y, 48, 62+y)
	for i := range 5 {
		c.circle(8+float64(i)*6, 84-float64(i*i)*0.9+y/2, 1.7, p[2])
	}
}

// record is a plate half out of the picture.
func record(c *canvas, p [4]color.RGBA, r *rand.Rand) {
	x, y := between(r, 34, 62), between(r, 38, 58)
	c.circle(x, y, 44, p[1])
	for _, ring := range []float64{38, 31} {
		c.circle(x, y, ring, p[0])
		c.circle(x, y, ring-1, p[1])
	}
	turn := r.Float64()
	c.circle(x, y, 20, p[2])
	c.sector(x, y, 20, turn, turn+0.5, p[3])
	c.circle(x, y, 3, p[1])
}
