package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

// From a folder to a sale, by the API alone: what was dropped is what the buyer unpacks.
func TestFolderToSale(t *testing.T) {
	s := visit(t)
	ctx := deadline(t, 4*time.Minute)
	producer := s.newPerson(t, "Sale Producer")
	buyer := s.newPerson(t, "Sale Buyer")
	made, word := samplePack(t, "dusty", 11)
	bench := producer.newPack(t, made, listing{Title: "Keys " + word, Price: 1200, SoundPrice: 80})

	stranger := s.door(t).For(client.Caller{Agent: "e2e"})
	found, err := stranger.Search(ctx, url.Values{"q": {word}})
	if err != nil {
		t.Fatal(err)
	}
	sounds := 0
	for _, f := range made.Files {
		if f.Type != "" {
			sounds++
		}
	}
	if found.Totals.Sounds != int64(sounds) || found.Totals.Packs != 1 {
		t.Errorf("search finds %d sounds and %d packs, want %d and 1", found.Totals.Sounds, found.Totals.Packs, sounds)
	}

	cart, err := buyer.AddToCart(ctx, api.Things{PackIDs: []string{bench.Pack.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if !cart.Payable || len(cart.Totals) != 1 || cart.Totals[0].Total != (api.Money{Amount: 1200, Currency: "EUR"}) {
		t.Fatalf("cart is %+v", cart)
	}
	if _, err := buyer.Download(ctx, api.DownloadRequest{PackID: bench.Pack.ID}); err == nil {
		t.Error("downloaded before it was paid")
	}
	order, err := buyer.Checkout(ctx, "sale-"+word, api.Checkout{ExpectedTotal: cart.Totals[0].Total})
	if err != nil {
		t.Fatal(err)
	}
	if order.State != "awaiting_payment" || order.PayURL == "" {
		t.Fatalf("order is %q, to be paid at %q", order.State, order.PayURL)
	}
	if back := payWithTestCard(t, order.PayURL); !strings.HasPrefix(back, s.URL+"/checkout/return?") {
		t.Errorf("the payment page leads back to %s", back)
	}
	eventually(t, 20*time.Second, "the order to be paid by the webhook", func() (bool, error) {
		now, err := buyer.Order(ctx, order.ID, false)
		return now.State == "paid", err
	})
	s.mailFor(t, buyer.Email, order.Number)

	link, err := buyer.Download(ctx, api.DownloadRequest{PackID: bench.Pack.ID})
	if err != nil {
		t.Fatal(err)
	}
	body, err := get(link.URL)
	if err != nil {
		t.Fatalf("download the zip: %v", err)
	}
	if int64(len(body)) != link.SizeBytes || (link.SHA256 != "" && sum(body) != link.SHA256) {
		t.Errorf("the zip has %d bytes and hash %s, announced %d and %s", len(body), sum(body), link.SizeBytes, link.SHA256)
	}
	unpacked := unzipped(t, body)
	for _, f := range made.Files {
		got := unpacked[f.Path]
		if got != sum(f.Data) {
			t.Errorf("%s unpacks to %q, dropped was %s", f.Path, got, sum(f.Data))
		}
		delete(unpacked, f.Path)
	}
	for path := range unpacked {
		if path != "LICENCE.txt" && path != "manifest.json" {
			t.Errorf("the zip holds %s, which nobody dropped", path)
		}
	}

	sales, err := producer.Sales(ctx, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(sales.Entries) != 1 || sales.Entries[0].Gross.Amount != 1200 || sales.Entries[0].Platform.Amount+sales.Entries[0].Earned.Amount != 1200 {
		t.Errorf("the producer's statement is %+v", sales.Entries)
	}
}

// The front page in a real browser answers, with its heading.
func TestFrontPageOpens(t *testing.T) {
	s := visit(t)
	ctx := browser(t)
	var heading string
	do(t, ctx, "open the front page", openPage(s.URL+"/"), textOf("h1", &heading))
	if strings.TrimSpace(heading) == "" {
		t.Error("the front page has no heading")
	}
}
