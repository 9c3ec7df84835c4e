package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/local"
)

// A page of somebody else sends nothing in a person's name.
func TestCrossOriginForms(t *testing.T) {
	s := visit(t)
	m := market(t)
	p := s.newPerson(t, "Crossed Person")
	cookie := "crateful_session=" + p.Token
	for name, origin := range map[string]map[string]string{
		"another site":             {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
		"another site, old":        {"Origin": "https://evil.example"},
		"a neighbouring site":      {"Origin": strings.Replace(s.URL, "://", "://x.", 1), "Sec-Fetch-Site": "same-site"},
		"a sandboxed frame":        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
		"another port of our host": {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
	} {
		for _, r := range []request{
			{Method: http.MethodPost, URL: s.URL + "/cart/add", Body: url.Values{"sound": {m.sounds[0].ID}}},
			{Method: http.MethodPost, URL: s.URL + "/checkout", Body: url.Values{"total": {"0"}}},
			{Method: http.MethodPost, URL: s.URL + "/sign-out"},
			{Method: http.MethodPost, URL: s.URL + "/settings/password", Body: url.Values{"new": {"x"}}},
			{Method: http.MethodPost, URL: s.URL + "/studio/packs", Body: url.Values{"title": {"Crossed"}}},
			{Method: http.MethodPost, URL: s.URL + "/api/v1/packs", Body: `{"title":"Crossed"}`},
			{Method: http.MethodPost, URL: s.URL + "/api/v1/cart/lines", Body: []byte(`{"sound_ids":["` + m.sounds[0].ID + `"]}`)},
			{Method: http.MethodDelete, URL: s.URL + "/api/v1/session"},
		} {
			r.Header = map[string]string{"Cookie": cookie}
			for k, v := range origin {
				r.Header[k] = v
			}
			if got := raw(t, r); got.Status != http.StatusForbidden {
				t.Errorf("%s: %s %s was answered %d", name, r.Method, strings.TrimPrefix(r.URL, s.URL), got.Status)
			}
		}
	}
	ctx := deadline(t, 20*time.Second)
	cart, err := p.Cart(ctx)
	if err != nil || len(cart.Groups) != 0 {
		t.Errorf("the cart holds %+v (%v)", cart.Groups, err)
	}
	if packs, err := p.Studio(ctx, ""); err != nil || len(packs.Packs) != 0 {
		t.Errorf("there are packs: %+v (%v)", packs.Packs, err)
	}
	// The site's own pages may.
	got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/cart/add", Body: url.Values{"sound": {m.sounds[0].ID}}, Header: map[string]string{"Cookie": cookie, "Origin": s.URL, "Sec-Fetch-Site": "same-origin"}})
	if got.Status != http.StatusSeeOther {
		t.Errorf("our own form was answered %d", got.Status)
	}
	// Nobody's programs read answers for a person.
	if got := raw(t, request{URL: s.URL + "/api/v1/account", Header: map[string]string{"Cookie": cookie, "Origin": "https://evil.example"}}); got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the API lets %q in", got.Header.Get("Access-Control-Allow-Origin"))
	}
	// Sign-in leads nowhere else.
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/%0d%0aSet-Cookie:x=1"} {
		got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/sign-in", Body: url.Values{"email": {p.Email}, "password": {p.Password}, "next": {next}}, Header: map[string]string{"Origin": s.URL}})
		to, err := url.Parse(got.Header.Get("Location"))
		if err != nil || got.Status != http.StatusSeeOther || to.Host != "" || to.Scheme != "" || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(got.Header.Get("Location"), "//") || strings.Contains(got.Header.Get("Location"), `\`) {
			t.Errorf("next=%s leads to %q (%d)", next, got.Header.Get("Location"), got.Status)
		}
	}
}

// Scripts in every text field stay text, on every page that shows them.
func TestScriptsInTexts(t *testing.T) {
	s := visit(t)
	attack := `"><img src=x onerror=window.__hit=1><script>window.__hit=1</script>{{7*7}}${7*7}'`
	made, word := samplePack(t, "garden", 51)
	ctx := deadline(t, 3*time.Minute)
	p := s.newPerson(t, "Script Kid")
	account, err := p.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	name, bio := "<script>window.__hit=1</script>", attack
	if _, err := p.ChangeProfile(ctx, account.ETag, api.ProfileChange{Name: &name, Bio: &bio}); err != nil {
		t.Fatalf("profile: %v", explain(err))
	}
	account, err = p.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"javascript:alert(1)", "data:text/html,x", "https://x\" onclick=\"alert(1)", "http://plain.example"} {
		links := []string{link}
		_, err := p.ChangeProfile(ctx, account.ETag, api.ProfileChange{Links: &links})
		refused(t, "a profile link to "+link, err, errs.CodeInvalid)
	}
	// A file whose name and embedded tags attack, beside the others.
	evil := `<img src=x onerror=window.__hit=1>.wav`
	made.Files = append(made.Files[:6:6], local.SampleFile{Path: evil, Data: tagged(good(), attack), Type: "one-shot"})
	title := word + " " + attack
	bench := p.draft(t, ctx, made, listing{Title: title, Price: 300, SoundPrice: 60})
	for _, f := range bench.Files {
		if f.Path == evil && f.State != "ready" && f.State != "needs_look" {
			t.Errorf("the file with tags is %s: %s", f.State, f.ReasonText)
		}
	}
	tags := []string{"journey", "<b>bold</b>"}
	if bench, err = p.ChangePack(ctx, bench.Pack.ID, bench.Pack.ETag, api.PackChange{Description: &attack, Tags: &tags}); err != nil {
		tags = []string{"journey"}
		if bench, err = p.ChangePack(ctx, bench.Pack.ID, bench.Pack.ETag, api.PackChange{Description: &attack, Tags: &tags}); err != nil {
			t.Fatalf("describe: %v", explain(err))
		}
	}
	name = `<b onclick=window.__hit=1>{{7*7}}${7*7}'`
	renamed, err := p.ChangeSounds(ctx, bench.Pack.ID, bench.Pack.ETag, api.SoundsChange{SoundIDs: []string{bench.Files[0].SoundID}, Name: &name})
	if err != nil {
		t.Fatalf("rename a sound: %v", explain(err))
	}
	if _, err := p.Publish(ctx, bench.Pack.ID, renamed.ETag); err != nil {
		t.Fatalf("publish: %v", explain(err))
	}
	bench = p.searchable(t, ctx, bench.Pack.ID)
	// A browser that calls itself so, and a program's token.
	if got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/api/v1/session", Body: api.SignIn{Email: p.Email, Password: p.Password}, Header: map[string]string{"User-Agent": attack}}); got.Status >= 300 {
		t.Fatalf("sign in: %d %s", got.Status, got.Body)
	}
	if _, err := p.CreateToken(ctx, api.TokenRequest{Name: attack[:60], Scopes: []string{"read"}}); err != nil {
		t.Fatalf("token: %v", explain(err))
	}
	found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
	if err != nil || len(found.Sounds) == 0 {
		t.Fatalf("search finds %d sounds (%v)", len(found.Sounds), err)
	}
	crateName := attack[:60]
	crate, err := p.CreateCrate(ctx, api.CrateChange{Name: &crateName, Note: &attack})
	if err != nil {
		t.Fatalf("crate: %v", explain(err))
	}
	b := newTab(t, s)
	b.do("sign in", s.as(p))
	for _, path := range []string{
		"/packs/" + bench.Pack.Slug, "/search?q=" + url.QueryEscape(word), "/search?q=" + url.QueryEscape(attack), "/@" + p.Handle,
		"/sounds/" + found.Sounds[0].ID, "/studio", "/studio/packs/" + bench.Pack.ID, "/settings", "/settings/sessions", "/settings/tokens", "/crates", "/crates/" + crate.ID, "/tags/" + url.PathEscape(attack),
		"/genres/" + url.PathEscape(attack), "/sign-in?next=" + url.QueryEscape("/"+attack), "/reset?token=" + url.QueryEscape(attack), "/library?q=" + url.QueryEscape(attack), "/" + url.PathEscape(attack),
	} {
		b.open(path)
		b.until("the scripts run", `window.__crateful && document.readyState === "complete"`)
		if value[bool](b, `window.__hit !== undefined || document.querySelector('img[src="x"]') !== null || [...document.querySelectorAll("b")].some((e) => e.textContent === "bold")`) {
			t.Errorf("%s runs what somebody typed", path)
		}
		if stopped := value[[]string](b, `window.__stopped`); len(stopped) > 0 {
			t.Errorf("%s: only the content security policy stopped %v", path, stopped)
		}
	}
	b.open("/packs/" + bench.Pack.Slug)
	if got := b.text("h1"); got != bench.Pack.Title {
		t.Errorf("the title is shown as %q, is %q", got, bench.Pack.Title)
	}
	// A player that shows it.
	b.press("[data-rows] li:last-child [data-play]")
	b.sounding()
	if value[bool](b, `window.__hit !== undefined`) {
		t.Error("the player runs what somebody typed")
	}
	b.quiet()
}

// tagged adds a LIST INFO chunk with a text to a WAV file.
func tagged(file []byte, text string) []byte {
	if len(text)%2 == 1 {
		text += " "
	}
	size := func(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) }
	info := "INFO"
	for _, id := range []string{"INAM", "IART", "ICMT"} {
		info += id + size(len(text)) + text
	}
	out := append([]byte{}, file...)
	out = append(out, "LIST"+size(len(info))+info...)
	copy(out[4:8], size(len(out)-8))
	return out
}

// searchable waits until buyers find a pack.
func (p person) searchable(t testing.TB, ctx context.Context, id string) api.Workbench {
	t.Helper()
	var bench api.Workbench
	eventually(t, time.Minute, "the pack to be searchable", func() (bool, error) {
		var err error
		bench, err = p.Workbench(ctx, id)
		return err == nil && bench.Pack.State == "live" && bench.Trace != nil && bench.Trace.SearchableAt != nil, err
	})
	return bench
}

// A withdrawn pack is off its page, its preview and every cart at once, and off search within two seconds.
func TestWithdrawnPack(t *testing.T) {
	s := visit(t)
	ctx := deadline(t, 5*time.Minute)
	p, owner, buyer := s.newPerson(t, "Withdraw Maker"), s.newPerson(t, "Withdraw Owner"), s.newPerson(t, "Withdraw Buyer")
	made, word := samplePack(t, "electro", 61)
	bench := p.newPack(t, made, listing{Title: "Withdraw " + word, Price: 600, SoundPrice: 70})
	found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
	if err != nil || len(found.Sounds) == 0 {
		t.Fatalf("search finds %d sounds (%v)", len(found.Sounds), err)
	}
	sound := found.Sounds[0].ID
	owner.buy(t, api.Things{PackIDs: []string{bench.Pack.ID}})
	if _, err := buyer.AddToCart(ctx, api.Things{PackIDs: []string{bench.Pack.ID}}); err != nil {
		t.Fatal(err)
	}
	if got := raw(t, request{URL: s.URL + "/previews/" + sound}); got.Status != http.StatusFound {
		t.Fatalf("the preview of a live sound: %d", got.Status)
	}
	if bench, err = p.Withdraw(ctx, bench.Pack.ID, bench.Pack.ETag); err != nil {
		t.Fatalf("withdraw: %v", explain(err))
	}
	began := time.Now()
	if got := raw(t, request{URL: s.URL + "/packs/" + bench.Pack.Slug}); got.Status != http.StatusGone {
		t.Errorf("its page: %d", got.Status)
	}
	if got := raw(t, request{URL: s.URL + "/sounds/" + sound}); got.Status != http.StatusGone && got.Status != http.StatusNotFound {
		t.Errorf("its sound's page: %d", got.Status)
	}
	if got := raw(t, request{URL: s.URL + "/previews/" + sound}); got.Status != http.StatusGone && got.Status != http.StatusNotFound {
		t.Errorf("its preview: %d", got.Status)
	}
	cart, err := s.newPerson(t, "Withdraw Late").AddToCart(ctx, api.Things{PackIDs: []string{bench.Pack.ID}, SoundIDs: []string{sound}})
	if err == nil && (cart.CartCount != 0 || len(cart.Groups) != 0) {
		t.Errorf("it can be put into a cart: %+v", cart.Groups)
	}
	cart, err = buyer.Cart(ctx)
	if err != nil || len(cart.Groups) != 1 || cart.Groups[0].Lines[0].State != "gone" || cart.Payable {
		t.Errorf("the cart that holds it is %+v (%v)", cart, err)
	}
	_, err = buyer.Checkout(ctx, newKey(), api.Checkout{ExpectedTotal: api.Money{Amount: 600, Currency: "EUR"}})
	refused(t, "buying it", err, errs.CodeConflict, errs.CodeInvalid, errs.CodeGone)
	eventually(t, time.Until(began.Add(2*time.Second)), "search to forget it", func() (bool, error) {
		found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
		return err == nil && found.Totals.Sounds == 0 && found.Totals.Packs == 0, err
	})
	t.Logf("gone from search after %v", time.Since(began))
	// Whoever bought it keeps it.
	link, err := owner.Download(ctx, api.DownloadRequest{PackID: bench.Pack.ID})
	if err != nil {
		t.Fatalf("its owner's download: %v", err)
	}
	body, err := get(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	sameFiles(t, body, made)
	// And it can be sold again.
	if _, err := p.Publish(ctx, bench.Pack.ID, bench.Pack.ETag); err != nil {
		t.Fatalf("publish again: %v", explain(err))
	}
	p.searchable(t, ctx, bench.Pack.ID)
	eventually(t, 5*time.Second, "search to find it again", func() (bool, error) {
		found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
		return err == nil && found.Totals.Packs == 1, err
	})
}

// A form sent several times at once makes one thing, and every sending leads to it; also when the browser hung up on
// the first, as it does when somebody presses again.
func TestAFormSentTwiceAtOnce(t *testing.T) {
	s := visit(t)
	m := market(t)
	ctx := deadline(t, 2*time.Minute)
	p := s.newPerson(t, "Same Form")
	if _, err := p.AddToCart(ctx, api.Things{SoundIDs: []string{m.sounds[0].ID}}); err != nil {
		t.Fatal(err)
	}
	header := map[string]string{"Cookie": "crateful_session=" + p.Token, "Origin": s.URL, "Sec-Fetch-Site": "same-origin"}
	for _, row := range []struct {
		page, action string
		fields       url.Values
		made         func() (int, error)
	}{
		{"/crates", "/crates", url.Values{"name": {"Same"}}, func() (n int, err error) {
			crates, err := p.Crates(ctx)
			for _, c := range crates.Crates {
				if c.Name == "Same" {
					n++
				}
			}
			return n, err
		}},
		{"/studio", "/studio/packs", url.Values{"title": {"Same"}}, func() (int, error) {
			studio, err := p.Studio(ctx, "")
			return len(studio.Packs), err
		}},
		{"/cart", "/checkout", url.Values{"total": {strconv.FormatInt(m.sounds[0].Price.Amount, 10)}, "currency": {"EUR"}}, func() (int, error) {
			orders, err := p.Orders(ctx, "")
			return len(orders.Orders), err
		}},
	} {
		page := raw(t, request{URL: s.URL + row.page, Header: header})
		form := onceField.FindSubmatch(page.Body)
		if form == nil {
			t.Fatalf("%s has no form that works once", row.page)
		}
		row.fields.Set("once", string(form[1]))
		post := request{Method: http.MethodPost, URL: s.URL + row.action, Body: row.fields, Header: header}
		hangUp, cancel := context.WithCancel(ctx)
		var sending sync.WaitGroup
		sending.Go(func() { _, _ = post.send(hangUp) })
		answers, fails := make([]answer, 4), make([]error, 4)
		for n := range answers {
			sending.Go(func() { answers[n], fails[n] = post.send(ctx) })
		}
		cancel()
		sending.Wait()
		for n, got := range answers {
			if fails[n] != nil || got.Status != http.StatusSeeOther || got.Header.Get("Location") != answers[0].Header.Get("Location") {
				t.Errorf("%s, sending %d: %d to %q, the first led to %q (%v)", row.action, n, got.Status, got.Header.Get("Location"), answers[0].Header.Get("Location"), fails[n])
			}
		}
		if n, err := row.made(); err != nil || n != 1 {
			t.Errorf("%s made %d things (%v)", row.action, n, err)
		}
	}
}

var onceField = regexp.MustCompile(`name="once" value="([^"]+)"`)

// Impatient people press twice. Nothing happens twice.
func TestDoubleClicks(t *testing.T) {
	s := visit(t)
	m := market(t)
	ctx := deadline(t, 3*time.Minute)
	b := newTab(t, s)
	b.open("/sign-up")
	p := newName("Double Clicker")
	b.fill("#f-email", p.Email)
	b.fill("#f-handle", p.Handle)
	b.fill("#f-name", "Double Clicker")
	b.fill("#f-password", p.Password)
	b.pressTimes(".enter-form button.btn-main", 2)
	b.until("somebody is signed in", signedIn)
	b.confirm(p)
	p = s.signedIn(t, p)
	p.connect(t)
	mails := func() (n int) {
		var all []mail
		if err := getJSON(s.Mail+"/api/mails?to="+url.QueryEscape(p.Email), &all); err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := mails(); n != 1 {
		t.Errorf("signing up sent %d mails", n)
	}
	// A pack.
	b.open("/studio")
	b.fill("#f-title", "Double")
	b.pressTimes(`form[action="/studio/packs"] button.btn-main`, 2)
	b.until("the workbench is open", `location.pathname.startsWith("/studio/packs/") && document.querySelector("[data-bench]")`)
	studio, err := p.Studio(ctx, "")
	if err != nil || len(studio.Packs) != 1 {
		t.Errorf("%d packs were made (%v)", len(studio.Packs), err)
	}
	id := studio.Packs[0].ID
	b.dropFolder(folder(t, "Double", map[string][]byte{"Kick.wav": good(), "Snare.wav": good()}), 2)
	b.answerAll()
	b.list("Twice.", "lo-fi", "twice", "5", "")
	b.until("the checklist is done", `document.querySelector("#publish form button:not([disabled])")`)
	b.pressTimes(`#publish form[action$="/publish"] button`, 3)
	bench := p.searchable(t, ctx, id)
	if bench.Pack.Edition != 1 || bench.Pack.State != "live" {
		t.Errorf("the pack is %s, version %d", bench.Pack.State, bench.Pack.Edition)
	}
	// A cart, an order, a payment.
	b.open("/packs/" + m.pack.Pack.Slug)
	b.until("the scripts run", `window.__crateful`)
	b.pressTimes(".buy > button[data-buy]", 2)
	b.until("the pack is in the cart", `document.querySelector(".buy > a[href='/cart']")`)
	if cart, err := p.Cart(ctx); err != nil || cart.CartCount != 1 {
		t.Errorf("the cart counts %d (%v)", cart.CartCount, err)
	}
	b.open("/cart")
	b.pressTimes(`form[action="/checkout"] button`, 3)
	b.until("the payment page is open", `location.pathname.startsWith("/pay/") && document.querySelector("#number")`)
	b.pressTimes(`button[name="use"][value="4242424242424242"]`, 2)
	b.heading("Paid. It is yours.")
	orders, err := p.Orders(ctx, "")
	if err != nil || len(orders.Orders) != 1 {
		t.Errorf("%d orders (%v)", len(orders.Orders), err)
	}
	if owned, err := p.Library(ctx, "", "", ""); err != nil || len(owned.Items) != 1 {
		t.Errorf("%d things owned (%v)", len(owned.Items), err)
	}
	// A like and a follow, which a second press takes back; a crate.
	b.open("/packs/" + m.pack.Pack.Slug)
	b.until("the scripts run", `window.__crateful`)
	b.pressTimes(".buy-two [data-like]", 3)
	b.sent("/likes", 3)
	if liked := p.likes(t, ctx); liked != 1 || !value[bool](b, `document.querySelector(".buy-two [data-like]").getAttribute("aria-pressed") === "true"`) {
		t.Errorf("pressed three times, %d things are liked", liked)
	}
	b.pressTimes(".buy-two [data-like]", 2)
	b.sent("/likes", 5)
	b.press(".buy-two [data-like]")
	b.sent("/likes", 6)
	if liked := p.likes(t, ctx); liked != 0 {
		t.Errorf("pressed six times, %d things are liked", liked)
	}
	b.open("/@" + m.producer.Handle)
	b.until("the scripts run", `window.__crateful`)
	b.pressTimes("[data-follow]", 3)
	b.sent("/follows", 3)
	if shop, err := p.Producer(ctx, m.producer.Handle, ""); err != nil || !shop.Card.Following {
		t.Errorf("pressed three times, following is %v (%v)", shop.Card.Following, err)
	}
	b.open("/crates")
	b.until("the crates are there", `document.querySelector('form[action="/crates"] input[name="name"]')`)
	b.fill(`form[action="/crates"] input[name="name"]`, "Twice")
	b.pressTimes(`form[action="/crates"] button`, 2)
	b.until("the crate is open", `location.pathname.startsWith("/crates/") || document.querySelector("main").textContent.includes("Twice")`)
	crates, err := p.Crates(ctx)
	n := 0
	for _, c := range crates.Crates {
		if c.Name == "Twice" {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("%d crates of that name (%v)", n, err)
	}
	// A token, whose page comes without scripts' help.
	b.open("/settings/tokens")
	b.until("the scripts run", `window.__crateful`)
	b.fill("#f-name", "Twice")
	b.pressTimes(`form[action="/settings/tokens"] button`, 3)
	b.until("the token is shown", `document.querySelector("#new-token")`)
	if account, err := p.Account(ctx); err != nil || len(account.Tokens) != 1 {
		t.Errorf("%d tokens were made (%v)", len(account.Tokens), err)
	}
	secret(b.text("#new-token"))
	// Taking it off sale.
	b.open("/studio/packs/" + id)
	b.until("the scripts run", `window.__crateful`)
	b.press(`form[action$="/withdraw"] button`)
	b.pressTimes(`[data-ask="yes"]`, 2)
	eventually(t, 10*time.Second, "the pack to be withdrawn", func() (bool, error) {
		bench, err = p.Workbench(ctx, id)
		return bench.Pack.State == "withdrawn", err
	})
	b.quiet()
}

// sent waits until the page has sent something so many times and got its answers.
func (b *tab) sent(path string, times int) {
	b.t.Helper()
	b.until(fmt.Sprintf("%s was sent %d times", path, times), fmt.Sprintf(`performance.getEntriesByType("resource").filter((e) => new URL(e.name).pathname.startsWith(%q)).length === %d`, path, times))
}

// likes counts what lies in the crate of liked things.
func (p person) likes(t testing.TB, ctx context.Context) int {
	t.Helper()
	crates, err := p.Crates(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range crates.Crates {
		if c.Liked {
			return c.Count
		}
	}
	return 0
}
