package screen

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Kept is one value that is the same for everybody and read again after a while.
type Kept[T any] struct {
	flight singleflight.Group
	mu     sync.Mutex
	value  T
	until  time.Time
}

const readTime = 5 * time.Second

// Get gives a value that is at most age old. Many callers at once cause one reading, which goes on when one of them
// leaves.
func (k *Kept[T]) Get(ctx context.Context, age time.Duration, read func(ctx context.Context) (T, error)) (T, error) {
	k.mu.Lock()
	value, until := k.value, k.until
	k.mu.Unlock()
	if time.Now().Before(until) {
		return value, nil
	}
	found := k.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
		defer cancel()
		fresh, err := read(ctx)
		if err != nil {
			return nil, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.value, k.until = fresh, time.Now().Add(age)
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return value, fmt.Errorf("wait for a reading: %w", ctx.Err())
	case r := <-found:
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.value, r.Err
	}
}
