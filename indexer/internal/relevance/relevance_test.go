// Package relevance holds a catalogue and what people would call good answers in it, and measures search by them.
package relevance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/blevesearch"
	"crateful.dev/indexer/internal/elastic"
	"crateful.dev/indexer/internal/ingest"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/models/events"
)

// recorded is the mean nDCG@10 of all judged queries when the order was last changed; slack is how much a change may
// take from it.
const (
	recorded = 0.984
	slack    = 0.02
)

// judged is a query with its answers' grades, the first pattern that fits decides.
type judged struct {
	query  string
	grades []grade
}

type grade struct {
	pattern string
	points  int
}

func (j judged) points(name string) int {
	for _, g := range j.grades {
		if ok, err := path.Match(g.pattern, name); err == nil && ok {
			return g.points
		}
	}
	return 0
}

// lines reads a file without comments and empty lines.
func lines(t *testing.T, name string) []string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	scanner := bufio.NewScanner(bytes.NewReader(raw))
	scanner.Buffer(nil, len(raw)+1)
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func judgedQueries(t *testing.T) []judged {
	t.Helper()
	var out []judged
	for _, line := range lines(t, "testdata/judged.txt") {
		mark, rest, _ := strings.Cut(line, " ")
		if mark == "?" {
			out = append(out, judged{query: rest})
			continue
		}
		if len(mark) != 1 || mark < "1" || mark > "3" || len(out) == 0 {
			t.Fatalf("line %q is no judgement", line)
		}
		last := &out[len(out)-1]
		last.grades = append(last.grades, grade{rest, int(mark[0] - '0')})
	}
	return out
}

// catalogue are the packs as models would publish them.
func catalogue(t *testing.T) (packs []events.Listing, docs []search.Document) {
	t.Helper()
	for i, line := range lines(t, "testdata/catalogue.jsonl") {
		var pack events.Listing
		if err := json.Unmarshal([]byte(line), &pack); err != nil {
			t.Fatal(err)
		}
		for k := range pack.Sounds {
			pack.Sounds[k].ID = fmt.Sprintf("%s-%03d", pack.ID, k)
		}
		packs = append(packs, pack)
		data, err := json.Marshal(events.PackPublishedV1{Pack: pack})
		if err != nil {
			t.Fatal(err)
		}
		message, err := json.Marshal(events.Envelope{
			ID: fmt.Sprint("event-", i), Type: events.PackPublishedV1{}.EventType(), Subject: pack.ID, Revision: 1, Time: time.Unix(1.7e9, 0), Data: data,
		})
		if err != nil {
			t.Fatal(err)
		}
		made, err := ingest.Documents(message)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, made...)
	}
	return packs, docs
}

// plain is a sound's name as judgements write it.
func plain(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

func TestJudged(t *testing.T) {
	t.Run("bleve", func(t *testing.T) {
		backend, err := blevesearch.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := backend.Close(); err != nil {
				t.Error(err)
			}
		}()
		measure(t, backend)
	})
	t.Run("elasticsearch", func(t *testing.T) {
		address := os.Getenv("ELASTICSEARCH_URL")
		if address == "" {
			if os.Getenv("CRATEFUL_TEST_REAL") != "" {
				t.Fatal("ELASTICSEARCH_URL is not set")
			}
			t.Skip("ELASTICSEARCH_URL is not set: no Elasticsearch to measure")
		}
		prefix := fmt.Sprint("judged-", time.Now().UnixNano())
		backend, err := elastic.New(elastic.Config{URL: address, Prefix: prefix, RefreshInterval: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := errors.Join(remove(address+"/"+prefix+"-g-"+generation), backend.Close()); err != nil {
				t.Error(err)
			}
		}()
		measure(t, backend)
	})
}

// generation is the one that is measured.
const generation = "judged"

func remove(address string) error {
	req, err := http.NewRequest(http.MethodDelete, address, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func measure(t *testing.T, backend search.Backend) {
	ctx := context.Background()
	packs, docs := catalogue(t)
	if err := backend.EnsureGeneration(ctx, generation); err != nil {
		t.Fatal(err)
	}
	if _, err := backend.Bulk(ctx, generation, docs); err != nil {
		t.Fatal(err)
	}
	if err := backend.Refresh(ctx, generation); err != nil {
		t.Fatal(err)
	}
	if err := backend.Swap(ctx, "", generation); err != nil {
		t.Fatal(err)
	}
	searcher := search.NewSearcher(backend, &search.Pressure{})
	all := judgedQueries(t)
	sum := 0.0
	for _, j := range all {
		q, err := api.ParseLanguage(j.query)
		if err != nil {
			t.Fatalf("%s: %v", j.query, err)
		}
		q.Size = 10
		answer, err := searcher.Search(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		n, shown := ndcg(j, names(t, q, answer), everything(packs, q.Kind))
		sum += n
		if n < 0.9 {
			t.Logf("%.3f %s (%d): %s", n, j.query, answer.Total, shown)
		}
	}
	mean := sum / float64(len(all))
	t.Logf("nDCG@10 %.4f over %d queries", mean, len(all))
	if mean < recorded-slack {
		t.Errorf("nDCG@10 is %.4f, %.4f was recorded", mean, recorded)
	}
}

func names(t *testing.T, q api.Query, answer search.Answer) []string {
	t.Helper()
	var out []string
	rows := answer.Sounds
	if q.Kind == api.KindPacks {
		rows = answer.Packs
	}
	for _, raw := range rows {
		var row struct{ Name, Title string }
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		out = append(out, row.Title+plain(row.Name))
	}
	return out
}

func everything(packs []events.Listing, kind api.Kind) []string {
	var out []string
	for _, p := range packs {
		if kind == api.KindPacks {
			out = append(out, p.Title)
			continue
		}
		for _, s := range p.Sounds {
			out = append(out, plain(s.Name))
		}
	}
	return out
}

// ndcg compares the first ten answers with the best ten there could be. What is shown says both.
func ndcg(j judged, got, all []string) (n float64, shown string) {
	gain := func(points, at int) float64 { return (math.Exp2(float64(points)) - 1) / math.Log2(float64(at)+2) }
	var marks []string
	dcg := 0.0
	for i, name := range got {
		points := j.points(name)
		dcg += gain(points, i)
		marks = append(marks, fmt.Sprintf("%s:%d", name, points))
	}
	var best []int
	for _, name := range all {
		best = append(best, j.points(name))
	}
	slices.SortFunc(best, func(a, b int) int { return b - a })
	ideal := 0.0
	for i, points := range best[:min(10, len(best))] {
		ideal += gain(points, i)
	}
	return dcg / ideal, strings.Join(marks, " ")
}

// TestJudgements: each line fits something, so that a name that changed is noticed, and there are enough queries.
func TestJudgements(t *testing.T) {
	packs, _ := catalogue(t)
	all := judgedQueries(t)
	if len(all) < 60 {
		t.Errorf("only %d queries", len(all))
	}
	for _, j := range all {
		q, err := api.ParseLanguage(j.query)
		if err != nil {
			t.Fatal(err)
		}
		there := everything(packs, q.Kind)
		for _, g := range j.grades {
			if !slices.ContainsFunc(there, func(name string) bool { ok, err := path.Match(g.pattern, name); return err == nil && ok }) {
				t.Errorf("%s: nothing is called %s", j.query, g.pattern)
			}
		}
	}
}
