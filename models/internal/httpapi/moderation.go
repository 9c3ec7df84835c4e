package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/moderation"
)

// Moderation is what admins do to accounts and packs, and how others answer and report.
type Moderation struct{ Service *moderation.Service }

// Routes implements Resource.
func (h Moderation) Routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/v1/admin/accounts/:id", Who: Admin, Handle: h.account},
		{Method: http.MethodPost, Path: "/v1/admin/accounts/:id/disable", Who: Admin, Handle: h.disable},
		{Method: http.MethodPost, Path: "/v1/admin/accounts/:id/enable", Who: Admin, Handle: h.enable},
		{Method: http.MethodGet, Path: "/v1/admin/packs", Who: Admin, Handle: h.packs},
		{Method: http.MethodPost, Path: "/v1/packs/:id/take-down", Who: Admin, Handle: h.takeDown},
		{Method: http.MethodPost, Path: "/v1/packs/:id/reinstate", Who: Admin, Handle: h.reinstate},
		{Method: http.MethodPost, Path: "/v1/packs/:id/appeal", Who: SignedIn, Scope: auth.ScopeStudio, Live: true, Handle: h.appeal},
		{Method: http.MethodGet, Path: "/v1/packs/:id/appeals", Who: SignedIn, Scope: auth.ScopeStudio, Handle: h.packAppeals},
		{Method: http.MethodGet, Path: "/v1/admin/appeals", Who: Admin, Handle: h.appeals},
		{Method: http.MethodPost, Path: "/v1/admin/appeals/:id/resolve", Who: Admin, Handle: h.resolveAppeal},
		{Method: http.MethodPost, Path: "/v1/reports", Who: Anyone, Live: true, Handle: h.report},
		{Method: http.MethodGet, Path: "/v1/admin/reports", Who: Admin, Handle: h.reports},
		{Method: http.MethodPost, Path: "/v1/admin/reports/:id/resolve", Who: Admin, Handle: h.resolveReport},
		{Method: http.MethodGet, Path: "/v1/admin/audit", Who: Admin, Handle: h.audit},
		{Method: http.MethodPost, Path: "/v1/admin/audit", Who: Admin, Idempotent: KeyInTx, Handle: h.noteIndexAct},
	}
}

func (h Moderation) account(c *gin.Context) error {
	id, err := idOf(c, "id", "account")
	if err != nil {
		return err
	}
	out, err := h.Service.Account(c.Request.Context(), id)
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) disable(c *gin.Context) error {
	id, err := idOf(c, "id", "account")
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.Disable](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.Disable(c.Request.Context(), caller(c), id, in.Reason))
}

func (h Moderation) enable(c *gin.Context) error {
	id, err := idOf(c, "id", "account")
	if err != nil {
		return err
	}
	in, err := optional[api.Enable](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.Enable(c.Request.Context(), id, in))
}

// optional decodes a body that may be left out.
func optional[T any](c *gin.Context) (T, error) {
	if c.Request.ContentLength == 0 {
		var none T
		return none, nil
	}
	return httpx.Decode[T](c)
}

func (h Moderation) packs(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.AdminPacks(c.Request.Context(), api.AdminPackQuery{
		Text: c.Query("q"), State: api.PackState(c.Query("state")), Producer: c.Query("producer"), Cursor: page.Cursor, Limit: page.Limit,
	})
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) takeDown(c *gin.Context) error {
	return with(c, "pack", func(id string, in api.TakeDown) (api.StudioPack, error) {
		return h.Service.TakeDown(c.Request.Context(), caller(c), id, in)
	})
}

func (h Moderation) reinstate(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	in, err := optional[api.Reinstate](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Reinstate(c.Request.Context(), caller(c), id, in)
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) appeal(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	in, err := httpx.Decode[api.NewAppeal](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Appeal(c.Request.Context(), caller(c), id, in)
	return answer(c, http.StatusCreated, out, err)
}

func (h Moderation) packAppeals(c *gin.Context) error {
	id, err := idOf(c, "id", "pack")
	if err != nil {
		return err
	}
	out, err := h.Service.PackAppeals(c.Request.Context(), caller(c), id)
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) appeals(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.AdminAppeals(c.Request.Context(), api.AppealQuery{State: api.AppealState(c.Query("state")), Cursor: page.Cursor, Limit: page.Limit})
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) resolveAppeal(c *gin.Context) error {
	return with(c, "appeal", func(id string, in api.ResolveAppeal) (api.AdminAppeal, error) {
		return h.Service.ResolveAppeal(c.Request.Context(), caller(c), id, in)
	})
}

func (h Moderation) report(c *gin.Context) error {
	in, err := httpx.Decode[api.NewReport](c)
	if err != nil {
		return err
	}
	out, err := h.Service.Report(c.Request.Context(), caller(c), in)
	return answer(c, http.StatusCreated, out, err)
}

func (h Moderation) reports(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.AdminReports(c.Request.Context(), api.ReportQuery{State: api.ReportState(c.Query("state")), Cursor: page.Cursor, Limit: page.Limit})
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) resolveReport(c *gin.Context) error {
	return with(c, "report", func(id string, in api.ResolveReport) (api.AdminReport, error) {
		return h.Service.ResolveReport(c.Request.Context(), caller(c), id, in)
	})
}

func (h Moderation) audit(c *gin.Context) error {
	page, err := pageOf(c, 50, 200)
	if err != nil {
		return err
	}
	out, err := h.Service.Audit(c.Request.Context(), api.AuditQuery{
		Actor: c.Query("actor"), Subject: c.Query("subject"), Action: c.Query("action"), Cursor: page.Cursor, Limit: page.Limit,
	})
	return answer(c, http.StatusOK, out, err)
}

func (h Moderation) noteIndexAct(c *gin.Context) error {
	in, err := httpx.Decode[api.IndexAct](c)
	if err != nil {
		return err
	}
	return done(c, h.Service.NoteIndexAct(c.Request.Context(), in))
}
