// Package observability holds what Prometheus and Grafana are told, and reads it as Prometheus does.
package observability

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// The image that docker-compose.yml runs is the release whose code this is.
func TestReleaseIsTheImages(t *testing.T) {
	t.Parallel()
	module, compose := read(t, "go.mod"), read(t, "../../docker-compose.yml")
	code := regexp.MustCompile(`prometheus/prometheus v0\.(\d)(\d\d)\.(\d+)`).FindStringSubmatch(module)
	image := regexp.MustCompile(`prom/prometheus:v(\d)\.(\d+)\.(\d+)`).FindStringSubmatch(compose)
	if code == nil || image == nil || code[1] != image[1] || strings.TrimPrefix(code[2], "0") != image[2] || code[3] != image[3] {
		t.Errorf("the code is %q, the image %q", code, image)
	}
}

func TestAlertsAskRightly(t *testing.T) {
	t.Parallel()
	for _, r := range alertRules(t) {
		check(t, r.Alert, r.Expr)
	}
}

func TestDashboardAsksRightly(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/dashboards/crateful.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			asked++
			check(t, p.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m")) // Grafana's own word
		}
	}
	if asked < 20 {
		t.Errorf("only %d queries", asked)
	}
}

var counter = regexp.MustCompile(`_(total|bucket|sum|count)$`)

// check finds what the parser finds, and what it lets pass: a rate of something that also falls, and a quantile over buckets
// whose bounds were summed away.
func check(t *testing.T, where, query string) {
	t.Helper()
	expr, err := parser.ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	selectors := 0
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			selectors++
		case *parser.Call:
			switch n.Func.Name {
			case "rate", "irate", "increase":
				if m, ok := n.Args[0].(*parser.MatrixSelector); ok {
					if v, ok := m.VectorSelector.(*parser.VectorSelector); ok && !counter.MatchString(v.Name) {
						t.Errorf("%s: %s of %s, which is no counter", where, n.Func.Name, v.Name)
					}
				}
			case "histogram_quantile":
				if sum, ok := n.Args[1].(*parser.AggregateExpr); ok && sum.Without == slices.Contains(sum.Grouping, "le") {
					t.Errorf("%s: a quantile without bounds: %s", where, n)
				}
			}
		}
		return nil
	})
	if selectors == 0 {
		t.Errorf("%s asks for nothing", where)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
