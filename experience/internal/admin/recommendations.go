package admin

import (
	"context"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/screen"
	recommender "crateful.dev/recommender/api"
)

func (s *Admin) recommendations(c *gin.Context) error {
	return screen.Read(s.Services, c, func(ctx context.Context) (recommender.Report, error) {
		if err := s.allow(ctx); err != nil { // nor does the recommender know people
			return recommender.Report{}, err
		}
		return s.Recommender.Report(ctx)
	}, func(found recommender.Report) api.AdminRecommendations {
		out := api.AdminRecommendations{Making: found.Making, Weeks: list(found.Weeks, func(w recommender.ReportWeek) api.RecommendationWeek {
			return api.RecommendationWeek(w)
		})}
		if !found.At.IsZero() {
			out.At = &found.At
		}
		return out
	})
}
