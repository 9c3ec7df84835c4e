package blevesearch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"golang.org/x/sync/errgroup"

	"crateful.dev/indexer/internal/search"
)

// Search implements search.Backend.
func (b *Backend) Search(ctx context.Context, plans ...search.Plan) ([]search.Page, error) {
	g, done, err := b.useCurrent()
	if err != nil {
		return nil, err
	}
	defer done()
	pages := make([]search.Page, len(plans))
	all, ctx := errgroup.WithContext(ctx)
	for i, p := range plans {
		all.Go(func() (err error) {
			pages[i], err = g.page(ctx, p)
			return err
		})
	}
	return pages, all.Wait()
}

// page answers one plan; what was found since the last write is remembered.
func (g *generation) page(ctx context.Context, p search.Plan) (search.Page, error) {
	if p.Nothing {
		return search.Page{Facets: map[string][]search.Bucket{}}, nil
	}
	key, err := json.Marshal(p)
	if err != nil {
		return search.Page{}, fmt.Errorf("search: %w", err)
	}
	page, ok, era := g.pages.get(string(key))
	if ok {
		return page, nil
	}
	if page, err = g.search(ctx, p); err != nil {
		return page, err
	}
	g.pages.put(string(key), era, page)
	return page, nil
}

func (g *generation) search(ctx context.Context, p search.Plan) (search.Page, error) {
	page := search.Page{Facets: map[string][]search.Bucket{}}
	var err error
	if p.Grouped && p.Size > 0 {
		err = g.groups(ctx, p, &page)
	} else {
		err = g.hits(ctx, p, &page)
	}
	if err != nil {
		return page, err
	}
	if err := g.facets(ctx, p, page.Facets); err != nil {
		return page, err
	}
	return page, nil
}

func (g *generation) hits(ctx context.Context, p search.Plan, page *search.Page) error {
	r := bleve.NewSearchRequestOptions(queryFor(p, p.Filters), p.Size, 0, false)
	r.Fields, r.Score = []string{fieldRow}, "none"
	r.SortByCustom(orderFor(p))
	if len(p.After) > 0 {
		after, err := afterFor(p)
		if err != nil {
			return err
		}
		r.SetSearchAfter(after)
	}
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	page.Total = int64(found.Total) //nolint:gosec // a count
	for _, h := range found.Hits {
		page.Hits = append(page.Hits, search.Hit{ID: h.ID, Row: rowOf(h), Sort: h.DecodedSort[:len(p.Order)]})
	}
	return nil
}

func rowOf(h *bsearch.DocumentMatch) json.RawMessage {
	row, _ := h.Fields[fieldRow].(string)
	return json.RawMessage(row)
}

// afterFor writes a cursor's values as bleve compares them: computed ones come as they sort.
func afterFor(p search.Plan) ([]string, error) {
	if len(p.After) != len(p.Order)+1 {
		return nil, search.ErrBadCursor
	}
	after := slices.Clone(p.After)
	for i, o := range p.Order {
		if o.Field != search.ByScore && o.Near == 0 {
			continue
		}
		n, err := strconv.ParseFloat(after[i], 64)
		if err != nil {
			return nil, search.ErrBadCursor
		}
		after[i] = encodeNumber(n)
	}
	return after, nil
}

// Count implements search.Backend.
func (b *Backend) Count(ctx context.Context, plans []search.Plan) ([]int64, error) {
	g, done, err := b.useCurrent()
	if err != nil {
		return nil, err
	}
	defer done()
	out := make([]int64, len(plans))
	for i, p := range plans {
		if p.Nothing {
			continue
		}
		if out[i], err = g.count(ctx, queryFor(p, p.Filters)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (g *generation) count(ctx context.Context, q query.Query) (int64, error) {
	r := bleve.NewSearchRequestOptions(q, 0, 0, false)
	r.Score = "none"
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return int64(found.Total), nil //nolint:gosec // a count
}

// Get implements search.Backend.
func (b *Backend) Get(ctx context.Context, ids []string, gone bool) ([]search.Document, error) {
	g, done, err := b.useCurrent()
	if err != nil {
		return nil, err
	}
	defer done()
	if len(ids) == 0 {
		return nil, nil
	}
	r := bleve.NewSearchRequestOptions(bleve.NewDocIDQuery(ids), len(ids), 0, false)
	r.Fields, r.Score = []string{fieldHead, fieldRow}, "none"
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("get documents: %w", err)
	}
	var out []search.Document
	for _, h := range found.Hits {
		d, err := documentFrom(h)
		if err != nil {
			return nil, err
		}
		if gone || !d.Gone {
			out = append(out, d)
		}
	}
	return out, nil
}

func documentFrom(h *bsearch.DocumentMatch) (search.Document, error) {
	var d search.Document
	head, _ := h.Fields[fieldHead].(string)
	if err := json.Unmarshal([]byte(head), &d); err != nil {
		return d, fmt.Errorf("read document %s: %w", h.ID, err)
	}
	if row, ok := h.Fields[fieldRow].(string); ok {
		d.Row = json.RawMessage(row)
	}
	return d, nil
}

// Documents implements search.Backend.
func (b *Backend) Documents(ctx context.Context, name string) (int64, error) {
	g, done, err := b.use(name)
	if err != nil {
		return 0, err
	}
	defer done()
	return g.count(ctx, bleve.NewDisjunctionQuery(term(fieldScope, search.KindSound), term(fieldScope, search.KindPack)))
}

// Live implements search.Backend.
func (b *Backend) Live(ctx context.Context, name string, packs search.Packs, each func(search.Document) error) error {
	live := bleve.NewDisjunctionQuery(term(fieldScope, search.KindSound), term(fieldScope, search.KindPack))
	var chosen query.Query
	if packs.IDs != nil {
		named := make([]query.Query, len(packs.IDs))
		for i, id := range packs.IDs {
			named[i] = term(search.TermPack, id)
		}
		chosen = bleve.NewDisjunctionQuery(named...)
	} else {
		no, yes := false, true
		of := bleve.NewTermRangeInclusiveQuery(packs.After, packs.Through, &no, &yes)
		of.SetField(search.TermPack)
		chosen = of
		if packs.After == "" && packs.Through == "" {
			chosen = bleve.NewMatchAllQuery()
		}
	}
	return b.paged(ctx, name, bleve.NewConjunctionQuery(live, chosen), each, fieldHead)
}

// Held implements search.Backend.
func (b *Backend) Held(ctx context.Context, name string, ids []string) ([]search.Document, error) {
	var out []search.Document
	for some := range slices.Chunk(ids, scanPage) {
		err := b.paged(ctx, name, bleve.NewDocIDQuery(some), func(d search.Document) error {
			out = append(out, d)
			return nil
		}, fieldHead)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Scan implements search.Backend.
func (b *Backend) Scan(ctx context.Context, name string, each func(search.Document) error) error {
	return b.paged(ctx, name, bleve.NewMatchAllQuery(), each, fieldHead, fieldRow)
}

// scanPage is how many documents are read at once.
const scanPage = 500

// paged hands over documents a page at a time.
func (b *Backend) paged(ctx context.Context, name string, q query.Query, each func(search.Document) error, stored ...string) error {
	after := ""
	for {
		docs, err := b.page(ctx, name, q, after, stored...)
		if err != nil {
			return err
		}
		for _, d := range docs {
			if err := each(d); err != nil {
				return err
			}
			after = d.ID
		}
		if len(docs) < scanPage {
			return nil
		}
	}
}

// page reads documents behind an id, in the order of ids.
func (b *Backend) page(ctx context.Context, name string, q query.Query, after string, stored ...string) ([]search.Document, error) {
	g, done, err := b.use(name)
	if err != nil {
		return nil, err
	}
	defer done()
	r := bleve.NewSearchRequestOptions(q, scanPage, 0, false)
	r.Fields, r.Score = stored, "none"
	r.SortByCustom(bsearch.SortOrder{byID()})
	if after != "" {
		r.SetSearchAfter([]string{after})
	}
	found, err := g.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("read generation %s: %w", name, err)
	}
	docs := make([]search.Document, 0, len(found.Hits))
	for _, h := range found.Hits {
		d, err := documentFrom(h)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}
