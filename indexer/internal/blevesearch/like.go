package blevesearch

import (
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"

	"crateful.dev/indexer/internal/search"
)

// Like implements search.Backend by looking at every sound that the plan finds.
func (b *Backend) Like(ctx context.Context, p search.Plan, vector []float32) ([]search.Hit, error) {
	g, done, err := b.useCurrent()
	if err != nil {
		return nil, err
	}
	defer done()
	if p.Nothing {
		return nil, nil
	}
	r := bleve.NewSearchRequestOptions(queryFor(p, p.Filters), p.Size, 0, false)
	r.Fields, r.Score = []string{fieldRow}, "none"
	r.SortByCustom(bsearch.SortOrder{byLikeness(vector), byID()})
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("search for what is like a sound: %w", err)
	}
	var out []search.Hit
	for _, h := range found.Hits {
		out = append(out, search.Hit{ID: h.ID, Row: rowOf(h)})
	}
	return out, nil
}

// Vector implements search.Backend.
func (b *Backend) Vector(ctx context.Context, id string) ([]float32, string, error) {
	g, done, err := b.useCurrent()
	if err != nil {
		return nil, "", err
	}
	defer done()
	r := bleve.NewSearchRequestOptions(bleve.NewDocIDQuery([]string{id}), 1, 0, false)
	r.Fields, r.Score = []string{fieldVector}, "none"
	r.SortByCustom(bsearch.SortOrder{&bsearch.SortField{Field: search.TermFeatures, Type: bsearch.SortFieldAsString}})
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, "", fmt.Errorf("read vector of %s: %w", id, err)
	}
	for _, h := range found.Hits {
		if text, ok := h.Fields[fieldVector].(string); ok {
			return unpackVector([]byte(text)), h.DecodedSort[0], nil
		}
	}
	return nil, "", nil
}
