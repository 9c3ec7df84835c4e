package pages

import (
	"context"
	"fmt"
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminRecommendations() {
	p.get("/admin/recommendations", p.adminShow(adminRecommendationPage))
}

// adminRecommendationPage is how good recommendations were in the last weeks.
func adminRecommendationPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	found, err := a.Recommendations(ctx)
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: l.T("admin.part_recommendations")}
	if found.At != nil {
		v.Lead = l.T("admin.until", "At", l.Exact(*found.At))
	}
	if found.Making {
		v.Every = 5
		v.Notes = append(v.Notes, view.AdminNote{Text: l.T("admin.report_making")})
	}
	foretold := view.AdminSection{ID: "foretold", Heading: l.T("admin.foretold"), Text: l.T("admin.foretold_text"), Table: &view.AdminTable{
		Caption: l.T("admin.foretold"), Heads: heads(l, "week", "#people", "#recall", "#popular_recall", "#ndcg", "#popular_ndcg", "#coverage"),
	}}
	brought := view.AdminSection{ID: "brought", Heading: l.T("admin.brought"), Text: l.T("admin.brought_text"), Table: &view.AdminTable{
		Caption: l.T("admin.brought"), Heads: heads(l, "week", "#opened", "#from_lists", "#packs_bought", "#from_lists"),
	}}
	told, met := false, false
	for _, w := range found.Weeks {
		week := l.Date(w.From)
		told, met = told || w.People > 0, met || w.Opened > 0 || w.Bought > 0
		measure := func(x float64) view.AdminCell {
			if w.People == 0 {
				return text("")
			}
			return text(l.Decimal(x, 3))
		}
		foretold.Table.Row(view.AdminRow{Cells: []view.AdminCell{
			text(week), text(l.Number(int64(w.People))), measure(w.Recall), measure(w.PopularRecall), measure(w.NDCG), measure(w.PopularNDCG), measure(w.Coverage),
		}})
		brought.Table.Row(view.AdminRow{Cells: []view.AdminCell{
			text(week), text(l.Number(int64(w.Opened))), share(l, w.OpenedFrom, w.Opened), text(l.Number(int64(w.Bought))), share(l, w.BoughtFrom, w.Bought),
		}})
	}
	if told {
		foretold.Plot = recommendationPlot(l, found.Weeks)
	} else {
		foretold.Table.Rows, foretold.Empty = nil, l.T("admin.foretold_none")
	}
	if !met {
		brought.Table.Rows, brought.Empty = nil, l.T("admin.brought_none")
	}
	if len(found.Weeks) > 0 {
		v.Sections = append(v.Sections, foretold, brought)
	}
	return v, "recommendations", nil
}

// share is how many of all, in percent beneath.
func share(l *messages.Locale, some, all int) view.AdminCell {
	cell := text(l.Number(int64(some)))
	if all > 0 {
		cell.Sub = l.T("admin.percent", "Share", l.Decimal(100*float64(some)/float64(all), 1))
	}
	return cell
}

// recommendationPlot draws recall of the lists and of what is popular. Weeks of which nothing can be said are left out.
func recommendationPlot(l *messages.Locale, weeks []api.RecommendationWeek) *view.AdminPlot {
	top := 0.1
	for _, w := range weeks {
		top = max(top, w.Recall, w.PopularRecall)
	}
	line := func(of func(api.RecommendationWeek) float64) string {
		var points []string
		for i, w := range weeks {
			if w.People > 0 {
				points = append(points, fmt.Sprintf("%d,%d", i*plotWidth/max(1, len(weeks)-1), int((1-of(w)/top)*plotHeight)))
			}
		}
		if len(points) == 1 { // one week is a short line, for a point is not seen
			x, y, _ := strings.Cut(points[0], ",")
			var n int
			fmt.Sscan(x, &n) //nolint:errcheck // made above
			points = append(points, fmt.Sprintf("%d,%s", max(0, n-8), y))
		}
		return strings.Join(points, " ")
	}
	return &view.AdminPlot{
		Label: l.T("admin.recall_plot"), Top: l.Decimal(top, 3), From: l.Date(weeks[0].From), To: l.Date(weeks[len(weeks)-1].From),
		Lines: []view.AdminLine{
			{Text: l.T("admin.line_lists"), Points: line(func(w api.RecommendationWeek) float64 { return w.Recall })},
			{Text: l.T("admin.line_popular"), Points: line(func(w api.RecommendationWeek) float64 { return w.PopularRecall }), Faint: true},
		},
	}
}
