package report_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/report"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// Two scenes of 20 people and 12 packs each. Everybody met four packs of theirs a month ago and turns to two more of theirs last
// week; one scene is the larger crowd's, so that what most know says little to the other.
func scenes(t *testing.T) (*history.History, *content.Shelf) {
	t.Helper()
	h, s := history.New(), content.NewShelf()
	for scene, crowd := range []int{40, 20} {
		for n := range 12 {
			s.Put(events.Listing{
				ID: fmt.Sprintf("pack-%d-%02d", scene, n), Producer: events.Producer{ID: fmt.Sprintf("by-%d-%d", scene, n)}, PublishedAt: now.Add(-90 * day),
			}, 1)
		}
		for p := range crowd {
			did := func(kind events.Kind, n int, ago time.Duration, from string) {
				h.Record(events.InteractionRecordedV1{
					PersonID: fmt.Sprintf("p-%d-%02d", scene, p), Kind: kind, PackID: fmt.Sprintf("pack-%d-%02d", scene, n%12), From: from,
				}, now.Add(-ago))
			}
			for n := range 4 {
				did(events.KindLike, p+n, 30*day, "")
			}
			did(events.KindView, p+4, 5*day, "for_you")
			did(events.KindPurchase, p+4, 4*day, "")
			did(events.KindView, p+5, 3*day, "")
			did(events.KindPurchase, p+5, 2*day, "")
		}
	}
	s.Put(events.Listing{ID: "later", Producer: events.Producer{ID: "late"}, PublishedAt: now.Add(-day)}, 1)
	return h, s
}

func TestTheLastWeekIsForetoldFromWhatWasBefore(t *testing.T) {
	t.Parallel()
	h, s := scenes(t)
	weeks, err := report.Make(t.Context(), h, s, now, 8)
	if err != nil || len(weeks) != 8 {
		t.Fatalf("%d weeks, %v", len(weeks), err)
	}
	for _, w := range weeks[:7] {
		if w.People != 0 || w.Recall != 0 || w.Opened != 0 || w.Bought != 0 {
			t.Errorf("a week without anything new: %+v", w)
		}
	}
	last := weeks[7]
	if !last.From.Equal(now.Add(-7*day)) || last.People != 60 || last.Opened != 120 || last.OpenedFrom != 60 || last.Bought != 120 || last.BoughtFrom != 60 {
		t.Errorf("the last week: %+v", last)
	}
	// Lists of 20 hold all eight packs of a scene that somebody has not met; the most known are the other scene's for some.
	if last.Recall < 0.99 || last.NDCG <= last.PopularNDCG || last.PopularRecall > last.Recall || last.Coverage < 0.99 || last.Coverage > 1 {
		t.Errorf("how well it was foretold: %+v", last)
	}
	again, err := report.Make(t.Context(), h, s, now, 8)
	if err != nil || !reflect.DeepEqual(again, weeks) {
		t.Errorf("the same history gives another report: %+v (%v)", again, err)
	}
}

func TestAReportOfNothingAndOneThatIsStopped(t *testing.T) {
	t.Parallel()
	weeks, err := report.Make(t.Context(), history.New(), content.NewShelf(), now, 2)
	if err != nil || len(weeks) != 2 || weeks[1].People != 0 || weeks[1].Coverage != 0 || weeks[1].Recall != 0 {
		t.Errorf("of nothing: %+v, %v", weeks, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := report.Make(ctx, history.New(), content.NewShelf(), now, 2); err == nil {
		t.Error("it goes on although it is to stop")
	}
}

// A sale long after a recommendation was opened, or before, is not its merit.
func TestWhatARecommendationBroughtAbout(t *testing.T) {
	t.Parallel()
	h, s := history.New(), content.NewShelf()
	for n, c := range []struct{ opened, bought time.Duration }{{3 * day, 2 * day}, {10 * day, 2 * day}, {day, 2 * day}, {8 * day, 5 * day}} {
		act := events.InteractionRecordedV1{PersonID: fmt.Sprint(n), Kind: events.KindView, PackID: "a", From: "also_like"}
		h.Record(act, now.Add(-c.opened))
		act.Kind, act.From = events.KindPurchase, ""
		h.Record(act, now.Add(-c.bought))
	}
	weeks, err := report.Make(t.Context(), h, s, now, 1)
	if err != nil || weeks[0].Bought != 4 || weeks[0].BoughtFrom != 2 || weeks[0].Opened != 2 || weeks[0].OpenedFrom != 2 {
		t.Errorf("%+v, %v", weeks, err)
	}
}
