package backup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/objects"
)

// What an earlier backup brought is known again by a listing, which tells the time finer than the object's own answer did.
func TestBroughtOnce(t *testing.T) {
	t.Parallel()
	b, err := openBlobs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	brought := time.Date(2026, 11, 21, 20, 32, 17, 0, time.UTC)
	o := object{Key: "media/a", Size: 3, ETag: "e", Modified: brought, SHA256: strings.Repeat("ab", 32)}
	b.known[o.Key] = o
	if err := os.MkdirAll(filepath.Dir(b.path(o.SHA256)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path(o.SHA256), []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		info objects.Info
		want bool
	}{
		"as it was":             {objects.Info{Key: "media/a", Size: 3, ETag: "e", LastModified: brought}, true},
		"in milliseconds":       {objects.Info{Key: "media/a", Size: 3, ETag: "e", LastModified: brought.Add(734 * time.Millisecond)}, true},
		"written again later":   {objects.Info{Key: "media/a", Size: 3, ETag: "e", LastModified: brought.Add(time.Second)}, false},
		"with other bytes":      {objects.Info{Key: "media/a", Size: 3, ETag: "f", LastModified: brought}, false},
		"of another length":     {objects.Info{Key: "media/a", Size: 4, ETag: "e", LastModified: brought}, false},
		"another, of the bytes": {objects.Info{Key: "media/b", Size: 3, ETag: "e", LastModified: brought}, false},
	} {
		if _, ok := b.has(c.info); ok != c.want {
			t.Errorf("%s: known %v", name, ok)
		}
	}
}
