package e2e

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"crateful.dev/experience/api"
	"crateful.dev/local"
)

// shown is one page as somebody sees it.
type shown struct {
	route  string // in the site's own form; "" for pages of no route
	path   string // "" for what is no page
	out    bool   // seen by a stranger
	admin  bool   // seen by an admin
	status int    // 200 unless said
}

// world is somebody who has done all there is to do, so that every page has something to show.
var world struct {
	once  sync.Once
	who   person
	admin person
	pages []shown
}

// everyPage lists every page of the site. A page that web has and this table has not fails the tests that use it.
func everyPage(t testing.TB) (person, []shown) {
	t.Helper()
	s := visit(t)
	m := market(t)
	world.once.Do(func() { world.who, world.pages = makeWorld(t, s, m) })
	if shared.dir != "" && world.admin.Token == "" {
		admin := s.newPerson(t, "World Admin")
		mustCtl(t, shared.dir, "admin", "grant", admin.Email)
		world.admin = s.signedIn(t, admin)
	}
	if len(world.pages) == 0 {
		t.Fatal("there is no world to look at")
	}
	known := map[string]bool{}
	for _, p := range world.pages {
		known[p.route] = true
	}
	for _, route := range local.SitePages() {
		if !known[route] {
			t.Errorf("the page %s is in no test: add it to the table", route)
		}
		delete(known, route)
	}
	delete(known, "")
	for route := range known {
		t.Errorf("the table holds %s, which the site does not have", route)
	}
	return world.who, world.pages
}

func makeWorld(t testing.TB, s site, m stall) (person, []shown) {
	t.Helper()
	ctx := deadline(t, 3*time.Minute)
	p := s.newPerson(t, "World Citizen")
	paid := p.buy(t, api.Things{PackIDs: []string{m.pack.Pack.ID}})
	other := s.newPerson(t, "World Seller")
	made, word := samplePack(t, "street", 41)
	second := other.newPack(t, made, listing{Title: "World " + word, Price: 500, SoundPrice: 100})
	found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
	if err != nil || len(found.Sounds) < 3 {
		t.Fatalf("search finds %d sounds (%v)", len(found.Sounds), err)
	}
	single := p.buy(t, api.Things{SoundIDs: []string{found.Sounds[0].ID}})
	owned, err := p.Library(ctx, "", "sounds", "")
	if err != nil || len(owned.Items) == 0 {
		t.Fatalf("the library has %d sounds (%v)", len(owned.Items), err)
	}
	certificate, err := p.Certificate(ctx, owned.Items[0].ID, "")
	if err != nil {
		t.Fatal(err)
	}
	unpaid := p.order(t, api.Things{SoundIDs: []string{found.Sounds[1].ID}})
	waiting := p.order(t, api.Things{SoundIDs: []string{found.Sounds[2].ID}})
	name, shared := "World crate", true
	crate, err := p.CreateCrate(ctx, api.CrateChange{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	if crate, err = p.AddToCrate(ctx, crate.ID, api.Things{SoundIDs: []string{m.sounds[0].ID, m.sounds[1].ID}, PackIDs: []string{second.Pack.ID}}); err != nil {
		t.Fatal(err)
	}
	if crate, err = p.ChangeCrate(ctx, crate.ID, crate.ETag, api.CrateChange{Shared: &shared}); err != nil {
		t.Fatal(err)
	}
	opened, err := p.Crate(ctx, crate.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	own, ownWord := samplePack(t, "film", 42)
	mine := p.newPack(t, own, listing{Title: "Own " + ownWord, Price: 400, SoundPrice: -1})
	other.buy(t, api.Things{PackIDs: []string{mine.Pack.ID}}) // so that there are sales
	draft, err := p.CreatePack(ctx, api.NewPack{Title: "A draft with a refused file"})
	if err != nil {
		t.Fatal(err)
	}
	p.send(t, ctx, draft.Pack.ID, []local.SampleFile{{Path: "Kick.wav", Data: good()}, {Path: "Page.wav", Data: []byte(strings.Repeat("<html>", 99))}})
	p.checked(t, ctx, draft.Pack.ID)
	goneMade, goneWord := samplePack(t, "club", 43)
	gone := other.newPack(t, goneMade, listing{Title: "Gone " + goneWord, Price: 300, SoundPrice: -1})
	if _, err := other.Withdraw(ctx, gone.Pack.ID, gone.Pack.ETag); err != nil {
		t.Fatalf("withdraw: %v", explain(err))
	}
	library, err := p.Library(ctx, "", "packs", "")
	if err != nil || len(library.Items) == 0 {
		t.Fatalf("library: %v", err)
	}
	if _, err := p.CreateToken(ctx, api.TokenRequest{Name: "A token", Scopes: []string{"read"}, Days: 30}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddToCart(ctx, api.Things{PackIDs: []string{second.Pack.ID}}); err != nil {
		t.Fatal(err)
	}
	account, err := p.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := p.SaveSearch(ctx, api.SaveSearch{Name: "World search", Query: "q=" + word})
	if err != nil {
		t.Fatal(err)
	}
	payBy(t, waiting.PayURL, "4000000000003220")
	sound := m.sounds[0].ID
	return p, []shown{
		{route: "/admin", path: "/admin", admin: true},
		{route: "/admin/accounts", path: "/admin/accounts", admin: true},
		{route: "/admin/accounts/:id", path: "/admin/accounts/" + account.Viewer.ID, admin: true},
		{route: "/admin/packs", path: "/admin/packs", admin: true},
		{route: "/admin/packs/:id", path: "/admin/packs/" + second.Pack.ID, admin: true},
		{route: "/admin/money", path: "/admin/money", admin: true},
		{route: "/admin/orders", path: "/admin/orders", admin: true},
		{route: "/admin/orders/:id", path: "/admin/orders/" + paid.ID, admin: true},
		{route: "/admin/reports", path: "/admin/reports", admin: true},
		{route: "/admin/appeals", path: "/admin/appeals", admin: true},
		{route: "/admin/files", path: "/admin/files", admin: true},
		{route: "/admin/index", path: "/admin/index", admin: true},
		{route: "/admin/dead", path: "/admin/dead", admin: true},
		{route: "/admin/jobs", path: "/admin/jobs", admin: true},
		{route: "/admin/queues", path: "/admin/queues", admin: true},
		{route: "/admin/recommendations", path: "/admin/recommendations", admin: true},
		{route: "/admin/storage", path: "/admin/storage", admin: true},
		{route: "/admin/audit", path: "/admin/audit", admin: true},
		{route: "/report", path: "/report?sound=" + sound, out: true},
		{route: "/", path: "/"},
		{route: "/", path: "/", out: true},
		{route: "/:at", path: "/@" + m.producer.Handle},
		{route: "/:at", path: "/@" + p.Handle},
		{route: "/.well-known/crateful-licence-keys.json"},
		{route: "/cart", path: "/cart"},
		{route: "/cart", path: "/cart", out: true},
		{route: "/checkout/return", path: "/checkout/return?order=" + paid.ID},
		{route: "/checkout/return", path: "/checkout/return?order=" + unpaid.ID + "&result=cancel"},
		{route: "/checkout/return", path: "/checkout/return?order=" + waiting.ID},
		{route: "/crates", path: "/crates"},
		{route: "/crates/:id", path: "/crates/" + crate.ID},
		{route: "/crates/add", path: "/crates/add?sound=" + sound},
		{route: "/crates/shared/:token", path: "/crates/shared/" + opened.ShareToken, out: true},
		{route: "/developers", path: "/developers"},
		{route: "/downloads"},
		{route: "/downloads/packs/:id"},
		{route: "/forgot", path: "/forgot", out: true},
		{route: "/free", path: "/free"},
		{route: "/genres/:slug", path: "/genres/lo-fi"},
		{route: "/help", path: "/help"},
		{route: "/library", path: "/library"},
		{route: "/library", path: "/library?kind=sounds"},
		{route: "/library", path: "/library?q=nothing+like+it"},
		{route: "/library/:id", path: "/library/" + owned.Items[0].ID},
		{route: "/library/:id/licence"},
		{route: "/library/packs/:id", path: "/library/packs/" + m.pack.Pack.ID},
		{route: "/licences", path: "/licences"},
		{route: "/orders", path: "/orders"},
		{route: "/orders/:id", path: "/orders/" + single.ID},
		{route: "/packs/:slug", path: "/packs/" + m.pack.Pack.Slug},
		{route: "/packs/:slug", path: "/packs/" + second.Pack.Slug, out: true},
		{route: "/packs/:slug", path: "/packs/" + mine.Pack.ID + "?draft=true"},
		{route: "/packs/:slug", path: "/packs/" + gone.Pack.Slug, status: http.StatusGone},
		{route: "/privacy", path: "/privacy"},
		{route: "/reset", path: "/reset?token=none", out: true},
		{route: "/robots.txt"},
		{route: "/saved", path: "/saved"},
		{route: "/saved/:id", path: "/saved/" + saved.ID},
		{route: "/saved/add", path: "/saved/add?query=q%3D" + word + "&name=" + word},
		{route: "/saved/stop", path: "/saved/stop?token=none", out: true, status: http.StatusNotFound},
		{route: "/search", path: "/search"},
		{route: "/search", path: "/search?q=" + m.word + "&type=loop", out: true},
		{route: "/search", path: "/search?q=nothing+like+it+anywhere"},
		{route: "/settings", path: "/settings"},
		{route: "/settings/account", path: "/settings/account"},
		{route: "/settings/privacy", path: "/settings/privacy"},
		{route: "/settings/sessions", path: "/settings/sessions"},
		{route: "/settings/tokens", path: "/settings/tokens"},
		{route: "/sign-in", path: "/sign-in?next=/library", out: true},
		{route: "/sign-up", path: "/sign-up", out: true},
		{route: "/sitemap.xml"},
		{route: "/verify", path: "/verify"},
		{route: "/verify/:id", path: "/verify/" + certificate.ID},
		{route: "/sounds/:id", path: "/sounds/" + sound},
		{route: "/sounds/:id/download"},
		{route: "/studio", path: "/studio"},
		{route: "/studio/packs/:id", path: "/studio/packs/" + draft.Pack.ID},
		{route: "/studio/packs/:id", path: "/studio/packs/" + mine.Pack.ID},
		{route: "/studio/refunds", path: "/studio/refunds"},
		{route: "/studio/refunds/:line"},
		{route: "/studio/payouts", path: "/studio/payouts"},
		{route: "/studio/payouts/refresh"},
		{route: "/studio/payouts/return"},
		{route: "/studio/sales", path: "/studio/sales"},
		{route: "/studio/coupons", path: "/studio/coupons"},
		{route: "/admin/coupons", path: "/admin/coupons", admin: true},
		{route: "/tags/:slug", path: "/tags/journey"},
		{route: "/terms", path: "/terms"},
		{route: "/verify-email", path: "/verify-email?token=none", out: true},
		{path: "/nowhere/at/all", status: http.StatusNotFound},
		{path: "/studio/packs/" + m.pack.Pack.ID, status: http.StatusNotFound},
	}
}

// payBy presses a test card's button.
func payBy(t testing.TB, page, card string) {
	t.Helper()
	if got := raw(t, request{Method: http.MethodPost, URL: page, Body: url.Values{"use": {card}}}); got.Status != http.StatusSeeOther {
		t.Fatalf("the payment page answered %d", got.Status)
	}
}

// Every page at 320 px, light and dark: nothing that axe finds, nothing that scrolls sideways, nothing that the browser
// complains about.
func TestEveryPageOnASmallPhone(t *testing.T) {
	axe, err := os.ReadFile("../web/ui/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing, `make ui` brings it: %v", err)
	}
	s := visit(t)
	who, pages := everyPage(t)
	in, out, desk := newTab(t, s), newTab(t, s), newTab(t, s)
	in.do("sign in", s.as(who))
	desk.do("sign in", s.as(world.admin))
	for _, b := range []*tab{in, out, desk} {
		b.do("make it small", chromedp.EmulateViewport(320, 640, chromedp.EmulateMobile))
	}
	for _, p := range pages {
		if p.path == "" || p.admin && world.admin.Token == "" {
			continue
		}
		b := in
		if p.out {
			b = out
		}
		if p.admin {
			b = desk
		}
		b.colours("light")
		b.open(p.path)
		b.until("the scripts run", `window.__crateful && document.readyState === "complete"`)
		// A page that waits for news must stand still while it is looked at.
		b.do("hold it still", chromedp.Evaluate(`document.addEventListener("turbo:before-visit", (event) => event.preventDefault())`, nil))
		b.until("it is at rest", `!document.documentElement.hasAttribute("aria-busy")`)
		b.do("bring axe", chromedp.Evaluate(string(axe)+";0", nil))
		for _, scheme := range []string{"light", "dark"} {
			b.colours(scheme)
			if found := value[string](b, `axe.run({ resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.target + " " + n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")).join("\n"))`); found != "" {
				t.Errorf("%s, %s: %s", p.path, scheme, found)
			}
		}
		if wide := value[int](b, `document.documentElement.scrollWidth`); wide > 320 {
			t.Errorf("%s is %d px wide: %s", p.path, wide, value[string](b, `[...document.querySelectorAll("main *, header *, footer *")].filter((e) => e.getBoundingClientRect().right > 321 && e.checkVisibility()).slice(0, 4).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`))
		}
		if headings := value[int](b, `document.querySelectorAll("h1").length`); headings != 1 {
			t.Errorf("%s has %d first headings", p.path, headings)
		}
		if stopped := value[[]string](b, `window.__stopped`); len(stopped) > 0 {
			t.Errorf("%s: the content security policy stopped %v", p.path, stopped)
		}
	}
	in.quiet()
	out.quiet()
	desk.quiet()
}

func (b *tab) colours(scheme string) {
	b.t.Helper()
	b.do(scheme+" colours", emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}))
}

// Every page and every other answer forbids what browsers would else allow.
func TestHeadersOfEveryPage(t *testing.T) {
	s := visit(t)
	who, pages := everyPage(t)
	for _, p := range pages {
		if p.path == "" {
			continue
		}
		header := map[string]string{"Cookie": "crateful_session=" + who.Token}
		if p.admin {
			if world.admin.Token == "" {
				continue
			}
			header["Cookie"] = "crateful_session=" + world.admin.Token
		}
		if p.out {
			header = nil
		}
		got := raw(t, request{URL: s.URL + p.path, Header: header})
		want := p.status
		if want == 0 {
			want = http.StatusOK
		}
		if got.Status != want {
			t.Errorf("%s: %d, want %d", p.path, got.Status, want)
		}
		policy := map[string]string{}
		for _, part := range strings.Split(got.Header.Get("Content-Security-Policy"), ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
			policy[name] = value
		}
		if strings.Contains(got.Header.Get("Content-Security-Policy"), "unsafe-") || strings.Contains(policy["script-src"], "*") ||
			policy["default-src"] != "'self'" || policy["frame-ancestors"] != "'none'" || policy["object-src"] != "'none'" || policy["base-uri"] == "" || policy["form-action"] == "" {
			t.Errorf("%s: content security policy %q", p.path, got.Header.Get("Content-Security-Policy"))
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8"} {
			if got.Header.Get(name) != want {
				t.Errorf("%s: %s is %q", p.path, name, got.Header.Get(name))
			}
		}
		if cache := got.Header.Get("Cache-Control"); !strings.Contains(cache, "private") && !strings.Contains(cache, "no-store") && !strings.Contains(cache, "no-cache") {
			t.Errorf("%s may be kept by anybody: %q", p.path, cache)
		}
		body := string(got.Body)
		for _, inline := range []string{" onclick=", " onload=", " onerror=", " style=", "javascript:"} {
			if strings.Contains(body, inline) {
				t.Errorf("%s holds %q", p.path, strings.TrimSpace(inline))
			}
		}
		if got.Header.Get("Server") != "" || got.Header.Get("X-Powered-By") != "" {
			t.Errorf("%s says what serves it", p.path)
		}
	}
	for _, path := range []string{"/api/v1/search?q=x", "/api/v1/nowhere", "/robots.txt", "/sitemap.xml", "/assets/nothing.js"} {
		got := raw(t, request{URL: s.URL + path})
		if got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", path)
		}
	}
}

// Without scripts everything but playing and uploading is a link or a form: find, sign up, cart, pay, library, download.
func TestWithoutScripts(t *testing.T) {
	s := visit(t)
	m := market(t)
	b := newTab(t, s)
	b.do("turn scripts off", emulation.SetScriptExecutionDisabled(true))
	limited := func() context.Context {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		t.Cleanup(cancel)
		return ctx
	}
	act := func(what string, actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(limited(), actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	typed := func(selector, text string) {
		t.Helper()
		act("type into "+selector, chromedp.SendKeys(selector, text, chromedp.ByQuery))
	}
	click := func(selector string) {
		t.Helper()
		act("press "+selector, chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery))
	}
	// Without scripts every step is another page, which is there before the next step begins.
	leads := func(what string, action chromedp.Action) {
		t.Helper()
		if _, err := chromedp.RunResponse(limited(), action); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	follow := func(selector string) {
		t.Helper()
		act("find "+selector, chromedp.ScrollIntoView(selector, chromedp.ByQuery))
		leads("follow "+selector, chromedp.Click(selector, chromedp.ByQuery))
	}
	says := func(text string) {
		t.Helper()
		eventually(t, patience, "the page to say "+text, func() (bool, error) {
			var got string
			ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
			defer cancel()
			err := chromedp.Run(ctx, chromedp.Text("body", &got, chromedp.ByQuery))
			return strings.Contains(got, text), err
		})
	}
	b.open("/search")
	leads("search", chromedp.SendKeys("#q", m.word+"\r", chromedp.ByQuery))
	follow("[data-rows] li:nth-child(1) .row-from a")
	says(m.pack.Pack.Title)
	follow(`.buy > button[data-buy]`)
	says("Added to the cart")
	b.open("/cart")
	says(m.pack.Pack.Title)
	follow(`form[action="/checkout"] button`)
	says("Sign in")
	follow(`.enter-other a[href^="/sign-up"]`)
	says("Create an account")
	p := newName("No Scripts")
	typed("#f-email", p.Email)
	typed("#f-handle", p.Handle)
	typed("#f-password", p.Password)
	follow(".enter-form button.btn-main")
	says("Welcome")
	b.open("/cart")
	follow(`form[action="/checkout"] button`)
	typed("#number", "4242424242424242")
	typed("#expiry", "1234")
	typed("#code", "123")
	typed("#name", "No Scripts")
	follow("button.primary")
	says("Paid. It is yours.")
	b.open("/library")
	data, _ := b.download("the zip", func() { click(".own-get a") })
	sameFiles(t, data, m.made)
	b.open("/library/packs/" + m.pack.Pack.ID)
	sound, _ := b.download("one sound", func() { click(".rows [data-download]") })
	if !slices.ContainsFunc(m.made.Files, func(f local.SampleFile) bool { return sum(f.Data) == sum(sound) }) {
		t.Error("the single sound is none of the pack's")
	}
	// Signing out and in again.
	b.open("/settings")
	click("details.menu > summary")
	follow(`form[action="/sign-out"] button`)
	says("You are signed out.")
	b.open("/sign-in?next=/library")
	typed("#f-email", p.Email)
	typed("#f-password", p.Password)
	follow(".enter-form button.btn-main")
	says("Library")
	if got := b.where(); got != "/library" {
		t.Errorf("signing in led to %s", got)
	}
}

// where is the tab's path, without asking scripts.
func (b *tab) where() string {
	b.t.Helper()
	var at string
	b.do("ask where it is", chromedp.Location(&at))
	u, err := url.Parse(at)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Path
}
