package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"testing"
	"testing/fstest"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/assets"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
	"crateful.dev/web/templates"
)

// anyAssets is a build of the names that layouts ask for.
func anyAssets(t *testing.T) *assets.Assets {
	t.Helper()
	a, err := assets.Load(fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app.css":"a.css","app.js":"a.js","studio.css":"a.css","studio.js":"a.js","admin.css":"a.css","admin.js":"a.js","icon.svg":"i.svg","archivo.woff2":"f.woff2"}`)},
		"a.css":         {}, "a.js": {}, "i.svg": {}, "f.woff2": {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEveryPageRendersEmptyAndEveryTextExists(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{Assets: anyAssets(t)}); err != nil {
		t.Fatal(err)
	}
}

func TestMistakesInTemplatesAreFoundAtTheStart(t *testing.T) {
	t.Parallel()
	texts, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	layout := &fstest.MapFile{Data: []byte(`{{define "page"}}{{template "main" .}}{{end}}{{define "main"}}{{end}}`)}
	for name, row := range map[string]struct {
		page     string
		declared map[string]view.View
	}{
		"undeclared page":     {`{{define "main"}}{{end}}`, map[string]view.View{}},
		"page without a file": {`{{define "main"}}{{end}}`, map[string]view.View{"text": (*view.Text)(nil), "other": (*view.Text)(nil)}},
		"unknown text":        {`{{define "main"}}{{t "no.such.text"}}{{end}}`, map[string]view.View{"text": (*view.Text)(nil)}},
		"unknown text deep":   {`{{define "main"}}{{if .Lead}}<b title="{{t "no.such.text"}}"></b>{{end}}{{end}}`, map[string]view.View{"text": (*view.Text)(nil)}},
		"unknown field":       {`{{define "main"}}{{.NoSuchField}}{{end}}`, map[string]view.View{"text": (*view.Text)(nil)}},
		"unknown partial":     {`{{define "main"}}{{template "nothing" .}}{{end}}`, map[string]view.View{"text": (*view.Text)(nil)}},
		"broken markup":       {`{{define "main"}}<a href="{{if .Lead}}">{{end}}{{end}}`, map[string]view.View{"text": (*view.Text)(nil)}},
	} {
		files := fstest.MapFS{"layouts/page.html": layout, "partials/x.html": {Data: []byte(`{{define "x"}}{{end}}`)}, "pages/text.html": {Data: []byte(row.page)}}
		if _, err := newEngine(files, texts, anyAssets(t), row.declared, time.Now); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTemplatesHoldNothingInline(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"layouts", "pages", "partials"} {
		entries, err := templates.Files.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			raw, err := templates.Files.ReadFile(folder + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if found := inline.FindString(string(raw)); found != "" {
				t.Errorf("%s/%s: %q is stopped by the content security policy", folder, e.Name(), found)
			}
		}
	}
}

var inline = regexp.MustCompile(`(?i)\s(style|on[a-z]+)="|<style|<script>|javascript:`)

// A page of results with 50 rows of different sounds and 50 values of each facet is the heaviest there is.
func TestASearchPageStaysWithinItsWeight(t *testing.T) {
	t.Parallel()
	p, err := New(Config{Assets: anyAssets(t)})
	if err != nil {
		t.Fatal(err)
	}
	l := p.texts.Match("en")
	random := rand.New(rand.NewPCG(1, 2))
	got := api.Search{Kind: "sounds", Words: "dusty", Totals: api.SearchTotals{Sounds: 41208, Packs: 380, Producers: 90}}
	for i := range 50 {
		wave := make([]byte, 96)
		for j := range wave {
			wave[j] = byte(random.UintN(256))
		}
		got.Sounds = append(got.Sounds, api.SoundRow{
			ID: fmt.Sprintf("01930000-%04x-7000-8000-%012x", random.UintN(1<<16), random.Uint64N(1<<48)), Name: fmt.Sprintf("Some_Different_Name_%02d_Am_%d.wav", i, 80+i), Type: "loop",
			Key: "Am", TempoBPM: float64(80 + i), DurationSeconds: random.Float64() * 20, LoudnessLUFS: -14, TruePeakDBTP: -1, Waveform: wave, Price: &api.Money{Amount: int64(50 + i), Currency: "EUR"},
			Pack: api.PackRef{ID: fmt.Sprintf("01930001-%04x-7000-8000-%012x", random.UintN(1<<16), random.Uint64N(1<<48)), Slug: fmt.Sprintf("pack-%d", i), Title: fmt.Sprintf("Pack %d", i), CoverKey: fmt.Sprintf("covers/%x", sha256.Sum256([]byte{byte(i)})), Producer: api.ProducerRef{Handle: fmt.Sprintf("maker%d", i), Name: fmt.Sprintf("Maker %d", i)}},
		})
	}
	got.Canonical = "genre=lo-fi&key=Am&key_fits=1&not_tag=noise&q=dusty&tempo_max=96&tempo_min=80&type=loop"
	for _, name := range []string{"type", "instrument", "genre", "tag", "producer", "format", "licence"} {
		f := api.Facet{Name: name}
		for i := range 50 {
			f.Values = append(f.Values, api.FacetValue{Value: fmt.Sprintf("%s %d of many", name, random.UintN(1<<16)), Count: int64(5000 - i*97)})
		}
		got.Facets = append(got.Facets, f)
	}
	v := searchView(l, got, url.Values{"q": {"dusty"}})
	v.L = l
	body, err := p.engine.render(l, "search", v, false)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d gzipped", len(body), packed.Len())
	if packed.Len() > 60_000 {
		t.Errorf("%d bytes gzipped", packed.Len())
	}
}

func BenchmarkSearchPage(b *testing.B) {
	texts, err := messages.Load()
	if err != nil {
		b.Fatal(err)
	}
	l := texts.Match("en")
	row := api.SoundRow{ID: "s", Name: "Dusty_Rhodes_Phrase_07_Am_92.wav", Type: "loop", Key: "Am", TempoBPM: 92, Waveform: make([]byte, 96), Price: &api.Money{Amount: 80, Currency: "EUR"}}
	rows := make([]api.SoundRow, 50)
	for i := range rows {
		rows[i] = row
	}
	for b.Loop() {
		view.NewSoundRows(l, rows)
	}
}
