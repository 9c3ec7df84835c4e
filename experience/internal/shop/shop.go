// Package shop answers cart, orders, library and downloads, and hands Stripe's webhooks down.
package shop

import (
	"github.com/gin-gonic/gin"

	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
)

// Shop is the part of the API about buying and owning.
type Shop struct{ *screen.Services }

// New makes the part.
func New(s *screen.Services) *Shop { return &Shop{s} }

// Mount adds the routes to /api/v1.
func (s *Shop) Mount(r gin.IRouter) {
	r.GET("/cart", httpx.Handle(s.cart))
	r.POST("/cart/lines", httpx.Handle(s.addToCart))
	r.PATCH("/cart/lines/:id", httpx.Handle(s.changeCartLine))
	r.POST("/cart/coupon", httpx.Handle(s.redeemCoupon))
	r.DELETE("/cart/coupon", httpx.Handle(s.dropCoupon))
	r.DELETE("/cart/lines/:id", httpx.Handle(s.removeFromCart))
	r.DELETE("/cart", httpx.Handle(s.emptyCart))
	r.POST("/cart/accept-prices", httpx.Handle(s.acceptPrices))
	r.POST("/orders", httpx.Handle(s.checkout))
	r.GET("/orders", httpx.Handle(s.orders))
	r.GET("/orders/:id", httpx.Handle(s.order))
	r.POST("/orders/:id/checkout", httpx.Handle(s.pay))
	r.POST("/orders/:id/cancel", httpx.Handle(s.cancel))
	r.POST("/orders/:id/lines/:line/refund-request", httpx.Handle(s.askRefund))
	r.DELETE("/orders/:id/lines/:line/refund-request", httpx.Handle(s.withdrawRefund))
	r.GET("/library", httpx.Handle(s.library))
	r.GET("/library/credits.csv", httpx.Handle(s.creditsCSV))
	r.GET("/library/credits.txt", httpx.Handle(s.creditsText))
	r.GET("/library/packs/:id", httpx.Handle(s.libraryPack))
	r.GET("/library/:id/licence", httpx.Handle(s.licence))
	r.GET("/library/:id/licence.pdf", httpx.Handle(s.licencePDF))
	r.GET("/library/:id/certificate", httpx.Handle(s.certificate))
	r.GET("/library/:id/certificate.json", httpx.Handle(s.certificateFile))
	r.GET("/library/:id/certificate.pdf", httpx.Handle(s.certificatePDF))
	r.PUT("/library/:id/certificate/name", httpx.Handle(s.showCertificateName))
	r.GET("/certificates/:id", httpx.Handle(s.checkCertificate))
	r.POST("/certificates/check", httpx.Handle(s.checkCertificateDocument))
	r.GET("/licence-keys", httpx.Handle(s.licenceKeys))
	r.GET("/papers/:id/pdf", httpx.Handle(s.paperPDF))
	r.POST("/downloads", httpx.Handle(s.download))
}

// MountWebhooks adds /webhooks/stripe.
func (s *Shop) MountWebhooks(r gin.IRouter) {
	r.POST("/webhooks/stripe", httpx.Handle(s.webhook))
}
