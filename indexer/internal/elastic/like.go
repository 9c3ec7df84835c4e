package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"crateful.dev/indexer/internal/search"
)

// Like implements search.Backend.
func (b *Backend) Like(ctx context.Context, p search.Plan, vector []float32) ([]search.Hit, error) {
	if p.Nothing {
		return nil, nil
	}
	found, err := b.search(ctx, "/"+b.alias()+"/_search", object{
		"size": p.Size, "track_total_hits": false, "timeout": "5s", "_source": []string{fieldRow},
		"knn": object{
			"field": fieldVector, "query_vector": vector, "k": p.Size, "num_candidates": 4 * p.Size,
			"filter": object{"bool": conditionsOf(p, p.Filters)},
		},
		"sort": []object{{search.ByScore: object{"order": "desc"}}, {fieldID: object{"order": "asc"}}},
	})
	if err != nil {
		return nil, fmt.Errorf("search for what is like a sound: %w", err)
	}
	var out []search.Hit
	for _, h := range found.Hits.Hits {
		out = append(out, search.Hit{ID: h.ID, Row: h.Source.Row})
	}
	return out, nil
}

// Vector implements search.Backend.
func (b *Backend) Vector(ctx context.Context, id string) ([]float32, string, error) {
	var found struct {
		Hits struct {
			Hits []struct {
				Source struct {
					Vector   []float32 `json:"vector"`
					Features []string  `json:"features"`
				} `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	body, err := json.Marshal(object{
		"size": 1, "track_total_hits": false, "_source": []string{fieldVector, search.TermFeatures},
		"query": object{"ids": object{"values": []string{id}}},
	})
	if err != nil {
		return nil, "", fmt.Errorf("encode search: %w", err)
	}
	if err := b.read(ctx, "/"+b.alias()+"/_search", body, &found); err != nil {
		return nil, "", fmt.Errorf("read vector of %s: %w", id, err)
	}
	for _, h := range found.Hits.Hits {
		if len(h.Source.Vector) == search.VectorSize && len(h.Source.Features) > 0 {
			return slices.Clone(h.Source.Vector), h.Source.Features[0], nil
		}
	}
	return nil, "", nil
}
