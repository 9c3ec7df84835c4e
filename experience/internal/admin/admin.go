// Package admin answers the operator's side. models says of every call whether the caller is an admin, by their session
// looked up live; what the indexer alone does is noted in the audit log first, which asks the same.
package admin

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/internal/coupon"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
)

// Admin is the part of the API for operators, with what everybody may tell them.
type Admin struct{ *screen.Services }

// New makes the part.
func New(s *screen.Services) *Admin { return &Admin{s} }

// Mount adds the routes to /api/v1.
func (s *Admin) Mount(r gin.IRouter) {
	r.POST("/reports", httpx.Handle(s.report))
	r.POST("/studio/packs/:id/appeal", httpx.Handle(s.appeal))

	r.GET("/admin/needs", httpx.Handle(s.needs))
	r.GET("/admin/accounts", httpx.Handle(s.accounts))
	r.GET("/admin/accounts/:id", httpx.Handle(s.account))
	r.POST("/admin/accounts/:id/disable", httpx.Handle(s.disable))
	r.POST("/admin/accounts/:id/enable", httpx.Handle(s.enable))
	r.GET("/admin/packs", httpx.Handle(s.packs))
	r.GET("/admin/packs/:id/trace", httpx.Handle(s.trace))
	r.POST("/admin/packs/:id/take-down", httpx.Handle(s.takeDown))
	r.POST("/admin/packs/:id/reinstate", httpx.Handle(s.reinstate))
	r.GET("/admin/reports", httpx.Handle(s.reports))
	r.POST("/admin/reports/:id/resolve", httpx.Handle(s.resolveReport))
	r.GET("/admin/appeals", httpx.Handle(s.appeals))
	r.POST("/admin/appeals/:id/resolve", httpx.Handle(s.resolveAppeal))
	r.GET("/admin/audit", httpx.Handle(s.audit))

	r.GET("/admin/orders", httpx.Handle(s.orders))
	r.GET("/admin/orders/:id", httpx.Handle(s.order))
	r.POST("/admin/orders/:id/check", httpx.Handle(s.checkOrder))
	r.POST("/admin/orders/:id/attended", httpx.Handle(s.attendOrder))
	coupon.Desk{
		Services: s.Services, Created: http.StatusOK, List: s.Models.AllCoupons, Create: s.Models.CreatePlatformCoupon, Change: s.Models.ChangeAnyCoupon,
	}.Mount(r, "/admin/coupons")
	r.POST("/admin/orders/:id/refund", httpx.Handle(s.refundOrder))
	r.POST("/admin/orders/:id/refunds/:refund/again", httpx.Handle(s.refundAgain))
	r.POST("/admin/orders/:id/refunds/:refund/assign", httpx.Handle(s.assignRefund))
	r.POST("/admin/orders/:id/lines/:line/decline", httpx.Handle(s.declineRefund))
	r.GET("/admin/money", httpx.Handle(s.money))
	r.POST("/admin/money/check", httpx.Handle(s.checkMoney))
	r.POST("/admin/money/commission", httpx.Handle(s.setCommission))
	r.POST("/admin/money/hold", httpx.Handle(s.setHold))
	r.GET("/admin/outbox", httpx.Handle(s.outbox))
	r.GET("/admin/lag", httpx.Handle(s.lag))
	r.GET("/admin/dead", httpx.Handle(s.dead))
	r.POST("/admin/dead/redrive", httpx.Handle(s.redrive))
	r.POST("/admin/dead/dismiss", httpx.Handle(s.dismiss))
	r.GET("/admin/jobs", httpx.Handle(s.jobs))
	r.POST("/admin/jobs/:id/retry", httpx.Handle(s.retryJob))
	r.POST("/admin/jobs/:id/cancel", httpx.Handle(s.cancelJob))
	r.GET("/admin/reprocess", httpx.Handle(s.reprocessing))
	r.POST("/admin/reprocess", httpx.Handle(s.reprocess))
	r.POST("/admin/files/:id/dismiss", httpx.Handle(s.dismissFile))
	r.GET("/admin/objects", httpx.Handle(s.objects))
	r.POST("/admin/objects/sweep", httpx.Handle(s.sweep))
	r.POST("/admin/republish", httpx.Handle(s.republish))
	r.GET("/admin/recommendations", httpx.Handle(s.recommendations))
	r.GET("/admin/reindex", httpx.Handle(s.reindex))
	r.POST("/admin/reindex", httpx.Handle(s.startReindex))
	r.DELETE("/admin/reindex", httpx.Handle(s.cancelReindex))
	r.POST("/admin/reindex/verify", httpx.Handle(s.verifyIndex))
	r.POST("/admin/reindex/rollback", httpx.Handle(s.rollback))
}

const pageSize = 50

// yes reads a flag of a query.
func yes(c *gin.Context, name string) bool {
	on, err := strconv.ParseBool(c.Query(name))
	return err == nil && on
}

func list[T, U any](in []T, one func(T) U) []U {
	out := make([]U, len(in))
	for i, v := range in {
		out[i] = one(v)
	}
	return out
}
