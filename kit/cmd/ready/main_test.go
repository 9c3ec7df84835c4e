package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReady(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.Error(w, "postgres is away", http.StatusServiceUnavailable)
		}
	}))
	if err := run([]string{s.URL + "/readyz"}); err != nil {
		t.Errorf("a ready service: %v", err)
	}
	if err := run([]string{s.URL + "/away"}); err == nil || !strings.Contains(err.Error(), "postgres is away") {
		t.Errorf("a service that is not ready: %v", err)
	}
	s.Close()
	if err := run([]string{s.URL + "/readyz"}); err == nil {
		t.Error("nobody answers, and it is ready")
	}
	if err := run(nil); err == nil {
		t.Error("no address, and it is ready")
	}
}
