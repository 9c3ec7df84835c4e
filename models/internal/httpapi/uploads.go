package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/upload"
)

// Uploads is files on their way into packs, and the analyzer's word on them.
type Uploads struct {
	Service *upload.Service
	Packs   *catalog.Service
}

// Routes implements Resource.
func (h Uploads) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/packs/:id/uploads", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.offer},
		{Method: http.MethodGet, Path: "/v1/packs/:id/uploads", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.list},
		{Method: http.MethodPost, Path: "/v1/uploads", Who: SignedIn, Handle: h.offerPictures},
		{Method: http.MethodGet, Path: "/v1/uploads/expired", Who: Services("analyzer"), Handle: h.expired},
		{Method: http.MethodGet, Path: "/v1/uploads/:id", Who: Anyone, Handle: h.read},
		{Method: http.MethodPatch, Path: "/v1/uploads/:id", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.progress},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/complete", Who: Anyone, Handle: h.complete},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/retry", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.retry},
		{Method: http.MethodDelete, Path: "/v1/uploads/:id", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.remove},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/restore", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.restore},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/begin", Who: Services("analyzer"), Handle: h.begin},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/report", Who: Services("analyzer"), Handle: h.report},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/children", Who: Services("analyzer"), Handle: h.children},
		{Method: http.MethodPost, Path: "/v1/uploads/:id/swept", Who: Services("analyzer"), Handle: h.swept},
		{Method: http.MethodPost, Path: "/v1/objects/check", Who: Services("analyzer"), Handle: h.check},
		{Method: http.MethodGet, Path: "/v1/objects", Who: Services("analyzer"), Handle: h.objects},
		{Method: http.MethodPost, Path: "/v1/objects/missing", Who: Services("analyzer"), Handle: h.missing},
	}
}

func (h Uploads) offer(c *gin.Context) error {
	return with(c, "pack", func(id string, in api.NewUploads) (api.OfferedUploads, error) {
		return h.Service.Offer(c.Request.Context(), caller(c), id, in)
	})
}

func (h Uploads) list(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	out, err := h.Packs.Uploads(c.Request.Context(), caller(c), id, on(c, "removed"))
	return answer(c, http.StatusOK, out, err)
}

func (h Uploads) offerPictures(c *gin.Context) error {
	in, err := httpx.Decode[api.NewUploads](c)
	if err != nil {
		return err
	}
	out, err := h.Service.OfferPictures(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Uploads) expired(c *gin.Context) error {
	page, err := pageOf(c, 100, 1000)
	if err != nil {
		return err
	}
	out, err := h.Service.Expired(c.Request.Context(), page.Limit)
	return answer(c, http.StatusOK, out, err)
}

// one runs do with the id of the path.
func (h Uploads) one(c *gin.Context, do func(who auth.Caller, id string) (api.Upload, error)) error {
	id, err := idOf(c, "id", "upload")
	if err != nil {
		return err
	}
	out, err := do(caller(c), id)
	return answer(c, http.StatusOK, out, err)
}

// owned lets in who is signed in, with a personal token's scope, and the analyzer acting for itself: the two callers that
// routes open to anyone mean here.
func owned(c *gin.Context) error {
	who := caller(c)
	if who.Service == "analyzer" && !who.SignedIn() {
		return nil
	}
	if !who.SignedIn() {
		return errSignIn
	}
	if !who.Can(auth.ScopeStudio) {
		return errScope
	}
	return nil
}

func (h Uploads) read(c *gin.Context) error {
	if err := owned(c); err != nil {
		return err
	}
	return h.one(c, func(who auth.Caller, id string) (api.Upload, error) {
		return h.Service.Read(c.Request.Context(), who, id)
	})
}

func (h Uploads) progress(c *gin.Context) error {
	return with(c, "upload", func(id string, in api.UploadProgress) (api.Upload, error) {
		return h.Service.Progress(c.Request.Context(), caller(c), id, in)
	})
}

func (h Uploads) complete(c *gin.Context) error {
	if err := owned(c); err != nil {
		return err
	}
	return with(c, "upload", func(id string, in api.UploadDone) (api.Upload, error) {
		return h.Service.Complete(c.Request.Context(), caller(c), id, in)
	})
}

func (h Uploads) retry(c *gin.Context) error {
	return h.one(c, func(who auth.Caller, id string) (api.Upload, error) {
		return h.Service.Retry(c.Request.Context(), who, id)
	})
}

func (h Uploads) remove(c *gin.Context) error {
	return h.one(c, func(who auth.Caller, id string) (api.Upload, error) {
		return h.Service.Remove(c.Request.Context(), who, id)
	})
}

func (h Uploads) restore(c *gin.Context) error {
	return h.one(c, func(who auth.Caller, id string) (api.Upload, error) {
		return h.Service.Restore(c.Request.Context(), who, id)
	})
}

func (h Uploads) begin(c *gin.Context) error {
	return with(c, "upload", func(id string, in api.UploadBegin) (api.UploadBegun, error) {
		return h.Service.Begin(c.Request.Context(), id, in)
	})
}

func (h Uploads) report(c *gin.Context) error {
	return with(c, "upload", func(id string, in api.UploadReport) (api.UploadReported, error) {
		return h.Service.Report(c.Request.Context(), id, in)
	})
}

func (h Uploads) children(c *gin.Context) error {
	return with(c, "upload", func(id string, in api.ArchiveEntries) (api.OfferedUploads, error) {
		return h.Service.Children(c.Request.Context(), id, in)
	})
}

func (h Uploads) swept(c *gin.Context) error {
	id, err := idOf(c, "id", "upload")
	if err != nil {
		return err
	}
	return done(c, h.Service.Swept(c.Request.Context(), id))
}

func (h Uploads) check(c *gin.Context) error {
	in, err := httpx.Decode[api.ObjectsCheck](c)
	if err != nil {
		return err
	}
	out, err := h.Service.CheckObjects(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Uploads) objects(c *gin.Context) error {
	page, err := pageOf(c, 500, 1000)
	if err != nil {
		return err
	}
	keys, err := h.Service.Objects(c.Request.Context(), page.Cursor, page.Limit)
	if err != nil {
		return err
	}
	out := api.ObjectKeys{Keys: keys}
	if keys == nil {
		out.Keys = []string{}
	}
	if len(keys) == page.Limit {
		out.NextCursor = keys[page.Limit-1]
	}
	return answer(c, http.StatusOK, out, nil)
}

func (h Uploads) missing(c *gin.Context) error {
	in, err := httpx.Decode[api.ObjectsMissing](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.Missing(c.Request.Context(), in))
}
