package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// Catalogue is what buyers read: pages, lists and counts of what is on sale.
type Catalogue struct {
	Reader  catalog.Reader
	Library Owners
}

// Owners knows what accounts own.
type Owners interface {
	Owned(ctx context.Context, accountID string, q api.OwnedQuery) (api.Owned, error)
}

// Routes implements Resource.
func (h Catalogue) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/packs", Who: Anyone, Handle: h.packs},
		{Method: http.MethodGet, Path: "/v1/packs/batch", Who: Anyone, Handle: h.packsByID},
		{Method: http.MethodGet, Path: "/v1/packs/:id", Who: Anyone, Handle: h.pack},
		{Method: http.MethodGet, Path: "/v1/packs/:id/gone", Who: Anyone, Handle: h.gone},
		{Method: http.MethodGet, Path: "/v1/sounds", Who: Anyone, Handle: h.sounds},
		{Method: http.MethodGet, Path: "/v1/sounds/batch", Who: Anyone, Handle: h.soundsByID},
		{Method: http.MethodGet, Path: "/v1/sounds/:id", Who: Anyone, Handle: h.sound},
		{Method: http.MethodGet, Path: "/v1/sounds/:id/preview", Who: Anyone, Handle: h.preview},
		{Method: http.MethodGet, Path: "/v1/genres", Who: Anyone, Handle: h.genres},
		{Method: http.MethodGet, Path: "/v1/tags", Who: Anyone, Handle: h.tags},
		{Method: http.MethodGet, Path: "/v1/catalogue/counts", Who: Anyone, Handle: h.counts},
		{Method: http.MethodGet, Path: "/v1/catalogue/producers", Who: Anyone, Handle: h.producers},
	}
}

// maxBatch is how many things one call may name.
const maxBatch = 200

// idList reads ?name=a,b,c. Malformed ids are an error.
func idList(c *gin.Context, name string) ([]string, error) {
	ids := strings.FieldsFunc(c.Query(name), func(r rune) bool { return r == ',' })
	return ids, checkIDs(name, ids)
}

func checkIDs(name string, ids []string) error {
	if len(ids) == 0 || len(ids) > maxBatch {
		return errs.Invalid(errs.Field{Name: name, Reason: "count", Detail: "Name 1 to 200 ids."})
	}
	if slices.ContainsFunc(ids, func(id string) bool { return !tx.ValidID(id) }) {
		return errs.Invalid(errs.Field{Name: name, Reason: "malformed", Detail: "One of these is no id."})
	}
	return nil
}

// short refuses query values that cannot mean anything.
func short(c *gin.Context, names ...string) error {
	for _, n := range names {
		if v := c.Query(n); len(v) > 200 || strings.ContainsRune(v, 0) {
			return errs.Invalid(errs.Field{Name: n, Reason: "too_long", Detail: "At most 200 bytes."})
		}
	}
	return nil
}

func oneOf(c *gin.Context, name string, values ...string) (string, error) {
	v := c.Query(name)
	if v != "" && !slices.Contains(values, v) {
		return "", errs.Invalid(errs.Field{Name: name, Reason: "unknown_value", Detail: "One of: " + strings.Join(values, ", ") + "."})
	}
	return v, nil
}

func on(c *gin.Context, name string) bool { return c.Query(name) == "1" || c.Query(name) == "true" }

func (h Catalogue) packs(c *gin.Context) error {
	page, err := pageOf(c, 24, 100)
	if err != nil {
		return err
	}
	if err := short(c, "genre", "tag"); err != nil {
		return err
	}
	q := api.PackQuery{Genre: c.Query("genre"), Tag: c.Query("tag"), Producer: c.Query("producer"), Free: on(c, "free"), Limit: page.Limit + 1}
	if q.Sort, err = oneOf(c, "sort", "newest", "popular"); err != nil {
		return err
	}
	if q.Producer != "" && !tx.ValidID(q.Producer) {
		return errs.NotFound("producer")
	}
	if c.Query("among") != "" {
		if q.Among, err = idList(c, "among"); err != nil {
			return err
		}
	}
	after, err := placeOf(page, func(at *catalog.ListCursor) string { return at.ID })
	if err != nil {
		return err
	}
	cards, err := h.Reader.Packs(c.Request.Context(), q, after)
	if err != nil {
		return err
	}
	out := api.PackList{Packs: cards}
	if len(cards) > page.Limit {
		out.Packs = cards[:page.Limit]
		last := out.Packs[page.Limit-1]
		if out.NextCursor, err = cursorOf(catalog.ListCursor{At: last.PublishedAt, Score: last.Popularity, ID: last.ID}); err != nil {
			return err
		}
	}
	return answer(c, http.StatusOK, out, nil)
}

func (h Catalogue) packsByID(c *gin.Context) error {
	ids, err := idList(c, "ids")
	if err != nil {
		return err
	}
	cards, err := h.Reader.PacksByID(c.Request.Context(), ids)
	return answer(c, http.StatusOK, api.PackList{Packs: cards}, err)
}

// pack sends the page as it was rendered when it was published.
func (h Catalogue) pack(c *gin.Context) error {
	if len(c.Param("id")) > 100 {
		return errs.NotFound("pack")
	}
	page, err := h.Reader.Page(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	switch {
	case page.Moved != "":
		return answer(c, http.StatusOK, movedPack{Moved: page.Moved}, nil)
	case page.Gone != "":
		return errs.New(errs.CodeGone, page.Gone, "This pack is not offered any more.")
	}
	if !httpx.NotModified(c, httpx.ETagRevision(page.Revision)) {
		c.Header("Cache-Control", "no-cache")
		httpx.Encoded(c, page.Body)
	}
	return nil
}

// movedPack is a PackPage of which only the new address matters.
type movedPack struct {
	Moved string `json:"moved"`
}

func (h Catalogue) gone(c *gin.Context) error {
	if len(c.Param("id")) > 100 {
		return errs.NotFound("pack")
	}
	out, err := h.Reader.Gone(c.Request.Context(), c.Param("id"))
	return answer(c, http.StatusOK, out, err)
}

func (h Catalogue) sounds(c *gin.Context) error {
	page, err := pageOf(c, 24, 100)
	if err != nil {
		return err
	}
	if err := short(c, "genre", "tag"); err != nil {
		return err
	}
	q := api.SoundQuery{Genre: c.Query("genre"), Tag: c.Query("tag"), Producer: c.Query("producer"), Free: on(c, "free"), Limit: page.Limit}
	if q.Sort, err = oneOf(c, "sort", "newest", "popular"); err != nil {
		return err
	}
	if q.Producer != "" && !tx.ValidID(q.Producer) {
		return errs.NotFound("producer")
	}
	per, err := oneOf(c, "per_pack", "1", "2", "3", "4", "5")
	if err != nil {
		return err
	}
	if per != "" {
		q.PerPack = int(per[0] - '0')
	}
	after, err := placeOf(page, func(at *catalog.SoundCursor) string { return at.ID })
	if err != nil {
		return err
	}
	rows, next, err := h.Reader.Sounds(c.Request.Context(), q, after)
	if err != nil {
		return err
	}
	out := api.SoundList{Sounds: rows}
	out.NextCursor, err = cursorOf(next)
	return answer(c, http.StatusOK, out, err)
}

func (h Catalogue) soundsByID(c *gin.Context) error {
	ids, err := idList(c, "ids")
	if err != nil {
		return err
	}
	rows, err := h.Reader.SoundsByID(c.Request.Context(), ids)
	return answer(c, http.StatusOK, api.SoundList{Sounds: rows}, err)
}

func (h Catalogue) sound(c *gin.Context) error {
	id, err := idOf(c, "id", "sound")
	if err != nil {
		return err
	}
	out, err := h.Reader.Sound(c.Request.Context(), id)
	if err != nil {
		return err
	}
	if httpx.NotModified(c, httpx.ETagRevision(out.Pack.Revision)) {
		return nil
	}
	c.Header("Cache-Control", "no-cache")
	return httpx.Answer(c, http.StatusOK, out)
}

// preview tells everybody what to play of a pack on sale; of any other its producer, admins and who bought the sound.
func (h Catalogue) preview(c *gin.Context) error {
	id, err := idOf(c, "id", "sound")
	if err != nil {
		return err
	}
	p, err := h.Reader.Preview(c.Request.Context(), id)
	if err != nil {
		return err
	}
	who := caller(c)
	if p.Gone == "" || who.SignedIn() && (who.AccountID == p.ProducerID || who.Admin) {
		return answer(c, http.StatusOK, p.SoundPreview, nil)
	}
	if p.Gone == "draft" {
		return errs.NotFound("sound")
	}
	if who.SignedIn() && who.Can(auth.ScopeLibrary) {
		owned, err := h.Library.Owned(c.Request.Context(), who.AccountID, api.OwnedQuery{SoundIDs: []string{id}})
		if err != nil {
			return err
		}
		if len(owned.SoundIDs) > 0 {
			return answer(c, http.StatusOK, p.SoundPreview, nil)
		}
	}
	return errs.New(errs.CodeGone, p.Gone, "This sound is not offered any more.")
}

func (h Catalogue) genres(c *gin.Context) error {
	counts, err := h.Reader.GenreCounts(c.Request.Context())
	if err != nil {
		return err
	}
	out := api.Genres{Genres: make([]api.Genre, 0, len(catalog.Genres))}
	for _, g := range catalog.Genres {
		out.Genres = append(out.Genres, api.Genre{Slug: g.Slug, Name: g.Name, Packs: counts[g.Slug]})
	}
	return answer(c, http.StatusOK, out, nil)
}

func (h Catalogue) tags(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	tags, err := h.Reader.Tags(c.Request.Context(), page.Limit)
	return answer(c, http.StatusOK, api.Tags{Tags: tags}, err)
}

func (h Catalogue) counts(c *gin.Context) error {
	out, err := h.Reader.Totals(c.Request.Context())
	return answer(c, http.StatusOK, out, err)
}

func (h Catalogue) producers(c *gin.Context) error {
	ids, err := idList(c, "ids")
	if err != nil {
		return err
	}
	list, err := h.Reader.ProducerTotals(c.Request.Context(), ids)
	return answer(c, http.StatusOK, api.ProducerTotalsList{Producers: list}, err)
}
