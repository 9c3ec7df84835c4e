package searchtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
)

func soundNames(t *testing.T, rows []json.RawMessage) []string {
	t.Helper()
	var out []string
	for _, raw := range rows {
		var row api.SoundRow
		must(t, json.Unmarshal(raw, &row))
		out = append(out, row.ID)
	}
	return out
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	must(t, json.Unmarshal(raw, into))
}

// searcher asks as the service does: tabs, cursors, what to loosen, suggestions.
func searcher(t *testing.T, b search.Backend, _ Features) {
	var docs []search.Document
	for i := range 25 {
		sound := Sound(fmt.Sprintf("%02d", i), 1).Genre("house").Tempo(float64(100 + i)).Tags("warm")
		sound.maker = []string{"Ada", "Bob"}[i%2]
		docs = append(docs, sound.Doc())
	}
	for i, maker := range []string{"Ada", "Ada", "Bob"} {
		pack := Sound(fmt.Sprint("pack", i), 1).Named(fmt.Sprint("Warm Pack ", i)).Genre("house")
		pack.kind, pack.maker = search.KindPack, maker
		docs = append(docs, pack.Doc())
	}
	serve(t, b, docs...)
	s := search.NewSearcher(b, &search.Pressure{})
	ctx := ctxFor(t)

	var all []string
	q := api.Query{Sort: api.SortFastest, Size: 10}
	for range 3 {
		answer, err := s.Search(ctx, q)
		must(t, err)
		equal(t, "total", answer.Total, 25)
		equal(t, "totals", *answer.Totals, api.Totals{Sounds: 25, Packs: 3, Producers: 2})
		all = append(all, soundNames(t, answer.Sounds)...)
		q.Cursor = answer.Next
	}
	equal(t, "the last page has no next", q.Cursor, "")
	equal(t, "all pages", len(slices.Compact(all)), 25)
	equal(t, "fastest first", all[0]+" "+all[24], "24 00")

	answer, err := s.Search(ctx, api.Query{Kind: api.KindProducers})
	must(t, err)
	equal(t, "producers", len(answer.Producers), 2)
	equal(t, "most packs first", answer.Producers[0], api.ProducerRow{Producer: api.Producer{ID: "id-Ada", Handle: "Ada", Name: "The Ada"}, Packs: 2, Sounds: 13})
	answer, err = s.Search(ctx, api.Query{Kind: api.KindProducers, Words: "bob"})
	must(t, err)
	equal(t, "producers named bob", len(answer.Producers), 1)

	low := 300.0
	answer, err = s.Search(ctx, api.Query{Words: "ada", Tempo: &api.Range{Min: &low}, Genres: []string{"house"}})
	must(t, err)
	equal(t, "nothing", answer.Total, 0)
	if len(answer.Loosen) != 1 || answer.Loosen[0].Drop != "tempo" || answer.Loosen[0].Count != 13 || answer.Loosen[0].Query.Tempo != nil {
		t.Fatalf("loosen %+v, want 13 without tempo", answer.Loosen)
	}

	_, err = s.Search(ctx, api.Query{Sort: api.SortName, Cursor: "e30"})
	wantErr(t, err, search.ErrBadCursor)

	got, err := s.Suggest(ctx, "wa", 5)
	must(t, err)
	equal(t, "suggested tags", got.Tags, []api.FacetValue{{Value: "warm", Count: 25}})
	equal(t, "suggested packs", len(got.Packs), 3)
	got, err = s.Suggest(ctx, "ad", 5)
	must(t, err)
	equal(t, "suggested producers", got.Producers, []api.Producer{{ID: "id-Ada", Handle: "Ada", Name: "The Ada"}})

	rows, err := s.Lookup(ctx, api.Lookup{SoundIDs: []string{"07", "none", "03"}, PackIDs: []string{"pack1"}})
	must(t, err)
	equal(t, "looked up", soundNames(t, rows.Sounds), []string{"07", "03"})
	equal(t, "packs looked up", len(rows.Packs), 1)
}
