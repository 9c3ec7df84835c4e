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

func TestNamesBreakAfterUnderscores(t *testing.T) {
	t.Parallel()
	if got := string(breaks("Clav_<b>_Em.wav")); got != "Clav_<wbr>&lt;b&gt;_<wbr>Em.wav" {
		t.Errorf("got %q", got)
	}
	if got := string(breaks("Dusty Keys")); strings.Contains(got, "<wbr>") {
		t.Errorf("a name without seams got one: %q", got)
	}
}
