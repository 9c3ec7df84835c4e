package blevesearch_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/blevesearch"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/indexer/internal/search/searchtest"
)

// BenchmarkSearch asks 100,000 documents whole questions: rows, totals of all tabs, eleven facets. Each question is
// new, so that kept counts do not help, except where the name says so.
func BenchmarkSearch(b *testing.B) {
	const documents = 100_000
	ctx := context.Background()
	backend, err := blevesearch.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer backend.Close()
	if err := backend.EnsureGeneration(ctx, "one"); err != nil {
		b.Fatal(err)
	}
	if err := backend.Swap(ctx, "", "one"); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // test data
	docs := searchtest.Random(r, documents)
	start := time.Now()
	if _, err := backend.Bulk(ctx, "one", docs); err != nil {
		b.Fatal(err)
	}
	b.Logf("%.0f documents/s written", documents/time.Since(start).Seconds())
	searcher := search.NewSearcher(backend, &search.Pressure{})
	low := 80.0
	for _, row := range []struct {
		name string
		q    func(i int) api.Query
	}{
		{"rows only, a word", func(int) api.Query { return api.Query{Words: "kick", NoFacets: true} }},
		{"rows only, words and filters", func(i int) api.Query {
			high := low + float64(i%50) + 0.5
			return api.Query{Words: "kick vox", Genres: []string{"house"}, Tempo: &api.Range{Min: &low, Max: &high}, NoFacets: true}
		}},
		{"rows only, everything newest", func(int) api.Query { return api.Query{Sort: api.SortNewest, NoFacets: true} }},
		{"words and filters, new", func(i int) api.Query {
			high := low + 5 + float64(i)/1000
			return api.Query{Words: "kick vox", Genres: []string{"house"}, Tempo: &api.Range{Min: &low, Max: &high}}
		}},
		{"everything, new", func(i int) api.Query {
			high := 500 + float64(i)/1000
			return api.Query{Length: &api.Range{Max: &high}}
		}},
		{"everything, asked before", func(int) api.Query { return api.Query{} }},
	} {
		b.Run(row.name, func(b *testing.B) {
			var took []time.Duration
			i, before := 0, cpu(b)
			for b.Loop() {
				i++
				start := time.Now()
				if _, err := searcher.Search(ctx, row.q(i)); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(i), "cpu-ms")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// cpu is the time this process has computed, which other processes do not change.
func cpu(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
