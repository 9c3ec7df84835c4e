package pages

import (
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

func TestThePlotOfRecommendations(t *testing.T) {
	t.Parallel()
	catalogue, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := catalogue.Match("en")
	week := func(n, people int, recall, popular float64) api.RecommendationWeek {
		return api.RecommendationWeek{From: time.Date(2026, 6, 1+7*n, 0, 0, 0, 0, time.UTC), People: people, Recall: recall, PopularRecall: popular}
	}
	for _, c := range []struct {
		name           string
		weeks          []api.RecommendationWeek
		lists, popular string
		top            string
	}{
		{"three weeks", []api.RecommendationWeek{week(0, 5, 0.4, 0.1), week(1, 5, 0.2, 0.2), week(2, 5, 0.4, 0)}, "0,0 360,80 720,0", "0,120 360,80 720,160", "0.4"},
		{"a week of which nothing is known is left out", []api.RecommendationWeek{week(0, 5, 0.4, 0.4), week(1, 0, 0, 0), week(2, 5, 0.2, 0.4)}, "0,0 720,80", "0,0 720,0", "0.4"},
		{"one week is seen too", []api.RecommendationWeek{week(0, 0, 0, 0), week(1, 5, 0.05, 0)}, "720,80 712,80", "720,160 712,160", "0.1"},
	} {
		got := recommendationPlot(l, c.weeks)
		if got.Lines[0].Points != c.lists || got.Lines[1].Points != c.popular || got.Top != c.top || got.From != "1 June 2026" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if s := share(l, 1, 8); s.Text != "1" || s.Sub != "12.5\u00a0%" && s.Sub != "12.5 %" {
		t.Errorf("one of eight is %+v", s)
	}
	if s := share(l, 0, 0); s.Sub != "" {
		t.Errorf("none of none is %+v", s)
	}
}
