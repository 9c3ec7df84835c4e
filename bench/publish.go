package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

const (
	publishedPacks = 10
	publishes      = 200 // in all, first ones included
	publishGoal    = 1500
)

// publishToVisible measures from the answer of a publish request until the public search shows what was published. The
// first publish of a pack includes the building of its zip.
func publishToVisible(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	return s.publishToVisible(ctx, b, "publish → visible in search, packs of 20 sounds")
}

func (s *site) publishToVisible(ctx context.Context, b *bench, name string) error {
	p, err := s.join(ctx, true)
	if err != nil {
		return err
	}
	var first, again, all []float64
	packs := make([]api.Workbench, publishedPacks)
	words := make([]string, publishedPacks)
	for i := range packs {
		words[i] = fmt.Sprintf("Vis%x", time.Now().UnixNano()&0xffffffff)
		if packs[i], err = p.draft(ctx, words[i], uint64(1000+i)); err != nil {
			return err
		}
		ms, err := s.visible(ctx, p, packs[i], words[i], 1200)
		if err != nil {
			return err
		}
		first = append(first, ms)
	}
	for n := len(first); n < publishes; n++ {
		i := n % len(packs)
		bench, err := p.Workbench(ctx, packs[i].Pack.ID)
		if err != nil {
			return err
		}
		cents := int64(1200 + n)
		price := euros(cents)
		if bench, err = p.ChangePack(ctx, bench.Pack.ID, bench.Pack.ETag, api.PackChange{Price: &price}); err != nil {
			return explain(err)
		}
		ms, err := s.visible(ctx, p, bench, words[i], cents)
		if err != nil {
			return err
		}
		again = append(again, ms)
	}
	all = append(append(all, first...), again...)
	shown := quantileShown(" ms", 0, 0.5, 0.99)
	b.add(
		figure{name: name, goal: "p99 < 1.5 s", values: all, shown: shown, ok: quantileAtMost(0.99, publishGoal)},
		figure{name: "– first publishes, zip included", goal: "", values: first, shown: shown},
		figure{name: "– new revisions", goal: "", values: again, shown: shown},
	)
	return nil
}

// visible publishes and gives the milliseconds until search shows the price.
func (s *site) visible(ctx context.Context, p person, b api.Workbench, word string, cents int64) (float64, error) {
	answered, err := p.publish(ctx, b)
	if err != nil {
		return 0, fmt.Errorf("publish %s: %w", word, err)
	}
	reader := s.stranger()
	err = wait(ctx, time.Minute, 5*time.Millisecond, word+" to be found", func() (bool, error) {
		shown, err := price(ctx, reader, word)
		return shown == cents, err
	})
	return float64(time.Since(answered).Microseconds()) / 1000, err
}

// price is what search shows for the pack with this word; -1 while it does not.
func price(ctx context.Context, reader *client.Asking, word string) (int64, error) {
	found, err := reader.Search(ctx, url.Values{"q": {word}, "in": {"packs"}})
	if err != nil || len(found.Packs) == 0 {
		return -1, err
	}
	return found.Packs[0].Price.Amount, nil
}
