package experience_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	models "crateful.dev/models/api"
)

// benchmarkPack asks for a pack page of 100 sounds through the whole handler; what is behind answers over real HTTP.
func benchmarkPack(b *testing.B, prepare func(r *http.Request)) {
	b.Helper()
	w := start(b)
	var page models.PackPage
	fill(reflect.ValueOf(&page).Elem(), "")
	row := page.Sounds[0]
	row.Waveform = make([]byte, 96)
	page.Sounds = nil
	for range 100 {
		page.Sounds = append(page.Sounds, row)
	}
	w.on("GET /v1/packs/{id}", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"r7"`)
		if r.Header.Get("If-None-Match") == `"r7"` {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		writeJSON(rw, page)
	})
	h := w.Service.Handler()
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/api/v1/packs/techno", nil))
	etag := first.Header().Get("ETag")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/packs/techno", nil)
		r.Header.Set("X-Known", etag)
		prepare(r)
		res := httptest.NewRecorder()
		h.ServeHTTP(res, r)
		if res.Code >= http.StatusBadRequest {
			b.Fatal(res.Code, res.Body)
		}
	}
}

func BenchmarkPackForStrangers(b *testing.B) { benchmarkPack(b, func(*http.Request) {}) }

func BenchmarkPackNotModified(b *testing.B) {
	benchmarkPack(b, func(r *http.Request) { r.Header.Set("If-None-Match", r.Header.Get("X-Known")) })
}

func BenchmarkPackForVisitors(b *testing.B) {
	benchmarkPack(b, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "crateful_visitor", Value: visitor}) })
}

func BenchmarkPackForAccounts(b *testing.B) {
	benchmarkPack(b, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+session) })
}
