package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

func TestParseKey(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Am": "Am", "a minor": "Am", "C": "C", "c maj": "C", "F#": "F#", "f♯m": "F#m", "Bb": "Bb", "bbmin": "Bbm", "Gbmaj": "Gb", "E M": "E", "D-": "Dm",
	} {
		if got, ok := ParseKey(in); !ok || got != want {
			t.Errorf("ParseKey(%q) = %q, %t; want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"H", "Am7", "A#b", "minor", "9", "♭"} {
		if got, ok := ParseKey(in); ok {
			t.Errorf("ParseKey(%q) = %q", in, got)
		}
	}
	if !sameKey("F#m", "Gbm") || !sameKey("B", "Cb") || sameKey("A", "Am") || sameKey("", "C") {
		t.Error("enharmonic keys are told apart wrongly")
	}
}

func TestSlugify(t *testing.T) {
	for in, want := range map[string]string{
		"Dusty Keys Vol. 2": "dusty-keys-vol-2", "  Größe & Maß ": "grosse-and-mass", "Café del Mar": "cafe-del-mar", "Don't Stop": "dont-stop", "太鼓": "", "—": "",
		"Ｆｕｌｌ Width": "full-width",
	} {
		if got := Slugify(in); got != want {
			t.Errorf("Slugify(%q) = %q, want %q", in, got, want)
		}
	}
	for _, title := range []string{"太鼓", "batch", "New", strings.Repeat("long ", 40), "01900000-0000-7000-8000-000000000000"} {
		for _, slug := range slugCandidates(title) {
			if slug == "" || len(slug) > 80 || slices.Contains(reservedSlugs, slug) || looksLikeID(slug) || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
				t.Errorf("%q gives the address %q", title, slug)
			}
		}
	}
}

func TestCleanTags(t *testing.T) {
	got, bad := CleanTags("tags", []string{"#Lo-Fi", "lo-fi", "  ", "Rhodes, Mk II", "ｄｅｅｐ", "R&B", "太鼓"})
	if want := []string{"lo-fi", "rhodes mk ii", "deep", "r&b", "太鼓"}; bad != nil || !slices.Equal(got, want) {
		t.Errorf("tags %q, %v; want %q", got, bad, want)
	}
}

func TestGuessInstrument(t *testing.T) {
	for in, want := range map[string]string{
		"Drums/Kick_01.wav": "kick", "Kicks/01.wav": "kick", "808 sub.wav": "bass", "a/b.wav": "", "Loops/Hats/top_120.wav": "drums", "snare12.wav": "snare",
		"drums/drum_snare_hard.wav": "snare", "drum_bass_soft.wav": "kick", "Bass Drum 3.wav": "kick", "drum_roll.wav": "drums", "hi-hat open.wav": "hat",
		"synth_bass_C.wav": "bass", "bass_synth.wav": "bass", "808_kick.wav": "kick", "bass_hit_c.wav": "bass", "Piano Tools/drums/loop_01.wav": "drums",
		"stab2_Am.wav": "synth", "Drum & Bass/Reese_174.wav": "bass", "Drum & Bass/pad.wav": "pad", "Drum'n'Bass/01.wav": "", "drum_and_bass_roll_kick.wav": "kick",
		"Drums and Bass/01.wav": "bass",
	} {
		if got := GuessInstrument(in); got != want {
			t.Errorf("GuessInstrument(%q) = %q, want %q", in, got, want)
		}
	}
}

func loop(path string, hints ...api.Hint) Sound {
	return Sound{
		ID: path, Path: path, PriceSet: PriceDefault, CreatedAt: time.Unix(1, 0), Facts: api.SoundFacts{
			FileFacts: api.FileFacts{SHA256: path}, Type: api.Guess{Value: TypeLoop, Confidence: 0.9}, Key: api.Guess{Value: "Am", Confidence: 0.6},
			Tempo: api.TempoGuess{BPM: 64, Confidence: 0.9}, Hints: hints,
		},
	}
}

func TestStatedBeforeNameBeforeMeasured(t *testing.T) {
	s := loop("a.wav")
	if v := s.shown(); v.tempo != 64 || v.tempoFrom != "measured" || v.tempoUnsure || v.key != "Am" || !v.keyUnsure {
		t.Errorf("measured: %+v", v)
	}
	s = loop("a_128_Cm.wav", api.Hint{From: "name", Field: "tempo", Value: "128"}, api.Hint{From: "name", Field: "key", Value: "c min"})
	if v := s.shown(); v.tempo != 128 || v.key != "Cm" || v.keyUnsure || v.tempoFrom != "producer" {
		t.Errorf("by its name: %+v", v)
	}
	if q := s.questions(); len(q) != 2 {
		t.Errorf("questions: %+v", q)
	}
	s.Stated.TempoBPM, s.Stated.Key = new(float64), new(string)
	if v := s.shown(); v.tempo != 0 || v.key != "" || v.keyFrom != "" || len(s.questions()) != 0 {
		t.Errorf("stated as none: %+v", v)
	}
	s = loop("a_120.wav", api.Hint{From: "name", Field: "tempo", Value: "120"})
	s.Facts.Tempo.Confidence = 0.3
	if v := s.shown(); v.tempo != 120 || len(s.questions()) != 0 {
		t.Errorf("a weak measurement contradicts: %+v %+v", v, s.questions())
	}
	s = loop("a.wav", api.Hint{From: "name", Field: "tempo", Value: "64.1"}, api.Hint{From: "name", Field: "key", Value: "nonsense"})
	if len(s.questions()) != 0 {
		t.Errorf("nearly the same is a question: %+v", s.questions())
	}
	s = loop("kick.wav")
	s.Facts.Type = api.Guess{Value: TypeOneShot, Confidence: 0.9}
	if v := s.shown(); v.kind != TypeOneShot || v.tempo != 0 {
		t.Errorf("a one-shot has a tempo: %+v", v)
	}
}

func TestPriceOfASound(t *testing.T) {
	hundred, own := int64(100), int64(50)
	p := &Pack{SoundPrice: &hundred}
	s := loop("a.wav")
	if m := s.price(p); m == nil || m.Amount != 100 {
		t.Errorf("default: %v", m)
	}
	if s.price(&Pack{}) != nil {
		t.Error("sold alone without a price")
	}
	s.PriceSet, s.Price = PriceOwn, &own
	if m := s.price(p); m.Amount != 50 {
		t.Errorf("own: %v", m)
	}
	if s.PriceSet = PricePack; s.price(p) != nil {
		t.Error("sold alone against the producer's will")
	}
}

func TestReplaceAll(t *testing.T) {
	for _, c := range []struct {
		s, find, replace string
		match            bool
		want             string
	}{
		{"Kick kick KICK", "kick", "x", false, "x x x"},
		{"Kick kick", "kick", "x", true, "Kick x"},
		{"aaa", "aa", "b", false, "ba"},
		{"Größe", "GRÖSSE", "x", false, "Größe"},
		{"ÄÖ", "äö", "", false, ""},
		{"abc", "abcd", "x", false, "abc"},
	} {
		if got := replaceAll(c.s, c.find, c.replace, c.match); got != c.want {
			t.Errorf("replaceAll(%q, %q, %q) = %q, want %q", c.s, c.find, c.replace, got, c.want)
		}
	}
}

// A full pack with the longest of everything either fits the event or is refused; the usual full pack fits with its features.
func TestAFullPackFitsTheEvent(t *testing.T) {
	price := int64(900)
	pack := func(name string, tags int) ([]Sound, *Pack) {
		sounds := make([]Sound, api.MaxPackSounds)
		for i := range sounds {
			s := loop(fmt.Sprintf("Folder of sounds/%s %04d.wav", name, i))
			s.Facts.Waveform, s.Facts.Features = make([]byte, 96), make([]float32, 32)
			for j := range s.Facts.Features {
				s.Facts.Features[j] = 0.12345678
			}
			s.Facts.SHA256, s.ID = strings.Repeat("a", 64), strings.Repeat("b", 36)
			s.Facts.PreviewKey = "previews/" + s.Facts.SHA256 + "/1.mp3"
			for j := range tags {
				s.Tags = append(s.Tags, fmt.Sprintf("%s%d", strings.Repeat("ä", 28), j))
			}
			sounds[i] = s
		}
		return sounds, &Pack{ID: strings.Repeat("c", 36), Title: "t", Price: &price}
	}
	sounds, p := pack("Kick heavy", 2)
	frozen, err := publish(p, Seller{}, nil, sounds)
	if err != nil || frozen.Listing.Sounds[0].Features == nil {
		t.Fatalf("a usual full pack: %v", err)
	}
	raw, err := json.Marshal(frozen.event(nil))
	if err != nil || len(raw) > maxEventBytes {
		t.Errorf("event of %d bytes, %v", len(raw), err)
	}
	sounds, p = pack(strings.Repeat("name ", 90), 15)
	if frozen, err = publish(p, Seller{}, nil, sounds); err != nil || frozen.Listing.Sounds[0].Features != nil {
		t.Errorf("a wordy full pack: %v", err)
	}
	sounds, p = pack(strings.Repeat("long name ", 50)+"/"+strings.Repeat("long name ", 23), 15)
	if _, err = publish(p, Seller{}, nil, sounds); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("too much for an event: %v", err)
	}
}

func TestChecklistDecidesTheState(t *testing.T) {
	price, no := int64(0), false
	p := &Pack{Title: "t", Description: "d", Genre: "techno", Price: &price, Licence: LicenceStandard, MadeWithAI: &no, Rights: &api.RightsKept{Version: Rights.Version}}
	sounds := []Sound{loop("a.wav")}
	ready := []api.Upload{{State: api.UploadReady, Purpose: "sound"}}
	state := func(uploads []api.Upload, questions []api.Question) api.PackState {
		return stateOf(Checklist(p, uploads, sounds, questions))
	}
	if got := state(ready, nil); got != api.PackReady {
		t.Errorf("everything done: %s", got)
	}
	if got := state(append(ready, api.Upload{State: api.UploadRefused}), nil); got != api.PackReady {
		t.Errorf("a refused file holds the others back: %s", got)
	}
	if got := state(append(ready, api.Upload{State: api.UploadChecking}), nil); got != api.PackChecking {
		t.Errorf("a file being checked: %s", got)
	}
	if got := state(ready, []api.Question{{}}); got != api.PackDraft {
		t.Errorf("an open question: %s", got)
	}
	p.Rights.Version = "older"
	if got := state(ready, nil); got != api.PackDraft {
		t.Errorf("another wording of the rights: %s", got)
	}
}
