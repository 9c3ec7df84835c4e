// Package edge is what stands between browsers and the pages: security headers, compression and the way through to
// the experience service. It knows nothing of pages.
package edge

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

// Policy says whom the site's documents may talk to.
type Policy struct {
	Storage  string   // origin of the storage as browsers see it
	Checkout []string // origins a form may lead to: the hosted payment pages
	HTTPS    bool
}

type nonceKey struct{}

// Nonce is the request's nonce for scripts and styles written into the document.
func Nonce(ctx context.Context) string {
	s, _ := ctx.Value(nonceKey{}).(string)
	return s
}

// Security sets the headers of every answer; what a proxied answer brings along wins.
func Security(p Policy, next http.Handler) http.Handler {
	storage := strings.TrimSpace(" " + p.Storage)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		h := w.Header()
		h.Set("Content-Security-Policy", strings.Join([]string{
			"default-src 'self'",
			"script-src 'self' 'nonce-" + nonce + "'",
			"style-src 'self' 'nonce-" + nonce + "'",
			"img-src 'self' data: blob: " + storage,
			"media-src 'self' blob: " + storage,
			"connect-src 'self' " + storage,
			"font-src 'self'",
			"object-src 'none'",
			"base-uri 'none'",
			"form-action 'self' " + strings.Join(p.Checkout, " "),
			"frame-ancestors 'none'",
		}, "; "))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if p.HTTPS {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
}
