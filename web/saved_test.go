package web_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const signedInCookie = "crateful_session=opaque"

// count tells how often something was asked of the service behind.
func (u *upstream) count(call string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := 0
	for _, c := range u.calls {
		if c == call {
			n++
		}
	}
	return n
}

// Who opens a saved search has seen what is new; who fetches ahead, asks for the head alone or goes on in the list has not.
func TestOpeningASavedSearchIsSeeingIt(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	list := ask(t, http.MethodGet, address+"/saved", nil, "Cookie", signedInCookie)
	list.body = html.UnescapeString(list.body)
	for _, want := range []string{"12 new", "since ", "500+ new", "dusty keys key:Am bpm:84-92", "A mail a day", `href="/saved/s1"`} {
		if !strings.Contains(list.body, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	const seen = "POST /api/v1/saved-searches/s1/seen"
	ask(t, http.MethodGet, address+"/saved/s1", nil, "Cookie", signedInCookie, "X-Sec-Purpose", "prefetch")
	ask(t, http.MethodHead, address+"/saved/s1", nil, "Cookie", signedInCookie)
	ask(t, http.MethodGet, address+"/saved/s1?cursor=n", nil, "Cookie", signedInCookie)
	if n := u.count(seen); n != 0 {
		t.Fatalf("seen %d times by nobody", n)
	}
	got := ask(t, http.MethodGet, address+"/saved/s1", nil, "Cookie", signedInCookie)
	if n := strings.Count(got.body, `<b class="saved-mark">New</b>`); n != 2*3 { // in a row's wide and its narrow line
		t.Errorf("%d marks", n)
	}
	if n := u.count(seen); n != 1 {
		t.Errorf("seen %d times", n)
	}
	if !strings.Contains(got.body, "/search?key=Am&amp;q=dusty") || !strings.Contains(got.body, "sort=newest") {
		t.Error("it does not lead to the search, the newest first")
	}
	if out := ask(t, http.MethodGet, address+"/saved/s1", nil); out.StatusCode != http.StatusSeeOther || !strings.HasPrefix(out.Header.Get("Location"), "/sign-in?next=%2Fsaved%2Fs1") {
		t.Errorf("a stranger: %d to %s", out.StatusCode, out.Header.Get("Location"))
	}
}

// The search page offers what can be kept, under a name made of it; a name that is refused stays typed.
func TestSavingASearch(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	found := ask(t, http.MethodGet, address+"/search?q=dusty&type=loop", nil, "Cookie", signedInCookie)
	_, rest, ok := strings.Cut(found.body, `href="/saved/add?`)
	if !ok {
		t.Fatal("the search cannot be saved")
	}
	query, _, _ := strings.Cut(rest, `"`)
	values, err := url.ParseQuery(html.UnescapeString(query))
	if err != nil || !strings.HasPrefix(values.Get("name"), "dusty") || values.Get("query") == "" {
		t.Fatalf("it is offered as %v (%v)", values, err)
	}
	for _, path := range []string{"/search", "/search?in=producers&q=marlow"} {
		if got := ask(t, http.MethodGet, address+path, nil, "Cookie", signedInCookie); strings.Contains(got.body, "/saved/add?") {
			t.Errorf("%s can be saved", path)
		}
	}
	form := ask(t, http.MethodGet, address+"/saved/add?"+values.Encode(), nil, "Cookie", signedInCookie)
	if !strings.Contains(form.body, `value="`+values.Get("name")) || !strings.Contains(form.body, `<option value="daily">`) {
		t.Error("the form is not filled")
	}
	send := url.Values{"query": {"q=dusty&type=loop"}, "name": {"My loops"}, "mail": {"daily"}, "next": {"/search?q=dusty&type=loop"}, "once": {"x"}}
	made := ask(t, http.MethodPost, address+"/saved/add", send, "Cookie", signedInCookie)
	if made.StatusCode != http.StatusSeeOther || made.Header.Get("Location") != "/search?q=dusty&type=loop" {
		t.Errorf("saved: %d to %s", made.StatusCode, made.Header.Get("Location"))
	}
	again := ask(t, http.MethodPost, address+"/saved/add", send, "Cookie", signedInCookie)
	if again.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(again.body, `value="My loops"`) || !strings.Contains(again.body, `<option value="daily" selected>`) {
		t.Errorf("saved again: %d", again.StatusCode)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.saved[0].Name != "My loops" || u.saved[0].Mail != "daily" || u.saved[0].Query != "q=dusty&type=loop" {
		t.Errorf("it is %+v", u.saved[0])
	}
}

// A mailbox sends one POST without cookies, origin or script and follows no redirect (RFC 8058); a person sees a button first.
func TestMailsStopByOneClick(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	const page = "/saved/stop?token=" + savedToken
	shown := ask(t, http.MethodGet, address+page, nil)
	if shown.StatusCode != http.StatusOK || !strings.Contains(shown.body, "Dusty keys for Sunday") || !strings.Contains(shown.body, `action="/saved/stop?token=`+savedToken) ||
		shown.Header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(shown.body, `content="noindex"`) {
		t.Errorf("the page: %d", shown.StatusCode)
	}
	if u.saved[0].Mail != "daily" {
		t.Fatal("looking stopped the mails")
	}
	for range 2 {
		got := ask(t, http.MethodPost, address+page, url.Values{"List-Unsubscribe": {"One-Click"}})
		if got.StatusCode != http.StatusOK || !strings.Contains(got.body, "These mails are stopped") {
			t.Errorf("the click: %d", got.StatusCode)
		}
	}
	if u.saved[0].Mail != "none" {
		t.Error("the mails go on")
	}
	if later := ask(t, http.MethodGet, address+page, nil); strings.Contains(later.body, "<form method=\"post\" action=\"/saved/stop") || !strings.Contains(later.body, "These mails are stopped") {
		t.Error("there is something left to stop")
	}
	if got := ask(t, http.MethodPost, address+"/saved/stop?token=forged", url.Values{}); got.StatusCode != http.StatusNotFound {
		t.Errorf("a forged link: %d", got.StatusCode)
	}
}

func TestSavedSearchesWorkWithoutScripts(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	var wrong, first string
	run(t, ctx,
		emulation.SetScriptExecutionDisabled(true),
		chromedp.EmulateViewport(1280, 900),
		signedIn(address, "opaque"),
		chromedp.Navigate(address+"/search?q=dusty&type=loop"),
		chromedp.Click(`.save-search`, chromedp.ByQuery),
		chromedp.WaitVisible(`#f-name`, chromedp.ByQuery),
		chromedp.SetValue(`#f-name`, "By hand", chromedp.ByQuery),
		sends(`.enter-form button`),
		chromedp.WaitVisible(`[data-toast]`, chromedp.ByQuery),
		chromedp.Navigate(address+"/saved"),
		chromedp.Click(`#saved-s1 summary`, chromedp.ByQuery),
		chromedp.SetValue(`#name-s1`, " ", chromedp.ByQuery),
		sends(`#saved-s1 .saved-form button`),
		chromedp.WaitVisible(`#saved-s1 details[open] [aria-invalid=true]`, chromedp.ByQuery),
		chromedp.Text(`#error-s1`, &wrong, chromedp.ByQuery),
		chromedp.SetValue(`#name-s1`, "Renamed", chromedp.ByQuery),
		chromedp.SetValue(`#mail-s1`, "instant", chromedp.ByQuery),
		sends(`#saved-s1 .saved-form button`),
		chromedp.WaitVisible(`[data-toast]`, chromedp.ByQuery),
		chromedp.Click(`#saved-s1 summary`, chromedp.ByQuery),
		sends(`#saved-s1 .btn-danger`),
		chromedp.WaitNotPresent(`#saved-s1`, chromedp.ByQuery),
		sends(`[data-toast] form button`),
		chromedp.WaitVisible(`#saved-s1`, chromedp.ByQuery),
		chromedp.Text(`.saved-list li:first-child b`, &first, chromedp.ByQuery),
	)
	if wrong == "" || first != "Renamed" {
		t.Errorf("error %q, first %q", wrong, first)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.saved[0].Mail != "instant" || u.saved[1].Name != "By hand" {
		t.Errorf("saved are %+v", u.saved[:2])
	}
}

// With scripts the form is a dialog over the results, and an undo is in the message.
func TestSavingWithoutLeavingTheSearch(t *testing.T) {
	address, u := site(t, "127.0.0.1:0")
	ctx := browser(t, true)
	run(t, ctx,
		chromedp.EmulateViewport(1280, 900),
		at(address, "opaque", "/search?q=dusty&type=loop"),
		chromedp.Click(`.save-search`, chromedp.ByQuery),
		poll(`document.querySelector("dialog#sheet[open] #f-name")?.value.startsWith("dusty")`),
		chromedp.Click(`dialog#sheet .enter-form button.btn-main`, chromedp.ByQuery),
		poll(`document.querySelector("[data-toast]")?.textContent.includes("Saved as") && !document.querySelector("dialog#sheet").open && location.pathname === "/search"`),
	)
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.saved) != 5 {
		t.Errorf("%d searches are saved", len(u.saved))
	}
}

func TestSavedPagesAreAccessible(t *testing.T) {
	axe, err := os.ReadFile("ui/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v (npm ci brings it)", err)
	}
	address, _ := site(t, "127.0.0.1:0")
	ctx := browser(t, false)
	for _, width := range []int64{320, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			for name, path := range lookPages {
				if !strings.HasPrefix(name, "saved") {
					continue
				}
				var found string
				var wide bool
				run(t, ctx,
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
					chromedp.EmulateViewport(width, 800),
					signedIn(address, sessionOf(name)),
					chromedp.Navigate(address+path),
					poll(`window.__crateful`),
					chromedp.Evaluate(`document.querySelectorAll("main details").forEach((d) => { d.open = true })`, nil),
					chromedp.Evaluate(string(axe)+";0", nil),
					chromedp.Evaluate(`axe.run({resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target + " " + n.html.slice(0, 160)).join(" | ")).join("\n"))`, &found,
						func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
					chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide),
				)
				if found != "" || wide {
					t.Errorf("%s at %d px, %s, wide %v: %s", name, width, scheme, wide, found)
				}
			}
		}
	}
}
