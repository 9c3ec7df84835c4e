package observability

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

const step = 15 * time.Second // as in prometheus.yml

// evaluator is Prometheus without its scraping and its disk: its parser, its engine and its templates over series that are
// written down. Only how long an alert has been true is counted here.
type evaluator struct {
	t      *testing.T
	engine *promql.Engine
	series []storage.Series
	rules  []rulefmt.Rule
	since  map[string]time.Duration // by alert and labels: true without a gap since then
}

type told struct{ name, summary string }

func alertRules(t *testing.T) (all []rulefmt.Rule) {
	t.Helper()
	groups, problems := rulefmt.ParseFile("alerts.yml", false)
	for _, err := range problems {
		t.Error(err)
	}
	if problems != nil {
		t.FailNow()
	}
	for _, g := range groups.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// prometheus has read the series, a value each step from time 0 on, in the notation of Prometheus' own tests.
func prometheus(t *testing.T, series []string) *evaluator {
	t.Helper()
	p := &evaluator{t: t, rules: alertRules(t), since: map[string]time.Duration{}, engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
	})}
	for _, line := range series {
		of, values, err := parser.ParseSeriesDesc(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var samples []chunks.Sample
		for i, v := range values {
			if !v.Omitted {
				samples = append(samples, sample{(time.Duration(i) * step).Milliseconds(), v.Value})
			}
		}
		p.series = append(p.series, storage.NewListSeries(of, samples))
	}
	return p
}

// evaluate takes the next step and gives the alerts that are firing then.
func (p *evaluator) evaluate(at time.Duration) (firing []told) {
	p.t.Helper()
	now := time.Unix(0, 0).Add(at)
	still := map[string]time.Duration{}
	for _, r := range p.rules {
		found, err := p.ask(p.t.Context(), r.Expr, now)
		if err != nil {
			p.t.Errorf("%s: %v", r.Alert, err)
		}
		for _, s := range found {
			key := r.Alert + s.Metric.String()
			since, was := p.since[key]
			if !was {
				since = at
			}
			still[key] = since
			if at-since >= time.Duration(r.For) {
				firing = append(firing, told{r.Alert, p.summary(r, s, now)})
			}
		}
	}
	p.since = still
	return firing
}

func (p *evaluator) ask(ctx context.Context, expr string, now time.Time) (promql.Vector, error) {
	q, err := p.engine.NewInstantQuery(ctx, p, nil, expr, now)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	return q.Exec(ctx).Vector()
}

func (p *evaluator) summary(r rulefmt.Rule, s promql.Sample, now time.Time) string {
	p.t.Helper()
	text := "{{$labels := .Labels}}{{$value := .Value}}" + r.Annotations["summary"]
	data := template.AlertTemplateData(s.Metric.Map(), nil, "", s)
	said, err := template.NewTemplateExpander(p.t.Context(), text, r.Alert, data, model.TimeFromUnixNano(now.UnixNano()), nil, nil, nil).Expand()
	if err != nil {
		p.t.Errorf("%s: %v", r.Alert, err)
	}
	return said
}

// Querier gives the engine the series that it asks for.
func (p *evaluator) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		var found []storage.Series
		for _, s := range p.series {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Labels().Get(m.Name)) }) {
				found = append(found, s)
			}
		}
		return &set{series: found}
	}}, nil
}

// sample is a value at a time in milliseconds.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// set is the series of one answer, one after the other.
type set struct {
	series []storage.Series
	at     int // 1 is the first
}

func (s *set) Next() bool                        { s.at++; return s.at <= len(s.series) }
func (s *set) At() storage.Series                { return s.series[s.at-1] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }
