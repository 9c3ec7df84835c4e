package httpapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// Versions tells pages that wait for news how far things are.
type Versions struct {
	Store interface {
		Versions(ctx context.Context, q api.VersionsQuery) (api.Versions, error)
	}
}

// Routes of versions.
func (h Versions) Routes() []Route {
	return []Route{{Method: http.MethodPost, Path: "/v1/versions", Who: Services("experience"), Handle: h.versions}}
}

func (h Versions) versions(c *gin.Context) error {
	in, err := httpx.Decode[api.VersionsQuery](c)
	if err != nil {
		return err
	}
	if len(in.PackIDs)+len(in.OrderIDs) > api.MaxVersionTopics {
		return errs.Invalid(errs.Field{Name: "pack_ids", Reason: "too_many", Detail: "Ask for at most 500 at once."})
	}
	for name, ids := range map[string][]string{"pack_ids": in.PackIDs, "order_ids": in.OrderIDs} {
		for _, id := range ids {
			if uuid.Validate(id) != nil {
				return errs.Invalid(errs.Field{Name: name, Reason: "not_an_id", Detail: "An id is a UUID."})
			}
		}
	}
	out, err := h.Store.Versions(c.Request.Context(), in)
	if err != nil {
		return err
	}
	return httpx.Answer(c, http.StatusOK, out)
}
