package sound_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/refusal"
	"crateful.dev/analyzer/internal/sound"
	"crateful.dev/analyzer/internal/testaudio"
)

func newChecker(tb testing.TB) *sound.Checker {
	tb.Helper()
	ff, err := ffmpeg.Find("", 4)
	if err != nil {
		tb.Fatal(err)
	}
	return sound.NewChecker(ff)
}

func check(tb testing.TB, c *sound.Checker, name string, file []byte) (sound.Result, error) {
	tb.Helper()
	dir := tb.TempDir()
	path := filepath.Join(dir, "original")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return c.Check(tb.Context(), path, name, filepath.Join(dir, "preview.mp3"))
}

func with(samples []float64, at int, v float64) []float64 {
	out := append([]float64(nil), samples...)
	out[at] = v
	return out
}

// TestBadFilesAreRefusedWithAReason holds what must be turned away; the checker must go on working after each.
func TestBadFilesAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	spec := testaudio.Spec{}
	tone := testaudio.Sine(44100, 1, 8*44100, 440, 0.5)
	whole := testaudio.WAV(spec, tone)
	flac := convert(t, whole, "flac", "-c:a", "flac")
	mp3 := convert(t, whole, "mp3", "-c:a", "libmp3lame")
	ogg := convert(t, whole, "ogg", "-c:a", "libvorbis")
	opus := convert(t, whole, "ogg", "-c:a", "libopus")
	aiff := testaudio.AIFF(44100, 1, tone)
	html := []byte("<!DOCTYPE html><html><body><script>alert(document.cookie)</script></body></html>")
	float := testaudio.Spec{Float: true, Bits: 32}
	flipped := bytes.Clone(flac)
	for i := range 64 {
		flipped[len(flipped)/2+i] ^= 0x5a
	}
	nanFlac := testaudio.WAV(float, with(tone, 3*44100, math.NaN()))

	cases := []struct {
		name   string
		file   []byte
		want   refusal.Code
		detail string // part of the sentence
	}{
		{"no bytes", nil, refusal.Empty, "empty"},
		{"html named wav", html, refusal.NotAudio, "a web page"},
		{"html in a wav coat", append([]byte("RIFF\xff\x00\x00\x00WAVE"), html...), refusal.NotAudio, "a web page"},
		{"html as samples", testaudio.Raw(spec, bytes.Repeat(html, 20), uint32(20*len(html))), refusal.NotAudio, "a web page"},
		{"plain text", []byte(strings.Repeat("all work and no play ", 30)), refusal.NotAudio, "text"},
		{"zip", []byte("PK\x03\x04" + strings.Repeat("\x00", 60)), refusal.NotAudio, "a ZIP file"},
		{"noise without a header", bytes.Repeat([]byte{0x13, 0x81, 0x99, 0x07}, 400), refusal.NotAudio, "something else"},
		{"wav cut off", whole[:44+int(3.1*44100)*2], refusal.CutOff, "Cut off after 3.1 s of 8.0 s."},
		{"wav cut in its header", whole[:30], refusal.NotAudio, ""},
		{"aiff cut off", aiff[:len(aiff)/2], refusal.CutOff, "of 8.0 s"},
		{"flac cut off", flac[:len(flac)/2], refusal.CutOff, "of 8.0 s"},
		{"mp3 cut off", mp3[:len(mp3)/2], refusal.CutOff, "of 8.0 s"},
		{"ogg vorbis cut off", ogg[:len(ogg)/2], refusal.CutOff, "Cut off after"},
		{"ogg opus cut off", opus[:len(opus)/2], refusal.CutOff, "Cut off after"},
		{"flac damaged in the middle", flipped, refusal.Damaged, "damaged at"},
		{"declares 3 GB", testaudio.Raw(spec, whole[44:44+88200], 3_000_000_000), refusal.CutOff, "Cut off after 1.0 s of"},
		{"never finished", testaudio.Raw(spec, whole[44:44+88200], math.MaxUint32), refusal.LengthUnknown, "does not say how long"},
		{"0 samples", testaudio.WAV(spec, nil), refusal.NoFrames, "0 samples"},
		{"0 samples, aiff", testaudio.AIFF(44100, 1, nil), refusal.NoFrames, "0 samples"},
		{"NaN", nanFlac, refusal.NotFinite, "at 3.0 s"},
		{"infinite", testaudio.WAV(float, with(tone, 10, math.Inf(-1))), refusal.NotFinite, "at 0.0 s"},
		{"NaN in 64 bits", testaudio.WAV(testaudio.Spec{Float: true, Bits: 64}, with(tone, 44100, math.NaN())), refusal.NotFinite, "at 1.0 s"},
		{"1 kHz", testaudio.WAV(testaudio.Spec{Rate: 1000}, tone), refusal.SampleRate, "1000 Hz"},
		{"768 kHz", testaudio.WAV(testaudio.Spec{Rate: 768000}, tone), refusal.SampleRate, "768000 Hz"},
		{"0 Hz", rate0(whole), refusal.SampleRate, "0 Hz"},
		{"32 channels", testaudio.WAV(testaudio.Spec{Channels: 32}, make([]float64, 3200)), refusal.Channels, "32 channels"},
		{"31 minutes", testaudio.WAV(testaudio.Spec{Rate: 8000, Bits: 8}, make([]float64, 31*60*8000)), refusal.TooLong, "1800"},
		{"ADPCM", adpcm(whole), refusal.UnsupportedEncoding, "ADPCM"},
		{"flac of six channels", convert(t, testaudio.WAV(testaudio.Spec{Channels: 6}, make([]float64, 6*4410)), "flac", "-c:a", "flac"), refusal.Channels, "6 channels"},
		{"silent bomb of flac", bomb(flac), refusal.TooLong, "1800"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := check(t, c, "Pack/sound.wav", tc.file)
			r, ok := refusal.As(err)
			if !ok {
				t.Fatalf("got %v, want a refusal", err)
			}
			if r.Code != tc.want || !strings.Contains(r.Detail(), tc.detail) {
				t.Errorf("refused as %s: %q; want %s with %q", r.Code, r.Detail(), tc.want, tc.detail)
			}
			if _, err := check(t, c, "kick.wav", testaudio.WAV(spec, tone[:4410])); err != nil {
				t.Errorf("a good file after it: %v", err)
			}
		})
	}
}

func rate0(wav []byte) []byte {
	b := bytes.Clone(wav)
	copy(b[24:], []byte{0, 0, 0, 0})
	return b
}

func adpcm(wav []byte) []byte {
	b := bytes.Clone(wav)
	b[20] = 2
	return b
}

// bomb makes a FLAC's header declare the most frames it can.
func bomb(flac []byte) []byte {
	b := bytes.Clone(flac)
	b[21] |= 0x0f
	copy(b[22:], []byte{0xff, 0xff, 0xff, 0xff})
	return b
}

func TestGoodFilesOfEveryFormat(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	const frames = 44100 + 17
	tone := testaudio.Sine(44100, 2, frames, 440, 0.5)
	wav := testaudio.WAV(testaudio.Spec{Channels: 2}, tone)
	var digest string
	for _, tc := range []struct {
		name   string
		file   []byte
		format string
		bits   int
		frames int64
		same   bool // decodes to the very same samples
	}{
		{"wav 16", wav, "wav", 16, frames, true},
		{"wav 24", testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 24}, tone), "wav", 24, frames, false},
		{"wav 32", testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 32}, tone), "wav", 32, frames, false},
		{"wav 8", testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 8}, tone), "wav", 8, frames, false},
		{"wav float", testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 32, Float: true}, tone), "wav", 32, frames, false},
		{"wav double", testaudio.WAV(testaudio.Spec{Channels: 2, Bits: 64, Float: true}, tone), "wav", 64, frames, false},
		{"wav extensible", convert(t, wav, "wav", "-c:a", "pcm_s24le"), "wav", 24, frames, true},
		{"rf64", convert(t, wav, "wav", "-rf64", "always"), "wav", 16, frames, true},
		{"aiff", testaudio.AIFF(44100, 2, tone), "aiff", 16, frames, true},
		{"aiff by ffmpeg", convert(t, wav, "aiff", "-c:a", "pcm_s24be"), "aiff", 24, frames, true},
		{"aifc sowt", convert(t, wav, "aiff", "-c:a", "pcm_s16le", "-f", "aiff"), "aiff", 16, frames, true},
		{"flac 16", convert(t, wav, "flac"), "flac", 16, frames, true},
		{"mp3", convert(t, wav, "mp3", "-c:a", "libmp3lame"), "mp3", 0, frames, false},
		{"mp3 with tags", convert(t, wav, "mp3", "-c:a", "libmp3lame", "-metadata", "title=x", "-write_id3v1", "1"), "mp3", 0, frames, false},
		{"vorbis", convert(t, wav, "ogg", "-c:a", "libvorbis"), "ogg", 0, frames - 128, false}, // the decoder leaves out its first half block
		{"opus", convert(t, wav, "ogg", "-c:a", "libopus"), "ogg", 0, int64(math.Ceil(frames * 48000.0 / 44100)), false},
		{"one frame", testaudio.WAV(testaudio.Spec{}, []float64{0.5}), "wav", 16, 1, false},
		{"silence", testaudio.WAV(testaudio.Spec{}, make([]float64, 30000)), "wav", 16, 30000, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := check(t, c, "x", tc.file)
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Header.Format) != tc.format || r.Header.BitDepth != tc.bits || math.Abs(float64(r.Facts.Frames-tc.frames)) > 1 {
				t.Errorf("%s, %d bit, %d frames; want %s, %d, %d", r.Header.Format, r.Header.BitDepth, r.Facts.Frames, tc.format, tc.bits, tc.frames)
			}
			if tc.bits > 0 && r.Facts.Frames != tc.frames {
				t.Errorf("%d frames, want %d", r.Facts.Frames, tc.frames)
			}
			if tc.name == "wav 16" {
				digest = r.AudioSHA256
			} else if tc.same && r.AudioSHA256 != digest {
				t.Error("decodes to other samples than the WAV")
			}
			if r.Preview.Frames < 1 || len(r.Facts.Waveform) != 96 || len(r.Facts.Vector) != 32 {
				t.Errorf("preview %+v, %d bars, %d dimensions", r.Preview, len(r.Facts.Waveform), len(r.Facts.Vector))
			}
			for _, v := range append([]float64{r.Facts.LoudnessLUFS, r.Facts.TruePeakDBTP, r.Facts.Tempo.BPM}, float64(r.Facts.Vector[0])) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("a measurement is %v", v)
				}
			}
		})
	}
}

func TestMissingFFmpegIsSaidPlainly(t *testing.T) {
	t.Parallel()
	_, err := ffmpeg.Find("no-such-ffmpeg", 1)
	if err == nil || !strings.Contains(err.Error(), "ffmpeg is missing; install it") {
		t.Errorf("got %v", err)
	}
}
