package demo

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"crateful.dev/local/internal/demo/covers"
	"crateful.dev/local/internal/demo/synth"
)

func TestCatalogueIsLargeEnough(t *testing.T) {
	if len(catalogue) < 12 || len(producers) < 5 || len(buyers) < 30 {
		t.Errorf("%d packs, %d producers, %d buyers", len(catalogue), len(producers), len(buyers))
	}
	busy := map[int]bool{}
	for _, l := range catalogue {
		busy[l.producer] = true
	}
	if len(busy) != len(producers) {
		t.Errorf("%d producers have a pack", len(busy))
	}
}

func TestPacksCanBeListed(t *testing.T) {
	titles := map[string]int{}
	for n := range len(catalogue) + 400 {
		l := pack(n)
		if other, ok := titles[l.title]; ok {
			t.Errorf("packs %d and %d are both called %s", other, n, l.title)
		}
		titles[l.title] = n
		if !slices.Contains(synth.Styles(), l.recipe.Style) || !slices.Contains(covers.Designs(), l.recipe.Style) {
			t.Errorf("%s: no style or cover %q", l.title, l.recipe.Style)
		}
		if l.genre == "" || l.description == "" || len(l.tags) == 0 || l.recipe.Word == "" {
			t.Errorf("%s lacks something: %+v", l.title, l)
		}
		if l.price != 0 && (l.price < 50 || l.soundPrice > l.price) || l.soundPrice != withPackOnly && l.soundPrice != 0 && l.soundPrice < 50 {
			t.Errorf("%s costs %d, a sound %d", l.title, l.price, l.soundPrice)
		}
		if l.producer >= len(producers) {
			t.Errorf("%s has no producer", l.title)
		}
	}
}

func TestTastesMeetTheCatalogue(t *testing.T) {
	for i, taste := range tastes {
		found := 0
		for _, l := range catalogue {
			if slices.Contains(taste, l.genre) {
				found++
			}
		}
		if found < 2 {
			t.Errorf("taste %d finds %d packs", i, found)
		}
	}
	handles := map[string]bool{admin.handle: true}
	for _, p := range producers {
		handles[p.handle] = true
	}
	for _, b := range buyers {
		if handles[b.handle] {
			t.Errorf("two people are called %s", b.handle)
		}
		handles[b.handle] = true
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "demo.json")
	d, err := Open(Site{URL: "http://127.0.0.1:1", State: path})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	password := d.state.read().Password
	if len(password) < 12 || !d.Wanted() {
		t.Errorf("password %q, wanted %v", password, d.Wanted())
	}
	if err := d.state.change(func(k *memory) { k.Phase = phaseRemoved }); err != nil {
		t.Fatal(err)
	}
	again, err := Open(Site{URL: "http://127.0.0.1:1", State: path})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.state.read().Password != password || again.Wanted() {
		t.Error("the second start has forgotten the first")
	}
	unlock, err := d.state.alone()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.state.alone(); err == nil {
		t.Error("two work on one catalogue")
	}
	unlock()
	if err := os.WriteFile(path, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Site{State: path}); err == nil {
		t.Error("a damaged file passes for none")
	}
}
