package packpath

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"crateful.dev/models/api"
)

func TestClean(t *testing.T) {
	long := strings.Repeat("ä", 128) // 256 bytes
	for _, c := range []struct{ name, in, want, reason string }{
		{"plain", "Drums/Kick_01.wav", "Drums/Kick_01.wav", ""},
		{"windows separators", `Drums\Kick 01.wav`, "Drums/Kick 01.wav", ""},
		{"dots and doubles", "./Drums//./Kick.wav", "Drums/Kick.wav", ""},
		{"decomposed", "Bru\u0308cke.wav", "Br\u00fccke.wav", ""},
		{"right to left", "אבג/قرع.wav", "אבג/قرع.wav", ""},
		{"hidden direction", "kick\u202evaw.exe", "kickvaw.exe", ""},
		{"three dots", ".../a.wav", ".../a.wav", ""},
		{"up", "../../x", "", api.ReasonPathUnsafe},
		{"up inside", "a/../b.wav", "", api.ReasonPathUnsafe},
		{"up with backslashes", `a\..\b`, "", api.ReasonPathUnsafe},
		{"up with blanks", "a/ .. /b", "", api.ReasonPathUnsafe},
		{"up hidden", "a/.\u202e./b", "", api.ReasonPathUnsafe},
		{"absolute", "/etc/passwd", "", api.ReasonPathUnsafe},
		{"drive", `C:\kick.wav`, "", api.ReasonPathUnsafe},
		{"drive alone", "c:", "", api.ReasonPathUnsafe},
		{"network", `\\server\share\a.wav`, "", api.ReasonPathUnsafe},
		{"null", "a\x00.wav", "", api.ReasonPathUnsafe},
		{"line break", "a\nb.wav", "", api.ReasonPathUnsafe},
		{"delete", "a\x7f.wav", "", api.ReasonPathUnsafe},
		{"not utf-8", "a\xff.wav", "", api.ReasonPathUnsafe},
		{"empty", "", "", api.ReasonPathUnsafe},
		{"only separators", "./", "", api.ReasonPathUnsafe},
		{"long segment", long, "", api.ReasonPathTooLong},
		{"long path", strings.Repeat("abcdefghi/", 103) + "x", "", api.ReasonPathTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, reason := Clean(c.in)
			if got != c.want || reason != c.reason {
				t.Errorf("Clean(%q) = %q, %q; want %q, %q", c.in, got, reason, c.want, c.reason)
			}
		})
	}
}

func TestPortable(t *testing.T) {
	for in, want := range map[string]string{
		"Kick.wav": "Kick.wav", "con.wav": "_con.wav", "Drums/AUX/a.wav": "Drums/_AUX/a.wav", "COM1": "_COM1", "com10.wav": "com10.wav", "LPT².wav": "_LPT².wav",
		"what?.wav": "what_.wav", "a:b|c.wav": "a_b_c.wav", "trail. ": "trail__", strings.Repeat("x", 254) + ".y": strings.Repeat("x", 253) + ".y", "nul .wav": "_nul .wav",
	} {
		if got := Portable(in); got != want {
			t.Errorf("Portable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUnique(t *testing.T) {
	got := Unique([]string{"a?.wav", "a_.wav", "A_.WAV", "straße.wav", "STRASSE.wav", "x", "X/y.wav"})
	seen := map[string]string{}
	for in, out := range got {
		if other, ok := seen[Fold(out)]; ok {
			t.Errorf("%q and %q both become %q", in, other, out)
		}
		seen[Fold(out)] = in
	}
	if got["A_.WAV"] != "A_.WAV" || got["X/y.wav"] != "X/y.wav" || got["x"] == "x" {
		t.Errorf("wrong names kept: %v", got)
	}
}

func TestKinds(t *testing.T) {
	for in, want := range map[string]string{
		"a.WAV": "sound", "b/c.aiff": "sound", "x.flac": "sound", "p.zip": "archive", "m.mid": "extra", "readme.pdf": "extra", "set.exe": "", "a.html": "",
		"a.svg": "", "x.rar": "", "noending": "extra", "a.exe. ": "",
	} {
		if got := Purpose(in); got != want {
			t.Errorf("Purpose(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"a/.DS_Store": ".DS_Store", "__MACOSX/a/._x.wav": "__MACOSX", "k.wav.asd": ".asd", "Thumbs.db": "Thumbs.db", "x/._k.wav": "._*", "kick.wav": "", "icon.png": "",
	} {
		if got := Junk(in); got != want {
			t.Errorf("Junk(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a/b.wav", `..\..\x`, "a/./../b", "C:/x", "\u202e../x", "e\u0301/..", " . . /a", "a/\ufeff.\ufeff./b", strings.Repeat("é", 400)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		clean, reason := Clean(raw)
		if (clean == "") == (reason == "") {
			t.Fatalf("Clean(%q) = %q, %q", raw, clean, reason)
		}
		if reason != "" {
			return
		}
		if again, r := Clean(clean); again != clean || r != "" {
			t.Fatalf("not stable: %q → %q (%s)", clean, again, r)
		}
		if len(clean) > api.MaxPathBytes || !utf8.ValidString(clean) || !norm.NFC.IsNormalString(clean) || strings.ContainsRune(clean, '\\') ||
			strings.ContainsFunc(clean, unicode.IsControl) || strings.HasPrefix(clean, "/") {
			t.Fatalf("unsafe: %q", clean)
		}
		for s := range strings.SplitSeq(clean, "/") {
			if s == "" || s == "." || s == ".." || len(s) > api.MaxSegmentBytes {
				t.Fatalf("bad segment %q in %q", s, clean)
			}
		}
		for _, zip := range Unique([]string{clean, clean + "x"}) {
			if strings.ContainsAny(zip, `<>:"|?*\`) || strings.HasPrefix(zip, "/") {
				t.Fatalf("not portable: %q", zip)
			}
			for s := range strings.SplitSeq(zip, "/") {
				if s == "" || s == "." || s == ".." || strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ") || len(s) > api.MaxSegmentBytes {
					t.Fatalf("bad zip segment %q of %q", s, zip)
				}
			}
		}
	})
}
