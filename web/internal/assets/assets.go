// Package assets finds and serves the built styles, scripts and fonts under names that change with their content.
// It leaves building them to ui/build.mjs.
package assets

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Prefix is where assets live on the site.
const Prefix = "/assets/"

// ErrNotBuilt says that the files were never built.
var ErrNotBuilt = errors.New("web/ui is not built: run `npm ci && npm run build` in web/ui")

// Assets is one build.
type Assets struct {
	dist  fs.FS
	names map[string]string // app.css → app-4F2K.css
}

// Load reads the manifest of a build.
func Load(dist fs.FS) (*Assets, error) {
	raw, err := fs.ReadFile(dist, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	a := &Assets{dist: dist, names: map[string]string{}}
	if err := json.Unmarshal(raw, &a.names); err != nil {
		return nil, fmt.Errorf("parse manifest: %w", err)
	}
	for logical, name := range a.names {
		if _, err := fs.Stat(dist, name); err != nil {
			return nil, fmt.Errorf("asset %s of the manifest: %w", logical, err)
		}
	}
	return a, nil
}

// URL is the address of an asset by its logical name.
func (a *Assets) URL(logical string) (string, error) {
	name, ok := a.names[logical]
	if !ok {
		return "", fmt.Errorf("no asset %q in the manifest", logical)
	}
	return Prefix + name, nil
}

// Preloads are the addresses of what app.js imports at once.
func (a *Assets) Preloads() []string {
	var out []string
	for i := 1; ; i++ {
		name, ok := a.names[fmt.Sprintf("app-%d.js", i)]
		if !ok {
			return out
		}
		out = append(out, Prefix+name)
	}
}

// ServeHTTP serves what lies under Prefix, for ever, in the smallest form the browser takes.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), Prefix)
	if name == "manifest.json" || strings.HasPrefix(path.Base(name), ".") || !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	if info, err := fs.Stat(a.dist, name); err != nil || info.IsDir() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		h.Set("Content-Type", kind)
	}
	for _, form := range []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(r, form.coding) {
			continue
		}
		if _, err := fs.Stat(a.dist, name+form.suffix); err == nil {
			h.Set("Content-Encoding", form.coding)
			http.ServeFileFS(w, r, a.dist, name+form.suffix)
			return
		}
	}
	http.ServeFileFS(w, r, a.dist, name)
}

func accepts(r *http.Request, coding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}
