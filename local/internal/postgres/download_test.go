package postgres

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDownload fetches about 20 MB, so it runs where that is asked for.
func TestDownload(t *testing.T) {
	if os.Getenv("CRATEFUL_TEST_DOWNLOADS") == "" {
		t.Skip("CRATEFUL_TEST_DOWNLOADS is not set")
	}
	dir, err := os.MkdirTemp("", "crateful-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		bin, err := download(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if !complete(bin) {
			t.Errorf("%s lacks programs", bin)
		}
		t.Setenv("PGBIN", bin)
	}
	c, err := Start(t.Context(), Options{Dir: filepath.Join(dir, "cluster"), Databases: []string{"models"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if version, err := os.ReadFile(filepath.Join(dir, "cluster", "data", "PG_VERSION")); err != nil || string(version) != "17\n" {
		t.Errorf("another server than the downloaded one ran: %q, %v", version, err)
	}
}
