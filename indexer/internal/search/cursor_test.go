package search

import (
	"encoding/base64"
	"testing"

	"crateful.dev/indexer/api"
)

func FuzzCursor(f *testing.F) {
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"k":"sounds","s":"newest","a":["1.5e3","s-1"]}`)))
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"k":"sounds","s":"newest","a":["NaN","s-1"]}`)))
	f.Fuzz(func(t *testing.T, text string) {
		q, err := api.Query{Sort: api.SortNewest, Cursor: text}.Canonical()
		if err != nil {
			return
		}
		after, err := decodeCursor(q, orders[q.Sort])
		if err == nil && after != nil && len(after) != len(orders[q.Sort])+1 {
			t.Fatalf("cursor %q gave %v", text, after)
		}
	})
}
