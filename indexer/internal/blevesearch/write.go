package blevesearch

import (
	"context"
	"fmt"
	"strconv"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"

	"crateful.dev/indexer/internal/search"
)

// maxBatch bounds the documents of one batch.
const maxBatch = 2000

// Bulk implements search.Backend. The version lies in the document itself, so that both change in one step; reading
// and writing happen under one lock, and the batch is on disk when Bulk returns.
func (b *Backend) Bulk(ctx context.Context, name string, docs []search.Document) ([]search.Result, error) {
	g, done, err := b.use(name)
	if err != nil {
		return nil, err
	}
	defer done()
	g.writeMu.Lock()
	defer g.writeMu.Unlock()
	results := make([]search.Result, 0, len(docs))
	for len(docs) > 0 {
		n := min(len(docs), maxBatch)
		some, err := g.write(ctx, docs[:n])
		if err != nil {
			return nil, fmt.Errorf("write to generation %s: %w", name, err)
		}
		results, docs = append(results, some...), docs[n:]
	}
	return results, nil
}

func (g *generation) write(ctx context.Context, docs []search.Document) ([]search.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	results := make([]search.Result, len(docs))
	ids := make([]string, 0, len(docs))
	for i, d := range docs {
		if err := d.Check(); err != nil {
			results[i] = search.Result{Outcome: search.Rejected, Reason: err.Error()}
			continue
		}
		ids = append(ids, d.ID)
	}
	versions, err := g.versions(ctx, ids)
	if err != nil {
		return nil, err
	}
	batch := g.index.NewBatch()
	for i, d := range docs {
		if results[i].Outcome == search.Rejected {
			continue
		}
		if have, ok := versions[d.ID]; ok && have >= d.Version {
			results[i].Outcome = search.Stale
			continue
		}
		fields, err := g.fields(d)
		if err != nil {
			results[i] = search.Result{Outcome: search.Rejected, Reason: err.Error()}
			continue
		}
		if err := batch.IndexAdvanced(fields); err != nil {
			return nil, fmt.Errorf("add document %s: %w", d.ID, err)
		}
		versions[d.ID] = d.Version
	}
	if batch.Size() == 0 {
		return results, nil
	}
	if err := g.index.Batch(batch); err != nil {
		return nil, fmt.Errorf("write batch: %w", err)
	}
	g.counts.forget()
	g.pages.forget()
	return results, nil
}

// versions reads what the index holds of the ids. Sorting by the version hands it over without loading the documents.
func (g *generation) versions(ctx context.Context, ids []string) (map[string]int64, error) {
	out := make(map[string]int64, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	r := bleve.NewSearchRequestOptions(bleve.NewDocIDQuery(ids), len(ids), 0, false)
	r.Score = "none"
	r.SortByCustom(bsearch.SortOrder{&bsearch.SortField{Field: fieldVersion, Type: bsearch.SortFieldAsNumber}})
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	for _, h := range found.Hits {
		v, err := strconv.ParseFloat(h.DecodedSort[0], 64)
		if err != nil {
			return nil, fmt.Errorf("read version of %s: %w", h.ID, err)
		}
		out[h.ID] = int64(v)
	}
	return out, nil
}

// Refresh implements search.Backend: what Bulk wrote is visible already.
func (b *Backend) Refresh(_ context.Context, name string) error {
	_, done, err := b.use(name)
	if err != nil {
		return err
	}
	done()
	return nil
}
