package search

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Dusty_Rhodes_Phrase_07_Am_92.wav": "dusty rhode phrase 07 am 92 wav",
		"TR808Kick":                        "tr 808 kick",
		"808s & 909s":                      "808 909",
		"DustyRhodes":                      "dusty rhode",
		"DnB LoFi HiHat":                   "dnb lofi hihat",
		"Café Ströme Łódź":                 "cafe strome lodz",
		"F#m C# bb":                        "f#m c# bb",
		"C#3 128bpm":                       "c# 3 128 bpm",
		"Kicks Basses Melodies Bass Brass": "kick bass melody bass brass",
		"don't rock’n’roll":                "dont rocknroll",
		"低音 드럼 Бас":                        "低音 드럼 бас",
		"?! _ -":                           "",
		strings.Repeat("x", 300):           strings.Repeat("x", 64),
	} {
		if got := strings.Join(Words(in), " "); got != strings.Join(Words(want), " ") && got != want {
			t.Errorf("Words(%q) = %q, want %q", in, got, want)
		}
	}
}

func groupsText(groups []AnyOf) string {
	var out []string
	for _, g := range groups {
		var phrases []string
		for _, p := range g {
			phrases = append(phrases, p.key())
		}
		out = append(out, strings.Join(phrases, "/"))
	}
	return strings.Join(out, "; ")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"gtr":                   "gtr/guitar",
		"guitars":               "guitar/gtr",
		"r n b vinyl":           "r n b/rnb/r b/rhythm and blue; vinyl",
		"TR808":                 "tr 808",
		"tr 808":                "tr; 808",
		"colors and gtr":        "color/colour; gtr/guitar",
		"the":                   "the",
		"warm warm":             "warm",
		"!!":                    "",
		`"gtr" warm`:            "gtr; warm",
		`"lo fi" "the gtr" dry`: "lo fi; the gtr; dry",
		"a minor":               "a minor/am/a min/amin/aminor/key of am/key of a minor",
		"D# minor pad":          "d# minor/ebm/eb minor/eb min/ebmin/ebminor/key of ebm/key of eb minor/d#m/d# min/d#min/d#minor/key of d#m/key of d# minor; pad",
	} {
		if got := groupsText(Groups(in)); got != want {
			t.Errorf("Groups(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUnwanted(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"guitars": "guitar/gtr", "warm pads": "warm pad", "?": ""} {
		got := ""
		if words := Unwanted(in); len(words) > 0 {
			got = groupsText([]AnyOf{words})
		}
		if got != want {
			t.Errorf("Unwanted(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Kick_01": "kick 01|kick", "Dusty_Rhodes_Phrase_07_Am_92": "dusty rhode phrase 07 am 92|dusty rhode phrase", "Kick": "kick", "01": "01", "": "",
	} {
		if got := strings.Join(Whole(Words(in)), "|"); got != want {
			t.Errorf("Whole(%q) = %q, want %q", in, got, want)
		}
	}
}

// Every member of a synonym group finds every other one.
func TestSynonymsAreMutual(t *testing.T) {
	t.Parallel()
	for _, group := range synonymGroups {
		for _, asked := range group {
			for _, written := range group {
				p := Plan{Kind: KindSound, In: TextAll, Words: Groups(asked)}
				d := Document{Kind: KindSound, Text: map[string]string{TextAll: WordText("loud " + written + " x")}}
				if !p.Matches(d) {
					t.Errorf("%q does not find %q", asked, written)
				}
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("Dusty_Rhodes_Phrase_07_Am_92.wav")
	f.Add("C#3’s ﬁ Ⅷ \xff\u0301")
	f.Add(strings.Repeat("0", 152) + "\xf1â ")
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range Words(text) {
			if w == "" || len(w) > maxWordBytes || strings.ContainsAny(w, " \t\n|") {
				t.Fatalf("word %q of %q", w, text)
			}
		}
		// What was written whole is found whole.
		if words := Words(text); len(words) > 0 && len(words) < 50 {
			p := Plan{Kind: KindSound, In: TextAll, Words: Groups(text)}
			d := Document{Kind: KindSound, Text: map[string]string{TextAll: WordText(text)}}
			if !p.Matches(d) {
				t.Fatalf("%q does not find itself: %v in %q", text, p.Words, d.Text[TextAll])
			}
		}
	})
}
