package catalog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/events"
)

// Weights of what people do with a pack.
const (
	weightView     = 0.25
	weightPreview  = 1
	weightLike     = 4
	weightPurchase = 20
)

// halfLife is how long it takes until an act counts half as much as a new one.
const halfLife = 14 * 24 * time.Hour

// scoreEpoch is where time starts for scores; moving it would change all of them.
var scoreEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Weight is what acts of one moment add to a pack.
type Weight struct {
	PackID string
	Weight float64
	Plays  int64
}

// Score is a pack's popularity. Value is the base-2 logarithm of the sum of weights, each doubled for every half-life
// since the epoch: newer acts weigh more, and nothing has to be recomputed while nothing happens.
type Score struct {
	Value  float64
	Some   bool // anything ever happened
	Bought int64
}

// Exponent is the part of an act's logarithmic weight that comes from its time.
func Exponent(at time.Time) float64 { return float64(at.Sub(scoreEpoch)) / float64(halfLife) }

// Quantised is the score as search gets it, in steps of a quarter: about one step for every fifth more.
func (s Score) Quantised() float64 {
	if !s.Some {
		return 0
	}
	return math.Max(0, math.Floor(s.Value*4)/4)
}

// carryScores puts today's numbers on a listing.
func (s *Service) carryScores(ctx context.Context, packID string, p *Published) error {
	score, err := s.Store.Score(ctx, packID)
	if err != nil {
		return err
	}
	p.Listing.Popularity, p.Listing.Bought = score.Quantised(), score.Bought
	for i := range p.Listing.Sounds {
		p.Listing.Sounds[i].Popularity = p.Listing.Popularity
	}
	return s.Store.ScorePublished(ctx, packID, p.Listing.Popularity, s.now())
}

// Heard counts what people did. Acts of a kind that says nothing about a pack are left out.
func (s *Service) Heard(ctx context.Context, acts []events.InteractionRecordedV1) error {
	sums := map[string]*Weight{}
	var order []string
	for _, a := range acts {
		w := map[events.Kind]float64{events.KindView: weightView, events.KindPreview: weightPreview, events.KindLike: weightLike}[a.Kind]
		if w == 0 || a.PackID == "" {
			continue
		}
		if sums[a.PackID] == nil {
			sums[a.PackID] = &Weight{PackID: a.PackID}
			order = append(order, a.PackID)
		}
		sums[a.PackID].Weight += w
		if a.Kind == events.KindPreview {
			sums[a.PackID].Plays++
		}
	}
	if len(order) == 0 {
		return nil
	}
	list := make([]Weight, 0, len(order))
	for _, id := range order {
		list = append(list, *sums[id])
	}
	return s.Store.AddWeights(ctx, list, s.now())
}

// PopularityJob brings scores that moved by a step to search.
type PopularityJob struct{}

// Kind names the job.
func (PopularityJob) Kind() string { return "catalog_popularity" }

// popularityPause is the least time between two revisions of a pack that only its popularity causes.
const popularityPause = 10 * time.Minute

// Popularity runs a PopularityJob.
func (s *Service) Popularity(ctx context.Context, _ PopularityJob) error {
	now := s.now()
	if err := s.Store.CountPurchases(ctx, weightPurchase, now); err != nil {
		return err
	}
	due, err := s.Store.DueScores(ctx, now.Add(-popularityPause), 200)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range due {
		if err := s.again(ctx, id, 0, nil); err != nil && errs.CodeOf(err) != errs.CodeNotFound {
			failed = errors.Join(failed, fmt.Errorf("popularity of pack %s: %w", id, err))
		}
	}
	return failed
}

// again publishes what is on sale once more at a new revision above the given one, after change. A pack off sale is said to
// be so again.
func (s *Service) again(ctx context.Context, id string, above int64, change func(*Published)) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.Store.LockPack(ctx, id)
		if err != nil {
			return err
		}
		if p.PublishedAt == nil {
			return errs.NotFound("listing")
		}
		frozen, err := s.Store.Published(ctx, id)
		if err != nil {
			return err
		}
		now := s.now()
		p.Revision = max(p.Revision, above) + 1
		if err := s.Store.SavePack(ctx, p); err != nil {
			return err
		}
		frozen.Revision, frozen.Listing.UpdatedAt = p.Revision, now
		if change != nil {
			change(&frozen)
		}
		if err := s.carryScores(ctx, id, &frozen); err != nil {
			return err
		}
		if p.Listed {
			return s.announce(ctx, frozen)
		}
		if err := s.Store.SavePublished(ctx, frozen); err != nil {
			return err
		}
		ever, err := s.Store.EverPublished(ctx, id)
		if err != nil {
			return err
		}
		return s.Unit.Append(ctx, id, p.Revision, events.PackWithdrawnV1{PackID: id, SoundIDs: orEmpty(ever), TakenDown: frozen.Gone == "taken_down"})
	})
}

// RefreshProducer brings a producer's new name or handle to everything they have on sale.
type RefreshProducer struct {
	ProducerID string `json:"producer_id"`
}

// Kind names the job.
func (RefreshProducer) Kind() string { return "catalog_refresh_producer" }

// Refresh runs a RefreshProducer.
func (s *Service) Refresh(ctx context.Context, job RefreshProducer) error {
	seller, err := s.Store.Seller(ctx, job.ProducerID)
	if err != nil {
		return err
	}
	ids, err := s.Store.PublishedBy(ctx, job.ProducerID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := s.again(ctx, id, 0, func(p *Published) {
			p.Listing.Producer = seller.producer()
		})
		if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
			return err
		}
	}
	return nil
}
