package header_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/refusal"
	"crateful.dev/analyzer/internal/testaudio"
)

func acid(flags uint32, root uint16, beats uint32, tempo float32) []byte {
	b := make([]byte, 24)
	binary.LittleEndian.PutUint32(b, flags)
	binary.LittleEndian.PutUint16(b[4:], root)
	binary.LittleEndian.PutUint32(b[12:], beats)
	binary.LittleEndian.PutUint32(b[20:], math.Float32bits(tempo))
	return testaudio.Chunk("acid", b)
}

func smpl(note, loops uint32) []byte {
	b := make([]byte, 36+24*loops)
	binary.LittleEndian.PutUint32(b[12:], note)
	binary.LittleEndian.PutUint32(b[28:], loops)
	return testaudio.Chunk("smpl", b)
}

func TestChunksGiveHints(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		extra []byte
		want  header.Chunks
	}{
		{"acid loop", acid(0, 60, 8, 127.996), header.Chunks{Tempo: 128, Beats: 8, Loop: true}},
		{"acid one-shot with a root", acid(3, 57, 0, 0), header.Chunks{RootNote: 57, OneShot: true}},
		{"acid nonsense tempo", acid(0, 0, 1<<30, float32(math.Inf(1))), header.Chunks{Loop: true}},
		{"smpl with a loop", smpl(64, 1), header.Chunks{RootNote: 64, Loop: true}},
		{"smpl of odd length before", append(testaudio.Chunk("LIST", []byte("odd")), smpl(64, 0)...), header.Chunks{RootNote: 64}},
		{"smpl too short", testaudio.Chunk("smpl", make([]byte, 8)), header.Chunks{}},
	} {
		file := testaudio.WAV(testaudio.Spec{Extra: tc.extra}, make([]float64, 100))
		h, err := header.Read(bytes.NewReader(file), int64(len(file)))
		if err != nil || h.Chunks != tc.want || h.Frames != 100 {
			t.Errorf("%s: %+v, %d frames, %v; want %+v", tc.name, h.Chunks, h.Frames, err, tc.want)
		}
	}
}

func TestNamesGiveHints(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]header.NameHints{
		"kick_128_Am.wav":                 {Tempo: 128, Key: "Am", KeySure: true, Type: "one-shot"},
		"Loops/Dusty Keys 92 BPM F#m.wav": {Tempo: 92, TempoSure: true, Key: "F#m", KeySure: true, Type: "loop"},
		"CRT_Bass_Loop_Gbmin_174bpm.wav":  {Tempo: 174, TempoSure: true, Key: "F#m", KeySure: true, Type: "loop"},
		"pad A# maj.wav":                  {Key: "Bb", KeySure: true},
		"bass_woodsy_c.flac":              {Key: "C"},
		"808_Kick_01.wav":                 {Type: "one-shot"},
		"Kick 909.wav":                    {Type: "one-shot"},
		"One Shots/Stab 3.wav":            {Type: "one-shot"},
		"I am here.wav":                   {},
		"vocal_99.5bpm.wav":               {Tempo: 99.5, TempoSure: true},
		"loop_drone_g_97.flac":            {Tempo: 97, Key: "G", Type: "loop"},
		"take_2024_session.wav":           {},
		"Eb minor chords.wav":             {Key: "Ebm", KeySure: true},
		`Windows\Loops\beat_140_Dmin.wav`: {Tempo: 140, Key: "Dm", KeySure: true, Type: "loop"},
		"\xff\xfe_120_\x00.wav":           {Tempo: 120},
		"":                                {},
	} {
		if got := header.FromName(path); got != want {
			t.Errorf("%q: %+v, want %+v", path, got, want)
		}
	}
}

func seeds(f *testing.F) {
	f.Helper()
	tone := testaudio.Sine(44100, 2, 64, 440, 0.5)
	f.Add(testaudio.WAV(testaudio.Spec{Channels: 2, Extra: append(acid(0, 60, 4, 120), smpl(60, 1)...)}, tone))
	f.Add(testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 24}, tone))
	f.Add(testaudio.Raw(testaudio.Spec{}, []byte("<html>"), math.MaxUint32))
	f.Add(testaudio.AIFF(44100, 2, tone))
	f.Add([]byte("fLaC\x00\x00\x00\x22\x10\x00\x10\x00\x00\x00\x0e\x00\x00\x10\x0a\xc4\x42\xf0\x00\x00\x00\x10" + string(make([]byte, 40))))
	f.Add([]byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00"))
	f.Add(append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), bytes.Repeat(append([]byte{0xff, 0xfb, 0x90, 0x64}, make([]byte, 413)...), 3)...))
	f.Add([]byte("RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00"))
}

// FuzzHeader holds that no file breaks the parsers and that what they accept lies within the limits.
func FuzzHeader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := header.Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if r, ok := refusal.As(err); !ok || r.Detail() == "The file was refused." {
				t.Fatalf("not a refusal with a sentence: %v", err)
			}
			return
		}
		if h.RateHz < header.MinRate || h.RateHz > header.MaxRate || h.Channels < 1 || h.Channels > header.MaxChannels || h.Frames == 0 || h.Frames < header.Unknown {
			t.Fatalf("accepted %+v", h)
		}
		if h.PCM() && (h.FrameBytes() == 0 || h.DataOffset+h.Frames*int64(h.FrameBytes()) > int64(len(file))) {
			t.Fatalf("samples lie outside of the file: %+v of %d bytes", h, len(file))
		}
	})
}

// FuzzGapless holds the same for the preview's own header.
func FuzzGapless(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		g, ok, err := header.ReadGapless(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if ok && g.DelayOffset+3 > int64(len(file)) {
			t.Fatalf("delay field lies outside of the file: %+v", g)
		}
	})
}

// FuzzName holds that hints stay plausible whatever a file is called.
func FuzzName(f *testing.F) {
	for _, s := range []string{"kick_128_Am.wav", `a\..\b 99,5 bpm.wav`, "ｋｉｃｋ_１２８.wav", "bpm999bpm"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		h := header.FromName(name)
		if h.Tempo != 0 && (h.Tempo < 40 || h.Tempo > 300) {
			t.Fatalf("tempo %v", h.Tempo)
		}
		if h.Key != "" {
			if _, _, ok := header.KeyParts(h.Key); !ok {
				t.Fatalf("key %q", h.Key)
			}
		}
	})
}
