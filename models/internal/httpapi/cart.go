package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/cart"
)

// Cart is the caller's cart: the account's, or the visitor's before sign-in.
type Cart struct{ Service *cart.Service }

// Routes of the cart.
func (h Cart) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/cart", Who: Person, Handle: h.get},
		{Method: http.MethodGet, Path: "/v1/cart/count", Who: Person, Handle: h.count},
		{Method: http.MethodDelete, Path: "/v1/cart", Who: Person, Handle: h.empty},
		{Method: http.MethodPost, Path: "/v1/cart/lines", Who: Person, Handle: h.add},
		{Method: http.MethodPatch, Path: "/v1/cart/lines/:id", Who: Person, Handle: h.change},
		{Method: http.MethodDelete, Path: "/v1/cart/lines/:id", Who: Person, Handle: h.remove},
		{Method: http.MethodPost, Path: "/v1/cart/coupon", Who: Person, Handle: h.redeem},
		{Method: http.MethodDelete, Path: "/v1/cart/coupon", Who: Person, Handle: h.dropCoupon},
		{Method: http.MethodPost, Path: "/v1/cart/accept-prices", Who: Person, Handle: h.accept},
		{Method: http.MethodGet, Path: "/v1/packs/:id/offer", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.offer(api.ItemPack)},
		{Method: http.MethodGet, Path: "/v1/sounds/:id/offer", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.offer(api.ItemSound)},
	}
}

func cartOwner(c *gin.Context) cart.Owner { return cart.OwnerOf(auth.From(c.Request.Context())) }

func (h Cart) get(c *gin.Context) error {
	got, err := h.Service.Get(c.Request.Context(), cartOwner(c))
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) count(c *gin.Context) error {
	got, err := h.Service.Count(c.Request.Context(), cartOwner(c))
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) empty(c *gin.Context) error {
	got, err := h.Service.Empty(c.Request.Context(), cartOwner(c))
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) add(c *gin.Context) error {
	in, err := httpx.Decode[api.AddToCart](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Add(c.Request.Context(), auth.From(c.Request.Context()), in.Items)
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) change(c *gin.Context) error {
	in, err := httpx.Decode[api.ChangeCartLine](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Change(c.Request.Context(), cartOwner(c), c.Param("id"), in)
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) remove(c *gin.Context) error {
	got, err := h.Service.Remove(c.Request.Context(), cartOwner(c), c.Param("id"))
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) redeem(c *gin.Context) error {
	in, err := httpx.Decode[api.RedeemCoupon](c)
	if err != nil {
		return err
	}
	got, err := h.Service.Redeem(c.Request.Context(), cartOwner(c), in.Code)
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) dropCoupon(c *gin.Context) error {
	got, err := h.Service.DropCoupon(c.Request.Context(), cartOwner(c))
	return answer(c, http.StatusOK, got, err)
}

func (h Cart) accept(c *gin.Context) error {
	got, err := h.Service.AcceptPrices(c.Request.Context(), cartOwner(c))
	return answer(c, http.StatusOK, got, err)
}

// offer is what a thing costs the caller.
func (h Cart) offer(kind api.ItemKind) func(*gin.Context) error {
	return func(c *gin.Context) error {
		id, err := idOf(c, "id", string(kind))
		if err != nil {
			return err
		}
		got, err := h.Service.Offer(c.Request.Context(), accountOf(c), kind, id)
		return answer(c, http.StatusOK, got, err)
	}
}
