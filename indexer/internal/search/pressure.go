package search

import (
	"context"
	"sync"
	"time"
)

// Pressure knows how long searches take just now, so that a rebuild can step back while they suffer.
type Pressure struct {
	mu     sync.Mutex
	recent time.Duration // moving average
	last   time.Time
}

// Searches above this average make rebuilds wait; an average older than this says nothing.
const (
	pressureLimit = 150 * time.Millisecond
	pressureFresh = 2 * time.Second
	pressureStep  = 100 * time.Millisecond
	pressureMost  = 2 * time.Second // a rebuild goes on in the end, else it would never finish
)

// Note adds one search.
func (p *Pressure) Note(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.last) > pressureFresh {
		p.recent = took
	} else {
		p.recent += (took - p.recent) / 8
	}
	p.last = time.Now()
}

// High reports whether searches suffer now.
func (p *Pressure) High() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recent > pressureLimit && time.Since(p.last) < pressureFresh
}

// Yield waits while searches suffer, for at most two seconds.
func (p *Pressure) Yield(ctx context.Context) error {
	for waited := time.Duration(0); p.High() && waited < pressureMost; waited += pressureStep {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pressureStep):
		}
	}
	return nil
}
