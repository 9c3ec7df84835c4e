package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/library"
	"crateful.dev/models/internal/tx"
)

// Library is what the account owns, and its downloads.
type Library struct{ Service *library.Service }

// Routes of the library.
func (h Library) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/library", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.list},
		{Method: http.MethodPost, Path: "/v1/library/owned", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.owned},
		{Method: http.MethodGet, Path: "/v1/library/packs/:id/files", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.files},
		{Method: http.MethodPost, Path: "/v1/downloads", Who: SignedIn, Scope: auth.ScopeLibrary, Live: true, Handle: h.download},
		{Method: http.MethodGet, Path: "/v1/downloads", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.downloads},
	}
}

func (h Library) list(c *gin.Context) error {
	page, err := keyset(c, 40, 100)
	if err != nil {
		return err
	}
	got, err := h.Service.List(c.Request.Context(), library.Query{
		AccountID: accountOf(c), Text: c.Query("q"), Kind: api.ItemKind(c.Query("kind")), Ended: c.Query("ended") == "true", Cursor: page.Cursor, Limit: page.Limit,
	})
	if err != nil {
		return err
	}
	got.NextCursor, err = cursorOf(got.NextCursor)
	return answer(c, http.StatusOK, got, err)
}

func (h Library) owned(c *gin.Context) error {
	in, err := httpx.Decode[api.OwnedQuery](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Owned(c.Request.Context(), accountOf(c), in)
	return answer(c, http.StatusOK, got, err)
}

func (h Library) files(c *gin.Context) error {
	id, edition := c.Param("id"), c.Query("edition_id")
	if !tx.ValidID(id) || edition != "" && !tx.ValidID(edition) {
		return errs.NotFound("pack")
	}
	got, err := h.Service.Files(c.Request.Context(), accountOf(c), id, edition)
	return answer(c, http.StatusOK, got, err)
}

func (h Library) download(c *gin.Context) error {
	in, err := httpx.Decode[api.DownloadRequest](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Download(c.Request.Context(), auth.From(c.Request.Context()), in)
	return answer(c, http.StatusOK, got, err)
}

func (h Library) downloads(c *gin.Context) error {
	page, err := keyset(c, 40, 100)
	if err != nil {
		return err
	}
	got, err := h.Service.Downloads(c.Request.Context(), accountOf(c), page.Cursor, page.Limit)
	if err != nil {
		return err
	}
	got.NextCursor, err = cursorOf(got.NextCursor)
	return answer(c, http.StatusOK, got, err)
}
