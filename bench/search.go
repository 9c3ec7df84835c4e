package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	indexerapi "crateful.dev/indexer/api"
	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/service"
)

const (
	searchPacks  = 5_000 // 100,000 sounds
	millionPacks = 50_000
	suggestTimes = 400
)

// replayHundred takes the figures of replay with 100,000 sounds.
func replayHundred(ctx context.Context, b *bench) error {
	s, err := startSearch(ctx, b, searchPacks)
	if err != nil {
		return err
	}
	return errors.Join(s.replay(ctx, b), s.stop())
}

// searchHundred takes those of search.
func searchHundred(ctx context.Context, b *bench) error {
	s, err := startSearch(ctx, b, searchPacks)
	if err != nil {
		return err
	}
	return errors.Join(s.hundred(ctx, b), s.stop())
}

func (s *searchSite) hundred(ctx context.Context, b *bench) error {
	if _, err := s.rebuild(ctx, true); err != nil {
		return err
	}
	raw := newRaw(s.engine, time.Minute)
	if err := s.compare(ctx, b, raw, "100,000 sounds", map[int]float64{1: searchGoal, 8: searchGoal}); err != nil {
		return err
	}
	suggested, err := s.suggest(ctx)
	if err != nil {
		return err
	}
	b.add(figure{name: "suggestions at the indexer, 100,000 sounds", goal: "p99 ≤ 50 ms", values: suggested, shown: quantileShown(" ms", 1, 0.5, 0.99), ok: quantileAtMost(0.99, suggestGoal)})
	lag, err := s.lag(ctx)
	if err != nil {
		return err
	}
	b.add(figure{name: "published in Kafka → searchable, 50 packs of 20 sounds a second", goal: "p99 ≤ 1.5 s", values: lag, shown: quantileShown(" ms", 0, 0.5, 0.99), ok: quantileAtMost(0.99, lagGoal)})
	return nil
}

// replay lets rebuilds take turns with a raw bulk of the same documents.
func (s *searchSite) replay(ctx context.Context, b *bench) error {
	if _, err := s.rebuild(ctx, true); err != nil {
		return err
	}
	raw := newRaw(s.engine, time.Minute)
	requests, documents, err := raw.bulks(ctx)
	if err != nil {
		return err
	}
	var ours, theirs, ratios, micros []float64
	for range replayRounds {
		one, err := s.rebuild(ctx, false)
		if err != nil {
			return err
		}
		other, err := raw.fill(ctx, requests, documents)
		if err != nil {
			return err
		}
		ours, theirs, ratios, micros = append(ours, one.perSecond), append(theirs, other), append(ratios, one.perSecond/other), append(micros, one.micros)
	}
	b.add(
		figure{name: fmt.Sprintf("replay of %d documents : a raw _bulk of them, documents/s", documents), goal: "≥ 0.85", digits: 2, values: ratios, ok: atLeast(replayGoal)},
		figure{name: "– replay", unit: " /s", values: ours},
		figure{name: "– CPU of the indexer a document", unit: " µs", values: micros},
		figure{name: "– raw, two writers", unit: " /s", values: theirs},
	)
	return nil
}

// searchMillion takes those with a million.
func searchMillion(ctx context.Context, b *bench) error {
	s, err := startSearch(ctx, b, millionPacks)
	if err != nil {
		return err
	}
	return errors.Join(s.million(ctx, b), s.stop())
}

func (s *searchSite) million(ctx context.Context, b *bench) error {
	made, err := s.rebuild(ctx, true)
	if err != nil {
		return err
	}
	b.add(
		figure{name: fmt.Sprintf("replay of %d documents", made.documents), unit: " /s", values: []float64{made.perSecond}},
		figure{name: "– most memory of the indexer, verification included", goal: "≤ 200 MiB", unit: " MiB", values: []float64{made.peak}, ok: atMost(replayMemory)},
	)
	return s.compare(ctx, b, newRaw(s.engine, time.Minute), "1,000,000 sounds", map[int]float64{8: millionRawGoal})
}

// asked queries are text with two filters, as people combine them; every facet is counted.
func askedQueries() []url.Values {
	var out []url.Values
	add := func(pairs ...string) {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		out = append(out, v)
	}
	for i, mood := range moods {
		switch voice, of := voices[i%len(voices)], styles[i%len(styles)]; i % 4 {
		case 0:
			add("q", mood+" "+strings.ReplaceAll(strings.ToLower(voice.short), "_", " "), "genre", of.slug, "type", "loop")
		case 1:
			add("q", mood+" "+things[i%len(things)], "type", "one-shot", "price_max", "2")
		case 2:
			add("q", mood+" "+voice.instrument, "tempo_min", fmt.Sprint(of.low), "tempo_max", fmt.Sprint(of.high), "type", "loop")
		default:
			add("q", mood, "instrument", voice.instrument, "key", keysOfSongs[i%len(keysOfSongs)])
		}
	}
	return out
}

// compare lets searches through experience and indexer take turns with the same requests to Elasticsearch alone.
func (s *searchSite) compare(ctx context.Context, b *bench, raw *rawIndex, size string, goals map[int]float64) error {
	queries, engine, err := s.record(ctx, b, askedQueries())
	if err != nil {
		return err
	}
	site := make([][]recorded, len(queries))
	for i, q := range queries {
		site[i] = []recorded{{method: http.MethodGet, path: "/api/v1/search?" + q.Encode()}}
	}
	toSite := newRaw(s.experience, time.Minute)
	for _, clients := range []int{1, 8} {
		var ours, theirs, ratios []float64
		var through spentSearching
		var alone spentSearching
		for round := -1; round < b.rounds; round++ { // the first warms up
			a, spent, err := s.searches(ctx, site, raw, toSite, clients, b.span)
			if err != nil {
				return err
			}
			c, bare, err := s.searches(ctx, engine, raw, raw, clients, b.span)
			if err != nil {
				return err
			}
			if round >= 0 {
				ours, theirs, ratios = append(ours, median(a)), append(theirs, median(c)), append(ratios, median(a)/median(c))
				through, alone = through.and(spent), alone.and(bare)
			}
		}
		f := figure{name: fmt.Sprintf("search, %s, text + 2 filters + all facets, %d at once: p50 through experience and indexer : Elasticsearch alone", size, clients), digits: 2, values: ratios}
		if goal, ok := goals[clients]; ok {
			f.goal, f.ok = fmt.Sprintf("≤ %g", goal), atMost(goal)
		}
		p50 := figure{name: "– p50 through experience and indexer", unit: " ms", digits: 1, values: ours}
		if _, ok := goals[1]; !ok && clients == 1 {
			p50.goal, p50.ok = fmt.Sprintf("≤ %d ms", millionGoal), atMost(millionGoal)
		}
		b.add(f, p50, figure{name: "– p50 of Elasticsearch alone", unit: " ms", digits: 1, values: theirs},
			figure{name: "– CPU of a search: experience + indexer + Elasticsearch; Elasticsearch alone", shown: func([]float64) string {
				return fmt.Sprintf("%.2f + %.2f + %.2f ms; %.2f ms", median(through.experience), median(through.indexer), median(through.engine), median(alone.engine))
			}})
	}
	return nil
}

// spentSearching is processor time of a search in ms, of each round.
type spentSearching struct{ experience, indexer, engine []float64 }

func (s spentSearching) and(o spentSearching) spentSearching {
	return spentSearching{append(s.experience, o.experience...), append(s.indexer, o.indexer...), append(s.engine, o.engine...)}
}

// searches takes the latencies of a round, in ms, and what it cost.
func (s *searchSite) searches(ctx context.Context, queries [][]recorded, engine, to *rawIndex, clients int, span time.Duration) ([]float64, spentSearching, error) {
	experience := s.children[len(s.children)-1].cmd.Process.Pid
	spent := func() ([3]float64, error) {
		busy, err := engine.busy(ctx)
		return [3]float64{cpuTime([]running{{pid: experience}}), cpuTime([]running{{pid: s.pid}}), busy}, err
	}
	before, err := spent()
	if err != nil {
		return nil, spentSearching{}, err
	}
	took, err := latencies(ctx, to, queries, clients, span)
	if err != nil {
		return nil, spentSearching{}, err
	}
	after, err := spent()
	each := func(i int) []float64 { return []float64{1000 * (after[i] - before[i]) / float64(len(took))} }
	return took, spentSearching{each(0), each(1), each(2)}, err
}

// recorded is a request as it went to Elasticsearch.
type recorded struct {
	method, path string
	body         []byte
}

// record asks an indexer each query once and keeps those that find something with what it asked Elasticsearch: what finds nothing
// is asked more, to say what to loosen.
func (s *searchSite) record(ctx context.Context, b *bench, queries []url.Values) (finding []url.Values, asked [][]recorded, err error) {
	target, err := url.Parse(s.engine)
	if err != nil {
		return nil, nil, err
	}
	var mu sync.Mutex
	var seen []recorded
	proxy := httputil.NewSingleHostReverseProxy(target)
	ln, err := service.Listen("127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			return
		}
		mu.Lock()
		if strings.Contains(r.URL.Path, "search") {
			seen = append(seen, recorded{r.Method, r.URL.RequestURI(), body})
		}
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(ln) }() // until it is closed
	defer server.Close()
	address, err := s.command(ctx, b, "indexer", []string{
		"INDEXER_ROLE=search", "KAFKA_BROKERS=127.0.0.1:1", "ELASTICSEARCH_URL=http://" + ln.Addr().String(), "ELASTICSEARCH_PREFIX=" + searchPrefix,
		"CRATEFUL_SERVICE_TOKENS=experience=" + s.token,
	})
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		last := len(s.children) - 1
		_ = s.children[last].stop() // it holds nothing
		s.children = s.children[:last]
	}()
	client := indexer.New(httpx.ClientConfig{BaseURL: address, ServiceToken: s.token, Timeout: time.Minute})
	defer client.Close()
	for _, v := range queries {
		q, err := indexerapi.ParseQuery(v)
		if err != nil {
			return nil, nil, err
		}
		mu.Lock()
		seen = nil
		mu.Unlock()
		found, err := client.Search(ctx, q)
		if err != nil {
			return nil, nil, explain(err)
		}
		mu.Lock()
		if len(seen) == 0 {
			err = fmt.Errorf("%s: nothing was asked of Elasticsearch", v.Encode())
		}
		if found.Total > 0 {
			finding, asked = append(finding, v), append(asked, slices.Clone(seen))
		}
		mu.Unlock()
		if err != nil {
			return nil, nil, err
		}
	}
	if len(asked) < len(queries)/2 {
		return nil, nil, fmt.Errorf("only %d of %d queries find something", len(asked), len(queries))
	}
	return finding, asked, nil
}

// latencies asks for a time with some clients at once, each query in turn, and gives milliseconds of each.
func latencies(ctx context.Context, to *rawIndex, queries [][]recorded, clients int, span time.Duration) ([]float64, error) {
	until := time.Now().Add(span)
	each, failed := make([][]float64, clients), make([]error, clients)
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := c * len(queries) / clients; time.Now().Before(until) && failed[c] == nil; i++ {
				began := time.Now()
				for _, r := range queries[i%len(queries)] {
					failed[c] = errors.Join(failed[c], to.ask(ctx, r.method, r.path, r.body, nil))
				}
				each[c] = append(each[c], float64(time.Since(began).Microseconds())/1000)
			}
		})
	}
	all.Wait()
	return slices.Concat(each...), errors.Join(failed...)
}

// suggest completes words as they are typed, letter by letter.
func (s *searchSite) suggest(ctx context.Context) ([]float64, error) {
	var typed []string
	for i, mood := range moods {
		text := mood + " " + things[i%len(things)]
		for n := 2; n <= len(text); n++ {
			typed = append(typed, text[:n])
		}
	}
	var millis []float64
	for n := range suggestTimes {
		began := time.Now()
		if _, err := s.index.Suggest(ctx, typed[n*7%len(typed)], 4); err != nil {
			return nil, explain(err)
		}
		millis = append(millis, float64(time.Since(began).Microseconds())/1000)
	}
	return millis, nil
}
