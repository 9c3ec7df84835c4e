package screen

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	models "crateful.dev/models/api"
)

const (
	countsAge = 10 * time.Second
	termsAge  = 30 * time.Second
)

// Counts of the live catalogue, at most ten seconds old.
func (s *Services) Counts(ctx context.Context) (models.PackTotals, error) {
	return s.counts.Get(ctx, countsAge, s.Models.CatalogueCounts)
}

// Terms are the licences, wordings and limits, which change with releases only, and the genres with their counts.
type Terms struct {
	models.ListingTerms
	Genres []models.Genre
}

// Licence by its code.
func (t *Terms) Licence(code string) api.Licence {
	for _, l := range t.Licences {
		if l.Code == code {
			return rows.Licence(l)
		}
	}
	return api.Licence{Code: code, Name: code, Lines: []api.LicenceLine{}}
}

// Name says what licences are called.
func (t *Terms) Name(offers []api.TierOffer) {
	for i := range offers {
		offers[i].Name = t.Licence(offers[i].Tier).Name
	}
}

// Compared says how the licences differ.
func (t *Terms) Compared() []api.LicenceRow {
	out := make([]api.LicenceRow, len(t.ListingTerms.Compared))
	for i, row := range t.ListingTerms.Compared {
		out[i] = api.LicenceRow{Text: row.Text, In: make([]string, len(row.In))}
		for j, tier := range row.In {
			out[i].In[j] = string(tier)
		}
	}
	return out
}

// Genre by its slug; false when there is no such genre.
func (t *Terms) Genre(slug string) (api.Genre, bool) {
	for _, g := range t.Genres {
		if g.Slug == slug {
			return rows.Genre(g), true
		}
	}
	return api.Genre{Slug: slug, Name: slug}, false
}

// Terms are at most half a minute old.
func (s *Services) Terms(ctx context.Context) (*Terms, error) {
	return s.terms.Get(ctx, termsAge, func(ctx context.Context) (*Terms, error) {
		fresh := &Terms{}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() (err error) {
			fresh.ListingTerms, err = s.Models.ListingTerms(ctx)
			return err
		})
		g.Go(func() error {
			t, err := s.Models.Genres(ctx)
			fresh.Genres = t.Genres
			return err
		})
		if err := g.Wait(); err != nil {
			return nil, fmt.Errorf("read licences and genres: %w", err)
		}
		return fresh, nil
	})
}
