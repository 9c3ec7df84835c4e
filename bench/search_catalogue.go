package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"crateful.dev/models/events"
)

// invented is a catalogue of packs of twenty sounds as producers name them, without audio. Pack n is the same every time.
type invented struct{}

// style is a genre with its usual tempo in beats per minute.
type style struct {
	slug      string
	low, high int
}

var (
	styles = []style{
		{"house", 120, 128},
		{"techno", 126, 140},
		{"drum-and-bass", 168, 178},
		{"hip-hop", 78, 96},
		{"trap", 130, 150},
		{"lo-fi", 70, 90},
		{"ambient", 60, 110},
		{"dubstep", 138, 144},
		{"funk", 96, 116},
		{"jazz", 80, 140},
		{"synthwave", 80, 118},
		{"reggaeton", 88, 100},
	}
	moods = strings.Fields(`dusty warm deep dark bright broken faded lost golden velvet iron paper hollow neon frozen lazy midnight summer winter
		electric quiet heavy silver rusty smoky crystal distant endless analog tape vinyl raw soft wide tiny giant slow fast hidden secret`)
	things = strings.Fields(`rhodes river garden engine city signal harbour mirror tower machine forest desert planet window basement attic
		cassette station street ocean mountain temple circuit satellite horizon shadow lantern railway kitchen factory cathedral motel highway`)
	voices = []struct {
		instrument, short string
		loop              bool
	}{
		{"kick", "Kick", false},
		{"snare", "Snare", false},
		{"hihat", "HiHat", false},
		{"clap", "Clap", false},
		{"percussion", "Perc", false},
		{"cymbal", "Crash", false},
		{"fx", "FX", false},
		{"drums", "Drum_Loop", true},
		{"drums", "Top_Loop", true},
		{"percussion", "Perc_Loop", true},
		{"bass", "Bass_Loop", true},
		{"bass", "808", false},
		{"keys", "Rhodes_Chords", true},
		{"keys", "Piano_Loop", true},
		{"synth", "Synth_Lead", true},
		{"synth", "Pad", true},
		{"synth", "Arp", true},
		{"guitar", "Guitar_Lick", true},
		{"vocal", "Vox_Chop", false},
		{"vocal", "Vocal_Phrase", true},
		{"strings", "Strings", true},
		{"brass", "Horn_Stab", false},
	}
	soundTags = strings.Fields(`punchy clean dirty saturated wet dry wide mono stereo short long filtered reversed layered acoustic electronic live
		processed lofi hifi crunchy airy tight boomy swing straight triplet groovy melodic percussive`)
	keysOfSongs = strings.Fields("C Cm Db C#m D Dm Eb Ebm E Em F Fm F# F#m G Gm Ab G#m A Am Bb Bbm B Bm")
	formats     = []string{"wav", "wav", "wav", "aiff", "flac"}
)

const producersInvented = 400

// listing is pack n.
func (invented) listing(n int) events.Listing {
	r := rand.New(rand.NewPCG(uint64(n), 0x63726174)) //nolint:gosec // the same every time
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	of, who := styles[r.IntN(len(styles))], r.IntN(producersInvented)
	mood, thing := pick(moods), pick(things)
	title := fmt.Sprintf("%s %s %s", capital(mood), capital(thing), capital(strings.ReplaceAll(of.slug, "-", " ")))
	published := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%900_000) * time.Minute)
	out := events.Listing{
		ID: uuid(n), Slug: fmt.Sprintf("%s-%s-%d", mood, thing, n), Title: title, Genre: of.slug, Tags: []string{mood, thing},
		Description: fmt.Sprintf("A %s collection of %s sounds, recorded in a %s. Loops and one-shots for %s between %d and %d BPM.",
			mood, pick(moods), thing, of.slug, of.low, of.high),
		Producer: events.Producer{ID: uuid(1_000_000_000 + who), Handle: fmt.Sprintf("%s-%d", things[who%len(things)], who), Name: fmt.Sprintf("%s %s", capital(moods[who%len(moods)]), capital(things[who%len(things)]))},
		Price:    events.Money{Amount: int64(r.IntN(60)) * 50, Currency: "EUR"}, Licence: "standard", MadeWithAI: r.IntN(20) == 0,
		CoverKey: fmt.Sprintf("covers/%064x", n), EditionID: uuid(2_000_000_000 + n), Edition: 1, SizeBytes: 20 << 20,
		PublishedAt: published, UpdatedAt: published, Bought: int64(r.IntN(500)), Popularity: float64(r.IntN(200)) / 8,
	}
	if out.Price.Amount > 0 && out.Price.Amount < 50 {
		out.Price.Amount = 50
	}
	tempo := of.low + r.IntN(of.high-of.low+1)
	for i := range soundsPerPack {
		voice, key := voices[r.IntN(len(voices))], pick(keysOfSongs)
		id := n*soundsPerPack + i
		s := events.Sound{
			ID: uuid(3_000_000_000 + id), Folder: strings.Split(voice.short, "_")[0], Type: "one-shot", Instrument: voice.instrument, Tags: []string{pick(soundTags), mood},
			Frames: int64(12_000 + r.IntN(90_000)), SampleRateHz: 48000, Channels: 2, BitDepth: 24, Format: pick(formats), SizeBytes: 576044,
			SHA256: fmt.Sprintf("%064x", id), LoudnessLUFS: -20 + 10*r.Float64(), TruePeakDBTP: -1, PreviewKey: fmt.Sprintf("previews/%064x/1.mp3", id),
			Waveform: make([]byte, 96), Features: make([]float32, 32), FeatureVersion: 1, Popularity: float64(r.IntN(200)) / 8,
		}
		s.Name = fmt.Sprintf("%s_%s_%s_%02d.%s", capital(mood), capital(thing), voice.short, i+1, s.Format)
		if voice.loop {
			s.Type, s.Key, s.TempoBPM = "loop", key, float64(tempo)
			s.Frames = int64(4 * 4 * 60 * 48000 / tempo) // four bars
			s.Name = fmt.Sprintf("%s_%s_%s_%d_%s.%s", capital(mood), capital(thing), voice.short, tempo, key, s.Format)
		}
		if r.IntN(3) > 0 && out.Price.Amount > 0 {
			s.Price = &events.Money{Amount: 50 + int64(r.IntN(4))*25, Currency: "EUR"}
		}
		for k := range s.Waveform {
			s.Waveform[k] = byte(r.IntN(256))
		}
		for k := range s.Features {
			s.Features[k] = float32(2*r.Float64() - 1)
		}
		out.Sounds = append(out.Sounds, s)
	}
	return out
}

// message is the event that published pack n.
func (c invented) message(n int, at time.Time) ([]byte, error) {
	envelope, err := events.New(uuid(4_000_000_000+n), uuid(n), 1, at, "", events.PackPublishedV1{Pack: c.listing(n), RemovedSoundIDs: []string{}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
