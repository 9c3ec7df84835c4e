package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// categories of Lighthouse with what each has to reach.
var categories = []struct {
	name string
	goal float64
}{{"performance", 95}, {"accessibility", 100}, {"best-practices", 100}, {"seo", 100}}

const lighthouseRuns = 3

type report struct {
	Categories map[string]struct {
		Score     float64 `json:"score"`
		AuditRefs []struct {
			ID     string  `json:"id"`
			Weight float64 `json:"weight"`
		} `json:"auditRefs"`
	} `json:"categories"`
	Audits map[string]struct {
		Score        *float64 `json:"score"`
		DisplayValue string   `json:"displayValue"`
		Details      struct {
			Items json.RawMessage `json:"items"` // a list in most audits
		} `json:"details"`
	} `json:"audits"`
}

// lighthouse takes the mobile scores of the four pages on which people listen.
func lighthouse(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return err
	}
	home, err := s.stranger().Home(ctx)
	if err != nil {
		return err
	}
	if len(home.New) == 0 || len(home.Featured) == 0 {
		return errors.New("the demo catalogue is empty")
	}
	for _, p := range []struct{ name, path string }{
		{"home", "/"},
		{"search", "/search"}, // with words it asks not to be indexed
		{"pack", "/packs/" + url.PathEscape(home.New[0].Slug)},
		{"sound", "/sounds/" + home.Featured[0].ID},
	} {
		scores := map[string][]float64{}
		for range lighthouseRuns {
			r, err := visit(ctx, b, s.URL+p.path)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			for _, c := range categories {
				scores[c.name] = append(scores[c.name], 100*r.Categories[c.name].Score)
			}
			r.complain(p.name)
		}
		var got []float64
		met := true
		for _, c := range categories {
			m := median(scores[c.name])
			got, met = append(got, m), met && m >= c.goal
		}
		b.add(figure{
			name: "Lighthouse, mobile: " + p.name, goal: "95 / 100 / 100 / 100", values: got,
			shown: func(v []float64) string { return fmt.Sprintf("%.0f / %.0f / %.0f / %.0f", v[0], v[1], v[2], v[3]) },
			ok:    func([]float64) bool { return met },
		})
	}
	return nil
}

func visit(ctx context.Context, b *bench, address string) (report, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	var r report
	program, err := chromium()
	if err != nil {
		return r, err
	}
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = c.name
	}
	out := filepath.Join(b.dir, "lighthouse.json")
	cmd := exec.CommandContext(ctx, "node_modules/.bin/lighthouse", address, "--quiet", "--output=json", "--output-path="+out,
		"--only-categories="+strings.Join(names, ","), "--no-enable-error-reporting",
		"--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage")
	cmd.Dir = filepath.Join(b.root, "bench")
	cmd.Env = append(os.Environ(), "CHROME_PATH="+program)
	if text, err := cmd.CombinedOutput(); err != nil {
		return r, fmt.Errorf("lighthouse: %w: %.1000s", err, text)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// complain says what cost points.
func (r report) complain(page string) {
	for _, c := range categories {
		var lost []string
		for _, ref := range r.Categories[c.name].AuditRefs {
			a := r.Audits[ref.ID]
			if ref.Weight > 0 && a.Score != nil && *a.Score < 0.95 {
				what := strings.TrimSpace(fmt.Sprintf("%s %.2f %s", ref.ID, *a.Score, a.DisplayValue))
				var items []struct {
					Node struct {
						Snippet string `json:"snippet"`
					} `json:"node"`
				}
				if err := json.Unmarshal(a.Details.Items, &items); err == nil {
					for _, item := range items[:min(len(items), 3)] {
						what += " " + item.Node.Snippet
					}
				}
				lost = append(lost, what)
			}
		}
		if slices.Sort(lost); len(lost) > 0 {
			fmt.Fprintf(os.Stderr, "  %s, %s %.0f: %s\n", page, c.name, 100*r.Categories[c.name].Score, strings.Join(lost, "; "))
		}
	}
}
