package sound_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/sound"
)

// TestRealCollection measures a folder of real sounds and counts how often it is right. It needs
// CRATEFUL_SAMPLES=folder with the sub-folders drums, electric, hats, tabla (one-shots), bass (one-shots whose last
// letter is their note), loops (known tempos) and ambient.
func TestRealCollection(t *testing.T) {
	root := os.Getenv("CRATEFUL_SAMPLES")
	if root == "" {
		t.Skip("CRATEFUL_SAMPLES is not set: no collection of real sounds to measure")
	}
	blind := os.Getenv("CRATEFUL_BLIND") != "" // without what names say
	ff, err := ffmpeg.Find("", 2)
	if err != nil {
		t.Fatal(err)
	}
	tempos := map[string]float64{
		"loop_amen": 136.9, "loop_amen_full": 140, "loop_breakbeat": 126, "loop_industrial": 135.8, "loop_drone_g_97": 97,
		"loop_electric": 97, "loop_mehackit1": 97, "loop_perc1": 97,
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "*.flac"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sounds in %s: %v", root, err)
	}
	checker := sound.NewChecker(ff)
	var kinds, kindsRight, notes, notesRight, tempoAll, tempoRight int
	for _, path := range files {
		folder := filepath.Base(filepath.Dir(path))
		base := strings.TrimSuffix(filepath.Base(path), ".flac")
		name := folder + "/" + filepath.Base(path)
		if blind {
			name = "x.flac"
		}
		r, err := checker.Check(context.Background(), path, name, filepath.Join(t.TempDir(), "p.mp3"))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		f := r.Facts
		mark := ""
		want := ""
		switch folder {
		case "drums", "electric", "hats", "tabla", "bass":
			want = "one-shot"
		case "loops":
			want = "loop"
		}
		if want != "" {
			kinds++
			if f.Kind.Value == want {
				kindsRight++
			} else {
				mark += " KIND"
			}
		}
		if folder == "bass" {
			notes++
			if letter := strings.ToUpper(base[len(base)-1:]); strings.TrimSuffix(f.Key.Value, "m") == letter {
				notesRight++
			} else {
				mark += " NOTE"
			}
		}
		if bpm, ok := tempos[base]; ok {
			tempoAll++
			if math.Abs(f.Tempo.BPM/bpm-1) < 0.01 {
				tempoRight++
			} else {
				mark += " TEMPO"
			}
		}
		t.Logf("%-28s %5.2fs %-8s %.2f  key %-4s %.2f  tempo %6.2f %.2f  %6.1f LUFS %6.1f dBTP%s", folder+"/"+base, float64(f.Frames)/float64(f.RateHz), f.Kind.Value, f.Kind.Confidence, f.Key.Value, f.Key.Confidence, f.Tempo.BPM, f.Tempo.Confidence, f.LoudnessLUFS, f.TruePeakDBTP, mark)
	}
	t.Logf("kind %d of %d, tempo %d of %d, bass notes %d of %d", kindsRight, kinds, tempoRight, tempoAll, notesRight, notes)
	if kindsRight*100 < kinds*95 || tempoRight < tempoAll-1 || notesRight*100 < notes*75 {
		t.Error("too often wrong")
	}
}
