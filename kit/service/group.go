package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Group owns goroutines: the first that fails stops all, and Wait returns when all have ended.
type Group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	once   sync.Once
	err    error
}

// NewGroup makes a group whose functions end with ctx.
func NewGroup(ctx context.Context) *Group {
	ctx, cancel := context.WithCancel(ctx)
	return &Group{ctx: ctx, cancel: cancel}
}

// Go starts f. The name goes into the error. Ending without an error leaves the others running.
func (g *Group) Go(name string, f func(ctx context.Context) error) {
	g.wg.Go(func() {
		err := f(g.ctx)
		if err == nil || (g.ctx.Err() != nil && errors.Is(err, context.Canceled)) {
			return
		}
		g.once.Do(func() { g.err = fmt.Errorf("%s: %w", name, err) })
		g.cancel()
	})
}

// Stop ends the context of all functions.
func (g *Group) Stop() { g.cancel() }

// Wait waits for all functions and returns the first error.
func (g *Group) Wait() error {
	g.wg.Wait()
	g.cancel()
	return g.err
}
