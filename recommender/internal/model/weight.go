package model

import (
	"math"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/history"
)

// halfLife is the age at which an act counts half.
const halfLife = 180 * 24 * time.Hour

// faintest is the least interest that says anything.
const faintest = 0.01

// kindWeight is how much an act says about taste.
var kindWeight = map[events.Kind]float64{
	events.KindPurchase: 1,
	events.KindLike:     0.6,
	events.KindCart:     0.5,
	events.KindDownload: 0.5,
	events.KindPreview:  0.2,
	events.KindView:     0.08,
}

// Weight is a person's interest in a pack at a time, between 0 and 1: the strongest of the acts, faded by age.
func Weight(c history.Contact, now time.Time) float64 { return weight(c, now, halfLife) }

// What happens lately is what happened within a week, and counts half after three days.
const (
	week         = 7 * 24 * time.Hour
	latelyFading = 3 * 24 * time.Hour
)

// Lately is Weight by the acts of the last week alone, which fade faster.
func Lately(c history.Contact, now time.Time) float64 {
	var last history.Contact
	for _, act := range c {
		if now.Sub(act.At) < week {
			last = append(last, act)
		}
	}
	return weight(last, now, latelyFading)
}

func weight(c history.Contact, now time.Time, halfLife time.Duration) float64 {
	strongest := 0.0
	for _, act := range c {
		w := kindWeight[act.Kind]
		if act.Kind == events.KindLike && !c.Liked() {
			w = 0
		}
		age := max(now.Sub(act.At), 0)
		w *= math.Exp2(-float64(age) / float64(halfLife))
		strongest = max(strongest, w)
	}
	return strongest
}
