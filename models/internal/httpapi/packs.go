package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// Packs is what producers do with packs, and what the analyzer does to them.
type Packs struct{ Service *catalog.Service }

// Routes implements Resource.
func (h Packs) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/studio/packs", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.studio},
		{Method: http.MethodGet, Path: "/v1/studio/needs", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.needs},
		{Method: http.MethodGet, Path: "/v1/studio/packs/:id", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.workbench},
		{Method: http.MethodGet, Path: "/v1/listing-terms", Who: Anyone, Handle: h.terms},
		{Method: http.MethodPost, Path: "/v1/packs", Who: SignedIn, Scope: auth.ScopeStudio, Idempotent: KeyInTx, Handle: h.create},
		{Method: http.MethodPatch, Path: "/v1/packs/:id", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.change},
		{Method: http.MethodDelete, Path: "/v1/packs/:id", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.delete},
		{Method: http.MethodPost, Path: "/v1/packs/:id/answers", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.answers},
		{Method: http.MethodPatch, Path: "/v1/packs/:id/sounds", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.changeSounds},
		{Method: http.MethodPut, Path: "/v1/packs/:id/sounds/editable", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.restoreSounds},
		{Method: http.MethodPost, Path: "/v1/packs/:id/publish", Who: SignedIn, Scope: auth.ScopeStudio, Live: true, Handle: h.publish},
		{Method: http.MethodPost, Path: "/v1/packs/:id/withdraw", Who: SignedIn, Scope: auth.ScopeStudio, Live: true, Handle: h.withdraw},
		{Method: http.MethodGet, Path: "/v1/packs/:id/trace", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.trace},
		{Method: http.MethodGet, Path: "/v1/admin/packs/:id/trace", Who: Admin, Scope: auth.ScopeAdmin, Handle: h.trace},
		{Method: http.MethodGet, Path: "/v1/packs/:id/preview-page", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.preview},
		{Method: http.MethodPost, Path: "/v1/editions/:id/begin", Who: Services("analyzer"), Handle: h.beginEdition},
		{Method: http.MethodPost, Path: "/v1/editions/:id/report", Who: Services("analyzer"), Handle: h.reportEdition},
	}
}

// idOf reads an id of the path; what is no id names nothing.
func idOf(c *gin.Context, name, what string) (string, error) {
	id := c.Param(name)
	if !tx.ValidID(id) {
		return "", errs.NotFound(what)
	}
	return id, nil
}

// with runs do with the id of the path, the caller and a decoded body.
func with[In, Out any](c *gin.Context, what string, do func(id string, in In) (Out, error)) error {
	id, err := idOf(c, "id", what)
	if err != nil {
		return err
	}
	in, err := httpx.Decode[In](c)
	if err != nil {
		return err
	}
	out, err := do(id, in)
	return answer(c, http.StatusOK, out, err)
}

// versioned reads the id of the path and If-Match.
func versioned(c *gin.Context, what string) (id, etag string, err error) {
	if id, err = idOf(c, "id", what); err != nil {
		return "", "", err
	}
	etag, err = httpx.IfMatch(c)
	return id, etag, err
}

func (h Packs) studio(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	after, err := placeOf(page, func(at *catalog.StudioCursor) string { return at.ID })
	if err != nil {
		return err
	}
	packs, next, err := h.Service.Studio(c.Request.Context(), caller(c), after, page.Limit)
	if err != nil {
		return err
	}
	out := api.StudioPacks{Packs: packs}
	out.NextCursor, err = cursorOf(next)
	return answer(c, http.StatusOK, out, err)
}

func (h Packs) needs(c *gin.Context) error {
	out, err := h.Service.Needs(c.Request.Context(), caller(c))
	return answer(c, http.StatusOK, out, err)
}

func (h Packs) workbench(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	out, err := h.Service.Workbench(c.Request.Context(), caller(c), id)
	return answerBench(c, http.StatusOK, out, err)
}

// answerBench tells the pack's ETag in the header too.
func answerBench(c *gin.Context, status int, out api.Workbench, err error) error {
	if err == nil {
		c.Header("ETag", out.Pack.ETag)
	}
	return answer(c, status, out, err)
}

func (h Packs) terms(c *gin.Context) error {
	return httpx.JSON(c, catalog.Terms())
}

func (h Packs) create(c *gin.Context) error {
	in, err := httpx.Decode[api.NewPack](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Create(c.Request.Context(), caller(c), in)
	return answerBench(c, http.StatusCreated, out, err)
}

func (h Packs) change(c *gin.Context) error {
	id, etag, err := versioned(c, "pack")
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.PackChange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Change(c.Request.Context(), caller(c), id, etag, in)
	return answerBench(c, http.StatusOK, out, err)
}

func (h Packs) delete(c *gin.Context) error {
	id, etag, err := versioned(c, "pack")
	if err != nil {
		return err
	}
	return done(c, h.Service.Delete(c.Request.Context(), caller(c), id, etag))
}

func (h Packs) answers(c *gin.Context) error {
	return with(c, "pack", func(id string, in api.AnswerQuestions) (api.SoundsChanged, error) {
		return h.Service.Answer(c.Request.Context(), caller(c), id, in)
	})
}

func (h Packs) changeSounds(c *gin.Context) error {
	_, etag, err := versioned(c, "pack")
	if err != nil {
		return err
	}
	return with(c, "pack", func(id string, in api.SoundsChange) (api.SoundsChanged, error) {
		return h.Service.ChangeSounds(c.Request.Context(), caller(c), id, etag, in)
	})
}

func (h Packs) restoreSounds(c *gin.Context) error {
	_, etag, err := versioned(c, "pack")
	if err != nil {
		return err
	}
	return with(c, "pack", func(id string, in api.SoundsRestore) (api.SoundsChanged, error) {
		return h.Service.RestoreSounds(c.Request.Context(), caller(c), id, etag, in)
	})
}

func (h Packs) publish(c *gin.Context) error {
	id, etag, err := versioned(c, "pack")
	if err != nil {
		return err
	}
	out, err := h.Service.Publish(c.Request.Context(), caller(c), id, etag)
	status := http.StatusOK
	if out.Pack.State == api.PackPublishing {
		status = http.StatusAccepted
	}
	return answer(c, status, out, err)
}

func (h Packs) withdraw(c *gin.Context) error {
	id, etag, err := versioned(c, "pack")
	if err != nil {
		return err
	}
	out, err := h.Service.Withdraw(c.Request.Context(), caller(c), id, etag)
	return answer(c, http.StatusOK, out, err)
}

func (h Packs) trace(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	out, err := h.Service.PackTrace(c.Request.Context(), caller(c), id)
	return answer(c, http.StatusOK, out, err)
}

func (h Packs) preview(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	out, err := h.Service.Preview(c.Request.Context(), caller(c), id)
	return answer(c, http.StatusOK, out, err)
}

func (h Packs) beginEdition(c *gin.Context) error {
	id, err := idOf(c, "id", "edition")
	if err != nil {
		return err
	}
	out, err := h.Service.BeginEdition(c.Request.Context(), id)
	return answer(c, http.StatusOK, out, err)
}

func (h Packs) reportEdition(c *gin.Context) error {
	return with(c, "edition", func(id string, in api.EditionReport) (api.EditionReported, error) {
		return h.Service.ReportEdition(c.Request.Context(), id, in)
	})
}
