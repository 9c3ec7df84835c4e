package edge

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"crateful.dev/kit/httpx"
)

// everyName are paths that answer by whatever name the site is called: machines ask for them.
var everyName = []string{"/healthz", "/readyz", "/metrics"}

// OneName leads readers of pages to the site's own address when they came by another name: cookies and the storage's
// permission to upload belong to that one. What the experience service answers is left alone.
func OneName(public string, next http.Handler) http.Handler {
	site, err := url.Parse(public)
	if err != nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !elsewhere(site, r) {
			next.ServeHTTP(w, r)
			return
		}
		to := url.URL{Scheme: site.Scheme, Host: site.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		w.Header().Set("Cache-Control", "no-store") // the name may come to mean another site
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	})
}

func elsewhere(site *url.URL, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || IsProxied(r.URL.Path) || slices.Contains(everyName, r.URL.Path) {
		return false
	}
	asked := &url.URL{Scheme: site.Scheme, Host: r.Host}
	if strings.EqualFold(asked.Hostname(), site.Hostname()) && httpx.Port(asked) == httpx.Port(site) {
		return false
	}
	// On another computer our loopback address means that computer itself.
	return !loopback(site.Hostname()) || loopback(asked.Hostname())
}

func loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
