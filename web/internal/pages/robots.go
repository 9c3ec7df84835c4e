package pages

import (
	"encoding/xml"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

const maxSitemap = 50_000 // addresses in one file, as the protocol says

func (p *Pages) robots() {
	p.get("/robots.txt", p.showRobots)
	p.get("/sitemap.xml", p.showSitemap)
}

func (p *Pages) showRobots(c *gin.Context) error {
	c.Header("Cache-Control", "public, max-age=3600")
	c.String(http.StatusOK, "User-agent: *\nDisallow: /api/\nDisallow: /cart\nDisallow: /settings\nDisallow: /studio\nDisallow: /admin\nDisallow: /library\nDisallow: /orders\nDisallow: /saved\nDisallow: /search?\n\nSitemap: %s/sitemap.xml\n", p.PublicURL)
	return nil
}

type urlset struct {
	XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []siteURL `xml:"url"`
}

type siteURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// showSitemap lists the pages that do not change by themselves and every live listing.
func (p *Pages) showSitemap(c *gin.Context) error {
	var set urlset
	for _, path := range []string{"/", "/search", "/free", "/licences", "/help", "/terms", "/privacy", "/developers"} {
		set.URLs = append(set.URLs, siteURL{Loc: p.PublicURL + path})
	}
	for next := ""; ; {
		got, err := p.ask(c).Sitemap(p.context(c), next)
		if err != nil {
			return err
		}
		for _, e := range got.Entries {
			if len(set.URLs) == maxSitemap {
				break
			}
			set.URLs = append(set.URLs, siteURL{Loc: p.PublicURL + e.Path, LastMod: e.UpdatedAt.UTC().Format(time.DateOnly)})
		}
		if next = got.Page.Next; next == "" || len(set.URLs) == maxSitemap {
			break
		}
	}
	c.Header("Cache-Control", "public, max-age=3600")
	c.XML(http.StatusOK, set)
	return nil
}
