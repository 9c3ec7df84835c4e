package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

func TestTheCartTakesOutAndPutsBack(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", "/cart"),
		poll(`document.querySelectorAll(".item").length === 7`),
		chromedp.Click(`#line-line-p0 [data-removes]`, chromedp.ByQuery),
		poll(`document.querySelectorAll(".item").length === 6 && document.querySelector("[data-toast]").textContent.includes("Removed Dusty Keys.")`),
		poll(`document.activeElement.matches("[data-removes]") && document.activeElement.closest("#line-line-s0")`), // the next row
		poll(`document.querySelector("[data-cart-count]").textContent === "6" && document.querySelector(".sum-all dd").textContent.includes("12.80")`),
		chromedp.Click(`[data-toast] .btn`, chromedp.ByQuery),
		poll(`document.querySelectorAll(".item").length === 7`),
		// A changed price is agreed to.
		chromedp.Click(`form[action="/cart/accept"] button`, chromedp.ByQuery),
		poll(`!document.querySelector('form[action="/cart/accept"]')`),
	)
	complain(t, complaints)
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.lines) != 7 {
		t.Errorf("%d lines", len(u.lines))
	}
}

func TestPayingOnceAndWaitingForTheBank(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	u.payURL = address + "/checkout/return?order=order-waiting_for_bank" // the payment page sends people back
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", "/cart"),
		eval(`const b = document.querySelector('form[action="/checkout"] button'); b.click(); b.click(); b.click()`),
		poll(`location.pathname === "/checkout/return" && document.querySelector("h1").textContent === "Waiting for your bank"`),
		poll(`document.querySelector("[data-live]")`),
		eval(`window.__same = true; document.querySelector(".item a").focus()`),
		chromedp.ActionFunc(func(context.Context) error {
			await(t, func() bool {
				u.mu.Lock()
				defer u.mu.Unlock()
				return len(u.ears) == 1
			})
			u.mu.Lock()
			u.paid = true
			u.mu.Unlock()
			u.tell("order:order-waiting_for_bank")
			return nil
		}),
		poll(`document.querySelector("h1").textContent === "Paid. It is yours." && window.__same`), // changed, not loaded anew
		poll(`document.querySelectorAll('a[href^="/downloads/packs/"]').length === 2 && document.querySelectorAll("main .btn-main").length === 1`),
		poll(`document.querySelector("#say").textContent.includes("Paid") && document.activeElement.matches(".item a")`),
	)
	complain(t, complaints)
	await(t, func() bool { // the page listens no longer
		u.mu.Lock()
		defer u.mu.Unlock()
		return len(u.ears) == 0
	})
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, key := range u.keys {
		if key == "" || key != u.keys[0] {
			t.Errorf("idempotency keys %q", u.keys)
		}
	}
}

func TestATotalThatChangedIsNotCharged(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodPost, address+"/checkout", url.Values{"total": {"100"}, "currency": {"EUR"}, "once": {"k"}}, "Cookie", "crateful_session=opaque")
	if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "nothing was ordered") {
		t.Errorf("%d", got.StatusCode)
	}
	if got := ask(t, http.MethodPost, address+"/checkout", url.Values{"total": {"2400"}, "currency": {"EUR"}}); got.Header.Get("Location") != "/sign-in?next=%2Fcart" {
		t.Errorf("signed out leads to %q", got.Header.Get("Location"))
	}
}

func TestASoundGoesIntoACrateFromADialog(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", "/search?q=dusty"),
		chromedp.Focus(row(1), chromedp.ByQuery), chromedp.KeyEvent("c"),
		poll(`document.querySelector("#sheet").open && document.querySelectorAll("#sheet .pick-key").length === 3`),
		poll(`document.activeElement.matches("#sheet .pick-key, #sheet input, #sheet button")`),
		chromedp.Click(`#sheet .pick li:nth-child(2) button`, chromedp.ByQuery),
		poll(`!document.querySelector("#sheet").open && document.querySelector("[data-toast]").textContent.includes("Added to Sunday session.")`),
		poll(`document.activeElement.closest(".row") && location.pathname === "/search"`),
		// A new one; a name that is taken is said at its field.
		chromedp.KeyEvent("c"),
		poll(`document.querySelector("#sheet").open && document.activeElement.matches("#sheet .pick-key")`),
		chromedp.SendKeys("#sheet #f-name", "Liked\r", chromedp.ByQuery),
		poll(`document.querySelector("#sheet #e-name")?.textContent.includes("You have a crate with this name.") && document.activeElement.id === "f-name"`),
		clear("#sheet #f-name"), chromedp.SendKeys("#sheet #f-name", "Tonight\r", chromedp.ByQuery),
		poll(`!document.querySelector("#sheet").open && document.querySelector("[data-toast]").textContent.includes("Added to Tonight.")`),
		// Beside it, and by Escape.
		chromedp.KeyEvent("c"), poll(`document.querySelector("#sheet").open`), chromedp.KeyEvent(kb.Escape), poll(`!document.querySelector("#sheet").open`),
	)
	complain(t, complaints)
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.crates) != 4 || len(u.crates[1].items) != 6 || len(u.crates[3].items) != 1 {
		t.Errorf("crates %v", u.crateCards())
	}
}

func TestACrateIsSharedSortedAndDeleted(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", "/crates/c1"),
		chromedp.Click(`button[name=on][value="1"]`, chromedp.ByQuery),
		poll(`document.querySelector("#share-link")?.value.endsWith("/crates/shared/s3cr3t") && !document.querySelector("[data-copy]").hidden`),
		chromedp.Click(`#item-i0 summary`, chromedp.ByQuery),
		chromedp.Click(`#item-i0 button[name=order]`, chromedp.ByQuery), // first: only down
		poll(`document.querySelector(".crate-item").id === "item-i1"`),
		chromedp.Click(`.crate-tools button.btn-main`, chromedp.ByQuery),
		poll(`document.querySelector("[data-toast]").textContent.includes("cart")`),
		eval(`document.querySelector("#item-i2 details").open = true`),
		chromedp.Click(`#item-i2 [data-removes]`, chromedp.ByQuery),
		poll(`!document.querySelector("#item-i2") && document.querySelector("[data-toast]").textContent.includes("Taken out") && document.activeElement.closest(".crate-item")`),
		chromedp.Click(`form[action="/crates/c1/delete"] button`, chromedp.ByQuery),
		poll(`document.querySelector("#ask").open`),
		chromedp.Click("[data-ask=yes]", chromedp.ByQuery),
		poll(`location.pathname === "/crates" && document.querySelectorAll(".crate").length === 2`),
	)
	complain(t, complaints)
	_ = u
}

func TestWhatIsTypedSurvivesAnEndedSession(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	run(t, ctx,
		at(address, "opaque", "/settings"),
		clear("#f-bio"), chromedp.SendKeys("#f-bio", "Written for an hour.", chromedp.ByQuery),
		chromedp.ActionFunc(func(context.Context) error {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.ended = "opaque"
			return nil
		}),
		chromedp.Click(`form[action="/settings"] button`, chromedp.ByQuery),
		poll(`location.pathname === "/sign-in" && new URLSearchParams(location.search).get("next") === "/settings"`),
		chromedp.SendKeys("#f-email", "juno@example.org", chromedp.ByQuery), chromedp.SendKeys("#f-password", "wrong\r", chromedp.ByQuery),
		poll(`document.querySelector("[data-form-errors]") && document.querySelector("#f-email").value === "juno@example.org"`),
		// A password is shown on request.
		chromedp.Click("[data-reveal]", chromedp.ByQuery), poll(`document.querySelector("#f-password").type === "text"`),
		chromedp.SendKeys("#f-password", "correct horse battery\r", chromedp.ByQuery),
		poll(`location.pathname === "/settings" && document.querySelector("#f-bio").value === "Written for an hour."`),
		poll(`document.querySelector("[data-toast]").textContent.includes("What you typed is back")`),
		chromedp.Click(`form[action="/settings"] button`, chromedp.ByQuery),
		poll(`document.querySelector("[data-toast]")?.textContent === "Saved." && sessionStorage.length === 0`),
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.profile.Bio != "Written for an hour." {
		t.Errorf("bio %q", u.profile.Bio)
	}
}

func TestAPictureOfOneself(t *testing.T) {
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	root := folder(t, map[string]int{"me.png": 500})
	run(t, ctx,
		at(address, "opaque", "/settings"),
		poll(`!performance.getEntriesByType("resource").some((e) => e.name.includes("pictures"))`),
		chromedp.SetUploadFiles("[data-picture=avatar] input", []string{filepath.Join(root, "me.png")}, chromedp.ByQuery),
		poll(`document.querySelector("#my-avatar img")`),
		poll(`document.querySelector("[data-toast]").textContent === "Your new picture is here"`),
	)
	complain(t, complaints)
}

func TestSuggestionsUnderTheSearchBox(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	complaints := watch(t, ctx)
	run(t, ctx,
		at(address, "opaque", "/crates"),
		chromedp.SendKeys("#q", "dus", chromedp.ByQuery),
		poll(`document.querySelectorAll("form.find [role=option]").length === 4 && document.activeElement.getAttribute("aria-expanded") === "true"`),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown),
		poll(`document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.textContent.includes("Rhodes") && document.activeElement.value === "dus"`),
		chromedp.KeyEvent(kb.Escape),
		poll(`document.querySelector("form.find [role=listbox]").hidden && document.activeElement.id === "q" && document.activeElement.value === "dus"`),
		chromedp.KeyEvent(kb.ArrowDown),
		poll(`!document.querySelector("form.find [role=listbox]").hidden`),
		chromedp.KeyEvent(kb.ArrowUp), // the last one
		poll(`document.querySelectorAll("form.find [role=option]")[3].getAttribute("aria-selected") === "true"`),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown), enter(),
		poll(`location.pathname === "/packs/dusty-keys"`),
		// Without a choice Enter searches; without an answer it is a plain box.
		chromedp.SendKeys("#q", "nothing", chromedp.ByQuery),
		chromedp.ActionFunc(func(context.Context) error {
			await(t, func() bool {
				u.mu.Lock()
				defer u.mu.Unlock()
				n := 0
				for _, call := range u.calls {
					if strings.HasSuffix(call, "/suggest") {
						n++
					}
				}
				return n >= 2
			})
			return nil
		}),
		poll(`document.querySelector("form.find [role=listbox]").hidden`),
		enter(),
		poll(`location.pathname === "/search" && location.search.includes("nothing")`),
		// The large box of the home page has them too.
		chromedp.Navigate(address+"/"), poll(`window.__crateful`),
		chromedp.SendKeys("#hq", "dus", chromedp.ByQuery),
		poll(`document.querySelectorAll(".hero-find [role=option]").length === 4 && document.querySelector(".hero-find [role=listbox]").getBoundingClientRect().top >= document.querySelector("#hq").getBoundingClientRect().bottom`),
	)
	complain(t, complaints)
}

func TestOwnPagesWorkWithoutScripts(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	var flash, tape, name string
	run(t, ctx,
		emulation.SetScriptExecutionDisabled(true),
		chromedp.EmulateViewport(1280, 900),
		signedIn(address, "opaque"),
		chromedp.Navigate(address+"/cart"),
		sends(`#line-line-p0 [data-removes]`),
		chromedp.WaitVisible(`[data-toast] form button`, chromedp.ByQuery),
		chromedp.Text("[data-toast]", &flash, chromedp.ByQuery),
		sends(`[data-toast] form button`),
		chromedp.WaitVisible(`.item`, chromedp.ByQuery),
		chromedp.Navigate(address+"/crates/add?sound=sound-1"),
		sends(`.pick li:nth-child(2) button`),
		chromedp.WaitVisible(`[data-toast]`, chromedp.ByQuery),
		chromedp.Navigate(address+"/crates/c1"),
		sends(`form[action="/crates/c1/delete"] button`), // without a question, as every form
		chromedp.WaitVisible(`.crates`, chromedp.ByQuery),
		chromedp.Navigate(address+bench0),
		sends(`#ask-up2tempo button[value="64"]`),
		chromedp.WaitNotPresent(`#ask-up2tempo`, chromedp.ByQuery),
		chromedp.Click(`#file-up0 input[name=sound]`, chromedp.ByQuery),
		chromedp.Click(`#bulk-set summary`, chromedp.ByQuery),
		chromedp.SetValue("#set-tempo", "120", chromedp.ByQuery),
		sends(`[data-set-go]`),
		chromedp.WaitVisible(`#file-up0`, chromedp.ByQuery),
		chromedp.Text(cell("up0", "tempo"), &tape, chromedp.ByQuery),
		chromedp.SetValue("#f-title", "By hand", chromedp.ByQuery),
		sends("[data-autosave-button]"),
		chromedp.WaitVisible(`h1`, chromedp.ByQuery),
		chromedp.Text("h1", &name, chromedp.ByQuery),
		sends(`#file-up6 .c-act button`),
		chromedp.WaitVisible(`[data-toast]`, chromedp.ByQuery),
		chromedp.WaitNotPresent(`#file-up6`, chromedp.ByQuery),
	)
	if !strings.Contains(flash, "Removed Dusty Keys.") || tape != "120" || name != "By hand" {
		t.Errorf("flash %q, tempo %q, title %q", flash, tape, name)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.lines) != 7 || len(u.crates) != 2 {
		t.Errorf("%d lines, %d crates", len(u.lines), len(u.crates))
	}
}

func TestTheWorkbenchSaysWhyPublishingFailed(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	for reason, want := range map[string]string{
		"analyzer_crashed":     "could not put the files together in three tries",
		"account_cannot_sell":  "your account cannot sell at the moment",
		"file_missing":         "our storage does not find one of the files",
		"a_reason_of_tomorrow": "Publishing failed. Nothing is lost.",
	} {
		u.mu.Lock()
		u.benches["opaque"].pack.PublishFailed = reason
		u.mu.Unlock()
		got := ask(t, http.MethodGet, address+bench0, nil, "Cookie", "crateful_session=opaque")
		if !strings.Contains(got.body, `role="alert"`) || !strings.Contains(got.body, want) || strings.Contains(got.body, reason) {
			t.Errorf("%s: status %d without %q, or with the code itself", reason, got.StatusCode, want)
		}
	}
}

func TestReasonsOfRefusalAreInWords(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	rows := []struct {
		reason string
		params map[string]any
		want   string
	}{
		{"cut_off", map[string]any{"have_seconds": 3.1, "want_seconds": 8.0}, "Cut off after 3.1 s of 8 s. Export it again and drop it here."},
		{"cut_off", map[string]any{"have_seconds": 3.14, "want_seconds": 0.0}, "Cut off after 3.1 s. Export it again and drop it here."},
		{"not_audio", map[string]any{"found": "html"}, "This is not audio but a web page."},
		{"not_audio", map[string]any{"found": "something new"}, "This is not audio but something else."},
		{"sample_rate", map[string]any{"rate": 4000, "min": 8000, "max": 192000}, "The sample rate is 4,000 Hz, 8,000 to 192,000 Hz are taken."},
		{"file_too_large", map[string]any{"limit": 2 << 30}, "The file is larger than 2.1"},
		{"too_many_sounds", map[string]any{"limit": 1000}, "A pack holds at most 1,000 sounds."},
		{"analyzer_crashed", nil, "We could not read it in three tries."},
		{"sample_rate", nil, "Only in English 8."}, // its numbers are missing
		{"a_reason_of_tomorrow", nil, "Only in English 9."},
	}
	b := u.benches["opaque"]
	b.files, b.questions = nil, nil
	for i, row := range rows {
		f := studioFile(i, "refused")
		f.Reason, f.Params, f.ReasonText = row.reason, row.params, fmt.Sprintf("Only in English %d.", i)
		b.files = append(b.files, f)
	}
	got := ask(t, http.MethodGet, address+bench0, nil, "Cookie", "crateful_session=opaque")
	for _, row := range rows {
		if !strings.Contains(got.body, row.want) {
			t.Errorf("%s: no %q", row.reason, row.want)
		}
	}
}
