package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/tx"
)

// Viewer answers what screens want to know about who looks at them, all at once: a page of many rows costs one call.
type Viewer struct{ Store ViewerStore }

// ViewerStore reads it in one round trip to the database. An owner without a cart has an empty one.
type ViewerStore interface {
	Viewer(ctx context.Context, accountID string, q api.ViewerQuery) (api.Viewer, error)
	Revision(ctx context.Context, packID string) (int64, error)
	Count(ctx context.Context, owner cart.Owner) (api.CartCount, error)
}

// Routes implements Resource.
func (h Viewer) Routes() []Route {
	return []Route{{Method: http.MethodPost, Path: "/v1/viewer", Who: Anyone, Handle: h.viewer}}
}

func (h Viewer) viewer(c *gin.Context) error {
	q, err := httpx.Decode[api.ViewerQuery](c)
	if err != nil {
		return err
	}
	if err := checkViewer(q); err != nil {
		return err
	}
	out, err := h.read(c.Request.Context(), caller(c), q)
	return answer(c, http.StatusOK, out, err)
}

func checkViewer(q api.ViewerQuery) error {
	things := slices.Concat(q.SoundIDs, q.PackIDs)
	if len(things) > api.MaxViewerThings {
		return errs.Invalid(errs.Field{Name: "sound_ids", Reason: "too_many", Detail: fmt.Sprintf("Name at most %d things.", api.MaxViewerThings)})
	}
	for _, id := range []string{q.ProducerID, q.PackID, q.SoundID} {
		if id != "" {
			things = append(things, id)
		}
	}
	if slices.ContainsFunc(things, func(id string) bool { return !tx.ValidID(id) }) {
		return errs.Invalid(errs.Field{Name: "sound_ids", Reason: "malformed", Detail: "One of these is no id."})
	}
	return nil
}

func (h Viewer) read(ctx context.Context, who auth.Caller, q api.ViewerQuery) (out api.Viewer, err error) {
	if who.SignedIn() {
		if out, err = h.Store.Viewer(ctx, who.AccountID, q); err != nil {
			return out, err
		}
		if who.TokenID != "" {
			out.Cart = api.CartCount{Items: []api.Item{}}
		}
		if !who.Can(auth.ScopeRead) {
			out.Account, out.Liked, out.Following = nil, api.LikedThings{SoundIDs: []string{}, PackIDs: []string{}}, false
			out.Muted = api.MutedThings{}
		}
		if !who.Can(auth.ScopeLibrary) {
			out.Owned = api.Owned{SoundIDs: []string{}, PackIDs: []string{}}
			out.PackSounds, out.PackTier, out.SoundTier = 0, "", ""
		}
		return out, nil
	}
	out = api.Viewer{
		Cart: api.CartCount{Items: []api.Item{}}, Owned: api.Owned{SoundIDs: []string{}, PackIDs: []string{}},
		Liked: api.LikedThings{SoundIDs: []string{}, PackIDs: []string{}},
	}
	if who.Known() {
		if out.Cart, err = h.Store.Count(ctx, cart.OwnerOf(who)); err != nil {
			return out, err
		}
	}
	if q.PackID != "" {
		out.PackRevision, err = h.Store.Revision(ctx, q.PackID)
	}
	return out, err
}
