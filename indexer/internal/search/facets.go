package search

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/indexer/api"
)

// facets writes an engine's buckets as the answer shows them.
func facets(buckets map[string][]Bucket) ([]api.Facet, []api.TempoBar) {
	var out []api.Facet
	var bars []api.TempoBar
	for _, f := range facetFields {
		if f.Facet == facetTempo {
			for _, b := range buckets[f.Facet] {
				if from, err := strconv.Atoi(b.Value); err == nil {
					bars = append(bars, api.TempoBar{From: from, Count: b.Count})
				}
			}
			slices.SortFunc(bars, func(a, b api.TempoBar) int { return cmp.Compare(a.From, b.From) })
			continue
		}
		facet := api.Facet{Name: f.Facet, Values: []api.FacetValue{}}
		if f.Facet == api.FacetProducer {
			for _, p := range mergeProducers(buckets[f.Facet]) {
				facet.Values = append(facet.Values, api.FacetValue{Value: strings.ToLower(p.Handle), Label: p.Name, Count: p.Packs})
			}
		} else {
			for _, b := range buckets[f.Facet] {
				facet.Values = append(facet.Values, api.FacetValue{Value: b.Value, Count: b.Count})
			}
		}
		out = append(out, facet)
	}
	return out, bars
}
