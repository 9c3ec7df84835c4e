package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/wire"
)

type hit struct {
	ID      string `json:"_id"`
	Version int64  `json:"_version"` // when it was asked for
	Source  struct {
		Head search.Document `json:"head"`
		Row  json.RawMessage `json:"row"`
	} `json:"_source"`
	Sort  []json.RawMessage `json:"sort"`
	Inner map[string]struct {
		Hits hits `json:"hits"`
	} `json:"inner_hits"`
	Fields map[string][]json.RawMessage `json:"fields"`
}

type hits struct {
	Total struct {
		Value int64 `json:"value"`
	} `json:"total"`
	Hits []hit `json:"hits"`
}

func (h hit) document() search.Document {
	d := h.Source.Head
	d.Row = h.Source.Row
	return d
}

// counted is what an aggregation of any kind answers.
type counted struct {
	Buckets json.RawMessage `json:"buckets"` // a list of terms, or named filters
	Value   int64           `json:"value"`
}

// terms reads the buckets of terms.
func (c counted) terms() ([]search.Bucket, error) {
	var found []struct {
		Key   string `json:"key"`
		Count int64  `json:"doc_count"`
	}
	if err := wire.Unmarshal(c.Buckets, &found); err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	out := []search.Bucket{}
	for _, b := range found {
		out = append(out, search.Bucket{Value: b.Key, Count: b.Count})
	}
	return out, nil
}

type answer struct {
	TimedOut     bool               `json:"timed_out"`
	Hits         hits               `json:"hits"`
	Aggregations map[string]counted `json:"aggregations"`
	Suggest      map[string][]struct {
		Options []struct {
			Text string `json:"text"`
			Freq int64  `json:"freq"`
		} `json:"options"`
	} `json:"suggest"`
	PIT string `json:"pit_id"`
}

// search sends one request to an index or alias.
func (b *Backend) search(ctx context.Context, target string, request object) (answer, error) {
	var out answer
	raw, err := wire.Marshal(request)
	if err != nil {
		return out, fmt.Errorf("encode search: %w", err)
	}
	err = b.read(ctx, target, raw, &out)
	if err == nil && out.TimedOut {
		err = fmt.Errorf("search took too long: %w", search.ErrUnavailable)
	}
	return out, err
}

// read sends one request; an index that is not there does not answer.
func (b *Backend) read(ctx context.Context, target string, raw []byte, out any) error {
	err := b.call(ctx, searchTimeout, http.MethodPost, target, raw, out)
	if isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("%w: %w", search.ErrUnavailable, err)
	}
	return err
}

// Search implements search.Backend with one request for all plans.
func (b *Backend) Search(ctx context.Context, plans ...search.Plan) ([]search.Page, error) {
	var requests []object
	parts := make([]int, len(plans)) // how many requests are of each plan
	for i, p := range plans {
		if p.Nothing {
			continue
		}
		asked, err := bodies(p)
		if err != nil {
			return nil, err
		}
		requests, parts[i] = append(requests, asked...), len(asked)
	}
	var found []answer
	var err error
	switch len(requests) {
	case 0:
	case 1:
		found = make([]answer, 1)
		found[0], err = b.search(ctx, "/"+b.alias()+"/_search", requests[0])
	default:
		found, err = b.searchAll(ctx, requests)
	}
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	pages := make([]search.Page, len(plans))
	for i, p := range plans {
		if pages[i], err = pageOf(p, found[:parts[i]]); err != nil {
			return nil, err
		}
		found = found[parts[i]:]
	}
	return pages, nil
}

// pageOf puts the answers for one plan together: the hits come first.
func pageOf(p search.Plan, found []answer) (search.Page, error) {
	page := search.Page{Facets: map[string][]search.Bucket{}}
	if len(found) == 0 {
		return page, nil
	}
	page.Total = found[0].Hits.Total.Value
	if err := fill(&page, p, found[0]); err != nil {
		return page, err
	}
	for _, a := range found {
		for name, agg := range a.Aggregations {
			var err error
			if name == aggGroups {
				page.GroupsTotal = agg.Value
			} else if page.Facets[name], err = agg.terms(); err != nil {
				return page, err
			}
		}
	}
	return page, nil
}

// searchAll sends several searches of the current generation in one request.
func (b *Backend) searchAll(ctx context.Context, requests []object) ([]answer, error) {
	var lines bytes.Buffer
	for _, r := range requests {
		raw, err := wire.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("encode search: %w", err)
		}
		lines.WriteString("{}\n")
		lines.Write(raw)
		lines.WriteByte('\n')
	}
	var answers struct {
		Responses []struct {
			answer
			Status int             `json:"status"`
			Error  json.RawMessage `json:"error"`
		} `json:"responses"`
	}
	if err := b.read(ctx, "/"+b.alias()+"/_msearch", lines.Bytes(), &answers); err != nil {
		return nil, err
	}
	if len(answers.Responses) != len(requests) {
		return nil, fmt.Errorf("%d answers for %d searches", len(answers.Responses), len(requests))
	}
	out := make([]answer, len(requests))
	for i, r := range answers.Responses {
		switch {
		case r.Status == http.StatusBadRequest:
			return nil, &statusError{status: r.Status, reason: string(r.Error[:min(len(r.Error), 300)])}
		case r.Status != http.StatusOK || r.TimedOut:
			return nil, fmt.Errorf("%w: status %d %.300s", search.ErrUnavailable, r.Status, r.Error)
		}
		out[i] = r.answer
	}
	return out, nil
}

func fill(page *search.Page, p search.Plan, found answer) error {
	for _, h := range found.Hits.Hits {
		if !p.Grouped {
			out, err := hitFor(p, h)
			if err != nil {
				return err
			}
			page.Hits = append(page.Hits, out)
			continue
		}
		var g search.Group
		if packs := h.Fields[search.TermPack]; len(packs) > 0 {
			if err := wire.Unmarshal(packs[0], &g.PackID); err != nil {
				return fmt.Errorf("read pack of %s: %w", h.ID, err)
			}
		}
		inner := h.Inner[hitsOfPack].Hits
		g.Count = inner.Total.Value
		for _, h := range inner.Hits {
			out, err := hitFor(p, h)
			if err != nil {
				return err
			}
			g.Hits = append(g.Hits, out)
		}
		page.Groups = append(page.Groups, g)
	}
	return nil
}

func hitFor(p search.Plan, h hit) (search.Hit, error) {
	out := search.Hit{ID: h.ID, Row: h.Source.Row}
	for i, o := range p.Order {
		v, err := sortValue(h.Sort[i], o)
		if err != nil {
			return out, err
		}
		out.Sort = append(out.Sort, v)
	}
	return out, nil
}

// Count implements search.Backend with one request for all plans.
func (b *Backend) Count(ctx context.Context, plans []search.Plan) ([]int64, error) {
	out := make([]int64, len(plans))
	var requests []object
	var asked []int
	for i, p := range plans {
		if p.Nothing {
			continue
		}
		p.Order = nil // counts need no scores
		requests = append(requests, object{"size": 0, "track_total_hits": true, "timeout": "5s", "query": queryFor(p, p.Filters)})
		asked = append(asked, i)
	}
	if len(asked) == 0 {
		return out, nil
	}
	found, err := b.searchAll(ctx, requests)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	for k, i := range asked {
		out[i] = found[k].Hits.Total.Value
	}
	return out, nil
}

// Get implements search.Backend. It searches rather than reads, so that it finds what searches find.
func (b *Backend) Get(ctx context.Context, ids []string, gone bool) ([]search.Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := b.search(ctx, "/"+b.alias()+"/_search", object{
		"size": len(ids), "query": object{"ids": object{"values": ids}}, "_source": []string{fieldHead, fieldRow},
	})
	if err != nil {
		return nil, fmt.Errorf("get documents: %w", err)
	}
	var out []search.Document
	for _, h := range found.Hits.Hits {
		if d := h.document(); gone || !d.Gone {
			out = append(out, d)
		}
	}
	return out, nil
}

// Documents implements search.Backend.
func (b *Backend) Documents(ctx context.Context, generation string) (int64, error) {
	var out struct {
		Count int64 `json:"count"`
	}
	err := b.admin(ctx, http.MethodPost, "/"+b.index(generation)+"/_count", object{"query": object{"exists": object{"field": fieldScope}}}, &out)
	if isStatus(err, http.StatusNotFound) {
		return 0, fmt.Errorf("count documents of %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return 0, fmt.Errorf("count documents of %s: %w", generation, err)
	}
	return out.Count, nil
}

// heldPage is how many documents Live and Held read at once.
const heldPage = 2000

// held is a document without its row, as the engine itself counts it: what was written past us has another version.
func (h hit) held() search.Document {
	d := h.Source.Head
	if h.Version != d.Version {
		d.Version, d.Digest = max(d.Version, h.Version), ""
	}
	return d
}

// Live implements search.Backend.
func (b *Backend) Live(ctx context.Context, generation string, packs search.Packs, each func(search.Document) error) error {
	chosen := object{"terms": object{search.TermPack: packs.IDs}}
	if packs.IDs == nil {
		bounds := object{"gt": packs.After}
		if packs.Through != "" {
			bounds["lte"] = packs.Through
		}
		chosen = object{"range": object{search.TermPack: bounds}}
	}
	request := object{
		"size": heldPage, "version": true, "track_total_hits": false, "sort": []object{{fieldID: "asc"}}, "_source": []string{fieldHead},
		"query": object{"bool": object{"filter": []object{{"exists": object{"field": fieldScope}}, chosen}}},
	}
	for {
		found, err := b.ofGeneration(ctx, generation, request)
		if err != nil {
			return err
		}
		for _, h := range found.Hits.Hits {
			if err := each(h.held()); err != nil {
				return err
			}
			request["search_after"] = []any{h.ID}
		}
		if len(found.Hits.Hits) < heldPage {
			return nil
		}
	}
}

// Held implements search.Backend.
func (b *Backend) Held(ctx context.Context, generation string, ids []string) ([]search.Document, error) {
	var out []search.Document
	for some := range slices.Chunk(ids, heldPage) {
		found, err := b.ofGeneration(ctx, generation, object{
			"size": len(some), "version": true, "track_total_hits": false, "query": object{"ids": object{"values": some}}, "_source": []string{fieldHead},
		})
		if err != nil {
			return nil, err
		}
		for _, h := range found.Hits.Hits {
			out = append(out, h.held())
		}
	}
	return out, nil
}

// ofGeneration searches one generation, whether it is current or not.
func (b *Backend) ofGeneration(ctx context.Context, generation string, request object) (answer, error) {
	found, err := b.search(ctx, "/"+b.index(generation)+"/_search", request)
	if isStatus(err, http.StatusNotFound) {
		return found, fmt.Errorf("read generation %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return found, fmt.Errorf("read generation %s: %w", generation, err)
	}
	return found, nil
}

const (
	scanPage = 500
	scanKeep = "2m" // how long a scan may rest between two pages
)

// Scan implements search.Backend on one point in time.
func (b *Backend) Scan(ctx context.Context, generation string, each func(search.Document) error) (err error) {
	var pit struct {
		ID string `json:"id"`
	}
	err = b.admin(ctx, http.MethodPost, "/"+b.index(generation)+"/_pit?keep_alive="+scanKeep, nil, &pit)
	if isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("scan %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return fmt.Errorf("scan %s: %w", generation, err)
	}
	defer func() {
		err = errors.Join(err, b.admin(context.WithoutCancel(ctx), http.MethodDelete, "/_pit", object{"id": pit.ID}, nil))
	}()
	after := ""
	for {
		request := object{
			"size": scanPage, "pit": object{"id": pit.ID, "keep_alive": scanKeep}, "track_total_hits": false,
			"sort": []object{{fieldID: "asc"}}, "_source": []string{fieldHead, fieldRow},
		}
		if after != "" {
			request["search_after"] = []any{after}
		}
		found, err := b.search(ctx, "/_search", request)
		if err != nil {
			return fmt.Errorf("scan %s: %w", generation, err)
		}
		for _, h := range found.Hits.Hits {
			if err := each(h.document()); err != nil {
				return err
			}
			after = h.ID
		}
		if len(found.Hits.Hits) < scanPage {
			return nil
		}
		pit.ID = found.PIT
	}
}
