package api

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func randomQuery(r *rand.Rand) Query {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	some := func(from ...string) []string {
		var out []string
		for range r.IntN(4) {
			out = append(out, pick(from...))
		}
		return out
	}
	number := func() *float64 {
		if r.IntN(2) == 0 {
			return nil
		}
		f := r.Float64() * 500
		return &f
	}
	amount := func() *int64 {
		if r.IntN(2) == 0 {
			return nil
		}
		n := r.Int64N(20_000)
		return &n
	}
	return Query{
		Kind: Kind(pick("", "sounds", "packs", "producers")), Words: strings.Join(some("dusty", " Am ", "92", "Ω", "a&b=c", "x\ty", `"hi  hat"`, "-vocal", `7"`, "bpm:90", "foo:bar", `-"lo fi"`, "- -"), " "),
		Genres: some("house", "Drum and Bass", " r&b "), Types: some("loop", "one-shot"), Instruments: some("keys", "Drums"),
		Keys: some("Am", "a minor", "Db", "C#", "f♯m"), Tags: some("warm", "WARM", "low=fi"), Producers: some("@Keys", "someone"),
		Formats: some("wav", "flac"), Licences: some("standard"), Pack: pick("", "p1"),
		Tempo: &Range{number(), number()}, HalfDouble: r.IntN(2) == 0, Price: &Price{amount(), amount()}, Length: &Range{number(), number()},
		NoAI: r.IntN(2) == 0, Sort: Sort(pick("", "popular", "-tempo", "name", "relevance", "bought", "near_tempo")), Size: r.IntN(101), Cursor: pick("", "abc_-"),
		NoFacets: r.IntN(2) == 0, KeyFits: r.IntN(2) == 0, Like: pick("", "s1"), ByPack: r.IntN(2) == 0, Near: float64(r.IntN(3)) * 40.5, Typing: r.IntN(2) == 0,
		Not: &Exclusions{
			Words: some("vocal", "hi hat", "-x", `a"b`, "bpm:90"), Genres: some("house", "Drum and Bass"), Types: some("loop"), Instruments: some("keys"),
			Keys: some("Am", "8B"), Tags: some("warm", `7" vinyl`, "a,b", `back\slash`), Producers: some("@Keys"), Formats: some("mp3"), Licences: some("standard"),
		},
	}
}

// TestRoundTrip: the canonical form is its own canonical form, and survives an address and JSON unchanged.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 5000 {
		q, _ := randomQuery(r).Canonical() // ranges that are upside down are left out
		checkCanonical(t, q)
		raw, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var again Query
		if err := json.Unmarshal(raw, &again); err != nil || !reflect.DeepEqual(again, q) {
			t.Fatalf("JSON changed %+v into %+v, %v", q, again, err)
		}
	}
}

func checkCanonical(t *testing.T, q Query) {
	t.Helper()
	again, err := q.Canonical()
	if err != nil || !reflect.DeepEqual(again, q) {
		t.Fatalf("canonical form is not stable:\n%+v\n%+v\n%v", q, again, err)
	}
	parsed, err := ParseQuery(q.Values())
	if err != nil || !reflect.DeepEqual(parsed, q) {
		t.Fatalf("address %s changed\n%+v into\n%+v\n%v", q.Values().Encode(), q, parsed, err)
	}
	if parsed.Values().Encode() != q.Values().Encode() {
		t.Fatalf("address is not stable: %s", q.Values().Encode())
	}
	typed, err := ParseLanguage(q.Language())
	if err != nil || !reflect.DeepEqual(typed, q.Filter()) {
		t.Fatalf("language %s changed\n%+v into\n%+v\n%v", q.Language(), q.Filter(), typed, err)
	}
	if typed.Language() != q.Language() {
		t.Fatalf("language is not stable: %s became %s", q.Language(), typed.Language())
	}
}

func TestParseQuery(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, address, canonical, wrong string }{
		{"nothing", "", "", ""},
		{"an empty form", "q=&tempo_min=&tempo_max=&price_max=&genre=&size=", "", ""},
		{"unknown parameters", "utm_source=x&q=kick", "q=kick", ""},
		{"order and repetition", "genre=techno&genre=House&genre=house", "genre=house&genre=techno", ""},
		{"defaults", "in=sounds&sort=popular&size=50", "", ""},
		{"keys", "key=A+minor&key=c%23", "key=Am&key=Db", ""},
		{"prices", "price_max=5,5&price_min=0.05", "price_max=5.50&price_min=0.05", ""},
		{"half and double needs a tempo", "half_double=1", "", ""},
		{"not numbers", "tempo_min=fast&price_min=1.234&size=x&q=kick", "q=kick", "tempo_min price_min size"},
		{"not finite", "tempo_min=NaN&tempo_max=Inf", "", "tempo_min tempo_max"},
		{"out of range", "tempo_max=5000&size=1000&price_max=999999999", "", "tempo_max price_max size"},
		{"upside down", "tempo_min=100&tempo_max=90", "", "tempo_min"},
		{"negative price", "price_min=-1", "", "price_min"},
		{"unknown values", "in=people&sort=random&key=H", "", "in key sort"},
		{"control characters", "q=a%00b%1b", "q=a+b", ""},
		{"cursor", "cursor=%22", "", "cursor"},
		{"version", "v=7", "", "v"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			v, err := url.ParseQuery(row.address)
			if err != nil {
				t.Fatal(err)
			}
			q, err := ParseQuery(v)
			var bad *QueryError
			var names []string
			if errors.As(err, &bad) {
				for _, f := range bad.Fields {
					names = append(names, f.Name)
				}
			}
			want := strings.Fields(row.wrong)
			slices.Sort(names)
			slices.Sort(want)
			if !slices.Equal(names, want) {
				t.Errorf("wrong fields %v, want %v", names, want)
			}
			if got := q.Values().Encode(); got != row.canonical {
				t.Errorf("address %q, want %q", got, row.canonical)
			}
		})
	}
}

func TestNormalKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Am": "Am", "am": "Am", "A minor": "Am", "A-min": "Am", "C": "C", "Cmaj": "C", "CM": "C", "C# major": "Db", "Db": "Db",
		"D#m": "Ebm", "Gb": "F#", "B♭ moll": "Bbm", "F sharp minor": "F#m", "Cb": "B", "B#": "C", "bb": "Bb",
		"H": "", "": "", "Amx": "", "128": "", "A minor seventh": "",
	} {
		got, ok := NormalKey(in)
		if got != want || ok != (want != "") {
			t.Errorf("NormalKey(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
	for _, k := range Keys() {
		if got, ok := NormalKey(k); !ok || got != k {
			t.Errorf("NormalKey(%q) = %q", k, got)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add("q=dusty+rhodes&genre=lo-fi&key=Am&tempo_min=90&tempo_max=100&half_double=1&price_max=5.50&sort=-tempo&size=20")
	f.Add("in=packs&tag=a&tag=b&length_min=0.5&cursor=abc&v=1&facets=no&ai=no")
	f.Add("tempo_min=1e309&price_max=99999999999999999999&q=%ff%fe")
	f.Fuzz(func(t *testing.T, address string) {
		v, err := url.ParseQuery(address)
		if err != nil {
			return
		}
		q, _ := ParseQuery(v)
		checkCanonical(t, q)
	})
}

func FuzzQueryJSON(f *testing.F) {
	f.Add(`{"v":1,"kind":"sounds","words":"x","tempo":{"min":90},"sort":"name","size":10}`)
	f.Fuzz(func(t *testing.T, raw string) {
		var q Query
		if json.Unmarshal([]byte(raw), &q) != nil {
			return
		}
		q, _ = q.Canonical()
		checkCanonical(t, q)
	})
}
