package synth

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// pcm is a WAV file read back by hand, independently of how it was written.
type pcm struct {
	channels, frames int
	x                []float64 // interleaved
}

func readWAV(t *testing.T, data []byte) pcm {
	t.Helper()
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" || int(binary.LittleEndian.Uint32(data[4:]))+8 != len(data) {
		t.Fatal("no RIFF file of its own length")
	}
	var p pcm
	for at := 12; at+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		body := data[at+8 : at+8+size]
		switch string(data[at : at+4]) {
		case "fmt ":
			p.channels = int(binary.LittleEndian.Uint16(body[2:]))
			if rate, bits := binary.LittleEndian.Uint32(body[4:]), binary.LittleEndian.Uint16(body[14:]); rate != 44100 || bits != 24 {
				t.Fatalf("%d Hz, %d bits", rate, bits)
			}
		case "data":
			for i := 0; i+3 <= size; i += 3 {
				v := int32(body[i])<<8 | int32(body[i+1])<<16 | int32(body[i+2])<<24
				p.x = append(p.x, float64(v)/(1<<31))
			}
			p.frames = len(p.x) / p.channels
		}
		at += 8 + size + size&1
	}
	return p
}

// all packs are made once for all tests.
var all = sync.OnceValue(func() map[string]Pack {
	packs := map[string]Pack{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	gate := make(chan struct{}, 2)
	for _, style := range Styles() {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			p, err := Make(Recipe{Style: style, Word: "Test", Seed: 7})
			if err != nil {
				panic(err)
			}
			mu.Lock()
			packs[style] = p
			mu.Unlock()
		})
	}
	wg.Wait()
	return packs
})

func eachSound(t *testing.T, f func(t *testing.T, p Pack, file File, x pcm)) {
	for style, p := range all() {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			for _, file := range p.Files {
				if file.Sound != nil {
					f(t, p, file, readWAV(t, file.Data))
				}
			}
		})
	}
}

func TestLoopsAreWholeBars(t *testing.T) {
	eachSound(t, func(t *testing.T, p Pack, file File, x pcm) {
		if x.frames != file.Sound.Frames {
			t.Errorf("%s holds %d frames, said %d", file.Path, x.frames, file.Sound.Frames)
		}
		seconds := float64(x.frames) / Rate
		switch {
		case file.Path != p.Demo && file.Sound.Type == "one-shot" && seconds > 2.001:
			t.Errorf("%s lasts %.2f s", file.Path, seconds)
		case file.Path == p.Demo:
			if seconds < 18 || seconds > 32 {
				t.Errorf("the demo lasts %.2f s", seconds)
			}
		case file.Sound.Type == "loop":
			if want := int(math.Round(float64(file.Sound.Beats) * 60 / p.Tempo * Rate)); x.frames != want || file.Sound.Beats%4 != 0 {
				t.Errorf("%s: %d frames for %d beats at %g, want %d", file.Path, x.frames, file.Sound.Beats, p.Tempo, want)
			}
			if seconds < 2 || seconds > 8.001 {
				t.Errorf("%s lasts %.2f s", file.Path, seconds)
			}
		}
	})
}

func TestNothingClipsOrIsSilent(t *testing.T) {
	limit := math.Pow(10, -0.3/20)
	eachSound(t, func(t *testing.T, _ Pack, file File, x pcm) {
		top, sum := 0.0, 0.0
		for _, v := range x.x {
			top = max(top, math.Abs(v))
			sum += v * v
		}
		rms := math.Sqrt(sum / float64(len(x.x)))
		if math.IsNaN(rms) || top > limit || top < 0.4 || rms < 0.005 {
			t.Errorf("%s: peak %.3f, rms %.4f", file.Path, top, rms)
		}
	})
}

// At the turn of a loop the wave must not jump further than it does elsewhere in the loop.
func TestLoopsTurnWithoutClick(t *testing.T) {
	eachSound(t, func(t *testing.T, p Pack, file File, x pcm) {
		if file.Sound.Type != "loop" || file.Path == p.Demo {
			return
		}
		for ch := range x.channels {
			var jumps []float64
			for i := 1; i < x.frames; i++ {
				jumps = append(jumps, math.Abs(x.x[i*x.channels+ch]-x.x[(i-1)*x.channels+ch]))
			}
			seam := math.Abs(x.x[ch] - x.x[(x.frames-1)*x.channels+ch])
			slices.Sort(jumps)
			if usual := jumps[len(jumps)*999/1000]; seam > usual*1.25+1e-4 {
				t.Errorf("%s jumps by %.4f at its turn, elsewhere by %.4f", file.Path, seam, usual)
			}
		}
	})
}

func TestOneShotsEndInSilence(t *testing.T) {
	eachSound(t, func(t *testing.T, _ Pack, file File, x pcm) {
		if last := math.Abs(x.x[len(x.x)-1]); file.Sound.Type == "one-shot" && last > 0.001 {
			t.Errorf("%s is cut off at %.4f", file.Path, last)
		}
	})
}

func TestSameRecipeSameBytes(t *testing.T) {
	for _, style := range []string{"dusty", "paper"} {
		again, err := Make(Recipe{Style: style, Word: "Test", Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		first := all()[style]
		if len(again.Files) != len(first.Files) {
			t.Fatalf("%d files, then %d", len(first.Files), len(again.Files))
		}
		for i := range again.Files {
			if again.Files[i].Path != first.Files[i].Path || !bytes.Equal(again.Files[i].Data, first.Files[i].Data) {
				t.Errorf("%s differs", again.Files[i].Path)
			}
		}
	}
	other, err := Make(Recipe{Style: "paper", Word: "Test", Seed: 8})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(other.Files[0].Data, all()["paper"].Files[0].Data) {
		t.Error("another seed gives the same kick")
	}
}

func TestFilesOfAPackDiffer(t *testing.T) {
	for style, p := range all() {
		paths, bodies := map[string]bool{}, map[string]string{}
		for _, f := range p.Files {
			if paths[f.Path] {
				t.Errorf("%s: %s twice", style, f.Path)
			}
			paths[f.Path] = true
			if same, ok := bodies[string(f.Data)]; ok {
				t.Errorf("%s: %s is the same as %s", style, f.Path, same)
			}
			bodies[string(f.Data)] = f.Path
		}
		if !paths[p.Demo] {
			t.Errorf("%s has no demo", style)
		}
	}
}

func TestUnknownStyle(t *testing.T) {
	if _, err := Make(Recipe{Style: "polka"}); err == nil {
		t.Error("made")
	}
}

func TestMIDIParses(t *testing.T) {
	seen := 0
	for style, p := range all() {
		for _, f := range p.Files {
			if len(f.Path) > 4 && f.Path[len(f.Path)-4:] == ".mid" {
				seen++
				if err := checkMIDI(f.Data, p.Tempo); err != nil {
					t.Errorf("%s: %s: %v", style, f.Path, err)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d MIDI files", seen)
	}
}

func checkMIDI(data []byte, bpm float64) error {
	if len(data) < 22 || string(data[:4]) != "MThd" || binary.BigEndian.Uint32(data[4:]) != 6 || binary.BigEndian.Uint16(data[10:]) != 1 {
		return fmt.Errorf("no header")
	}
	perBeat := int(binary.BigEndian.Uint16(data[12:]))
	if string(data[14:18]) != "MTrk" || int(binary.BigEndian.Uint32(data[18:])) != len(data)-22 {
		return fmt.Errorf("no track of its own length")
	}
	track := data[22:]
	number := func() (n int) {
		for {
			b := track[0]
			track = track[1:]
			n = n<<7 | int(b&0x7f)
			if b < 0x80 {
				return n
			}
		}
	}
	now, tempo, notes := 0, 0.0, 0
	sounding := map[byte]int{}
	for len(track) > 0 {
		now += number()
		status := track[0]
		track = track[1:]
		switch status {
		case 0xff:
			kind := track[0]
			track = track[1:]
			n := number()
			body := track[:n]
			track = track[n:]
			switch kind {
			case 0x51:
				tempo = 60e6 / float64(uint32(body[0])<<16|uint32(body[1])<<8|uint32(body[2]))
			case 0x2f:
				switch {
				case len(track) != 0:
					return fmt.Errorf("%d bytes after the end", len(track))
				case now == 0 || now%(4*perBeat) != 0:
					return fmt.Errorf("ends at tick %d, not on a bar", now)
				case math.Abs(tempo-bpm) > 0.01:
					return fmt.Errorf("tempo %g, want %g", tempo, bpm)
				case notes == 0:
					return fmt.Errorf("no notes")
				}
				for key, n := range sounding {
					if n != 0 {
						return fmt.Errorf("note %d sounds %d times at the end", key, n)
					}
				}
				return nil
			}
		case 0x90, 0x80:
			key, loud := track[0], track[1]
			track = track[2:]
			if key > 127 || loud > 127 {
				return fmt.Errorf("key %d, velocity %d", key, loud)
			}
			if status == 0x90 {
				notes++
				sounding[key]++
			} else {
				sounding[key]--
			}
		default:
			return fmt.Errorf("status %x", status)
		}
	}
	return fmt.Errorf("no end")
}

func BenchmarkCatalogue(b *testing.B) {
	for b.Loop() {
		seconds := 0.0
		for _, style := range Styles() {
			p, err := Make(Recipe{Style: style, Word: "Bench", Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range p.Files {
				if f.Sound != nil {
					seconds += float64(f.Sound.Frames) / Rate
				}
			}
		}
		b.ReportMetric(seconds, "audio-s")
	}
}
