package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crateful.dev/experience/api"
)

// rowsShown is how many sounds a page of results lists.
const rowsShown = `document.querySelectorAll("#results [data-rows] li").length`

// A buyer with a phone types the language, corrects a mistake, narrows, widens, groups, and goes on from one sound.
func TestSearchingWithAPhone(t *testing.T) {
	s := visit(t)
	m := market(t)
	count := func(query string) int {
		t.Helper()
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		values.Set("q", m.word)
		found, err := s.stranger(t).Search(deadline(t, 20*time.Second), values)
		if err != nil {
			t.Fatal(err)
		}
		return int(found.Totals.Sounds)
	}
	b := newTab(t, s)
	b.do("hold a phone", chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile), emulation.SetTouchEmulationEnabled(true))
	narrow := func(what string) {
		t.Helper()
		if wide := value[int](b, `document.documentElement.scrollWidth`); wide > 360 {
			t.Errorf("%s is %d px wide", what, wide)
		}
	}
	b.open("/search")
	b.until("the scripts run", `window.__crateful`)
	b.fill("#q", m.word+" type:loop bpm:fast")
	b.enter()
	b.until("the mistake is marked at its place", `document.querySelector(".echo mark")?.textContent === "fast"`)
	narrow("a mistake")
	if box := value[string](b, `document.querySelector("#q").value`); box != m.word+" bpm:fast" {
		t.Errorf("the box says %q", box)
	}
	if said := b.text(".echo"); !strings.Contains(said, "bpm:84-92") {
		t.Errorf("it does not say what to write: %s", said)
	}
	b.press(".echo a")
	loops := count("type=loop")
	b.until("the words and a chip are left", fmt.Sprintf(`!document.querySelector(".echo") && document.querySelector("#q").value === %q && document.querySelectorAll(".chip-set").length === 1 && %s === %d`, m.word, rowsShown, loops))
	b.press("[data-filters-open]")
	b.until("the sheet is open", `document.querySelector("#filters[data-open]")`)
	b.press("#type-one-shot")
	all := count("")
	b.until("the sheet counts", fmt.Sprintf(`document.querySelector("[data-filters-done]").textContent.includes(%d)`, all))
	narrow("the sheet")
	b.press("[data-filters-done]")
	b.until("all are shown", fmt.Sprintf(`!document.querySelector("#filters[data-open]") && %s === %d`, rowsShown, min(all, 50)))
	b.press(`.chip-set[aria-label*="Loops"]`)
	b.until("one-shots are left", fmt.Sprintf(`%s === %d && document.querySelectorAll(".chip-set").length === 1`, rowsShown, all-loops))
	b.do("go back", chromedp.Sleep(200*time.Millisecond), chromedp.Evaluate(`history.back()`, nil)) // nobody goes back within the same breath
	b.until("both are there again", fmt.Sprintf(`%s === %d && document.querySelectorAll(".chip-set").length === 2`, rowsShown, min(all, 50)))
	b.press(`.tools-first a[href*="group=pack"]`)
	b.until("they stand under their pack", fmt.Sprintf(`document.querySelector(".sound-group h2")?.textContent === %q`, m.pack.Pack.Title))
	narrow("groups")
	b.press(".sound-group [data-more]")
	b.press(`.menu-row button:nth-child(3)`)
	b.until("what is near is shown", `new URLSearchParams(location.search).get("like") && document.querySelector(".chip-set")?.textContent.startsWith("Like ")`)
	if like, pack := value[string](b, `new URLSearchParams(location.search).get("like")`), value[int](b, rowsShown); pack == 0 || value[bool](b, fmt.Sprintf(`!!document.querySelector('[data-rows] a[href="/sounds/%s"]')`, like)) {
		t.Errorf("%d sounds near %s", pack, like)
	}
	b.quiet()
}

// A buyer at a keyboard never takes the hands off it.
func TestSearchingWithAKeyboard(t *testing.T) {
	s := visit(t)
	m := market(t)
	b := newTab(t, s)
	keys := func(what string, all ...string) {
		t.Helper()
		for _, key := range all {
			b.do(what, chromedp.KeyEvent(key))
		}
	}
	const option = `document.querySelectorAll("#find [role=option]")`
	chosen := `document.getElementById(document.querySelector("#q").getAttribute("aria-activedescendant"))`
	b.open("/search")
	b.until("the scripts run", `window.__crateful`)
	// A key that the page takes for itself types nothing.
	taken := func(key, code string, number int64) {
		t.Helper()
		for _, kind := range []input.KeyType{input.KeyRawDown, input.KeyUp} {
			b.do("press "+key, input.DispatchKeyEvent(kind).WithKey(key).WithCode(code).WithWindowsVirtualKeyCode(number))
		}
	}
	slash := func() { t.Helper(); taken("/", "Slash", 191) }
	slash()
	b.until("the box has the focus", `document.activeElement.id === "q"`)
	keys("type", m.word)
	b.until("sounds and the pack are offered", option+`.length > 1 && [...`+option+`].some((o) => o.textContent.includes("Pack"))`)
	b.until("a screen reader hears how many", `document.querySelector("#say").textContent.includes("suggestions")`)
	keys("choose", kb.ArrowUp)
	b.until("the last line is chosen", `[...`+option+`].at(-1) === `+chosen)
	keys("leave", kb.Escape)
	b.until("the list is closed and the words are there", fmt.Sprintf(`document.querySelector("#q").getAttribute("aria-expanded") === "false" && document.querySelector("#q").value === %q`, m.word))
	keys("search", " ", "-", "t", "y", "p", "e", ":", "l", "o", "o", "p", kb.Enter)
	found, err := s.stranger(t).Search(deadline(t, 20*time.Second), url.Values{"q": {m.word}, "type": {"one-shot"}})
	if err != nil {
		t.Fatal(err)
	}
	b.until("loops are left out", fmt.Sprintf(`document.querySelector(".chip-not") && %s === %d`, rowsShown, found.Totals.Sounds))
	if at := b.path(); at != "/search" {
		t.Errorf("the search is at %s", at)
	}
	slash()
	b.do("empty it", chromedp.Evaluate(`document.querySelector("#q").value = ""`, nil))
	keys("ask for past searches", kb.ArrowDown)
	b.until("the past search is offered", fmt.Sprintf(`%s.length === 1 && %[1]s[0].textContent.includes(%q)`, option, m.word+" -type:loop"))
	keys("choose it", kb.ArrowDown)
	taken("Enter", "Enter", 13)
	b.until("it is the same search", fmt.Sprintf(`document.querySelector(".chip-not") && %s === %d && document.querySelector("#q").value === %q`, rowsShown, found.Totals.Sounds, m.word))
	slash()
	b.do("empty it", chromedp.Evaluate(`document.querySelector("#q").value = ""`, nil))
	keys("open", kb.ArrowDown)
	b.until("they can be cleared", `document.querySelector(".suggest-foot button")`)
	keys("clear", kb.Tab, kb.Enter)
	b.until("nothing is kept", `document.querySelector("[data-toast]")?.textContent.includes("forgotten") && localStorage.getItem("crateful-searches") === null`)

	b.open("/search?" + url.Values{"q": {m.word}, "sort": {"near_tempo"}}.Encode())
	b.until("the order asks for a tempo", `document.querySelector("#near[aria-invalid]")`)
	b.do("say which", chromedp.Focus("#near", chromedp.ByQuery))
	keys("say which", "9", "0", kb.Enter)
	b.until("it is in the address", `new URLSearchParams(location.search).get("near") === "90" && !document.querySelector("#near[aria-invalid]")`)
	near, err := s.stranger(t).Search(deadline(t, 20*time.Second), url.Values{"q": {m.word}, "sort": {"near_tempo"}, "near": {"90"}})
	if err != nil {
		t.Fatal(err)
	}
	first := func(sounds []api.SoundRow) string {
		if len(sounds) == 0 {
			return ""
		}
		return sounds[0].ID
	}
	b.until("the nearest is first", fmt.Sprintf(`document.querySelector("[data-rows] li a.row-name").getAttribute("href") === "/sounds/%s"`, first(near.Sounds)))
	b.quiet()
}
