package analyzer_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crateful.dev/analyzer"
	"crateful.dev/kit/config"
)

func environment(more ...string) []string {
	return append([]string{
		"KAFKA_BROKERS=127.0.0.1:1", "MODELS_URL=http://127.0.0.1:1", "CRATEFUL_SERVICE_TOKEN=token-of-analyzer",
		"S3_ENDPOINT=http://127.0.0.1:1", "S3_ACCESS_KEY=key", "S3_SECRET_KEY=secret-of-storage",
	}, more...)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := config.Load[analyzer.Config](environment()); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]string{
		"no brokers":      environment("KAFKA_BROKERS=")[1:],
		"none at once":    environment("ANALYZER_AT_ONCE=0"),
		"too little disk": environment("ANALYZER_SCRATCH_BYTES=1000"),
	} {
		_, err := config.Load[analyzer.Config](bad)
		if err == nil || strings.Contains(err.Error(), "secret-of-storage") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServiceAnswersAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	killed := filepath.Join(state, "crateful-analyzer", "run-killed")
	if err := os.MkdirAll(filepath.Join(killed, "work-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load[analyzer.Config](environment("STATE_DIR=" + state))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := analyzer.New(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	other, err := analyzer.New(t.Context(), cfg, log) // a second copy leaves the first one's folder alone
	if err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadDir(filepath.Dir(killed)); err != nil || len(now) != 2 {
		t.Errorf("scratch holds %v, %v; want one folder for each copy", now, err)
	}
	other.Close()
	h := s.Handler()
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/metrics": http.StatusOK, "/v1/anything": http.StatusNotFound} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	cancel()
	if err := <-ended; err == nil {
		t.Error("Run ended without its context's error")
	}
	s.Close()
	left, err := os.ReadDir(state + "/crateful-analyzer")
	if err != nil || len(left) != 0 {
		t.Errorf("scratch holds %v, %v", left, err)
	}

	cfg.FFmpeg = "no-such-ffmpeg"
	if _, err := analyzer.New(t.Context(), cfg, log); err == nil || !strings.Contains(err.Error(), "apt install ffmpeg") {
		t.Errorf("without ffmpeg: %v", err)
	}
}
