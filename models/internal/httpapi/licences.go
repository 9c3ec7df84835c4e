package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/licence"
)

// Licences are what was licensed and its proof.
type Licences struct{ Service *licence.Service }

// Routes of licences and certificates.
func (h Licences) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/library/items/:id/licence", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.licence},
		{Method: http.MethodGet, Path: "/v1/library/items/:id/certificate", Who: SignedIn, Scope: auth.ScopeLibrary, Handle: h.certificate},
		{Method: http.MethodPut, Path: "/v1/library/items/:id/certificate/name", Who: SignedIn, Handle: h.showName},
		{Method: http.MethodGet, Path: "/v1/certificates/:id", Who: Anyone, Scope: auth.ScopeRead, Handle: h.check},
		{Method: http.MethodPost, Path: "/v1/certificates/check", Who: Anyone, Scope: auth.ScopeRead, Handle: h.checkDocument},
		{Method: http.MethodGet, Path: "/v1/licence-keys", Who: Anyone, Scope: auth.ScopeRead, Handle: h.keys},
	}
}

func (h Licences) licence(c *gin.Context) error {
	got, err := h.Service.Licence(c.Request.Context(), accountOf(c), c.Param("id"))
	return answer(c, http.StatusOK, got, err)
}

func (h Licences) certificate(c *gin.Context) error {
	got, err := h.Service.Certificate(c.Request.Context(), accountOf(c), c.Param("id"), c.Query("edition_id"))
	return answer(c, http.StatusOK, got, err)
}

func (h Licences) showName(c *gin.Context) error {
	in, err := httpx.Decode[api.CertificateName](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.ShowName(c.Request.Context(), accountOf(c), c.Param("id"), in.Show))
}

func (h Licences) check(c *gin.Context) error {
	got, err := h.Service.Check(c.Request.Context(), c.Param("id"))
	return answer(c, http.StatusOK, got, err)
}

func (h Licences) checkDocument(c *gin.Context) error {
	in, err := httpx.Decode[api.CertificateDocument](c)
	if err != nil {
		return err
	}
	got, err := h.Service.CheckDocument(c.Request.Context(), []byte(in.Document))
	return answer(c, http.StatusOK, got, err)
}

func (h Licences) keys(c *gin.Context) error {
	set, err := h.Service.Keys(c.Request.Context())
	out := api.LicenceKeys{Issuer: set.Issuer, Keys: []api.LicenceKey{}}
	for _, k := range set.Keys {
		out.Keys = append(out.Keys, api.LicenceKey(k))
	}
	return answer(c, http.StatusOK, out, err)
}
