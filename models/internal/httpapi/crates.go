package httpapi

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/crate"
	"crateful.dev/models/internal/tx"
)

var (
	errSignIn = errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first.")
	errScope  = errs.New(errs.CodeForbidden, "token_scope", "This token does not have the scope for that.")
)

// Crates is people's lists of sounds and packs, likes among them.
type Crates struct{ Service *crate.Service }

// Routes implements Resource.
func (h Crates) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/crates", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.list},
		{Method: http.MethodPost, Path: "/v1/crates", Who: SignedIn, Scope: auth.ScopeLibrary, Idempotent: KeyInTx, Handle: h.create},
		{Method: http.MethodGet, Path: "/v1/crates/:id", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.read},
		{Method: http.MethodPatch, Path: "/v1/crates/:id", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.change},
		{Method: http.MethodDelete, Path: "/v1/crates/:id", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.delete},
		{Method: http.MethodPost, Path: "/v1/crates/:id/items", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.add},
		{Method: http.MethodDelete, Path: "/v1/crates/:id/items", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.remove},
		{Method: http.MethodPatch, Path: "/v1/crates/:id/items/:item", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.changeItem},
		{Method: http.MethodGet, Path: "/v1/shared-crates/:token", Who: Anyone, Handle: h.shared},
		{Method: http.MethodGet, Path: "/v1/likes", Who: SignedIn, Scope: auth.ScopeRead, Handle: h.liked},
		{Method: http.MethodPost, Path: "/v1/likes", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.like},
		{Method: http.MethodDelete, Path: "/v1/likes", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.unlike},
	}
}

// crateRef reads an id or the word for the caller's first crate.
func crateRef(c *gin.Context) (string, error) {
	if c.Param("id") == crate.LikedRef {
		return crate.LikedRef, nil
	}
	return idOf(c, "id", "crate")
}

func (h Crates) list(c *gin.Context) error {
	out, err := h.Service.List(c.Request.Context(), caller(c))
	return answer(c, http.StatusOK, out, err)
}

func (h Crates) create(c *gin.Context) error {
	in, err := httpx.Decode[api.CrateChange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Create(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusCreated, out, err)
}

// page reads the cursor and answers the part of a crate that read gives.
func (h Crates) page(c *gin.Context, read func(after int64, limit int) (api.CratePage, int64, error)) error {
	page, err := pageOf(c, 100, 500)
	if err != nil {
		return err
	}
	var after int64
	if page.Cursor != "" {
		if err := decodeCursor(page.Cursor, &after); err != nil {
			return err
		}
	}
	out, next, err := read(after, page.Limit)
	if err != nil {
		return err
	}
	out.NextCursor, err = cursorOf(next)
	c.Header("ETag", out.Card.ETag)
	return answer(c, http.StatusOK, out, err)
}

func (h Crates) read(c *gin.Context) error {
	ref, err := crateRef(c)
	if err != nil {
		return err
	}
	return h.page(c, func(after int64, limit int) (api.CratePage, int64, error) {
		return h.Service.Page(c.Request.Context(), caller(c), ref, after, limit)
	})
}

func (h Crates) shared(c *gin.Context) error {
	token := c.Param("token")
	if len(token) < 20 || len(token) > 60 {
		return errs.NotFound("crate")
	}
	return h.page(c, func(after int64, limit int) (api.CratePage, int64, error) {
		return h.Service.Shared(c.Request.Context(), token, after, limit)
	})
}

func (h Crates) change(c *gin.Context) error {
	ref, err := crateRef(c)
	if err != nil {
		return err
	}
	etag, err := httpx.IfMatch(c)
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.CrateChange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Change(c.Request.Context(), caller(c), ref, etag, in)
	return answer(c, http.StatusOK, out, err)
}

func (h Crates) delete(c *gin.Context) error {
	id, err := idOf(c, "id", "crate")
	if err != nil {
		return err
	}
	return done(c, h.Service.Delete(c.Request.Context(), caller(c), id))
}

func (h Crates) things(c *gin.Context, ref string, do func(ref string, in api.Things) (api.ThingsChanged, error)) error {
	in, err := httpx.Decode[api.Things](c)
	if err != nil {
		return err
	}
	out, err := do(ref, in)
	return answer(c, http.StatusOK, out, err)
}

func (h Crates) put(c *gin.Context, ref string) error {
	return h.things(c, ref, func(ref string, in api.Things) (api.ThingsChanged, error) {
		return h.Service.Add(c.Request.Context(), caller(c), ref, in)
	})
}

func (h Crates) take(c *gin.Context, ref string) error {
	return h.things(c, ref, func(ref string, in api.Things) (api.ThingsChanged, error) {
		return h.Service.Remove(c.Request.Context(), caller(c), ref, in)
	})
}

func (h Crates) add(c *gin.Context) error {
	ref, err := crateRef(c)
	if err != nil {
		return err
	}
	return h.put(c, ref)
}

func (h Crates) remove(c *gin.Context) error {
	ref, err := crateRef(c)
	if err != nil {
		return err
	}
	return h.take(c, ref)
}

func (h Crates) changeItem(c *gin.Context) error {
	ref, err := crateRef(c)
	if err != nil {
		return err
	}
	item, err := idOf(c, "item", "item")
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.CrateItemChange](c)
	if err != nil {
		return err
	}
	out, err := h.Service.ChangeItem(c.Request.Context(), caller(c), ref, item, in)
	return answer(c, http.StatusOK, out, err)
}

func (h Crates) liked(c *gin.Context) error {
	var in api.Things
	for name, into := range map[string]*[]string{"sound_ids": &in.SoundIDs, "pack_ids": &in.PackIDs} {
		ids := strings.FieldsFunc(c.Query(name), func(r rune) bool { return r == ',' })
		for _, id := range ids {
			if !tx.ValidID(id) {
				return errs.Invalid(errs.Field{Name: name, Reason: "malformed", Detail: "One of these is no id."})
			}
		}
		*into = ids
	}
	out, err := h.Service.Marked(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusOK, out, err)
}

func (h Crates) like(c *gin.Context) error { return h.put(c, crate.LikedRef) }

func (h Crates) unlike(c *gin.Context) error { return h.take(c, crate.LikedRef) }
