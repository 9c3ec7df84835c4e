package local

import (
	"context"
	"log/slog"
	"path/filepath"

	"crateful.dev/local/internal/demo"
	"crateful.dev/local/internal/demo/covers"
	"crateful.dev/local/internal/demo/synth"
	"crateful.dev/models"
)

// Demo fills and empties the demo catalogue of one data folder.
type Demo = demo.Demo

// SignIn is an account for trying the site.
type SignIn = demo.SignIn

// Progress is how far seeding is.
type Progress = demo.Progress

// Demo opens the demo catalogue of this stack.
func (s *Stack) Demo() (*Demo, error) {
	return demo.Open(demo.Site{
		URL: s.url, State: filepath.Join(s.dir, demoFile), Log: s.log.With("part", "demo"),
		GrantAdmin: func(ctx context.Context, email string) error {
			return models.GrantAdmin(ctx, s.databaseURL(), email, true, s.log.With("service", "models"))
		},
	})
}

const demoFile = "demo.json"

// OpenDemo opens the demo catalogue of a stack that runs in another process on the same data folder.
func OpenDemo(dataDir string, log *slog.Logger) (*Demo, error) {
	running, err := FindRunning(dataDir)
	if err != nil {
		return nil, err
	}
	return demo.Open(demo.Site{URL: running.URL, State: filepath.Join(dataDir, demoFile), Log: log})
}

// SamplePack is a folder of synthesised sounds, as a producer would drop it. The same seed gives the same bytes.
type SamplePack struct {
	Files []SampleFile
	Tempo float64
	Key   string
	Cover []byte // PNG
}

// SampleFile is one file of it. Type, Key and TempoBPM are what the producer knows; empty for extras.
type SampleFile struct {
	Path     string
	Data     []byte
	Type     string // loop | one-shot
	Key      string
	TempoBPM float64
}

// SampleStyles lists the styles of NewSamplePack.
func SampleStyles() []string { return synth.Styles() }

// NewSamplePack synthesises a pack whose file names carry a word.
func NewSamplePack(style, word string, seed uint64) (SamplePack, error) {
	made, err := synth.Make(synth.Recipe{Style: style, Word: word, Seed: seed})
	if err != nil {
		return SamplePack{}, err
	}
	cover, err := covers.Draw(style, seed, 640)
	if err != nil {
		return SamplePack{}, err
	}
	out := SamplePack{Tempo: made.Tempo, Key: made.Key.String(), Cover: cover}
	for _, f := range made.Files {
		file := SampleFile{Path: f.Path, Data: f.Data}
		if f.Sound != nil {
			file.Type, file.Key, file.TempoBPM = f.Sound.Type, f.Sound.Key, f.Sound.Tempo
		}
		out.Files = append(out.Files, file)
	}
	return out, nil
}
