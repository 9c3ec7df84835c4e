package search_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/indexer/internal/search/searchtest"
)

// canonical is a random query as it is saved.
func canonical(t testing.TB, r *rand.Rand) api.Query {
	t.Helper()
	for {
		q, err := searchtest.RandomQuery(r).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if q.Kind != api.KindProducers && q.Standing() {
			return q.Filter()
		}
	}
}

// Many queries at once find what each finds alone.
func TestStandingFindsWhatMatchesFinds(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // a seed
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // test data
	standing, queries := search.NewStanding(), map[string]api.Query{}
	for i := range 1500 {
		id := fmt.Sprint("q", i)
		queries[id] = canonical(t, r)
		standing.Add(id, queries[id])
	}
	for id := range queries {
		if r.IntN(4) == 0 {
			standing.Remove(id)
			delete(queries, id)
		}
	}
	standing.Remove("never there")
	if standing.Len() != len(queries) {
		t.Fatalf("%d queries stand, want %d", standing.Len(), len(queries))
	}
	found := 0
	for _, d := range searchtest.Random(r, 150) {
		var want []string
		for id, q := range queries {
			if search.Matches(q, d) {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		if got := standing.Match(d); !slices.Equal(got, want) {
			t.Fatalf("%s is found by %v, want %v", d.ID, got, want)
		}
		found += len(want)
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
	if got := standing.Match(search.Document{ID: "s-x", Kind: search.KindSound, Gone: true}); len(got) != 0 {
		t.Errorf("a tombstone is found by %v", got)
	}
}

// BenchmarkStanding matches the 1,000 sounds of the largest pack with 10,000 saved searches: words as rare and as common as in
// a catalogue, half of them with filters, one in fifty with ranges alone. The sounds match as they come from an event; "alone" is
// the same with Matches.
func BenchmarkStanding(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // test data
	zipf := rand.NewZipf(r, 1.2, 20, 2999)
	word := func() string { // letters alone: digits would be words of their own
		n := zipf.Uint64()
		return string([]byte{'k', 'a' + byte(n%26), 'o', 'a' + byte(n/26%26), 'e', 'a' + byte(n/676)})
	}
	keys := api.Keys()
	standing := search.NewStanding()
	var queries []api.Query
	for i := range 10_000 {
		low := float64(60 + r.IntN(100))
		tempo := &api.Range{Min: &low, Max: &low}
		q := api.Query{Words: word()}
		switch {
		case i%50 == 0:
			q.Words, q.Tempo = "", tempo
		case i%4 == 0:
			q.Words += " " + word()
		case i%4 == 1:
			q.Tempo, q.Types = tempo, []string{"loop"}
		case i%4 == 2:
			q.Keys, q.Genres = []string{keys[r.IntN(len(keys))]}, []string{"house"}
		}
		q, err := q.Canonical()
		if err != nil {
			b.Fatal(err)
		}
		queries = append(queries, q)
		standing.Add(fmt.Sprint(i), q)
	}
	docs := make([]search.Document, 1000)
	for i := range docs {
		name := fmt.Sprint(word(), " ", word(), " ", word(), ".wav")
		docs[i] = searchtest.Sound(fmt.Sprint(i), 1).Named(name).Tags(word(), word()).Tempo(float64(60 + r.IntN(100))).Key(keys[r.IntN(len(keys))]).Doc()
	}
	b.Run("together", func(b *testing.B) {
		found := 0
		for b.Loop() {
			found = 0
			for _, d := range docs {
				found += len(standing.Match(d))
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(docs)), "µs/sound")
		b.ReportMetric(float64(found), "found")
	})
	b.Run("alone", func(b *testing.B) {
		found := 0
		for b.Loop() {
			found = 0
			for _, d := range docs[:100] {
				for _, q := range queries {
					if search.Matches(q, d) {
						found++
					}
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*100), "µs/sound")
	})
}
