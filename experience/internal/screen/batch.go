package screen

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
)

const (
	batch       = 200 // ids that models takes in one call
	batchAtOnce = 4
)

// SoundsByID reads rows of any number of sounds, whatever became of them. Unknown ones are missing.
func (s *Services) SoundsByID(ctx context.Context, ids []string) (map[string]api.SoundRow, error) {
	return byID(ctx, ids, func(ctx context.Context, some []string, add func(string, api.SoundRow)) error {
		found, err := s.Models.SoundsByID(ctx, some)
		for _, row := range found.Sounds {
			add(row.ID, rows.Sound(row))
		}
		return err
	})
}

// PacksByID reads cards of any number of packs, whatever became of them. Unknown ones are missing.
func (s *Services) PacksByID(ctx context.Context, ids []string) (map[string]api.PackCard, error) {
	return byID(ctx, ids, func(ctx context.Context, some []string, add func(string, api.PackCard)) error {
		found, err := s.Models.PacksByID(ctx, some)
		for _, card := range found.Packs {
			add(card.ID, rows.Pack(card))
		}
		return err
	})
}

func byID[T any](ctx context.Context, ids []string, read func(ctx context.Context, some []string, add func(string, T)) error) (map[string]T, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	all := make(map[string]T, len(ids))
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(batchAtOnce)
	for some := range slices.Chunk(ids, batch) {
		g.Go(func() error {
			return read(ctx, some, func(id string, v T) {
				mu.Lock()
				defer mu.Unlock()
				all[id] = v
			})
		})
	}
	return all, g.Wait()
}
