package assets

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func TestWithoutABuildStartUpSaysWhatToRun(t *testing.T) {
	t.Parallel()
	if _, err := Load(fstest.MapFS{".keep": {}}); !errors.Is(err, ErrNotBuilt) {
		t.Fatalf("err = %v", err)
	}
	if _, err := Load(fstest.MapFS{"manifest.json": {Data: []byte(`{"app.css":"gone.css"}`)}}); err == nil {
		t.Fatal("a manifest that names a missing file was taken")
	}
}

func TestServesTheSmallestFormForEver(t *testing.T) {
	t.Parallel()
	a, err := Load(fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app.css":"app-1.css"}`)},
		"app-1.css":     {Data: []byte("plain")}, "app-1.css.gz": {Data: []byte("gz")}, "app-1.css.br": {Data: []byte("br")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{"": "plain", "gzip": "gz", "gzip, br": "br", "br;q=0, gzip": "gz"} {
		r := httptest.NewRequest(http.MethodGet, "/assets/app-1.css", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
			t.Errorf("%q: %d %q %v", accept, w.Code, w.Body, w.Header())
		}
	}
	for _, path := range []string{"/assets/manifest.json", "/assets/../assets.go", "/assets/.keep", "/assets/", "/assets/no.css"} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
