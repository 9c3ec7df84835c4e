package search

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/indexer/api"
)

// maxProducers bounds the producers one query can list.
const maxProducers = 1000

// Answer is an api.Response whose rows are passed on as the index holds them.
type Answer struct {
	api.Response
	Sounds []json.RawMessage `json:"sounds,omitempty"`
	Packs  []json.RawMessage `json:"packs,omitempty"`
}

// Searcher answers queries from a Backend.
type Searcher struct {
	backend  Backend
	pressure *Pressure
}

// NewSearcher returns a Searcher that notes in pressure how long searches take.
func NewSearcher(backend Backend, pressure *Pressure) *Searcher {
	return &Searcher{backend: backend, pressure: pressure}
}

// Search answers a query. What is wrong with it is an *api.QueryError or ErrBadCursor.
func (s *Searcher) Search(ctx context.Context, q api.Query) (Answer, error) {
	start := time.Now()
	q, err := q.Canonical()
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	answer.Query = q
	if q.Kind == api.KindProducers {
		err = s.searchProducers(ctx, q, &answer)
	} else {
		err = s.searchRows(ctx, q, &answer)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("search: %w", err)
	}
	if answer.Total == 0 && q.Cursor == "" && !q.NoFacets {
		if answer.Loosen, err = s.loosen(ctx, q); err != nil {
			return Answer{}, fmt.Errorf("search for what to loosen: %w", err)
		}
	}
	took := time.Since(start)
	s.pressure.Note(took)
	answer.TookMS = float64(took.Microseconds()) / 1000
	return answer, nil
}

func (s *Searcher) searchRows(ctx context.Context, q api.Query, answer *Answer) error {
	kind, other := KindSound, KindPack
	if q.Kind == api.KindPacks {
		kind, other = KindPack, KindSound
	}
	plan := PlanFor(q, kind)
	var err error
	if plan.After, err = decodeCursor(q, plan.Order); err != nil {
		return err
	}
	plan.Size = q.Size + 1 // one more says whether there is a next page
	var page Page
	var counts []int64
	var producers int64
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		page, err = s.backend.Search(ctx, plan)
		return err
	})
	if !q.NoFacets {
		g.Go(func() (err error) {
			counts, err = s.backend.Count(ctx, []Plan{PlanFor(q, other)})
			return err
		})
		g.Go(func() error {
			found, err := s.producers(ctx, q)
			producers = int64(len(found))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if len(page.Hits) > q.Size {
		page.Hits = page.Hits[:q.Size]
		last := page.Hits[q.Size-1]
		answer.Next, err = cursor{q.Kind, q.Sort, append(slices.Clone(last.Sort), last.ID)}.encode()
		if err != nil {
			return err
		}
	}
	rows := make([]json.RawMessage, len(page.Hits))
	for i, h := range page.Hits {
		rows[i] = h.Row
	}
	answer.Total = page.Total
	totals := api.Totals{Producers: producers}
	if kind == KindSound {
		answer.Sounds, totals.Sounds = rows, page.Total
	} else {
		answer.Packs, totals.Packs = rows, page.Total
	}
	if !q.NoFacets {
		if kind == KindSound {
			totals.Packs = counts[0]
		} else {
			totals.Sounds = counts[0]
		}
		answer.Totals = &totals
		answer.Facets, answer.Tempo = facets(page.Facets)
	}
	return nil
}

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

// mergeProducers turns counted cards into producers. Between a producer's new name and the last of its packs that
// carries it there are two cards of one producer. Packs holds the count.
func mergeProducers(buckets []Bucket) []api.ProducerRow {
	var out []api.ProducerRow
	at := map[string]int{}
	for _, b := range buckets {
		id, handle, name, ok := ParseProducerCard(b.Value)
		if !ok {
			continue
		}
		if i, seen := at[id]; seen {
			out[i].Packs += b.Count
			continue
		}
		at[id] = len(out)
		out = append(out, api.ProducerRow{Producer: api.Producer{ID: id, Handle: handle, Name: name}, Packs: b.Count})
	}
	return out
}

// producers lists whom the words name and whose packs pass the filters.
func (s *Searcher) producers(ctx context.Context, q api.Query) ([]api.ProducerRow, error) {
	plan := producerPlan(q, maxProducers)
	page, err := s.backend.Search(ctx, plan)
	if err != nil {
		return nil, err
	}
	return mergeProducers(page.Facets[api.FacetProducer]), nil
}

func producerPlan(q api.Query, size int) Plan {
	q.NoFacets = true
	plan := PlanFor(q, KindPack)
	plan.In, plan.Size, plan.Order = TextProducer, 0, nil
	// The condition on producers counts here: the facet's name is not that of the condition.
	for i := range plan.Filters {
		if plan.Filters[i].Facet == api.FacetProducer {
			plan.Filters[i].Facet = ""
		}
	}
	plan.Facets = []FacetPlan{{Facet: api.FacetProducer, Field: TermProducerCard, Size: size}}
	return plan
}

func (s *Searcher) searchProducers(ctx context.Context, q api.Query, answer *Answer) error {
	after, err := decodeCursor(q, nil)
	if err != nil {
		return err
	}
	skip := 0
	if after != nil {
		if skip, err = strconv.Atoi(after[0]); err != nil || skip < 0 || skip > maxProducers {
			return ErrBadCursor
		}
	}
	var found []api.ProducerRow
	var counts []int64
	var page Page
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		found, err = s.producers(gctx, q)
		return err
	})
	if !q.NoFacets {
		g.Go(func() (err error) {
			counts, err = s.backend.Count(gctx, []Plan{PlanFor(q, KindSound), PlanFor(q, KindPack)})
			return err
		})
		g.Go(func() (err error) {
			plan := PlanFor(q, KindPack)
			plan.In, plan.Size, plan.Order = TextProducer, 0, nil
			page, err = s.backend.Search(gctx, plan)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b api.ProducerRow) int {
		if q.Sort == api.SortName {
			return cmp.Or(cmp.Compare(NameKey(a.Name), NameKey(b.Name)), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(cmp.Compare(b.Packs, a.Packs), cmp.Compare(NameKey(a.Name), NameKey(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	answer.Total = int64(len(found))
	rows := found[min(skip, len(found)):]
	if len(rows) > q.Size {
		rows = rows[:q.Size]
		if answer.Next, err = (cursor{q.Kind, q.Sort, []string{strconv.Itoa(skip + q.Size)}}).encode(); err != nil {
			return err
		}
	}
	if err := s.dressProducers(ctx, rows); err != nil {
		return err
	}
	answer.Producers = rows
	if !q.NoFacets {
		answer.Totals = &api.Totals{Sounds: counts[0], Packs: counts[1], Producers: answer.Total}
		answer.Facets, answer.Tempo = facets(page.Facets)
	}
	return nil
}

// dressProducers adds what a row shows beyond the card, for one page in two searches.
func (s *Searcher) dressProducers(ctx context.Context, rows []api.ProducerRow) error {
	if len(rows) == 0 {
		return nil
	}
	at := map[string]int{}
	var handles []string
	for i, r := range rows {
		at[r.ID] = i
		handles = append(handles, strings.ToLower(r.Handle))
	}
	ofThese := []Filter{{Field: TermProducer, Terms: handles}}
	packs, err := s.backend.Search(ctx, Plan{Kind: KindPack, In: TextAll, Filters: ofThese, Order: orders[api.SortPopular], Size: 200})
	if err != nil {
		return err
	}
	sounds, err := s.backend.Search(ctx, Plan{
		Kind: KindSound, In: TextAll, Filters: ofThese,
		Facets: []FacetPlan{{Facet: "cards", Field: TermProducerCard, Size: 2 * len(rows)}},
	})
	if err != nil {
		return err
	}
	for _, p := range mergeProducers(sounds.Facets["cards"]) {
		if i, ok := at[p.ID]; ok {
			rows[i].Sounds = p.Packs
		}
	}
	for _, h := range packs.Hits {
		var pack api.PackRow
		if err := json.Unmarshal(h.Row, &pack); err != nil {
			return fmt.Errorf("read row of %s: %w", h.ID, err)
		}
		i, ok := at[pack.Producer.ID]
		if !ok {
			continue
		}
		if pack.CoverKey != "" && len(rows[i].CoverKeys) < 3 {
			rows[i].CoverKeys = append(rows[i].CoverKeys, pack.CoverKey)
		}
		if len(rows[i].Genres) < 3 && pack.Genre != "" && !slices.Contains(rows[i].Genres, pack.Genre) {
			rows[i].Genres = append(rows[i].Genres, pack.Genre)
		}
	}
	return nil
}

// Suggest completes what somebody is typing.
func (s *Searcher) Suggest(ctx context.Context, typed string, size int) (api.Suggestions, error) {
	out := api.Suggestions{Packs: []api.PackSuggestion{}, Producers: []api.Producer{}, Tags: []api.FacetValue{}}
	q, err := api.Query{Kind: api.KindPacks, Words: typed, Size: size, NoFacets: true}.Canonical()
	if err != nil {
		return out, err
	}
	words := Groups(q.Words)
	if len(words) == 0 {
		return out, nil
	}
	plan := func(kind, in string) Plan { return Plan{Kind: kind, Words: words, In: in, Prefix: true} }
	var packs, producers, tags Page
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		p := plan(KindPack, TextName)
		p.Order, p.Size = orders[api.SortPopular], size
		packs, err = s.backend.Search(gctx, p)
		return err
	})
	g.Go(func() (err error) {
		p := plan(KindPack, TextProducer)
		p.Facets = []FacetPlan{{Facet: api.FacetProducer, Field: TermProducerCard, Size: size}}
		producers, err = s.backend.Search(gctx, p)
		return err
	})
	g.Go(func() (err error) {
		p := plan(KindSound, TextAbout)
		p.Facets = []FacetPlan{{Facet: api.FacetTag, Field: TermTag, Size: size, Prefix: api.Slug(q.Words)}}
		tags, err = s.backend.Search(gctx, p)
		return err
	})
	if err := g.Wait(); err != nil {
		return out, fmt.Errorf("suggest: %w", err)
	}
	for _, h := range packs.Hits {
		var pack api.PackRow
		if err := json.Unmarshal(h.Row, &pack); err != nil {
			return out, fmt.Errorf("read row of %s: %w", h.ID, err)
		}
		out.Packs = append(out.Packs, api.PackSuggestion{ID: pack.ID, Slug: pack.Slug, Title: pack.Title, CoverKey: pack.CoverKey, Producer: pack.Producer.Name})
	}
	for _, p := range mergeProducers(producers.Facets[api.FacetProducer]) {
		out.Producers = append(out.Producers, p.Producer)
	}
	for _, b := range tags.Facets[api.FacetTag] {
		out.Tags = append(out.Tags, api.FacetValue{Value: b.Value, Count: b.Count})
	}
	return out, nil
}

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

// Ready says why searches cannot be answered.
func (s *Searcher) Ready(ctx context.Context) error { return s.backend.Ready(ctx) }
