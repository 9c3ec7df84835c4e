package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crateful.dev/experience/api"
)

// at opens a page as somebody.
func at(address, who, path string) chromedp.Action {
	return chromedp.Tasks{
		chromedp.EmulateViewport(1280, 900),
		signedIn(address, who),
		chromedp.Navigate(address + path),
		poll(`window.__crateful`),
	}
}

const (
	bench0  = "/studio/packs/kiln"
	started = `document.querySelector("[data-grid][role=grid]")` // the studio's scripts run
)

func cell(file, name string) string { return fmt.Sprintf(`#file-%s [data-cell=%q]`, file, name) }

func eval(script string) chromedp.Action { return chromedp.Evaluate("{"+script+"};0", nil) }

func TestCellsAreEditedByKeyboard(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", bench0), poll(started),
		chromedp.Focus(cell("up0", "name"), chromedp.ByQuery),
		chromedp.KeyEvent(kb.ArrowDown),
		poll(`document.activeElement === document.querySelector('`+cell("up1", "name")+`')`),
		chromedp.KeyEvent(kb.ArrowRight), // type
		chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight),
		poll(`document.activeElement === document.querySelector('`+cell("up1", "tempo")+`')`),
		enter(),
		poll(`document.activeElement.matches(".cell-input") && document.activeElement.value === "92"`),
		// A text that is no number stays, with the reason at its field.
		chromedp.KeyEvent("a"), enter(),
		poll(`document.querySelector(".cell-why")?.textContent.includes("number") && document.activeElement.getAttribute("aria-invalid") === "true"`),
		eval(`document.activeElement.value = "126,5"`), enter(),
		poll(`document.querySelector('`+cell("up1", "tempo")+`').textContent === "126.5"`),
		poll(`document.activeElement === document.querySelector('`+cell("up2", "tempo")+`')`), // on to the next row
		// What the server refuses comes back as it was typed.
		chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight),
		poll(`document.activeElement === document.querySelector('`+cell("up1", "price")+`')`),
		chromedp.KeyEvent("F2"), chromedp.KeyEvent(kb.F2),
		poll(`document.activeElement.matches(".cell-input")`),
		eval(`document.activeElement.value = "0.20"`), enter(),
		poll(`document.querySelector(".cell-why")?.textContent.includes("at least 0.50") && document.activeElement.value === "0.20"`),
		chromedp.KeyEvent(kb.Escape),
		poll(`document.querySelector('`+cell("up1", "price")+`').textContent.includes("0.50")`),
		// A list for what is chosen, and Escape that changes nothing.
		chromedp.Focus(cell("up1", "key"), chromedp.ByQuery), enter(),
		poll(`document.activeElement.matches("select.cell-input")`),
		eval(`document.activeElement.value = "F#m"; document.activeElement.dispatchEvent(new Event("change", {bubbles: true}))`),
		poll(`document.querySelector('`+cell("up1", "key")+`').textContent === "F♯m"`),
		// Undo takes back one step at a time.
		poll(`!document.querySelector("[data-undo]").disabled`),
		chromedp.Click("[data-undo]", chromedp.ByQuery),
		poll(`document.querySelector('`+cell("up1", "key")+`').textContent === "–"`),
		chromedp.Focus(cell("up1", "tempo"), chromedp.ByQuery), ctrlZ(),
		poll(`document.querySelector('`+cell("up1", "tempo")+`').textContent === "92" && document.querySelector("[data-undo]").disabled`),
		// Tab reaches the table once.
		poll(`document.querySelectorAll('[data-fresh-rows] [tabindex="0"]').length === 1`),
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if got := u.benches["opaque"].sound("k1").Row; got.TempoBPM != 92 || got.Key != "" {
		t.Errorf("after undo: %v %q", got.TempoBPM, got.Key)
	}
	complain(t, complaints)
}

// complain fails on what the browser wrote into its console; refused requests are written there by the browser itself.
func complain(t *testing.T, found func() []string) {
	t.Helper()
	if got := found(); len(got) > 0 {
		t.Errorf("the browser complains: %s", strings.Join(got, "\n"))
	}
}

// clear empties a field as a person does, with the focus in it.
func clear(field string) chromedp.Action {
	return chromedp.Tasks{chromedp.Focus(field, chromedp.ByQuery), eval(`document.activeElement.select(); document.execCommand("delete")`)}
}

// enter presses Enter as a keyboard does: where a page takes the key for itself, nothing is typed.
func enter() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for _, kind := range []input.KeyType{input.KeyDown, input.KeyUp} {
			if err := input.DispatchKeyEvent(kind).WithKey("Enter").WithCode("Enter").WithWindowsVirtualKeyCode(13).WithText("\r").Do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func ctrlZ() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return input.DispatchKeyEvent(input.KeyDown).WithModifiers(input.ModifierCtrl).WithKey("z").WithCode("KeyZ").WithWindowsVirtualKeyCode(90).Do(ctx)
	})
}

func TestManyAreTickedAndSetAtOnce(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", bench0), poll(started),
		chromedp.Click(`#file-up0 input[name=sound]`, chromedp.ByQuery),
		eval(`document.querySelector("#file-up3 input[name=sound]").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey: true}))`),
		poll(`document.querySelector("[data-ticked]").textContent === "4 sounds ticked" && !document.querySelector("[data-bulk-bar]").hidden`),
		chromedp.Click(`[data-set-open=tags]`, chromedp.ByQuery),
		poll(`document.activeElement.id === "set-tags" && document.querySelectorAll("#bulk-set [data-set]:not([hidden])").length === 1`),
		chromedp.SendKeys("#set-tags", "fired, clay", chromedp.ByQuery), enter(),
		poll(`document.querySelector('`+cell("up3", "tags")+`').textContent === "fired, clay" && document.querySelector("#bulk-set").hidden`),
		poll(`document.querySelectorAll("[data-fresh-rows] :checked").length === 4`), // the ticks stay
		chromedp.Click(`[data-toast] .btn`, chromedp.ByQuery),
		poll(`document.querySelector('`+cell("up3", "tags")+`').textContent === "dry, tape"`),
		// Find and replace touches the ticked names that hold the words.
		chromedp.Click(`[data-find-open]`, chromedp.ByQuery),
		poll(`document.activeElement.id === "set-find"`),
		chromedp.SendKeys("#set-find", "kiln_kit", chromedp.ByQuery), chromedp.SendKeys("#set-replace", "Clay", chromedp.ByQuery), enter(),
		poll(`document.querySelector("[data-toast]").textContent.includes("4 sounds changed")`),
		// The filter, and all that it shows.
		chromedp.KeyEvent(kb.Escape),
		poll(`document.querySelector("#find-set").hidden && document.activeElement.matches("[data-find-open]")`),
		chromedp.Click("[data-untick]", chromedp.ByQuery),
		poll(`document.querySelector("[data-bulk-bar]").hidden`),
		chromedp.SendKeys("#tf", "kick", chromedp.ByQuery), enter(),
		poll(`document.querySelector("[data-table-count]").textContent === "3 of 13 shown"`),
		chromedp.Click("[data-tick-all]", chromedp.ByQuery),
		poll(`document.querySelector("[data-ticked]").textContent === "2 sounds ticked"`),
		chromedp.Click("[data-set-open=type]", chromedp.ByQuery),
		chromedp.SetValue("#set-type", "one-shot", chromedp.ByQuery), chromedp.Click("[data-set-go]", chromedp.ByQuery),
		poll(`document.querySelector('`+cell("up5", "type")+`').textContent === "one-shot"`),
		poll(`document.querySelector("#tf").value === "kick" && document.querySelector("#file-up0").hidden`), // the filter stays
		// Removing takes the focus on, and comes back whole.
		chromedp.Click("[data-remove-ticked]", chromedp.ByQuery),
		poll(`!document.querySelector("#file-up5") && document.activeElement.closest("#file-up6")`),
		chromedp.Click(`[data-toast] .btn`, chromedp.ByQuery),
		poll(`document.querySelector("#file-up5")`),
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if got := u.benches["opaque"].sound("k4").Row.Name; got != kilnNames[4] {
		t.Errorf("a name that was not ticked became %q", got)
	}
	complain(t, complaints)
}

func TestTheListingSavesItself(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", bench0), poll(started),
		clear("#f-title"), chromedp.SendKeys("#f-title", "Kiln Drums II", chromedp.ByQuery),
		poll(`document.querySelector("[data-saved]").textContent.startsWith("Saved ") && document.querySelector("[data-bench-title]").textContent === "Kiln Drums II"`),
		clear("#f-price"), chromedp.SendKeys("#f-price", "0.20", chromedp.ByQuery),
		poll(`document.querySelector("#e-price")?.textContent === "Price must be 0 or at least 0.50 €." && document.querySelector("#f-price").getAttribute("aria-describedby").includes("e-price")`),
		poll(`document.querySelector("[data-saved]").textContent.startsWith("Not saved")`),
		clear("#f-price"), chromedp.SendKeys("#f-price", "nine", chromedp.ByQuery),
		poll(`document.querySelector("#e-price")?.textContent === "Write a price like 9 or 9.50."`),
		clear("#f-price"), chromedp.SendKeys("#f-price", "10", chromedp.ByQuery),
		poll(`!document.querySelector("#e-price") && document.querySelector("[data-receive]").textContent.includes("8.00") && !document.querySelector("#f-price").hasAttribute("aria-invalid")`),
		chromedp.Click(`[name=ai][value=no]`, chromedp.ByQuery),
		poll(`![...document.querySelectorAll(".list-check a")].some((a) => a.hash === "#f-ai")`), // the checklist follows
		chromedp.Click(`[name=rights]`, chromedp.ByQuery),
		poll(`document.querySelector(".list-check li:last-child .state-ok")`),
		// Taking the consent back is a change as well.
		chromedp.Click(`[name=rights]`, chromedp.ByQuery),
		poll(`document.querySelector(".list-check li:last-child .state-warn")`),
		// The line is cut: it goes on by itself.
		offline(true),
		chromedp.SendKeys("#f-description", " More.", chromedp.ByQuery),
		poll(`document.querySelector("[data-saved]").textContent === "Not saved: retrying"`),
		offline(false),
		poll(`document.querySelector("[data-saved]").textContent.startsWith("Saved ")`),
		// Whoever leaves at once loses nothing.
		chromedp.SendKeys("#f-description", " Bye.", chromedp.ByQuery),
		chromedp.Click(`.site nav a[href="/library"]`, chromedp.ByQuery),
		poll(`location.pathname === "/library"`),
	)
	await(t, func() bool {
		u.mu.Lock()
		defer u.mu.Unlock()
		return strings.Contains(u.benches["opaque"].pack.Description, "More.") && strings.Contains(u.benches["opaque"].pack.Description, "Bye.")
	})
	for _, line := range complaints() {
		if !strings.Contains(line, "ERR_INTERNET_DISCONNECTED") {
			t.Error(line)
		}
	}
}

func offline(on bool) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Network.emulateNetworkConditions", network.OverrideNetworkState(on, 0, -1, -1), nil)
	})
}

// await waits until a condition holds, and fails when it does not in time.
func await(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in time")
		}
	}
}

// folder makes files of given sizes and gives the folder's path.
func folder(t *testing.T, files map[string]int) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "Clay Kit")
	for name, size := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Repeat(name[:1], size)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func drop(paths ...string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		data := &input.DragData{Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1}
		for _, kind := range []input.DispatchDragEventType{input.DragEnter, input.DragOver, input.Drop} {
			if err := input.DispatchDragEvent(kind, 400, 300, data).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func stateOf(name string) string {
	return fmt.Sprintf(`document.querySelector('[data-path=%q] [data-state-text]')?.textContent`, name)
}

func TestAFolderIsDroppedAndSent(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	u.partBytes = 1 << 20
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	hold := make(chan struct{})
	u.storage.hold = hold
	root := folder(t, map[string]int{"Loops/a.wav": 300, "Loops/b.wav": 3000, "One-shots/c.wav": 200, ".DS_Store": 10, "virus.exe": 10})
	run(t, ctx,
		at(address, "empty", bench0), poll(started),
		poll(`!document.querySelector("[data-bench-empty]").hidden && document.querySelector("[data-table]").hidden`),
		drop(root),
		poll(`document.querySelectorAll("[data-fresh-rows] tr").length === 3 && !document.querySelector("[data-table]").hidden && document.querySelector("[data-bench-empty]").hidden`),
		poll(stateOf("Loops/a.wav")+`.startsWith("Uploading")`), // the folder's own name is not part of the path
		poll(`document.querySelector("[data-not-taken]").textContent.includes("virus.exe")`),
		poll(`!document.querySelector("[data-progress]").hidden && document.querySelector("[data-total]").textContent.includes("of 3 files")`),
		// Leaving asks, by a link too.
		chromedp.Click(`.site nav a[href="/library"]`, chromedp.ByQuery),
		poll(`document.querySelector("#ask").open && document.activeElement.dataset.ask === "no"`),
		chromedp.KeyEvent(kb.Escape),
		poll(`!document.querySelector("#ask").open && location.pathname === "/studio/packs/kiln"`),
		chromedp.ActionFunc(func(context.Context) error {
			close(hold)
			return nil
		}),
		poll(stateOf("Loops/b.wav")+` === "Ready" && `+stateOf("One-shots/c.wav")+` === "Ready"`),
		poll(`document.querySelector("[data-progress]").hidden && document.querySelector("#bench-count").textContent === "3"`),
		poll(`document.querySelector("#f-demo").options.length === 4`),
		chromedp.Click(`.site nav a[href="/library"]`, chromedp.ByQuery), // nothing left to lose
		poll(`location.pathname === "/library"`),
	)
	if got := u.storage.held("new1"); len(got) != 1 {
		t.Errorf("storage holds %v", got)
	}
	complain(t, complaints)
}

func TestAnUploadGoesOnAfterAReload(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	// They are sent in the order of the table. One file of three parts: the first arrives, the others wait until the page is gone.
	root := folder(t, map[string]int{"long.wav": 20 << 20, "short.wav": 100})
	hold := make(chan struct{})
	accepted := false
	chromedp.ListenTarget(ctx, func(ev any) {
		if _, ok := ev.(*page.EventJavascriptDialogOpening); ok {
			accepted = true
			go func() { _ = chromedp.Run(ctx, page.HandleJavaScriptDialog(true)) }()
		}
	})
	run(t, ctx,
		at(address, "empty", bench0), poll(started),
		chromedp.SetUploadFiles("[data-pick-files]", []string{filepath.Join(root, "short.wav"), filepath.Join(root, "long.wav")}, chromedp.ByQuery),
		chromedp.ActionFunc(func(context.Context) error {
			await(t, func() bool { return len(u.storage.held("new1"))+len(u.storage.held("new0")) >= 2 })
			u.storage.mu.Lock()
			u.storage.hold = hold
			u.storage.mu.Unlock()
			return nil
		}),
	)
	before := u.storage.puts
	if len(u.storage.held("new0")) == 3 {
		t.Skip("the machine was quicker than this test")
	}
	run(t, ctx, chromedp.Click(".total h2, .total", chromedp.ByQuery), chromedp.Reload(), poll(`window.__crateful`), poll(started),
		poll(`document.querySelector("[data-upload-note]").textContent.includes("to go: choose the folder again to go on")`))
	close(hold)
	u.storage.mu.Lock()
	u.storage.hold = nil
	u.storage.mu.Unlock()
	run(t, ctx,
		chromedp.SetUploadFiles("[data-pick-files]", []string{filepath.Join(root, "short.wav"), filepath.Join(root, "long.wav")}, chromedp.ByQuery),
		poll(stateOf("long.wav")+` === "Ready" && `+stateOf("short.wav")+` === "Ready"`),
		poll(`document.querySelectorAll("[data-fresh-rows] tr").length === 2 && document.querySelector("[data-upload-note]").hidden`),
	)
	_ = before
	if !accepted {
		t.Error("reloading while files were sent did not ask")
	}
	var sum int64
	for _, size := range u.storage.held("new0") {
		sum += size
	}
	if sum != 20<<20 {
		t.Errorf("storage holds %d bytes", sum)
	}
}

func TestAnEndedSessionInTheMiddle(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	hold := make(chan struct{})
	u.storage.hold = hold
	root := folder(t, map[string]int{"a.wav": 300, "b.wav": 300})
	end := func(context.Context) error {
		u.mu.Lock()
		u.ended = "empty"
		u.mu.Unlock()
		close(hold)
		return nil
	}
	run(t, ctx,
		at(address, "empty", bench0), poll(started),
		chromedp.SetUploadFiles("[data-pick-files]", []string{filepath.Join(root, "a.wav"), filepath.Join(root, "b.wav")}, chromedp.ByQuery),
		poll(stateOf("a.wav")+`?.startsWith("Uploading")`),
		chromedp.ActionFunc(end),
		poll(`document.querySelector("[data-upload-note]").textContent.includes("Your session ended. Nothing is lost.")`),
		// What is typed meanwhile waits as well.
		chromedp.SendKeys("#f-description", "Typed while signed out.", chromedp.ByQuery),
		poll(`document.querySelector("[data-saved]").textContent === "Not saved: retrying"`),
		eval(`window.open = (url) => { window.__opened = url; return null; }`),
		chromedp.Click("[data-upload-note] button", chromedp.ByQuery),
		poll(`window.__opened.startsWith("/sign-in")`),
		chromedp.ActionFunc(func(context.Context) error { // in the other tab
			u.mu.Lock()
			defer u.mu.Unlock()
			u.ended = ""
			return nil
		}),
		eval(`dispatchEvent(new Event("focus"))`),
		poll(stateOf("a.wav")+` === "Ready" && `+stateOf("b.wav")+` === "Ready"`),
		poll(`document.querySelector("[data-saved]").textContent.startsWith("Saved ") && document.querySelector("[data-upload-note]").hidden`),
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if got := u.benches["empty"].pack.Description; got != "Typed while signed out." {
		t.Errorf("description %q", got)
	}
}

func TestStorageThatBreaksAndALineThatDrops(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	u.storage.fail = 2
	root := folder(t, map[string]int{"a.wav": 300, "b.wav": 300})
	run(t, ctx,
		at(address, "empty", bench0), poll(started),
		chromedp.SetUploadFiles("[data-pick-files]", []string{filepath.Join(root, "a.wav")}, chromedp.ByQuery),
		poll(stateOf("a.wav")+` === "Ready"`), // tried again by itself
		offline(true),
		chromedp.SetUploadFiles("[data-pick-files]", []string{filepath.Join(root, "b.wav")}, chromedp.ByQuery),
		poll(`document.querySelector("[data-upload-note]").textContent.includes("The connection dropped. 1 file is safe; going on by itself.")`),
		offline(false),
		poll(stateOf("b.wav")+` === "Ready"`),
		poll(`document.querySelector("[data-upload-note]").hidden`),
	)
}

func TestNewsLeaveTicksFocusAndTextAlone(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", bench0), poll(started),
		chromedp.Click(`#file-up0 input[name=sound]`, chromedp.ByQuery),
		chromedp.Click(`[data-set-open=price]`, chromedp.ByQuery),
		chromedp.SendKeys("#set-price", "1.5", chromedp.ByQuery),
		chromedp.SendKeys("#tf", "kiln", chromedp.ByQuery),
		chromedp.SendKeys(`[name=other]`, "96", chromedp.ByQuery),
		chromedp.Focus(cell("up6", "name"), chromedp.ByQuery), // the row that changes has the focus
		eval(`window.__row0 = document.querySelector("#file-up0"); window.__row6 = document.querySelector("#file-up6"); window.__y = scrollY`),
		chromedp.ActionFunc(func(context.Context) error {
			u.mu.Lock()
			b := u.benches["opaque"]
			b.ready("up6")
			b.pack.Title = "New title"
			u.mu.Unlock()
			u.tell("pack:kiln")
			return nil
		}),
		poll(stateOf("Loops/"+kilnNames[6])+` === "Ready"`),
		poll(`document.querySelector("#file-up0") === window.__row0 && document.querySelector("#file-up6") !== window.__row6`),
		poll(`document.querySelector("#file-up0 input[name=sound]").checked && document.querySelector("[data-ticked]").textContent === "1 sound ticked"`),
		poll(`document.querySelector("#set-price").value === "1.5" && !document.querySelector("#bulk-set").hidden && document.querySelector("#tf").value === "kiln" && document.querySelector("[name=other]").value === "96"`),
		poll(`document.activeElement === document.querySelector('`+cell("up6", "name")+`') && Math.abs(scrollY - window.__y) < 2`),
		// A cell that is open stays open.
		chromedp.Focus(cell("up7", "name"), chromedp.ByQuery),
		chromedp.ActionFunc(func(context.Context) error {
			u.mu.Lock()
			u.benches["opaque"].ready("up7")
			u.mu.Unlock()
			u.tell("pack:kiln")
			return nil
		}),
		poll(`document.querySelector("#file-up7").dataset.sound`),
		enter(),
		poll(`document.activeElement.matches(".cell-input")`),
		eval(`document.activeElement.value = "Half a name"`),
		chromedp.ActionFunc(func(context.Context) error {
			u.mu.Lock()
			u.benches["opaque"].file("up7").State = "needs_look"
			u.benches["opaque"].ready("up8")
			u.benches["opaque"].file("up10").State = "checking"
			u.mu.Unlock()
			u.tell("pack:kiln")
			return nil
		}),
		poll(stateOf("Loops/"+kilnNames[10])+` === "Checking"`),
		poll(`document.activeElement.matches(".cell-input") && document.activeElement.value === "Half a name"`),
		chromedp.KeyEvent(kb.Escape),
		poll(stateOf("Loops/"+kilnNames[7])+` === "Needs a look"`),
		// An answer by its own field, and by a button.
		chromedp.Focus(`[name=other]`, chromedp.ByQuery), enter(),
		poll(`!document.querySelector("#ask-up2tempo")`),
		chromedp.Click(`#ask-up12duplicate button[value=keep]`, chromedp.ByQuery),
		poll(`!document.querySelector("#ask-up12duplicate") && document.querySelector("#questions").textContent === "One file needs you"`),
		chromedp.Click(`[id^=ask-up11] form[action$="/remove"] button`, chromedp.ByQuery),
		poll(`!document.querySelector("#questions") && document.querySelector("[data-toast]").textContent.includes("Removed")`),
		chromedp.Click(`[data-toast] .btn`, chromedp.ByQuery),
		poll(`document.querySelector("[id^=ask-up11]")`),
	)
	complain(t, complaints)
}

func TestAThousandFilesStayUsable(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	var figures struct {
		Ready, Fresh, Key, Sift float64
		Bytes                   int
	}
	run(t, ctx,
		at(address, "many", bench0), poll(started),
		chromedp.Evaluate(`Math.round(performance.now())`, &figures.Ready),
		chromedp.Evaluate(`performance.getEntriesByType("navigation")[0].encodedBodySize`, &figures.Bytes),
		chromedp.Click(`#file-up3 input[name=sound]`, chromedp.ByQuery),
		eval(`window.__long = []; new PerformanceObserver((list) => { for (const e of list.getEntries()) window.__long.push(e.duration); }).observe({ type: "longtask" })`),
		chromedp.ActionFunc(func(context.Context) error {
			u.mu.Lock()
			u.benches["many"].files[500].Row.TempoBPM = 111
			u.mu.Unlock()
			u.tell("pack:kiln")
			return nil
		}),
		poll(`document.querySelector('`+cell("up500", "tempo")+`').textContent === "111" && document.querySelector("#file-up3 input[name=sound]").checked`),
		chromedp.Evaluate(`new Promise((r) => setTimeout(() => r(Math.max(0, ...window.__long)), 100))`, &figures.Fresh, awaitPromise),
		chromedp.Evaluate(`{ const cell = document.querySelector('`+cell("up500", "name")+`'); cell.focus(); const t = performance.now(); for (let i = 0; i < 20; i++) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true, cancelable: true})); window.__key = (performance.now() - t) / 20 }; window.__key`, &figures.Key),
		chromedp.Evaluate(`{ const f = document.querySelector("#tf"); f.value = "kick"; const t = performance.now(); f.dispatchEvent(new Event("input", {bubbles: true})); document.body.offsetHeight; window.__sift = performance.now() - t }; window.__sift`, &figures.Sift),
		poll(`document.querySelector("[data-table-count]").textContent === "230 of 1000 shown"`),
	)
	t.Logf("1,000 files: %d kB on the wire, usable after %.0f ms, longest pause of an update %.0f ms, one arrow key %.1f ms, filter %.0f ms", figures.Bytes/1000, figures.Ready, figures.Fresh, figures.Key, figures.Sift)
	if figures.Fresh > 1000 || figures.Key > 50 || figures.Sift > 1000 {
		t.Error("too slow")
	}
}

func TestAPackIsPublishedAndTakenBack(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	u.mu.Lock()
	b, yes := u.benches["opaque"], false
	b.files, b.questions = b.files[:2], nil
	b.pack.MadeWithAI, b.pack.RightsAt = &yes, &sampleNow
	u.mu.Unlock()
	run(t, ctx,
		at(address, "opaque", bench0), poll(started),
		chromedp.ActionFunc(func(ctx context.Context) error {
			for _, name := range []string{"clipboard-read", "clipboard-write"} {
				if err := cdpbrowser.SetPermission(&cdpbrowser.PermissionDescriptor{Name: name}, cdpbrowser.PermissionSettingGranted).Do(ctx); err != nil {
					return err
				}
			}
			return nil
		}),
		chromedp.Click(`#publish form[action$="/publish"] button`, chromedp.ByQuery),
		poll(`document.querySelector("#bench-tape").textContent === "Live" && document.querySelectorAll(".steps li").length === 3 && document.querySelectorAll(".steps .state-ok").length === 2`),
		chromedp.ActionFunc(func(context.Context) error { // the index has it, and nobody says so
			u.mu.Lock()
			defer u.mu.Unlock()
			b.trace = &api.Trace{CommittedAt: &sampleNow, SentAt: &sampleNow, SearchableAt: &sampleNow}
			return nil
		}),
		poll(`document.querySelectorAll(".steps .state-ok").length === 3`),
		poll(`!document.querySelector('#publish form[action$="/publish"]') && document.querySelector("#publish details:not([open]) .list-check")`), // nothing left to publish
		chromedp.Click(`#publish [data-copy]`, chromedp.ByQuery),
		poll(`document.querySelector("[data-toast]")?.textContent === "Copied"`),
		// No, then yes.
		chromedp.Click(`#publish form[action$="/withdraw"] button`, chromedp.ByQuery),
		poll(`document.querySelector("#ask").open && document.querySelector("[data-ask=yes]").textContent === "Withdraw"`),
		chromedp.Click("[data-ask=no]", chromedp.ByQuery),
		poll(`!document.querySelector("#ask").open && document.querySelector("#bench-tape").textContent === "Live"`),
		chromedp.Click(`#publish form[action$="/withdraw"] button`, chromedp.ByQuery),
		chromedp.Click("[data-ask=yes]", chromedp.ByQuery),
		poll(`document.querySelector("#bench-tape").textContent === "Withdrawn" && document.querySelector("[data-toast]").textContent.includes("Off sale")`),
		chromedp.Click(`#publish form[action$="/delete"] button`, chromedp.ByQuery),
		chromedp.Click("[data-ask=yes]", chromedp.ByQuery),
		poll(`location.pathname === "/studio" && document.querySelector("[data-toast]").textContent.includes("Deleted")`),
		chromedp.Evaluate(`navigator.clipboard.readText()`, new(string), awaitPromise),
	)
	complain(t, complaints)
}

func TestACoverIsChosen(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	root := folder(t, map[string]int{"cover.png": 400, "huge.png": 100})
	run(t, ctx,
		at(address, "opaque", bench0), poll(started),
		chromedp.SetUploadFiles("[data-cover] input", []string{filepath.Join(root, "cover.png")}, chromedp.ByQuery),
		poll(`document.querySelector("#bench-cover img").src.includes("`+strings.TrimPrefix(sampleRef(8).CoverKey, "covers/")+`")`),
		poll(`document.querySelectorAll("[data-fresh-rows] tr").length === 13`), // a cover is no file of the table
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.offered) != 1 || u.offered[0].Purpose != "cover" {
		raw, _ := json.Marshal(u.offered)
		t.Errorf("offered %s", raw)
	}
}
