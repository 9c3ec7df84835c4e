package blevesearch

import (
	"context"
	"fmt"
	"math"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
)

// groupScan is how many hits are put in order at once while packs are gathered from them.
const groupScan = 5000

// groups walks through the hits in their order and gathers them by pack until the page is full. bleve has nothing of
// the kind, so a page far behind costs more than the first.
func (g *generation) groups(ctx context.Context, p search.Plan, page *search.Page) error {
	counts, total, err := g.packCounts(ctx, p)
	if err != nil {
		return err
	}
	page.Total, page.GroupsTotal = total, int64(len(counts))
	wanted := min(p.From+p.Size, len(counts))
	byPack := &bsearch.SortField{Field: search.TermPack, Type: bsearch.SortFieldAsString, Missing: bsearch.SortFieldMissingLast}
	at := map[string]int{}
	var groups []search.Group
	var after []string
	full := 0 // groups that have all the sounds they show
	for full < wanted {
		r := bleve.NewSearchRequestOptions(queryFor(p, p.Filters), groupScan, 0, false)
		r.Score = "none"
		r.SortByCustom(append(orderFor(p), byPack)) // behind the id it orders nothing, and names the pack
		if after != nil {
			r.SetSearchAfter(after)
		}
		found, err := g.index.SearchInContext(ctx, r)
		if err != nil {
			return fmt.Errorf("search: %w", err)
		}
		for _, h := range found.Hits {
			pack := h.DecodedSort[len(h.DecodedSort)-1]
			i, ok := at[pack]
			if !ok {
				i = len(groups)
				at[pack] = i
				groups = append(groups, search.Group{PackID: pack, Count: counts[pack]})
			}
			if shown := len(groups[i].Hits); i >= wanted || shown == api.GroupSounds {
				continue
			}
			groups[i].Hits = append(groups[i].Hits, search.Hit{ID: h.ID, Sort: h.DecodedSort[:len(p.Order)]})
			if shown := int64(len(groups[i].Hits)); shown == min(counts[pack], api.GroupSounds) {
				full++
			}
		}
		if len(found.Hits) < groupScan {
			break
		}
		after = append([]string(nil), found.Hits[groupScan-1].Sort...)
		for i, o := range p.Order {
			if o.Numeric() && o.Field != search.ByScore && o.Near == 0 {
				after[i] = found.Hits[groupScan-1].DecodedSort[i]
			}
		}
	}
	groups = groups[min(p.From, len(groups)):]
	page.Groups = groups[:min(p.Size, len(groups))]
	return g.rows(ctx, page.Groups)
}

// packCounts counts the hits of every pack.
func (g *generation) packCounts(ctx context.Context, p search.Plan) (counts map[string]int64, total int64, err error) {
	r := bleve.NewSearchRequestOptions(queryFor(p, p.Filters), 0, 0, false)
	r.Score = "none"
	r.AddFacet(search.TermPack, bleve.NewFacetRequest(search.TermPack, math.MaxInt32))
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, 0, fmt.Errorf("count packs: %w", err)
	}
	counts = map[string]int64{}
	for _, t := range found.Facets[search.TermPack].Terms.Terms() {
		counts[t.Term] = int64(t.Count)
	}
	return counts, int64(found.Total), nil //nolint:gosec // a count
}

// rows loads what the hits of groups show.
func (g *generation) rows(ctx context.Context, groups []search.Group) error {
	var ids []string
	for _, group := range groups {
		for _, h := range group.Hits {
			ids = append(ids, h.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	r := bleve.NewSearchRequestOptions(bleve.NewDocIDQuery(ids), len(ids), 0, false)
	r.Fields, r.Score = []string{fieldRow}, "none"
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	rows := map[string]*bsearch.DocumentMatch{}
	for _, h := range found.Hits {
		rows[h.ID] = h
	}
	for _, group := range groups {
		for i := range group.Hits {
			if h, ok := rows[group.Hits[i].ID]; ok {
				group.Hits[i].Row = rowOf(h)
			}
		}
	}
	return nil
}
