// Package searchtest is the suite that every search.Backend passes. It compares sets, counts, facets and explicit
// orders with what search.Plan.Matches says; how well words fit is the engines' own matter.
package searchtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
)

// Features are the honest differences between engines.
type Features struct {
	// ImmediatelyVisible: Bulk alone makes documents visible, Refresh does nothing.
	ImmediatelyVisible bool
}

// Run runs the suite. open returns an empty Backend that the test may close; when reopen is not nil it opens the same
// data again.
func Run(t *testing.T, features Features, open func(t *testing.T) search.Backend) {
	for name, test := range map[string]func(*testing.T, search.Backend, Features){
		"generations":       generations,
		"versions":          versions,
		"tombstones":        tombstones,
		"rejected":          rejected,
		"visibility":        visibility,
		"finds":             finds,
		"orders and paging": paging,
		"paging while live": livePaging,
		"facets":            facetCounts,
		"random queries":    randomQueries,
		"get and scan":      getAndScan,
		"live and held":     liveAndHeld,
		"record":            record,
		"searcher":          searcher,
		"words":             wordsAndPhrases,
		"relevance":         relevance,
		"orders":            orders,
		"groups":            groups,
		"more like this":    moreLikeThis,
		"spelling":          spelling,
		"what to loosen":    whatToLoosen,
		"suggestions":       suggestions,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t), features) })
	}
}

const first = "20260101t000000-a"

func ctxFor(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// serve makes a generation current and fills it.
func serve(t *testing.T, b search.Backend, docs ...search.Document) {
	t.Helper()
	ctx := ctxFor(t)
	must(t, b.EnsureGeneration(ctx, first))
	if current, err := b.Current(ctx); err != nil {
		t.Fatal(err)
	} else if current == "" {
		must(t, b.Swap(ctx, "", first))
	}
	write(t, b, docs...)
}

func write(t *testing.T, b search.Backend, docs ...search.Document) []search.Outcome {
	t.Helper()
	results, err := b.Bulk(ctxFor(t), first, docs)
	must(t, err)
	must(t, b.Refresh(ctxFor(t), first))
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	var out []search.Outcome
	for i, r := range results {
		if r.Outcome == search.Rejected {
			t.Fatalf("document %s was rejected: %s", docs[i].ID, r.Reason)
		}
		out = append(out, r.Outcome)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprintf("%v", got), fmt.Sprintf("%v", want); g != w {
		t.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func plan(t *testing.T, kind string, q api.Query) search.Plan {
	t.Helper()
	q, err := q.Canonical()
	must(t, err)
	return search.PlanFor(q, kind)
}

func ids(page search.Page) []string {
	out := make([]string, 0, len(page.Hits))
	for _, h := range page.Hits {
		out = append(out, h.ID)
	}
	return out
}

func found(t *testing.T, b search.Backend, kind string, q api.Query) []string {
	t.Helper()
	q.Size = api.MaxSize
	page, err := search.One(b.Search(ctxFor(t), plan(t, kind, q)))
	must(t, err)
	if int(page.Total) != len(page.Hits) {
		t.Fatalf("total %d with %d hits", page.Total, len(page.Hits))
	}
	out := ids(page)
	slices.Sort(out)
	return out
}

func generations(t *testing.T, b search.Backend, _ Features) {
	ctx := ctxFor(t)
	current, err := b.Current(ctx)
	must(t, err)
	equal(t, "current of an empty engine", current, "")
	if err := b.Ready(ctx); err == nil {
		t.Fatal("ready without a current generation")
	}
	names := []string{first, "20260102t000000-b", "20260103t000000-c"}
	for _, n := range names {
		must(t, b.EnsureGeneration(ctx, n))
		must(t, b.EnsureGeneration(ctx, n)) // again is fine
	}
	got, err := b.Generations(ctx)
	must(t, err)
	equal(t, "generations", got, names)
	wantErr(t, b.Swap(ctx, names[1], names[0]), search.ErrConflict)
	must(t, b.Swap(ctx, "", names[0]))
	must(t, b.Ready(ctx))
	wantErr(t, b.Swap(ctx, "", names[1]), search.ErrConflict)
	for i, n := range names[:2] {
		_, err := b.Bulk(ctx, n, []search.Document{Sound(n, 1).Doc(), Sound(fmt.Sprint("more", i), 1).Doc()}[:i+1])
		must(t, err)
		must(t, b.Refresh(ctx, n))
	}
	equal(t, "first generation answers", found(t, b, search.KindSound, api.Query{}), []string{"s-" + names[0]})
	must(t, b.Swap(ctx, names[0], names[1]))
	equal(t, "second generation answers", found(t, b, search.KindSound, api.Query{}), []string{"s-" + names[1], "s-more1"})
	n, err := b.Documents(ctx, names[0])
	must(t, err)
	equal(t, "documents of the old generation", n, 1)
	wantErr(t, b.DeleteGeneration(ctx, names[1]), search.ErrConflict)
	must(t, b.DeleteGeneration(ctx, names[0]))
	must(t, b.DeleteGeneration(ctx, names[0])) // again is fine
	_, err = b.Bulk(ctx, names[0], []search.Document{Sound("late", 1).Doc()})
	wantErr(t, err, search.ErrNoGeneration)
	got, err = b.Generations(ctx)
	must(t, err)
	equal(t, "generations left", got, names[1:])
}

func versions(t *testing.T, b search.Backend, _ Features) {
	old, now, later := Sound("a", 4).Named("old").Doc(), Sound("a", 5).Named("now").Doc(), Sound("a", 6).Named("later").Doc()
	serve(t, b)
	equal(t, "first write", write(t, b, now), []search.Outcome{search.Written})
	equal(t, "duplicate, late, new", write(t, b, now, old, Sound("b", 1).Doc()), []search.Outcome{search.Stale, search.Stale, search.Written})
	equal(t, "words of the kept", found(t, b, search.KindSound, api.Query{Words: "now"}), []string{"s-a"})
	equal(t, "words of the stale", found(t, b, search.KindSound, api.Query{Words: "old"}), []string{})
	equal(t, "two in one", write(t, b, later, now), []search.Outcome{search.Written, search.Stale})
	equal(t, "words of the newer", found(t, b, search.KindSound, api.Query{Words: "later"}), []string{"s-a"})
	equal(t, "words it has no more", found(t, b, search.KindSound, api.Query{Words: "now"}), []string{})
}

func tombstones(t *testing.T, b search.Backend, _ Features) {
	serve(t, b, Sound("a", 1).Doc(), Sound("b", 1).Doc())
	equal(t, "tombstones", write(t, b, Gone("s-a", 3), Gone("s-never", 3)), []search.Outcome{search.Written, search.Written})
	equal(t, "left", found(t, b, search.KindSound, api.Query{}), []string{"s-b"})
	stale := write(t, b, Sound("a", 2).Doc(), Sound("a", 3).Doc(), Sound("never", 2).Doc())
	equal(t, "stale writes after the end", stale, []search.Outcome{search.Stale, search.Stale, search.Stale})
	equal(t, "still left", found(t, b, search.KindSound, api.Query{}), []string{"s-b"})
	n, err := b.Documents(ctxFor(t), first)
	must(t, err)
	equal(t, "documents", n, 1)
	equal(t, "live again", write(t, b, Sound("a", 4).Doc()), []search.Outcome{search.Written})
	equal(t, "both", found(t, b, search.KindSound, api.Query{}), []string{"s-a", "s-b"})
}

func rejected(t *testing.T, b search.Backend, _ Features) {
	serve(t, b)
	bad := Sound("bad", 1).Doc()
	bad.Version = -1
	results, err := b.Bulk(ctxFor(t), first, []search.Document{Sound("a", 1).Doc(), bad, Sound("b", 1).Doc()})
	must(t, err)
	must(t, b.Refresh(ctxFor(t), first))
	equal(t, "outcomes", []search.Outcome{results[0].Outcome, results[1].Outcome, results[2].Outcome}, []search.Outcome{search.Written, search.Rejected, search.Written})
	if results[1].Reason == "" {
		t.Fatal("rejected without a reason")
	}
	equal(t, "the others", found(t, b, search.KindSound, api.Query{}), []string{"s-a", "s-b"})
}

func visibility(t *testing.T, b search.Backend, f Features) {
	serve(t, b)
	ctx := ctxFor(t)
	_, err := b.Bulk(ctx, first, []search.Document{Sound("a", 1).Doc()})
	must(t, err)
	if f.ImmediatelyVisible {
		equal(t, "before refresh", found(t, b, search.KindSound, api.Query{}), []string{"s-a"})
	}
	must(t, b.Refresh(ctx, first))
	equal(t, "after refresh", found(t, b, search.KindSound, api.Query{}), []string{"s-a"})
}

func finds(t *testing.T, b search.Backend, _ Features) {
	rhodes := Sound("rhodes", 1).Named("Dusty_Rhodes_Phrase_07_Am_92.wav").Tempo(92).Key("Am").Tags("dusty", "warm keys").Type("loop").Genre("lo-fi").Price(80)
	kick := Sound("kick", 1).Named("TR808Kick.wav").Type("one-shot").Genre("techno").Tags("dusty").Price(0).Length(0.4).AI()
	amen := Sound("amen", 1).Named("Amen 174.wav").Tempo(174).Type("loop").Genre("drum and bass").Price(500).Length(5.5)
	cafe := Sound("cafe", 1).Named("Café Ambience.wav").Type("loop").Genre("foley").Length(70).Format("flac")
	serve(t, b, rhodes.Doc(), kick.Doc(), amen.Doc(), cafe.Doc())
	f := func(n float64) *float64 { return &n }
	c := func(n int64) *int64 { return &n }
	for _, row := range []struct {
		name string
		q    api.Query
		want string
	}{
		{"everything", api.Query{}, "amen cafe kick rhodes"},
		{"a word", api.Query{Words: "rhodes"}, "rhodes"},
		{"all words must hold", api.Query{Words: "dusty rhodes am 92"}, "rhodes"},
		{"case and plural", api.Query{Words: "DUSTY PHRASES"}, "rhodes"},
		{"accents", api.Query{Words: "cafe"}, "cafe"},
		{"no such word", api.Query{Words: "dusty zither"}, ""},
		{"camel case", api.Query{Words: "kick"}, "kick"},
		{"letters and digits", api.Query{Words: "tr808"}, "kick"},
		{"digits alone", api.Query{Words: "808"}, "kick"},
		{"joined words stay together", api.Query{Words: "808tr"}, ""},
		{"synonym of one word", api.Query{Words: "atmosphere"}, "cafe"},
		{"synonym of several words", api.Query{Words: "dnb"}, "amen"},
		{"phrase as typed", api.Query{Words: "drum and bass 174"}, "amen"},
		{"tempo as words", api.Query{Words: "174 bpm"}, "amen"},
		{"nothing that can be found", api.Query{Words: "?!"}, ""},
		{"one genre", api.Query{Genres: []string{"techno"}}, "kick"},
		{"either genre", api.Query{Genres: []string{"techno", "Lo-Fi"}}, "kick rhodes"},
		{"genre and type", api.Query{Genres: []string{"techno", "lo-fi"}, Types: []string{"loop"}}, "rhodes"},
		{"a tag", api.Query{Tags: []string{"dusty"}}, "kick rhodes"},
		{"all tags", api.Query{Tags: []string{"dusty", "warm keys"}}, "rhodes"},
		{"key by another name", api.Query{Keys: []string{"A minor"}}, "rhodes"},
		{"tempo with both ends inside", api.Query{Tempo: &api.Range{Min: f(92), Max: f(174)}}, "amen rhodes"},
		{"tempo without half and double", api.Query{Tempo: &api.Range{Min: f(86), Max: f(88)}}, ""},
		{"tempo with half and double", api.Query{Tempo: &api.Range{Min: f(86), Max: f(88)}, HalfDouble: true}, "amen"},
		{"open tempo leaves out the unknown", api.Query{Tempo: &api.Range{Min: f(0)}}, "amen rhodes"},
		{"free", api.Query{Price: &api.Price{Max: c(0)}}, "kick"},
		{"price", api.Query{Price: &api.Price{Min: c(80), Max: c(500)}}, "amen cafe rhodes"},
		{"length", api.Query{Length: &api.Range{Max: f(0.5)}}, "kick"},
		{"format", api.Query{Formats: []string{"flac"}}, "cafe"},
		{"without AI", api.Query{NoAI: true}, "amen cafe rhodes"},
		{"producer", api.Query{Producers: []string{"@Maker"}}, "amen cafe kick rhodes"},
		{"other producer", api.Query{Producers: []string{"nobody"}}, ""},
		{"licence", api.Query{Licences: []string{"standard"}}, "amen cafe kick rhodes"},
		{"of a pack", api.Query{Pack: "pack-of-kick"}, "kick"},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := strings.Fields(row.want)
			for i := range want {
				want[i] = "s-" + want[i]
			}
			equal(t, "found", found(t, b, search.KindSound, row.q), want)
		})
	}
	if got := found(t, b, search.KindPack, api.Query{}); len(got) != 0 {
		t.Fatalf("sounds found as packs: %v", got)
	}
}

// walk reads all pages of a plan.
func walk(t *testing.T, b search.Backend, p search.Plan) []search.Hit {
	t.Helper()
	var all []search.Hit
	for range 1000 {
		page, err := search.One(b.Search(ctxFor(t), p))
		must(t, err)
		all = append(all, page.Hits...)
		if len(page.Hits) < p.Size {
			return all
		}
		last := page.Hits[len(page.Hits)-1]
		p.After = append(slices.Clone(last.Sort), last.ID)
	}
	t.Fatal("the pages have no end")
	return nil
}

func paging(t *testing.T, b search.Backend, _ Features) {
	docs := Random(rand.New(rand.NewPCG(1, 2)), 120) //nolint:gosec // test data
	serve(t, b, docs...)
	byID := map[string]search.Document{}
	sounds := 0
	for _, d := range docs {
		byID[d.ID] = d
		if d.Kind == search.KindSound && !d.Gone {
			sounds++
		}
	}
	for _, s := range api.Sorts {
		q := api.Query{Sort: s, Near: 120, NoFacets: true}
		if s == api.SortRelevance {
			q.Words = "loud"
		}
		p := plan(t, search.KindSound, q)
		p.Size = 7
		hits := walk(t, b, p)
		seen := map[string]bool{}
		for i, h := range hits {
			if seen[h.ID] {
				t.Fatalf("%s: %s comes twice", s, h.ID)
			}
			seen[h.ID] = true
			if i == 0 {
				continue
			}
			if !inOrder(p, byID[hits[i-1].ID], byID[h.ID]) {
				t.Fatalf("%s: %s stands before %s", s, hits[i-1].ID, h.ID)
			}
		}
		want := 0
		for _, d := range docs {
			if p.Matches(d) {
				want++
			}
		}
		equal(t, string(s)+": hits on all pages", len(hits), want)
		if s != api.SortRelevance {
			equal(t, string(s)+": all sounds", want, sounds)
		}
	}
}

// compare says which of two documents a plan's order puts first.
func compare(p search.Plan, a, b search.Document) int {
	for _, o := range p.Order {
		c := 0
		if o.Numeric() {
			x, y := orderValue(p, o, a), orderValue(p, o, b)
			if c = cmp.Compare(x, y); o.Field == search.ByScore && math.Abs(x-y) < scoreSlack {
				c = 0
			}
		} else {
			c = strings.Compare(a.Terms[o.Field][0], b.Terms[o.Field][0])
		}
		if o.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return strings.Compare(a.ID, b.ID)
}

// inOrder reports whether a may stand before b. Scores that differ by less than an engine may be off stand either way.
func inOrder(p search.Plan, a, b search.Document) bool {
	if compare(p, a, b) < 0 {
		return true
	}
	off := 0.0
	for _, o := range p.Order {
		if o.Field == search.ByScore {
			off = math.Abs(orderValue(p, o, a) - orderValue(p, o, b))
		}
	}
	return off > 0 && off < scoreSlack
}

// scoreSlack is how far an engine that computes with small floats may be off.
const scoreSlack = 1e-4

func orderValue(p search.Plan, o search.Order, d search.Document) float64 {
	switch {
	case o.Field == search.ByScore:
		return p.Score(search.RankedOf(d))
	case o.Near != 0:
		least := search.Unknown
		for _, n := range d.Numbers[o.Field] {
			least = min(least, math.Abs(n-o.Near))
		}
		return least
	}
	return d.Numbers[o.Field][0]
}

func livePaging(t *testing.T, b search.Backend, _ Features) {
	var docs []search.Document
	for i := range 9 {
		docs = append(docs, Sound(fmt.Sprint("n", i), 1).Popularity(float64(i)).Doc())
	}
	serve(t, b, docs...)
	p := plan(t, search.KindSound, api.Query{NoFacets: true})
	p.Size = 3
	page, err := search.One(b.Search(ctxFor(t), p))
	must(t, err)
	equal(t, "first page", ids(page), []string{"s-n8", "s-n7", "s-n6"})
	write(t, b, Sound("new", 1).Popularity(100).Doc(), Gone("s-n6", 2), Gone("s-n4", 2))
	p.After = append(slices.Clone(page.Hits[2].Sort), page.Hits[2].ID)
	page, err = search.One(b.Search(ctxFor(t), p))
	must(t, err)
	equal(t, "second page", ids(page), []string{"s-n5", "s-n3", "s-n2"})
}

func facetCounts(t *testing.T, b search.Backend, _ Features) {
	serve(
		t, b,
		Sound("a", 1).Genre("house").Type("loop").Tags("x", "y").Doc(),
		Sound("b", 1).Genre("house").Type("one-shot").Tags("x").Doc(),
		Sound("c", 1).Genre("techno").Type("loop").Tags("y").Doc(),
	)
	page, err := search.One(b.Search(ctxFor(t), plan(t, search.KindSound, api.Query{Genres: []string{"house"}, Tags: []string{"x"}})))
	must(t, err)
	equal(t, "total", page.Total, 2)
	for facet, want := range map[string][]search.Bucket{
		api.FacetGenre: {{Value: "house", Count: 2}}, // techno has no x
		api.FacetType:  {{Value: "loop", Count: 1}, {Value: "one-shot", Count: 1}},
		api.FacetTag:   {{Value: "x", Count: 2}, {Value: "y", Count: 1}},
	} {
		equal(t, facet, page.Facets[facet], want)
	}
	page, err = search.One(b.Search(ctxFor(t), plan(t, search.KindSound, api.Query{Genres: []string{"house"}})))
	must(t, err)
	equal(t, "a facet ignores its own filter", page.Facets[api.FacetGenre], []search.Bucket{{Value: "house", Count: 2}, {Value: "techno", Count: 1}})
	p := plan(t, search.KindSound, api.Query{})
	p.Facets = []search.FacetPlan{{Facet: api.FacetGenre, Field: search.TermGenre, Size: 5, Prefix: "tec"}}
	page, err = search.One(b.Search(ctxFor(t), p))
	must(t, err)
	equal(t, "values that begin so", page.Facets[api.FacetGenre], []search.Bucket{{Value: "techno", Count: 1}})
	write(t, b, Sound("d", 1).Genre("techno").Type("loop").Doc())
	page, err = search.One(b.Search(ctxFor(t), plan(t, search.KindSound, api.Query{})))
	must(t, err)
	equal(t, "counts follow writes", page.Facets[api.FacetType], []search.Bucket{{Value: "loop", Count: 3}, {Value: "one-shot", Count: 1}})
}

// randomQueries compares what the engine finds and counts with Plan.Matches over random documents.
func randomQueries(t *testing.T, b search.Backend, _ Features) {
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // a seed
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // test data
	docs := Random(r, 300)
	serve(t, b, docs...)
	for range 150 {
		q, err := RandomQuery(r).Canonical()
		must(t, err)
		kind := search.KindSound
		if q.Kind == api.KindPacks {
			kind = search.KindPack
		}
		p := search.PlanFor(q, kind)
		p.Size = len(docs)
		page, err := search.One(b.Search(ctxFor(t), p))
		must(t, err)
		got := ids(page)
		for i := 1; i < len(page.Hits); i++ {
			if !inOrder(p, document(t, docs, got[i-1]), document(t, docs, got[i])) {
				t.Fatalf("%s stands before %s for %s", got[i-1], got[i], q.Language())
			}
		}
		slices.Sort(got)
		want := []string{}
		for _, d := range docs {
			if p.Matches(d) {
				want = append(want, d.ID)
			}
		}
		slices.Sort(want)
		equal(t, fmt.Sprintf("ids of %+v (address %s)", q, q.Values().Encode()), got, want)
		equal(t, "total", int(page.Total), len(want))
		counts, err := b.Count(ctxFor(t), []search.Plan{p})
		must(t, err)
		equal(t, "count", int(counts[0]), len(want))
		for _, f := range p.Facets {
			equal(t, fmt.Sprintf("facet %s of %+v", f.Facet, q), page.Facets[f.Facet], countBy(p, f, docs))
		}
	}
}

func document(t *testing.T, docs []search.Document, id string) search.Document {
	t.Helper()
	i := slices.IndexFunc(docs, func(d search.Document) bool { return d.ID == id })
	if i < 0 {
		t.Fatalf("%s was never written", id)
	}
	return docs[i]
}

func countBy(p search.Plan, f search.FacetPlan, docs []search.Document) []search.Bucket {
	p.Filters, _ = p.FiltersFor(f.Facet)
	counts := map[string]int64{}
	for _, d := range docs {
		if p.Matches(d) {
			for _, v := range d.Terms[f.Field] {
				counts[v]++
			}
		}
	}
	out := []search.Bucket{}
	for v, n := range counts {
		out = append(out, search.Bucket{Value: v, Count: n})
	}
	slices.SortFunc(out, func(a, b search.Bucket) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Value, b.Value)
	})
	return out[:min(len(out), f.Size)]
}

func getAndScan(t *testing.T, b search.Backend, _ Features) {
	var docs []search.Document
	for i := range 1203 { // several pages of any engine
		docs = append(docs, Sound(fmt.Sprintf("%04d", i), int64(i+1)).Doc())
	}
	docs[7] = Gone(docs[7].ID, 9)
	docs[8].Source = search.Source{CommittedAt: 1, WrittenAt: 2, Partition: 3, Offset: 4, Sounds: 5}
	serve(t, b, docs...)
	i := 0
	err := b.Scan(ctxFor(t), first, func(d search.Document) error {
		sameDocument(t, d, docs[i])
		i++
		return nil
	})
	must(t, err)
	equal(t, "documents scanned", i, len(docs))
	stop := errors.New("stop")
	wantErr(t, b.Scan(ctxFor(t), first, func(search.Document) error { return stop }), stop)
	for _, gone := range []bool{false, true} {
		got, err := b.Get(ctxFor(t), []string{docs[8].ID, docs[7].ID, "s-none"}, gone)
		must(t, err)
		slices.SortFunc(got, func(a, b search.Document) int { return strings.Compare(a.ID, b.ID) })
		if gone {
			equal(t, "documents with tombstones", len(got), 2)
			sameDocument(t, got[0], docs[7])
			got = got[1:]
		}
		equal(t, "live documents", len(got), 1)
		sameDocument(t, got[0], docs[8])
	}
}

func sameDocument(t *testing.T, got, want search.Document) {
	t.Helper()
	equal(t, "id", got.ID, want.ID)
	equal(t, "version", got.Version, want.Version)
	equal(t, "gone", got.Gone, want.Gone)
	equal(t, "kind", got.Kind, want.Kind)
	equal(t, "pack", got.PackID, want.PackID)
	equal(t, "digest", got.Digest, want.Digest)
	equal(t, "source", got.Source, want.Source)
	equal(t, "row", string(got.Row), string(want.Row))
}

func record(t *testing.T, b search.Backend, _ Features) {
	ctx := ctxFor(t)
	value, v0, err := b.Record(ctx)
	must(t, err)
	equal(t, "before the first", string(value)+v0, "")
	must(t, b.SetRecord(ctx, []byte(`{"a":1}`), v0))
	wantErr(t, b.SetRecord(ctx, []byte(`{"a":2}`), v0), search.ErrConflict)
	value, v1, err := b.Record(ctx)
	must(t, err)
	equal(t, "first", string(value), `{"a":1}`)
	must(t, b.SetRecord(ctx, []byte(`{"a":3}`), v1))
	wantErr(t, b.SetRecord(ctx, []byte(`{"a":4}`), v1), search.ErrConflict)
	value, _, err = b.Record(ctx)
	must(t, err)
	equal(t, "second", string(value), `{"a":3}`)
}
