package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"crateful.dev/indexer/internal/search"
)

// nearWords is how many near words are asked for.
const nearWords = 20

// Spell implements search.Backend in one request: counts of the words themselves, and near ones from the term suggester.
func (b *Backend) Spell(ctx context.Context, words []search.Unsure) ([]search.Spelling, error) {
	filters, suggest := object{}, object{}
	for i, w := range words {
		name := strconv.Itoa(i)
		filters[name] = term(search.TextAll, w.Word)
		if w.Edits > 0 {
			suggest[name] = object{"text": w.Word, "term": object{
				"field": search.TextAll, "analyzer": "spaces", "size": nearWords, "shard_size": 4 * nearWords, "suggest_mode": "always",
				"sort": "score", "max_edits": w.Edits, "prefix_length": 0, "min_word_length": 1, "accuracy": 0.3,
			}}
		}
	}
	request := object{
		"size": 0, "track_total_hits": false, "timeout": "5s", "query": object{"exists": object{"field": fieldScope}},
		"aggs": object{"words": object{"filters": object{"filters": filters}}},
	}
	if len(suggest) > 0 {
		request["suggest"] = suggest
	}
	found, err := b.search(ctx, "/"+b.alias()+"/_search", request)
	if err != nil {
		return nil, fmt.Errorf("spell: %w", err)
	}
	var counts map[string]struct {
		Count int64 `json:"doc_count"`
	}
	if err := json.Unmarshal(found.Aggregations["words"].Buckets, &counts); err != nil {
		return nil, fmt.Errorf("read counts of words: %w", err)
	}
	out := make([]search.Spelling, len(words))
	for i := range words {
		name := strconv.Itoa(i)
		out[i].Count = counts[name].Count
		for _, s := range found.Suggest[name] {
			for _, o := range s.Options {
				out[i].Near = append(out[i].Near, search.Bucket{Value: o.Text, Count: o.Freq})
			}
		}
	}
	return out, nil
}
