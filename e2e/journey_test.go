package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"crateful.dev/local"
)

// From a folder to a sale with two browsers: what the producer dropped is what the buyer unpacks.
func TestJourney(t *testing.T) {
	s := visit(t)
	made, word := samplePack(t, "dusty", 21)
	title := "Journey " + word
	dropped := map[string][]byte{}
	sounds := 0
	for _, f := range made.Files {
		dropped[f.Path] = f.Data
		if f.Type != "" {
			sounds++
		}
	}

	// The producer.
	maker := newTab(t, s)
	maker.open("/sign-up")
	producer := maker.signUp("Journey Maker")
	s.signedIn(t, producer).connect(t)
	maker.newPack(title)
	maker.dropFolder(folder(t, word, dropped), sounds)
	maker.answerAll()
	maker.list("Chords and drums off a wet tape.", "lo-fi", "tape, warm", "12", "0.80")
	maker.publish()
	maker.quiet()

	// The buyer, on another computer.
	buyer := newTab(t, s)
	buyer.open("/")
	buyer.fill("#hq", word)
	buyer.enter()
	buyer.until("search finds all sounds", fmt.Sprintf(`location.pathname === "/search" && document.querySelectorAll("[data-rows] li [data-track]").length === Math.min(%d, 25)`, sounds))
	buyer.press("[data-rows] li:nth-child(1) [data-play]")
	buyer.sounding()
	buyer.do("remember the document", chromedp.Evaluate(`window.__document = "first"`, nil))
	buyer.press("[data-rows] li:nth-child(1) .row-from a")
	buyer.heading(title)
	buyer.sounding()
	if value[string](buyer, `window.__document`) != "first" {
		t.Error("the pack page was loaded as a new document")
	}
	slug := path.Base(buyer.path())

	// One sound goes into the cart before anybody is known.
	single := ""
	for _, f := range made.Files {
		if f.Type == "one-shot" {
			single = f.Path
			break
		}
	}
	buyer.open("/search?q=" + url.QueryEscape(strings.TrimSuffix(path.Base(single), path.Ext(single))))
	row := fmt.Sprintf(`.row[data-track*=%q] button.price`, path.Base(single))
	buyer.press(row)
	buyer.until("the cart counts one", `document.querySelector("[data-cart-count]").textContent === "1"`)
	buyer.press("a[data-cart]")
	buyer.heading("Cart")
	buyer.press(`form[action="/checkout"] button`)
	buyer.heading("Sign in")
	buyer.press(`.enter-other a[href^="/sign-up"]`)
	buyer.heading("Create an account")
	who := buyer.fillSignUp("Journey Buyer")
	buyer.until("the cart is kept", `document.querySelector("[data-cart-count]").textContent === "1"`)
	buyer.open("/cart")
	buyer.until("the sound is in the cart", fmt.Sprintf(`document.querySelector(".items")?.textContent.includes(%q)`, strings.TrimSuffix(path.Base(single), path.Ext(single))))

	// Paid with a card whose bank answers at once.
	buyer.checkout()
	buyer.fill("#number", "4242 4242 4242 4242")
	buyer.fill("#expiry", "12 / 34")
	buyer.fill("#code", "123")
	buyer.fill("#name", "Journey Buyer")
	buyer.press("form button.primary")
	buyer.heading("Paid. It is yours.")
	number := orderNumber(t, buyer)
	if mail := s.mailFor(t, who.Email, number); !strings.Contains(mail.Text, "0.80") {
		t.Errorf("the receipt names no price: %s", mail.Text)
	}
	data, name := buyer.download("a single sound", func() { buyer.press(".order-items a.btn-main") })
	if sum(data) != sum(dropped[single]) || name != path.Base(single) {
		t.Errorf("downloaded %q with hash %s, want %s with %s", name, sum(data), path.Base(single), sum(dropped[single]))
	}
	buyer.open("/library?kind=sounds")
	data, _ = buyer.download("a single sound from the library", func() { buyer.press(".rows [data-download]") })
	if sum(data) != sum(dropped[single]) {
		t.Error("the library gives another file")
	}

	// The pack costs less now. A declined card first: nothing is charged, the cart is as it was.
	buyer.open("/packs/" + slug)
	buyer.until("the owned sound lowers the price", `document.querySelector(".buy-price strong").textContent.includes("11.20")`)
	buyer.press(".buy > button[data-buy]")
	buyer.until("the pack is in the cart", `document.querySelector(".buy > a[href='/cart']")`)
	buyer.open("/cart")
	buyer.checkout()
	buyer.press(`button[name="use"][value="4000000000000002"]`)
	buyer.until("the card is declined", `document.querySelector("[role=alert]")?.textContent.includes("Not paid")`)
	buyer.press(".back a")
	buyer.heading("Not paid, nothing charged")
	buyer.open("/cart")
	buyer.until("the cart is kept", fmt.Sprintf(`document.querySelector(".items")?.textContent.includes(%q)`, title))

	// Then a card whose bank takes its time: the page changes by itself.
	buyer.checkout()
	buyer.press(`button[name="use"][value="4000000000003220"]`)
	buyer.heading("Waiting for your bank")
	buyer.do("remember the document", chromedp.Evaluate(`window.__document = "waiting"`, nil))
	buyer.untilWithin(40*time.Second, "the bank has paid", `document.querySelector("h1").textContent.includes("Paid")`)
	if value[string](buyer, `window.__document`) != "waiting" {
		t.Error("the waiting page was loaded anew by somebody")
	}
	s.mailFor(t, who.Email, orderNumber(t, buyer))

	buyer.press(`a[href^="/library?bought="]`)
	buyer.heading("Library")
	data, name = buyer.download("the zip", func() { buyer.press(".own-get a") })
	if !strings.HasSuffix(name, ".zip") {
		t.Errorf("the zip is called %q", name)
	}
	sameFiles(t, data, made)
	buyer.quiet()

	// What is free needs no payment page.
	gift, giftWord := samplePack(t, "ambient", 22)
	producer = s.signedIn(t, producer)
	free := producer.newPack(t, gift, listing{Title: "Gift " + giftWord, SoundPrice: -1})
	buyer.open("/packs/" + free.Pack.Slug)
	buyer.press(".buy > button[data-buy]")
	buyer.until("the gift is in the cart", `document.querySelector(".buy > a[href='/cart']")`)
	buyer.open("/cart")
	buyer.press(`form[action="/checkout"] button`)
	buyer.heading("Paid. It is yours.")
	if !strings.HasPrefix(buyer.path(), "/orders/") && buyer.path() != "/checkout/return" {
		t.Errorf("the free pack led to %s", buyer.path())
	}
	data, _ = buyer.download("the gift", func() { buyer.press(".order-items a.btn-main") })
	sameFiles(t, data, gift)
	buyer.quiet()
}

// ---- the studio

func (b *tab) newPack(title string) {
	b.t.Helper()
	b.open("/studio")
	b.fill("#f-title", title)
	b.press(`form[action="/studio/packs"] button`)
	b.until("the workbench is open", `location.pathname.startsWith("/studio/packs/") && document.querySelector("[data-bench]")`)
}

// dropFolder chooses a folder and waits until all its sounds were checked, without anybody loading the page anew.
func (b *tab) dropFolder(root string, sounds int) {
	b.t.Helper()
	b.do("remember the document", chromedp.Evaluate(`window.__document = "dropped"`, nil))
	b.chooseFiles("[data-pick-folder]", root)
	b.untilWithin(time.Minute, "all files are announced", fmt.Sprintf(`document.querySelectorAll("tr[data-sound]:not([data-sound=''])").length >= %d`, sounds))
	b.untilWithin(90*time.Second, "all files are checked", `document.querySelectorAll("tr[data-file]").length > 0 && !document.querySelector("tr[data-state=waiting], tr[data-state=uploading], tr[data-state=checking]")`)
	if value[string](b, `window.__document`) != "dropped" {
		b.t.Error("the workbench was loaded anew while files were checked")
	}
	if n := value[int](b, `document.querySelectorAll("tr[data-sound]:not([data-sound=''])").length`); n != sounds {
		b.t.Errorf("the table holds %d sounds, dropped were %d", n, sounds)
	}
}

// chooseFiles gives files or folders to a file field.
func (b *tab) chooseFiles(selector string, paths ...string) {
	b.t.Helper()
	b.until("the page can take files", fmt.Sprintf(`document.querySelector(%q)`, selector))
	b.do("choose files", chromedp.SetUploadFiles(selector, paths, chromedp.ByQuery))
}

// answerAll answers every question about a file with its first option.
func (b *tab) answerAll() {
	b.t.Helper()
	for range 50 {
		asks := value[int](b, `document.querySelectorAll(".ask-form").length`)
		if asks == 0 {
			return
		}
		b.press(".ask-form button.btn")
		b.until("the question is gone", fmt.Sprintf(`document.querySelectorAll(".ask-form").length < %d`, asks))
	}
	b.t.Fatal("questions do not end")
}

// list fills in the listing, which saves itself.
func (b *tab) list(about, genre, tags, price, soundPrice string) {
	b.t.Helper()
	b.fill("#f-description", about)
	b.choose("#f-genre", genre)
	b.fill("#f-tags", tags)
	b.fill("#f-price", price)
	b.fill("#f-sound_price", soundPrice)
	b.press(`#f-ai input[value="no"]`)
	b.press(`#f-rights input[type=checkbox]`)
}

func (b *tab) publish() {
	b.t.Helper()
	b.until("the checklist is done", `document.querySelector("#publish form button:not([disabled])")`)
	b.press(`#publish form[action$="/publish"] button`)
	b.untilWithin(60*time.Second, "it is saved, sent and searchable", `document.querySelectorAll("#publish .steps li").length > 0 && [...document.querySelectorAll("#publish .steps li")].every((li) => li.querySelector(".state-ok"))`)
}

// ---- playing and buying

// sounding waits until the player plays, its clock runs and there is something to hear.
func (b *tab) sounding() {
	b.t.Helper()
	b.until("a sound plays", `window.__crateful?.player.status === "playing" && window.__crateful.player.starts.length > 0`)
	at := value[float64](b, `window.__crateful.player.position`)
	b.until("the sound goes on", fmt.Sprintf(`window.__crateful.player.status === "playing" && window.__crateful.player.position !== %g`, at))
	b.until("there is something to hear", `window.__ear?.state === "running" && window.__ear.peak > 0.001`)
}

// checkout presses the button of the cart and waits for the payment page.
func (b *tab) checkout() {
	b.t.Helper()
	b.press(`form[action="/checkout"] button`)
	b.until("the payment page is open", `location.pathname.startsWith("/pay/") && document.querySelector("#number")`)
}

var orderNumbers = regexp.MustCompile(`CF-\d{6}`)

// orderNumber reads the number of the order that the page shows.
func orderNumber(t testing.TB, b *tab) string {
	t.Helper()
	number := orderNumbers.FindString(b.text("main"))
	if number == "" {
		t.Fatalf("the page names no order: %q", b.text("main"))
	}
	return number
}

// sameFiles compares an archive with the folder that was dropped.
func sameFiles(t testing.TB, archive []byte, made local.SamplePack) {
	t.Helper()
	got := unzipped(t, archive)
	var manifest struct {
		Files []struct {
			Path   string `json:"path"`
			SHA256 string `json:"sha256"`
			Size   int64  `json:"size_bytes"`
		} `json:"files"`
	}
	if err := json.Unmarshal(fileOf(t, archive, "manifest.json"), &manifest); err != nil {
		t.Fatalf("read the manifest: %v", err)
	}
	listed := map[string]string{}
	for _, f := range manifest.Files {
		listed[f.Path] = f.SHA256
	}
	for _, f := range made.Files {
		want := sum(f.Data)
		if got[f.Path] != want {
			t.Errorf("%s unpacks to %q, dropped was %s", f.Path, got[f.Path], want)
		}
		if listed[f.Path] != want {
			t.Errorf("the manifest says %q about %s, dropped was %s", listed[f.Path], f.Path, want)
		}
	}
	if extra := len(got) - len(made.Files); extra > 2 {
		t.Errorf("the zip holds %d files that nobody dropped", extra)
	}
}
