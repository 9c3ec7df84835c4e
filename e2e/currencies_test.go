package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/experience/api"
	"crateful.dev/operator/envfile"
)

// ownDatabase is the one of our own stack, for what has no door.
func ownDatabase(t testing.TB) *pgx.Conn {
	t.Helper()
	ours(t)
	lines, err := envfile.Read(shared.dir)
	must(t, err)
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "DATABASE_URL=") })
	if at < 0 {
		t.Fatal("nothing says where the database is")
	}
	ctx := deadline(t, 20*time.Second)
	conn, err := pgx.Connect(ctx, strings.TrimPrefix(lines[at], "DATABASE_URL="))
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close(deadline(t, 5*time.Second))) })
	return conn
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// form reads the hidden fields of the form that a page sends somewhere.
func form(t testing.TB, page, action string) url.Values {
	t.Helper()
	_, rest, found := strings.Cut(page, `action="`+action+`"`)
	if !found {
		t.Fatalf("the page has no form for %s", action)
	}
	rest, _, _ = strings.Cut(rest, "</form>")
	fields := url.Values{}
	for _, f := range hidden.FindAllStringSubmatch(rest, -1) {
		fields.Add(f[1], f[2])
	}
	return fields
}

var nextPayment = regexp.MustCompile(`action="(/orders/[0-9a-f-]+/pay)"`)

// A cart with two currencies is paid on one page of the bank after the other, without any script: the page in between says
// how far one is and leads on, and what is not paid yet is where it was.
func TestACartInTwoCurrencies(t *testing.T) {
	s := visit(t)
	db := ownDatabase(t)
	ctx := deadline(t, 4*time.Minute)
	producer, buyer := s.newPerson(t, "Currency Maker"), s.newPerson(t, "Currency Buyer")
	made, word := samplePack(t, "dusty", 61)
	euros := producer.newPack(t, made, listing{Title: "Euros " + word, Price: 1200, SoundPrice: -1})
	other, otherWord := samplePack(t, "house", 62)
	dollars := producer.newPack(t, other, listing{Title: "Dollars " + otherWord, Price: 900, SoundPrice: -1})
	// The workbench asks for prices in euros alone.
	_, err := db.Exec(ctx, "WITH p AS (UPDATE packs SET currency = 'USD' WHERE id = $1) UPDATE listings SET currency = 'USD' WHERE pack_id = $1", dollars.Pack.ID)
	must(t, err)
	_, err = buyer.AddToCart(ctx, api.Things{PackIDs: []string{euros.Pack.ID, dollars.Pack.ID}})
	must(t, err)

	cookie := map[string]string{"Cookie": "crateful_session=" + buyer.Token}
	open := func(path string) string {
		got := raw(t, request{URL: s.URL + path, Header: cookie})
		if got.Status != http.StatusOK {
			t.Fatalf("%s answered %d", path, got.Status)
		}
		return string(got.Body)
	}
	press := func(path string, fields url.Values) string {
		got := raw(t, request{Method: http.MethodPost, URL: s.URL + path, Body: fields, Header: cookie})
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%s answered %d: %.300s", path, got.Status, got.Body)
		}
		return got.Header.Get("Location")
	}
	cart := open("/cart")
	for _, want := range []string{"12.00", "US$", "9.00", "2 currencies"} {
		if !strings.Contains(cart, want) {
			t.Errorf("the cart does not say %s", want)
		}
	}
	fields := form(t, cart, "/checkout")
	if !slices.Equal(fields["currency"], []string{"EUR", "USD"}) || !slices.Equal(fields["total"], []string{"1200", "900"}) {
		t.Fatalf("the cart asks for %v", fields)
	}
	page := press("/checkout", fields)
	// Whoever turns back finds all as it was, and comes to the same payment.
	if again := press("/checkout", form(t, open("/cart"), "/checkout")); again != page {
		t.Errorf("the second press leads to %s, the first to %s", again, page)
	}
	back := strings.TrimPrefix(payWithTestCard(t, page), s.URL)
	between := open(back)
	for _, want := range []string{"Payment 1 of 2", "9.00"} {
		if !strings.Contains(between, want) {
			t.Errorf("the page in between does not say %s", want)
		}
	}
	next := nextPayment.FindStringSubmatch(between)
	if next == nil {
		t.Fatal("the page in between leads nowhere")
	}
	if left, err := buyer.Cart(ctx); err != nil || left.CartCount != 1 || left.Totals[0].Total != (api.Money{Amount: 900, Currency: "USD"}) {
		t.Errorf("what is left in the cart is %+v (%v)", left.Totals, err)
	}
	if owned, err := buyer.Library(ctx, "", "", ""); err != nil || len(owned.Items) != 1 || owned.Items[0].Pack.ID != euros.Pack.ID {
		t.Errorf("after the first payment they own %d things (%v)", len(owned.Items), err)
	}
	last := strings.TrimPrefix(payWithTestCard(t, press(next[1], nil)), s.URL)
	if end := open(last); !strings.Contains(end, "Payment 2 of 2") || nextPayment.MatchString(end) {
		t.Error("the last page does not say that all is paid")
	}
	owned, err := buyer.Library(ctx, "", "", "")
	must(t, err)
	orders, err := buyer.Orders(ctx, "")
	must(t, err)
	if len(owned.Items) != 2 || len(orders.Orders) != 2 || orders.Orders[0].State != "paid" || orders.Orders[1].State != "paid" {
		t.Errorf("they own %d things by %d orders", len(owned.Items), len(orders.Orders))
	}
	for _, o := range orders.Orders {
		s.mailFor(t, buyer.Email, o.Number)
	}
}
