package pages

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/view"
)

func low(f float64) *float64 { return &f }

func TestWhatCannotBeReadIsMarkedAtItsPlace(t *testing.T) {
	t.Parallel()
	typed := "dusty bpm:fäst gnre:house “open"
	at := func(part string) (from, to int) {
		from = len([]rune(typed[:strings.Index(typed, part)]))
		return from, from + len([]rune(part))
	}
	problem := func(part, field, reason string, hint bool) api.QueryProblem {
		from, to := at(part)
		return api.QueryProblem{Field: field, Reason: reason, Detail: "write it otherwise", Hint: hint, From: from, To: to}
	}
	v := searchView(english(t), api.Search{
		Typed: typed, Words: "dusty", Box: "dusty bpm:fäst", Canonical: "q=dusty+bpm%3Af%C3%A4st&type=loop",
		Problems: []api.QueryProblem{
			problem("fäst", "tempo", "not_a_number", false), problem("gnre:house", "q", "unknown_field", true), problem("“open", "q", "unclosed_quote", true),
			{Field: "price", Reason: "unknown", Detail: "this range is not known"},
			{Field: "near", Reason: "no_value", Detail: "say which tempo"},
		},
	}, url.Values{})
	var marked []string
	whole := ""
	for _, e := range v.Echo {
		whole += e.Text
		if e.Number > 0 {
			marked = append(marked, e.Text)
		}
	}
	if whole != typed || !slices.Equal(marked, []string{"fäst", "gnre:house", "“open"}) {
		t.Errorf("the echo says %q, marked %q", whole, marked)
	}
	if len(v.Mistakes) != 4 || v.Mistakes[0].Text != "Write it otherwise" || v.Mistakes[0].Hint || !v.Mistakes[1].Hint || v.Mistakes[3].Number != 0 ||
		v.Mistakes[2].Text != "The quotation mark is not closed, so all behind it counts as one phrase" {
		t.Errorf("%+v", v.Mistakes)
	}
	if v.Forget != "/search?q=dusty&type=loop" {
		t.Errorf("without it: %s", v.Forget)
	}
}

func TestFormsOfASearchCarryTheWholeOfIt(t *testing.T) {
	t.Parallel()
	const address = "ai=no&format=flac&group=pack&key=Am&like=s1&not=vocal&not_tag=noise&pack=p1&price_max=5&q=dusty&sort=newest&tag=gone&tag=warm&tempo_min=80&type=loop"
	v := searchView(english(t), api.Search{
		Canonical: address, Words: "dusty", Filters: api.SearchFilters{TempoMin: low(80), NoAI: true},
		Facets: []api.Facet{
			{Name: "type", Values: []api.FacetValue{{Value: "loop", Count: 3, Selected: true}, {Value: "one-shot", Count: 2}}},
			{Name: "key", Values: []api.FacetValue{{Value: "Am", Label: "Am", Camelot: "8A", Count: 3, Selected: true}}},
			{Name: "tag", Values: []api.FacetValue{{Value: "warm", Count: 3, Selected: true}}},
			{Name: "price", Values: []api.FacetValue{{Value: "to-5", Count: 3, Min: "1.01", Max: "5.00"}}},
		},
	}, url.Values{})
	names := func(fields []view.Field) string {
		var out []string
		for _, f := range fields {
			out = append(out, f.Name+"="+f.Value)
		}
		slices.Sort(out)
		return strings.Join(out, "&")
	}
	if got := names(v.Hidden); got != "format=flac&group=pack&like=s1&not=vocal&not_tag=noise&pack=p1&q=dusty&tag=gone" {
		t.Errorf("the filter form carries %s", got)
	}
	if got := names(v.Keep); got != "ai=no&format=flac&group=pack&key=Am&not=vocal&not_tag=noise&pack=p1&price_max=5&sort=newest&tag=gone&tag=warm&tempo_min=80&type=loop" {
		t.Errorf("the search box carries %s", got)
	}
	one := v.Filters.Type.First[1]
	if one.Not == nil || one.Not.URL != "/search?"+strings.Replace(address, "not_tag=noise", "not_tag=noise&not_type=one-shot", 1) {
		t.Errorf("leaving one-shots out leads to %+v", one.Not)
	}
	if line := v.Filters.Price.Lines[0]; line.URL != "/search?"+strings.Replace(address, "price_max=5", "price_max=5.00&price_min=1.01", 1) || v.Filters.Price.Max != "5" {
		t.Errorf("%+v, up to %s", line, v.Filters.Price.Max)
	}
	if v.Filters.Keys == nil || len(v.Filters.Keys.Minor) != 1 || v.Filters.Keys.Minor[0].Camelot != "8A" || !v.Filters.NoAI.Selected {
		t.Errorf("%+v", v.Filters)
	}
}

func TestChipsInWords(t *testing.T) {
	t.Parallel()
	l := english(t)
	for _, tt := range []struct {
		chip api.Chip
		want string
	}{
		{api.Chip{Facet: "tempo", Value: "84-92"}, "84 to 92\u00a0BPM"},
		{api.Chip{Facet: "tempo", Value: "89.5-90.5"}, "90\u00a0BPM"},
		{api.Chip{Facet: "tempo", Value: "120-"}, "From 120\u00a0BPM"},
		{api.Chip{Facet: "length", Value: "-4"}, "Up to 4\u00a0s"},
		{api.Chip{Facet: "price", Value: "0-0"}, "Free"},
		{api.Chip{Facet: "price", Value: "0-1000"}, "Up to 10\u00a0€"},
		{api.Chip{Facet: "price", Value: "500-"}, "From 5\u00a0€"},
		{api.Chip{Facet: "words", Value: "hi hat", Not: true}, "“hi hat”"},
		{api.Chip{Facet: "key", Value: "F#m"}, "F♯m"},
		{api.Chip{Facet: "producer", Value: "marlow", Label: "Marlow Vint"}, "Marlow Vint"},
		{api.Chip{Facet: "producer", Value: "marlow", Label: "marlow"}, "@marlow"},
		{api.Chip{Facet: "like", Value: "s1", Label: "Dusty_01.wav"}, "Like Dusty_01.wav"},
		{api.Chip{Facet: "pack", Value: "p1", Label: "p1"}, "In one pack"},
		{api.Chip{Facet: "format", Value: "wav", Label: "wav"}, "WAV"},
	} {
		if got := chipText(l, tt.chip); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.chip, got, tt.want)
		}
	}
}
