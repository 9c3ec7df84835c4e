package covers

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas draws flat shapes on a field of 96 by 96 units, whatever its size in pixels.
type canvas struct {
	picture *image.RGBA
	unit    float64      // pixels
	outline [][2]float64 // pixels, of the shape being drawn
}

func newCanvas(pixels int, ground color.RGBA) *canvas {
	c := &canvas{picture: image.NewRGBA(image.Rect(0, 0, pixels, pixels)), unit: float64(pixels) / 96}
	draw.Draw(c.picture, c.picture.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return c
}

func (c *canvas) to(x, y float64) {
	c.outline = append(c.outline[:0], [2]float64{x * c.unit, y * c.unit})
}

func (c *canvas) line(x, y float64) {
	c.outline = append(c.outline, [2]float64{x * c.unit, y * c.unit})
}

// fill paints the shape, at the cost of its own size and not the picture's.
func (c *canvas) fill(ink color.RGBA) {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range c.outline {
		left, right = min(left, p[0]), max(right, p[0])
		top, bottom = min(top, p[1]), max(bottom, p[1])
	}
	box := image.Rect(int(math.Floor(left)), int(math.Floor(top)), int(math.Ceil(right)), int(math.Ceil(bottom))).Intersect(c.picture.Bounds())
	if box.Empty() {
		return
	}
	pen := vector.NewRasterizer(box.Dx(), box.Dy())
	for i, p := range c.outline {
		x, y := float32(p[0]-float64(box.Min.X)), float32(p[1]-float64(box.Min.Y))
		if i == 0 {
			pen.MoveTo(x, y)
		} else {
			pen.LineTo(x, y)
		}
	}
	pen.ClosePath()
	pen.Draw(c.picture, box, image.NewUniform(ink), image.Point{})
}

func (c *canvas) rect(x, y, w, h float64, ink color.RGBA) {
	c.poly(ink, x, y, x+w, y, x+w, y+h, x, y+h)
}

func (c *canvas) poly(ink color.RGBA, xy ...float64) {
	c.to(xy[0], xy[1])
	for i := 2; i+1 < len(xy); i += 2 {
		c.line(xy[i], xy[i+1])
	}
	c.fill(ink)
}

func (c *canvas) circle(x, y, r float64, ink color.RGBA) { c.sector(x, y, r, 0, 1, ink) }

// sector is a slice of a circle from one angle to another, in turns clockwise from the right.
func (c *canvas) sector(x, y, r, from, to float64, ink color.RGBA) {
	const pieces = 96
	if to-from < 1 {
		c.to(x, y)
	} else {
		c.to(x+r*math.Cos(2*math.Pi*from), y+r*math.Sin(2*math.Pi*from))
	}
	for i := range pieces + 1 {
		a := 2 * math.Pi * (from + (to-from)*float64(i)/pieces)
		c.line(x+r*math.Cos(a), y+r*math.Sin(a))
	}
	c.fill(ink)
}

// hill is everything below a wave.
func (c *canvas) hill(top, height, waves, phase float64, ink color.RGBA) {
	c.to(0, 96)
	for i := range 97 {
		x := float64(i)
		c.line(x, top+height*math.Sin(2*math.Pi*(x/96*waves+phase)))
	}
	c.line(96, 96)
	c.fill(ink)
}

// leaf is what two quarter circles have in common, in a square of side s; turned goes the other way.
func (c *canvas) leaf(x, y, s float64, turned bool, ink color.RGBA) {
	at := func(u, v float64) (float64, float64) {
		if turned {
			u = s - u
		}
		return x + u, y + v
	}
	c.to(at(0, 0))
	for i := range 33 {
		a := math.Pi / 2 * float64(i) / 32
		c.line(at(s*math.Sin(a), s*(1-math.Cos(a))))
	}
	for i := range 33 {
		a := math.Pi / 2 * float64(i) / 32
		c.line(at(s*(1-math.Sin(a)), s*math.Cos(a)))
	}
	c.fill(ink)
}
