package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/paper"
)

// Papers are receipts, invoices and credit notes.
type Papers struct{ Service *paper.Service }

// Routes of papers.
func (h Papers) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/orders/:id/papers", Who: SignedIn, Scope: auth.ScopeLibrary, Live: true, Handle: h.ofOrder},
		{Method: http.MethodGet, Path: "/v1/papers/:id", Who: SignedIn, Scope: auth.ScopeLibrary, Live: true, Handle: h.get},
	}
}

func (h Papers) ofOrder(c *gin.Context) error {
	who := auth.From(c.Request.Context())
	got, err := h.Service.OfOrder(c.Request.Context(), who.AccountID, who.Admin, c.Param("id"))
	return answer(c, http.StatusOK, got, err)
}

func (h Papers) get(c *gin.Context) error {
	who := auth.From(c.Request.Context())
	got, err := h.Service.Paper(c.Request.Context(), who.AccountID, who.Admin, c.Param("id"))
	return answer(c, http.StatusOK, got, err)
}
