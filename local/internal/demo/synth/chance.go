package synth

// chance is a small generator of its own, so that a recipe sounds the same with every release of Go.
type chance struct{ state uint64 }

func newChance(seed uint64, name string) *chance {
	c := &chance{state: seed*0x9e3779b97f4a7c15 + 0x853c49e6748fea9b}
	for i := range len(name) {
		c.state = (c.state ^ uint64(name[i])) * 0x100000001b3
	}
	return c
}

func (c *chance) next() uint64 {
	c.state += 0x9e3779b97f4a7c15
	z := c.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit is in [0, 1).
func (c *chance) unit() float64 { return float64(c.next()>>11) / (1 << 53) }

// noise is in [-1, 1).
func (c *chance) noise() float64 { return float64(int64(c.next())>>11) / (1 << 52) }

func (c *chance) between(low, high float64) float64 { return low + (high-low)*c.unit() }

func (c *chance) below(n int) int { return int(c.next() % uint64(n)) }

func pick[T any](c *chance, from []T) T { return from[c.below(len(from))] }
