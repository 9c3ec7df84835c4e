// Package storefront answers the pages on which people find and hear: home, search, packs, sounds, producers, genres.
package storefront

import (
	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
)

// Storefront is the part of the API that anybody may read.
type Storefront struct {
	*screen.Services
	packs *packPages
	front screen.Kept[*api.Home]
}

// New makes the part.
func New(s *screen.Services) *Storefront {
	return &Storefront{Services: s, packs: newPackPages()}
}

// Mount adds the routes to /api/v1.
func (s *Storefront) Mount(r gin.IRouter) {
	r.GET("/me", httpx.Handle(s.me))
	r.GET("/home", httpx.Handle(s.home))
	r.GET("/search", httpx.Handle(s.search))
	r.GET("/suggest", httpx.Handle(s.suggest))
	r.GET("/packs/:slug", httpx.Handle(s.pack))
	r.GET("/packs/:slug/gone", httpx.Handle(s.gone))
	r.GET("/sounds/:id", httpx.Handle(s.sound))
	r.GET("/producers/:handle", httpx.Handle(s.producer))
	r.PUT("/producers/:handle/follow", httpx.Handle(s.follow))
	r.DELETE("/producers/:handle/follow", httpx.Handle(s.unfollow))
	r.GET("/genres/:slug", httpx.Handle(s.genre))
	r.GET("/tags/:slug", httpx.Handle(s.tag))
	r.GET("/free", httpx.Handle(s.free))
	r.GET("/sitemap", httpx.Handle(s.sitemap))
	r.POST("/interactions", httpx.Handle(s.interactions))
	s.mountSaved(r)
}

// MountMedia adds what pages embed: covers and previews.
func (s *Storefront) MountMedia(r gin.IRouter) {
	r.GET("/covers/:sha/:file", httpx.Handle(s.cover))
	r.HEAD("/covers/:sha/:file", httpx.Handle(s.cover))
	r.GET("/previews/:id", httpx.Handle(s.preview))
	r.HEAD("/previews/:id", httpx.Handle(s.preview))
}
