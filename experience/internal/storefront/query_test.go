package storefront

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	indexer "crateful.dev/indexer/api"
)

func TestKeysOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		tonics, modes []string
		fits          bool
		want          string
	}{
		{"nothing chosen", nil, nil, true, ""},
		{"a tonic stands for both modes", []string{"A"}, nil, false, "A Am"},
		{"tonic and mode", []string{"A"}, []string{"minor"}, false, "Am"},
		{"the index writes keys its own way", []string{"D#"}, nil, false, "Eb Ebm"},
		{"all of a mode", nil, []string{"minor"}, true, "Am Bbm Bm C#m Cm Dm Ebm Em F#m Fm G#m Gm"},
		{"both modes are no filter", nil, []string{"minor", "major"}, false, ""},
		{"relative key and neighbours of A minor", []string{"A"}, []string{"minor"}, true, "Am C Dm Em"},
		{"relative key and neighbours of C major", []string{"C"}, []string{"major"}, true, "Am C F G"},
		{"what is no key", []string{"H"}, nil, false, ""},
		{"all keys are no filter", tonics, nil, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := keysOf(tt.tonics, tt.modes, tt.fits)
			slices.Sort(got)
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
			if len(got) > indexer.MaxValues {
				t.Errorf("%d keys are more than a query takes", len(got))
			}
		})
	}
}

func TestReadQuery(t *testing.T) {
	t.Parallel()
	at := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		address  string
		want     func(q *indexer.Query)
		problems int
	}{
		{"", func(*indexer.Query) {}, 0},
		{"q=+dusty++keys&in=packs&q=", func(q *indexer.Query) {
			q.Words, q.Kind, q.Sort = "dusty keys", indexer.KindPacks, indexer.SortRelevance
		}, 0},
		{"price=to-5", func(q *indexer.Query) { q.Price = &indexer.Price{Min: at(101), Max: at(500)} }, 0},
		{"price=free", func(q *indexer.Query) { q.Price = &indexer.Price{Min: at(0), Max: at(0)} }, 0},
		{"price=over-50", func(q *indexer.Query) { q.Price = &indexer.Price{Min: at(5001)} }, 0},
		{"price=cheap", func(*indexer.Query) {}, 1},
		{"price_min=5&price_max=5.50", func(q *indexer.Query) { q.Price = &indexer.Price{Min: at(500), Max: at(550)} }, 0},
		{"key=Am&tonic=C&mode=major", func(q *indexer.Query) { q.Keys = []string{"Am", "C"} }, 0},
		{"tonic=X", func(*indexer.Query) {}, 1},
		{"tempo_min=fast&type=loop", func(q *indexer.Query) { q.Types = []string{"loop"} }, 1},
		{"utm_source=mail&nonsense=1", func(*indexer.Query) {}, 0},
	} {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			given, err := url.ParseQuery(tt.address)
			if err != nil {
				t.Fatal(err)
			}
			want, err := indexer.Query{}.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			tt.want(&want)
			got, problems := readQuery(addressOf(given))
			slices.Sort(got.Keys)
			if !reflect.DeepEqual(got, want) || len(problems) != tt.problems {
				t.Errorf("%+v\nwant %+v\nproblems %v", got, want, problems)
			}
		})
	}
}

func TestChipsAreTheAddressWithoutThem(t *testing.T) {
	t.Parallel()
	given, err := url.ParseQuery("q=kick&type=loop&type=one-shot&tag=dusty&tempo_min=80&tempo_max=96&half_double=1&price=to-5&tonic=A&fits=1&length_max=2&ai=no&key=Am&cursor=abc&utm=x")
	if err != nil {
		t.Fatal(err)
	}
	address := addressOf(given)
	q, _ := readQuery(address)
	want := map[string]string{
		"type loop": "type=loop", "type one-shot": "type=one-shot", "tag dusty": "tag=dusty", "tempo 80-96": "tempo_min=80&tempo_max=96&half_double=1",
		"price to-5": "price=to-5", "tonic A": "tonic=A", "fits 1": "fits=1", "length -2": "length_max=2", "ai no": "ai=no", "key Am": "key=Am",
	}
	for _, chip := range chips(address, q) {
		name := chip.Facet + " " + chip.Value
		gone, err := url.ParseQuery(want[name])
		if err != nil || want[name] == "" {
			t.Errorf("chip %s", name)
			continue
		}
		delete(want, name)
		rest, err := url.ParseQuery(chip.Without)
		if err != nil {
			t.Fatal(err)
		}
		if rest.Has("cursor") || rest.Has("utm") || rest.Get("q") != "kick" {
			t.Errorf("chip %s leads to %s", name, chip.Without)
		}
		back := url.Values{}
		for _, part := range []url.Values{rest, gone, {"cursor": {"abc"}}} {
			for k, values := range part {
				back[k] = append(back[k], values...)
			}
		}
		for k := range back {
			slices.Sort(back[k])
		}
		if !reflect.DeepEqual(back, sorted(address)) {
			t.Errorf("chip %s: %s and %v are not the whole address", name, chip.Without, gone)
		}
	}
	if len(want) > 0 {
		t.Errorf("no chips for %v", want)
	}
}

func sorted(v url.Values) url.Values {
	out := url.Values{}
	for k, values := range v {
		out[k] = slices.Sorted(slices.Values(values))
	}
	return out
}

func TestLoosened(t *testing.T) {
	t.Parallel()
	address := url.Values{
		"q": {"dusty keys"}, "tempo_min": {"80"}, "half_double": {"1"}, "tonic": {"A"}, "mode": {"minor"}, "fits": {"1"}, "price": {"to-5"}, "length_min": {"1"},
		"type": {"loop"}, "cursor": {"x"},
	}
	for _, tt := range []struct {
		l    indexer.Loosen
		gone []string
		q    string
	}{
		{indexer.Loosen{Drop: "words"}, []string{"q"}, ""},
		{indexer.Loosen{Drop: "words", Value: "dusty", Query: indexer.Query{Words: "keys"}}, nil, "keys"},
		{indexer.Loosen{Drop: "tempo"}, []string{"tempo_min", "half_double"}, "dusty keys"},
		{indexer.Loosen{Drop: indexer.FacetKey}, []string{"tonic", "mode", "fits"}, "dusty keys"},
		{indexer.Loosen{Drop: indexer.FacetPrice}, []string{"price"}, "dusty keys"},
		{indexer.Loosen{Drop: indexer.FacetLength}, []string{"length_min"}, "dusty keys"},
		{indexer.Loosen{Drop: indexer.FacetType}, []string{"type"}, "dusty keys"},
	} {
		got, err := url.ParseQuery(loosened(address, tt.l))
		if err != nil {
			t.Fatal(err)
		}
		for name := range address {
			if want := !slices.Contains(tt.gone, name) && name != "cursor"; got.Has(name) != want {
				t.Errorf("without %s: %s is there: %v", tt.l.Drop, name, got.Has(name))
			}
		}
		if got.Get("q") != tt.q {
			t.Errorf("without %s: words %q", tt.l.Drop, got.Get("q"))
		}
	}
}

func TestKeyFacetsBecomeTonicsAndModes(t *testing.T) {
	t.Parallel()
	groups := facets(url.Values{"tonic": {"A"}}, indexer.Query{}, indexer.Facet{Name: indexer.FacetKey, Values: []indexer.FacetValue{
		{Value: "Am", Count: 3}, {Value: "A", Count: 2}, {Value: "Ebm", Count: 1},
	}})
	counts := map[string]int64{}
	for _, g := range groups {
		for _, v := range g.Values {
			counts[g.Name+" "+v.Value] = v.Count
			if v.Selected != (v.Value == "A") {
				t.Errorf("%s is selected: %v", v.Value, v.Selected)
			}
		}
	}
	for name, want := range map[string]int64{"tonic A": 5, "tonic D#": 1, "tonic C": 0, "mode minor": 4, "mode major": 2} {
		if counts[name] != want {
			t.Errorf("%s: %d, want %d", name, counts[name], want)
		}
	}
	if got := facets(nil, indexer.Query{}, indexer.Facet{Name: indexer.FacetLength}); got != nil {
		t.Errorf("a facet without a parameter: %v", got)
	}
}

func FuzzReadQuery(f *testing.F) {
	for _, s := range []string{"q=a&price=to-5", "tonic=A&mode=minor&fits=1", "tempo_min=NaN&tempo_max=1e400", "key=%00&tag=%ff", "price_min=-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		given, err := url.ParseQuery(s)
		if err != nil {
			t.Skip()
		}
		address := addressOf(given)
		q, _ := readQuery(address)
		if again, err := q.Canonical(); err != nil || !reflect.DeepEqual(again, q) {
			t.Errorf("not canonical: %+v, %v", q, err)
		}
		for _, chip := range chips(address, q) {
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
