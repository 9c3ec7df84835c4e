package storefront

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/objects"
	models "crateful.dev/models/api"
)

func (s *Storefront) sound(c *gin.Context) error {
	var out api.Sound
	var holding rows.Holding
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		page, err := s.Models.Sound(ctx, c.Param("id"))
		if err != nil {
			return err
		}
		fillSound(&out, page)
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			peaks, err := s.finePeaks(ctx, page.PeaksKey)
			s.Soft(ctx, "fine waveform", err)
			out.Peaks = rows.List(peaks)
			return nil
		})
		g.Go(func() error {
			out.More = s.moreLike(ctx, page)
			return nil
		})
		g.Go(func() error {
			var err error
			out.AlsoLike, err = s.soundsLike(ctx, page.Row.ID, page.Row.Name)
			s.Soft(ctx, "also like", err)
			return nil
		})
		g.Go(func() error {
			terms, err := s.Terms(ctx)
			if err != nil {
				return err
			}
			out.Licence = terms.Licence(page.Licence)
			terms.Name(out.Tiers)
			return nil
		})
		if err := g.Wait(); err != nil {
			return err
		}
		set.Sound(&out.Row)
		set.Pack(&out.Pack)
		set.Sounds(out.AlsoLike)
		set.Sounds(out.More)
		set.Of(out.Pack.ID, out.Row.ID, &holding)
		return nil
	})
	if err != nil {
		return err
	}
	out.OwnedTier = string(holding.Tier)
	if rows.OwnTiers(out.Tiers, holding.Tier) && out.Row.Marks.Owned && !out.Row.Marks.Yours {
		s.yourSoundPrice(c, &out)
	}
	out.AlsoLike = recommendableSounds(out.AlsoLike)
	return screen.JSON(c, out)
}

// yourSoundPrice is what larger licences cost who has one.
func (s *Storefront) yourSoundPrice(c *gin.Context, out *api.Sound) {
	_, ctx := s.As(c)
	offer, err := s.Models.SoundOffer(ctx, out.Row.ID)
	if err != nil {
		s.Soft(ctx, "your price", err)
		return
	}
	rows.OfferTo(out.Tiers, offer.Tiers)
}

func fillSound(out *api.Sound, page models.SoundPage) {
	out.Row, out.Pack = rows.Sound(page.Row), rows.Pack(page.Pack)
	out.Format, out.SampleRateHz, out.Channels, out.BitDepth = page.Format, page.SampleRateHz, page.Channels, page.BitDepth
	out.Tiers = rows.TierOffers(page.Tiers)
	out.SizeBytes, out.KeyFrom, out.TempoFrom = page.SizeBytes, page.KeyFrom, page.TempoFrom
}

// peaksFile is what the analyzer writes beside each sound: the extremes of columns of equal length.
type peaksFile struct {
	Top    []float64 `json:"top"`    // 0…1
	Bottom []float64 `json:"bottom"` // −1…0
}

// bars are the larger of both extremes, 0–255.
func (p peaksFile) bars() []byte {
	out := make([]byte, min(len(p.Top), len(p.Bottom)))
	for i := range out {
		high := max(math.Abs(p.Top[i]), math.Abs(p.Bottom[i]))
		out[i] = byte(math.Round(255 * min(1, high)))
	}
	return out
}

const (
	maxPeaks  = 1 << 20         // bytes of the file
	peaksTime = 2 * time.Second // the page does without it then
)

func (s *Storefront) finePeaks(ctx context.Context, key string) ([]byte, error) {
	if key == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, peaksTime)
	defer cancel()
	body, _, err := s.Objects.Get(ctx, key, objects.GetOptions{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var file peaksFile
	if err := json.NewDecoder(io.LimitReader(body, maxPeaks)).Decode(&file); err != nil {
		return nil, fmt.Errorf("read peaks %s: %w", key, err)
	}
	return file.bars(), nil
}

// moreLike finds the sounds nearest to one in timbre.
func (s *Storefront) moreLike(ctx context.Context, page models.SoundPage) []api.SoundRow {
	const most = 6
	found, err := s.Indexer.Search(ctx, indexer.Query{Kind: indexer.KindSounds, Like: page.Row.ID, Size: most, NoFacets: true})
	s.Soft(ctx, "more like this", err)
	more := make([]api.SoundRow, 0, most)
	for _, row := range found.Sounds {
		if row.ID != page.Row.ID {
			more = append(more, rows.FoundSound(row))
		}
	}
	return more
}
