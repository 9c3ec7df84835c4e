package blevesearch

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/blevesearch/bleve/v2"

	"crateful.dev/indexer/internal/search"
)

// facets counts for a plan: those that nothing filters by in one search, each of the others in one of its own. Counting
// is the dear part of a search, so that counts are kept until the next write.
func (g *generation) facets(ctx context.Context, p search.Plan, out map[string][]search.Bucket) error {
	var together []search.FacetPlan
	for _, f := range p.Facets {
		filters, fewer := p.FiltersFor(f.Facet)
		if !fewer {
			together = append(together, f)
			continue
		}
		if err := g.countFacets(ctx, p, filters, []search.FacetPlan{f}, out); err != nil {
			return err
		}
	}
	if len(together) == 0 {
		return nil
	}
	return g.countFacets(ctx, p, p.Filters, together, out)
}

func (g *generation) countFacets(ctx context.Context, p search.Plan, filters []search.Filter, facets []search.FacetPlan, out map[string][]search.Bucket) error {
	key, err := json.Marshal([]any{p.Kind, p.In, p.More, p.Missing, p.Words, p.Not, p.Prefix, filters, facets})
	if err != nil {
		return fmt.Errorf("count facets: %w", err)
	}
	counts, ok, era := g.counts.get(string(key))
	if !ok {
		r := bleve.NewSearchRequestOptions(queryFor(p, filters), 0, 0, false)
		r.Score = "none"
		for _, f := range facets {
			fr := bleve.NewFacetRequest(f.Field, f.Size)
			fr.SetPrefixFilter(f.Prefix)
			r.AddFacet(f.Facet, fr)
		}
		found, err := g.index.SearchInContext(ctx, r)
		if err != nil {
			return fmt.Errorf("count facets: %w", err)
		}
		counts = map[string][]search.Bucket{}
		for name, counted := range found.Facets {
			buckets := []search.Bucket{}
			for _, t := range counted.Terms.Terms() {
				buckets = append(buckets, search.Bucket{Value: t.Term, Count: int64(t.Count)})
			}
			counts[name] = buckets
		}
		g.counts.put(string(key), era, counts)
	}
	for name, buckets := range counts {
		out[name] = buckets
	}
	return nil
}

// maxKept bounds the kept answers of each kind in one generation.
const maxKept = 256

// kept remembers answers until the next write: this process alone writes, so it knows.
type kept[T any] struct {
	mu      sync.Mutex
	era     uint64 // +1 with every write
	answers map[string]T
}

func (k *kept[T]) get(key string) (answer T, ok bool, era uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	answer, ok = k.answers[key]
	return answer, ok, k.era
}

// put keeps an answer unless something was written since it was begun.
func (k *kept[T]) put(key string, era uint64, answer T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if era != k.era {
		return
	}
	if k.answers == nil {
		k.answers = map[string]T{}
	}
	if len(k.answers) >= maxKept {
		for old := range k.answers {
			delete(k.answers, old)
			break
		}
	}
	k.answers[key] = answer
}

func (k *kept[T]) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.era++
	clear(k.answers)
}
