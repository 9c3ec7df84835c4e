// Package httpapi is the recommender's HTTP side.
package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/recommender/api"
)

// Engine is what the handlers need.
type Engine interface {
	Similar(pack string, limit int) []api.Item
	SimilarSounds(sound string, limit int) []api.Item
	ForYou(in api.ForYou) []api.Item
	Because(in api.ForYou) api.Because
	Rising(in api.ForYou) []api.Item
	Report() api.Report
	Status() api.Status
	Rebuild(ctx context.Context) (api.Status, error)
}

// Mount adds the routes to a group that lets only services in.
func Mount(r gin.IRouter, engine Engine) {
	h := handlers{engine}
	r.GET("/v1/packs/:id/similar", httpx.Handle(similar(engine.Similar)))
	r.GET("/v1/sounds/:id/similar", httpx.Handle(similar(engine.SimilarSounds)))
	r.POST("/v1/for-you", personal(func(in api.ForYou) any { return api.Items{Items: engine.ForYou(in)} }))
	r.POST("/v1/because", personal(func(in api.ForYou) any { return engine.Because(in) }))
	r.POST("/v1/rising", personal(func(in api.ForYou) any { return api.Items{Items: engine.Rising(in)} }))
	r.GET("/v1/report", httpx.Handle(func(c *gin.Context) error { return httpx.Answer(c, http.StatusOK, engine.Report()) }))
	r.GET("/v1/status", httpx.Handle(h.status))
	r.POST("/v1/rebuild", httpx.Handle(h.rebuild))
}

type handlers struct{ engine Engine }

func similar(list func(id string, limit int) []api.Item) func(*gin.Context) error {
	return func(c *gin.Context) error {
		limit := 10
		if text := c.Query("limit"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return limitError()
			}
			limit = n
		}
		if err := checkLimit(limit); err != nil {
			return err
		}
		return httpx.Answer(c, http.StatusOK, api.Items{Items: list(c.Param("id"), limit)})
	}
}

func personal(list func(in api.ForYou) any) gin.HandlerFunc {
	return httpx.Handle(func(c *gin.Context) error {
		in, err := httpx.Decode[api.ForYou](c)
		if err != nil {
			return err
		}
		if err := checkLimit(in.Limit); err != nil {
			return err
		}
		return httpx.Answer(c, http.StatusOK, list(in))
	})
}

func (h handlers) status(c *gin.Context) error {
	return httpx.Answer(c, http.StatusOK, h.engine.Status())
}

func (h handlers) rebuild(c *gin.Context) error {
	status, err := h.engine.Rebuild(c.Request.Context())
	if err != nil {
		return err
	}
	return httpx.Answer(c, http.StatusOK, status)
}

func checkLimit(n int) error {
	if n < 1 || n > 50 {
		return limitError()
	}
	return nil
}

func limitError() error {
	return errs.Invalid(errs.Field{Name: "limit", Reason: "out_of_range", Detail: "limit is a number from 1 to 50"})
}
