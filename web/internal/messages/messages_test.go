package messages

import (
	"testing"
	"time"
)

func english(t *testing.T) *Locale {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.Match("en-GB,de;q=0.5")
}

func TestFormats(t *testing.T) {
	t.Parallel()
	l := english(t)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct{ got, want string }{
		{l.Money(80, "EUR"), "0.80\u00a0€"},
		{l.Money(0, "EUR"), "Free"},
		{l.Amount(0, "EUR"), "0.00\u00a0€"},
		{l.Amount(-150, "EUR"), "−1.50\u00a0€"},
		{l.Money(123456789, "EUR"), "1,234,567.89\u00a0€"},
		{l.MoneyShort(1200, "EUR"), "12\u00a0€"},
		{l.MoneyShort(1280, "EUR"), "12.80\u00a0€"},
		{l.Money(500, "JPY"), "500\u00a0¥"},
		{l.Money(500, "SEK"), "5.00\u00a0SEK"},
		{l.Size(999), "999\u00a0B"},
		{l.Size(1_300_000_000), "1.3\u00a0GB"},
		{l.Size(999_999), "1\u00a0MB"},
		{l.Clock(11.4), "0:11"},
		{l.Clock(0.2), "0:01"},
		{l.Clock(0), "0:00"},
		{l.Clock(3723), "1:02:03"},
		{l.Tempo(0, false), "–"},
		{l.Tempo(91, true), "~91"},
		{l.Tempo(92.46, false), "92.5"},
		{l.Key("", false), "–"},
		{l.Key("F#m", false), "F♯m"},
		{l.Key("Bb", true), "~B♭"},
		{l.Key("Bbm", false), "B♭m"},
		{l.Date(now), "21 November 2026"},
		{l.Ago(now.Add(-30*time.Second), now), "just now"},
		{l.Ago(now.Add(-3*time.Minute), now), "3 minutes ago"},
		{l.Ago(now.Add(-time.Hour), now), "an hour ago"},
		{l.Ago(now.Add(-25*time.Hour), now), "yesterday"},
		{l.Ago(now.Add(-9*24*time.Hour), now), "12 November 2026"},
		{l.Since(now.Add(-10*time.Second), now), "in the last minute"},
		{l.Since(now.Add(-5*time.Hour), now), "in the last 5 hours"},
		{l.Since(now.Add(-4*24*time.Hour), now), "since Tuesday"},
		{l.Since(now.Add(-9*24*time.Hour), now), "since 12 November 2026"},
		{l.Wait(90 * time.Second), "90 seconds"},
		{l.N("count.sounds", 1), "1 sound"},
		{l.N("count.sounds", 41208), "41,208 sounds"},
		{l.T("row.play", "Name", "a <b>"), "Play a <b>"},
		{l.Named("genre", "lo-fi"), "Lo-fi"},
		{l.Named("genre", "drum-and-bass"), "Drum and bass"},
		{l.T("no.such"), "no.such"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}

func TestTextsForScriptsHaveNoServerPlaceholders(t *testing.T) {
	t.Parallel()
	l := english(t)
	if len(l.Group("js")) < 30 {
		t.Fatalf("only %d", len(l.Group("js")))
	}
	for id := range l.known {
		if len(id) > 3 && id[:3] == "js." {
			if _, plain := l.plain[id]; !plain {
				t.Errorf("%s is plural or has a server's placeholder", id)
			}
		}
	}
}

func BenchmarkT(b *testing.B) {
	c, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	l := c.Match("en")
	for b.Loop() {
		l.T("row.play", "Name", "Dusty")
	}
}
