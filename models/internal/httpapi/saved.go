package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/saved"
	"crateful.dev/models/internal/tx"
)

// Saved is the searches that people keep, and what the index finds for them.
type Saved struct{ Service *saved.Service }

// Routes implements Resource.
func (h Saved) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/saved-searches", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.list},
		{Method: http.MethodPost, Path: "/v1/saved-searches", Who: SignedIn, Scope: auth.ScopeLibrary, Idempotent: KeyInTx, Handle: h.create},
		{Method: http.MethodGet, Path: "/v1/saved-searches/:id", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.page},
		{Method: http.MethodPatch, Path: "/v1/saved-searches/:id", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.change},
		{Method: http.MethodDelete, Path: "/v1/saved-searches/:id", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.delete},
		{Method: http.MethodPost, Path: "/v1/saved-searches/:id/restore", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.restore},
		{Method: http.MethodPost, Path: "/v1/saved-searches/:id/seen", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.seen},
		{Method: http.MethodGet, Path: "/v1/saved-mails/:token", Who: Anyone, Handle: h.link},
		{Method: http.MethodDelete, Path: "/v1/saved-mails/:token", Who: Anyone, Handle: h.stop},
		{Method: http.MethodPost, Path: "/v1/index/saved-searches", Who: Services("indexer"), Handle: h.queries},
		{Method: http.MethodPost, Path: "/v1/index/saved-matches", Who: Services("indexer"), Handle: h.report},
	}
}

func (h Saved) list(c *gin.Context) error {
	out, err := h.Service.List(c.Request.Context(), caller(c))
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) create(c *gin.Context) error {
	in, err := httpx.Decode[api.NewSavedSearch](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Create(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusCreated, out, err)
}

func (h Saved) page(c *gin.Context) error {
	id, err := idOf(c, "id", "saved search")
	if err != nil {
		return err
	}
	out, err := h.Service.Page(c.Request.Context(), caller(c), id)
	if err == nil {
		c.Header("ETag", out.Search.ETag)
	}
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) change(c *gin.Context) error {
	id, err := idOf(c, "id", "saved search")
	if err != nil {
		return err
	}
	etag, err := httpx.IfMatch(c)
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.SavedChange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Change(c.Request.Context(), caller(c), id, etag, in)
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) delete(c *gin.Context) error {
	id, err := idOf(c, "id", "saved search")
	if err != nil {
		return err
	}
	return done(c, h.Service.Delete(c.Request.Context(), caller(c), id))
}

func (h Saved) restore(c *gin.Context) error {
	id, err := idOf(c, "id", "saved search")
	if err != nil {
		return err
	}
	out, err := h.Service.Restore(c.Request.Context(), caller(c), id)
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) seen(c *gin.Context) error {
	id, err := idOf(c, "id", "saved search")
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.SavedSeen](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.Seen(c.Request.Context(), caller(c), id, in.Until))
}

func (h Saved) link(c *gin.Context) error {
	out, err := h.Service.Link(c.Request.Context(), c.Param("token"))
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) stop(c *gin.Context) error {
	out, err := h.Service.Stop(c.Request.Context(), c.Param("token"))
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) queries(c *gin.Context) error {
	in, err := httpx.Decode[api.SavedQueriesAsk](c)
	if err != nil {
		return err
	}
	if in.Limit < 0 || in.Limit > api.MaxSavedPage || in.After < 0 {
		return errs.Invalid(errs.Field{Name: "limit", Reason: "out_of_range", Detail: "Ask for 1 to 1,000 at a time."})
	}
	out, err := h.Service.Queries(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Saved) report(c *gin.Context) error {
	in, err := httpx.Decode[api.SavedMatches](c)
	if err != nil {
		return err
	}
	bad := func(detail string) error {
		return errs.Invalid(errs.Field{Name: "matches", Reason: "malformed", Detail: detail})
	}
	pairs, seen := 0, make(map[string]bool, len(in.Matches))
	for _, m := range in.Matches {
		if !tx.ValidID(m.SearchID) || seen[m.SearchID] {
			return bad("Each search is named once, by its id.")
		}
		seen[m.SearchID] = true
		pairs += len(m.SoundIDs) + 1
		for _, id := range m.SoundIDs {
			if !tx.ValidID(id) {
				return bad("A sound is no id.")
			}
		}
	}
	if !tx.ValidID(in.PackID) || pairs > 2*api.MaxSavedPairs {
		return bad("Name a pack, and at most 20,000 pairs of a search and a thing.")
	}
	out, err := h.Service.Report(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}
