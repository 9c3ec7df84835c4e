package features

import "math"

// Bars is the number of bars of a row's waveform.
const Bars = 96

// Columns of the fine peaks.
const (
	columnsPerSecond = 20
	minColumns       = 400
	maxColumns       = 2400
)

// Peaks is the fine waveform for a large player: for each column the highest and the lowest sample of all channels.
type Peaks struct {
	Version int       `json:"version"`
	Seconds float64   `json:"seconds"`
	Top     []float32 `json:"top"`    // 0…1, two decimals
	Bottom  []float32 `json:"bottom"` // −1…0
}

// buckets is how many extremes are kept at most; their width doubles when they are full.
const buckets = 1 << 14

type peakMeter struct {
	channels  int
	width     int // frames per bucket
	in        int // frames in the open bucket
	low, high float32
	lows      []float32
	highs     []float32
	frames    int64
}

func newPeakMeter(channels int) *peakMeter {
	return &peakMeter{channels: channels, width: 1}
}

func (p *peakMeter) write(block []float32) {
	for len(block) > 0 {
		n := min((p.width-p.in)*p.channels, len(block))
		for _, v := range block[:n] {
			if v > p.high {
				p.high = v
			}
			if v < p.low {
				p.low = v
			}
		}
		p.in += n / p.channels
		p.frames += int64(n / p.channels)
		block = block[n:]
		if p.in == p.width {
			p.close()
		}
	}
}

func (p *peakMeter) close() {
	p.lows = append(p.lows, p.low)
	p.highs = append(p.highs, p.high)
	p.low, p.high, p.in = 0, 0, 0
	if len(p.lows) < buckets {
		return
	}
	for i := range buckets / 2 {
		p.lows[i] = min(p.lows[2*i], p.lows[2*i+1])
		p.highs[i] = max(p.highs[2*i], p.highs[2*i+1])
	}
	p.lows, p.highs = p.lows[:buckets/2], p.highs[:buckets/2]
	p.width *= 2
}

func (p *peakMeter) finish() {
	if p.in > 0 {
		p.lows = append(p.lows, p.low)
		p.highs = append(p.highs, p.high)
		p.low, p.high, p.in = 0, 0, 0
	}
}

// span returns the extremes of column i of n.
func (p *peakMeter) span(i, n int) (low, high float32) {
	from := int(float64(i) * float64(p.frames) / float64(n) / float64(p.width))
	to := int(math.Ceil(float64(i+1) * float64(p.frames) / float64(n) / float64(p.width)))
	from, to = min(from, len(p.lows)-1), min(max(to, from+1), len(p.lows))
	for j := max(from, 0); j < to; j++ {
		low = min(low, p.lows[j])
		high = max(high, p.highs[j])
	}
	return low, high
}

// highest is the largest absolute sample.
func (p *peakMeter) highest() float64 {
	top := max(p.high, -p.low)
	for i := range p.lows {
		top = max(top, p.highs[i], -p.lows[i])
	}
	return float64(top)
}

// waveform is the sound in 96 bars, the loudest one full height.
func (p *peakMeter) waveform() []byte {
	p.finish()
	bars := make([]byte, Bars)
	top := p.highest()
	if top == 0 {
		return bars
	}
	for i := range bars {
		low, high := p.span(i, Bars)
		bars[i] = byte(math.Round(255 * math.Min(1, float64(max(high, -low))/top)))
	}
	return bars
}

func (p *peakMeter) fine(rate int) Peaks {
	p.finish()
	seconds := float64(p.frames) / float64(rate)
	n := int(clamp(seconds*columnsPerSecond, minColumns, maxColumns))
	out := Peaks{Version: Version, Seconds: math.Round(seconds*1e6) / 1e6, Top: make([]float32, n), Bottom: make([]float32, n)}
	for i := range n {
		low, high := p.span(i, n)
		out.Top[i] = float32(math.Round(100*math.Min(1, float64(high))) / 100)
		out.Bottom[i] = float32(math.Round(100*math.Max(-1, float64(low))) / 100)
		if out.Bottom[i] == 0 {
			out.Bottom[i] = 0 // no negative zero in JSON
		}
	}
	return out
}
