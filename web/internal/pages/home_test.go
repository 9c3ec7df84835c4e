package pages

import (
	"strings"
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

func TestShelvesHaveNoHoles(t *testing.T) {
	t.Parallel()
	texts, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := texts.Match("en")
	for have, want := range map[int]int{0: 0, 3: 3, 5: 5, 6: 5, 9: 5, 10: 10, 24: 10} {
		if got := len(wholeRows(l, make([]api.PackCard, have), shelfCards)); got != want {
			t.Errorf("%d packs make a shelf of %d, want %d", have, got, want)
		}
	}
}

func TestAddressesAndNamesWithAHyphenStayEntire(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"We write to anna-lena@e-mail.test.":      `We write to <span class="entire">anna-lena@e-mail.test.</span>`,
		"Pack · Anna-Lena Meier":                  `Pack · <span class="entire">Anna-Lena</span> Meier`,
		`<b>"x"@example.org</b> & more`:           `<span class="entire">&lt;b&gt;&#34;x&#34;@example.org&lt;/b&gt;</span> &amp; more`,
		"The whole amount goes back. A few days.": "The whole amount goes back. A few days.",
	} {
		if got := string(entire(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestNamesBreakAfterUnderscores(t *testing.T) {
	t.Parallel()
	if got := string(breaks("Clav_<b>_Em.wav")); got != "Clav_<wbr>&lt;b&gt;_<wbr>Em.wav" {
		t.Errorf("got %q", got)
	}
	if got := string(breaks("Dusty Keys")); strings.Contains(got, "<wbr>") {
		t.Errorf("a name without seams got one: %q", got)
	}
}
