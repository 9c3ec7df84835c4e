package recommender_test

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crateful.dev/recommender"
	"crateful.dev/recommender/api"
)

const factorsManifest = `{"version": 1, "trainer": "hand", "at": "2026-06-0%dT00:00:00Z", "packs": 3, "models": [["items"]],
	"training": {"dim": 2, "sweeps": 1, "unobserved": 0.1, "regularise": 0.1, "frequency": 1, "models": 1, "seed": 1}}`

// Factors that were trained elsewhere answer in place of our own; what cannot be read leaves those of before, and newer ones are
// taken up with the next build, also after a restart from a snapshot.
func TestFactorsThatWereTrainedElsewhere(t *testing.T) {
	w := start(t, catalogue)
	dir, data := t.TempDir(), t.TempDir()
	put := func(manifest string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "factors.json"), []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	items, err := os.Create(filepath.Join(dir, "items"))
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(items)
	// By these amen is like rhodes, and wurli is its opposite: nobody who acted says so.
	_, err = fmt.Fprint(zip, `{"pack":"rhodes","factors":[1,0]}{"pack":"amen","factors":[1,0.1]}{"pack":"wurli","factors":[-1,0]}`)
	if err != nil || zip.Close() != nil || items.Close() != nil {
		t.Fatal(err)
	}
	with := func(cfg *recommender.Config) { cfg.Factors = dir }
	c, _, stop := w.copyOf(data, nil, with)
	if st, err := c.Status(t.Context()); err != nil || st.Factors != "" {
		t.Errorf("without factors: %+v, %v", st, err)
	}
	acts := 0
	trained := func(want string) {
		t.Helper()
		acts++
		w.buys(fmt.Sprint("somebody", acts), "rhodes") // has a model be built
		w.eventually(func() error {
			st, err := c.Status(t.Context())
			if err != nil || st.Factors != want || st.People != 5+acts {
				return fmt.Errorf("factors of %q, want %q: %+v %w", st.Factors, want, st, err)
			}
			return nil
		})
	}
	put(fmt.Sprintf(factorsManifest, 1))
	trained("hand 2026-06-01T00:00:00Z")
	// Popularity and walk speak for wurli, which everybody has beside rhodes; among what factors and walk foretell amen is the first.
	list, err := c.ForYou(t.Context(), api.ForYou{PersonID: "somebody1", Limit: 5})
	if err != nil || !slices.ContainsFunc(list.Items, func(item api.Item) bool { return item.PackID == "amen" && item.Score >= 1 }) {
		t.Errorf("for somebody with rhodes: %+v, %v", list, err)
	}
	put(strings.Replace(fmt.Sprintf(factorsManifest, 2), `"version": 1`, `"version": 7`, 1))
	trained("hand 2026-06-01T00:00:00Z")
	put(fmt.Sprintf(factorsManifest, 2)[:40])
	trained("hand 2026-06-01T00:00:00Z")
	put(fmt.Sprintf(factorsManifest, 3))
	trained("hand 2026-06-03T00:00:00Z")
	stop()
	put("")
	c, _, _ = w.copyOf(data, nil, with)
	st, err := c.Status(t.Context())
	if err != nil || st.Messages != 0 {
		t.Errorf("after the restart: %+v, %v", st, err)
	}
}
