package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// poll waits until a JavaScript expression is true.
func poll(expression string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for deadline := time.Now().Add(20 * time.Second); ; {
			var ok bool
			if err := chromedp.Evaluate("(() => { try { return !!("+expression+") } catch { return false } })()", &ok).Do(ctx); err != nil {
				return err
			}
			if ok {
				return nil
			}
			if time.Now().After(deadline) {
				var state string
				_ = chromedp.Evaluate(`JSON.stringify({status: window.__crateful?.player.status, reason: window.__crateful?.player.reason, url: location.href, focus: document.activeElement?.outerHTML?.slice(0, 120), say: document.getElementById("say")?.textContent})`, &state).Do(ctx)
				return fmt.Errorf("not true in time: %s; page: %s", expression, state)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
}

// watch collects what the browser complains about.
func watch(t *testing.T, ctx context.Context) func() []string {
	t.Helper()
	found := make(chan string, 1000)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			found <- "exception: " + e.ExceptionDetails.Error()
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				for _, a := range e.Args {
					found <- "console: " + string(a.Value)
				}
			}
		}
	})
	return func() []string {
		var all []string
		for len(found) > 0 {
			all = append(all, <-found)
		}
		return all
	}
}

const playing = `window.__crateful.player.status === "playing"`

func row(n int) string { return fmt.Sprintf(".rows li:nth-child(%d) [data-play]", n) }

func TestASoundPlaysOnThroughNavigation(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	var loads, position, later float64
	var focus, live, violations string
	run(t, ctx,
		chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(address+"/search?q=dusty"),
		chromedp.Evaluate(`window.__loads = (window.__loads ?? 0) + 1; window.__violations = []; addEventListener("securitypolicyviolation", e => __violations.push(e.violatedDirective + " " + e.blockedURI)); 0`, nil),
		chromedp.Click(row(1), chromedp.ByQuery),
		poll(playing),
		poll(`document.querySelector(".rows li:nth-child(1) .row.is-playing.is-on")`),
		poll(`document.querySelector("#player [data-pl=name]").title.startsWith("Dusty_Rhodes_Phrase_03")`),
		chromedp.Text("#say", &live, chromedp.ByID),
		chromedp.Click(".rows li:nth-child(2) .row-from a", chromedp.ByQuery),
		poll(`location.pathname.startsWith("/packs/")`),
		poll(`document.activeElement === document.querySelector("main h1")`),
		chromedp.Evaluate(`document.activeElement.tagName`, &focus),
		poll(playing),
		chromedp.Evaluate(`window.__crateful.player.position`, &position),
		chromedp.Evaluate(`history.back()`, nil),
		poll(`location.pathname === "/search"`),
		poll(`document.querySelector(".rows li:nth-child(1) .row.is-playing")`),
		poll(playing),
		chromedp.Sleep(300*time.Millisecond), // sound takes time
		chromedp.Evaluate(`window.__crateful.player.position`, &later),
		chromedp.Evaluate(`window.__loads ?? 0`, &loads),
		chromedp.Evaluate(`JSON.stringify(window.__violations)`, &violations),
	)
	if loads != 1 {
		t.Errorf("the document was loaded anew")
	}
	if focus != "H1" {
		t.Errorf("focus after navigation is on %s", focus)
	}
	if !strings.Contains(live, "Dusty_Rhodes_Phrase_03_Am_88.wav. Key Am, 88 BPM.") {
		t.Errorf("live region says %q", live)
	}
	if violations != "[]" {
		t.Errorf("content security policy: %s", violations)
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %s", strings.Join(got, "\n"))
	}
}

func TestPressToSound(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	type start struct {
		ID   string
		Warm bool
		MS   float64 `json:"ms"`
	}
	var starts []start
	actions := []chromedp.Action{chromedp.EmulateViewport(1280, 800)}
	for round := range 5 {
		actions = append(actions, chromedp.Navigate(fmt.Sprintf("%s/search?q=dusty%d", address, round)))
		for n := 1; n <= 6; n++ {
			actions = append(actions, chromedp.Click(row(n), chromedp.ByQuery), poll(fmt.Sprintf(`window.__crateful.player.starts.length === %d`, n)))
			if round%2 == 0 { // rest until the next one is decoded ahead
				actions = append(actions, poll(fmt.Sprintf(`performance.getEntriesByType("resource").some((e) => e.name.endsWith("/previews/sound-%d"))`, n)), chromedp.Sleep(60*time.Millisecond))
			}
		}
		var some []start
		actions = append(actions, chromedp.Evaluate(`window.__crateful.player.starts`, &some), chromedp.ActionFunc(func(context.Context) error {
			starts = append(starts, some...)
			return nil
		}))
	}
	run(t, ctx, actions...)
	var warm, cold []float64
	for _, s := range starts {
		if s.Warm {
			warm = append(warm, s.MS)
		} else {
			cold = append(cold, s.MS)
		}
	}
	t.Logf("press to sound: %d warm p95 %.0f ms, %d cold p95 %.0f ms", len(warm), p95(warm), len(cold), p95(cold))
	if len(starts) != 30 {
		t.Fatalf("%d starts", len(starts))
	}
	if len(warm) == 0 {
		t.Error("no sound was fetched ahead")
	}
}

func p95(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	slices.Sort(x)
	return x[min(len(x)-1, len(x)*95/100)]
}

func TestKeyboard(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	run(t, ctx,
		chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(address+"/search?q=dusty"),
		chromedp.WaitReady("#player"),
		poll(`window.__crateful`),
		// Up and down scroll while no row has the focus.
		chromedp.KeyEvent(kb.ArrowDown),
		poll(`window.__crateful.player.status === "empty"`),
		chromedp.Focus(row(1), chromedp.ByQuery),
		chromedp.KeyEvent(kb.ArrowDown),
		poll(playing+` && window.__crateful.player.track.id === "sound-1" && document.activeElement.closest("[data-track]").dataset.track.includes("sound-1")`),
		chromedp.KeyEvent(kb.ArrowUp),
		poll(playing+` && window.__crateful.player.track.id === "sound-0"`),
		chromedp.KeyEvent(" "),
		poll(`window.__crateful.player.status === "paused"`),
		chromedp.Evaluate(`window.__crateful.player.seek(0)`, nil),
		chromedp.KeyEvent(kb.ArrowRight),
		poll(`Math.abs(window.__crateful.player.position - 60/88) < 0.02`),
		chromedp.KeyEvent("r"),
		poll(`window.__crateful.player.looping === false`),
		chromedp.KeyEvent("m"),
		poll(`window.__crateful.player.muted`),
		chromedp.KeyEvent("x"),
		poll(`document.querySelector("[data-bulk]").hidden === false && document.querySelector("[data-bulk-count]").textContent === "1 sound ticked"`),
		chromedp.KeyEvent("x"),
		poll(`document.querySelector("[data-bulk]").hidden`),
		chromedp.KeyEvent("b"),
		poll(`document.querySelector("[data-cart-count]").textContent === "1" && document.querySelector(".rows li:nth-child(1) a.price")`),
		chromedp.KeyEvent("l"),
		poll(playing+` && window.__crateful.player.track.id === "sound-1"`),
		chromedp.KeyEvent("?"),
		poll(`document.getElementById("keys").open`),
		chromedp.KeyEvent(kb.Escape),
		poll(`!document.getElementById("keys").open && document.activeElement.closest(".row")`),
		chromedp.KeyEvent("/"),
		poll(`document.activeElement.id === "q"`),
		chromedp.KeyEvent("f"), // typing types
		poll(`document.getElementById("q").value.includes("f") || document.getElementById("q").value === "f"`),
		chromedp.Focus(row(3), chromedp.ByQuery),
		chromedp.KeyEvent(kb.Enter),
		poll(`location.pathname === "/sounds/sound-2"`),
		chromedp.Navigate(address+"/"),
		poll(`window.__crateful`),
		chromedp.KeyEvent("2"),
		poll(playing+` && document.querySelector('[data-pad="2"].is-on')`),
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cart != 1 {
		t.Errorf("%d things in the cart", u.cart)
	}
}

func TestThePlayerIsAsItWasAfterAReload(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	run(t, ctx,
		chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(address+"/search?q=dusty"),
		chromedp.Click(row(2), chromedp.ByQuery),
		poll(playing),
		chromedp.Evaluate(`window.__crateful.player.setVolume(33)`, nil),
		chromedp.KeyEvent(" "),
		poll(`window.__crateful.player.status === "paused"`),
		chromedp.Evaluate(`window.__crateful.player.seek(2)`, nil),
		chromedp.Reload(),
		poll(`window.__crateful?.player.status === "paused"`),
		poll(`!document.getElementById("player").hidden && window.__crateful.player.track.id === "sound-1"`),
		poll(`Math.abs(window.__crateful.player.position - 2) < 0.01 && window.__crateful.player.volume === 33`),
		poll(`window.__crateful.player.list.length === 13`), // the withdrawn one is not in it
		chromedp.Click(`#player [data-pl="play"]`, chromedp.ByQuery),
		poll(playing+` && window.__crateful.player.position > 2`),
	)
}

func TestALongSoundPlaysAsAStream(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	run(t, ctx,
		chromedp.EmulateViewport(1440, 900),
		chromedp.Navigate(address+"/packs/dusty-keys"),
		chromedp.Click(".demo [data-play]", chromedp.ByQuery),
		poll(playing+` && window.__crateful.player.position > 0.2`),
		poll(`Math.abs(window.__crateful.player.duration - 134) < 1`),
		poll(`document.querySelector(".pl-seek.is-long > div")`),
		chromedp.Evaluate(`window.__crateful.player.seek(100)`, nil),
		poll(`window.__crateful.player.position > 100`),
		chromedp.Click(row(1), chromedp.ByQuery),
		poll(playing+` && window.__crateful.player.track.id === "sound-0" && !document.querySelector(".pl-seek.is-long")`),
	)
}

func TestASecondTabPausesTheFirst(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	first := browser(t, true)
	run(t, first, chromedp.Navigate(address+"/search?q=dusty"), chromedp.Click(row(1), chromedp.ByQuery), poll(playing))
	second, cancel := chromedp.NewContext(first)
	defer cancel()
	if err := chromedp.Run(second); err != nil {
		t.Fatal(err)
	}
	run(t, second, chromedp.Navigate(address+"/search?q=keys"), chromedp.Click(row(2), chromedp.ByQuery), poll(playing))
	run(t, first, poll(`window.__crateful.player.status === "paused"`))
}

func TestFiltersActAtOnceAndBackUndoesThem(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(address+"/search?q=dusty"),
		poll(`window.__crateful`),
		chromedp.Click(row(1), chromedp.ByQuery),
		poll(playing),
		chromedp.Click(`#type-loop`, chromedp.ByQuery),
		poll(`location.search.includes("type=loop") && document.querySelector(".chip-set")`),
		poll(`document.activeElement.id === "type-loop" && document.activeElement.checked`), // the focus stayed
		poll(`document.querySelector(".rows li:nth-child(1) .row.is-playing")`),
		poll(`!location.search.includes("tempo_min")`), // empty fields are left out
		chromedp.Click(`.chip-set`, chromedp.ByQuery),
		poll(`!location.search.includes("type=loop") && !document.querySelector(".chip-set")`),
		chromedp.Sleep(200*time.Millisecond), // nobody goes back within the same breath
		chromedp.Evaluate(`history.back()`, nil),
		poll(`location.search.includes("type=loop")`),
		poll(`document.querySelector(".chip-set")`),
		chromedp.Click(`[data-more-rows]`, chromedp.ByQuery),
		poll(`document.querySelectorAll(".rows li").length === 28`),
		poll(playing),
		// Back from another page: the rows that were added are still there.
		chromedp.Click(`.rows li:nth-child(2) .row-from a`, chromedp.ByQuery),
		poll(`location.pathname.startsWith("/packs/") && document.activeElement.tagName === "H1"`),
		chromedp.Evaluate(`history.back()`, nil),
		poll(`location.search.includes("type=loop") && document.querySelectorAll(".rows li").length === 28 && document.querySelector(".chip-set")`),
	)
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %s", strings.Join(got, "\n"))
	}
}

func TestWithoutScriptsEverythingIsALinkOrAForm(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	var href, flash string
	var sideways bool
	run(t, ctx,
		emulation.SetScriptExecutionDisabled(true),
		chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(address+"/search?q=dusty"),
		chromedp.AttributeValue(row(1), "href", &href, nil, chromedp.ByQuery),
		sends(".rows li:nth-child(1) button.price"),
		chromedp.WaitVisible(".toast", chromedp.ByQuery),
		chromedp.Text(".toast", &flash, chromedp.ByQuery),
		sends(`.theme [value="dark"]`),
		chromedp.WaitVisible(`html[data-theme="dark"]`, chromedp.ByQuery),
		chromedp.EmulateViewport(360, 740),
		chromedp.Click(`[data-filters-open]`, chromedp.ByQuery),
		chromedp.WaitVisible(`#filters`, chromedp.ByQuery),
		chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &sideways),
	)
	if href != "/previews/sound-0" {
		t.Errorf("▶ leads to %q", href)
	}
	if !strings.Contains(flash, "Added to the cart") {
		t.Errorf("flash says %q", flash)
	}
	if sideways {
		t.Error("the filters scroll sideways")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cart != 1 {
		t.Errorf("%d things in the cart", u.cart)
	}
}

func TestABrokenSoundSaysWhy(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	run(t, ctx,
		chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(address+"/search?q=dusty"),
		poll(`window.__crateful`),
		chromedp.Evaluate(`(() => { const r = document.querySelector(".rows li:nth-child(2) .row"); const t = JSON.parse(r.dataset.track); t.src = "/nothing"; t.id = "x"; r.dataset.track = JSON.stringify(t); })()`, nil),
		chromedp.Click(row(2), chromedp.ByQuery),
		poll(`window.__crateful.player.status === "broken"`),
		poll(`document.querySelector(".rows li:nth-child(2) .row.is-broken .row-why")?.textContent === "Cannot play this sound. It is no longer here."`),
		chromedp.Click(row(1), chromedp.ByQuery),
		poll(playing),
		poll(`!document.querySelector(".rows li:nth-child(2) .row.is-broken")`),
	)
}

// sends presses what leads to another page, and waits until that is there.
func sends(selector string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.ByQuery))
		return err
	})
}

// run fails the test with what the page shows when an action fails.
func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	for i, action := range actions {
		limited, cancel := context.WithTimeout(ctx, 30*time.Second) // longer than poll waits: it says what was not true
		err := chromedp.Run(limited, action)
		cancel()
		if err == nil {
			continue
		}
		if *lookDir != "" {
			var picture []byte
			if chromedp.Run(ctx, chromedp.CaptureScreenshot(&picture)) == nil {
				_ = os.WriteFile(filepath.Join(*lookDir, "failed-"+t.Name()+".png"), picture, 0o600)
			}
		}
		t.Fatalf("step %d: %v", i+1, err)
	}
}

func TestPagesAreAccessible(t *testing.T) {
	axe, err := os.ReadFile("ui/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v (npm ci brings it)", err)
	}
	address, _ := site(t, "127.0.0.1:0")
	rules := map[string]string{"light": `{resultTypes: ["violations"]}`, "dark": `{resultTypes: ["violations"], runOnly: ["color-contrast"]}`} // only colours differ
	for _, width := range []int64{320, 1280} {
		ctx := browser(t, width > 720)
		for name, path := range lookPages {
			if *lookOnly != "" && !strings.Contains(*lookOnly, name) {
				continue
			}
			for _, scheme := range []string{"light", "dark"} {
				var found string
				var wide bool
				run(t, ctx,
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
					chromedp.EmulateViewport(width, 800),
					chromedp.Navigate(address+path),
					poll(`window.__crateful`),
					chromedp.Evaluate(string(axe)+";0", nil),
					chromedp.Evaluate(`axe.run(`+rules[scheme]+`).then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target + " " + n.html.slice(0, 160)).join(" | ")).join("\n"))`, &found,
						func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
					chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide),
				)
				if found != "" {
					t.Errorf("%s at %d px, %s: %s", name, width, scheme, found)
				}
				if wide {
					t.Errorf("%s scrolls sideways at %d px", name, width)
				}
			}
		}
	}
}
