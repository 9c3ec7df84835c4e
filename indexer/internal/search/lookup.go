package search

import (
	"context"
	"encoding/json"
	"fmt"

	"crateful.dev/indexer/api"
)

// Rows are the answer to a lookup, as the index holds them.
type Rows struct {
	Sounds []json.RawMessage `json:"sounds"`
	Packs  []json.RawMessage `json:"packs"`
}

// Lookup returns the rows of what is live of the ids, in their order.
func (s *Searcher) Lookup(ctx context.Context, ids api.Lookup) (Rows, error) {
	out := Rows{Sounds: []json.RawMessage{}, Packs: []json.RawMessage{}}
	var all []string
	for _, id := range ids.SoundIDs {
		all = append(all, SoundID(id))
	}
	for _, id := range ids.PackIDs {
		all = append(all, PackID(id))
	}
	if len(all) == 0 {
		return out, nil
	}
	docs, err := s.backend.Get(ctx, all, false)
	if err != nil {
		return out, fmt.Errorf("look up rows: %w", err)
	}
	rows := make(map[string]json.RawMessage, len(docs))
	for _, d := range docs {
		rows[d.ID] = d.Row
	}
	for _, id := range ids.SoundIDs {
		if row, ok := rows[SoundID(id)]; ok {
			out.Sounds = append(out.Sounds, row)
		}
	}
	for _, id := range ids.PackIDs {
		if row, ok := rows[PackID(id)]; ok {
			out.Packs = append(out.Packs, row)
		}
	}
	return out, nil
}
