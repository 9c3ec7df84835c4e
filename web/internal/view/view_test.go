package view

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

func TestSplitNameKeepsTheEnding(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Name, Head, Tail string }
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if head, tail := SplitName(r.Name); head != r.Head || tail != r.Tail {
			t.Errorf("SplitName(%q) = %q, %q; want %q, %q", r.Name, head, tail, r.Head, r.Tail)
		}
	}
}

func FuzzSplitNameLosesNothing(f *testing.F) {
	f.Add("a_b_c.wav")
	f.Add(strings.Repeat("é", 50))
	f.Fuzz(func(t *testing.T, name string) {
		head, tail := SplitName(name)
		if want := strings.ToValidUTF8(name, "\uFFFD"); strings.ToValidUTF8(head+tail, "\uFFFD") != want && len([]rune(head+tail)) != len([]rune(name)) {
			t.Errorf("%q became %q + %q", name, head, tail)
		}
	})
}

func TestWavePathHas96BarsInsideItsBox(t *testing.T) {
	t.Parallel()
	for name, levels := range map[string][]byte{"silence": make([]byte, 96), "none": nil, "full": []byte(strings.Repeat("\xff", 96)), "fine": make([]byte, 2000)} {
		p := WavePath(levels)
		if got := strings.Count(p, "v"); got != 96 {
			t.Errorf("%s: %d bars", name, got)
		}
		if len(p) > 96*9 {
			t.Errorf("%s: %d bytes", name, len(p))
		}
	}
	if p := WavePath([]byte(strings.Repeat("\xff", 96))); !strings.HasPrefix(p, "M1 0v32m3-32v32") {
		t.Errorf("full scale is drawn as %s", p[:30])
	}
}

func TestRowPrices(t *testing.T) {
	t.Parallel()
	c, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := c.Match("en")
	eur := func(n int64) *api.Money { return &api.Money{Amount: n, Currency: "EUR"} }
	pack := api.PackRef{ID: "p", Price: api.Money{Amount: 1200, Currency: "EUR"}}
	for name, row := range map[string]struct {
		in         api.SoundRow
		kind, text string
	}{
		"single":    {api.SoundRow{ID: "s", Price: eur(80), Pack: pack}, "buy", "0.80\u00a0€"},
		"free":      {api.SoundRow{ID: "s", Price: eur(0), Pack: pack}, "buy", "Free"},
		"pack only": {api.SoundRow{ID: "s", Pack: pack}, "pack", "Pack 12\u00a0€"},
		"owned":     {api.SoundRow{ID: "s", Price: eur(80), Pack: pack, Marks: api.Marks{Owned: true, InCart: true}}, "owned", "0.80\u00a0€"},
		"in cart":   {api.SoundRow{ID: "s", Price: eur(80), Pack: pack, Marks: api.Marks{InCart: true}}, "cart", "0.80\u00a0€"},
		"gone":      {api.SoundRow{ID: "s", Price: eur(80), Pack: pack, Gone: "withdrawn"}, "gone", "Not sold"},
	} {
		if got := NewSoundRow(l, row.in).Price; got.Kind != row.kind || got.Text != row.text {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"12": 1200, "12.8": 1280, "12,80 €": 1280, "0": 0, ".5": 50} {
		if m, err := ParseMoney(text, "EUR"); err != nil || m.Amount != want {
			t.Errorf("%q: %v %v", text, m, err)
		}
	}
	for _, text := range []string{"", "-1", "1.234", "1e9", "twelve", "1.2.3", "99999999999", "."} {
		if m, err := ParseMoney(text, "EUR"); err == nil {
			t.Errorf("%q was read as %v", text, m)
		}
	}
}

func TestMessagesOfAFormFollowItsFields(t *testing.T) {
	t.Parallel()
	c, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := c.Match("en")
	form := Form{Summary: l.N("form.check", 4), Errors: []FieldError{{Name: "password", Text: "p"}, {Name: "elsewhere", Text: "x"}, {Name: "name", Text: "n"}, {Name: "email", Text: "e"}}}
	got := form.Without(l, "name").For([]Input{{Name: "email", Label: "E-mail"}, {Name: "name", Label: "Name"}, {Name: "password", Label: "Password"}})
	want := []FieldError{{Name: "email", Label: "E-mail", Text: "e"}, {Name: "password", Label: "Password", Text: "p"}, {Name: "elsewhere", Text: "x"}}
	if !slices.Equal(got.Errors, want) {
		t.Errorf("errors %v, want %v", got.Errors, want)
	}
	if got.Summary != l.N("form.check", 3) {
		t.Errorf("summary %q counts a message that is not there", got.Summary)
	}
	only := Form{Summary: "s", Errors: []FieldError{{Name: "name", Text: "n"}}}
	if left := only.Without(l, "name"); len(left.Errors) != 1 || left.Summary != "s" {
		t.Errorf("the only message was left out: %v", left)
	}
}

func TestReasonsReadWell(t *testing.T) {
	t.Parallel()
	c, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := c.Match("en")
	for _, tc := range []struct {
		reason api.Reason
		want   string
	}{
		{api.Reason{Kind: "same_genre", Title: "Dusty Keys"}, "Same genre as Dusty Keys"},
		{api.Reason{Kind: "same_feel", Title: "Dusty Keys"}, "Sounds like Dusty Keys"},
		{api.Reason{Kind: "same_tags", Title: "Dusty Keys"}, "Tagged like Dusty Keys"},
		{api.Reason{Kind: "bought_together", Title: "Dusty Keys", Count: 12}, "12 people tried this and Dusty Keys"},
		{api.Reason{Kind: "followed", Title: "Juno Reyes"}, "You follow Juno Reyes"},
		{api.Reason{Kind: "bought_together", Title: "Dusty Keys", Count: 1}, "One person tried this and Dusty Keys"},
		{api.Reason{Kind: "same_feel", Title: "keys_Am_92.wav", SoundID: "s"}, "Same tempo and key family"},
		{api.Reason{Kind: "rising", Count: 1}, "Tried by 1 person this week"},
		{api.Reason{Kind: "rising", Count: 7}, "Tried by 7 people this week"},
		{api.Reason{Kind: "new"}, "New this month"},
		{api.Reason{Kind: "taste"}, "People with a taste like yours tried this"},
		{api.Reason{Kind: "same_genre"}, ""}, // of a pack that is gone
		{api.Reason{Kind: "of_tomorrow", Title: "Dusty Keys"}, ""},
	} {
		if got := reason(l, &tc.reason); got != tc.want {
			t.Errorf("%+v reads %q, want %q", tc.reason, got, tc.want)
		}
	}
}
