package searchtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
)

func typed(t *testing.T, text string) api.Query {
	t.Helper()
	q, err := api.ParseLanguage(text)
	must(t, err)
	return q
}

// wordsAndPhrases says in the language of the box what is found.
func wordsAndPhrases(t *testing.T, b search.Backend, _ Features) {
	serve(
		t, b,
		Sound("kick", 1).Named("Kick_Dusty_01.wav").Type("one-shot").Tags("tape").Description("Vocals, hats and a rainy night").Doc(),
		Sound("hat", 1).Named("Hi_Hat_Open.wav").Type("one-shot").Tags("dusty").Genre("techno").Description("Kicks, snares and hats").Doc(),
		Sound("vox", 1).Named("Vox_Chop_Am.wav").Key("Am").Tempo(88).Description("Rainy night").Doc(),
		Sound("pad", 1).Named("Warm_Pad_C.wav").Key("C").Tempo(174).Format("flac").Doc(),
		Sound("keys", 1).Named("Keys_Loop_F#m.wav").Key("F#m").Tempo(120).Doc(),
	)
	for query, want := range map[string]string{
		`"hi hat"`:                    "hat",
		`"hat hi"`:                    "",
		`"hihat"`:                     "", // in quotation marks words mean themselves alone
		"hihat":                       "hat",
		"chop":                        "vox",
		"vocal":                       "vox",
		"-vocal":                      "hat keys kick pad", // neither by another word
		"-vox loop":                   "keys pad",
		`-"hi hat" one-shot`:          "kick",
		"-nothing":                    "hat keys kick pad vox",
		"-tag:dusty type:one-shot":    "kick",
		"-genre:techno -key:Am":       "keys kick pad",
		"-format:flac -type:one-shot": "keys vox",
		"rainy":                       "", // a description alone is no sound
		"rainy night":                 "",
		"rainy chop":                  "",
		"kick":                        "kick",
		"key:C":                       "pad",
		"key:C+":                      "pad vox",
		"key:8A+":                     "pad vox",
		"-key:C key:C+":               "vox",
		"a minor":                     "vox",
		"c major":                     "pad",
		"gb minor":                    "keys",
		"bpm:87~":                     "pad", // 174; 88 is another tempo
		"bpm:120":                     "keys",
		"bpm:<100":                    "vox",
	} {
		wanted := strings.Fields(want)
		for i := range wanted {
			wanted[i] = "s-" + wanted[i]
		}
		equal(t, query, found(t, b, search.KindSound, typed(t, query)), wanted)
	}
	s := search.NewSearcher(b, &search.Pressure{})
	for query, want := range map[string]string{
		"rainy chop":       "vox kick", // the second has no chop
		"rainy":            "kick vox",
		"rainy -kick":      "vox",
		"closed zither":    "",
		"vox zither":       "vox kick",
		"type:loop zither": "",
	} {
		answer, err := s.Search(ctxFor(t), typed(t, query))
		must(t, err)
		equal(t, query+": found", answer.Total, int64(0))
		equal(t, query+": comes near", strings.Join(soundNames(t, answer.Sounds), " "), want)
	}
	typing := typed(t, "tape ki")
	typing.Typing = true
	equal(t, "while typing", found(t, b, search.KindSound, typing), []string{"s-kick"})
	typing.Typing = false
	equal(t, "when typed", found(t, b, search.KindSound, typing), []string{})
}

// relevance: what fits best comes first, and popularity never hides an exact name.
func relevance(t *testing.T, b search.Backend, _ Features) {
	serve(
		t, b,
		Sound("exact", 1).Named("Dusty_Rhodes_03_Am.wav").Doc(),
		Sound("inorder", 1).Named("Long_Dusty_Rhodes_Phrase.wav").Popularity(30).Doc(),
		Sound("both", 1).Named("Rhodes_Very_Dusty.wav").Popularity(40).Doc(),
		Sound("tag", 1).Named("Rhodes_Chord.wav").Tags("dusty").Popularity(1e6).Doc(),
		Sound("loved", 1).Named("Rhodes_Stab.wav").Tags("dusty").Popularity(2e6).Doc(),
		Sound("told", 1).Named("Rhodes_Told.wav").Description("dusty").Popularity(1e6).Doc(),
		Sound("other", 1).Named("Electric_Piano_Dusty.wav").Doc(),
	)
	page, err := search.One(b.Search(ctxFor(t), plan(t, search.KindSound, typed(t, "dusty rhodes"))))
	must(t, err)
	equal(t, "order", ids(page), []string{"s-exact", "s-inorder", "s-both", "s-loved", "s-tag", "s-other"})
}

// orders that need more than a stored number.
func orders(t *testing.T, b search.Backend, _ Features) {
	serve(
		t, b,
		Sound("a", 1).Tempo(90).Bought(2).Doc(),
		Sound("b", 1).Tempo(95).Bought(9).Doc(),
		Sound("c", 1).Doc(),
		Sound("d", 1).Tempo(88).Bought(9).Popularity(3).Doc(),
	)
	for query, want := range map[string]string{
		"near:91":           "[s-a s-d s-b s-c]",
		"sort:near bpm:94-": "[s-b]",
		"sort:bought":       "[s-d s-b s-a s-c]",
	} {
		p := plan(t, search.KindSound, typed(t, query))
		p.Size = 1
		var got []string
		for _, h := range walk(t, b, p) {
			got = append(got, h.ID)
		}
		equal(t, query, fmt.Sprint(got), want)
	}
}

// groups are compared with what the documents themselves say.
func groups(t *testing.T, b search.Backend, _ Features) {
	docs := Random(rand.New(rand.NewPCG(3, 4)), 200) //nolint:gosec // test data
	serve(t, b, docs...)
	s := search.NewSearcher(b, &search.Pressure{})
	for _, query := range []string{"group:pack", "group:pack loud", "group:pack sort:newest genre:house,techno", "group:pack near:100", "group:pack sort:price -tag:dark", "group:pack zither"} {
		q := typed(t, query)
		p := plan(t, search.KindSound, q)
		var fits []search.Document
		for _, d := range docs {
			if p.Matches(d) {
				fits = append(fits, d)
			}
		}
		slices.SortFunc(fits, func(a, b search.Document) int { return compare(p, a, b) })
		var want, got []string
		at := map[string]int{}
		counts := map[string]int{}
		for _, d := range fits {
			counts[d.PackID]++
			i, ok := at[d.PackID]
			if !ok {
				i = len(want)
				at[d.PackID] = i
				want = append(want, d.PackID)
			}
			if counts[d.PackID] <= api.GroupSounds {
				want[i] += " " + d.ID[2:]
			}
		}
		for i := range want {
			want[i] += fmt.Sprint(" of ", counts[strings.Fields(want[i])[0]])
		}
		q.Size = 7
		for range 10 {
			answer, err := s.Search(ctxFor(t), q)
			must(t, err)
			equal(t, query+": sounds", answer.Total, int64(len(fits)))
			equal(t, query+": packs", answer.GroupsTotal, int64(len(want)))
			for _, g := range answer.Groups {
				var pack struct{ ID string }
				decode(t, g.Pack, &pack)
				got = append(got, strings.TrimSpace(pack.ID+" "+strings.Join(soundNames(t, g.Sounds), " "))+fmt.Sprint(" of ", g.Count))
			}
			if q.Cursor = answer.Next; q.Cursor == "" {
				break
			}
		}
		equal(t, query, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func moreLikeThis(t *testing.T, b search.Backend, _ Features) {
	docs := []search.Document{
		Sound("here", 1).Features("3", 0.5, 0.5).Doc(),
		Sound("near", 1).Features("3", 0.5, 0.4).Genre("techno").Doc(),
		Sound("twin", 1).Features("3", 0.5, 0.5).Named("twin.flac").Doc(),
		Sound("far", 1).Features("3", -1, -1).Doc(),
		Sound("middle", 1).Features("3", 0, 0).Doc(),
		Sound("otherwise", 1).Features("4", 0.5, 0.5).Doc(),
		Sound("unmeasured", 1).Doc(),
		Sound("zero", 1).Features("3", 0).Doc(),
	}
	for i := range 150 {
		docs = append(docs, Sound(fmt.Sprintf("many%03d", i), 1).Genre("noise").Features("9", float32(i)/1000).Doc())
	}
	serve(t, b, docs...)
	s := search.NewSearcher(b, &search.Pressure{})
	for query, want := range map[string]string{
		"like:here":               "twin near middle zero far",
		"like:here genre:techno":  "near",
		"like:here -genre:techno": "twin middle zero far",
		"like:here twin":          "twin",
		"like:otherwise":          "",
		"like:unmeasured":         "",
		"like:none":               "",
	} {
		answer, err := s.Search(ctxFor(t), typed(t, query))
		must(t, err)
		equal(t, query, strings.Join(soundNames(t, answer.Sounds), " "), want)
		equal(t, query+": total", answer.Total, int64(len(strings.Fields(want))))
	}
	q := typed(t, "like:many000")
	q.Size = 30
	var all []string
	for range 5 {
		answer, err := s.Search(ctxFor(t), q)
		must(t, err)
		equal(t, "the nearest of many", answer.Total, int64(api.MaxLike))
		all = append(all, soundNames(t, answer.Sounds)...)
		if q.Cursor = answer.Next; q.Cursor == "" {
			break
		}
	}
	equal(t, "all pages", len(all), api.MaxLike)
	equal(t, "nearest first", all[0]+" "+all[99], "many001 many100")
	write(t, b, Gone("s-near", 2))
	answer, err := s.Search(ctxFor(t), typed(t, "like:here"))
	must(t, err)
	equal(t, "without what is withdrawn", strings.Join(soundNames(t, answer.Sounds), " "), "twin middle zero far")
}

func spelling(t *testing.T, b search.Backend, _ Features) {
	var docs []search.Document
	for i := range 12 {
		docs = append(docs, Sound(fmt.Sprintf("%02d", i), 1).Named(fmt.Sprintf("Rhodes_Chord_%02d.wav", i)).Doc())
	}
	docs = append(docs, Sound("m", 1).Named("Marimba_Kalimbaesque.wav").Doc(), Sound("t", 1).Named("Rhoden_Thing.wav").Doc(), Sound("s", 1).Named("Night_Bus_Moonlight.wav").Doc())
	serve(t, b, docs...)
	known, err := b.Spell(ctxFor(t), []search.Unsure{{Word: "rhode", Edits: 0}, {Word: "rohde", Edits: 1}, {Word: "marimbb", Edits: 1}, {Word: "xyzzy", Edits: 2}})
	must(t, err)
	equal(t, "count of a word", known[0].Count, 12)
	equal(t, "count of none", known[1].Count, 0)
	for i, want := range []string{"", "rhode", "marimba", ""} {
		got := slices.ContainsFunc(known[i].Near, func(b search.Bucket) bool { return b.Value == want })
		if want != "" && !got || want == "" && len(known[i].Near) > 0 {
			t.Fatalf("near words of word %d are %v, want %q", i, known[i].Near, want)
		}
	}
	s := search.NewSearcher(b, &search.Pressure{})
	for _, row := range []struct {
		query, meant string
		typos        bool
		total        int64
	}{
		{"rhodes", "", false, 12},
		{"rhoeds", "rhode", true, 12},
		{"rhodse chord", "rhode chord", true, 12},
		{"rhodse chrod", "rhode chord", true, 12},
		{"rhoden", "rhode", false, 1}, // it is there, but something else was likely meant
		{"marinba", "marimba", true, 1},
		{"kalimbaesk", "", false, 0}, // three letters are too many
		{"kalimbaesqe", "kalimbaesque", true, 1},
		{"rhx", "", false, 0},        // too short to tell
		{"rhaed", "rhode", true, 12}, // as it is heard
		{"khaed", "", false, 0},      // the first letter is rarely wrong
		{"moon light", "moonlight", true, 1},
		{"nightbus", "night bus", true, 1},
		{`"rhoeds"`, "", false, 0}, // in quotation marks words mean themselves
		{"rhoeds genre:techno", "", false, 0},
	} {
		q := typed(t, row.query)
		q.Size = 5
		answer, err := s.Search(ctxFor(t), q)
		must(t, err)
		meant := ""
		if answer.DidYouMean != nil {
			meant = answer.DidYouMean.Words
		}
		equal(t, row.query, fmt.Sprint(meant, " ", answer.Typos, " ", answer.Total), fmt.Sprint(row.meant, " ", row.typos, " ", row.total))
		equal(t, row.query+": its query", answer.Query.Words, q.Words)
	}
	q := typed(t, "rhoeds")
	q.Size = 5
	var all []string
	for range 4 {
		answer, err := s.Search(ctxFor(t), q)
		must(t, err)
		all = append(all, soundNames(t, answer.Sounds)...)
		if q.Cursor = answer.Next; q.Cursor == "" {
			break
		}
	}
	slices.Sort(all)
	equal(t, "pages of another spelling", len(slices.Compact(all)), 12)
}

func whatToLoosen(t *testing.T, b search.Backend, _ Features) {
	serve(
		t, b,
		Sound("a", 1).Named("Kick.wav").Tempo(96).Key("C").Doc(),
		Sound("b", 1).Named("Kick.wav").Tempo(180).Key("C").Doc(),
		Sound("c", 1).Named("Snare.wav").Tempo(90).Key("Am").Doc(),
	)
	s := search.NewSearcher(b, &search.Pressure{})
	for query, want := range map[string]string{
		"kick bpm:89-91":      "tempo 2, half_double 1, tempo_wider 83-97 1, words 1",
		"snare key:Em":        "key 1, key_fits 1, words 0",
		"snare key:C":         "words 2, key 1, key_fits 1",
		"kick -sound -kick":   "not 2, words 1",
		`kick "snare" bpm:90`: "words 1, words kick 1",
	} {
		answer, err := s.Search(ctxFor(t), typed(t, query))
		must(t, err)
		var got []string
		for _, l := range answer.Loosen {
			got = append(got, strings.TrimSpace(strings.TrimSpace(l.Drop+" "+l.Value)+fmt.Sprint(" ", l.Count)))
			other, err := s.Search(ctxFor(t), l.Query)
			must(t, err)
			equal(t, query+" loosened by "+l.Drop, other.Total, l.Count)
		}
		wanted := slices.DeleteFunc(strings.Split(want, ", "), func(w string) bool { return strings.HasSuffix(w, " 0") })
		slices.Sort(got)
		slices.Sort(wanted)
		equal(t, query, got, wanted)
	}
}

func suggestions(t *testing.T, b search.Backend, _ Features) {
	pack := Sound("p", 1).Named("Dusty Keys").Tags("dusty keys")
	pack.kind = search.KindPack
	serve(
		t, b,
		Sound("a", 1).Named("Dusty_Kick.wav").Tags("dusty").Doc(),
		Sound("b", 1).Named("Dusty_Keys_Chord.wav").Popularity(5).Tags("dusty", "dusty keys").Doc(),
		Sound("c", 1).Named("Kick_Dusk.wav").Tags("kick").Doc(),
		pack.Doc(),
	)
	s := search.NewSearcher(b, &search.Pressure{})
	for query, want := range map[string]string{
		"dust":     "b a | p | dusty 2 dusty keys 1",
		"Dusty k":  "b a | p | dusty keys 1",
		"kick dus": "c a |  | ",
		"zz":       " |  | ",
		"?":        " |  | ",
	} {
		got, err := s.Suggest(ctxFor(t), query, 5)
		must(t, err)
		var sounds, packs, tags []string
		for _, s := range got.Sounds {
			sounds = append(sounds, s.ID)
		}
		for _, p := range got.Packs {
			packs = append(packs, p.ID)
		}
		for _, t := range got.Tags {
			tags = append(tags, fmt.Sprint(t.Value, " ", t.Count))
		}
		if query == "kick dus" { // equally popular: by their time, then by id
			slices.Reverse(sounds)
		}
		equal(t, query, strings.Join(sounds, " ")+" | "+strings.Join(packs, " ")+" | "+strings.Join(tags, " "), want)
	}
}
