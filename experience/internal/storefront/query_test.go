package storefront

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"crateful.dev/experience/api"
	indexer "crateful.dev/indexer/api"
)

func parse(t testing.TB, address string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestReadQuery(t *testing.T) {
	t.Parallel()
	at := func(n int64) *int64 { return &n }
	bpm := func(low, high float64) *indexer.Range { return &indexer.Range{Min: &low, Max: &high} }
	for _, tt := range []struct {
		address string
		want    func(q *indexer.Query)
		box     string
		wrong   string // what is marked in the text
	}{
		{"", func(*indexer.Query) {}, "", ""},
		{"q=+dusty++keys&in=packs&q=", func(q *indexer.Query) {
			q.Words, q.Kind = "dusty keys", indexer.KindPacks
		}, "dusty keys", ""},
		{"q=dusty+keys+bpm:84-92+key:Am+-vocal", func(q *indexer.Query) {
			q.Words, q.Tempo, q.Keys, q.Not = "dusty keys", bpm(84, 92), []string{"Am"}, &indexer.Exclusions{Words: []string{"vocal"}}
		}, "dusty keys", ""},
		{"q=dusty+bpm:fast+key:Am,H+pad", func(q *indexer.Query) {
			q.Words, q.Keys = "dusty pad", []string{"Am"}
		}, "dusty pad bpm:fast key:Am,H", "fast|H"},
		{"q=bpm:90+bpm:100-110&type=loop", func(q *indexer.Query) { q.Tempo, q.Types = bpm(100, 110), []string{"loop"} }, "", "bpm:100-110"},
		{"q=gnre:house", func(q *indexer.Query) { q.Words = `"gnre:house"` }, `"gnre:house"`, "gnre:house"},
		{"price=to-5", func(q *indexer.Query) { q.Price = &indexer.Price{Min: at(101), Max: at(500)} }, "", ""},
		{"price=free", func(q *indexer.Query) { q.Price = &indexer.Price{Min: at(0), Max: at(0)} }, "", ""},
		{"price=cheap", func(*indexer.Query) {}, "", "-"},
		{"tempo_min=fast&type=loop", func(q *indexer.Query) { q.Types = []string{"loop"} }, "", "-"},
		{"sort=near_tempo", func(*indexer.Query) {}, "", "-"},
		{"utm_source=mail&nonsense=1", func(*indexer.Query) {}, "", ""},
	} {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			want := indexer.Query{}
			tt.want(&want)
			want, err := want.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			got := readQuery(parse(t, tt.address))
			if !reflect.DeepEqual(got.query, want) || got.box != tt.box {
				t.Errorf("%+v, box %q\nwant %+v, box %q", got.query, got.box, want, tt.box)
			}
			var marked []string
			for _, p := range got.problems {
				if p.Detail == "" || p.Reason == "" {
					t.Errorf("a problem without words: %+v", p)
				}
				marked = append(marked, cmp.Or(string([]rune(got.typed)[p.From:p.To]), "-"))
			}
			if strings.Join(marked, "|") != tt.wrong {
				t.Errorf("marked %q, want %q", marked, tt.wrong)
			}
			again := readQuery(parse(t, got.address(got.query)))
			if !reflect.DeepEqual(again.query, got.query) || again.box != got.box {
				t.Errorf("its own address is read as %+v, box %q", again.query, again.box)
			}
		})
	}
}

const everything = "q=kick+bpm:slow&type=loop&type=one-shot&tag=dusty&tempo_min=80&tempo_max=96&half_double=1&price=to-5&key=Am&key=C&key_fits=1&length_max=2" +
	"&ai=no&pack=p1&like=s1&producer=marlow&not=vocal&not_tag=lofi&not_tag=noise&sort=bought&group=pack&cursor=abc&utm=x"

// A chip takes away what it names and nothing else.
func TestChipsAreTheQueryWithoutThem(t *testing.T) {
	t.Parallel()
	a := readQuery(parse(t, everything))
	gone := map[string]url.Values{
		"type loop": {"type": {"loop"}}, "type one-shot": {"type": {"one-shot"}}, "tag dusty": {"tag": {"dusty"}}, "key Am": {"key": {"Am"}}, "key C": {"key": {"C"}},
		"tempo 80-96": {"tempo_min": {"80"}, "tempo_max": {"96"}, "half_double": {"1"}}, "half_double 1": {"half_double": {"1"}},
		"price 101-500": {"price_min": {"1.01"}, "price_max": {"5"}}, "key_fits 1": {"key_fits": {"1"}}, "length -2": {"length_max": {"2"}}, "ai no": {"ai": {"no"}},
		"pack p1": {"pack": {"p1"}}, "like s1": {"like": {"s1"}}, "producer marlow": {"producer": {"marlow"}},
		"not words vocal": {"not": {"vocal"}}, "not tag lofi": {"not_tag": {"lofi"}}, "not tag noise": {"not_tag": {"noise"}},
	}
	whole := parse(t, a.address(a.query))
	if whole.Has("cursor") || whole.Has("utm") || whole.Get("q") != "kick bpm:slow" {
		t.Errorf("the query is found at %v", whole)
	}
	for _, chip := range a.chips() {
		name := chip.Facet + " " + chip.Value
		if chip.Not {
			name = "not " + name
		}
		want, known := gone[name]
		if !known {
			t.Errorf("chip %s", name)
			continue
		}
		delete(gone, name)
		rest := parse(t, chip.Without)
		for k, values := range want {
			rest[k] = append(rest[k], values...)
		}
		if !reflect.DeepEqual(sorted(rest), sorted(whole)) {
			t.Errorf("chip %s: %s and %v are not the whole address %v", name, chip.Without, want, whole)
		}
	}
	if len(gone) > 0 {
		t.Errorf("no chips for %v", gone)
	}
}

func sorted(v url.Values) url.Values {
	out := url.Values{}
	for k, values := range v {
		out[k] = slices.Sorted(slices.Values(values))
	}
	return out
}

func TestFacetsShowWhatIsChosen(t *testing.T) {
	t.Parallel()
	a := readQuery(parse(t, "key=Am&key_fits=1&genre=gone&price=to-5&length_min=1&length_max=5"))
	line := func(f api.Facet, value string) api.FacetValue {
		for _, v := range f.Values {
			if v.Value == value {
				return v
			}
		}
		t.Fatalf("%s lacks %s", f.Name, value)
		return api.FacetValue{}
	}
	keys := facet(a.query, indexer.Facet{Name: indexer.FacetKey, Values: []indexer.FacetValue{{Value: "Am", Count: 3}, {Value: "Em", Count: 2}}})
	if am, em, c, d := line(keys, "Am"), line(keys, "Em"), line(keys, "C"), line(keys, "D"); len(keys.Values) != 24 || !am.Selected || am.Fits || am.Camelot != "8A" ||
		!em.Fits || em.Selected || em.Count != 2 || !c.Fits || c.Camelot != "8B" || d.Fits || d.Selected {
		t.Errorf("%+v", keys)
	}
	if gone := line(facet(a.query, indexer.Facet{Name: indexer.FacetGenre, Values: []indexer.FacetValue{{Value: "house", Count: 4}}}), "gone"); !gone.Selected || gone.Count != 0 {
		t.Errorf("what is chosen and not counted: %+v", gone)
	}
	if five := line(facet(a.query, indexer.Facet{Name: indexer.FacetPrice}), "to-5"); !five.Selected || five.Min != "1.01" || five.Max != "5.00" {
		t.Errorf("%+v", five)
	}
	if five := line(facet(a.query, indexer.Facet{Name: indexer.FacetLength}), "to-5"); !five.Selected || five.Min != "1" || five.Max != "5" {
		t.Errorf("%+v", five)
	}
}

func FuzzReadQuery(f *testing.F) {
	for _, s := range []string{"q=a&price=to-5", "q=key:H+bpm:fast&not=x", "tempo_min=NaN&tempo_max=1e400", "key=%00&tag=%ff", "price_min=-1", everything} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		given, err := url.ParseQuery(s)
		if err != nil {
			t.Skip()
		}
		a := readQuery(given)
		if again, err := a.query.Canonical(); err != nil || !reflect.DeepEqual(again, a.query) {
			t.Errorf("not canonical: %+v, %v", a.query, err)
		}
		runes := len([]rune(a.typed))
		for _, p := range a.problems {
			if p.From < 0 || p.To < p.From || p.To > runes {
				t.Errorf("a place outside of %d characters: %+v", runes, p)
			}
		}
		for _, chip := range a.chips() {
			if _, err := url.ParseQuery(chip.Without); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestLRUKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	l := newLRU[int](10)
	l.put("a", 1, 4)
	l.put("b", 2, 4)
	if _, ok := l.get("a"); !ok {
		t.Fatal("a is gone")
	}
	l.put("c", 3, 4)
	if _, ok := l.get("b"); ok {
		t.Error("b was not used for longest and is there")
	}
	l.put("a", 9, 1)
	if v, _ := l.get("a"); v != 9 || l.cost != 5 {
		t.Errorf("a is %d, all cost %d", v, l.cost)
	}
	l.drop("a")
	if _, ok := l.get("a"); ok || l.cost != 4 || l.order.Len() != 1 {
		t.Errorf("after dropping a: cost %d, %d entries", l.cost, l.order.Len())
	}
}

func TestPeaksOfTheAnalyzer(t *testing.T) {
	t.Parallel()
	got := peaksFile{Top: []float64{0, 0.5, 1, 0.1}, Bottom: []float64{0, -0.2, -1, -0.9}}.bars()
	if !slices.Equal(got, []byte{0, 128, 255, 230}) {
		t.Errorf("%v", got)
	}
	if got := (peaksFile{Top: []float64{1, 1}, Bottom: []float64{7}}).bars(); !slices.Equal(got, []byte{255}) {
		t.Errorf("%v", got)
	}
}
