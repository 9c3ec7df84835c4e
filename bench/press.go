package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	pressPages = 8
	pressRows  = 6
	warmGoal   = 100
	coldGoal   = 250
	scriptGoal = 90
)

// pressToSound presses play on rows of search pages over the demo catalogue. On every other page it gives the player time
// to fetch ahead, as somebody does who listens; then the next press is warm. The player itself says which was which.
func pressToSound(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return err
	}
	tab, end, err := browser(ctx, 4*time.Minute)
	if err != nil {
		return err
	}
	defer end()
	var warm, cold []float64
	for page := range pressPages {
		words := []string{"kick", "loop", "pad", "bass", "snare", "chord", "hat", "keys"}[page%8]
		var starts []struct {
			Warm bool    `json:"warm"`
			MS   float64 `json:"ms"`
		}
		actions := []chromedp.Action{chromedp.Navigate(s.URL + "/search?q=" + words), poll("window.__crateful", 20*time.Second)}
		for n := 1; n <= pressRows; n++ {
			play := fmt.Sprintf(".rows li:nth-child(%d) [data-play]", n)
			var there bool
			actions = append(actions, chromedp.Evaluate("!!document.querySelector("+quote(play)+")", &there), chromedp.ActionFunc(func(ctx context.Context) error {
				if !there {
					return nil // fewer sounds found
				}
				if err := chromedp.Click(play, chromedp.ByQuery).Do(ctx); err != nil {
					return err
				}
				if err := poll(fmt.Sprintf("window.__crateful.player.starts.length === %d", n), 20*time.Second).Do(ctx); err != nil {
					return err
				}
				if page%2 == 0 {
					return chromedp.Sleep(700 * time.Millisecond).Do(ctx)
				}
				return nil
			}))
		}
		actions = append(actions, chromedp.Evaluate("window.__crateful.player.starts", &starts))
		if err := chromedp.Run(tab, actions...); err != nil {
			return fmt.Errorf("press on %q: %w", words, err)
		}
		for _, s := range starts {
			if s.Warm {
				warm = append(warm, s.MS)
			} else {
				cold = append(cold, s.MS)
			}
		}
	}
	shown := quantileShown(" ms", 0, 0.5, 0.95)
	b.add(
		figure{name: "press → sound, fetched ahead", goal: "p95 ≤ 100 ms", values: warm, shown: shown, ok: quantileAtMost(0.95, warmGoal)},
		figure{name: "press → sound, cold", goal: "p95 ≤ 250 ms", values: cold, shown: shown, ok: quantileAtMost(0.95, coldGoal)},
	)
	return s.script(ctx, b, tab)
}

func quote(s string) string {
	text, _ := json.Marshal(s) // strings always encode
	return string(text)
}

// script sums what a browse page loads in scripts, as gzip sends it.
func (s *site) script(ctx context.Context, b *bench, tab context.Context) error {
	var loaded []string
	err := chromedp.Run(tab, chromedp.Navigate(s.URL+"/search"), poll("window.__crateful", 20*time.Second),
		chromedp.Evaluate(`performance.getEntriesByType("resource").map((e) => new URL(e.name).pathname).filter((p) => p.endsWith(".js"))`, &loaded))
	if err != nil {
		return fmt.Errorf("list the scripts: %w", err)
	}
	bytes, seen := 0, map[string]bool{}
	for _, p := range loaded {
		if seen[p] {
			continue
		}
		seen[p] = true
		answer, err := fetch(ctx, s.URL+p, http.Header{"Accept-Encoding": {"gzip"}})
		if err != nil {
			return err
		}
		if answer.header.Get("Content-Encoding") != "gzip" {
			return fmt.Errorf("%s is not compressed", path.Base(p))
		}
		bytes += len(answer.body)
	}
	if bytes == 0 {
		return fmt.Errorf("no scripts on /search: %s", strings.Join(loaded, " "))
	}
	b.add(figure{
		name: "script on a browse page, gzip", goal: "≤ 90 kB", unit: " kB", digits: 1, values: []float64{float64(bytes) / 1000}, ok: atMost(scriptGoal),
	})
	return nil
}
