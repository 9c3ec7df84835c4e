package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/local"
	"crateful.dev/local/fleet"
	"crateful.dev/operator/envfile"
)

// killing is a shop of six processes, of which any can be killed at any step of a purchase.
type killing struct {
	site
	fleet     *fleet.Fleet
	db        *pgx.Conn
	sandbox   string // where it listens
	key       string // of the shop there
	whsec     string
	pack      api.Workbench
	contents  local.SamplePack
	strangers *client.Asking
}

// startKilling builds the services and starts them on embedded parts.
func startKilling(t *testing.T) *killing {
	t.Helper()
	ctx := deadline(t, 8*time.Minute)
	programs, data, dir := t.TempDir(), t.TempDir(), t.TempDir()
	must(t, os.Chmod(data, 0o755)) // the database's account walks through
	build := exec.CommandContext(ctx, "go", "build", "-o", programs)
	for _, service := range []string{"web", "experience", "models", "indexer", "recommender", "analyzer"} {
		build.Args = append(build.Args, fmt.Sprintf("crateful.dev/%s/cmd/%s", service, service))
	}
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the services: %v\n%s", err, out)
	}
	parts, err := local.Start(ctx, local.Options{Addr: "127.0.0.1:0", DataDir: data, PartsOnly: true})
	must(t, err)
	t.Cleanup(func() { must(t, parts.Close()) })
	env, err := envfile.Read(data)
	must(t, err)
	f, err := fleet.Start(ctx, fleet.Options{Programs: programs, Dir: dir, Env: append(os.Environ(), env...), OwnIndex: true, Tune: []string{"MODELS_LIMIT_FACTOR=100"}})
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	watch(t, f)
	k := &killing{site: site{URL: f.URL(), Mail: f.MailURL()}, fleet: f}
	for _, line := range f.Operator() { // the last one counts
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "STRIPE_API_URL":
			k.sandbox = value
		case "STRIPE_SECRET_KEY":
			k.key = value
		case "STRIPE_WEBHOOK_SECRET":
			k.whsec = value
		}
	}
	k.db, err = pgx.Connect(ctx, f.Server("DATABASE_URL"))
	must(t, err)
	t.Cleanup(func() { must(t, k.db.Close(deadline(t, 5*time.Second))) })
	producer := k.newPerson(t, "Killing Maker")
	made, word := samplePack(t, "dusty", 63)
	k.contents, k.pack = made, producer.newPack(t, made, listing{Title: "Killing " + word, Price: 900, SoundPrice: -1})
	k.strangers = k.stranger(t)
	return k
}

func (k *killing) one(t testing.TB, sql string, args ...any) (n int64) {
	t.Helper()
	must(t, k.db.QueryRow(deadline(t, 20*time.Second), sql, args...).Scan(&n))
	return n
}

// during makes a request and kills a service as soon as all of it was written: what it was doing is cut in the middle. The
// service is there again when during returns; nobody knows what became of the request.
func (k *killing) during(t *testing.T, service string, send func(ctx context.Context) error) {
	t.Helper()
	written := make(chan struct{}, 8)
	ctx := httptrace.WithClientTrace(deadline(t, time.Minute), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		select {
		case written <- struct{}{}:
		default:
		}
	}})
	answered := make(chan error, 1)
	go func() { answered <- send(ctx) }()
	select {
	case <-written:
	case err := <-answered:
		t.Fatalf("the request was answered before it was written: %v", err)
	}
	k.restart(t, service)
	if err := <-answered; err == nil {
		t.Logf("%s had answered before it died", service)
	}
}

// restart kills a service and starts it again.
func (k *killing) restart(t *testing.T, service string) {
	t.Helper()
	m := k.fleet.Member(service)
	must(t, m.Kill(), m.Start(deadline(t, time.Minute)))
}

// again repeats what a kill may have cut, until it is answered; refusals count as answers.
func again[T any](t *testing.T, what string, ask func(ctx context.Context) (T, error)) (answer T) {
	t.Helper()
	eventually(t, 30*time.Second, what, func() (bool, error) {
		var err error
		answer, err = ask(deadline(t, 20*time.Second))
		if code := errs.CodeOf(err); code == errs.CodeInvalid || code == errs.CodeConflict {
			t.Fatalf("%s: %v", what, explain(err))
		}
		return err == nil, err
	})
	return answer
}

// unpaid says that there is nothing to have yet.
func (k *killing) unpaid(t *testing.T, account person) {
	t.Helper()
	if n := k.one(t, "SELECT count(*) FROM entitlements e JOIN accounts a ON a.id = e.account_id WHERE a.email = $1", account.Email); n != 0 {
		t.Errorf("%d things are theirs before anything was paid", n)
	}
}

// events lists what the sandbox tells about an order.
func (k *killing) events(t *testing.T, order string) (about []json.RawMessage) {
	t.Helper()
	got := raw(t, request{URL: k.sandbox + "/v1/events?limit=100", Header: map[string]string{"Authorization": "Bearer " + k.key}})
	var list struct{ Data []json.RawMessage }
	must(t, json.Unmarshal(got.Body, &list))
	for _, e := range list.Data {
		if strings.Contains(string(e), order) {
			about = append(about, e)
		}
	}
	return about
}

// webhook sends the news of the payment as the provider does.
func (k *killing) webhook(t *testing.T, order string) func(ctx context.Context) error {
	t.Helper()
	for _, e := range k.events(t, order) {
		if eventType(e) == "checkout.session.completed" {
			return func(ctx context.Context) error {
				got, err := request{
					Method: http.MethodPost, URL: k.URL + "/webhooks/stripe", Body: []byte(e), Header: map[string]string{"Stripe-Signature": signature(e, k.whsec, time.Now())},
				}.send(ctx)
				if err == nil && got.Status != http.StatusOK {
					err = fmt.Errorf("the webhook was answered %d", got.Status)
				}
				return err
			}
		}
	}
	t.Fatal("the provider tells of no payment")
	return nil
}

// steps of a purchase at which a service can be killed.
var steps = []string{"cart", "order", "session", "payment", "webhook", "settled", "library", "download"}

// purchase buys the pack while one service is killed at one step, and proves that it was bought once.
func (k *killing) purchase(t *testing.T, buyer person, service, step string) {
	things := api.Things{PackIDs: []string{k.pack.Pack.ID}}
	add := func(ctx context.Context) (api.Cart, error) { return buyer.AddToCart(ctx, things) }
	if step == "cart" {
		k.during(t, service, func(ctx context.Context) error { _, err := add(ctx); return err })
	}
	cart := again(t, "fill the cart", add)
	if cart.CartCount != 1 {
		t.Fatalf("%d things are in the cart", cart.CartCount)
	}
	key := newKey()
	checkout := func(ctx context.Context) (api.Order, error) {
		return buyer.Checkout(ctx, key, api.Checkout{ExpectedTotal: cart.Totals[0].Total})
	}
	if step == "order" {
		k.during(t, service, func(ctx context.Context) error { _, err := checkout(ctx); return err })
	}
	order := again(t, "order", checkout)
	k.unpaid(t, buyer)
	if step == "session" { // its answer is lost with the service: the buyer presses again
		k.during(t, service, func(ctx context.Context) error { _, err := buyer.Pay(ctx, order.ID); return err })
		if now := again(t, "open the payment page again", func(ctx context.Context) (api.Order, error) { return buyer.Pay(ctx, order.ID) }); now.PayURL != order.PayURL {
			t.Fatalf("the order has a second page: %s and %s", order.PayURL, now.PayURL)
		}
	}
	if step == "payment" { // it is paid while the shop is away, and the buyer comes back
		m := k.fleet.Member(service)
		must(t, m.Kill())
		payWithTestCard(t, order.PayURL)
		must(t, m.Start(deadline(t, time.Minute)))
	} else {
		payWithTestCard(t, order.PayURL)
	}
	if step == "webhook" {
		k.during(t, service, k.webhook(t, order.ID))
		must(t, k.webhook(t, order.ID)(deadline(t, 20*time.Second)))
	}
	eventually(t, 30*time.Second, "the order to be paid", func() (bool, error) {
		now, err := buyer.Order(deadline(t, 20*time.Second), order.ID, true)
		return now.State == "paid", err
	})
	if step == "settled" {
		k.restart(t, service)
	}
	library := func(ctx context.Context) (api.Library, error) { return buyer.Library(ctx, "", "", "") }
	if step == "library" {
		k.during(t, service, func(ctx context.Context) error { _, err := library(ctx); return err })
	}
	if owned := again(t, "open the library", library); len(owned.Items) != 1 || owned.Items[0].Pack.ID != k.pack.Pack.ID {
		t.Fatalf("the library holds %+v", owned.Items)
	}
	download := func(ctx context.Context) (api.Download, error) {
		return buyer.Download(ctx, api.DownloadRequest{PackID: k.pack.Pack.ID})
	}
	if step == "download" {
		k.during(t, service, func(ctx context.Context) error { _, err := download(ctx); return err })
	}
	body, err := get(again(t, "download", download).URL)
	must(t, err)
	sameFiles(t, body, k.contents)
	k.boughtOnce(t, buyer, order)
}

// boughtOnce compares what the provider charged, what the book says and what the buyer owns.
func (k *killing) boughtOnce(t *testing.T, buyer person, order api.Order) {
	t.Helper()
	charged := 0
	for _, e := range k.events(t, order.ID) {
		if eventType(e) == "payment_intent.succeeded" {
			charged++
		}
	}
	if charged != 1 {
		t.Errorf("the provider charged %d times", charged)
	}
	for what, sql := range map[string]string{
		"orders":               "SELECT count(*) FROM orders WHERE buyer_id = (SELECT buyer_id FROM orders WHERE id = $1)",
		"payment pages":        "SELECT count(*) FROM payment_attempts WHERE order_id = $1",
		"payments":             "SELECT count(*) FROM payments WHERE order_id = $1 AND amount = 900",
		"sales in the book":    "SELECT count(*) FROM ledger_transactions WHERE order_id = $1 AND kind = 'sale'",
		"entitlements":         "SELECT count(*) FROM entitlements WHERE order_id = $1 AND ended_at IS NULL",
		"paid orders":          "SELECT count(*) FROM orders WHERE id = $1 AND state = 'paid'",
		"certificates":         "SELECT count(*) FROM certificates c JOIN entitlements e ON e.id = c.entitlement_id WHERE e.order_id = $1",
		"producers' shares":    "SELECT count(*) FROM producer_shares WHERE order_id = $1 AND amount = 765",
		"receipts to be sent":  "SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'key' = 'receipt:' || $1::text",
		"sums of the book, +1": "SELECT count(*) + 1 FROM (SELECT 1 FROM ledger_entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0) x WHERE $1::text <> ''",
	} {
		if n := k.one(t, sql, order.ID); n != 1 {
			t.Errorf("%d %s, want 1", n, what)
		}
	}
	cookie := map[string]string{"Cookie": "crateful_session=" + buyer.Token}
	for _, path := range []string{"/", "/cart", "/library", "/orders/" + order.ID, "/packs/" + k.pack.Pack.Slug} {
		if got := raw(t, request{URL: k.URL + path, Header: cookie}); got.Status != http.StatusOK {
			t.Errorf("%s answered %d", path, got.Status)
		}
	}
	if left, err := buyer.Cart(deadline(t, 20*time.Second)); err != nil || left.CartCount != 0 {
		t.Errorf("%d things are left in the cart (%v)", left.CartCount, err)
	}
}

// models and experience are killed at every step of a purchase, each time in the middle of what they do. Whatever they had
// begun, the buyer is charged once and owns it once.
func TestKilledAtEveryStepOfAPurchase(t *testing.T) {
	if os.Getenv("CRATEFUL_URL") != "" || os.Getenv(realServices) != "" {
		t.Skip("this kills services of its own")
	}
	k := startKilling(t)
	for _, service := range []string{"models", "experience"} {
		for _, step := range steps {
			buyer := k.newBuyer(t, "Killing Buyer")
			t.Run(service+"/"+step, func(t *testing.T) { k.purchase(t, buyer, service, step) })
		}
	}
	if n := k.one(t, "SELECT count(*) FROM payments"); n != int64(2*len(steps)) {
		t.Errorf("%d payments of %d purchases", n, 2*len(steps))
	}
}
